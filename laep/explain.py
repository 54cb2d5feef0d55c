"""`laep explain`: from a figure, rule, assumption, layer or source back to source rows and assumptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laep import steps, words
from laep.assumptions import CONFIDENCES, Assumptions
from laep.errors import UserFault
from laep.hints import nearest
from laep.results import Story, Table
from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from laep.area import Area
    from laep.store import Store

Row = dict[Any, Any]
_ROWS_SHOWN = 20
_WHOLE_FROM = 1000
"""Numbers from here on are shown without decimals."""
_WRITERS = {layer: step for step in steps.STEPS for layer in step.writes}


@dataclass(frozen=True)
class Lineage:
    """Everything behind some layers: steps in running order, layers that came from outside."""

    steps: list[str]
    ingested: list[str]


def trace(area: Area, store: Store, what: str) -> Story:
    """
    Return where `what` comes from.

    Parameters
    ----------
    what : str
        A figure id, rule id, assumption key, layer or source name.

    Raises
    ------
    UserFault
        When there is no such thing; names the nearest.
    """
    figures = _by_id(store, "plan_figure", "figure_id")
    rules = _by_id(store, "plan_rule", "rule_id")
    assumptions = Assumptions(area.overrides)
    sources = {row["source_id"]: row["title"] for row in _rows_of(store.provenance())}
    if what in figures:
        return _figure(store, figures[what])
    if what in rules:
        return _rule(store, rules[what])
    if what in assumptions:
        return _assumption(store, assumptions, what, figures)
    if what in LAYERS:
        return Story(f"{what}: {LAYERS[what].meaning}.", _behind(store, [what]))
    if what in sources:
        return Story(f"{what}: {sources[what]}.", [_sources(store, [what])])
    known = [*figures, *rules, *(a.key for a in assumptions), *LAYERS, *sources]
    near = nearest(what, known, most=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else " The report prints an id beside every figure."
    raise UserFault(f"Nothing here is called {what!r}.{hint}")


def lineage(layers: Iterable[str]) -> Lineage:
    """Return the steps and ingested layers that stand behind `layers`."""
    waiting, seen = list(layers), set[str]()
    while waiting:
        layer = waiting.pop()
        if layer in seen:
            continue
        seen.add(layer)
        if layer in _WRITERS:
            waiting += _WRITERS[layer].reads
    ran = [step.name for step in steps.STEPS if seen & set(step.writes)]
    return Lineage(ran, [name for name in LAYERS if name in seen and name.startswith("in_")])


def _figure(store: Store, figure: Row) -> Story:
    spread = f" ({_plain(figure['low'])} to {_plain(figure['high'])})" if figure["low"] is not None else ""
    value = "not known" if figure["value"] is None else f"{_plain(figure['value'])}{spread} {figure['unit']}"
    which = f"rows where {figure['rows']}" if figure["rows"] else "all rows"
    text = (
        f"{figure['figure_id']}: {figure['label']}\n= {value}; confidence {figure['confidence']}\n"
        f"= {figure['method']} of {figure['column']} over {which} of layer {figure['layer']}"
    )
    main = [key.strip() for key in (figure["assumptions"] or "").split(";") if key.strip()]
    return Story(text, [*_figure_rows(store, figure), *_behind(store, [figure["layer"]], main=main)])


def _rule(store: Store, rule: Row) -> Story:
    text = (
        f"{rule['rule_id']} ({rule['block_id']}, {rule['side']}, {rule['strength']}): {rule['criterion']}\n"
        f"= {rule['status'].replace('_', ' ')}: {rule['evidence']}\nRests on: {rule['origin']}"
    )
    layers = [part.strip() for part in rule["origin"].split(";") if part.strip() in LAYERS]
    return Story(text, _behind(store, layers) if layers else [])


def _assumption(store: Store, assumptions: Assumptions, key: str, figures: Mapping[str, Row]) -> Story:
    row = assumptions[key]
    users = sorted({used["step"] for used in _rows_of(store.assumptions()) if used["key"] == key})
    moved = [name for name, figure in figures.items() if set(users) & set(lineage([figure["layer"]]).steps)]
    text = (
        f"{key}: {row.meaning}\n= {row.value:g} ({row.low:g} to {row.high:g}){row.in_unit}, {row.year}\n"
        f"Source: {row.source}\nConfidence: {CONFIDENCES[row.confidence]}\n"
        f"Used by steps: {', '.join(users) or 'none so far'}\n"
        f"Figures that can move with it: {', '.join(moved) or 'none'}"
    )
    return Story(text)


def _figure_rows(store: Store, figure: Row) -> list[Table]:
    if not store.has(figure["layer"]):
        return []
    frame = store.public(figure["layer"]).drop(columns="geometry", errors="ignore")
    if figure["rows"] and not frame.empty:
        frame = frame.query(figure["rows"])
    layer = LAYERS[figure["layer"]]
    named = [*layer.key, *(c.name for c in layer.columns if c.name in figure["column"] and c.name not in layer.key)]
    columns = [name for name in named if name in frame.columns]
    head = frame[columns].head(_ROWS_SHOWN)
    title = f"Rows of {layer.name} ({len(head)} of {len(frame):,})"
    return [Table(title, tuple(columns), [tuple(map(str, row)) for row in head.itertuples(index=False)])]


def _behind(store: Store, layers: list[str], *, main: Iterable[str] = ()) -> list[Table]:
    found = lineage(layers)
    ran = store.steps()
    done = [
        (name, ", ".join(sorted(ran[name].inputs)), ran[name].ran_at[:16].replace("T", " "))
        for name in found.steps
        if name in ran
    ]
    wanted = set(main)
    used = {
        row["key"]: row
        for row in _rows_of(store.assumptions())
        if row["step"] in found.steps and (not wanted or row["key"] in wanted)
    }
    listed = [
        (key, f"{r['value']:g}", f"{r['low']:g} to {r['high']:g}", r["unit"], r["confidence"], r["source"])
        for key, r in sorted(used.items())
    ]
    tables = [
        Table("Steps", ("step", "reads", "ran at"), done),
        Table("Assumptions", ("key", "value", "range", "unit", "confidence", "source"), listed),
        _sources(store, _source_ids(store, found.ingested)),
    ]
    return [table for table in tables if table.rows]


def _source_ids(store: Store, layers: Iterable[str]) -> list[str]:
    held = [layer for layer in layers if store.has(layer)]
    return sorted({source for layer in held for source in store.source_ids(layer)})


def _sources(store: Store, names: list[str]) -> Table:
    listed = [
        (
            r["source_id"], r["title"], r["publisher"], r["licence"], r["files"].replace("\n", ", "),
            str(r["rows_kept"]), r["retrieved_at"][:10],
        )
        for r in _rows_of(store.provenance())
        if r["source_id"] in names
    ]  # fmt: skip
    return Table("Sources", ("source", "what", "publisher", "licence", "files", "rows", "read on"), listed)


def _plain(value: float) -> str:
    return words.whole(value) if abs(value) >= _WHOLE_FROM else words.number(value, 4)


def _by_id(store: Store, layer: str, key: str) -> dict[str, Row]:
    return {row[key]: row for row in _rows_of(store.public(layer))} if store.has(layer) else {}


def _rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows as plain dicts, missing values as None."""
    return frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
