"""One check as text for a terminal, or as rows of a table."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from laep.desk.words import number
from laep.models.network.room import MEASURES
from laep.schema.vocabulary import LEVEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from laep.checked import Binding, Cost, DataUsed, Figure, Level, Measured, Queue, SourceRow, Works
    from laep.results import Checked

_LABEL = 13
"""Width of the column of labels."""


def text(found: Checked, *, width: int) -> str:
    """Return a check as plain text: the verdict first, the sources last."""
    parts = [
        found.network.words,
        found.words,
        _lines("why", [told.reason for told in found.measures], width),
        _lines("binds", [_binding(found.binding)], width),
        _lines("place", [_place(found)], width),
        _chain(found.chain, [told.measure for told in found.measures]),
        _lines("fault level", [f"{one.name}: {one.fault_level}." for one in found.chain if one.fault_level], width),
        _lines("queue", _queue(found.queue), width),
        _lines("route", [found.route.words], width),
        _lines("transmission", [found.transmission.words], width),
        _lines("cost", [_cost(found.cost)], width),
        _lines("works", [_works(row) for row in found.works], width),
        _lines("would help", found.help, width),
        _lines("note", found.notes, width),
        _lines("data", [_source(row) for row in found.data], width),
        _lines("rows", [_row(row) for row in found.source_rows], width),
    ]
    return "\n".join(part for part in parts if part)


def rows(found: Checked) -> list[dict[str, Any]]:
    """Return one row for each level and measure of the chain, with the verdict beside it."""
    cited = {row.about: row for row in found.source_rows}
    told = {one.measure: one for one in found.measures}
    table = [
        _table_row(found, told[measure], level, figure, cited.get(level.name))
        for measure in MEASURES if measure in told
        for level in found.chain if (figure := level.figure(measure)) is not None
    ]  # fmt: skip
    return table or [_table_row(found, one, None, None, None) for one in found.measures]


def _table_row(
    found: Checked, told: Measured, level: Level | None, figure: Figure | None, cited: SourceRow | None
) -> dict[str, Any]:
    of_level = ("level", "substation_id", "name", "operator")
    of_figure = ("before", "after", "unit", "floor_at_zero", "basis", "scenario", "year", "rag", "constraint")
    return {
        "verdict": found.verdict, "measure": told.measure, "measure_verdict": told.verdict,
        "ask_kw": told.ask_kw, "allowed_kw": told.allowed_kw, "fits_until": told.fits_until,
        "binding_level": told.level, "binding_id": told.substation_id, "binding": told.name,
        "where": told.where,
        **{name: getattr(level, name, None) for name in of_level},
        **{name: getattr(figure, name, None) for name in of_figure},
        "route": found.route.code, "source_id": getattr(cited, "source_id", None),
        "source_file": getattr(cited, "file", None), "source_row": getattr(cited, "row", None), "reason": told.reason,
    }  # fmt: skip


def _binding(binding: Binding) -> str:
    text = binding.binds
    return f"{text[0].upper()}{text[1:]} ({binding.measure})."


def _place(found: Checked) -> str:
    served, place = found.served_by, found.place
    where = ""
    if place is not None:
        where = f"{place.latitude:.5f}, {place.longitude:.5f} (E {place.easting:.0f} N {place.northing:.0f})"
    if served.name is None or served.level is None:
        return f"{where}: {served.method}."
    off = "" if served.distance_m is None else f", {number(round(served.distance_m / 1000, 2))} km off"
    how = f"{served.method}, confidence {served.confidence}{off}"
    name = f"{served.name} ({LEVEL_NAMES[served.level]} {served.substation_id})"
    return f"{where} -> {name}: {how}." if where else f"{name}: {how}."


def _chain(chain: Sequence[Level], measures: Sequence[str]) -> str:
    """Return the levels with headroom before and after, as a table."""
    lines = [("level", "substation", "headroom", "before", "after", "unit", "colour", "limit named")]
    for level in chain:
        for measure in measures:
            figure = level.figure(measure)
            if figure is None:
                continue
            lines.append(
                (level.level, level.name, measure, _figure(figure, figure.before), _figure(figure, figure.after),
                 figure.unit, figure.rag or "", " ".join((figure.constraint or "none").split()))
            )  # fmt: skip
    if len(lines) == 1:
        return ""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]) - 1)]
    shown = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]) for line in lines
    ]
    return "\n".join(["", *(f"  {line}" for line in shown), ""])


def _figure(figure: Figure, value: float | None) -> str:
    """Return a figure before or after."""
    if value is None:
        return "-"
    clipped = figure.floor_at_zero and figure.before is not None and figure.before <= 0
    return number(value) + (" or worse" if clipped else "")


def _queue(queue: Queue) -> list[str]:
    lines = []
    for name in dict.fromkeys(row.name for row in queue.register):
        rows = [row for row in queue.register if row.name == name]
        parts = [f"{row.status} {row.technology} {number(row.kw)} kW ({row.sites})" for row in rows]
        lines.append(f"At and below {name}, by the capacity register: {'; '.join(parts)}.")
    for row in queue.published:
        figures = {"connected generation": (row.connected_generation_mw, "MW"),
                   "contracted generation": (row.contracted_generation_mw, "MW"),
                   "contracted demand": (row.contracted_demand_mva, "MVA")}  # fmt: skip
        said = [f"{name} {number(value)} {unit}" for name, (value, unit) in figures.items() if value is not None]
        lines.append(f"{row.name}: {', '.join(said)}.")
    return lines


def _cost(cost: Cost | None) -> str:
    if cost is None:
        return "No figure for a connection of this size: only the operator can price it."
    if not cost.high_gbp:
        return "Nothing is charged where the supply that is there will do."
    return (
        f"In the order of {cost.low_gbp:,.0f} to {cost.high_gbp:,.0f} GBP (middle {cost.gbp:,.0f}); "
        "distance and reinforcement decide."
    )


def _works(row: Works) -> str:
    return f"{row.name}, {row.where}: {row.works} ({row.date or 'no date published'})."


def _source(row: DataUsed) -> str:
    age = "" if row.age_months is None else f", {row.age_months} months old"
    read = f", read {row.read_on}" if row.read_on else ""
    return f"{row.title}, edition {row.edition}{age}{read}. {row.attribution} ({row.licence})."


def _row(row: SourceRow) -> str:
    where = f"{row.file}, data row {row.row}" if row.row is not None else f"{row.source_id}, row not known"
    return f"{row.about}: {where}"


def _lines(label: str, sentences: Iterable[str], width: int) -> str:
    """Return sentences beside a label, each beginning on a line of its own."""
    wrapped = [
        line for sentence in sentences if sentence
        for line in textwrap.wrap(sentence, width - _LABEL, subsequent_indent="  ", break_long_words=False)
    ]  # fmt: skip
    return "\n".join((label if index == 0 else "").ljust(_LABEL) + line for index, line in enumerate(wrapped))
