"""Readings of operators' files: what the ingest sources make of each, and which of them takes another's place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from laep import ingest, plain
from laep.desk import cite, store
from laep.desk.recognise import LAYERS
from laep.errors import SourceInvalid
from laep.files import now
from laep.gather.gather import provenance
from laep.ingest.read import packed
from laep.ingest.source import Request
from laep.schema import CRS, empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    Cells = list[tuple[str, str, int, str]]

_TELLS = {
    "in_headroom": ("level", "substation_id", "direction", "technology", "basis"),
    "in_generator": ("technology", "voltage_kv", "x", "y"),
    "in_supply_area": ("operator", "level", "substation_name"),
    "in_substation": ("operator", "level", "substation_id"),
}
"""Layer, the one that says most first -> the columns by which two readings tell of the same thing."""
_SAME = 0.5
"""A file that tells of so large a share of what another told of is a new edition of it, not another part."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One file as a source has read it, or several of a source that takes them together."""

    layers: Mapping[str, Any]
    provenance: Mapping[str, Any]
    cells: Cells

    @property
    def source(self) -> str:
        """Return the name of the source."""
        return str(self.provenance["source_id"])

    @property
    def files(self) -> tuple[str, ...]:
        """Return the names of the files."""
        return tuple(str(self.provenance["files"]).split("\n"))

    @property
    def label(self) -> str:
        """Return source and files, as people are told of them."""
        return f"{self.source} ({', '.join(self.files)})"

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what became of the rows of the files, and what the source noticed."""
        read, kept = int(self.provenance["rows_read"]), int(self.provenance["rows_kept"])
        counted = f"{read:,} rows read: {kept:,} kept, {read - kept:,} left out."
        return (counted, *str(self.provenance["notes"] or "").split("\n"))

    def rows(self) -> str:
        """Return how many rows of each kind it has, in words."""
        counts = {LAYERS[layer][0]: len(frame) for layer, frame in self.layers.items() if len(frame)}
        return ", ".join(f"{number:,} {table.replace('_', ' ')} rows" for table, number in counts.items())


def read(name: str, files: Sequence[Path]) -> Iterator[Reading]:
    """
    Yield what a source makes of some files: each by itself, unless they complete each other.

    Raises
    ------
    SourceInvalid
        Also for a file of whose rows none can be used: it would take the place of one that can.
    """
    module = ingest.load(name)
    for part in [tuple(files)] if module.SOURCE.together else [(path,) for path in files]:
        found = ingest.read_source(name, Request(files=part))
        layers = {layer: frame for layer, frame in found.layers.items() if layer in LAYERS}
        if not any(len(frame) for frame in layers.values()):
            listed = ", ".join(str(path) for path in part)
            why = " ".join(found.notes)
            raise SourceInvalid(f"{listed}: none of {found.rows_read:,} rows can be used by {name}. {why}")
        with packed.opened(part) as unpacked:
            citations = cite.Citations(module, unpacked, part)
        cited = {layer: citations.cite(plain.frame(frame), LAYERS[layer][1]) for layer, frame in layers.items()}
        row = {**asdict(provenance(module.SOURCE, found, part)), "retrieved_at": now()}
        del row["layers"]
        yield Reading(cited, row, citations.verbatim(cited.values()))


def added(held: Sequence[Reading], new: Reading) -> tuple[list[Reading], str]:
    """Return readings with a new one among them, in order of source and file, and what it takes the place of."""
    old = [one for one in held if replaced(one, new)]
    kept = [one for one in held if one not in old]
    beside = [one.label for one in kept if one.source == new.source]
    said = f"{new.label}: {new.rows()}"
    if old:
        said += f", in place of {'; '.join(f'{one.label} with {one.rows()}' for one in old)}"
    elif beside:
        said += f", beside {'; '.join(beside)}"
    return sorted([*kept, new], key=lambda one: (one.source, one.files)), said


def replaced(old: Reading, new: Reading) -> bool:
    """
    Return whether a new reading takes the place of an old one of its source.

    Notes
    -----
    It does when it has a file of the same name, or tells of half of what the old one told of. So a new edition replaces
    the last one, while demand stays beside generation, one licence area beside another, and one operator's register
    beside another's.
    """
    if old.source != new.source:
        return False
    if set(old.files) & set(new.files):
        return True
    for layer, columns in _TELLS.items():
        before, after = (_things(reading.layers.get(layer), columns) for reading in (old, new))
        if before or after:
            return bool(before) and len(before & after) >= _SAME * len(before)
    return False


def joined(held: Sequence[Reading]) -> dict[str, Any]:
    """Return the layers of all readings, each row with the number of its reading, from 1; substations once a source."""
    parts: dict[str, list[Any]] = {}
    for number, reading in enumerate(held, start=1):
        for layer, frame in reading.layers.items():
            parts.setdefault(layer, []).append(frame.assign(reading=number))
    layers = {layer: pd.concat(frames, ignore_index=True) for layer, frames in parts.items()}
    if "in_substation" in layers:
        listed = layers["in_substation"]
        placed = listed.assign(_placeless=listed.geometry.is_empty | listed.geometry.isna())
        once = placed.sort_values("_placeless", kind="stable").drop_duplicates(["source_id", "level", "substation_id"])
        layers["in_substation"] = listed.loc[once.index.sort_values()].reset_index(drop=True)
    return layers


def of_store(held: store.HeadroomStore) -> list[Reading]:
    """Return the readings a store was made of."""
    layers = {layer: _typed(held, layer) for layer in LAYERS}
    cells: Cells = held.table("verbatim")[1]
    found = []
    for row in held.sources():
        own = {layer: frame[frame["reading"] == row["fid"]] for layer, frame in layers.items()}
        files = set(row["files"].split("\n"))
        found.append(
            Reading(
                {layer: frame.reset_index(drop=True) for layer, frame in own.items() if len(frame)},
                {name: row[name] for name in store.SOURCE},
                [cell for cell in cells if cell[0] == row["source_id"] and cell[1] in files],
            )
        )
    return found


def _things(frame: Any, columns: Sequence[str]) -> set[tuple[Any, ...]]:
    if frame is None or not len(frame):
        return set()
    told = pd.DataFrame(frame.drop(columns="geometry")) if "geometry" in frame else frame
    if "x" in columns:
        told = told.assign(x=frame.geometry.x.round(), y=frame.geometry.y.round())
    return set(told[list(columns)].astype("string").fillna("").itertuples(index=False, name=None))


def _typed(held: store.HeadroomStore, layer: str) -> Any:
    """Return rows of a store in the types of the layer; substations made up for headroom rows, and copies, go."""
    names, rows = held.table(LAYERS[layer][0])
    frame, own = pd.DataFrame(rows, columns=names), empty(layer)
    if layer == "in_substation":
        frame = frame[frame["made_up"] == 0]
    if layer == "in_headroom":
        frame = frame.drop_duplicates([column for column in frame if column not in {"fid", "substation_fid"}])
    kept = frame.reindex(columns=[*(name for name in own.columns if name != "geometry"), *store.CITE])
    cited = {"file": "string", "source_row": "Int64", "reading": "Int64"}
    types = {name: own[name].dtype for name in kept.columns if name in own} | cited
    kept = kept.astype(types).reset_index(drop=True)
    if "geometry" not in own:
        return kept
    blobs = [None if blob is None else store.wkb(blob) for blob in frame["geom"]]
    return gpd.GeoDataFrame(kept, geometry=gpd.GeoSeries.from_wkb(blobs, crs=CRS), crs=CRS)
