"""What Excel, QGIS, ogr2ogr and pandas do to a table on its way: each takes header and rows of text to a file."""

import csv
import gzip
import io

import pandas as pd


def _csv(header, rows, *, separator=",", end="\r\n", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerows([header, *rows])
    return out.getvalue()


def excel_semicolons(folder, header, rows):
    """A workbook saved as CSV where the comma is for decimals."""
    return _text(folder, _csv(header, rows, separator=";"), "cp1252")


def excel_unicode(folder, header, rows):
    """A workbook saved as "Unicode text": UTF-16 and tabs."""
    return _text(folder, _csv(header, rows, separator="\t"), "utf-16")


def excel_utf8(folder, header, rows):
    """A workbook saved as "CSV UTF-8": with a mark at its beginning."""
    return _text(folder, _csv(header, rows), "utf-8-sig")


def excel_titled(folder, header, rows):
    """A title and a date above the header, and columns nobody named behind it."""
    above = _csv(["Table 1: as published", *[""] * (len(header) - 1)], [["", *[""] * (len(header) - 1)]])
    return _text(folder, above + _csv(header, rows), "utf-8")


def excel_sheets(folder, header, rows):
    """A workbook whose first sheet holds notes."""
    path = folder / "table-2026.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Notes": ["See the next sheet"]}).to_excel(book, sheet_name="Notes", index=False)
        cells = [[_number(cell) for cell in row] for row in rows]
        pd.DataFrame(cells, columns=header).to_excel(book, sheet_name="Data", index=False)
    return path


def _number(cell):
    """What Excel makes of a whole number without zeros before it: a number, not text."""
    return int(cell) if cell.isdigit() and len(cell) < 12 and str(int(cell)) == cell else cell


def pandas_index(folder, header, rows):
    """A frame written with its index, under a blank name."""
    return _text(folder, _csv(["", *header], [[str(n), *row] for n, row in enumerate(rows)], end="\n"), "utf-8")


def pandas_nan(folder, header, rows):
    """Blanks written out as `nan`."""
    return _text(folder, _csv(header, [[cell or "nan" for cell in row] for row in rows], end="\n"), "utf-8")


def quoted(folder, header, rows):
    """Every cell in quotes, as databases and QGIS write them."""
    return _text(folder, _csv(header, rows, quoting=csv.QUOTE_ALL), "utf-8")


def spaced(folder, header, rows):
    """Names and cells with blanks round them."""
    return _text(
        folder, _csv([f" {name} " for name in header], [[f" {cell} " for cell in row] for row in rows]), "utf-8"
    )


def blank_rows(folder, header, rows):
    """Rows of nothing below the data, where somebody deleted some."""
    return _text(folder, _csv(header, [*rows, *[[""] * len(header)] * 2]), "utf-8")


def packed(folder, header, rows):
    """Packed with gzip, as portals hand large tables out."""
    path = folder / "table-2026.csv.gz"
    path.write_bytes(gzip.compress(_csv(header, rows).encode()))
    return path


def cut(folder, header, rows):
    """A download that broke off inside the header."""
    return _text(folder, _csv(header, rows)[: max(len(header[0]) // 2, 1)], "utf-8")


def _text(folder, text, encoding):
    path = folder / "table-2026.csv"
    path.write_bytes(text.encode(encoding, errors="replace"))
    return path


SURVIVED = (
    excel_semicolons, excel_unicode, excel_utf8, excel_titled, excel_sheets, pandas_index, pandas_nan, quoted, spaced,
    packed,
)  # fmt: skip
"""What leaves the table as it was: it reads as before, whatever the source."""
EITHER = (blank_rows, cut)
"""What a source reads, or refuses in one sentence."""
