"""What the fabric of homes lets through: U-values from certificates and age, areas from outlines, and heat loss.

The table of U-values and air changes, `home_fabric.csv`, names the source of every figure; none is one of RdSAP's. All
that is worked out of a certificate is a number or a share, so that it can be averaged over the homes of a building and
over neighbours alike (`alike`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep.resources import package_data
from laep.schema.vocabulary import FUELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Span = tuple[float, float, float]

ENDS = ("", "_low", "_high")
ELEMENTS = ("wall", "roof", "floor", "window", "air")
"""What heat is lost through: four kinds of surface [W/m2/K], and the air that comes in [1/h]."""
U_COLUMNS = tuple(f"{element}{end}" for element in ELEMENTS for end in ENDS)
AGE_BANDS = (
    "before 1900", "1900-1929", "1930-1949", "1950-1966", "1967-1975", "1976-1982", "1983-1990", "1991-1995",
    "1996-2002", "2003-2006", "2007-2011", "2012 onwards",
)  # fmt: skip
"""Age bands of certificates, oldest first, as `in_home` spells them."""
_INSULATED_FROM = "1983-1990"
"""From this band on homes were built with insulation in the walls."""
_AIR_WH = 0.33
"""Heat that a cubic metre of air takes up. [Wh/m3/K]"""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """
    What turns outlines into areas that heat passes through: assumptions of group `heat`.

    Attributes
    ----------
    storey_m : float
        Height of a storey, `heat.storey_m`. [m]
    inner_share : float
        Floor area inside over footprint times storeys, `heat.inner_share`. [-]
    window_share : float
        Windows and doors over floor area, `heat.window_share`. [-]
    bridge_share : float
        Heat through joints over that through surfaces, `heat.bridge_share`. [-]
    """

    storey_m: float
    inner_share: float
    window_share: float
    bridge_share: float


@dataclass(frozen=True, kw_only=True)
class Loft:
    """A loft: U-value of a bare one [W/m2/K], and conductivity of what is laid in it [W/m/K]."""

    bare_u: float
    conductivity: float
    full_mm: float

    def u(self, mm: Array) -> Array:
        """Return the U-value of a loft with `mm` of insulation; missing in, missing out. [W/m2/K]."""
        found: Array = 1.0 / (1.0 / self.bare_u + mm / 1000.0 / self.conductivity)
        return found


@cache
def table() -> pd.DataFrame:
    """Return the shipped table: a row an element, state and age band (empty: any age)."""
    return pd.read_csv(package_data("home_fabric.csv"), comment="#", keep_default_na=False)


def told(homes: pd.DataFrame, *, loft: Loft) -> pd.DataFrame:
    """
    Return what certificates tell of the fabric and heating of each home, as numbers and shares.

    Parameters
    ----------
    homes : DataFrame
        Layer `in_home`.
    loft : Loft

    Returns
    -------
    DataFrame, index of `homes`
        U-values and air changes with their ends (`U_COLUMNS`), `floor_m2`, a share of 0 or 1 for each age band, fuel
        (`fuel_gas`), a heat pump (`pump`), and each of `LACKING` (`lacks_cavity`); missing where the
        certificate does not tell.
    """
    band = homes["age_band"].astype("string").fillna("").where(homes["age_band"].isin(AGE_BANDS), "")
    wall = _wall(homes, band)
    floor = _looked_up("floor", "as_built", band)
    insulated = homes["floor_insulated"].fillna(value=False).to_numpy(dtype=bool)
    mended = any_age("floor", "insulated")
    parts = {
        "wall": wall,
        "roof": _roof(homes, band, loft),
        "floor": np.where(insulated[:, None], np.minimum(mended, floor), floor),
        "window": _window(homes),
        "air": _looked_up("air", "as_built", band),
    }
    values = pd.DataFrame(
        {f"{name}{end}": part[:, i] for name, part in parts.items() for i, end in enumerate(ENDS)}, index=homes.index
    )
    shares = pd.concat(
        [
            pd.DataFrame({"floor_m2": homes["floor_area_m2"].astype("float64")}),
            _one_of(homes["age_band"], "age", AGE_BANDS),
            _one_of(homes["fuel"], "fuel", FUELS),
            _pump(homes),
            _lacks(homes, band, full_mm=loft.full_mm),
        ],
        axis=1,
    )
    return pd.concat([values, shares], axis=1)


def of_stock(*, shares: dict[str, float], fuels: dict[str, float], pump: float) -> pd.Series[float]:
    """
    Return the same for a home of which nothing is known, age included.

    Parameters
    ----------
    shares : dict
        Share of homes that each of `LACKING` is said of, `heat.unknown.*`. [-]
    fuels : dict
        Share of homes heated by some of `FUELS`. [-]
    pump : float
        Share of homes with a heat pump, `heat.unknown.pump`. [-]
    """
    row: dict[str, float] = {}
    for element in ELEMENTS:
        state = "double" if element == "window" else "as_built"
        row |= {f"{element}{end}": float(value) for end, value in zip(ENDS, any_age(element, state), strict=True)}
    row["floor_m2"] = np.nan
    row |= {f"age_{band}": np.nan for band in AGE_BANDS}
    row |= {f"fuel_{fuel}": fuels.get(fuel, 0.0) for fuel in FUELS}
    row["pump"] = pump
    return pd.Series(row | {f"lacks_{name}": share for name, share in shares.items()})


def areas(
    buildings: pd.DataFrame, floor_m2: pd.Series[float], *, storeys: pd.Series[float], shape: Shape
) -> pd.DataFrame:
    """
    Return the areas of each building that holds homes through which heat is lost, and the air inside.

    Parameters
    ----------
    buildings : DataFrame
        `footprint_m2`, `outline_m` (length of the outline), `party_share` of it shared with neighbours, `homes`.
    floor_m2 : Series, same index
        Floor area of one home by certificates; missing where none tells. [m2]
    storeys : Series, same index
        Storeys, where no certificate tells. [storeys]
    shape : Shape

    Returns
    -------
    DataFrame, same index
        `floor_m2` of one home; `wall_m2`, `window_m2`, `roof_m2`, `ground_m2`, `volume_m3` of one home, as a share of
        its building.

    Notes
    -----
    A building is one envelope: homes in it share walls, roof and ground evenly, and lose no heat to each other. Floor
    area by certificates tells how many storeys an outline has; a garage inside the outline counts as home.
    """
    inside = buildings["footprint_m2"].to_numpy(dtype="float64") * shape.inner_share
    homes = buildings["homes"].to_numpy(dtype="float64")
    by_storeys = inside * storeys.to_numpy(dtype="float64") / homes
    floor = np.where(floor_m2.notna(), floor_m2.to_numpy(dtype="float64"), by_storeys)
    levels = np.maximum(floor * homes / inside, 1.0)
    open_m = buildings["outline_m"].to_numpy(dtype="float64") * (1 - buildings["party_share"].to_numpy(dtype="float64"))
    gross = open_m * levels * shape.storey_m / homes
    window = np.minimum(floor * shape.window_share, gross / 2)
    slab = np.minimum(inside / homes, floor)
    return pd.DataFrame(
        {
            "floor_m2": floor,
            "wall_m2": gross - window,
            "window_m2": window,
            "roof_m2": slab,
            "ground_m2": slab,
            "volume_m3": floor * shape.storey_m,
        },
        index=buildings.index,
    )


_SURFACES = {"wall": "wall_m2", "roof": "roof_m2", "floor": "ground_m2", "window": "window_m2"}


def parts(area: pd.DataFrame, fabric: pd.DataFrame, *, shape: Shape, end: str = "") -> pd.DataFrame:
    """Return the heat one home loses through each of `ELEMENTS`, joints with their surfaces. [W/K]."""
    through = {
        name: area[column] * fabric[f"{name}{end}"] * (1 + shape.bridge_share) for name, column in _SURFACES.items()
    }
    through["air"] = area["volume_m3"] * fabric[f"air{end}"] * _AIR_WH
    return pd.DataFrame(through)


def heat_loss(area: pd.DataFrame, fabric: pd.DataFrame, *, shape: Shape) -> pd.DataFrame:
    """
    Return the heat one home of each building loses, `heat_loss_w_per_k` with its ends. [W/K].

    Parameters
    ----------
    area : DataFrame
        From `areas`.
    fabric : DataFrame, same index
        U-values and air changes with their ends (`U_COLUMNS`).

    Notes
    -----
    What is not known of one surface is taken to be independent of what is not known of another: ends are the root of
    the sum of squares of theirs.
    """
    middle, low, high = (parts(area, fabric, shape=shape, end=end) for end in ENDS)
    whole = middle.sum(axis=1)
    below, above = (np.sqrt(((middle - end) ** 2).sum(axis=1)) for end in (low, high))
    return pd.DataFrame(
        {
            "heat_loss_w_per_k": whole,
            "heat_loss_low_w_per_k": whole - below,
            "heat_loss_high_w_per_k": whole + above,
        }
    )


def _wall(homes: pd.DataFrame, band: pd.Series[str]) -> Array:
    """Return U-values of walls: of their kind where it is known, else of their age; insulated where they are."""
    by_age = _looked_up("wall", "as_built", band)
    kind = homes["walls"].astype("string").fillna("")
    insulated = homes["walls_insulated"]
    found = by_age.copy()
    modern = _modern(band)
    for name in ("cavity", "solid", "stone", "timber", "system"):
        bare = ((kind == name) & insulated.eq(other=False)).fillna(value=False).to_numpy(dtype=bool)
        kept = ((kind == name) & insulated.eq(other=True)).fillna(value=False).to_numpy(dtype=bool)
        found[bare] = any_age("wall", name)
        mended = any_age("wall", f"{name}_insulated")
        found[kept] = np.where(modern[kept, None], np.minimum(mended, by_age[kept]), mended)
    return found


def _roof(homes: pd.DataFrame, band: pd.Series[str], loft: Loft) -> Array:
    by_age = _looked_up("roof", "as_built", band)
    mm = homes["loft_mm"].to_numpy(dtype="float64", na_value=np.nan)
    laid = loft.u(mm)
    spread = np.stack([laid, laid * 0.9, laid * 1.3], axis=1)
    return np.where(np.isnan(mm)[:, None], by_age, spread)


def _window(homes: pd.DataFrame) -> Array:
    found = np.tile(any_age("window", "double"), (len(homes), 1))
    for panes in ("single", "part", "triple"):
        found[homes["glazing"].eq(panes).fillna(value=False).to_numpy(dtype=bool)] = any_age("window", panes)
    return found


def _lacks(homes: pd.DataFrame, band: pd.Series[str], *, full_mm: float) -> pd.DataFrame:
    """Return what each home lacks, 1 or 0, missing where the certificate does not tell."""
    walls, bare = homes["walls"].astype("string"), homes["walls_insulated"].eq(other=False)
    modern = pd.Series(_modern(band), index=homes.index)
    old = pd.Series(band.isin(AGE_BANDS[: AGE_BANDS.index("1991-1995")]), index=homes.index)
    flat = homes["property_type"].isin(["flat", "maisonette"])
    told_walls = walls.notna() & homes["walls_insulated"].notna()
    water, controls = homes["hot_water"].astype("string"), homes["controls"].astype("string")
    found = {
        "cavity": ((walls == "cavity") & bare).where(told_walls),
        "solid_wall": (walls.isin(["solid", "stone", "system"]) & bare).where(told_walls),
        "loft": (homes["loft_mm"] < full_mm).where(homes["loft_mm"].notna()),
        "floor": (~homes["floor_insulated"].fillna(value=False) & old).where(~flat & (band != "")),
        "glazing": homes["glazing"].isin(["single", "part"]).where(homes["glazing"].notna()),
        "draughts": (~modern).where(band != ""),
        "controls": controls.isin(["none", "part"]).where(controls.notna()),
        "hot_water": water.isin(["main_no_thermostat", "immersion"]).where(water.notna()),
    }
    return pd.DataFrame({f"lacks_{name}": values.astype("float64") for name, values in found.items()})


def _pump(homes: pd.DataFrame) -> pd.DataFrame:
    """Return whether each home has a heat pump, 1 or 0, missing where the certificate does not tell."""
    told = homes["heating"].eq("heat_pump").astype("float64")
    return pd.DataFrame({"pump": told.where(homes["heating"].notna())})


def _modern(band: pd.Series[str]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = band.isin(AGE_BANDS[AGE_BANDS.index(_INSULATED_FROM) :]).to_numpy(dtype=bool)
    return found


def _one_of(values: pd.Series[str], stem: str, words: tuple[str, ...]) -> pd.DataFrame:
    known = values.isin(words)
    return pd.DataFrame({f"{stem}_{word}": values.eq(word).astype("float64").where(known) for word in words})


def any_age(element: str, state: str) -> Array:
    """Return value, low and high of a state at any age, shape (3,)."""
    return _rows(element, state).loc[""].to_numpy(dtype="float64")


def _looked_up(element: str, state: str, band: pd.Series[Any]) -> Array:
    """Return value, low and high of a state by age band, shape (bands, 3)."""
    return _rows(element, state).reindex(band).to_numpy(dtype="float64")


def _rows(element: str, state: str) -> pd.DataFrame:
    rows = table()
    chosen = rows[(rows["element"] == element) & (rows["state"] == state)]
    return chosen.set_index("age_band")[["value", "low", "high"]].astype("float64")
