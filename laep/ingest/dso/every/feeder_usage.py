"""Half-hourly smart-meter sums of low-voltage feeders, of any operator -> typical days in `in_load_profile`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from laep.ingest.dso.form import normal
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import ByOperator
from laep.ingest.read import positions
from laep.ingest.read.files import files_of
from laep.ingest.read.table import arrow_batches, numeric, read_chunks
from laep.ingest.read.typical_days import TypicalDays
from laep.ingest.source import Ingested, Source
from laep.schema import CRS, conform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely import Geometry

    from laep.ingest.source import Request

_AT_UKPN = "ukpn-smart-meter-consumption-lv-feeder"
SOURCE = Source(
    name="feeder_usage",
    title="smart-meter use by low-voltage feeder",
    publisher="The network operator of the area",
    licence="See the operator's dataset page (UK Power Networks: CC BY 4.0)",
    attribution="Supported by open data of the network operator",
    url="https://www.energynetworks.org (smart meter data by feeder, on each operator's data portal)",
    writes=("in_load_profile",),
    takes=("in_feeder",),
    accepts="the CSV of half-hours by feeder, one or several months or days, of any operator",
    live=ByOperator(
        ways=(("ukpn", Opendatasoft(host=HOSTS["ukpn"], dataset=_AT_UKPN, near="geopoint", margin_m=normal.EDGE_M)),)
    ),
    on_request=True,
    tested_on="excerpt",
)
"""Others publish files of some 800 MB a day or month, which laep does not fetch. Feeders are also found
by `in_feeder`, where the area has it: some operators publish no positions."""

COLUMNS = {
    "dataset_id": ("dataset_id",),
    "alias": ("dno_alias",),
    "secondary_id": ("secondary_substation_id",),
    "secondary_name": ("secondary_substation_name",),
    "feeder": ("lv_feeder_id",),
    "position": ("substation_geo_location", "geopoint", "geo_point_2d"),
    "meters": ("aggregated_device_count_active",),
    "watt_hours": ("total_consumption_active_import",),
    "stamp": ("data_collection_log_timestamp",),
}
"""Our name -> spellings of SSEN, National Grid (`LV_feeder_ID`: case does not matter) and UK Power Networks."""
_OPTIONAL = ("secondary_name", "position", "feeder")
_STAMP = pa.timestamp("ms", tz="UTC")
_TYPES = {
    **dict.fromkeys(COLUMNS, pa.string()),
    "meters": pa.float64(),
    "watt_hours": pa.float64(),
    "stamp": _STAMP,
}
_OPERATORS = {
    "SSEN": "ssen",
    "NGED": "nged",
    "WPD": "nged",
    "UKPN": "ukpn",
    "NPG": "npg",
    "ENWL": "enwl",
    "SPEN": "spen",
}
_ID_IN_DATASET = "SSEN"  # its dataset_id is the feeder's id; elsewhere it names the month, or nothing that lasts
_STAMPED_AT_END = "SSEN"  # its file of a day runs from 00:30 to 24:00; National Grid's month begins at 00:00
_HALF_HOUR_MS = 1_800_000
_NO_FEEDER = -1


def read(request: Request) -> Ingested:
    """
    Return the typical days of the feeders in the area, or within 500 m of it.

    Notes
    -----
    One pass over the files, a block at a time, so memory does not grow with their length. A half-hour whose sum is
    withheld (too few meters) is counted and left out. Watt-hours in half an hour become kilowatts. Days and periods go
    by the local clock, as people do: on the day the clock goes back two periods count twice, and on the day it goes
    forward two are missing. A feeder without a position is kept when `in_feeder` says that it serves a postcode here.
    """
    known = request.layers.get("in_feeder")
    ids = [] if known is None else known["feeder_id"].dropna().astype(str).unique().tolist()
    sums = _Sums(clip=request.clip, named=frozenset(ids), bare=_bare(ids))
    for path in files_of(request, SOURCE):
        for batch in _batches(path):
            sums.add(batch)
    frame = sums.frame()
    return Ingested(
        layers={"in_load_profile": conform(frame.assign(source_id=SOURCE.name), "in_load_profile")},
        rows_read=sums.rows,
        rows_kept=sums.kept,
        notes=tuple(_notes(sums, frame)),
    )


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield a file in typed blocks; one with a value that is not of its type is read as text from where it stands."""
    done = 0
    try:
        for batch in arrow_batches(path, COLUMNS, _TYPES, source=SOURCE, optional=_OPTIONAL):
            yield batch
            done += batch.num_rows
    except pa.ArrowInvalid:
        yield from _text_batches(path, done)


def _text_batches(path: Path, skip: int) -> Iterator[pa.RecordBatch]:
    for text in read_chunks(path, COLUMNS, source=SOURCE, optional=_OPTIONAL):
        left = text.loc[text.index >= skip]
        typed = left.assign(
            meters=numeric(left["meters"]),
            watt_hours=numeric(left["watt_hours"]),
            stamp=pd.to_datetime(left["stamp"], errors="coerce", utc=True, format="ISO8601").dt.as_unit("ms"),
        )
        fields = [(name, _TYPES[name]) for name in typed.columns]
        yield pa.RecordBatch.from_pandas(typed, schema=pa.schema(fields), preserve_index=False)


@dataclass
class _Sums:
    """What has been read so far, of feeders in the area."""

    clip: Geometry | None
    named: frozenset[str]
    bare: dict[str, str]
    rows: int = 0
    mended: int = 0
    kept: int = 0
    withheld: int = 0
    unreadable: int = 0
    elsewhere: set[str] = field(default_factory=set)
    placeless: set[str] = field(default_factory=set)
    codes: dict[str, int] = field(default_factory=dict)
    about: list[tuple[str, str, str, str | None, str | None]] = field(default_factory=list)
    days: TypicalDays = field(default_factory=TypicalDays)

    def add(self, batch: pa.RecordBatch) -> None:
        """Add one block of rows."""
        self.rows += batch.num_rows
        code = self._codes(batch)
        kw = batch.column("watt_hours").to_numpy(zero_copy_only=False) * 2 / 1000
        stamp = batch.column("stamp").cast(pa.int64())
        timed = np.asarray(stamp.is_valid())
        here = code != _NO_FEEDER
        withheld = here & np.isnan(kw)
        self.withheld += int(withheld.sum())
        self.unreadable += int((here & ~timed).sum())
        good = here & timed & ~withheld
        self.kept += int(good.sum())
        if good.any():
            ms = stamp.fill_null(0).to_numpy(zero_copy_only=False)[good]
            meters = np.nan_to_num(batch.column("meters").to_numpy(zero_copy_only=False)[good])
            self.days.add(code[good], ms - self._lead(batch)[good], kw[good], meters)

    def frame(self) -> pd.DataFrame:
        """Return the typical days as columns of `in_load_profile`, `source_id` aside, and let go of the sums."""
        about = pd.DataFrame(self.about, columns=_ABOUT, dtype="string")
        days = self.days.frame([name for name, *_ in self.about])
        named = about.take(days.pop("asset").to_numpy()).reset_index(drop=True)
        return pd.concat([named, days], axis="columns").assign(unit="kW")

    def _lead(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        """Return how far a stamp stands after the start of its half-hour. [ms]."""
        at_end = pc.fill_null(pc.equal(batch.column("alias"), _STAMPED_AT_END), fill_value=False)
        return np.where(np.asarray(at_end), _HALF_HOUR_MS, 0)

    def _codes(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        """Return the number of each row's feeder, `_NO_FEEDER` where it is not in the area or has no id."""
        encoded = _feeder_ids(batch).dictionary_encode()
        ids = encoded.dictionary.to_pylist()
        index = encoded.indices.fill_null(len(ids)).to_numpy(zero_copy_only=False)
        unseen = [at for at, name in enumerate(ids) if name not in self.codes and not self._ruled_out(name)]
        if unseen:
            first = np.full(len(ids) + 1, -1)
            first[index[::-1]] = np.arange(len(index))[::-1]
            self._meet([ids[at] for at in unseen], batch.take(pa.array(first[unseen])))
        numbers = np.array([*(self.codes.get(name, _NO_FEEDER) for name in ids), _NO_FEEDER], dtype=np.int64)
        of_rows: NDArray[np.int64] = numbers[index]
        return of_rows

    def _ruled_out(self, name: str) -> bool:
        return name in self.elsewhere or name in self.placeless

    def _meet(self, names: list[str], rows: pa.RecordBatch) -> None:
        """Give feeders met for the first time a number, or note why they are left out."""
        held = rows.schema.names
        position, alias, secondary, title = (
            rows.column(name).to_pylist() if name in held else [None] * len(names)
            for name in ("position", "alias", "secondary_id", "secondary_name")
        )
        placed = _near(position, self.clip)
        feeders = "feeder" in held
        for at, name in enumerate(names):
            whole = name if name in self.named else self.bare.get(str(name).lstrip("0"), name)
            if placed[at] is False and whole not in self.named:
                self.elsewhere.add(name)
            elif placed[at] is None and self.clip is not None and whole not in self.named:
                self.placeless.add(name)
            else:
                self.mended += whole != name
                if whole not in self.codes:
                    self.codes[whole] = len(self.about)
                    operator = _OPERATORS.get(str(alias[at]).upper(), "unknown")
                    level = "feeder" if feeders else "secondary"
                    self.about.append((whole, level, operator, secondary[at], title[at]))
                self.codes[name] = self.codes[whole]


_ABOUT = ("asset_id", "level", "operator", "substation_id", "substation_name")


def _feeder_ids(batch: pa.RecordBatch) -> Any:
    """Return the feeder's id: the operator's own where it has one, else substation and feeder, or substation alone."""
    secondary = batch.column("secondary_id")
    both = (
        pc.binary_join_element_wise(secondary, batch.column("feeder"), "-")
        if "feeder" in batch.schema.names
        else secondary
    )
    own = pc.fill_null(pc.equal(batch.column("alias"), _ID_IN_DATASET), fill_value=False)
    ids = pc.if_else(own, batch.column("dataset_id"), pc.coalesce(both, secondary))
    return ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids


def _near(texts: list[Any], clip: Geometry | None) -> list[bool | None]:
    """Return whether each position, `latitude, longitude` as text, is in the area or near it; None where it is none."""
    latitude, longitude = positions.split_pair(pd.Series(texts, dtype="string"))
    points = positions.points(latitude=latitude, longitude=longitude).points
    near = positions.near(gpd.GeoSeries(points, crs=CRS), clip, distance_m=normal.EDGE_M)
    missing = shapely.is_missing(points.to_numpy())
    return [None if gone else bool(inside) for gone, inside in zip(missing, near, strict=True)]


def _bare(ids: list[str]) -> dict[str, str]:
    """Return the ids that can be told by what is left without the zeros before them."""
    short = Counter(name.lstrip("0") for name in ids)
    return {name.lstrip("0"): name for name in ids if short[name.lstrip("0")] == 1}


def _placeless_note(sums: _Sums) -> str:
    start = (
        f"{len(sums.placeless):,} feeders have no position, and no list of feeders says that they serve a postcode "
        "here: left out."
    )
    if not sums.named:
        return f"{start} Read the operator's list with `laep ingest ssen_feeder_lookup --file PATH` first."
    return (
        f"{start} Their numbers are written like {min(sums.placeless)!r}, those of the list held like "
        f"{min(sums.named)!r}."
    )


def _notes(sums: _Sums, frame: pd.DataFrame) -> list[str]:
    counted = (
        f"{len(sums.about):,} feeders are in the area or within {normal.EDGE_M:.0f} m of it; "
        f"{len(sums.elsewhere):,} are not; {sums.kept:,} of {sums.rows:,} half-hours are kept."
    )
    notes = [counted]
    if sums.mended:
        notes.append(
            f"{sums.mended:,} feeders have lost the zeros their number begins with, as spreadsheets cut them: each is "
            "read as the one feeder of the area that has those digits."
        )
    if sums.placeless:
        notes.append(_placeless_note(sums))
    if sums.withheld:
        notes.append(f"{sums.withheld:,} half-hours are withheld by the operator because too few meters report.")
    if sums.unreadable:
        notes.append(f"{sums.unreadable:,} half-hours have no time that can be read.")
    if not frame.empty:
        notes.append(f"Meters summed at a time, on average: {frame['meters'].mean():.1f} a feeder.")
    return notes
