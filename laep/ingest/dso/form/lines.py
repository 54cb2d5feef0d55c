"""Published lines and cables of any operator -> `in_line`, those in the area and 500 m round it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from laep.errors import SourceInvalid
from laep.ingest.dso.form import normal
from laep.ingest.read import cells, positions, shape_table
from laep.ingest.read.files import files_of
from laep.ingest.read.layer import as_layer
from laep.ingest.read.vector import unique_ids
from laep.ingest.source import Ingested

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from laep.ingest.source import Request, Source

OPTIONS = ("layer", "where", "crs", "level")
LEVELS = ("lv", "hv", "ehv")
HV_FROM_KV, EHV_FROM_KV = 1.0, 22.0
"""Low voltage is below 1 kV in law; operators call 6.6 to 20 kV high, 33 kV and more extra-high voltage."""
_WORDS = (
    (r"under\s*ground|cable", "underground"),
    (r"over\s*head|\bo/?h\b|conductor|bare wire|\babc\b", "overhead"),
)
"""Tried in this order on what the operator says of a line."""
_NAMED = ((r"(?<![a-z])(?:lv|low[ _-]?voltage)(?![a-z])", "lv"), (r"(?<![a-z])hv(?![a-z])", "hv"), (r"ehv", "ehv"))
OURS = ("line_id", "voltage", "level", "kind", "circuit", "status")


def read(
    request: Request,
    source: Source,
    columns: Mapping[str, Collection[str]],
    *,
    operator: str,
    kind: str = "not_stated",
    needs: Collection[str] = (),
) -> Ingested:
    """
    Return the lines of the files that come within 500 m of the area, whole.

    Parameters
    ----------
    columns : mapping
        Our name (of `OURS`) -> published names.
    kind : str
        What every line is where no column says so: `overhead` for a dataset of overhead lines.
    needs : collection of str
        Our names without which the file is another dataset.

    Notes
    -----
    The level is the published one, else that of the voltage, else the one in the file's name
    (`ukpn-lv-overhead-lines-shapefile.csv`), else the option `level`. Lines are not joined up: neither switches nor
    which end feeds which are published with them.
    """
    optional = [ours for ours in columns if ours not in needs]
    frames, rows_read = [], 0
    notes: list[str] = []
    for path in files_of(request, source):
        found = shape_table.read(path, columns, request, source, kind="line", margin_m=normal.EDGE_M, optional=optional)
        near = positions.near(found.frame.geometry, request.clip, distance_m=normal.EDGE_M)
        lines = found.frame[near].reindex(columns=[*OURS, "geometry"])
        frames.append(lines.assign(named=_named_level(path, request, source)))
        notes += found.notes
        rows_read += found.rows_read
    every = pd.concat(frames, ignore_index=True)
    table = _described(every, kind=kind).assign(operator=operator)
    notes = [_counted(table, rows_read), *notes]
    return Ingested(
        layers={"in_line": as_layer(table, "in_line", source=source)},
        rows_read=rows_read, rows_kept=len(table), notes=tuple(notes),
    )  # fmt: skip


def level_of(kv: pd.Series[float]) -> pd.Series[str]:
    """Return lv, hv or ehv for a voltage in kV; missing where there is none."""
    level = pd.Series(pd.NA, index=kv.index, dtype="string")
    level[kv.lt(HV_FROM_KV)] = "lv"
    level[kv.ge(HV_FROM_KV) & kv.lt(EHV_FROM_KV)] = "hv"
    level[kv.ge(EHV_FROM_KV)] = "ehv"
    return level


def _described(lines: pd.DataFrame, *, kind: str) -> pd.DataFrame:
    text = {name: lines[name].astype("string") for name in OURS}
    lowest, highest = normal.voltage_list(text["voltage"])
    kv = highest.fillna(lowest)
    said = text["level"].fillna(text["voltage"]).str.casefold()
    return lines.assign(
        line_id=unique_ids(text["line_id"], lines.geometry.to_numpy()),
        voltage_kv=kv,
        level=_worded(said).fillna(level_of(kv)).fillna(lines["named"].astype("string")).fillna("not_stated"),
        kind=_kind(text["kind"]).fillna(kind),
        circuit=cells.tidy(text["circuit"]),
        status=cells.tidy(text["status"]),
        length_m=lines.length,
    )


def _worded(said: pd.Series[str]) -> pd.Series[str]:
    """Return the level a word such as `LV`, `HV Line` or `EHV+` stands for."""
    level = pd.Series(pd.NA, index=said.index, dtype="string")
    for pattern, ours in _NAMED:
        level[said.str.contains(pattern).fillna(value=False)] = ours
    return level


def _kind(text: pd.Series[str]) -> pd.Series[str]:
    kind = pd.Series(pd.NA, index=text.index, dtype="string")
    for pattern, ours in reversed(_WORDS):
        kind[text.str.contains(pattern, case=False).fillna(value=False)] = ours
    return kind


def _named_level(path: Path, request: Request, source: Source) -> str | None:
    """Return the level the option `level` or the file's name gives, such as `lv-overhead` or `33kv-overhead`."""
    given = request.options.get("level")
    if given is not None and given not in LEVELS:
        raise SourceInvalid(f"[sources.{source.name}] level = {given!r}: write one of {', '.join(LEVELS)}.")
    if given is not None:
        return str(given)
    stem = path.stem.casefold()
    named = [level for pattern, level in _NAMED if re.search(pattern, stem)]
    if named:
        return named[-1]
    if match := re.search(r"(\d+(?:[.-]\d)?)kv", stem):
        return str(level_of(pd.Series([float(match[1].replace("-", "."))]))[0])
    return None


def _counted(table: pd.DataFrame, rows_read: int) -> str:
    note = f"{len(table):,} of {rows_read:,} lines come within {normal.EDGE_M:.0f} m of the area."
    if table.empty:
        return f"{note} Is this the file of the operator that serves this place?"
    by_level = table.groupby("level")["length_m"].sum() / 1000.0
    parts = ", ".join(f"{level} {km:,.1f} km" for level, km in by_level.items())
    return f"{note} Their lengths: {parts}."
