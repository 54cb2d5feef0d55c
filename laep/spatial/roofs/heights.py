"""Building heights from elevation rasters -> layer `roof_height`, with how well footprints and raster agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from rasterio.features import rasterize

from laep import schema
from laep.spatial.rasters import Block, blocks, describe, groups, to_cells

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from laep.spatial.rasters import Placed


BUILT_M = 2.0
"""A cell this far above the ground is taken to be building: above cars, fences and most hedges. [m]"""
MOSTLY = 0.5
"""Below this share the median cell is not a roof, so no height is given."""
GOOD_COVER, GOOD_BUILT = 0.9, 0.8
"""Shares from which a height read against bare ground counts as high confidence."""
RINGS_M = (2.5, 4.0, 5.5)
"""Distances from the wall at which ground is sampled: outside the eaves, inside most front gardens. [m]"""
GROUND_PERCENTILE = 10.0
"""Percentile of the ring taken as ground: in Covent Garden within 0.4 m (median) of the terrain model."""


def moved_m(read: pd.DataFrame | None) -> tuple[float, float]:
    """Return how far east and north of the footprints layer `roof_height` found their buildings; one move for all."""
    if read is None or read.empty:
        return 0.0, 0.0
    east, north = read[["moved_east_m", "moved_north_m"]].fillna(0.0).iloc[0]
    return float(east), float(north)


def building_heights(
    buildings: gpd.GeoDataFrame,
    dsm: Sequence[Path | str | Placed],
    dtm: Sequence[Path | str | Placed] = (),
    *,
    moved_m: tuple[float, float] = (0.0, 0.0),
) -> pd.DataFrame:
    """
    Read the height of each building, as layer `roof_height`.

    Parameters
    ----------
    buildings : GeoDataFrame
        Layer `in_building`.
    dsm, dtm : sequence of paths
        Surface models (tops of things) and terrain models (bare ground), in any coordinates in metres; files on a
        finer grid are used first. Without a terrain model the ground is read from a ring round each footprint.
    moved_m : (east, north)
        How far the footprints are moved to read the rasters, as `register.shift` finds. [m]

    Returns
    -------
    DataFrame
        One row per building, in order. Where under half the cells stand 2 m above ground no height is given: the
        raster may be older than the building, the two may be offset, or the building may be gone.

    Raises
    ------
    SourceInvalid
        When a raster cannot be opened, or its coordinates are unknown or in degrees.
    """
    found = _nothing(len(buildings))
    placed = buildings.assign(geometry=buildings.geometry.translate(*moved_m)) if any(moved_m) else buildings
    for group in groups(dsm):
        todo = np.flatnonzero((found["cover_share"] < MOSTLY).to_numpy())
        cells = [_cells(block) for block in blocks(placed, todo, group, [describe(path) for path in dtm])]
        if cells:
            better = _statistics(pd.concat(cells, ignore_index=True), len(buildings))
            better = better[better["cover_share"] > found["cover_share"].reindex(better.index)]
            found.loc[better.index] = better
    found.insert(0, "building_id", buildings["building_id"].to_numpy())
    found["moved_east_m"], found["moved_north_m"] = moved_m
    return schema.conform(found, "roof_height")


def _nothing(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "height_m": np.full(count, np.nan), "cover_share": np.zeros(count), "built_share": np.full(count, np.nan),
            "method": ["no elevation here"] * count, "confidence": ["low"] * count,
        }
    )  # fmt: skip


def _burn(block: Block) -> NDArray[np.int32]:
    """Return which building (position in the block) covers each cell, -1 where none does, -2 for another block's."""
    others = [(shape, -2) for shape in block.others]
    numbered = others + [(shape, number) for number, shape in enumerate(block.shapes) if not shape.is_empty]
    burnt: NDArray[np.int32] = rasterize(
        numbered, out_shape=block.dsm.shape, fill=-1, transform=block.transform, dtype="int32"
    )
    return burnt


def _cells(block: Block) -> pd.DataFrame:
    """Return one row per footprint cell: the building, the surface there, and the ground beside or below it."""
    burnt = _burn(block)
    row, column = np.nonzero(burnt >= 0)
    building = burnt[row, column]
    missed = np.setdiff1d(np.arange(len(block.shapes)), building)  # smaller than a cell, or under another footprint
    at = _positions(block, shapely.get_coordinates(shapely.point_on_surface(block.shapes[missed])))
    building = np.concatenate([building, missed])
    row, column = np.concatenate([row, at[0]]), np.concatenate([column, at[1]])
    ring = _ring_ground(block, burnt)
    below = block.dtm[row, column]
    return pd.DataFrame(
        {
            "row": block.rows[building],
            "top": block.dsm[row, column],
            "ground": np.where(np.isnan(below), ring[building], below),
            "bare": ~np.isnan(below),
        }
    )


def _positions(block: Block, xy: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    column, row = to_cells(block.transform, xy).T
    height, width = block.dsm.shape
    return (
        np.clip(np.floor(row), 0, height - 1).astype(np.intp),
        np.clip(np.floor(column), 0, width - 1).astype(np.intp),
    )


def _ring_ground(block: Block, burnt: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return for each building a low percentile of the surface round it, other buildings left out."""
    ground = np.full(len(block.shapes), np.nan)
    spacing = max(1.0, abs(block.transform.a))
    rings = [
        shapely.segmentize(shapely.boundary(shapely.buffer(block.shapes, d, quad_segs=3)), spacing) for d in RINGS_M
    ]
    xy, building = shapely.get_coordinates(np.concatenate(rings), return_index=True)
    building %= len(block.shapes)
    row, column = _positions(block, xy)
    open_ground = (burnt[row, column] == -1) & ~np.isnan(block.dsm[row, column])
    samples = pd.Series(block.dsm[row, column][open_ground]).groupby(building[open_ground])
    low = samples.quantile(GROUND_PERCENTILE / 100)
    ground[low.index.to_numpy(dtype=np.intp)] = low.to_numpy()
    return ground


def _statistics(cells: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return height, shares, method and confidence per building from its cells."""
    above = cells["top"] - cells["ground"]
    cells = cells.assign(
        above=above, covered=cells["top"].notna(), built=(above > BUILT_M).astype(float).where(above.notna())
    )
    grouped = cells.groupby("row")
    built = grouped["built"].mean()
    cover, bare = grouped["covered"].mean(), cells[cells["covered"]].groupby("row")["bare"].mean() >= MOSTLY
    bare = bare.reindex(cover.index, fill_value=False)
    height = grouped["above"].median().where(built >= MOSTLY)
    confident = np.select(
        [built.isna() | (built < MOSTLY) | (cover < MOSTLY), bare & (built >= GOOD_BUILT) & (cover >= GOOD_COVER)],
        ["low", "high"],
        "medium",
    )
    method = np.select(
        [cover == 0, built.isna(), built < MOSTLY, bare],
        ["no elevation here", "no ground seen beside it", "no roof seen here", "surface above bare ground"],
        "surface above the ground beside it",
    )
    return pd.DataFrame(
        {"height_m": height, "cover_share": cover, "built_share": built, "method": method, "confidence": confident},
        index=height.index,
    ).reindex(sorted(set(height.index) & set(range(count))))
