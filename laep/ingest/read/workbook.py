"""Excel and OpenDocument workbooks, sheet by sheet, as plain text cells."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from laep.errors import SourceInvalid

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from laep.ingest.source import Source

_SUFFIXES = (".xlsx", ".xlsm", ".ods")
_MAX_BYTES = 2_000_000_000
"""A workbook that unpacks to more than this is no published table: it would not fit the memory of a laptop."""
_AS_TEXT = {
    f"OGR_{form}_{key}": value
    for form in ("XLSX", "ODS")
    for key, value in (("HEADERS", "DISABLE"), ("FIELD_TYPES", "STRING"))
}
"""How GDAL takes every cell for text and none for a header; as options of opening they hold for one sheet only."""


def is_one(path: Path) -> bool:
    """Return whether the file's name says that it is a workbook."""
    return path.suffix.lower() in _SUFFIXES


def sheets(path: Path, *, source: Source) -> dict[str, pd.DataFrame]:
    """
    Return the cells of every sheet by its name, as text, row by row from the first, columns numbered from 0.

    Raises
    ------
    SourceInvalid
        When the file is not a whole workbook, or unpacks to more than two gigabytes.
    """
    _check(path, source)
    pyogrio.set_gdal_config_options(_AS_TEXT)
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        found = {name: pyogrio.read_dataframe(path, layer=name, read_geometry=False, force_2d=False) for name in names}
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise SourceInvalid(
            f"{path}: this workbook cannot be read ({str(error).strip()}). Save the sheet as CSV, or get it again from "
            f"{source.url}."
        ) from error
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_AS_TEXT))
    return {
        name: cells.set_axis(range(cells.shape[1]), axis="columns").astype("string") for name, cells in found.items()
    }


def _check(path: Path, source: Source) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceInvalid(
            f"{path}: is not a whole workbook, whatever its name says. Get it again from {source.url}."
        ) from error
    if size > _MAX_BYTES:
        raise SourceInvalid(f"{path}: unpacks to {size / 1e9:.1f} GB. Save the sheet you need as CSV.")
