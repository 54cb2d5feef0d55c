"""Steps that judge: the building blocks, the pathways, and the register of figures and unknowns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.models import guide
from laep.models.guide import asking, pathways, preferences
from laep.pipeline import ANSWERS, AREA, Step
from laep.report import register
from laep.schema import LAYERS, public
from laep.version import RELEASED

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.pipeline import Inputs

_FIGURES = ("plan_figure", "plan_unknown")


def _blocks(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    limits = _thresholds(inputs)
    evidence = guide.gather(inputs.frames(), thresholds=limits)
    judged = guide.evaluate(evidence, inputs.answers, thresholds=limits)
    return {"plan_rule": judged.rules, "plan_block": judged.blocks}


def _questions(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    limits = _thresholds(inputs)
    evidence = guide.gather(inputs.frames(), thresholds=limits)
    return {"plan_question": asking.questions_left(evidence, inputs.answers, thresholds=limits)}


def _pathways(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    rules, stands = inputs["plan_rule"], inputs["plan_block"]
    wishes = preferences.of(inputs.answers, thresholds=_thresholds(inputs))
    ranked = pathways.rank(rules, stands, wishes)
    actions = pathways.roadmap(
        ranked,
        stands,
        rules,
        inputs["plan_question"],
        start=inputs.area.begins,
        refresh_years=inputs.assumptions.value("guide.laep.refresh_years", "years"),
    )
    return {"plan_pathway": ranked, "plan_action": actions}


def _figures(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    frames = {layer: public(frame, layer) for layer, frame in inputs.frames().items()}
    return {
        "plan_figure": register.figures(frames, lapsed={one.key for one in inputs.assumptions if one.lapsed(RELEASED)}),
        "plan_unknown": register.unknowns(frames, inputs.skipped(), assumptions=inputs.assumptions_used()),
    }


def _thresholds(inputs: Inputs) -> dict[str, float]:
    return {key: inputs.assumptions.value(key, unit) for key, unit in guide.thresholds().items()}


BLOCKS = Step(
    "blocks",
    "Testing the field guide's rules on this place",
    (*guide.LAYERS, ANSWERS),
    ("plan_rule", "plan_block"),
    _blocks,
)
QUESTIONS = Step(
    "questions",
    "Finding which question would part the pathways most",
    (*guide.LAYERS, ANSWERS),
    ("plan_question",),
    _questions,
)
PATHWAYS = Step(
    "pathways",
    "Ranking the pathways and laying out a roadmap",
    ("plan_rule", "plan_block", "plan_question", ANSWERS, AREA),
    ("plan_pathway", "plan_action"),
    _pathways,
)
FIGURES = Step(
    "figures",
    "Registering every figure of the report",
    tuple(name for name in LAYERS if name not in _FIGURES),
    _FIGURES,
    _figures,
)
