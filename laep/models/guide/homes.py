"""Evidence on homes and the people in them: tenure, flats, roofs, kit, and limits on what may be fixed to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.models.energy import homes as counts
from laep.models.guide.evidence import Evidence, numbers, unknown
from laep.schema.vocabulary import HOME_USES
from laep.words import count_of, first_few, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

TENURES = {
    "owner_share": (("owned", "shared_ownership"), "own their home, in part or whole"),
    "renter_share": (("social_rented", "private_rented"), "rent their home"),
    "social_share": (("social_rented",), "rent from a council or housing association"),
    "private_share": (("private_rented",), "rent from a private landlord"),
}
"""Evidence key: the census columns it adds up, and what they mean."""
FLATS = ("purpose_built_flats", "shared_house", "converted_building", "commercial_building")
"""Answers of the census that mean a flat."""
LIMITING = (
    "conservation-area", "listed-building", "world-heritage", "article-4", "area-of-outstanding-natural-beauty",
    "national-park", "national-landscape", "national-scenic",
)  # fmt: skip
"""Designations that limit what people may put on their own homes; habitats and flood zones do not as a rule."""
_TENURE_ASK = "How many homes are owned and how many rented? The census table of tenure says."
_FLATS_ASK = "How many homes are flats? Building footprints with their use would say."
_ROOFS_ASK = "Which roofs suit panels? Building footprints would say."


def tenure(frames: Mapping[str, pd.DataFrame]) -> list[Evidence]:
    """Return the share of households by tenure, census zones weighted by how many homes of each are in the area."""
    frame = frames.get("in_tenure")
    if frame is None:
        return [unknown(key, ["in_tenure"], "No census table of tenure is held.", _TENURE_ASK) for key in TENURES]
    weight = counts.share(frame, frames.get("model_home"))
    return [_tenure(key, frame, weight, columns, meaning) for key, (columns, meaning) in TENURES.items()]


def homes(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return how many homes the area has, by the one count of them."""
    held = frames.get("model_home")
    if held is not None and (total := counts.total(held)) > 0:
        return Evidence("homes", total, f"The area has about {count_of(total, 'home', 'homes')}.", ("model_home",))
    return unknown("homes", ["model_home"], "The number of homes is not known.", "How many homes are here?")


def flats(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return the share of homes in blocks of flats."""
    by_building = _homes_by_building(frames)
    if by_building is None:
        return _flats_by_census(frames)
    share = float(by_building.loc[by_building["use"] == "flats", "homes"].sum() / by_building["homes"].sum())
    return Evidence("flat_share", share, f"About {percent(share)} of homes are flats.", ("model_demand",))


def roofs(frames: Mapping[str, pd.DataFrame], *, min_installs: float) -> list[Evidence]:
    """
    Return the share of homes under a roof that suits panels, and whether there are roofs enough for a joint purchase.

    Parameters
    ----------
    min_installs : float
        Installs that make a joint purchase worthwhile, `guide.cp.min_installs`.
    """
    by_building, solar = _homes_by_building(frames), frames.get("model_solar")
    layers = ("model_solar", "model_demand")
    if by_building is None or solar is None:
        said = "Which roofs suit panels is not known."
        return [unknown(key, layers, said, _ROOFS_ASK) for key in ("suitable_roof_share", "enough_roofs")]
    good = set(solar.loc[numbers(solar, "capacity_kwp") > 0, "building_id"].astype(str))
    suits = by_building["scope_id"].astype(str).isin(good)
    share = float(by_building.loc[suits, "homes"].sum() / by_building["homes"].sum())
    houses = float(by_building.loc[suits & (by_building["use"] == "home"), "homes"].sum())
    said = f"About {percent(share)} of homes are under a roof that suits panels."
    enough = f"{count_of(houses, 'house has', 'houses have')} a roof that suits panels."
    return [
        Evidence("suitable_roof_share", share, said, layers),
        Evidence(
            "enough_roofs", None if houses >= min_installs else False, enough, (*layers, "guide.cp.min_installs"),
        ),
    ]  # fmt: skip


def uptake(frames: Mapping[str, pd.DataFrame], *, homes: float | None, low_share: float) -> Evidence:
    """
    Return whether few homes have kit: what the registers list can show that many have it, never that few do.

    Parameters
    ----------
    homes : float or None
        Homes in the area.
    low_share : float
        Share of homes with kit below which uptake is low, `guide.cp.low_kit_share`. [-]
    """
    layers = ("model_generation", "guide.cp.low_kit_share")
    held = frames.get("model_generation")
    if held is None:
        return unknown("uptake_low", layers, "")
    solar = held[(held["technology"] == "solar") & (held["status"] == "connected") & (held["place"] == "here")]
    seen, of_homes = int(solar["generators"].sum()), int(solar["of_homes"].sum())
    arrays = count_of(seen, "solar array", "solar arrays")
    shown = "Registers, maps and homes' certificates" if of_homes else "Registers and maps"
    said = f"{shown} show {arrays} inside the area, but miss many of those on homes."
    many = homes is not None and homes > 0 and seen / homes >= low_share
    return Evidence("uptake_low", False if many else None, said, layers)


def designated(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return whether planning limits household kit: without designations no; with some, how many homes is open."""
    frame = frames.get("in_constraint")
    if frame is None:
        return unknown("designated", ["in_constraint"], "Designations have not been looked up.")
    limiting = frame[frame["kind"].astype(str).map(lambda kind: any(word in kind for word in LIMITING)).astype(bool)]
    if limiting.empty:
        said = "No conservation area, listed building or protected landscape is recorded here."
        return Evidence("designated", False, said, ("in_constraint",))
    kinds = limiting["kind"].astype(str).str.replace("-", " ")
    found = first_few(sorted(f"{kind} ({rows})" for kind, rows in kinds.value_counts().items()))
    said = f"Designations that may limit what goes on homes: {found}. How many homes they touch is not known."
    return Evidence("designated", None, said, ("in_constraint",))


def _tenure(
    key: str, frame: pd.DataFrame, weight: pd.Series[float], columns: tuple[str, ...], meaning: str
) -> Evidence:
    parts = pd.DataFrame({column: numbers(frame, column) for column in ("households", *columns)}).assign(weight=weight)
    known = parts.dropna()
    households = float((known["households"] * known["weight"]).sum())
    if households <= 0:
        return unknown(key, ["in_tenure"], "The census table of tenure holds no households here.", _TENURE_ASK)
    share = float((known[list(columns)].sum(axis="columns") * known["weight"]).sum() / households)
    gaps = f" ({len(parts) - len(known)} of {len(parts)} zones had gaps)" if len(known) < len(parts) else ""
    said = f"By the census about {percent(share)} of households {meaning}{gaps}."
    return Evidence(key, share, said, ("in_tenure",))


def _flats_by_census(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return the share of households in flats by the census, where no buildings tell; parts of houses count too."""
    census = frames.get("in_census")
    layers = ("model_demand", "in_census")
    rows = census[census["topic"] == "accommodation"] if census is not None else pd.DataFrame()
    if rows.empty:
        return unknown("flat_share", layers, "Which homes are flats is not known.", _FLATS_ASK)
    households = numbers(rows, "households") * counts.share(rows, frames.get("model_home"))
    kind = rows["category"].astype(str)
    total = float(households[kind != "total"].sum())
    if total <= 0:
        return unknown("flat_share", layers, "Which homes are flats is not known.", _FLATS_ASK)
    share = float(households[kind.isin(FLATS)].sum()) / total
    return Evidence("flat_share", share, f"By the census about {percent(share)} of homes are flats.", ("in_census",))


def _homes_by_building(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return buildings with homes, or None where demand is held by zone or not at all."""
    demand = frames.get("model_demand")
    if demand is None:
        return None
    rows = demand[(demand["scope"] == "building") & demand["use"].isin(HOME_USES)]
    rows = rows.assign(homes=numbers(rows, "homes"))
    rows = rows[rows["homes"] > 0]
    return rows if len(rows) else None
