"""Rows in the form of the layer they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from laep.schema import CRS, LAYERS, conform
from laep.schema.columns import TELLER

if TYPE_CHECKING:
    from laep.ingest.source import Source


def as_layer(frame: pd.DataFrame, layer_name: str, *, source: Source) -> pd.DataFrame:
    """Return `frame` as rows of a layer: columns it lacks are all missing, columns the layer lacks are left behind."""
    layer = LAYERS[layer_name]
    full = frame.assign(source_id=source.name)
    if TELLER in layer.columns:
        full = full.assign(told_by=source.told_by)
    absent = {
        column.name: pd.Series(index=full.index, dtype=column.dtype)
        for column in layer.columns
        if column.name not in full.columns
    }
    full = full.assign(**absent)
    names = [*layer.column_names, "geometry"] if layer.geometry else layer.column_names
    if layer.geometry:
        full = gpd.GeoDataFrame(full, geometry="geometry", crs=CRS)
    return conform(full[names], layer_name)
