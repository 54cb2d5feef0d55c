"""Embedded Capacity Registers of any operator -> `in_generator`, without anybody's name or address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from laep import licence
from laep.errors import SourceInvalid
from laep.ingest.dso.form import energy
from laep.ingest.net import ckan, opendatasoft
from laep.ingest.net.opendatasoft import moment_in
from laep.ingest.net.ways import ByOperator, Several
from laep.ingest.read import cells, positions
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import header, held, numeric, read_table, say_missing
from laep.ingest.read.vector import say_option
from laep.ingest.source import Ingested, Source
from laep.schema.vocabulary import LARGEST_CONNECTION_KW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from laep.ingest.source import Request

_ONE_MW = ("ukpn-embedded-capacity-register", "ukpn-embedded-capacity-register-1-under-1mw")
_ENWL = ("enwl-embedded-capacity-register-2-1mw-and-above", "enwl-embedded-capacity-register-1-under-1mw")


def _registers(operator: str, datasets: tuple[str, ...]) -> Several:
    host = opendatasoft.HOSTS[operator]
    return Several(ways=tuple(opendatasoft.Opendatasoft(host=host, dataset=name, labels=True) for name in datasets))


_LIVE = ByOperator(
    ways=(
        ("ukpn", _registers("ukpn", _ONE_MW)),
        ("npg", _registers("npg", ("embedded-capacity-register", "embedded-capacity-register-part-2"))),
        ("enwl", _registers("enwl", _ENWL)),
        ("spen", _registers("spen", ("embedded-capacity-register", "embedded-capacity-register-50kv-1mw"))),
        ("nged", ckan.Ckan(host=ckan.HOSTS["nged"], package="embedded-capacity-register", resource=r"\.csv$", count=2)),
        ("ssen", ckan.Ckan(host=ckan.HOSTS["ssen"], package="embedded_capacity_register", resource=r"\.csv$", count=2)),
    )
)
SOURCE = Source(
    name="ecr",
    title="Embedded Capacity Register",
    publisher="The network operator of the area",
    licence="See the operator's dataset page (UK Power Networks: CC BY 4.0)",
    attribution="Contains data from the network operator's Embedded Capacity Register",
    url="https://www.energynetworks.org (Embedded Capacity Registers, one a network operator)",
    writes=("in_generator",),
    accepts="the CSV of part 1, part 2 or both, of any operator",
    live=_LIVE,
    told_by="register",
    options=("unit",),
    tested_on="real file",
)
_PARTS = (1, 2, 3)
_SHARED = {
    "easting": (
        "Location (X-coordinate):_Eastings (where data is held)",
        "location_xcoordinate_eastings_where_data_is_held",
    ),
    "northing": (
        "Location (y-coordinate):_Northings (where data is held)",
        "location_ycoordinate_northings_where_data_is_held",
    ),
    "latitude": ("Latitude", "lat"),
    "longitude": ("Longitude", "lon"),
    "primary": ("Primary",),
    "bsp": ("Bulk Supply Point",),
    "gsp": ("Grid Supply Point",),
    "site": ("SiteFunctionalLocation", "Site Functional Location"),
    "licence_area": ("Licence Area",),
    "voltage": ("Point of Connection (POC)_Voltage (kV)",),
    "status": ("Connection Status",),
    "connected_mw": ("Already connected Registered Capacity (MW)",),
    "connected_export_mw": (
        "Already Connected - Maximum Export Capacity (MW)",
        "connected_maximum_export_capacity(mw)",
        "maximum_export_capacity_mw",
    ),
    "accepted_mw": ("Accepted to Connect Registered Capacity (MW)",),
    "accepted_export_mw": (
        "Accepted to Connect - Change to Maximum Export Capacity (MW)",
        "accepted_change_to_maximum_export_capacity(mw)",
        "Change to Maximum Export Capacity (MW)",
    ),
    "connected_on": ("Date Connected",),
    "accepted_on": ("Date Accepted",),
}
_BY_PART = {
    "source": ("Energy Source {n}",),
    "conversion": ("Energy Conversion Technology {n}",),
    "storage_mwh": ("Storage Capacity {n} (MWh)",),
    "capacity_mw": (
        "Energy Source & Energy Conversion Technology {n} - Registered Capacity (MW)",
        "energy_source_&_conversion_tech_{n}_reg_capacity_mw",
        "energy_source___energy_conversion_technology_{n}___registered_",
    ),
}
COLUMNS = {
    **_SHARED,
    **{f"{ours}_{n}": tuple(name.format(n=n) for name in names) for ours, names in _BY_PART.items() for n in _PARTS},
}
"""Our name -> spellings of the published one: labels, then the field names of UKPN, NGED, SSEN and SPEN where letters
or digits differ. Names, addresses, meter numbers and references are not among them, so they are never kept."""
_KW = {"mw": 1000.0, "kw": 1.0}
_CARRIES_KW = (
    (132.0, 600_000.0), (66.0, 200_000.0), (33.0, 120_000.0), (22.0, 60_000.0), (11.0, 40_000.0), (1.0, 5_000.0),
)  # fmt: skip
"""Highest voltage of a connection [kV] -> more than it carries: several times what one circuit is rated at. [kW]"""
_SHOWN = 4
_SMALL = re.compile(r"under.?1.?mw|lt.?1.?mw|50k[vw].1.?mw|part.?2", re.IGNORECASE)
_METER = r"\d{13}"
"""A meter point's number (MPAN core), as it stands where no spreadsheet has rounded it."""
_REQUIRED = ("status", "source_1", "capacity_mw_1")
_OF_ONE_OPERATOR = ("site",)
"""Columns that the form all operators share does not have: UK Power Networks adds them."""
_STATUSES = {"connected": "connected", "accepted to connect": "accepted", "accepted": "accepted"}


def read(request: Request) -> Ingested:
    """
    Return generation and storage connected or accepted in the area and 10 km round it.

    Notes
    -----
    A site with several technologies is one row each, with its own registered capacity; a second technology without
    one stays without, as the site's total is not shared out. Only a site with a single technology falls back to the
    site's registered and then to its export capacity. A connected site with an accepted increase counts as it stands
    today. `generator_id` is file, data row and technology, as `1-550-1`.
    """
    if not request.files:
        raise SourceInvalid(f"{SOURCE.name} needs a file: {SOURCE.accepts}. See {SOURCE.url}.")
    per_mw = _per_mw(request)
    files = [_read_rows(path, number, per_mw) for number, path in enumerate(request.files, start=1)]
    listed = _told_once([table for table, _ in files], request.files)
    again, older = listed["again"], listed["older"] & ~listed["again"]
    every = listed[~again & ~older].drop(columns=["again", "older", "meter"]).reset_index(drop=True)
    places = positions.points(
        easting=every["easting"], northing=every["northing"], latitude=every["latitude"], longitude=every["longitude"]
    )
    sites = gpd.GeoDataFrame(every, geometry=places.points)
    status = cells.looked_up(cells.tidy(every["status"]), _STATUSES)
    named = every[["primary", "bsp", "gsp", "site"]].notna().any(axis="columns")
    usable = status.notna() & (places.points.notna() | named & (request.clip is None))
    inside = usable & positions.near(places.points, request.clip, distance_m=positions.SHARED_PRIMARY_M)
    kept = sites[inside].assign(status=status[inside])
    generators, too_large = _without_impossible(_generators(kept))
    generators["distance_m"] = np.nan if request.clip is None else generators.distance(request.clip)
    distance = (
        f"{len(kept):,} of {len(every):,} sites are inside the area or within "
        f"{positions.SHARED_PRIMARY_M / 1000:.0f} km of it; {int((usable & ~inside).sum()):,} are further off."
    )
    notes = [
        *[note for _, absent in files for note in absent],
*_repeated_note(int(again.sum()), int(older.sum())),
        *_dropped_notes(every, status, placed=places.points.notna(), kept=usable), distance,
        *positions.astray_note(places, what="sites"), *too_large, *_generator_notes(kept, generators),
    ]  # fmt: skip
    return Ingested(
        layers={"in_generator": as_layer(generators, "in_generator", source=SOURCE)},
        rows_read=len(listed), rows_kept=len(kept), notes=tuple(notes),
    )  # fmt: skip


def technology(source: pd.Series[str], conversion: pd.Series[str]) -> pd.Series[str]:
    """
    Return our word for the register's energy source, or for its conversion technology where no source is given.

    Notes
    -----
    A source decides alone: landfill gas burnt in a gas turbine is biomass. But tidal plant gives its source as water,
    so the conversion technology decides there, and where the source is only `Other`.
    """
    vague = source.str.casefold().eq("other") | conversion.str.contains("tidal|wave", case=False)
    return energy.technology(source.fillna(conversion).mask(vague.fillna(value=False), conversion))


def _read_rows(path: Path, number: int, per_mw: float) -> tuple[pd.DataFrame, list[str]]:
    """Return what laep needs of one register, an id made of the file's place and the data row, and notes."""
    optional = [name for name in COLUMNS if name not in _REQUIRED]
    there = held(path, COLUMNS, source=SOURCE)
    if not ({"easting", "northing"} <= there or {"latitude", "longitude"} <= there):
        said = say_missing([COLUMNS["easting"], COLUMNS["latitude"]], header(path, COLUMNS, source=SOURCE))
        raise SourceInvalid(f"{path}: no columns for the position: {said} Get {SOURCE.accepts} from {SOURCE.url}.")
    names = [name for name in header(path, COLUMNS, source=SOURCE) if name]
    rest = {f"published {name}": (name,) for name in dict.fromkeys(names) if names.count(name) == 1}
    raw = read_table(path, {**COLUMNS, **rest}, source=SOURCE, optional=[*optional, *rest])
    table = raw[list(COLUMNS)].assign(again=_again(raw), meter=_meters(raw), per_mw=per_mw)
    row = pd.Series(table.index + 1, index=table.index).astype("string")
    absent = [spellings[0] for ours, spellings in COLUMNS.items() if ours not in {*there, *_OF_ONE_OPERATOR}]
    notes = [f"{path.name} has no column for {'; '.join(absent)}."] if absent else []
    if per_mw != 1.0 and _of_small(path) and _largest_mw(table).median() > 1.0:
        table["per_mw"] = 1.0
        notes.append(f"{path.name} lists generators under 1 MW, and most of its capacities are above 1: taken for kW.")
    return table.assign(site_id=f"{number}-" + row), notes


def _of_small(path: Path) -> bool:
    """Return whether a file is, by its name, the part of a register that lists generators under 1 MW."""
    return _SMALL.search(path.stem) is not None


def _largest_mw(table: pd.DataFrame) -> pd.Series[float]:
    """Return the largest capacity in each row, as it is written."""
    columns = [name for name in table if str(name).startswith(("capacity_mw", "connected_mw", "accepted_mw"))]
    return table[columns].apply(numeric).max(axis="columns")


def _told_once(tables: list[pd.DataFrame], files: Sequence[Path]) -> pd.DataFrame:
    """
    Return the rows of all files, `older` marking those that a file of a newer month tells as well.

    Two monthly editions of a register are one register. A row is told by a newer one when all its cells are the same
    (as often as they are there), or its meter and its technology are. Files of one month are parts of one edition.
    """
    months = [12 * year + month for year, month, _ in (moment_in(path.stem) for path in files)]
    dated = [table.assign(month=month) for table, month in zip(tables, months, strict=True)]
    listed = pd.concat(dated, ignore_index=True)
    alike = [*COLUMNS, "turn"]
    listed["turn"] = listed.groupby(["month", *COLUMNS], dropna=False).cumcount()
    older = listed["month"] < listed.groupby(alike, dropna=False)["month"].transform("max")
    of_meter = listed.groupby(["meter", "source_1"], dropna=False)["month"].transform("max")
    older |= listed["meter"].notna() & (listed["month"] < of_meter)
    return listed.drop(columns=["month", "turn"]).assign(older=older)


def _meters(rows: pd.DataFrame) -> pd.Series[str]:
    """Return the first whole meter number in each row; missing where there is none."""
    whole = rows.apply(lambda cells: cells.where(cells.str.fullmatch(_METER).fillna(value=False)))
    first: pd.Series[str] = whole.bfill(axis="columns").iloc[:, 0].astype("string")
    return first


def _again(rows: pd.DataFrame) -> pd.Series[bool]:
    """
    Return which rows are, cell for cell, a row before them, whole meter number included.

    Without one, two rows may be two generators that are alike: a spreadsheet makes 1.02348E+12 of many a number.
    """
    numbered = rows.apply(lambda cells: cells.str.fullmatch(_METER).fillna(value=False)).any(axis="columns")
    again: pd.Series[bool] = rows.duplicated() & numbered.astype(bool)
    return again


def _repeated_note(again: int, older: int) -> list[str]:
    notes = [f"{again:,} rows repeat another row of the same meter: left out."] if again else []
    return notes + ([f"{older:,} rows are told by another edition of the register too: counted once."] if older else [])


def _per_mw(request: Request) -> float:
    """Return kW in one of what the register's columns of MW hold: the option `unit` says that a file is in kW."""
    unit = str(request.options.get("unit", "MW"))
    if unit.casefold() not in _KW:
        raise SourceInvalid(f'[sources.ecr] has unit = {unit!r}. Write "MW" or "kW".')
    return _KW[unit.casefold()]


def _without_impossible(generators: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """
    Return generators without capacities that no connection at their voltage carries, and which these were.

    Raises
    ------
    SourceInvalid
        When most are so large: the register is then in kW, or its columns have slipped.
    """
    most_kw = pd.Series(LARGEST_CONNECTION_KW, index=generators.index)
    for kv, kw in _CARRIES_KW:
        most_kw = most_kw.mask(generators["voltage_kv"].le(kv), kw)
    capacity = generators["capacity_kw"]
    over = capacity.gt(most_kw)
    known = int(capacity.gt(0).sum())
    if not over.any():
        return generators, []
    told = [
        f"{kw / 1000:,.0f} MW" + ("" if np.isnan(kv) else f" at {kv:g} kV")
        for kw, kv in generators.loc[over, ["capacity_kw", "voltage_kv"]].head(_SHOWN).to_numpy().tolist()
    ]
    ask = f"If the file is in kW, set {say_option(SOURCE, 'unit', 'kW')}."
    if 2 * int(over.sum()) > known:
        raise SourceInvalid(
            f"{int(over.sum()):,} of {known:,} capacities are more than their connection carries, such as "
            f"{', '.join(told)}. {ask}"
        )
    note = f"{int(over.sum()):,} capacities are more than their connection carries and count as not known: "
    return generators.assign(capacity_kw=capacity.mask(over)), [f"{note}{', '.join(told)}. {ask}"]


def _generators(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row for each technology of each site."""
    parts = []
    for n in _PARTS:
        named = sites[[f"source_{n}", f"conversion_{n}"]].notna().any(axis="columns")
        there = sites if n == 1 else sites[named]
        parts.append(
            there[["status", "geometry"]].assign(
                generator_id=there["site_id"] + f"-{n}",
                technology=technology(there[f"source_{n}"], there[f"conversion_{n}"]),
                capacity_kw=_capacity_mw(there, n) * there["per_mw"],
                storage_kwh=numeric(there[f"storage_mwh_{n}"]).where(lambda mwh: mwh > 0) * 1000.0,
                voltage_kv=numeric(there["voltage"]).where(lambda kv: kv > 0),
                substation_name=cells.tidy(there["primary"]),
                upstream_bsp=cells.tidy(there["bsp"]),
                upstream_gsp=cells.tidy(there["gsp"]),
                substation_id=cells.tidy(there["site"]),
                operator=_operator(there["licence_area"]),
                connected_on=_date(there),
                site=there["site_id"],
                part=n,
            )
        )
    return pd.concat(parts).sort_index(kind="stable")


def _capacity_mw(sites: pd.DataFrame, part: int) -> pd.Series[float]:
    """Return the registered capacity of one technology; the site's own where it is the only one and has none."""
    capacity = numeric(sites[f"capacity_mw_{part}"]).where(lambda mw: mw >= 0)
    if part > 1:
        return capacity
    alone = sites[["source_2", "conversion_2", "source_3", "conversion_3"]].isna().all(axis="columns")
    connected = sites["status"].eq("connected")
    registered = numeric(sites["connected_mw"]).where(connected, numeric(sites["accepted_mw"]))
    export = numeric(sites["connected_export_mw"]).where(connected, numeric(sites["accepted_export_mw"]))
    own = registered.where(registered >= 0).fillna(export.where(export >= 0))
    return capacity.fillna(own.where(alone))


def _operator(licence_area: pd.Series[str]) -> pd.Series[str]:
    """Return the operator of each licence area as registers name it."""
    return licence_area.map(licence.called, na_action="ignore").astype("string")


def _date(sites: pd.DataFrame) -> pd.Series[str]:
    connected = cells.iso_date(sites["connected_on"])
    return connected.where(sites["status"].eq("connected"), cells.iso_date(sites["accepted_on"]))


def _dropped_notes(
    every: pd.DataFrame, status: pd.Series[str], *, placed: pd.Series[bool], kept: pd.Series[bool]
) -> list[str]:
    notes = []
    if unknown := int(status.isna().sum()):
        kinds = ", ".join(repr(kind) for kind in sorted(every.loc[status.isna(), "status"].dropna().unique()))
        notes.append(
            f"{unknown:,} of {len(every):,} sites are neither connected nor accepted: left out. {kinds}".strip()
        )
    if nowhere := int((status.notna() & ~placed & ~kept).sum()):
        notes.append(f"{nowhere:,} of {len(every):,} sites have no position in Great Britain: left out.")
    if named := int((~placed & kept).sum()):
        notes.append(f"{named:,} of {len(every):,} sites have no position, and are kept for the substation they name.")
    return notes


def _generator_notes(sites: pd.DataFrame, generators: pd.DataFrame) -> list[str]:
    notes = []
    if split := int(generators["part"].gt(1).sum()):
        notes.append(f"{split:,} second or third technologies at a site are rows of their own.")
    if silent := int(generators["capacity_kw"].isna().sum()):
        notes.append(f"{silent:,} of {len(generators):,} generators have no registered capacity of their own.")
    if negative := sum(int(numeric(sites[f"capacity_mw_{n}"]).lt(0).sum()) for n in _PARTS):
        notes.append(f"{negative:,} registered capacities are below zero, which none can be: left out.")
    nameless = sum(
        int(
            (
                numeric(sites[f"capacity_mw_{n}"]).gt(0) & sites[[f"source_{n}", f"conversion_{n}"]].isna().all(axis=1)
            ).sum()
        )
        for n in _PARTS[1:]
    )
    if nameless:
        notes.append(f"{nameless:,} further capacities name no technology and are left out.")
    if growing := int((sites["status"].eq("connected") & numeric(sites["accepted_mw"]).gt(0)).sum()):
        notes.append(f"{growing:,} connected sites also have an accepted increase, which is not counted.")
    dates = pd.concat([sites["connected_on"], sites["accepted_on"]]).dropna()
    if odd := int(cells.iso_date(dates).isna().sum()):
        notes.append(f"{odd:,} dates could not be read and are missing.")
    return notes
