"""What would make homes warmer and cheaper to heat: whom it fits, what it costs and saves, and what comes first.

Everything is worked out building by building, for the share of its homes that lack a thing, and added up over the area
and over types of home. Savings are straight in the heat loss they take away, so that those of a package are the sum of
its measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from laep.models.energy import fabric
from laep.models.money.span import Span
from laep.schema.vocabulary import FABRIC_BASES, FUELS, LACKING, MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

EASY = ("draughts", "hot_water", "loft", "cavity", "controls")
"""Measures of the first package: each pays back soon and leaves rooms as they are."""
PACKAGES = {"package_easy": EASY, "package_whole": tuple(LACKING)}
_DISRUPTION = {
    "draughts": "little", "hot_water": "little", "loft": "some", "cavity": "little", "controls": "some",
    "floor": "much", "glazing": "some", "solid_wall": "much", "package_easy": "some", "package_whole": "much",
}  # fmt: skip
_SURFACE = {
    "cavity": "wall_m2",
    "solid_wall": "wall_m2",
    "loft": "roof_m2",
    "floor": "ground_m2",
    "glazing": "window_m2",
}
"""What the cost of a measure goes by, where it is not one price a home."""
_OLD, _MIDDLE, _RECENT, _NEW = "old", "middle", "recent", "new"
ERAS = {
    "before 1900": _OLD, "1900-1929": _OLD, "1930-1949": _MIDDLE, "1950-1966": _MIDDLE, "1967-1975": _MIDDLE,
    "1976-1982": _MIDDLE, "1983-1990": _RECENT, "1991-1995": _RECENT, "1996-2002": _RECENT, "2003-2006": _NEW,
    "2007-2011": _NEW, "2012 onwards": _NEW,
}  # fmt: skip
"""Age bands -> era: solid walls; cavities built empty; cavities built with a little insulation; with more."""
_ERA_WORDS = {
    _OLD: "built before 1930", _MIDDLE: "built from 1930 to 1982", _RECENT: "built from 1983 to 2002",
    _NEW: "built since 2003", "": "of an age that is not known",
}  # fmt: skip
_FORM_WORDS = {
    "detached": "Detached homes", "semi": "Semi-detached homes", "end_terrace": "End-of-terrace homes",
    "mid_terrace": "Mid-terrace homes", "flat": "Flats",
}  # fmt: skip
PUMP = "pump"
"""A heat pump, which takes less electricity than other heating by it."""
OTHERS = "others"
MOST_TYPES = 12
"""Types that are told one by one, the others among them."""
FIRST, _OFTEN, _MUCH = 3, 0.1, 0.1
"""Measures that a sheet names; the share of homes from which one is named; the share of heat loss from which one is
named for warmth though it does not pay back."""


class Prices(NamedTuple):
    """What a unit of heat costs and emits: `gbp` and `kg` map each of `FUELS`, and `PUMP`, to a span a kWh of heat."""

    gbp: Mapping[str, Span]
    kg: Mapping[str, Span]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """
    What measures cost and reach: assumptions `heat.measure.*`.

    Attributes
    ----------
    cost : mapping of measure to Span
        A square metre of `_SURFACE`, or a home. [GBP/m2] or [GBP]
    reached : mapping of measure to float
        U-value once it is done. [W/m2/K]
    air_share, control_share, water_share : Span
        Share of the heat lost by air, of space heat, and of heat for water that draught-proofing, controls and lagging
        save. [-]
    performance, comfort : Span
        Saving in use over saving by the model, and share of it that is taken as warmer rooms. [-]
    """

    cost: Mapping[str, Span]
    reached: Mapping[str, float]
    air_share: Span
    control_share: Span
    water_share: Span
    performance: Span
    comfort: Span

    @property
    def kept(self) -> Span:
        """Return the share of a saving by the model that comes off the meter."""
        return self.performance.times(Span.exact(1.0).less(self.comfort))


@dataclass(frozen=True)
class Worked:
    """Every measure at every building: share of homes that lack it, and of one such home cost, cut, and saving."""

    lacking: pd.DataFrame
    cost: dict[str, Span]
    cut_w_per_k: pd.DataFrame
    saved_kwh: dict[str, Span]


def bare(name: str) -> float:
    """Return the U-value of what a measure mends. [W/m2/K]."""
    state = {"cavity": ("wall", "cavity"), "solid_wall": ("wall", "solid"), "glazing": ("window", "part")}[name]
    return float(fabric.any_age(*state)[0])


def cuts(area: pd.DataFrame, filled: pd.DataFrame, *, shape: fabric.Shape, terms: Terms) -> pd.DataFrame:
    """
    Return the heat loss each measure takes away from one home that lacks it, by building. [W/K].

    Parameters
    ----------
    area, filled : DataFrame
        From `fabric.areas` and `alike.fill`.
    """
    joints = 1 + shape.bridge_share
    air = fabric.parts(area, filled, shape=shape)["air"]
    everywhere = pd.Series(1.0, index=area.index)
    before: dict[str, pd.Series[float]] = {
        name: everywhere * bare(name) for name in ("cavity", "solid_wall", "glazing")
    }
    before |= {"loft": filled["roof"], "floor": filled["floor"]}
    found = {
        name: area[_SURFACE[name]] * (u - terms.reached[name]).clip(lower=0.0) * joints for name, u in before.items()
    }
    found["draughts"] = air * float(terms.air_share.value)
    return pd.DataFrame({name: found.get(name, everywhere * 0.0) for name in LACKING})


def work_out(
    frame: pd.DataFrame, area: pd.DataFrame, filled: pd.DataFrame, *, slope: Array, shape: fabric.Shape, terms: Terms
) -> Worked:
    """
    Work out every measure at every building.

    Parameters
    ----------
    frame : DataFrame
        Rows of buildings from `heat_table.finish`.
    area, filled : DataFrame
        As in `cuts`.
    slope : array, shape (buildings,)
        Space heat at one temperature that a home needs less for each unit of heat loss less. [kWh/yr a W/K]
    """
    cut = cuts(area, filled, shape=shape, terms=terms)
    used = frame["calibration"].to_numpy(dtype="float64")
    homes = frame["homes"].to_numpy(dtype="float64")
    space, water = (frame[name].to_numpy(dtype="float64") / homes for name in ("space_heat_kwh", "hot_water_kwh"))
    saved = {name: terms.kept.times(Span.exact(cut[name].to_numpy() * slope * used)) for name in cut}
    saved["controls"] = terms.control_share.times(Span.exact(space))
    saved["hot_water"] = terms.water_share.times(Span.exact(water))
    return Worked(
        lacking=pd.DataFrame({name: frame[f"lacks_{name}_share"] for name in LACKING}),
        cost={
            name: terms.cost[name].times(
                Span.exact(area[_SURFACE[name]].to_numpy() if name in _SURFACE else np.ones(len(area)))
            )
            for name in LACKING
        },
        cut_w_per_k=cut,
        saved_kwh={name: saved[name] for name in LACKING},
    )


def types(frame: pd.DataFrame, *, least: float) -> pd.Series[str]:
    """
    Return the type of home of each row, form and era; types of few homes, and all beyond `MOST_TYPES`, are `others`.

    Parameters
    ----------
    frame : DataFrame
        `form`, `age_band`, `homes`.
    least : float
        A type has at least so many homes, `privacy.least_count`. [homes]
    """
    era = frame["age_band"].map(ERAS).astype("string").fillna("not_known")
    kind = frame["form"].astype("string").fillna("home") + "_" + era
    homes = frame["homes"].groupby(kind).sum().sort_values(ascending=False, kind="stable")
    kept = homes[homes >= least].index
    if len(kept) > MOST_TYPES or len(kept) < len(homes):
        kept = kept[: MOST_TYPES - 1]
    left = homes.drop(kept).sum()
    if 0 < left < least and len(kept):
        kept = kept[:-1]  # a few homes left over go together with the next few
    return kind.where(kind.isin(kept), OTHERS)


def type_name(type_id: str) -> str:
    """Return what a type of home is, in words."""
    if type_id == OTHERS:
        return "Homes of other kinds"
    form, _, era = type_id.rpartition("_")
    if type_id.endswith("_not_known"):
        form, era = type_id.removesuffix("_not_known"), ""
    return f"{_FORM_WORDS.get(form, 'Homes')} {_ERA_WORDS[era]}"


def table(frame: pd.DataFrame, worked: Worked, kind: pd.Series[str], *, prices: Prices) -> pd.DataFrame:
    """
    Return layer `model_measure`: every measure and package, of the area and of each type of home.

    Parameters
    ----------
    frame : DataFrame
        Rows of buildings, with a share for each fuel.
    worked : Worked
    kind : Series
        Type of each row, from `types`.
    prices : Prices
    """
    parts = [
        _scope(frame, worked, np.flatnonzero(kind == name) if name else np.arange(len(frame)), name, prices)
        for name in ("", *sorted(kind.unique()))
    ]
    return pd.concat(parts, ignore_index=True)


def of_types(
    frame: pd.DataFrame, kind: pd.Series[str], measures: pd.DataFrame, *, prices: Prices, life_years: float
) -> pd.DataFrame:
    """
    Return layer `model_home_type`, the commonest type first.

    Parameters
    ----------
    frame, kind, prices
        As in `table`.
    measures : DataFrame
        What `table` returned.
    life_years : float
        How long insulation lasts, `heat.measure.life_years`: what does not pay back by then is named first only where
        it makes a home much warmer. [years]
    """
    homes = frame["homes"]
    count = homes.groupby(kind).sum()
    totals = [f"{stem}{end}_kwh" for stem in ("space_heat", "hot_water") for end in ("", "_low", "_high")]
    per_home = frame[[*totals, "design_kw"]].groupby(kind).sum().div(count, axis=0)
    means = ["floor_m2", "gas_share", *(f"heat_loss{end}_w_per_k" for end in ("", "_low", "_high"))]
    weighted = frame[means].mul(homes, axis=0).groupby(kind).sum().div(count, axis=0)
    gbp, kg = by_heat(frame, prices.gbp), by_heat(frame, prices.kg)
    bill = _heat_of(frame).times(gbp)
    of_basis = pd.DataFrame({one: homes.where(frame["fabric_basis"] == one, 0.0) for one in FABRIC_BASES})
    basis = of_basis.groupby(kind).sum().idxmax(axis=1)
    low = homes.where(frame["confidence"] == "low", 0.0).groupby(kind).sum() / count
    found = per_home.join(weighted).assign(
        homes=count, share=count / count.sum(), fabric_basis=basis,
        **{f"bill{end}_gbp_per_yr": pd.Series(np.asarray(value), index=frame.index).groupby(kind).sum() / count
           for end, value in zip(fabric.ENDS, (bill.value, bill.low, bill.high), strict=True)},
        carbon_kg=pd.Series(np.asarray(_heat_of(frame).times(kg).value), index=frame.index).groupby(kind).sum() / count,
        confidence=np.where(low > 0.5, "low", "medium"),
    )  # fmt: skip
    first = measures[(measures["scope"] == "type") & measures["measure"].isin(LACKING)]
    first = first.assign(much=first["cut_w_per_k"] >= _MUCH * first["scope_id"].map(found["heat_loss_w_per_k"]))
    pays = first["bill_gbp_per_yr"] * life_years >= first["capex_gbp"]
    chosen = first[(pays | first["much"]) & (first["share"] >= _OFTEN)]
    named = pd.Series({str(name): _first(rows) for name, rows in chosen.groupby("scope_id")}, dtype="string")
    found["first"] = named.reindex(found.index)
    found = found.sort_values("homes", ascending=False, kind="stable")
    found = pd.concat([found.drop(OTHERS, errors="ignore"), found[found.index == OTHERS]])
    ids = found.index.astype("string")
    return found.reset_index(drop=True).assign(type_id=ids, name=[type_name(str(one)) for one in ids])


def by_heat(frame: pd.DataFrame, prices: Mapping[str, Span]) -> Span:
    """Return what a unit of heat costs, or emits, at each row, by the share of its homes on each fuel."""
    shares = {fuel: frame[f"{fuel}_share"].to_numpy(dtype="float64") for fuel in (*FUELS, PUMP)}
    shares["electricity"] = np.maximum(shares["electricity"] - shares[PUMP], 0.0)
    ends = zip(*(_ends(prices[fuel], share) for fuel, share in shares.items()), strict=True)
    value, low, high = (np.sum(np.stack(end), axis=0) for end in ends)
    return Span(value, low, high)


def _ends(price: Span, share: Array) -> tuple[Array, Array, Array]:
    return share * price.value, share * price.low, share * price.high


def _heat_of(frame: pd.DataFrame) -> Span:
    """Return space heat and hot water of each row. [kWh]."""
    return Span(*(
        (frame[f"space_heat{end}_kwh"] + frame[f"hot_water{end}_kwh"]).to_numpy(dtype="float64") for end in fabric.ENDS
    ))  # fmt: skip


def _scope(frame: pd.DataFrame, worked: Worked, at: NDArray[np.intp], name: str, prices: Prices) -> pd.DataFrame:
    """Return the rows of one scope."""
    rows = frame.iloc[at]
    homes = rows["homes"].to_numpy(dtype="float64")
    gbp, kg = by_heat(rows, prices.gbp), by_heat(rows, prices.kg)
    sums: dict[str, dict[str, Any]] = {}
    for measure in LACKING:
        count = homes * worked.lacking[measure].to_numpy(dtype="float64")[at]
        saved = _at(worked.saved_kwh[measure], at)
        sums[measure] = {
            "homes": float(count.sum()),
            "cut": float((worked.cut_w_per_k[measure].to_numpy()[at] * count).sum()),
            "capex": _total(_at(worked.cost[measure], at), count),
            "saved": _total(saved, count),
            "bill": _total(saved.times(gbp), count),
            "carbon": _total(saved.times(kg), count),
        }
    for package, members in PACKAGES.items():
        any_ = 1 - np.prod([1 - worked.lacking[one].to_numpy(dtype="float64")[at] for one in members], axis=0)
        parts = [sums[one] for one in members]
        sums[package] = {key: np.sum([part[key] for part in parts], axis=0) for key in parts[0]}
        sums[package]["homes"] = float((homes * any_).sum())
    found = pd.DataFrame([_row(measure, sums[measure]) for measure in MEASURES if np.sum(sums[measure]["homes"]) > 0])
    if found.empty:
        return found
    found = found.assign(
        scope="type" if name else "area", scope_id=name or "area", share=(found["homes"] / homes.sum()).clip(upper=1.0),
        turn=np.arange(1, len(found) + 1), method=_METHOD, confidence="low",
    )  # fmt: skip
    single = found["measure"].isin(LACKING)
    for flag, gain in (
        ("best_warmth", "cut_w_per_k"),
        ("best_bill", "bill_gbp_per_yr"),
        ("best_carbon", "carbon_kgco2e_per_yr"),
    ):
        worth = (found[gain] / found["capex_gbp"]).where(single)
        found[flag] = worth.eq(worth.max()) & single
    return found


_METHOD = (
    "share of homes that lack it, by certificates of them or of like neighbours; its area by the outline; a cost a "
    "square metre or a home; the heat loss it takes away, half-hour by half-hour, as homes use heat, less what such "
    "work falls short by and what is taken as warmer rooms"
)


def _row(measure: str, sums: Mapping[str, Any]) -> dict[str, object]:
    """Return one row: means of a home that lacks it."""
    homes = float(np.sum(sums["homes"]))
    row: dict[str, object] = {
        "measure": measure, "homes": homes, "cut_w_per_k": float(np.sum(sums["cut"])) / homes,
        "disruption": _DISRUPTION[measure],
    }  # fmt: skip
    for stem, unit in (("capex", "GBP"), ("saved", "kWh"), ("bill", "GBP/yr"), ("carbon", "kgCO2e/yr")):
        value, low, high = (float(end) / homes for end in np.asarray(sums[stem]))
        row |= Span(value, low, high).columns(stem, unit)
    return row


def _first(rows: pd.DataFrame) -> str:
    """Return the three measures that matter most: those that fit most homes and pay back soonest, in their order."""
    worth = rows["share"] * rows["bill_gbp_per_yr"] / rows["capex_gbp"]
    chosen = rows.assign(worth=worth).sort_values("worth", ascending=False, kind="stable").head(FIRST)
    return ";".join(chosen["measure"])


def _at(span: Span, at: NDArray[np.intp]) -> Span:
    return Span(*(np.asarray(end)[at] for end in (span.value, span.low, span.high)))


def _total(span: Span, count: Array) -> Array:
    """Return value, low and high of all homes, shape (3,)."""
    return np.array([float((np.asarray(end) * count).sum()) for end in (span.value, span.low, span.high)])
