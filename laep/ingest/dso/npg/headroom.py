"""Northern Powergrid network development plan, one column a year -> `in_substation` and `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal
from laep.ingest.dso.form import years as future
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.read import cells, positions
from laep.ingest.read.files import files_of
from laep.ingest.read.table import header, numeric, read_table, say_missing
from laep.ingest.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="npg_headroom",
    title="Northern Powergrid NDP headroom of primaries and supply points",
    publisher="Northern Powergrid",
    licence="Northern Powergrid Open Data Licence v1.0",
    attribution="Supported by Northern Powergrid Open Data",
    url="https://northernpowergrid.opendatasoft.com (npg_ndp_demand_headroom, npg_ndp_generation_headroom)",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV export of `npg_ndp_demand_headroom`, `npg_ndp_generation_headroom`, or both",
    nations=("england",),
    operator="npg",
    live=Several(
        ways=(
            Opendatasoft(host=HOSTS["npg"], dataset="npg_ndp_demand_headroom"),
            Opendatasoft(host=HOSTS["npg"], dataset="npg_ndp_generation_headroom"),
        )
    ),
    tested_on="excerpt",
)
COLUMNS = {
    "name": ("substation_name",),
    "upper": ("supply_voltage_kv",),
    "lower": ("voltage_kv",),
    "upstream_bsp": ("bsp_group",),
    "upstream_gsp": ("gsp_group",),
    "type": ("bulk_supply_point_or_primary",),
    "scenario": ("scenario_name",),
    "lat_lon": ("geo_point_2d",),
}
"""Our name -> spellings of the published one. The columns of the years follow, such as
`demand_headroom_capacity_mw_2026`."""
_OPTIONAL = ("upper", "lower", "upstream_bsp", "upstream_gsp", "lat_lon")
_LEVELS = {"Supply Point": "bsp", "Bulk Supply Point": "bsp", "BSP": "bsp", "GSP": "gsp", "Primary": "primary"}
_UNITS = {"mw": "MW", "mva": "MVA"}


def read(request: Request) -> Ingested:
    """
    Return the substations near the area and their headroom in every scenario and year.

    Notes
    -----
    No ids are published: names stand for them, with the level behind those that two levels share, as in
    `HEXHAM (bsp)`. A `Supply Point` is a bulk supply point. The point of a row is the middle of its supply area where
    an area is drawn, not always the substation. Whether a year is the first of a financial year is not published.
    """
    paths = files_of(request, SOURCE)
    parts = [_read_rows(path) for path in paths]
    every = pd.concat([long for long, _ in parts], ignore_index=True)
    every["row"] = pd.concat([f"{number}-" + long["row"].astype(str) for number, (long, _) in enumerate(parts)]).array
    ids = normal.distinct_ids(every["name"], every["level"])
    long = every.assign(substation_id=ids, substation_name=every["name"])
    sites = future.sites_of(long)
    latitude, longitude = positions.split_pair(sites["lat_lon"])
    places = positions.points(latitude=latitude, longitude=longitude)
    lower, upper = numeric(sites["lower"]), numeric(sites["upper"])
    described = sites.assign(
        voltage_kv=lower, upstream_voltage_kv=upper.where(upper.gt(lower)),
        upstream_bsp=cells.tidy(sites["upstream_bsp"]).where(sites["level"].eq("primary").fillna(value=False)),
        upstream_gsp=cells.tidy(sites["upstream_gsp"]),
    )  # fmt: skip
    return future.layers(
        long, described, places, request, SOURCE, operator="npg", rows_read=sum(rows for _, rows in parts)
    )


def _read_rows(path: Path) -> tuple[pd.DataFrame, int]:
    """Return the rows of one file, long, and how many they were in the file."""
    found = header(path, COLUMNS, source=SOURCE)
    years = {name: (stem, year) for name, (stem, year) in future.year_columns(found).items() if "headroom" in stem}
    if not years:
        raise SourceInvalid(
            f"{path}: no column for a year: {say_missing([('demand_headroom_capacity_mw_2026',)], found)} "
            f"laep reads {SOURCE.accepts}; get it from {SOURCE.url}."
        )
    raw = read_table(path, {**COLUMNS, **{name: (name,) for name in years}}, source=SOURCE, optional=_OPTIONAL)
    scenario, vintage = normal.scenario_and_vintage(raw["scenario"])
    raw = raw.assign(
        name=cells.tidy(raw["name"]), level=cells.looked_up(raw["type"], _LEVELS), scenario=scenario,
        scenario_vintage=vintage,
    )  # fmt: skip
    return _described(future.melted(raw, years), path), len(raw)


def _described(long: pd.DataFrame, path: Path) -> pd.DataFrame:
    words = long["stem"].astype("string")
    unit = words.str.extract(r"\b(mw|mva)\b")[0].map(_UNITS)
    if unit.isna().any():
        raise SourceInvalid(f"{path}: the columns of the years do not say MW or MVA. laep reads {SOURCE.accepts}.")
    direction = pd.Series("demand", index=long.index, dtype="string")
    direction[words.str.contains("generation")] = "generation"
    technology = pd.Series("any", index=long.index, dtype="string")
    technology[words.str.contains("inverter")] = "inverter"
    technology[words.str.contains("synch") & ~words.str.contains("inverter")] = "synchronous"
    return long.assign(
        direction=direction, technology=technology, unit=unit.astype("string"),
        value_mw=long["value"].where(unit.eq("MW")), basis="not_stated",
    )  # fmt: skip
