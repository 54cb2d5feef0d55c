"""Evidence on homes and the people in them: tenure, flats, roofs, kit, and limits on what may be fixed to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from laep.models.energy import homes as counts
from laep.models.guide.evidence import Evidence, numbers, unknown
from laep.schema.vocabulary import HOME_USES, RATINGS
from laep.words import count_of, first_few, percent, power

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
POOR = RATINGS[RATINGS.index("E") :]
"""Ratings of homes that are dear to heat."""
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


def roofs(frames: Mapping[str, pd.DataFrame]) -> list[Evidence]:
    """Return the share of homes under a roof that suits panels, and how many houses could at most buy together."""
    by_building, solar = _homes_by_building(frames), frames.get("model_solar")
    layers = ("model_solar", "model_demand")
    if by_building is None or solar is None:
        said = "Which roofs suit panels is not known."
        return [unknown(key, layers, said, _ROOFS_ASK) for key in ("suitable_roof_share", "able_roofs")]
    good = set(solar.loc[numbers(solar, "capacity_kwp") > 0, "building_id"].astype(str))
    suits = by_building["scope_id"].astype(str).isin(good)
    share = float(by_building.loc[suits, "homes"].sum() / by_building["homes"].sum())
    houses = float(by_building.loc[suits & (by_building["use"] == "home"), "homes"].sum())
    said = f"About {percent(share)} of homes are under a roof that suits panels."
    able = f"{count_of(houses, 'house has', 'houses have')} a roof that suits panels."
    return [
        Evidence("suitable_roof_share", share, said, layers),
        Evidence("able_roofs", houses, able, layers, most=True),
    ]


def joining(total: Evidence) -> Evidence:
    """Return how many homes could at most join something, given how many there are."""
    return replace(total, key="able_homes", most=True)


def panels(frames: Mapping[str, pd.DataFrame], *, homes: float | None) -> Evidence:
    """
    Return the share of homes with panels: by certificates, else the least that registers and maps show.

    Parameters
    ----------
    homes : float or None
        Homes in the area.

    Notes
    -----
    Registers miss most panels on homes, so what they list can show that many homes have them, never that few do.
    Certificates are of the homes that were sold, let or built: a sample, and blind to panels fitted since.
    """
    origin = ("model_generation", "model_stock")
    listed, certified = frames.get("model_generation"), _share(frames, "pv", ("yes",))
    seen = _arrays(listed) if listed is not None else 0
    floor = seen / homes if homes else 0.0
    arrays = count_of(seen, "solar array", "solar arrays")
    shown = f"Registers, maps and certificates show {arrays} inside the area, but miss many of those on homes."
    if certified is None:
        said = shown if listed is not None else ""
        return Evidence("panels_share", floor if listed is not None and homes else None, said, origin, least=True)
    told = f"Of {count_of(certified.of_homes, 'home', 'homes')} with a certificate that says, "
    told += f"{percent(certified.share)} have panels; cars, batteries and heat pumps are not in that."
    said = f"{told} {shown}" if listed is not None else told
    return Evidence("panels_share", max(certified.share, floor), said, origin, least=certified.least)


def electric_heat(frames: Mapping[str, pd.DataFrame], *, kw_per_home: float) -> Evidence:
    """
    Return the least that homes heated by heat pumps or storage heaters could switch, by certificates or the census.

    Parameters
    ----------
    kw_per_home : float
        What any home can switch, `guide.vpp.home_flex_none_kw`: such homes can switch more. [kW/home]
    """
    origin = ("model_stock", "guide.vpp.home_flex_none_kw")
    counts = {
        "certificates": _count(frames, "certificates", ("heat_pump", "storage_heaters")),
        "census": _count(frames, "census", ("renewable", "two_or_more_renewable")),
    }
    if not any(counts.values()):
        return unknown("electric_heat_kw", origin, "")
    basis = max(counts, key=lambda one: counts[one])
    held = count_of(counts[basis], "home", "homes")
    kinds = "heat pumps or storage heaters" if basis == "certificates" else "renewable heating, mostly heat pumps"
    kw = counts[basis] * kw_per_home
    said = f"By {'the census' if basis == 'census' else basis} {held} have {kinds}: {power(kw)} at the least."
    return Evidence("electric_heat_kw", kw, said, origin, least=True)


def poor(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return the share of certified homes that are rated E, F or G."""
    found = _share(frames, "rating", POOR)
    if found is None:
        return unknown("poor_share", ["model_stock"], "")
    homes = count_of(found.of_homes, "home", "homes")
    said = f"Of {homes} with a certificate {percent(found.share)} are rated {', '.join(POOR[:-1])} or {POOR[-1]}."
    return Evidence("poor_share", found.share, said, ("model_stock",), least=found.least)


def limited(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """
    Return the share of homes under a listed roof, or in a conservation area or the like.

    Notes
    -----
    Where no such designation is held the share is not known: what was read may have left them out.
    """
    frame, planes, by_building = (frames.get("in_constraint"), frames.get("roof_plane"), _homes_by_building(frames))
    layers = ("in_constraint", "roof_plane", "model_demand")
    if frame is None:
        return unknown("limited_share", layers, "Designations have not been looked up.")
    limiting = frame[_limits(frame["kind"])]
    if limiting.empty:
        said = "Among the designations held is no conservation area, listed building or protected landscape."
        return unknown("limited_share", layers, said)
    kinds = limiting["kind"].astype(str).str.replace("-", " ")
    found = first_few(sorted(f"{kind} ({rows})" for kind, rows in kinds.value_counts().items()))
    said = f"Designations that may limit what goes on homes: {found}."
    if planes is None or by_building is None or planes.empty:
        return unknown("limited_share", layers, f"{said} How many homes they touch is not known.")
    touched = _limits(planes["constraints"]).groupby(planes["building_id"].astype(str)).any()
    homes = by_building.groupby(by_building["scope_id"].astype(str))["homes"].sum()
    mapped = homes[homes.index.isin(touched.index)]
    if mapped.empty:
        return unknown("limited_share", layers, f"{said} How many homes they touch is not known.")
    share = float(mapped[touched.reindex(mapped.index)].sum() / mapped.sum())
    return Evidence("limited_share", share, f"{said} They touch {percent(share)} of homes.", layers)


def _limits(kinds: pd.Series) -> pd.Series[bool]:
    """Return which of these kinds, or lists of kinds, hold a designation that limits what goes on homes."""
    found: pd.Series[bool] = kinds.astype("string").str.contains("|".join(LIMITING)).fillna(value=False).astype(bool)
    return found


def _arrays(held: pd.DataFrame) -> int:
    here = (held["technology"] == "solar") & (held["status"] == "connected") & (held["place"] == "here")
    return int(held.loc[here, "generators"].sum())


class _Stock(NamedTuple):
    """A share of the homes that say something on a topic, and whether hidden counts make it the least it can be."""

    share: float
    of_homes: int
    least: bool


def _share(frames: Mapping[str, pd.DataFrame], topic: str, categories: tuple[str, ...]) -> _Stock | None:
    """Return the share of certified homes with any of these answers, or None where no certificate says."""
    stock = frames.get("model_stock")
    rows = stock[(stock["basis"] == "certificates") & (stock["topic"] == topic)] if stock is not None else None
    if rows is None or rows.empty:
        return None
    held = rows[rows["category"].isin(categories)]
    return _Stock(
        float(numbers(held, "share").sum()), int(rows["of_homes"].iloc[0]), bool(held["hidden"].astype(bool).any())
    )


def _count(frames: Mapping[str, pd.DataFrame], basis: str, categories: tuple[str, ...]) -> float:
    """Return the homes counted with these ways of heating; hidden counts are left out."""
    stock = frames.get("model_stock")
    if stock is None:
        return 0.0
    held = (stock["basis"] == basis) & (stock["topic"] == "heating") & stock["category"].isin(categories)
    return float(numbers(stock[held], "homes").sum())


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
