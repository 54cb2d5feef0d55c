"""Frames in the form of a layer: brought into it, empty in it, and stripped of what is private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep.errors import SchemaBroken, ValuesBroken
from laep.schema.columns import CRS
from laep.schema.layers import FILLED, LAYERS
from laep.schema.plausible import TOLD, far_away, impossible, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from laep.schema.columns import Column, Layer


def conform(frame: pd.DataFrame, layer_name: str) -> pd.DataFrame:
    """
    Return `frame` in the layer's normal form: its columns, order, dtypes and a fresh index.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Rows to check; a geometry layer needs an active geometry in EPSG:27700.
    layer_name : str
        A key of `LAYERS`.

    Raises
    ------
    SchemaBroken
        With every fault found: missing or extra columns, wrong types, wrong CRS.
    ValuesBroken
        With every fault found: missing values, words that are not known, numbers that cannot be and shapes far away
        from Great Britain (with how many rows hold them, and the first), repeated keys.
    """
    layer = LAYERS[layer_name]
    faults = [*_column_faults(frame, layer), *_geometry_faults(frame, layer)]
    if faults:
        raise SchemaBroken(f"Layer {layer_name}: " + "; ".join(faults))
    kept = _plain_geometry(frame, layer) if layer.geometry else frame[layer.column_names]
    try:
        normal = kept.astype({column.name: column.dtype for column in layer.columns}).reset_index(drop=True)
    except (TypeError, ValueError) as error:
        raise SchemaBroken(f"Layer {layer_name}: {error}") from error
    faults = [fault for column in layer.columns for fault in _word_faults(normal[column.name], column)]
    if repeated := int(normal.duplicated(list(layer.key)).sum()):
        faults.append(f"{repeated} rows repeat the key {', '.join(layer.key)}")
    faults += impossible(normal, layer)
    if layer_name in FILLED:
        faults += far_away(normal, layer)
    if faults:
        raise ValuesBroken(f"Layer {layer_name}: " + "; ".join(faults))
    return normal


def public(frame: pd.DataFrame, layer_name: str) -> pd.DataFrame:
    """
    Return what of a layer may leave the area folder: everything that prints, draws or exports rows takes this.

    Columns marked private are dropped. Where a row is one household (`Layer.private`, or `Layer.private_rows` of that
    row) the row goes too: they are published only as counts, and small counts are hidden (`laep.models.energy.stock`).
    """
    layer = LAYERS[layer_name]
    if layer.private_rows:
        frame = frame[~frame[layer.private_rows].astype(bool)]
    kept = frame.drop(columns=[column.name for column in layer.columns if column.private], errors="ignore")
    return kept.iloc[:0] if layer.private else kept


def empty(layer_name: str) -> pd.DataFrame:
    """Return a layer with its columns and no rows."""
    import geopandas as gpd
    import pandas as pd

    layer = LAYERS[layer_name]
    columns = {column.name: pd.Series([], dtype=column.dtype) for column in layer.columns}
    frame = pd.DataFrame(columns)
    if layer.geometry:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)
    return frame


def _plain_geometry(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Return the layer's columns with flat geometry of one type, as the GeoPackage will give it back."""
    import geopandas as gpd
    import numpy as np
    import shapely

    shapes = shapely.force_2d(np.asarray(frame.geometry.array))
    if layer.geometry == "MultiPolygon":
        single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
        if single.any():
            shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(single.sum()))
    if layer.geometry == "MultiLineString":
        single = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
        if single.any():
            shapes[single] = shapely.multilinestrings(shapes[single], indices=np.arange(single.sum()))
    kept: pd.DataFrame = gpd.GeoDataFrame(
        frame[layer.column_names], geometry=gpd.GeoSeries(shapes, index=frame.index, crs=CRS), crs=CRS
    )
    return kept


def _word_faults(values: pd.Series[Any], column: Column) -> list[str]:
    """Return what is missing from a column, and which of its words are none of those it may hold."""
    missing = int(values.isna().sum()) if column.required else 0
    faults = [f"{column.name} has {missing:,} missing values"] if missing else []
    wrong = values.notna() & ~values.isin(column.among) if column.among else None
    if wrong is not None and wrong.any():
        told = values[wrong].drop_duplicates()
        held = ", ".join(map(repr, told.head(TOLD))) + (f" and {len(told) - TOLD:,} more" if len(told) > TOLD else "")
        what = "others" if column.private else held
        faults.append(f"{column.name} holds {what} in {rows_of(int(wrong.sum()))}, allowed: {column.allowed}")
    return faults


def _column_faults(frame: pd.DataFrame, layer: Layer) -> list[str]:
    have = set(frame.columns) - {"geometry"}
    want = set(layer.column_names)
    faults = []
    if missing := sorted(want - have):
        faults.append(f"no column {', '.join(missing)}")
    if extra := sorted(have - want):
        faults.append(f"unknown column {', '.join(extra)}")
    return faults


def _geometry_faults(frame: pd.DataFrame, layer: Layer) -> list[str]:
    if layer.geometry is None:
        return ["has a geometry it should not have"] if "geometry" in frame.columns else []
    crs = getattr(frame, "crs", None)
    if crs is None or crs.to_epsg() != 27700:
        return [f"is in {crs or 'no CRS'}, not {CRS}"]
    allowed = {layer.geometry, layer.geometry.removeprefix("Multi")}
    found = set(frame.geometry.geom_type.dropna()) - allowed
    return [f"holds {', '.join(sorted(found))} where {layer.geometry} is due"] if found else []
