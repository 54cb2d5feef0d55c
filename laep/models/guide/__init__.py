"""
The eight building blocks of the field guide: rules as data, one engine, one shape for all.

A block is a TOML file in `blocks/`. The engine tests its rules on what the layers say (`gather`) and on what people
answered, and says what is known (`evaluate`). Results are prompts for a conversation, never a verdict.
"""

from laep.models.guide.catalogue import blocks, guide, rules, thresholds
from laep.models.guide.collect import LAYERS, gather
from laep.models.guide.engine import Judged, evaluate
from laep.models.guide.evidence import Evidence

__all__ = ["LAYERS", "Evidence", "Judged", "blocks", "evaluate", "gather", "guide", "rules", "thresholds"]
