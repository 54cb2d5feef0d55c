"""Many proposals checked at once, alone or sharing what room there is, and written out as a table or a map layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely
from openpyxl.cell import WriteOnlyCell

from laep import files, licence, plain
from laep.checked import ProposalChecked
from laep.desk import beside, proposals, sure, whose, words
from laep.desk import book as books
from laep.desk import place as places
from laep.desk.check import this_year
from laep.errors import UserFault
from laep.models.network.connection import G98
from laep.models.network.decide import CUMULATIVE, Asks, Decision, asks, decide
from laep.models.network.figures import Choice
from laep.models.network.room import MEASURES
from laep.models.network.verdicts import Verdict, Where
from laep.schema import CRS
from laep.schema.vocabulary import LEVELS, LIMIT_PLACES, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from laep.desk.book import Book
    from laep.desk.proposals import Proposals
    from laep.desk.settings import Settings
    from laep.desk.store import HeadroomStore

    Objects = NDArray[np.object_]

NOT_CHECKED = "not_checked"
"""Verdict of a row of the file that could not be read."""
LAYER = "proposals"


@dataclass(frozen=True)
class Checked:
    """One row a proposal, in the order of the file, and how many have each verdict."""

    table: pd.DataFrame
    points: NDArray[np.float64]

    @property
    def bad(self) -> pd.DataFrame:
        """Return the rows that could not be checked, with reasons."""
        return self.table[self.table["verdict"] == NOT_CHECKED]

    def counts(self) -> dict[str, int]:
        """Return how many proposals have each verdict, best first."""
        found = self.table["verdict"].value_counts()
        return {name: int(found[name]) for name in (*VERDICTS, NOT_CHECKED) if name in found}

    def rows(self) -> tuple[ProposalChecked, ...]:
        """Return the proposals, one after the other."""
        cells = self.table.astype(object).where(self.table.notna(), None)
        columns: dict[str, list[Any]] = {str(name): values.tolist() for name, values in cells.items()}
        return tuple(
            ProposalChecked(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)
        )


def check_file(
    held: HeadroomStore,
    path: Path,
    settings: Settings,
    *,
    scenario: str | None = None,
    year: int | None = None,
    technology: str = "inverter",
    cumulative: str | None = None,
    postcode_file: Path | None = None,
    on_stage: Callable[[str], None] = lambda _: None,
) -> Checked:
    """
    Return the verdict of every proposal in a file.

    Parameters
    ----------
    year : int, optional
        For all rows; a `year` column of the file wins, as long as all its rows name the same year or none.
    cumulative : str, optional
        `queue`: served in the order of the file; `prorata`: shared by size. None: each as if it were alone.
    """
    if cumulative is not None and cumulative not in CUMULATIVE:
        raise UserFault(f"--cumulative {cumulative!r} is none of {', '.join(CUMULATIVE)}.")
    on_stage(f"reading {path.name}")
    given = proposals.read(path, held, postcode_file=postcode_file)
    if given.unused:
        on_stage(f"columns of {path.name} that are not used: {', '.join(given.unused)}")
    on_stage(f"placing {len(given.frame):,} proposals")
    good = given.fault == ""
    asked = asks(*(given.frame[name].to_numpy(dtype=np.float64) for name in proposals.SIZES))
    starts = _starts(held, given, asked, settings)
    fid, method = starts.fid, starts.method
    table = _table(given)
    years = given.frame["year"].to_numpy(dtype=np.int64)
    years = np.where(years > 0, years, year or 0)
    if cumulative and len(np.unique(years[good])) > 1:
        raise UserFault(
            f"{path}: proposals that share room need one year, and the file names several. Leave the column out and "
            "give --year, or check without --cumulative."
        )
    rating = given.frame[["generation_kw", "storage_kw"]].sum(axis=1).to_numpy(dtype=np.float64)
    existing = np.nan_to_num(given.frame[proposals.EXISTING].to_numpy(dtype=np.float64))
    rating = np.where(rating > 0, rating + existing, 0.0)
    if odd := int((given.notes != "").sum()):
        on_stage(f"{odd:,} rows to look at again: see the column `notes` of the result")
    for one in np.unique(years[good]):
        rows = np.flatnonzero(good & (years == one))
        on_stage(f"checking {len(rows):,} proposals" + (f" for {one}" if one else ""))
        choice = Choice(
            scenario=scenario, year=int(one) or None, today=this_year(), technology=technology,
            power_factor=settings.power_factor,
        )  # fmt: skip
        book = books.read(held, {int(key) for key in np.unique(fid[rows]) if key > 0}, choice)
        part = _judged(book, asked, rows, starts, int(one), cumulative)
        part["edition"] = _editions(held, part.pop("reading"))
        part |= _connection(rating[rows], asked, given.phases, rows, settings)
        part["transmission"] = _transmission(book, fid[rows], rating[rows], starts.licence_area[rows], settings)
        notify = (part["route"] == G98) & ~(given.frame["demand_kw"].to_numpy(dtype=np.float64)[rows] > 0)
        part["verdict"] = np.where(notify, Verdict.FITS.word, part["verdict"])
        part["reason"] = np.where(notify, words.NOTIFY, part["reason"])
        part["headline"] = np.where(notify, words.NOTIFY, part["headline"])
        part["sureness"] = np.where(notify, sure.PUBLISHED, part["sureness"])
        for name, values in part.items():
            table.loc[rows, name] = values
    table["method"], table["distance_m"] = np.where(good, method, ""), np.round(starts.distance_m, 1)
    table["network"], table["licence_area"] = starts.operator, starts.licence_area
    table["confidence"] = [places.CONFIDENCE.get(how, "low") for how in method]
    table["notes"] = given.notes
    return Checked(_ordered(table), given.points)


def write(checked: Checked, into: Path) -> None:
    """Write results as CSV, GeoPackage or Excel, by the file's ending; the file appears whole or not at all."""
    kind = into.suffix.lower()
    if kind not in {".csv", ".gpkg", *proposals.EXCEL}:
        raise UserFault(f"--out {into}: laep writes .csv, .gpkg and .xlsx.")
    with files.locked(into), files.replacing(into) as part:
        if kind == ".csv":
            plain.table(checked.table).to_csv(part, index=False)
        elif kind == ".gpkg":
            _write_layer(checked, part)
        else:
            _write_excel(checked.table, part)


def refuse_out(into: Path) -> None:
    """Raise `UserFault` for a place results cannot be written to, before any work is done."""
    if into.suffix.lower() not in {".csv", ".gpkg", *proposals.EXCEL}:
        raise UserFault(f"--out {into}: laep writes .csv, .gpkg and .xlsx.")
    if not into.parent.is_dir():
        raise UserFault(f"--out {into}: there is no folder {into.parent}.")


@dataclass(frozen=True)
class _Starts:
    """
    Where proposals hang: arrays of shape (proposals,).

    `fid` of the substation (-1 for none), how it was found, how far off [m], whose network it is (short name, empty
    where not settled), and the licence areas it may be.
    """

    fid: NDArray[np.int64]
    method: Objects
    distance_m: NDArray[np.float64]
    operator: Objects
    licence_area: Objects


def _starts(held: HeadroomStore, given: Proposals, asked: Asks, settings: Settings) -> _Starts:
    """Return the substation each proposal hangs from: named, else a near secondary for small ones, else its primary."""
    served = places.serving_many(given.points, held)
    fid, method, distance = served.fid.copy(), served.method.copy(), served.distance_m.copy()
    operator = whose.operator_names(served.operator)
    small = np.maximum(asked.generation_kw, asked.demand_kw) <= settings.lv_max_kw
    small &= ~np.isnan(given.points).any(axis=1)
    sites = held.sites(LEVELS[0])
    theirs = np.array([licence.code(site[3]) for site in sites], dtype=np.int64)
    for code in np.unique(served.operator[small & (served.operator >= 0)]):
        rows = np.flatnonzero(small & (served.operator == code))
        near = [site for site, own in zip(sites, np.isin(theirs, (code, -1)).tolist(), strict=True) if own]
        at, key, off = _near(given.points[rows], near, settings.secondary_m)
        fid[rows[at]], method[rows[at]], distance[rows[at]] = key, places.SECONDARY, off
    named = given.asset > 0
    fid[named], method[named], distance[named] = given.asset[named], places.ASKED, np.nan
    owners = {row["fid"]: row["operator"] for row in held.substations(set(given.asset[named].tolist()))}
    operator[named] = [owners[key] for key in given.asset[named].tolist()]
    return _Starts(fid, method, distance, operator, whose.names(served.licences))


def _near(
    points: NDArray[np.float64], sites: list[tuple[int, float, float, str]], within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return which points have a secondary substation near, the fid of the nearest, and how far off it is. [m]."""
    none = np.zeros(0, dtype=np.int64)
    if not sites:
        return none, none, np.zeros(0)
    where = np.array([site[1:3] for site in sites], dtype=np.float64)
    tree = shapely.STRtree(shapely.points(where))
    at, site = tree.query_nearest(shapely.points(points), max_distance=within_m, all_matches=True)
    at, first = np.unique(at, return_index=True)
    site = site[first]
    return at, np.array([site[0] for site in sites], dtype=np.int64)[site], np.hypot(*(where[site] - points[at]).T)


def _table(given: Proposals) -> pd.DataFrame:
    bad = given.fault != ""
    table = given.frame.copy()
    table["year"] = table["year"].astype("Int64").mask(table["year"] == 0)
    table["verdict"] = np.where(bad, NOT_CHECKED, Verdict.UNKNOWN.word)
    table["reason"] = given.fault
    table["easting"], table["northing"] = np.round(given.points[:, 0], 1), np.round(given.points[:, 1], 1)
    for name in _TEXTS:
        table[name] = pd.Series("", index=table.index, dtype=object)
    for name in _NUMBERS:
        table[name] = np.nan
    return table


_OF_FIGURE = {"figure_scenario": "scenario", "basis": "basis", "colour": "rag",
              "constraint": "constraint"}  # fmt: skip
"""Column of the result -> column of the row behind the figure."""
_TEXTS = (
    "headline", "sureness", "conditions", "figure_scenario", "basis", "colour", "constraint", "edition",
    "substation_id", "substation", "level", "bsp", "gsp", "binding_measure", "binding_level", "binding_id",
    "binding", "where", "unit", "route", "g99_type", "transmission", "source_id", "source_file",
)  # fmt: skip
_NUMBERS = (
    "figure_year", "limit_kw", "fits_until", "room_kw", "share", "allowed_generation_kw", "allowed_demand_kw", "before",
    "after", "source_row", "connection_gbp", "connection_low_gbp", "connection_high_gbp",
)  # fmt: skip


def _judged(
    book: Book,
    every: Asks,
    rows: NDArray[np.int64],
    starts: _Starts,
    year: int,
    cumulative: str | None,
) -> dict[str, Any]:
    """Return the columns that a decision fills, for some rows of the file."""
    fid, method = starts.fid, starts.method
    asked = Asks(**{name: getattr(every, name)[rows] for name in ("generation_kw", "demand_kw", "storage_kw")})
    start = np.array([book.index.get(int(key), -1) for key in fid[rows]], dtype=np.int64)
    years = np.full(len(rows), year, dtype=np.int64)
    decision = decide(book.figures, book.chains, start, asked, years=years, cumulative=cumulative)
    at = np.arange(len(rows))
    worst = decision.measure
    unserved = np.where(start < 0, method[rows], "")
    return {
        "verdict": np.array(VERDICTS, dtype=object)[decision.overall],
        "reason": _reasons(book, decision, asked, unserved),
        "limit_kw": np.where(decision.overall == Verdict.FITS_LIMITED, decision.allowed_kw[at, worst], np.nan),
        "fits_until": np.where(decision.overall == Verdict.FITS_UNTIL, decision.until[at, worst], np.nan),
        "room_kw": decision.room_kw[at, worst],
        "share": _share(decision, asked) if cumulative else np.full(len(rows), np.nan),
        "allowed_generation_kw": decision.allowed_kw[:, 0],
        "allowed_demand_kw": decision.allowed_kw[:, 1],
        **_sure(book, decision, asked, start, method[rows], starts.distance_m[rows], year),
        **_network(book, start),
        **_binding(book, decision, asked, cumulative),
    }


def _share(decision: Decision, asked: Asks) -> NDArray[np.float64]:
    """Return how much of what its worst measure asks each proposal gets, from 0 to 1; nan where that is not known."""
    at = np.arange(len(decision.overall))
    ask = np.stack([asked.of(m) for m in range(len(MEASURES))], axis=1)[at, decision.measure]
    got = decision.allowed_kw[at, decision.measure]
    share: NDArray[np.float64] = np.full(len(at), np.nan)
    np.divide(got, ask, out=share, where=(ask > 0) & (decision.overall != Verdict.UNKNOWN))
    return share.round(6)


def _sure(
    book: Book,
    decision: Decision,
    asked: Asks,
    start: NDArray[np.int64],
    method: Objects,
    distance_m: NDArray[np.float64],
    year: int,
) -> dict[str, Any]:
    """Return the headline of each proposal, how sure it is and what has to hold, once for each kind of proposal."""
    asking = np.stack([asked.of(m) > 0 for m in range(len(MEASURES))], axis=1)
    kinds, back = np.unique(np.column_stack([start, asking]), axis=0, return_inverse=True)
    holds = [
        sure.conditions(book, int(at), np.flatnonzero(kind).tolist(), asked_year=year, today=this_year())
        for at, *kind in kinds.tolist()
    ]
    headlines, codes, conditions = [], [], []
    for at, (kind, place) in enumerate(zip(back.reshape(-1).tolist(), start.tolist(), strict=True)):
        verdict, worst = int(decision.overall[at]), int(decision.measure[at])
        plain = words.verdict(verdict, worst, float(decision.allowed_kw[at, worst]), int(decision.until[at, worst]))
        doubted = sure.doubt(book.substations[place], method[at], distance_m[at]) if place >= 0 else ""
        headlines.append(sure.headline(plain, verdict, holds[kind], doubted))
        codes.append(sure.code(verdict, holds[kind], doubted))
        conditions.append("; ".join(holds[kind]))
    return {
        "headline": np.array(headlines, dtype=object), "sureness": np.array(codes, dtype=object),
        "conditions": np.array(conditions, dtype=object),
    }  # fmt: skip


def _editions(held: HeadroomStore, reading: Objects) -> Objects:
    """Return the edition of the file each figure is from."""
    told = {row["fid"]: row["edition"] or "not stated" for row in held.sources()}
    return np.array([told.get(number, "") for number in reading.tolist()], dtype=object)


def _network(book: Book, start: NDArray[np.int64]) -> dict[str, Objects]:
    """Return which substation each proposal hangs from, and those above it."""
    ids = _labels([row["substation_id"] for row in book.substations])
    names = _labels([words.named(row) for row in book.substations])
    levels = _labels([row["level"] for row in book.substations])
    above = np.concatenate([book.chains, np.full((1, len(LEVELS)), -1)])[start]
    return {
        "substation_id": ids[start], "substation": names[start], "level": levels[start],
        "bsp": names[above[:, LEVELS.index("bsp")]], "gsp": names[above[:, LEVELS.index("gsp")]],
    }  # fmt: skip


def _binding(book: Book, decision: Decision, asked: Asks, cumulative: str | None) -> dict[str, Any]:
    """
    Return what binds each proposal's worst measure, and its figure before and after in the published unit.

    Of proposals that share room, before is what those served earlier leave, and after what is left then: one that gets
    a part takes that part, and one that is refused nothing.
    """
    at = np.arange(len(decision.overall))
    worst = decision.measure
    place, source = decision.binding[at, worst], decision.source[at, worst]
    where = decision.where[at, worst]
    ids = _labels([row["substation_id"] for row in book.substations])
    names = _labels([words.named(row) for row in book.substations])
    levels = _labels([row["level"] for row in book.substations])
    level = levels[place]
    level = np.where((where == Where.BETWEEN) & (place >= 0), words.ABOVE + level.astype(str), level)
    names_of = ("value", "unit", "source_id", "file", "source_row", "reading", "year", *_OF_FIGURE.values())
    cells = {name: _picked(book, name) for name in names_of}
    per_unit = np.concatenate([book.unit_kw, np.full((1, len(MEASURES)), np.nan)])
    ask = np.stack([asked.of(m) for m in range(len(MEASURES))], axis=1)[at, worst]
    before = cells["value"][source, worst].astype(np.float64)
    if cumulative == CUMULATIVE[0]:
        before = np.round(decision.room_kw[at, worst] / per_unit[source, worst], 6)
        ask = np.where(decision.overall < Verdict.UNKNOWN, np.nan_to_num(decision.allowed_kw[at, worst]), 0.0)
    return {
        "binding_measure": np.array(MEASURES, dtype=object)[worst],
        "binding_level": level,
        "binding_id": ids[place],
        "binding": names[place],
        "where": np.array(LIMIT_PLACES, dtype=object)[where],
        "before": before,
        "after": np.round(before - ask / per_unit[source, worst], 6),
        "unit": cells["unit"][source, worst],
        "source_id": cells["source_id"][source, worst],
        "source_file": cells["file"][source, worst],
        "source_row": cells["source_row"][source, worst].astype(np.float64),
        "reading": cells["reading"][source, worst],
        "figure_year": cells["year"][source, worst].astype(np.float64),
        **{ours: cells[theirs][source, worst] for ours, theirs in _OF_FIGURE.items()},
    }


def _picked(book: Book, name: str) -> Objects:
    """Return one column of the rows behind the figures, shape (substations + 1, measures); the last row is empty."""
    empty: Any = np.nan if name in {"value", "source_row", "year"} else ""
    cells = np.full((len(book.substations) + 1, len(MEASURES)), empty, dtype=object)
    for place, rows in enumerate(book.picked):
        for measure, row in enumerate(rows):
            if row is not None and row[name] is not None:
                cells[place, measure] = row[name]
    return cells


def _connection(
    rating_kw: NDArray[np.float64],
    asked: Asks,
    phases: NDArray[np.int64],
    rows: NDArray[np.int64],
    settings: Settings,
) -> dict[str, Any]:
    """Return route, G99 type and cost; proposals of one size and supply are worked out once."""
    sizes = np.stack([rating_kw, asked.generation_kw[rows], asked.demand_kw[rows], phases[rows]], axis=1)
    kinds, inverse = np.unique(sizes, axis=0, return_inverse=True)
    routes = [settings.route(rating, used, phases=int(wires) or None) for rating, _, used, wires in kinds.tolist()]
    costs = [
        settings.cost_gbp(max(made, used), phases=route.phases) or (np.nan, np.nan, np.nan)
        for route, (_, made, used, _) in zip(routes, kinds.tolist(), strict=True)
    ]
    inverse = inverse.reshape(-1)
    money = np.array(costs, dtype=np.float64).reshape(-1, 3)[inverse]
    return {
        "route": _labels([route.code for route in routes])[inverse],
        "g99_type": _labels([route.g99_type for route in routes])[inverse],
        "connection_gbp": money[:, 0], "connection_low_gbp": money[:, 1], "connection_high_gbp": money[:, 2],
    }  # fmt: skip


def _transmission(
    book: Book, fid: NDArray[np.int64], rating_kw: NDArray[np.float64], licence_area: Objects, settings: Settings
) -> Objects:
    """Return whether each needs a transmission impact assessment: yes, no, or empty where it is not known."""
    words_of = {True: "yes", False: "no", None: ""}
    known: dict[tuple[Any, ...], str] = {}
    told = []
    for key in zip(fid.tolist(), rating_kw.tolist(), licence_area.tolist(), strict=True):
        if key not in known:
            at = book.index.get(key[0], -1)
            chain = [book.substations[place] for place in book.chains[at] if place >= 0] if at >= 0 else []
            areas = [name for name in key[2].split("; ") if name]
            known[key] = words_of[beside.transmission(key[1], chain, areas, settings).needed]
        told.append(known[key])
    return np.array(told, dtype=object)


def _reasons(book: Book, decision: Decision, asked: Asks, unserved: Objects) -> Objects:
    """Return why each proposal's worst measure has its verdict."""
    asking = [asked.of(m).tolist() for m in range(len(MEASURES))]
    told = [
        words.reason(book, decision, at, measure, asking[measure][at], unserved=unserved[at])
        for at, measure in enumerate(decision.measure.tolist())
    ]
    return np.array(told, dtype=object)


def _labels(texts: list[Any]) -> Objects:
    """Return texts as an array with one empty text behind them, so that row -1 means none."""
    return np.array([*("" if text is None else text for text in texts), ""], dtype=object)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    first = ["id", "row", "verdict", "headline", "sureness", "conditions", "reason", "limit_kw", "fits_until"]
    rest = [name for name in table.columns if name not in first]
    ordered = table[[*first, *rest]].copy()
    for name in ("fits_until", "source_row", "figure_year"):
        ordered[name] = ordered[name].astype("Int64")
    return ordered


def _write_layer(checked: Checked, path: Path) -> None:
    shapes = shapely.points(np.nan_to_num(checked.points))
    shapes[np.isnan(checked.points).any(axis=1)] = None
    frame = gpd.GeoDataFrame(checked.table, geometry=gpd.GeoSeries(shapes, crs=CRS), crs=CRS)
    pyogrio.write_dataframe(frame, path, layer=LAYER, driver="GPKG", use_arrow=True, geometry_type="Point")


def _write_excel(table: pd.DataFrame, path: Path) -> None:
    """Write a workbook row by row, so that it need not be held; text stays text, whatever it begins with."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(LAYER)
    columns = [table[name].astype(object).where(table[name].notna(), None) for name in table]
    sheet.append(list(table.columns))
    for row in zip(*columns, strict=True):
        sheet.append([_as_text(sheet, value) for value in row])
    book.save(path)


def _as_text(sheet: Any, value: Any) -> Any:
    """Return what would become a formula as a cell of text, and any other value as it is."""
    if not (isinstance(value, str) and value.startswith("=")):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell
