"""What each site could have, for whom, and what that hangs on -> layers `model_asset`, `_year`, `_owner`, `_risk`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.models.assets import sizing, worth
from laep.models.assets.owners import FOR_A_HOST, OWNERSHIPS
from laep.models.money import carbon, ownership, returns
from laep.models.scenarios import draws
from laep.schema import LAYERS, conform
from laep.schema.vocabulary import ASSET_QUANTITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from laep.models.assets.kind import Kind, Take
    from laep.models.assets.sizing import Places, Room
    from laep.models.assets.worth import Assets, Money
    from laep.models.money.ownership import Outcome

    Array = NDArray[np.float64]
    Frames = dict[str, pd.DataFrame]

DRAWS = 1024
_SHOWN = 10
"""Quantities kept of what moves the worth of an asset most."""
NAMES = ("model_asset", "model_asset_year", "model_asset_owner", "model_asset_risk")
_ENERGY_OF = "half-hourly output against half-hourly use of the host"


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Real discount rates of communities and companies [1/yr], and emissions of grid electricity [kgCO2e/kWh]."""

    community: float
    corporate: float
    carbon_kg_per_kwh: float

    def of(self, party: str) -> float:
        """Return the rate at which a party reckons."""
        return self.corporate if party in ("company", "provider", "lender") else self.community


def of_kind(
    kind: Kind, sites: pd.DataFrame, places: Places, room: Room, money: Money, take: Take, *, rates: Rates
) -> Frames:
    """
    Return the layers' rows of the sites of one kind.

    Parameters
    ----------
    sites : DataFrame
        Rows of layer `site_anchor`, row for row with `places`, `room` and `money.rate`.

    Notes
    -----
    The best size is that of the highest net present value with every quantity at its value. Of the sizes that fit today
    the one worth most is the main one; where nothing says what fits, the one worth most of all; where none fits, what
    published works would let in, if anything. Ranges of net present value are those of draws.
    """
    chosen = sizing.options(kind, places, room, take, value=worth.best_value(kind, places, money, take))
    assets = worth.Assets(
        kind=kind, take=take, places=places, money=money,
        site=chosen["site"].to_numpy(dtype=np.int64),
        size=chosen["capacity_kw"].to_numpy(dtype=np.float64),
        limit=chosen["limit_kw"].to_numpy(dtype=np.float64),
    )  # fmt: skip
    site_id = sites["site_id"].to_numpy()[assets.site]
    rows = _rows(assets, chosen, room, rates).assign(site_id=site_id, technology=kind.technology)
    rows["main"] = _main(rows)
    main = np.flatnonzero(rows["main"])
    priced = main[rows["npv_gbp"].notna().to_numpy()[main]]
    one_each = _taken(assets, priced)
    ids = site_id[priced]
    return {
        "model_asset": rows,
        "model_asset_year": _years(one_each, ids),
        "model_asset_owner": _owners(one_each, ids, rates),
        "model_asset_risk": _risks(one_each, ids),
    }


def layers(parts: list[Frames]) -> Frames:
    """Return whole layers from those of several kinds."""
    return {
        name: conform(pd.concat([part[name] for part in parts], ignore_index=True)[LAYERS[name].column_names], name)
        for name in NAMES
    }


def _rows(assets: Assets, chosen: pd.DataFrame, room: Room, rates: Rates) -> pd.DataFrame:
    """Return energy and money of every option, as `model_asset` without site and kind."""
    spans, energy, project = assets.spans, assets.energy, assets.project()
    rated = assets.kind.rating(assets.size, assets.take)
    sent_kw = np.minimum(rated, assets.limit)
    fits = room.holds(assets.site, sent_kw)
    drawn = worth.drawn_npv(assets, count=DRAWS)
    npv = draws.percentiles(drawn)
    central = assets.npv({})[:, 0]
    rate = assets.money.rate[assets.site]
    made, part_years = energy.used + energy.sent, float(spans["part_years"].value)
    kwh, paid = made[:, None] * assets.ageing, project.build + project.upkeep
    return pd.DataFrame(
        {
            "option": chosen["option"].to_numpy(),
            "capacity_kw": assets.size,
            "rating_kw": rated,
            "export_limit_kw": np.where(np.isinf(assets.limit), np.nan, assets.limit),
            "room_kw": room.now_kw[assets.site],
            "fits": pd.array([pd.NA if np.isnan(each) else bool(each) for each in fits], dtype="boolean"),
            "fits_from_year": chosen["year"].where(chosen["year"] > 0).to_numpy(),
            **assets.made_kwh().columns("annual", "kWh"),
            "used_kwh": energy.used,
            "sent_kwh": energy.sent,
            "lost_kwh": energy.lost,
            **spans["build"].columns("build", "GBP"),
            **assets.connection.columns("connection", "GBP"),
            **spans["upkeep"].columns("upkeep", "GBP/yr"),
            "part_gbp": spans["part"].value,
            "part_years": part_years if np.isfinite(part_years) else np.nan,
            "saved_gbp_per_yr": project.saved[:, 1],
            "sold_gbp_per_yr": project.sold[:, 1],
            "life_years": float(spans["years"].value),
            "discount": rate,
            "npv_gbp": central,
            "npv_low_gbp": np.fmin(npv.low, central),
            "npv_high_gbp": np.fmax(npv.high, central),
            "loss_chance": np.where(np.isnan(central), np.nan, draws.chance(drawn < 0)),
            "irr_per_yr": returns.rates(project.net).rate,
            "levelised_p_per_kwh": returns.levelised_cost(paid, kwh, rate) * 100,
            "price_fall_p_per_kwh": returns.break_even(project.net, kwh, rate) * 100,
            "payback_years": returns.payback(project.net),
            "discounted_payback_years": returns.payback(returns.discounted(project.net, rate)),
            "carbon_kg": carbon.avoided_kg(made, kg_per_kwh=rates.carbon_kg_per_kwh),
            "method": f"{_ENERGY_OF}; net present value over {DRAWS:,} draws",
            "confidence": "low",
        }
    )


def _main(rows: pd.DataFrame) -> pd.Series[bool]:
    """Return which option of each site is the one to look at first."""
    yes = rows["fits"].fillna(value=False).astype(bool)
    perhaps = rows["fits"].isna() | rows["fits_from_year"].notna()
    first = rows.assign(fit=np.select([yes, perhaps], [0, 1], 2), best=-rows["npv_gbp"].fillna(-np.inf)).sort_values(
        ["site_id", "fit", "best", "option"], kind="stable"
    )
    chosen = first.drop_duplicates("site_id").index
    return pd.Series(rows.index.isin(chosen), index=rows.index)


def _taken(assets: Assets, rows: NDArray[np.intp]) -> Assets:
    return worth.Assets(
        kind=assets.kind, take=assets.take, places=assets.places, money=assets.money,
        site=assets.site[rows], size=assets.size[rows], limit=assets.limit[rows],
    )  # fmt: skip


def _years(assets: Assets, site_id: NDArray[np.object_]) -> pd.DataFrame:
    project = assets.project()
    count, years = project.build.shape
    flows = {"build_gbp": project.build, "upkeep_gbp": project.upkeep, "saved_gbp": project.saved,
             "sold_gbp": project.sold, "net_gbp": project.net, "so_far_gbp": project.net.cumsum(axis=1)}  # fmt: skip
    return pd.DataFrame(
        {
            "site_id": np.repeat(site_id, years),
            "year": np.tile(np.arange(years), count),
            **{name: values.ravel() for name, values in flows.items()},
        }
    )


def _owners(assets: Assets, site_id: NDArray[np.object_], rates: Rates) -> pd.DataFrame:
    """Return what each party pays and gets under each ownership; some need a host that uses power on the site."""
    project, used = assets.project(), assets.energy.used > 0
    parts = [
        _parties(ownership.shared_out(project, terms(assets.take)), site_id, rates).assign(ownership=name)
        for name, terms in OWNERSHIPS.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    return rows[~rows["ownership"].isin(FOR_A_HOST) | rows["site_id"].isin(site_id[used])]


def _parties(outcome: Outcome, site_id: NDArray[np.object_], rates: Rates) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "site_id": site_id,
                "party": party,
                "paid_in_gbp": np.maximum(-flows[:, 0], 0.0),
                "first_year_gbp": flows[:, 1],
                "life_gbp": flows.sum(axis=1),
                "npv_gbp": returns.worth(flows, rates.of(party)),
                "irr_per_yr": returns.rates(flows).rate,
                "cover": outcome.cover,
                "shortest_gbp": outcome.shortest,
                "unpaid_gbp": np.maximum(outcome.unpaid, 0.0),
            }
        )
        for party, flows in outcome.parties.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _risks(assets: Assets, site_id: NDArray[np.object_]) -> pd.DataFrame:
    """Return what moves the worth of each asset most, one quantity at a time."""
    names = list(ASSET_QUANTITIES)
    low, high = (worth.one_by_one(assets, end) for end in (-1.0, 1.0))
    rows = pd.DataFrame(
        {
            "site_id": np.repeat(site_id, len(names)),
            "quantity": np.tile(names, len(site_id)),
            "at_low_gbp": low.ravel(),
            "at_high_gbp": high.ravel(),
        }
    )
    rows["swing"] = (rows["at_high_gbp"] - rows["at_low_gbp"]).abs()
    rows = rows[rows["swing"] > 0].sort_values(["site_id", "swing", "quantity"], ascending=[True, False, True])
    rows["rank"] = rows.groupby("site_id").cumcount() + 1
    return rows[rows["rank"] <= _SHOWN]
