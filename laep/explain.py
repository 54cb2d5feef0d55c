"""`laep explain`: from any id that laep prints back to source rows, assumptions, or what the field guide says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from laep import steps, words
from laep.assumptions import CONFIDENCES, Assumptions
from laep.errors import UserFault
from laep.hints import nearest
from laep.models.guide.named import named
from laep.results import Story, Table
from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    import pandas as pd

    from laep.area import Area
    from laep.pipeline import Step
    from laep.store import StepState, Store

Row = dict[Any, Any]
_ROWS_SHOWN = 20
_WHOLE_FROM = 1000
"""Numbers from here on are shown without decimals."""
_EVERY = ".*"
"""How a key ends in the report that stands for several assumptions."""
_STEPS = {step.name: step for step in steps.STEPS}
_WRITERS = {layer: step for step in steps.STEPS for layer in step.writes}


@dataclass(frozen=True)
class Lineage:
    """Everything behind some layers: steps in running order, layers that came from outside."""

    steps: list[str]
    ingested: list[str]


@dataclass(frozen=True)
class Held:
    """What an area holds that stories are told from; each part is read once, for any number of stories."""

    area: Area
    store: Store

    @cached_property
    def figures(self) -> dict[str, Row]:
        """Return the rows of `plan_figure` by id."""
        return self._by_id("plan_figure", "figure_id")

    @cached_property
    def rules(self) -> dict[str, Row]:
        """Return the rows of `plan_rule` by id."""
        return self._by_id("plan_rule", "rule_id")

    @cached_property
    def actions(self) -> dict[str, Row]:
        """Return the steps of the roadmap by id."""
        return self._by_id("plan_action", "action_id")

    @cached_property
    def sources(self) -> dict[str, Row]:
        """Return the rows of provenance by source."""
        return {row["source_id"]: row for row in _rows_of(self.store.provenance())}

    @cached_property
    def used(self) -> list[Row]:
        """Return one row for each step and assumption it used."""
        return _rows_of(self.store.assumptions())

    @cached_property
    def ran(self) -> Mapping[str, StepState]:
        """Return how each step ran, by its name."""
        return self.store.steps()

    @cached_property
    def sources_of(self) -> dict[str, list[str]]:
        """Return the sources whose rows each ingested layer holds."""
        return {name: self.store.source_ids(name) for name in self.store.layers() if name.startswith("in_")}

    def _by_id(self, layer: str, key: str) -> dict[str, Row]:
        return {row[key]: row for row in _rows_of(self.store.public(layer))} if self.store.has(layer) else {}


def trace(area: Area, store: Store, what: str) -> Story:
    """Return where `what` comes from; see `told`."""
    return told(Held(area, store), what)


def told(held: Held, what: str) -> Story:
    """
    Return where `what` comes from.

    Parameters
    ----------
    what : str
        A figure id, rule id, assumption key, the name of a layer, source or step, or any other id of the field guide
        and the roadmap: a principle, a gate, a block, a pathway, a question, a step of a checklist.

    Raises
    ------
    UserFault
        When there is no such thing; names the nearest.
    """
    assumptions = Assumptions(held.area.overrides)
    if what in held.figures:
        return _figure(held, held.figures[what])
    if what in held.rules:
        return _rule(held, held.rules[what])
    if what in assumptions:
        return _assumption(held, assumptions, what)
    if what.endswith(_EVERY) and (several := [a.key for a in assumptions if a.key.startswith(what[:-1])]):
        return Story("\n\n".join(_assumption(held, assumptions, key).text for key in several))
    if what in LAYERS:
        return Story(f"{what}: {LAYERS[what].meaning}.", _behind(held, [what]))
    if what in held.sources:
        return Story(f"{what}: {held.sources[what]['title']}.", [_sources(held, [what])])
    if what in _STEPS:
        return _step(held, _STEPS[what])
    if what in named() or what in held.actions:
        return _by_guide(held, what)
    known = [*held.figures, *held.rules, *(a.key for a in assumptions), *LAYERS, *held.sources, *_STEPS, *named()]
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


def _figure(held: Held, figure: Row) -> Story:
    ends = ["not known" if figure[end] is None else _plain(figure[end]) for end in ("low", "high")]
    spread = f" ({ends[0]} to {ends[1]})" if set(ends) != {"not known"} else ""
    value = "not known" if figure["value"] is None else f"{_plain(figure['value'])}{spread} {figure['unit']}"
    which = f"rows where {figure['rows']}" if figure["rows"] else "all rows"
    text = (
        f"{figure['figure_id']}: {figure['label']}\n= {value}; confidence {figure['confidence']}\n"
        f"= {figure['method']} of {figure['column']} over {which} of layer {figure['layer']}"
    )
    main = [key.strip() for key in (figure["assumptions"] or "").split(";") if key.strip()]
    return Story(text, [*_figure_rows(held.store, figure), *_behind(held, [figure["layer"]], main=main)])


def _rule(held: Held, rule: Row) -> Story:
    text = (
        f"{rule['rule_id']} ({rule['block_id']}, {rule['side']}, {rule['strength']}): {rule['criterion']}\n"
        f"= {rule['status'].replace('_', ' ')}: {rule['evidence']}\nRests on: {rule['origin']}"
    )
    layers = [part.strip() for part in rule["origin"].split(";") if part.strip() in LAYERS]
    return Story(text, _behind(held, layers) if layers else [])


def _step(held: Held, step: Step) -> Story:
    text = f"{step.name}: {step.title}, a step of laep.\nWrites: {', '.join(step.writes)}"
    return Story(text, _behind(held, list(step.writes)))


def _by_guide(held: Held, what: str) -> Story:
    """Return what the field guide calls by an id, and what the roadmap of this place makes of it."""
    lines = named().get(what, "a step of the roadmap.")
    if (row := held.actions.get(what)) is None:
        return Story(f"{what}: {lines}")
    when = words.quarters(row["starts"], row["ends"])
    return Story(f"{what}: {lines}\nIn the roadmap here: {row['action']}\n{when}; {row['who']}. Why: {row['why']}")


def _assumption(held: Held, assumptions: Assumptions, key: str) -> Story:
    row = assumptions[key]
    users = sorted({used["step"] for used in held.used if used["key"] == key})
    moved = [name for name, figure in held.figures.items() if set(users) & set(lineage([figure["layer"]]).steps)]
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


def _behind(held: Held, layers: list[str], *, main: Iterable[str] = ()) -> list[Table]:
    found = lineage(layers)
    done = [
        (name, ", ".join(sorted(held.ran[name].inputs)), held.ran[name].ran_at[:16].replace("T", " "))
        for name in found.steps
        if name in held.ran
    ]
    wanted = set(main)
    used = {row["key"]: row for row in held.used if row["step"] in found.steps and (not wanted or row["key"] in wanted)}
    listed = [
        (key, f"{r['value']:g}", f"{r['low']:g} to {r['high']:g}", r["unit"], r["confidence"], r["source"])
        for key, r in sorted(used.items())
    ]
    tables = [
        Table("Steps", ("step", "reads", "ran at"), done),
        Table("Assumptions", ("key", "value", "range", "unit", "confidence", "source"), listed),
        _sources(held, {name for layer in found.ingested for name in held.sources_of.get(layer, ())}),
    ]
    return [table for table in tables if table.rows]


def _sources(held: Held, names: Container[str]) -> Table:
    listed = [
        (
            r["source_id"], r["title"], r["publisher"], r["licence"], r["files"].replace("\n", ", "),
            str(r["rows_kept"]), r["retrieved_at"][:10],
        )
        for r in held.sources.values()
        if r["source_id"] in names
    ]  # fmt: skip
    return Table("Sources", ("source", "what", "publisher", "licence", "files", "rows", "read on"), listed)


def _plain(value: float) -> str:
    return words.whole(value) if abs(value) >= _WHOLE_FROM else words.number(value, 4)


def _rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows as plain dicts, missing values as None."""
    return frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
