"""How well found roof planes agree with true ones: counts, slopes, directions, areas."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from laep import schema
from laep.spatial.roofs import planes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.spatial.roofs.planes import Found

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"
DSM, DTM = [SAMPLE / "dsm_1m.tif"], [SAMPLE / "dtm_1m.tif"]
COUNTED_M2 = 6.0
"""Planes compared: a smaller one has fewer than six cells of a 1 m raster, and no room for panels. [m2]"""
AT_BAR_M2 = 1.0
"""A plane this near that size may be counted or not: its area is not known more closely. [m2]"""
LEVEL_DEG = 5.0
"""Less steep planes face nowhere, so their direction is not compared. [deg]"""


@dataclass(frozen=True, kw_only=True)
class Score:
    """
    Agreement with the truth.

    Attributes
    ----------
    buildings, planes : int
        Buildings compared, and true planes of counted size on them.
    right_number : float
        Share of buildings with as many planes as in truth.
    matched : float
        Share of true planes with a found plane over most of both.
    tilt_rmse_deg, azimuth_rmse_deg : float
        Of matched planes.
    area_median_error : float
        Median of the relative error of a matched plane's plan area.
    """

    buildings: int
    planes: int
    right_number: float
    matched: float
    tilt_rmse_deg: float
    azimuth_rmse_deg: float
    area_median_error: float


def sample_buildings() -> gpd.GeoDataFrame:
    """Return the footprints of the sample village."""
    drawn = pyogrio.read_dataframe(SAMPLE / "osm_buildings.geojson").to_crs(schema.CRS)
    return gpd.GeoDataFrame({"building_id": drawn["osm_ref"]}, geometry=drawn.geometry)


def sample_truth() -> gpd.GeoDataFrame:
    """Return the true planes of the sample village that its survey could see."""
    return read(SAMPLE / "truth" / "roof_planes.csv")


def sample_score(found: Found | None = None) -> Score:
    """Return how well planes found in the sample's surface model agree with its truth; None finds them first."""
    buildings = sample_buildings()
    found = found or planes.from_rasters(buildings, DSM, DTM)
    named = found.planes.assign(building_id=buildings["building_id"].to_numpy()[found.planes["row"]])
    return score(named, sample_truth())


def read(path: Path) -> gpd.GeoDataFrame:
    """Return the true planes of the sample village that its survey could see."""
    table = pd.read_csv(path)
    table = table[table["in_survey"] == "yes"].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=shapely.make_valid(shapely.from_wkt(table["wkt"])), crs="EPSG:27700")


def score(found: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> Score:
    """
    Compare found planes with true ones of the same buildings.

    Parameters
    ----------
    found, truth : GeoDataFrame
        `building_id`, `tilt_deg`, `azimuth_deg`, `plan_m2`, geometry. A building of `truth` that `found` lacks counts
        as having none.
    """
    truth = truth.reset_index(drop=True)
    found = found[found["building_id"].isin(truth["building_id"])].reset_index(drop=True)
    pairs = matches(found, truth)
    large = (truth["plan_m2"] >= COUNTED_M2).to_numpy()
    pairs = pairs[large[pairs["truth"]]]
    one, other = found.iloc[pairs["found"]], truth.iloc[pairs["truth"]]
    tilt = one["tilt_deg"].to_numpy() - other["tilt_deg"].to_numpy()
    turn = (one["azimuth_deg"].to_numpy() - other["azimuth_deg"].to_numpy() + 180.0) % 360.0 - 180.0
    turn = turn[other["tilt_deg"].to_numpy() >= LEVEL_DEG]
    area = np.abs(one["plan_m2"].to_numpy() / other["plan_m2"].to_numpy() - 1.0)
    right = right_number(found, truth)
    return Score(
        buildings=len(right), planes=int(large.sum()), right_number=float(right.mean()),
        matched=len(pairs) / max(int(large.sum()), 1), tilt_rmse_deg=_rms(tilt), azimuth_rmse_deg=_rms(turn),
        area_median_error=float(np.median(area)) if len(area) else float("nan"),
    )  # fmt: skip


def matches(found: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return pairs (`found`, `truth` by position) of one building that lie over more than half of each other."""
    left = pd.DataFrame({"building_id": found["building_id"], "found": np.arange(len(found))})
    right = pd.DataFrame({"building_id": truth["building_id"], "truth": np.arange(len(truth))})
    pairs = left.merge(right, on="building_id")
    one, other = found.geometry.to_numpy()[pairs["found"]], truth.geometry.to_numpy()[pairs["truth"]]
    shared = shapely.area(shapely.intersection(one, other))
    kept: pd.DataFrame = pairs[(shared > 0.5 * shapely.area(one)) & (shared > 0.5 * shapely.area(other))]
    return kept.reset_index(drop=True)


def right_number(found: gpd.GeoDataFrame, truth: gpd.GeoDataFrame) -> pd.Series[bool]:
    """Return for each building of `truth` that has a counted plane whether as many planes were found."""
    least, most = counts(truth)
    fewest, highest = counts(found)
    fewest, highest = fewest.reindex(least.index, fill_value=0), highest.reindex(least.index, fill_value=0)
    return ((fewest <= most) & (highest >= least))[most > 0]


def counts(planes: gpd.GeoDataFrame) -> tuple[pd.Series[int], pd.Series[int]]:
    """Return how many planes of each building are surely counted, and how many may be."""
    by = planes["building_id"]
    sure = (planes["plan_m2"] >= COUNTED_M2 + AT_BAR_M2).groupby(by).sum()
    may = (planes["plan_m2"] >= COUNTED_M2 - AT_BAR_M2).groupby(by).sum()
    return sure, may


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")
