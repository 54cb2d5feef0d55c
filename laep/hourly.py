"""The power of every suitable roof plane in every hour of the year, as one Parquet file beside the area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from laep import answers as answers_file
from laep import files
from laep.assumptions import Assumptions
from laep.models.energy import solar
from laep.models.time.clock import HOURS
from laep.pipeline import Inputs
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laep.area import Area
    from laep.store import Store

READS = ("in_boundary", "in_weather", "roof_plane", "roof_shade")
SCHEMA = pa.schema(
    [
        ("roof_id", pa.string()),
        ("building_id", pa.string()),
        ("capacity_kwp", pa.float64()),
        pa.field("kw", pa.list_(pa.float32()), metadata={"meaning": "mean of each hour from 1 January 00:00 UTC, kW"}),
    ]
)
PLANES_AT_ONCE = 256
"""Planes held at a time: their half-hours take 36 MB."""


def write(area: Area, store: Store, path: Path) -> int:
    """Write the hourly power of every suitable plane to `path`, some planes at a time; return how many."""
    inputs = Inputs(
        area=area,
        store=store,
        assumptions=Assumptions(area.overrides),
        answers=answers_file.read(area.answers),
        reads=READS,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with files.locked(path), files.replacing(path) as part, pq.ParquetWriter(part, SCHEMA, compression="zstd") as file:
        for planes in _planes(inputs):
            file.write_table(pa.Table.from_pandas(planes, schema=SCHEMA, preserve_index=False))
            count += len(planes)
    return count


def _planes(inputs: Inputs) -> Iterator[pd.DataFrame]:
    """Yield the suitable planes, some at a time, with the power of their panels in every hour."""
    roofs = inputs["roof_plane"]
    roofs = roofs[roofs["suitable"].astype(bool) & (roofs["capacity_kwp"] > 0)].reset_index(drop=True)
    sky, system = kit.sky_over(inputs), kit.system_from(inputs.assumptions)
    shade = kit.shade_on(inputs, roofs["roof_id"])
    for first in range(0, len(roofs), PLANES_AT_ONCE):
        here = slice(first, first + PLANES_AT_ONCE)
        some = roofs.iloc[here].reset_index(drop=True)
        each = pd.Series(np.arange(len(some)))
        power = solar.group_power(some, some["capacity_kwp"], each, sky, system=system, shade=solar.part(shade, here))
        hours = power.to_numpy().reshape(HOURS, -1, len(some)).mean(axis=1).astype("float32")
        yield pd.DataFrame(some[list(SCHEMA.names[:-1])]).assign(kw=list(np.ascontiguousarray(hours.T)))
