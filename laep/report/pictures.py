"""Which maps and charts the report shows, from the layers and the table rows beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import words
from laep.report import legend, tables
from laep.report.draw import charts, maps
from laep.report.layers import absent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from laep.report.draw.ground import Ground

WINTER, SUMMER = 1, 6
"""Months whose average day is drawn: figures `profile.winter_*` and `profile.summer_*`."""
_PAYBACKS_SHOWN = 7
_PAYBACK_AXIS = 40.0
"""Years at which the payback chart stops: panels seldom last longer."""


def draw_maps(
    ground: Ground | None, frames: Mapping[str, pd.DataFrame], rows: Mapping[str, Any], *, name: str
) -> dict[str, maps.Map | None]:
    """Return the maps that the layers allow, None for the others; none without a ground plan."""
    drawn: dict[str, maps.Map | None] = dict.fromkeys(("place", "network", "roofs", "sites", "segments"))
    if ground is None:
        return drawn
    drawn |= {"place": maps.place(ground, frames, name="map-place", title=f"Map of {name}")}
    if not (absent(frames, "in_substation") and absent(frames, "in_supply_area")):
        drawn["network"] = maps.network(ground, frames, name="map-network", title=f"The network round {name}")
    if not (absent(frames, "model_solar") or absent(frames, "in_building")):
        drawn["roofs"] = maps.roofs(ground, frames, name="map-roofs", title=f"Roofs of {name} by solar yield")
    if rows["sites"]["numbered"]:
        drawn["sites"] = maps.sites(
            ground, frames, rows["sites"]["numbered"], name="map-sites", title=f"Sites in {name}"
        )
    if rows["segments"]["rows"]:
        drawn["segments"] = maps.segments(
            ground, frames["net_segment"], tables.smallest_kind(frames["net_segment"]), rows["segments"]["shares"],
            rows["segments"]["numbers"],
            name="map-segments", title=f"Candidate segments in {name}",
        )  # fmt: skip
    return drawn


def draw_charts(frames: Mapping[str, pd.DataFrame], rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return the charts that the layers allow, by name; `years` is a list beside the table of the same name."""
    drawn: dict[str, Any] = {**_months(frames), **_days(frames), **_tenure(rows["tenure"])}
    drawn["years"] = [_years(table, n, rows["years"]) for n, table in enumerate(rows["years"])]
    pairs = [(f"{row['number']}. {row['name']}", *row["values"]) for row in rows["segments"]["rows"]]
    if any(solar is not None or battery is not None for _, solar, battery in pairs):
        drawn["segments"] = charts.sufficiency(pairs, name="chart-segments")
    return {**drawn, **_paybacks([*rows["offers"], *rows["site_money"]]), **_roadmap(rows["stages"])}


def scenario_key(tables: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the scenarios of the year charts with their colour and dash."""
    names = sorted({scenario["name"] for table in tables for scenario in table["scenarios"]})
    styles = [legend.series(n) for n in range(len(names))]
    return [{"name": name, "colour": colour, "dash": dash} for name, (colour, dash) in zip(names, styles, strict=True)]


def _months(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    if absent(frames, "model_month"):
        return _weather_months(frames)
    months = frames["model_month"]
    drawn = {}
    if months["demand_kwh"].notna().any():
        drawn["months"] = charts.months(months, with_solar=False, name="chart-months")
        if months["solar_kwh"].notna().any():
            drawn["solar_months"] = charts.months(months, with_solar=True, name="chart-solar-months")
    if "solar_months" not in drawn:
        drawn["sunshine"] = charts.sunshine(months, name="chart-sunshine")
    return drawn


def _weather_months(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    if absent(frames, "in_weather"):
        return {}
    hourly = frames["in_weather"].set_index("hour")["ghi_w_m2"].sort_index()
    sums = [float(hourly.loc[first : last - 1].sum()) / 1000 for first, last in words.MONTH_HOURS.values()]
    months = pd.DataFrame({"month": list(words.MONTH_HOURS), "ghi_kwh_m2": sums})
    return {"sunshine": charts.sunshine(months, name="chart-sunshine")}


def _days(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    if absent(frames, "model_profile"):
        return {}
    profile = frames["model_profile"]
    shown = profile[profile["month"].isin([WINTER, SUMMER])]
    top = float(shown["demand_kw"].max())
    both = max(top, float(shown["solar_kw"].max()))
    return {
        "winter": charts.day(profile, month=WINTER, top=top, name="chart-winter", with_solar=False),
        "summer": charts.day(profile, month=SUMMER, top=top, name="chart-summer", with_solar=False),
        "solar_winter": charts.day(profile, month=WINTER, top=both, name="chart-solar-winter", with_solar=True),
        "solar_summer": charts.day(profile, month=SUMMER, top=both, name="chart-solar-summer", with_solar=True),
    }


def _tenure(rows: list[dict[str, Any]]) -> dict[str, str]:
    if not rows:
        return {}
    pieces = [(row["label"], row["size"], row["printed"]) for row in rows]
    return {"tenure": charts.shares(pieces, name="chart-tenure", title="Households by tenure")}


def _years(table: Mapping[str, Any], n: int, every: list[dict[str, Any]]) -> str:
    alike = pd.concat([other["frame"]["value"] for other in every if other["unit"] == table["unit"]])
    title = f"Room for more {table['direction']} at {table['name']} by year"
    return charts.headroom_years(
        table["frame"],
        name=f"chart-years-{n}",
        title=title,
        bounds=charts.bounds(alike.dropna()),
        scenarios=[scenario["name"] for scenario in scenario_key(every)],
    )


def _paybacks(offers: list[dict[str, Any]]) -> dict[str, str]:
    rows = [_whisker(offer) for offer in offers if words.known(offer["row"].payback_years)][:_PAYBACKS_SHOWN]
    if not rows:
        return {}
    chart = charts.whiskers(
        rows,
        unit="Years to pay back",
        name="chart-payback",
        title="Simple payback",
        reader=words.number,
        most=_PAYBACK_AXIS,
    )
    return {"payback": chart}


def _whisker(offer: Mapping[str, Any]) -> charts.Whisker:
    row = offer["row"]
    low, high = (float(v) if words.known(v) else None for v in (row.payback_low_years, row.payback_high_years))
    return charts.Whisker(offer["name"], float(row.payback_years), low, high)


def _roadmap(stages: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    bars = [
        charts.Bar(stage["name"], action["action"].rstrip("."), action["first"], action["last"])
        for stage in stages
        for action in stage["actions"]
        if action["first"] is not None and action["last"] is not None
    ]
    return {"roadmap": charts.roadmap(bars, name="chart-roadmap")} if bars else {}
