"""Sizing and costing places for a shared asset, beside a loop over places and draws with numpy-financial."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import numpy_financial
import pandas as pd

from benchmarks import Figure
from laep.assumptions import Assumptions
from laep.models.assets import KINDS, offers
from laep.models.assets.sizing import FREE, Places, Room
from laep.models.assets.worth import Assets, Money, drawn_npv
from laep.models.money.span import Span
from laep.models.scenarios import draws
from laep.models.time import clock, profiles
from laep.models.time.clock import PERIOD_H, PERIODS
from laep.schema.vocabulary import ASSET_QUANTITIES
from laep.steps import kit

SUMMARY = "500 places sized and costed with 1,024 draws each, against numpy-financial one draw at a time"
SITES, LOOPED = 500, 40
SMALL = {"SITES": 12, "LOOPED": 4}
YEAR = 2026
RATES = offers.Rates(community=0.03, corporate=0.06, carbon_kg_per_kwh=0.13)


def run() -> list[Figure]:
    """Return how long all places take, and how much longer a plain loop takes for a draw of one."""
    kind, take = KINDS["rooftop_pv"], partial(kit.span_from, Assumptions())
    sites, places, room, money = _town()
    offers.of_kind(kind, sites[:2], _some(places, 2), _first(room, 2), _rated(money, 2), take, rates=RATES)  # compiles
    started = time.perf_counter()
    found = offers.of_kind(kind, sites, places, room, money, take, rates=RATES)
    took = time.perf_counter() - started
    held = Assets(
        kind=kind, take=take, places=places, money=money, site=np.arange(SITES), size=places.most_kw,
        limit=np.full(SITES, FREE),
    )  # fmt: skip
    started = time.perf_counter()
    drawn = drawn_npv(held, count=offers.DRAWS)
    each = (time.perf_counter() - started) / drawn.size
    loop, theirs = _looped(held)
    apart = float(np.abs(drawn[:LOOPED, 0] - theirs).max() / np.abs(theirs).max())
    return [
        Figure(
            name=f"{len(found['model_asset']):,} options of {SITES} places, owners and {offers.DRAWS:,} draws of each",
            value=took, unit="s", target=8.0, sense="at most", ours="sized, costed, shared out", ours_value=took,
            peer="target", peer_value=8.0,
        ),
        Figure(
            name="a draw of a place by a loop over years and places, over one of ours", value=loop / each, unit="x",
            target=100.0, sense="at least", ours="arrays", ours_value=each * 1e6, peer="loop with numpy-financial",
            peer_value=loop * 1e6, runs_unit="us",
        ),
        Figure(
            name="net present value of the same draws, apart from the loop's", value=apart, unit="x", target=1e-2,
            sense="at most", ours="between nine balances", ours_value=apart, peer="target", peer_value=1e-2,
        ),
    ]  # fmt: skip


def _town() -> tuple[pd.DataFrame, Places, Room, Money]:
    """Return made places: roofs of 5 to 500 kW that face about, and shops, schools and works that use power below."""
    rng = np.random.default_rng(1)
    at = clock.hour(YEAR)
    day = np.arange(PERIODS) // 48
    season = 1 + 0.75 * np.cos(2 * np.pi * (day - 172) / 365)
    noon = rng.uniform(10.5, 14.5, (SITES, 1))
    made = np.clip(np.cos((at - noon) / 14 * np.pi), 0, None) * season / 2.5
    shapes = np.stack([profiles.profile(word, year=YEAR) for word in ("elexon_pc3", "elexon_pc4")])
    used = shapes[rng.integers(0, len(shapes), SITES)] * rng.uniform(5e3, 3e5, (SITES, 1)) / PERIOD_H
    most = rng.uniform(5, 500, SITES)
    places = Places(
        made=made, used=used, used_low=np.full(SITES, 0.7), used_high=np.full(SITES, 1.4), most_kw=most,
        doubt=Span(1.0, 0.88, 1.09),
    )  # fmt: skip
    room = Room(
        street_kw=rng.uniform(20, 400, SITES), primary_kw=rng.uniform(0, 5000, SITES),
        later_kw=rng.uniform(0, 9000, SITES), later_year=np.full(SITES, 2035.0), street_most_kw=200.0,
    )  # fmt: skip
    return pd.DataFrame({"site_id": [f"s{n}" for n in range(SITES)]}), places, room, _money(SITES)


def _money(count: int) -> Money:
    return Money(
        saved=Span(0.24, 0.19, 0.3), sold=Span(0.07, 0.05, 0.1), rate=np.full(count, 0.03),
        connection=lambda kw: Span.exact(np.full(np.shape(kw), 15_000.0)),
    )  # fmt: skip


def _looped(held: Assets) -> tuple[float, np.ndarray]:
    """Return the seconds that a loop takes for a draw of a place, and what it finds for the first draw of each."""
    at = draws.drawn(dict.fromkeys(ASSET_QUANTITIES, Span(0.0, -1.0, 1.0)), offers.DRAWS)
    found = []
    started = time.perf_counter()
    for row in range(LOOPED):
        put = {name: _put(span, at[name][0], row) for name, span in held.spans.items()}
        power = held.places.made[row] * held.size[row] * put["output"]
        need = held.places.used[row] * put["use"]
        own = np.minimum(power, need).sum() * PERIOD_H
        sent = power.sum() * PERIOD_H - own
        years = put["years"]
        flows = [-put["build"] - put["connection"]]
        for year in range(1, int(np.ceil(years)) + 1):
            made = (own * put["saved"] + sent * put["sold"]) * (1 - put["fade"]) ** (year - 1)
            flows.append(made - put["upkeep"])
        swap = put["part_years"]
        bought = sum(put["part"] * 1.03 ** -(n * swap) for n in range(1, int(np.ceil(years / swap))))
        whole = numpy_financial.npv(0.03, flows)
        short = numpy_financial.npv(0.03, flows[:-1])
        found.append(short + (whole - short) * (years - np.floor(years) or 1.0) - bought)
    return (time.perf_counter() - started) / LOOPED, np.array(found)


def _put(span: Span, where: float, row: int) -> float:
    value, low, high = (float(np.broadcast_to(end, (SITES,))[row]) for end in (span.value, span.low, span.high))
    return value + where * (high - value if where > 0 else value - low)


def _some(places: Places, count: int) -> Places:
    return Places(
        made=places.made[:count], used=places.used[:count], used_low=places.used_low[:count],
        used_high=places.used_high[:count], most_kw=places.most_kw[:count], doubt=places.doubt,
    )  # fmt: skip


def _first(room: Room, count: int) -> Room:
    return Room(
        street_kw=room.street_kw[:count], primary_kw=room.primary_kw[:count], later_kw=room.later_kw[:count],
        later_year=room.later_year[:count], street_most_kw=room.street_most_kw,
    )  # fmt: skip


def _rated(money: Money, count: int) -> Money:
    return Money(saved=money.saved, sold=money.sold, rate=money.rate[:count], connection=money.connection)
