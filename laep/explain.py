"""`laep explain`: from a figure, rule, assumption, layer or source back to source rows and assumptions."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import steps
from laep.assumptions import CONFIDENCES, Assumptions
from laep.errors import UserFault
from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from laep.area import Area
    from laep.store import Store

_ROWS_SHOWN = 20
_WRITERS = {layer: step for step in steps.STEPS for layer in step.writes}


@dataclass(frozen=True)
class Table:
    """A titled table of text."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Story:
    """What an id is, in words and tables, and the layers and steps behind it."""

    text: str
    tables: list[Table] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the story as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Lineage:
    """Everything behind some layers: steps in running order, layers that came from outside."""

    steps: list[str]
    ingested: list[str]


def trace(store: Store, area: Area, what: str) -> Story:
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
    figures = _indexed(store, "plan_figure", "figure_id")
    rules = _indexed(store, "plan_rule", "rule_id")
    assumptions = Assumptions(area.overrides)
    sources = store.provenance().set_index("source_id")
    if what in figures.index:
        return _figure(store, figures.loc[what])
    if what in rules.index:
        return _rule(store, rules.loc[what])
    if what in assumptions:
        return _assumption(store, assumptions, what, figures)
    if what in LAYERS:
        return Story(f"{what}: {LAYERS[what].meaning}.", _behind(store, [what]))
    if what in sources.index:
        return Story(f"{what}: {sources.loc[what, 'title']}.", [_sources(store, [what])])
    known = [*figures.index, *rules.index, *(a.key for a in assumptions), *LAYERS, *sources.index]
    near = difflib.get_close_matches(what, known, n=3)
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


def _figure(store: Store, row: pd.Series[Any]) -> Story:
    spread = "" if row["low"] != row["low"] else f" ({row['low']:g} to {row['high']:g})"
    value = "not known" if row["value"] != row["value"] else f"{row['value']:g}{spread} {row['unit']}"
    which = f"rows where {row['rows']}" if isinstance(row["rows"], str) and row["rows"] else "all rows"
    text = (
        f"{row.name}: {row['label']}\n= {value}; confidence {row['confidence']}\n"
        f"= {row['method']} of {row['column']} over {which} of layer {row['layer']}"
    )
    main = str(row["assumptions"]).split(";") if isinstance(row["assumptions"], str) and row["assumptions"] else []
    return Story(text, [*_rows(store, row), *_behind(store, [row["layer"]], main=main)])


def _rule(store: Store, row: pd.Series[Any]) -> Story:
    text = (
        f"{row.name} ({row['block_id']}, {row['side']}, {row['strength']}): {row['criterion']}\n"
        f"= {row['status'].replace('_', ' ')}: {row['evidence']}\nRests on: {row['origin']}"
    )
    layers = [part.strip() for part in row["origin"].split(";") if part.strip() in LAYERS]
    return Story(text, _behind(store, layers) if layers else [])


def _assumption(store: Store, assumptions: Assumptions, key: str, figures: pd.DataFrame) -> Story:
    row = assumptions[key]
    used = store.assumptions()
    users = sorted(set(used.loc[used["key"] == key, "step"]))
    touched = [f for f, layer in figures.get("layer", {}).items() if set(users) & set(lineage([layer]).steps)]
    text = (
        f"{key}: {row.meaning}\n= {row.value:g} ({row.low:g} to {row.high:g}) {row.unit}, {row.year}\n"
        f"Source: {row.source}\nConfidence: {CONFIDENCES[row.confidence]}\n"
        f"Used by steps: {', '.join(users) or 'none so far'}\n"
        f"Figures that can move with it: {', '.join(touched) or 'none'}"
    )
    return Story(text)


def _rows(store: Store, figure: pd.Series[Any]) -> list[Table]:
    if not store.has(figure["layer"]):
        return []
    frame = store.read(figure["layer"]).drop(columns="geometry", errors="ignore")
    if isinstance(figure["rows"], str) and figure["rows"]:
        frame = frame.query(figure["rows"])
    layer = LAYERS[figure["layer"]]
    columns = [*layer.key, *(c.name for c in layer.columns if c.name in figure["column"] and c.name not in layer.key)]
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
    used = store.assumptions()
    used = used[used["step"].isin(found.steps)].drop_duplicates("key")
    keys = [key.strip() for key in main]
    used = used[used["key"].isin(keys)] if keys else used
    listed = [
        (r.key, f"{r.value:g}", f"{r.low:g} to {r.high:g}", r.unit, r.confidence, r.source)
        for r in used.itertuples(index=False)
    ]
    tables = [
        Table("Steps", ("step", "reads", "ran at"), done),
        Table("Assumptions", ("key", "value", "range", "unit", "confidence", "source"), listed),
        _sources(store, _source_ids(store, found.ingested)),
    ]
    return [table for table in tables if table.rows]


def _source_ids(store: Store, layers: Iterable[str]) -> list[str]:
    held = [layer for layer in layers if store.has(layer)]
    return sorted({str(value) for layer in held for value in store.read(layer)["source_id"].unique()})


def _sources(store: Store, names: list[str]) -> Table:
    rows = store.provenance()
    rows = rows[rows["source_id"].isin(names)]
    listed = [
        (
            r.source_id,
            r.title,
            r.publisher,
            r.licence,
            r.files.replace("\n", ", "),
            str(r.rows_kept),
            r.retrieved_at[:10],
        )
        for r in rows.itertuples(index=False)
    ]
    return Table("Sources", ("source", "what", "publisher", "licence", "files", "rows", "read on"), listed)


def _indexed(store: Store, layer: str, key: str) -> pd.DataFrame:
    return store.read(layer).set_index(key) if store.has(layer) else pd.DataFrame()
