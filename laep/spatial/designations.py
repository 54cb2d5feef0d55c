"""Which designations a shape touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from laep.spatial.shapes import Geometries

ROOF_KINDS = ("listed", "conservation", "monument", "heritage", "park-and-garden")
"""Parts of the kinds that bear on panels on a roof: the others bear on the ground."""


def touched(shapes: Geometries, constraints: gpd.GeoDataFrame) -> pd.Series[str]:
    """Return the kinds of designation each shape touches, sorted and separated by `;`; missing where there are none."""
    site, met = shapely.STRtree(constraints.geometry.to_numpy()).query(shapes, predicate="intersects")
    pairs = pd.DataFrame({"site": site, "kind": constraints["kind"].to_numpy()[met]}).drop_duplicates()
    joined = pairs.sort_values(["site", "kind"]).groupby("site")["kind"].agg(";".join)
    return joined.reindex(range(len(shapes))).astype("string")


def on_roofs(constraints: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the designations that bear on panels on a roof."""
    bears = constraints["kind"].map(lambda kind: any(part in kind for part in ROOF_KINDS)).astype(bool)
    return constraints[bears]
