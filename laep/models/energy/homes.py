"""One count of homes per building, per census zone and for the area, from map, addresses, certificates and census.

Everything that needs a number of homes, or the share of a census zone that lives in the area, reads layer `model_home`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from laep import schema
from laep.schema.vocabulary import HOME_USES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Flags = NDArray[np.bool_]

AREA = "area"
"""Scope, and id, of the row that adds the area up."""
_WHOLE = 0.999  # a zone with this much of its land inside is taken to be wholly inside
_COVERED = 0.5  # a map that reaches less of a zone's land in the area than this tells nothing of its homes
_COLUMNS = schema.LAYERS["model_home"].column_names


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """
    What the size of a building says of its homes: assumptions of group `building`.

    Attributes
    ----------
    flat_m2 : float
        Gross floor area a flat, `building.flat_m2`. [m2]
    flats_storeys : float
        Storeys of flats where the source has none, `building.storeys.flats`. [storeys]
    home_footprint_m2 : float
        Footprint of a home in an undivided row, `building.home_footprint_m2`. [m2]
    home_min_m2, home_max_m2 : float
        Footprints between which a building of unknown use is taken to be a home; a `home` above the larger is taken to
        be a row of several, `building.home_min_m2`, `building.home_max_m2`. [m2]
    """

    flat_m2: float
    flats_storeys: float
    home_footprint_m2: float
    home_min_m2: float
    home_max_m2: float


def mapped(buildings: pd.DataFrame, sizes: Sizes) -> pd.DataFrame:
    """
    Count the homes in each building as its outline, its use and its source tell them.

    Parameters
    ----------
    buildings : DataFrame
        Layer `in_building`.

    Returns
    -------
    DataFrame, index of `buildings`
        `homes` [homes], `method`, `confidence`.

    Notes
    -----
    A number the source states is kept, whatever the use. A large house, a farmhouse or a care home mapped as a `home`
    is counted as several: the confidence is low.
    """
    use, size = buildings["use"], buildings["footprint_m2"]
    stated = buildings["homes"].to_numpy(dtype="float64", na_value=np.nan)
    floors = buildings["storeys"].fillna(sizes.flats_storeys)
    in_row = np.maximum(np.rint(size / sizes.home_footprint_m2), 2.0)
    in_block = np.maximum(np.rint(size * floors / sizes.flat_m2), 2.0)
    by_size = (use == "unknown") & size.between(sizes.home_min_m2, sizes.home_max_m2)
    return _first(
        (
            (~np.isnan(stated), stated, "homes as the source states", "high"),
            (use == "mobile_home", 1.0, "one home a mobile home", "medium"),
            ((use == "home") & (size <= sizes.home_max_m2), 1.0, "one home a house", "medium"),
            (use == "home", in_row, "a row of homes, by its footprint", "low"),
            ((use == "flats") & buildings["storeys"].notna(), in_block, "flats, by floor area", "medium"),
            (use == "flats", in_block, "flats, by footprint and assumed storeys", "low"),
            (by_size, 1.0, "one home, by its size alone", "low"),
            (use == "unknown", 0.0, "no home, by its size alone", "low"),
        ),
        other=(0.0, "no home, by its use", "medium"),
        index=buildings.index,
    )


def of_buildings(
    buildings: pd.DataFrame,
    by_map: pd.DataFrame,
    *,
    addresses: pd.Series[float] | None,
    certificates: pd.Series[float] | None,
) -> pd.DataFrame:
    """
    Settle the homes of each building, as rows of layer `model_home` of scope `building`.

    Parameters
    ----------
    buildings : DataFrame
        Layer `in_building`.
    by_map : DataFrame
        What `mapped` returned for it.
    addresses : Series or None, index of `buildings`
        Addresses (UPRN) in or at each building; None where none are held.
    certificates : Series or None, index of `buildings`
        Homes with an energy certificate in each; None where none are held.

    Notes
    -----
    A number the source states wins. Where people live, addresses win over what size suggests, and in no building are
    there fewer homes than certificates: those alone tell of flats above a shop, since its addresses may be shops too.
    A building without an address that only its size, or the land below it, made a home is none.
    """
    none = pd.Series(np.nan, index=buildings.index)
    points = none if addresses is None else addresses.astype("float64")
    rated = none if certificates is None else certificates.astype("float64")
    stated, lived_in = buildings["homes"].notna(), buildings["use"].isin(HOME_USES) | (by_map["homes"] > 0)
    guess = (by_map["homes"] > 0) & ((buildings["use"] == "unknown") | (buildings["use_basis"] == "land"))
    most = np.fmax(points, rated)
    found = _first(
        (
            (stated, by_map["homes"], "homes as the source states", "high"),
            (lived_in & (points > 0), most, "addresses in the building", "high"),
            (rated > by_map["homes"], rated, "homes with an energy certificate", "medium"),
            (guess & points.eq(0), 0.0, "no home: no address stands in it", "medium"),
        ),
        other=(by_map["homes"], by_map["method"], by_map["confidence"]),
        index=buildings.index,
    )
    won = np.select(
        [found["method"] == "addresses in the building", found["method"] == "homes with an energy certificate"],
        ["addresses", "certificates"], default="map",
    )  # fmt: skip
    return _rows("building", buildings["building_id"], found, won=won).assign(
        mapped_homes=by_map["homes"].to_numpy(), addresses=points.to_numpy(), certificates=rated.to_numpy()
    )


def of_zones(zones: pd.DataFrame, *, apart: float) -> pd.DataFrame:
    """
    Settle the homes of each census zone inside the area, as rows of layer `model_home` of scope `zone`.

    Parameters
    ----------
    zones : DataFrame
        A row a zone: `zone_id`; `land_share`, of its land inside the area; `map_share`, of that land as far as the map
        of buildings reaches (missing where no map is held); `homes` of its buildings, of which `guessed` by size
        alone; `loose` addresses in no building (missing where none are held); `households` of the whole zone by the
        census, missing where it does not say; `main` is False for zones of a second kind over the same ground, which
        get a share and are not added up.
    apart : float
        Map and census may differ by this share of the census before one of them has to be wrong,
        `building.homes_apart`. [-]

    Returns
    -------
    DataFrame
        `share_in_area` is the share of the zone's households in the area: its homes found there over its households;
        by land where no map reaches it, or where the census does not say.

    Notes
    -----
    Where the census has more, homes are missing from the map: the census wins, and the rest is `off_map_homes`. Where
    the map has more and addresses stand behind it, homes have been built since, and it wins; without addresses the
    homes guessed by size are too many, and the census wins as far as the guesses go (`scaled`).
    """
    homes, households = (zones[name].to_numpy(dtype="float64") for name in ("homes", "households"))
    land, loose = (zones[name].to_numpy(dtype="float64") for name in ("land_share", "loose"))
    reaches = zones["map_share"].to_numpy(dtype="float64") >= _COVERED
    whole, told = land >= _WHOLE, households > 0
    by_homes = ~whole & told & (reaches | (np.nan_to_num(loose) > 0))
    found = homes + np.nan_to_num(loose)
    share = np.where(whole, 1.0, land)
    share[by_homes] = np.minimum(found[by_homes] / households[by_homes], 1.0)
    here = households * share
    short, over = told & (homes < here * (1 - apart)), told & (homes > here * (1 + apart))
    guessed = zones["guessed"].to_numpy(dtype="float64")
    fewer = over & np.isnan(loose) & (guessed > 0)
    left = np.where(fewer, np.maximum(here - (homes - guessed), 0.0), guessed)
    off_map = np.where(short & zones["main"].to_numpy(dtype=bool), np.maximum(here - homes, 0.0), 0.0)
    counted = _first(
        (
            (short, homes + off_map, "census households: the map lacks homes", "medium"),
            (fewer, homes - guessed + left, "census households: guesses by size were too many", "medium"),
            (over, homes, "homes found on the map, more than the census had", "medium"),
            (told, homes, "homes found on the map, as the census has them", "high"),
        ),
        other=(homes, "homes found on the map; no census to hold them against", "medium"),
        index=zones.index,
    )
    return _rows("zone", zones["zone_id"], counted, won=np.where(short | fewer, "census", "map")).assign(
        mapped_homes=homes,
        households=here,
        off_map_homes=off_map,
        share_in_area=share,
        share_basis=np.select([whole, by_homes], ["whole", "homes"], "land"),
        map_share=zones["map_share"].to_numpy(),
        main=zones["main"].to_numpy(dtype=bool),
        scaled=np.divide(left, guessed, out=np.ones_like(left), where=fewer),
    )


def scaled(buildings: pd.DataFrame, zone: pd.Series[Any], zones: pd.DataFrame) -> pd.DataFrame:
    """Return buildings' rows with the guesses by size of each zone brought to what the census leaves for them."""
    factor = zone.map(zones.set_index("scope_id")["scaled"]).astype("float64").fillna(1.0).to_numpy()
    brought = guessed(buildings) & (factor != 1.0)
    return buildings.assign(
        homes=np.where(brought, buildings["homes"] * factor, buildings["homes"]),
        method=buildings["method"].mask(brought, buildings["method"] + ", brought to the census"),
        won=buildings["won"].mask(brought, "census"),
    )


def guessed(buildings: pd.DataFrame) -> Flags:
    """Return which buildings have a number of homes that only their size suggests."""
    found: Flags = ((buildings["confidence"] == "low") & (buildings["homes"] > 0)).to_numpy(dtype=bool)
    return found


def table(buildings: pd.DataFrame, zones: pd.DataFrame, *, map_share: float) -> pd.DataFrame:
    """
    Return layer `model_home`: the rows of buildings and zones, and one for the area.

    Parameters
    ----------
    map_share : float
        Share of the area's land as far as its mapped buildings reach; missing where there are none. [-]
    """
    known = [frame for frame in (buildings, zones) if len(frame)]
    added = zones[zones["main"]]
    off_map, census = float(added["off_map_homes"].sum()), added["households"].sum(min_count=1)
    total = float(buildings["homes"].sum()) + off_map
    lacking, told = (added["won"] == "census").any(), _sure(buildings if len(buildings) else zones)
    area = pd.DataFrame({
        "scope": [AREA], "scope_id": AREA, "homes": total, "won": "census" if lacking else "map",
        "mapped_homes": buildings["mapped_homes"].sum(), "addresses": buildings["addresses"].sum(min_count=1),
        "certificates": buildings["certificates"].sum(min_count=1),
        "households": census, "off_map_homes": off_map, "map_share": map_share,
        "method": "homes of all buildings, and those of census zones that no map shows", "confidence": told,
    })  # fmt: skip
    return schema.conform(
        pd.concat([frame.reindex(columns=_COLUMNS) for frame in (*known, area)], ignore_index=True), "model_home"
    )


def total(model_home: pd.DataFrame) -> float:
    """Return the homes of the area. [homes]."""
    return float(model_home.loc[model_home["scope"] == AREA, "homes"].sum())


def share(frame: pd.DataFrame, model_home: pd.DataFrame | None, *, zone: str = "zone_id") -> pd.Series[float]:
    """
    Return for each row of a frame by census zone the share of the zone's households in the area. [-].

    Zones that `model_home` does not have, such as postcodes, keep the frame's own `share_in_area`.
    """
    own = frame["share_in_area"].astype("float64")
    if model_home is None:
        return own
    zones = model_home[model_home["scope"] == "zone"].set_index("scope_id")["share_in_area"]
    return frame[zone].map(zones).astype("float64").fillna(own)


def notes(model_home: pd.DataFrame) -> list[str]:
    """Return what is to be said of the count: how many, by what, and where map and census are apart."""
    area = model_home[model_home["scope"] == AREA].iloc[0]
    buildings = model_home[model_home["scope"] == "building"]
    by = buildings["homes"].groupby(buildings["won"]).sum()
    ways = ", ".join(f"{count:,.0f} by {way}" for way, count in by.items() if count > 0)
    said = [f"Homes: {area['homes']:,.0f}" + (f", of those in buildings {ways}." if ways else ".")]
    if area["won"] == "census":
        said.append(
            f"Map and census are too far apart in some census zones, and there the census counts: "
            f"{area['mapped_homes']:,.0f} homes on the map of the area, {area['households']:,.0f} households."
        )
    return said


def _sure(rows: pd.DataFrame) -> str:
    """Return the confidence of most of the homes."""
    by_grade = rows["homes"].groupby(rows["confidence"].to_numpy()).sum() if len(rows) else pd.Series(dtype="float64")
    return str(by_grade.idxmax()) if by_grade.sum() > 0 else "low"


def _rows(scope: str, ids: pd.Series[str], counted: pd.DataFrame, *, won: Any) -> pd.DataFrame:
    told: Mapping[str, Any] = {"scope": scope, "scope_id": ids.to_numpy(), "won": won}
    return counted.assign(**told)


def _first(
    cases: tuple[tuple[Any, Any, Any, Any], ...], *, other: tuple[Any, Any, Any], index: pd.Index[Any]
) -> pd.DataFrame:
    """Return `homes`, `method`, `confidence` of the first case (test, homes, method, confidence) that holds a row."""
    tests = [np.asarray(case[0], dtype=bool) for case in cases]
    columns = {}
    for place, (name, kind) in enumerate((("homes", "float64"), ("method", "object"), ("confidence", "object"))):
        values = [np.broadcast_to(np.asarray(case[place + 1], dtype=kind), len(index)) for case in cases]
        columns[name] = np.select(tests, values, default=np.asarray(other[place], dtype=kind))
    return pd.DataFrame(columns, index=index)
