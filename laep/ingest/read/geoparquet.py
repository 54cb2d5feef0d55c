"""GeoParquet read by window: only row groups near a box are decoded, so a country's file costs what a ward costs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Box = tuple[float, float, float, float]

_BATCH_ROWS = 16_384  # rows decoded at once where a file has no boxes to choose row groups by
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_LONLAT = "OGC:CRS84"  # what GeoParquet means when it names no coordinate system


class NotGeoParquet(ValueError):
    """The file is not Parquet, or is Parquet without a geometry column laep can decode."""


@dataclass(frozen=True, kw_only=True)
class GeoParquet:
    """One open GeoParquet file: its geometry column, coordinate system, and the columns its boxes stand in, if any."""

    file: pq.ParquetFile
    geometry: str
    crs: pyproj.CRS | None
    box: tuple[str, ...] | None
    extent: Box | None

    @property
    def rows(self) -> int:
        """Return how many rows the file holds."""
        return int(self.file.metadata.num_rows)


def open_file(path: Path) -> GeoParquet:
    """
    Return `path` opened, from its footer alone.

    Raises
    ------
    NotGeoParquet
        When it is no Parquet file, names no geometry column, or encodes its shapes otherwise than as WKB.
    """
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
        about = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        name = about["primary_column"]
        column = about["columns"][name]
    except KeyError as error:
        raise NotGeoParquet("it has no geometry column by the GeoParquet standard") from error
    except (pa.ArrowException, ValueError, OSError) as error:
        raise NotGeoParquet(str(error)) from error
    if column.get("encoding", "WKB") != "WKB":
        raise NotGeoParquet(f"its shapes are encoded as {column['encoding']}, not as WKB")
    return GeoParquet(
        file=file, geometry=name, crs=_crs(column), box=_box_columns(file, column), extent=_extent(column)
    )


def read(
    opened: GeoParquet, *, bbox: Box | None = None, columns: Sequence[str] | None = None, max_rows: int | None = None
) -> gpd.GeoDataFrame:
    """
    Return the rows whose box meets `bbox` (in the file's coordinates), fields of structures as `outer.inner`.

    Columns that hold lists or maps are left out: no layer of laep has a place for them.
    """
    flat = [name for name in _flat(opened) if columns is None or name in columns]
    wanted = list(dict.fromkeys([*flat, opened.geometry, *(opened.box or ())]))
    tables = list(_tables(opened, bbox, wanted, max_rows))
    whole = pa.concat_tables(tables) if tables else _none(opened, wanted)
    shapes = shapely.from_wkb(whole.column(opened.geometry).to_numpy(zero_copy_only=False))
    frame = whole.select([name for name in flat if name != opened.geometry]).to_pandas()
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index), crs=opened.crs)


def _tables(opened: GeoParquet, bbox: Box | None, columns: list[str], max_rows: int | None) -> Iterator[pa.Table]:
    left = opened.rows if max_rows is None else max_rows
    groups = _near_groups(opened, bbox)
    if left <= 0 or not groups:
        return
    size = min(_BATCH_ROWS, left)
    for batch in opened.file.iter_batches(batch_size=size, row_groups=groups, columns=columns):
        table = _flattened(pa.Table.from_batches([batch])).select(columns)
        kept = table if bbox is None else table.filter(pa.array(_meets(table, opened, bbox)))
        if kept.num_rows:
            yield kept.slice(0, left)
        left -= kept.num_rows
        if left <= 0:
            return


def _meets(table: pa.Table, opened: GeoParquet, bbox: Box) -> NDArray[np.bool_]:
    """Return which rows of a batch have a box that meets `bbox`, from the box columns or else from the shapes."""
    west, south, east, north = bbox
    if opened.box:
        low_x, low_y, high_x, high_y = (np.asarray(table.column(name), dtype="float64") for name in opened.box)
    else:
        bounds = shapely.bounds(shapely.from_wkb(table.column(opened.geometry).to_numpy(zero_copy_only=False)))
        low_x, low_y, high_x, high_y = bounds.T
    meets: NDArray[np.bool_] = (low_x <= east) & (high_x >= west) & (low_y <= north) & (high_y >= south)
    return meets


def _near_groups(opened: GeoParquet, bbox: Box | None) -> list[int]:
    """Return the row groups whose statistics do not rule out a row near `bbox`; all of them where there are none."""
    footer = opened.file.metadata
    groups = list(range(footer.num_row_groups))
    if bbox is None or not opened.box:
        return groups
    place = {footer.row_group(0).column(at).path_in_schema: at for at in range(footer.num_columns)} if groups else {}
    if not set(opened.box) <= set(place):
        return groups
    return [
        group for group in groups if _may_meet([footer.row_group(group).column(place[n]) for n in opened.box], bbox)
    ]


def _may_meet(chunks: list[Any], bbox: Box) -> bool:
    found = [chunk.statistics for chunk in chunks]
    if any(stats is None or not stats.has_min_max for stats in found):
        return True
    west, south, east, north = bbox
    low_x, low_y, high_x, high_y = found
    return bool(low_x.min <= east and high_x.max >= west and low_y.min <= north and high_y.max >= south)


def _flattened(table: pa.Table) -> pa.Table:
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    return table


def _flat(opened: GeoParquet) -> list[str]:
    """Return the names of the plain columns, those inside structures among them; boxes are left out."""
    schema = _flattened(opened.file.schema_arrow.empty_table()).schema
    nested = (pa.types.is_list, pa.types.is_large_list, pa.types.is_map)
    plain = [field.name for field in schema if not any(kind(field.type) for kind in nested)]
    return [name for name in plain if name not in (opened.box or ())]


def _none(opened: GeoParquet, columns: list[str]) -> pa.Table:
    return _flattened(opened.file.schema_arrow.empty_table()).select(columns)


def _crs(column: dict[str, Any]) -> pyproj.CRS | None:
    if "crs" not in column:
        return pyproj.CRS(_LONLAT)
    return None if column["crs"] is None else pyproj.CRS.from_user_input(column["crs"])


def _box_columns(file: pq.ParquetFile, column: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the names of the box columns: those the footer names, else a structure `bbox`, as Overture has."""
    covering = column.get("covering", {}).get("bbox")
    if covering:
        return tuple(".".join(covering[edge]) for edge in _EDGES)
    usual = tuple(f"bbox.{edge}" for edge in _EDGES)
    return usual if set(usual) <= set(_flattened(file.schema_arrow.empty_table()).schema.names) else None


def _extent(column: dict[str, Any]) -> Box | None:
    box = column.get("bbox")
    if not box:
        return None
    half = len(box) // 2
    return float(box[0]), float(box[1]), float(box[half]), float(box[half + 1])
