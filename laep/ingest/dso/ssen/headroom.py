"""SSEN headroom dashboard (GSPs, BSPs, primaries, both licence areas) -> `in_substation` and `in_headroom`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.read import cells, positions
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Ingested, Source
from laep.schema.vocabulary import MONTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from laep.ingest.source import Request

SOURCE = Source(
    name="ssen_headroom",
    title="SSEN headroom dashboard data",
    publisher="Scottish and Southern Electricity Networks Distribution",
    licence="CC BY 4.0",
    attribution="Supported by Scottish and Southern Electricity Networks open data",
    url="https://data.ssen.co.uk/@ssen-distribution/generation-availability-and-network-capacity",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV `headroom-dashboard-data-MONTH-YEAR.csv`",
    options=("year",),
    operator="ssen",
    live=Ckan(host=HOSTS["ssen"], package="generation-availability-and-network-capacity", resource=r"headroom.*\.csv$"),
    tested_on="real file",
)
COLUMNS = {
    "substation_id": ("AssetID",),
    "name": ("Substation",),
    "upstream_gsp": ("Upstream GSP",),
    "upstream_bsp": ("Upstream BSP",),
    "type": ("Substation Type",),
    "voltage": ("Voltage (kV)",),
    "latitude": ("Location Latitude",),
    "longitude": ("Location Longitude",),
    "grid_reference": ("Grid Reference",),
    "remark": ("Substation Comment",),
    "rating_text": ("Transformer Nameplate Ratings",),
    "single_transformer": ("Single Transformer Site",),
    "max_demand_mva": ("Maximum Observed Gross Demand (MVA)",),
    "min_demand_mva": ("Minimum Observed Gross Demand (MVA)",),
    "contracted_demand_mva": ("Contracted Demand Excl BESS (MVA)",),
    "contracted_bess_mva": ("Contracted BESS Demand (MVA)",),
    "demand_headroom": ("Estimated Demand Headroom (MVA)",),
    "demand_rag": ("Substation Demand RAG Status",),
    "demand_constraint": ("Demand Constraint",),
    "tia_threshold": ("TIA Threshold",),
    "connected_generation_mw": ("Connected Generation (MW)",),
    "contracted_generation_mw": ("Contracted Generation (MW)",),
    "technical_limits": ("Technical Limits Agreed at GSP",),
    "generation_headroom": ("Estimated Generation Headroom (MW)",),
    "fault_rating_ka": ("3-Phase Break Fault Rating (kA)", "unsafe_3_phase_break_fault_rating__ka_"),
    "fault_level_ka": ("3-Phase Break Fault Level (kA)", "unsafe_3_phase_break_fault_level__ka_"),
    "generation_rag": ("Substation Generation RAG Status",),
    "generation_constraint": ("Generation Constraint",),
    "upstream_works": ("Upstream Reinforcement Works",),
    "upstream_works_date": ("Upstream Reinforcement Completion Date",),
    "works": ("Substation Reinforcement Works",),
    "works_date": ("Substation Reinforcement Completion Date",),
}
"""`unsafe_` is what the portal's datastore puts before labels that begin with a digit; else letters stay."""
_LEVELS = {"GSP": "gsp", "BSP": "bsp", "Primary": "primary"}
_UNITS = {"demand": "MVA", "generation": "MW"}
_AMOUNTS = (
    "max_demand_mva", "min_demand_mva", "contracted_demand_mva", "contracted_bess_mva", "connected_generation_mw",
    "contracted_generation_mw", "demand_headroom", "generation_headroom",
)  # fmt: skip
_REMARKS = (
    "contracted_bess_mva", "single_transformer", "tia_threshold", "technical_limits", "fault_level_ka",
    "fault_rating_ka",
)  # fmt: skip
_TERM = r"\d+\s*[xX]\s*\d+(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?\s*(?:MVA)?"
_TERM_PARTS = r"(\d+)\s*[xX]\s*(\d+(?:\.\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?"
_GRID_ASTRAY_M = 1000.0
"""A grid reference this far from latitude and longitude is an error, not a different corner of the site."""


def read(request: Request) -> Ingested:
    """
    Return substations and today's published headroom.

    Notes
    -----
    Demand headroom is in MVA and stays there: no power factor is published. `rating_mva` adds up the largest rating
    of every transformer, so `2 x 15 / 30MVA` is 60, whether or not it is shared with another operator.
    """
    path = one_file(request, SOURCE)
    year, edition = _edition(path.name, request.options)
    raw = read_table(path, COLUMNS, source=SOURCE)
    table = raw.assign(
        level=cells.looked_up(raw["type"], _LEVELS), name=cells.tidy(raw["name"]),
        upstream_bsp=cells.tidy(raw["upstream_bsp"]), upstream_gsp=cells.tidy(raw["upstream_gsp"]),
        **{name: numeric(raw[name]) for name in _AMOUNTS},
    )  # fmt: skip
    usable = table["level"].notna() & table["substation_id"].notna() & ~table["substation_id"].duplicated()
    located = _located(table[usable])
    kept = normal.around(located, request.clip)
    substations = located[kept]
    headroom = _headroom(substations, table, raw, year=year, edition=edition)
    notes = [
        *_dropped_notes(table, usable), normal.distance_note(kept), *_place_notes(substations),
        *_name_notes(substations), *_rating_notes(substations), *_floor_notes(table, headroom),
    ]  # fmt: skip
    return Ingested(
        layers={
            "in_substation": as_layer(_substations(substations), "in_substation", source=SOURCE),
            "in_headroom": as_layer(headroom, "in_headroom", source=SOURCE),
        },
        rows_read=len(raw),
        rows_kept=len(substations),
        notes=tuple(notes),
        edition=edition,
    )


def total_rating(text: pd.Series[str]) -> pd.Series[float]:
    """
    Return the sum of the largest transformer ratings in MVA of texts such as `1 x 12 / 24MVA + 2 x 20MVA`.

    Two ratings of one transformer are natural and forced cooling: the larger counts. What is in brackets is set
    aside. A text that holds anything else, such as a rating without a count, gives no number.
    """
    bare = text.str.replace(r"\([^)]*\)", "", regex=True).str.strip()
    clear = bare.str.fullmatch(rf"{_TERM}(?:\s*\+\s*{_TERM})*").fillna(value=False)
    parts = bare[clear].str.extractall(_TERM_PARTS).astype("float64")
    sums = (parts[0] * parts[[1, 2]].max(axis="columns")).groupby(level=0).sum()
    return sums.reindex(text.index).astype("float64")


def _edition(file_name: str, options: Mapping[str, Any]) -> tuple[int, str]:
    """Return the year of the edition and its name, from the option `year`, else from the file's name."""
    years = sorted(set(re.findall(r"(?<!\d)20\d\d(?!\d)", file_name)))
    given = options.get("year")
    if given is None and len(years) != 1:
        raise SourceInvalid(
            f"{file_name}: the file's name does not tell the year of the edition, which the data does not hold. "
            f"Keep the published name, or write `year = 2026` in [sources.{SOURCE.name}] of laep.toml."
        )
    if given is not None and not re.fullmatch(r"20\d\d", str(given)):
        raise SourceInvalid(f"[sources.{SOURCE.name}] year = {given!r} is not a year such as 2026.")
    year = int(years[0] if given is None else given)
    months = "|".join(MONTHS.values()).casefold()
    month = re.search(rf"(?<![a-z])({months})(?![a-z])", file_name.casefold())
    return year, f"{month[1].title()} {year}" if month else str(year)


def _located(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the rows with a geometry: latitude and longitude, else the grid reference."""
    published = positions.points(latitude=table["latitude"], longitude=table["longitude"]).points
    easting, northing = positions.grid_reference(table["grid_reference"])
    square = positions.points(easting=easting, northing=northing).points
    geometry = published.where(published.notna(), square)
    apart = pd.Series(float("nan"), index=table.index)
    both = published.notna() & square.notna()
    apart[both] = published[both].distance(square[both])
    by_square = published.isna() & square.notna()
    return gpd.GeoDataFrame(table.assign(grid_astray_m=apart, by_square=by_square), geometry=geometry)


def _place_notes(substations: gpd.GeoDataFrame) -> list[str]:
    notes = []
    if nowhere := int(substations.geometry.isna().sum()):
        notes.append(f"{nowhere:,} substations have no position; they are kept without one.")
    if by_square := int(substations["by_square"].sum()):
        notes.append(f"{by_square:,} substations without latitude and longitude are placed by their grid reference.")
    if astray := sorted(substations.loc[substations["grid_astray_m"] > _GRID_ASTRAY_M, "name"].dropna()):
        notes.append(
            f"{len(astray):,} substations have a grid reference more than {_GRID_ASTRAY_M / 1000:.0f} km from their "
            f"latitude and longitude, which are kept: {', '.join(astray)}."
        )
    return notes


def _substations(table: pd.DataFrame) -> pd.DataFrame:
    lower, upper = normal.voltages(table["voltage"])
    return table.assign(
        operator="ssen", voltage_kv=lower, upstream_voltage_kv=upper, rating_mva=total_rating(table["rating_text"]),
        comment=_comment(table),
    )  # fmt: skip


def _comment(table: pd.DataFrame) -> pd.Series[str]:
    """Return the operator's remark, then what it says of the site that no column holds, under the published names."""
    lines = [table["remark"]]
    for column in _REMARKS:
        said = table[column].astype("string")
        silent = said.isna() | said.isin(["0.0", "No"])
        lines.append((COLUMNS[column][0] + ": " + said).mask(silent))
    parts = zip(*(line.fillna("") for line in lines), strict=True)
    joined = pd.Series(["\n".join(filter(None, part)) for part in parts], index=table.index, dtype="string")
    return joined.mask(joined.eq(""))


def _headroom(
    substations: pd.DataFrame, table: pd.DataFrame, raw: pd.DataFrame, *, year: int, edition: str
) -> pd.DataFrame:
    rows = []
    for direction, unit in _UNITS.items():
        value = substations[f"{direction}_headroom"]
        given = normal.in_place(raw[f"{direction}_headroom"], table[f"{direction}_headroom"], table[f"{direction}_rag"],
                                table["level"])  # fmt: skip
        rows.append(
            substations[["substation_id", "level"]].assign(
                substation_name=substations["name"], direction=direction, technology="any", scenario="now",
                scenario_vintage=edition, year=year, value=value, unit=unit, basis="estimated",
                value_mw=value if unit == "MW" else float("nan"),
                floor_at_zero=pd.Series(
                    normal.floor_at_zero(table[f"{direction}_headroom"]), index=substations.index, dtype="boolean"
                ),
                rag=substations[f"{direction}_rag"], constraint=substations[f"{direction}_constraint"],
                instead=given.reindex(substations.index),
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _dropped_notes(table: pd.DataFrame, usable: pd.Series[bool]) -> list[str]:
    notes = [f"{int(usable.sum()):,} of {len(table):,} rows are GSPs, BSPs or primaries with an AssetID of their own."]
    if unknown := sorted(table.loc[table["level"].isna(), "type"].dropna().unique()):
        notes.append(f"Rows of type {', '.join(unknown)} are left out: laep knows {', '.join(_LEVELS)}.")
    if repeated := int(table["substation_id"].dropna().duplicated().sum()):
        notes.append(f"{repeated:,} rows repeat an AssetID and are left out; the first of each is kept.")
    return notes


def _name_notes(substations: pd.DataFrame) -> list[str]:
    doubles = substations.loc[substations["name"].duplicated(keep=False), "name"].dropna()
    if doubles.empty:
        return []
    names = ", ".join(sorted(doubles.unique()))
    return [f"{len(doubles):,} substations share a name with another and are told apart by AssetID only: {names}."]


def _rating_notes(substations: pd.DataFrame) -> list[str]:
    unread = substations["rating_text"].notna() & total_rating(substations["rating_text"]).isna()
    if not unread.any():
        return []
    texts = ", ".join(repr(text) for text in sorted(substations.loc[unread, "rating_text"].unique()))
    return [f"rating_mva is missing where the ratings do not add up to one number ({int(unread.sum())}): {texts}."]


def _floor_notes(table: pd.DataFrame, headroom: pd.DataFrame) -> list[str]:
    notes = [
        normal.floor_note(table["demand_headroom"], what="Demand headroom (MVA)"),
        normal.floor_note(table["generation_headroom"], what="Generation headroom (MW)"),
    ]
    if silent := int((headroom["value"].isna() & headroom["instead"].isna()).sum()):
        notes.append(f"{silent:,} headroom rows have no figure (N/A); their colour and constraint are kept.")
    return notes
