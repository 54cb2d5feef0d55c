"""Households by kind of home, central heating, cars and bedrooms, Census 2021 tables -> layer `in_census`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.hints import nearest
from laep.ingest.net.ways import Download, Several
from laep.ingest.read.by_zone import CODE, NOMIS, ZONE_CODES, joined, zones_of
from laep.ingest.read.files import files_of
from laep.ingest.read.table import header, held, numeric, read_table, say_missing, whole
from laep.ingest.read.vector import refuse_text
from laep.ingest.source import Ingested, Request, Source
from laep.schema import conform

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = Source(
    name="census",
    title="Census 2021 tables of kind of home (TS044), cars (TS045), central heating (TS046) and bedrooms (TS050)",
    publisher="Office for National Statistics",
    licence="Open Government Licence v3.0",
    attribution="Source: Office for National Statistics licensed under the Open Government Licence v3.0",
    url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
    writes=("in_census",),
    takes=("in_zone",),
    accepts="one or more of the tables TS044, TS045, TS046 and TS050 (CSV or workbook, by Output Area or LSOA), as in "
    "the bulk download, as filtered on the census site (one row a count), or with a column for each answer",
    options=("codes",),
    nations=("england", "wales"),
    live=Several(
        ways=tuple(
            Download(url=f"{NOMIS}/census2021-{table}.zip", unpack=r"-lsoa\.csv$")
            for table in ("ts044", "ts045", "ts046", "ts050")
        )
    ),
    tested_on="real file",
)
"""`codes` lists zone codes for an area without `in_zone`."""

PREFIXES = {
    "accommodation": "Accommodation type: ",
    "cars": "Number of cars or vans: ",
    "heating": "Type of central heating in household: ",
    "bedrooms": "Number of bedrooms: ",
}
"""What the bulk tables write before every answer. Those of heating and bedrooms were seen in public code only."""

ANSWERS: dict[str, dict[str, str]] = {
    "accommodation": {
        "detached": "Detached",
        "semi_detached": "Semi-detached",
        "terraced": "Terraced",
        "purpose_built_flats": "In a purpose-built block of flats or tenement",
        "shared_house": "Part of a converted or shared house, including bedsits",
        "converted_building": "Part of another converted building, for example, former school, church or warehouse",
        "commercial_building": "In a commercial building, for example, in an office building, hotel or over a shop",
        "caravan": "A caravan or other mobile or temporary structure",
    },
    "cars": {
        "none": "No cars or vans in household",
        "one": "1 car or van in household",
        "two": "2 cars or vans in household",
        "three_or_more": "3 or more cars or vans in household",
    },
    "heating": {
        "none": "No central heating",
        "mains_gas": "Mains gas only",
        "bottled_gas": "Tank or bottled gas only",
        "electric": "Electric only",
        "oil": "Oil only",
        "wood": "Wood only",
        "solid_fuel": "Solid fuel only",
        "renewable": "Renewable energy only",
        "heat_network": "District or communal heat networks only",
        "other": "Other central heating only",
        "two_or_more": "Two or more types of central heating (not including renewable energy)",
        "two_or_more_renewable": "Two or more types of central heating (including renewable energy)",
    },
    "bedrooms": {"one": "1 bedroom", "two": "2 bedrooms", "three": "3 bedrooms", "four_or_more": "4 or more bedrooms"},
}
"""Topic -> our answer -> the answer as published. A total, where the file has one, is read and not worked out."""

_TOTALS = ("Total: All households", "Total", "All households")
_OBSERVATION = "Observation"
_ALIKE = 0.9
"""How near a name must come to one of a census table to be a spelling of it, from 0 to 1."""
_LONG = {"zone_id": ZONE_CODES, "value": (_OBSERVATION,)}

COLUMNS = {
    "zone_id": ZONE_CODES,
    **{
        f"{topic} {ours}": (PREFIXES[topic] + theirs,)
        for topic, all_ in ANSWERS.items()
        for ours, theirs in all_.items()
    },
}
"""Our name -> the names the column goes by, of all topics; a file holds one of them."""


def read(request: Request) -> Ingested:
    """
    Return layer `in_census`: a row for each zone of the area, topic and answer, and the `total` of each zone.

    A long layer and not one a topic: topics differ in their answers only, and a further table adds rows, no layer.
    """
    zones, held = zones_of(request, SOURCE)
    parts, notes, rows_read = [], [], 0
    for path in files_of(request, SOURCE):
        topic, table = _table(path)
        rows_read += len(table)
        found, said = joined(path, table, zones, held, source=SOURCE)
        notes += [f"{topic}: {note}" for note in said]
        parts.append(found.melt(["zone_id", "share_in_area"], var_name="category", value_name="households"))
        parts[-1] = parts[-1].assign(topic=topic)
    frame = pd.concat(parts, ignore_index=True).dropna(subset=["households"]).assign(source_id=SOURCE.name)
    if twice := sorted(set(frame.loc[frame.duplicated(["zone_id", "topic", "category"]), "topic"])):
        raise SourceInvalid(f"Two of the files are tables of {', '.join(twice)} for the same zones. Name one of them.")
    return Ingested(
        layers={"in_census": conform(frame, "in_census")},
        rows_read=rows_read,
        rows_kept=frame["zone_id"].nunique(),
        notes=tuple(notes),
        edition="2021",
    )


def _table(path: Path) -> tuple[str, pd.DataFrame]:
    """Return the topic of a file, and its counts: `zone_id`, `total` and a column for each answer."""
    refuse_text(path, SOURCE)
    if any(name.casefold() == _OBSERVATION.casefold() for name in header(path, _LONG, source=SOURCE)):
        return _from_long(path)
    for topic in ANSWERS:
        columns = _columns(topic)
        if columns.keys() - {"total", "zone_id"} <= held(path, columns, source=SOURCE):
            return topic, _counts(read_table(path, columns, source=SOURCE, optional=("total",)))
    raise SourceInvalid(_unknown(path))


def _columns(topic: str) -> dict[str, tuple[str, ...]]:
    """Return our answer -> the names its column goes by, and those of the total and the zone."""
    answers = {ours: (PREFIXES[topic] + theirs, theirs) for ours, theirs in ANSWERS[topic].items()}
    return {**answers, "total": (PREFIXES[topic] + _TOTALS[0], *_TOTALS), "zone_id": ZONE_CODES}


def _from_long(path: Path) -> tuple[str, pd.DataFrame]:
    """Return a table as filtered on the census site: one row for each zone and answer."""
    answers = next((name for name in header(path, _LONG, source=SOURCE) if name.endswith("categories)")), None)
    if answers is None:
        raise SourceInvalid(_unknown(path))
    raw = read_table(path, {**_LONG, "answer": (answers,)}, source=SOURCE)
    for topic, names in ANSWERS.items():
        ours = raw["answer"].map({theirs: name for name, theirs in names.items()})
        if set(ours.dropna()) == set(names):
            rows = raw.assign(answer=ours).dropna(subset=["answer", "zone_id"])
            rows = rows.drop_duplicates(["zone_id", "answer"])
            wide = rows.pivot_table(index="zone_id", columns="answer", values="value", aggfunc="first")
            return topic, _counts(wide.reset_index())
    raise SourceInvalid(_unknown(path))


def _counts(raw: pd.DataFrame) -> pd.DataFrame:
    """Return counts as whole numbers, a row a zone; the total is the sum where the file has none."""
    answers = [name for name in raw.columns if name not in ("zone_id", "total")]
    counts = pd.DataFrame({name: numeric(raw[name]) for name in raw.columns if name != "zone_id"}, index=raw.index)
    if "total" not in counts or counts["total"].isna().all():
        counts["total"] = counts[answers].sum(axis="columns", skipna=False)
    table = pd.DataFrame(whole(counts)).assign(zone_id=raw["zone_id"].astype("string"))
    return table[table["zone_id"].str.fullmatch(CODE, na=False)].drop_duplicates("zone_id")


def _unknown(path: Path) -> str:
    names = header(path, COLUMNS, source=SOURCE)
    published = [name for topic in ANSWERS for spellings in _columns(topic).values() for name in spellings]
    alike = [near for name in names for near in nearest(name, published, cutoff=_ALIKE)]
    tenure = (
        " This is the table of tenure: run `laep ingest tenure --file` with it."
        if any("owns outright" in name.casefold() for name in names)
        else ""
    )
    return (
        f"{path}: is none of the census tables laep reads here: {say_missing([alike[:1] or ZONE_CODES[:1]], names)}"
        f"{tenure} laep reads {SOURCE.accepts}; get it from {SOURCE.url}."
    )
