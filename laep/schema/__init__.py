"""Every layer of the area GeoPackage: its columns with type, unit and meaning, and its key.

The prefix says the stage: `in_` came from outside, `link_` joins things, `roof_`, `site_` and `net_` are places found,
`model_` is calculated, `plan_` is judged. Geometry is EPSG:27700 throughout. Missing stays missing, never zero.
"""

from laep.schema.columns import CRS, SCHEMA_VERSION, Column, Geometry, Layer, Type, unit_suffix
from laep.schema.frames import conform, empty, public
from laep.schema.layers import LAYERS
from laep.schema.plausible import unusual
from laep.schema.vocabulary import LAND_KINDS, LEVELS, PLACE_KINDS, USES

__all__ = [
    "CRS", "LAND_KINDS", "LAYERS", "LEVELS", "PLACE_KINDS", "SCHEMA_VERSION", "USES", "Column", "Geometry", "Layer",
    "Type", "conform", "empty", "public", "unit_suffix", "unusual",
]  # fmt: skip
