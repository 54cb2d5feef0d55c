"""OS Open UPRN: every addressable property in Great Britain as a point -> layer `in_uprn`, the area's part."""

from __future__ import annotations

import csv
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import shapely

from laep.errors import SourceInvalid
from laep.ingest.net.os_downloads import OsDownload
from laep.ingest.read.files import files_of
from laep.ingest.read.table import by_name, say_missing
from laep.ingest.read.vector import area_of, edition_in, inside, read_vector, refuse_text, texts
from laep.ingest.source import Ingested, Request, Source
from laep.schema import CRS, conform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from shapely import Geometry

SOURCE = Source(
    name="uprn",
    title="OS Open UPRN",
    publisher="Ordnance Survey",
    licence="Open Government Licence v3.0",
    attribution="Contains OS data (c) Crown copyright and database right",
    url="https://osdatahub.os.uk/downloads/open/OpenUPRN",
    writes=("in_uprn",),
    accepts="OS Open UPRN as CSV (also inside its zip) or GeoPackage, the whole country or a part",
    live=OsDownload(product="OpenUPRN", format="CSV", unpack=False),
    on_request=True,
    tested_on="schema only",
)

COLUMNS = {"uprn": ("UPRN",), "x": ("X_COORDINATE",), "y": ("Y_COORDINATE",)}
"""Our name -> the published one."""

_BLOCK_BYTES = 1 << 24
"""Read at once: 40 million rows then need tens of megabytes of memory, not gigabytes."""


def read(request: Request) -> Ingested:
    """Return layer `in_uprn`: the points inside the area. A file of the whole country is read through in pieces."""
    area = area_of(request, SOURCE)
    path = files_of(request, SOURCE)[0]
    refuse_text(path, SOURCE)
    if path.suffix.lower() in {".csv", ".zip"} and _is_text(path):
        table, rows = _from_csv(path, area)
    else:
        table, rows = _from_map(path, area)
    near = gpd.GeoDataFrame({"uprn": plain_uprn(table["uprn"])}, geometry=table["geometry"].to_numpy(), crs=CRS)
    told = near[near["uprn"].notna()]
    found = inside(told, area, by_point=False).drop_duplicates("uprn").assign(source_id=SOURCE.name)
    notes = []
    if found.empty:
        notes.append(f"{path.name}: none of its {rows:,} points is inside the area.")
    if blank := len(near) - len(told):
        notes.append(f"Points near the area without a number, left out: {blank:,}.")
    return Ingested(
        layers={"in_uprn": conform(found, "in_uprn")},
        rows_read=rows,
        rows_kept=len(found),
        notes=tuple(notes),
        edition=edition_in(path),
    )


def plain_uprn(values: pd.Series[str]) -> pd.Series[str]:
    """Return property numbers as text without leading zeros; what is none, such as 0 or an address, is missing."""
    text = values.astype("string").str.strip().str.replace(r"(?i)^uprn-", "", regex=True)
    digits = text.str.replace(r"\.0+$", "", regex=True).str.extract(r"^0*(\d{1,12})$", expand=False)
    return digits.mask(digits == "0").astype("string")


def _from_csv(path: Path, area: Geometry) -> tuple[pd.DataFrame, int]:
    """Return the rows in the box round the area, and the rows of the whole file."""
    west, south, east, north = area.bounds
    rows, kept = 0, []
    with _opened(path) as file:
        try:
            for batch in _stream(file, path):
                rows += batch.num_rows
                x, y = (batch.column(name).to_numpy(zero_copy_only=False) for name in ("x", "y"))
                here = (x >= west) & (x <= east) & (y >= south) & (y <= north)
                if here.any():
                    uprn = batch.column("uprn").filter(pa.array(here)).to_pandas().astype("string")
                    kept.append(pd.DataFrame({"uprn": uprn.to_numpy(), "x": x[here], "y": y[here]}))
        except (pa.ArrowException, OSError, EOFError, zipfile.BadZipFile) as error:
            what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise SourceInvalid(
                f"{path}: breaks off or slips while it is read ({what}). Get it again from {SOURCE.url}."
            ) from error
    found = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame({"uprn": [], "x": [], "y": []})
    shape = shapely.points(found["x"].to_numpy(dtype="float64"), found["y"].to_numpy(dtype="float64"))
    return found.assign(geometry=np.asarray(shape, dtype=object)), rows


def _stream(file: BinaryIO, path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the three columns of the file in pieces, under our names."""
    first = file.readline(100_000).decode("utf-8-sig", errors="replace")
    names = next(csv.reader([first]), [])
    found = by_name(names, COLUMNS)
    if missing := [COLUMNS[ours] for ours in COLUMNS if ours not in found]:
        raise SourceInvalid(
            f"{path}: {say_missing(missing, names)} laep reads {SOURCE.accepts}; get it from {SOURCE.url}."
        )
    every = [f"column {index}" for index in range(len(names))]
    ours = {every[names.index(theirs)]: name for name, theirs in found.items()}
    kinds = {column: pa.string() if name == "uprn" else pa.float64() for column, name in ours.items()}
    try:
        reader = pa_csv.open_csv(
            file,
            read_options=pa_csv.ReadOptions(column_names=every, block_size=_BLOCK_BYTES, encoding="utf8"),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(ours), column_types=kinds, null_values=["", "NA", "NULL", "N/A"]
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty" in str(error):
            return
        raise
    with reader:
        for batch in reader:
            yield pa.RecordBatch.from_arrays(batch.columns, names=[ours[name] for name in batch.schema.names])


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open the CSV, or the one CSV inside a zip, without unpacking it to disk."""
    if path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive, archive.open(_member(archive)) as member:
        yield member  # type: ignore[misc]


def _is_text(path: Path) -> bool:
    """Return whether a CSV or zip holds a table of text; raises `SourceInvalid` when the zip is not whole."""
    if path.suffix.lower() == ".csv":
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(_member(archive))
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceInvalid(f"{path}: is not a whole zip file. Download it again from {SOURCE.url}.") from error


def _member(archive: zipfile.ZipFile) -> str:
    tables = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    return max(tables, key=lambda name: archive.getinfo(name).file_size, default="")


def _from_map(path: Path, area: Geometry) -> tuple[pd.DataFrame, int]:
    vector = read_vector(path, source=SOURCE, clip=area, required=False)
    found = by_name(vector.frame.columns, {"uprn": COLUMNS["uprn"]})
    if not found:
        said = say_missing([COLUMNS["uprn"]], vector.frame.columns.drop("geometry"))
        raise SourceInvalid(f"{path}: {said} laep reads {SOURCE.accepts}; get it from {SOURCE.url}.")
    shape = np.asarray(vector.frame.geometry, dtype=object)
    return pd.DataFrame({"uprn": texts(vector.frame, found["uprn"]), "geometry": shape}), vector.rows_read
