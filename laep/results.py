"""What the verbs of a `Plan` give back: small frozen dataclasses. As JSON they are what `--json` prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

from laep.assumptions import Assumption
from laep.checked import (
    AssumptionUsed,
    Binding,
    Cost,
    DataUsed,
    Level,
    Measured,
    Network,
    Proposal,
    ProposalChecked,
    Queue,
    Route,
    ServedBy,
    SourceRow,
    Spot,
    Transmission,
    Works,
)
from laep.schema.vocabulary import SURENESS

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
"""Raised when a field of any result changes its name, its meaning or its type, or goes; new fields do not raise it."""


@dataclass(frozen=True)
class Result:
    """What a verb gives back."""

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data, with the version of its shape."""
        return {"schema_version": SCHEMA_VERSION, **as_data(self)}

    def frame(self, name: str | None = None) -> "pd.DataFrame":
        """Return one list of the result as a frame, a row an item; without a name, its first field."""
        import pandas as pd

        listed = name or fields(self)[0].name
        kind, *_ = get_args(get_type_hints(type(self))[listed])
        columns = [one.name for one in fields(kind)]  # an empty list has its columns too
        return pd.DataFrame([as_data(item) for item in getattr(self, listed)], columns=columns)


def as_data(part: Any) -> Any:
    """Return a part of a result as plain data; a field that may be left out, for its default is None, then is."""
    if is_dataclass(part):
        held = ((one, getattr(part, one.name)) for one in fields(part))
        return {one.name: as_data(value) for one, value in held if value is not None or one.default is not None}
    if isinstance(part, Mapping):
        return {key: as_data(value) for key, value in part.items()}
    if isinstance(part, tuple | list):
        return [as_data(value) for value in part]
    return part


@dataclass(frozen=True)
class Made(Result):
    """A new area folder."""

    folder: Annotated[Path, "the area folder"]
    name: Annotated[str, "name of the area as people say it"]
    found_by: Annotated[str, "how the place was found: file, code, name, point or postcode"]
    hectares: Annotated[float, "size of the place, in hectares"]


@dataclass(frozen=True)
class SourceRead:
    """One source that was read into the area."""

    source: Annotated[str, "name of the source"]
    rows_read: Annotated[int, "rows of its files"]
    rows_kept: Annotated[int, "rows that concern the area and could be read"]
    edition: Annotated[str, "edition of its files, empty where none is stated"]
    notes: Annotated[tuple[str, ...], "what was noticed: rows dropped, guesses made, licences stated"]

    @property
    def kept(self) -> str:
        """Return how many rows were kept, in words."""
        dropped = f" of {self.rows_read:,}" if self.rows_read > self.rows_kept else ""
        return f"{self.rows_kept:,}{dropped} rows kept"


@dataclass(frozen=True)
class HostAsked:
    """What went over the line to one host."""

    host: Annotated[str, "name of the host"]
    requests: Annotated[int, "requests made"]
    megabytes: Annotated[float, "what came, as it came over the line"]
    waited_s: Annotated[float, "how long laep waited for it to answer or to be less busy, in seconds"]


@dataclass(frozen=True)
class Gathered(Result):
    """What was read into the area, and what the place has to do without for now."""

    read: Annotated[tuple[SourceRead, ...], "sources that had changed, in reading order"]
    missed: Annotated[Mapping[str, str], "sources that nobody named and that could not be had, each with the reason"]
    uncached: Annotated[tuple[str, ...], "sources that could be had online, while laep is offline"]
    locked: Annotated[Mapping[str, str], "sources that are not fetched without a key, each with the key's name"]
    removed: Annotated[tuple[str, ...], "sources whose rows were taken out"] = ()
    hosts: Annotated[tuple[HostAsked, ...], "hosts that were asked, those that sent most first"] = ()
    outlines: Annotated[bool, "whether the area has outlines of buildings, without which there is no plan"] = True


@dataclass(frozen=True)
class StepRan:
    """What became of one step."""

    step: Annotated[str, "name of the step"]
    state: Annotated[str, "done, skipped or fresh"]
    why: Annotated[str, "why it ran, empty where it did not have to"]
    note: Annotated[str, "what it noticed, or why it was skipped"]


@dataclass(frozen=True)
class Ran(Result):
    """What became of every step."""

    steps: Annotated[tuple[StepRan, ...], "all steps, in running order"]


@dataclass(frozen=True)
class Written(Result):
    """The report on disk."""

    report: Annotated[Path, "the page"]
    area: Annotated[Path, "the area folder"]
    lacks: Annotated[tuple[str, ...], "what data the plan does without, each with the command that gets it"] = ()


@dataclass(frozen=True)
class Published(Result):
    """A copy of a plan to share."""

    report: Annotated[Path, "the page"]
    geopackage: Annotated[Path, "the layers that are not private, without what is private in them"]
    layers: Annotated[tuple[str, ...], "layers in it"]
    left_out: Annotated[tuple[str, ...], "layers that stay in the area folder"]


@dataclass(frozen=True)
class HourlyFile(Result):
    """The power of roof planes in every hour of the year, on disk."""

    file: Annotated[Path, "the Parquet file"]
    planes: Annotated[int, "suitable roof planes in it, one a row"]


@dataclass(frozen=True)
class SourceStanding:
    """Whether one source of the area is up to date."""

    source: Annotated[str, "name of the source"]
    state: Annotated[str, "fresh, stale, new or missing (its file is gone)"]
    read: Annotated[str, "date it was read or fetched, empty when never"]
    reason: Annotated[str, "why it is not fresh"]


@dataclass(frozen=True)
class StepStanding:
    """Whether one step is up to date."""

    step: Annotated[str, "name of the step"]
    state: Annotated[str, "fresh, stale, new or skipped"]
    reason: Annotated[str, "why it is not fresh, or what it noticed"]


@dataclass(frozen=True)
class LayerStanding:
    """One layer the area holds."""

    layer: Annotated[str, "name of the layer"]
    rows: Annotated[int, "how many rows it has"]
    written_by: Annotated[str, "the step or source that wrote it last"]
    written_at: Annotated[str, "when, in UTC"]


@dataclass(frozen=True)
class Status(Result):
    """How an area stands."""

    area: Annotated[str, "name of the area"]
    sources: Annotated[tuple[SourceStanding, ...], "sources the area names, in reading order"]
    steps: Annotated[tuple[StepStanding, ...], "all steps, in running order"]
    layers: Annotated[tuple[LayerStanding, ...], "layers the area holds"]


@dataclass(frozen=True)
class ColumnInfo:
    """One column of a layer."""

    column: Annotated[str, "name of the column"]
    type: Annotated[str, "text, float, int, bool or time"]
    unit: Annotated[str, "unit of its numbers, - where it has none"]
    allowed: Annotated[str, "words or range its values are held to, empty where anything goes"]
    meaning: Annotated[str, "what it holds"]


@dataclass(frozen=True)
class LayerInfo:
    """One layer of the schema, held or not."""

    layer: Annotated[str, "name of the layer"]
    geometry: Annotated[str, "kind of geometry, or table"]
    written_by: Annotated[str, "the step or sources that write it"]
    meaning: Annotated[str, "what it holds"]
    key: Annotated[tuple[str, ...], "columns that name a row"]
    columns: Annotated[tuple[ColumnInfo, ...], "its columns"]


@dataclass(frozen=True)
class Layers(Result):
    """Layers of an area GeoPackage, as the schema describes them."""

    layers: Annotated[tuple[LayerInfo, ...], "the layers, or the one that was asked for"]


@dataclass(frozen=True)
class SourceInfo:
    """One source laep can read."""

    source: Annotated[str, "name of the source"]
    title: Annotated[str, "what it is"]
    layers: Annotated[tuple[str, ...], "layers it fills"]
    places: Annotated[str, "nations and operator it is for"]
    publisher: Annotated[str, "who publishes it"]
    licence: Annotated[str, "terms of use"]
    accepts: Annotated[str, "files it takes"]
    url: Annotated[str, "where a person gets it"]
    options: Annotated[tuple[str, ...], "keys it takes in laep.toml, besides file and files"]
    fetched: Annotated[str, "whether laep fetches it"]
    key: Annotated[str, "the key that fetching takes, and whether it is set"]
    rows_here: Annotated[int | None, "rows the area has of it, null when none was read or there is no area"]
    applies: Annotated[bool | None, "whether it may have something for the area, null when its place is not known"] = (
        None
    )


@dataclass(frozen=True)
class Sources(Result):
    """Every source laep can read."""

    sources: Annotated[tuple[SourceInfo, ...], "the sources, in reading order"]


@dataclass(frozen=True)
class Assumed(Result):
    """Assumptions as they stand."""

    assumptions: Annotated[tuple[Assumption, ...], "those asked for, or those just changed"]


@dataclass(frozen=True)
class Table:
    """A titled table of text."""

    title: Annotated[str, "what the table shows"]
    headings: Annotated[tuple[str, ...], "headings of its columns"]
    rows: Annotated[Sequence[tuple[str, ...]], "its cells, row by row"]


@dataclass(frozen=True)
class Story(Result):
    """What an id is, in words and tables, and the layers and steps behind it."""

    text: Annotated[str, "what it is, in words"]
    tables: Annotated[Sequence[Table], "rows, steps, assumptions and sources behind it"] = ()


@dataclass(frozen=True)
class Finding:
    """One thing looked at, what was found, and what to do about it."""

    topic: Annotated[str, "what was looked at"]
    state: Annotated[str, "good, warn or bad"]
    found: Annotated[str, "what was found"]
    advice: Annotated[str, "what to do about it, empty where nothing need be done"] = ""


@dataclass(frozen=True)
class Examined(Result):
    """What was found about this computer and this area."""

    findings: Annotated[tuple[Finding, ...], "one a thing looked at"]


@dataclass(frozen=True)
class StoreBuilt(Result):
    """A headroom store that was made or added to."""

    store: Annotated[Path, "the store"]
    rows: Annotated[Mapping[str, int], "rows the store now holds, by table"]
    read: Annotated[Mapping[str, tuple[str, ...]], "files that were read, each with its rows and what was noticed"]
    changes: Annotated[tuple[str, ...], "what each file added, and what it took the place of"]
    notes: Annotated[tuple[str, ...], "what was noticed while linking"]


@dataclass(frozen=True, kw_only=True)
class Checked(Result):
    """One proposal checked; the page of the headroom desk says how each part is found."""

    verdict: Annotated[str, "the worst verdict of its measures"]
    words: Annotated[str, "the verdict in words, with what caps it"]
    sureness: Annotated[str, f"what it rests on: {', '.join(SURENESS)}"]
    conditions: Annotated[tuple[str, ...], "what has to hold beside the published figures, where there is room"]
    doubt: Annotated[str, "why the substation is only likely the one it hangs from, empty where that is known"]
    binding: Annotated[Binding, "what binds: measure, level, substation and where"]
    proposal: Annotated[Proposal, "what was asked"]
    network: Annotated[Network, "whose network the place is on, its licence areas, how that was found, what was read"]
    place: Annotated[Spot | None, "where it is, null when a substation was asked for"]
    served_by: Annotated[ServedBy, "the substation it hangs from, how that was found, and how sure that is"]
    measures: Annotated[
        tuple[Measured, ...],
        "verdict, room and reason for each of generation, demand and storage that is asked for",
    ]
    chain: Annotated[tuple[Level, ...], "each level up, with the published figure before and after"]
    queue: Annotated[Queue, "what is connected and accepted, by the register and as the operator sums it up"]
    route: Annotated[Route, "connection route: G98, G99 short form, or G99 with its type"]
    transmission: Annotated[Transmission, "whether a transmission impact assessment is needed"]
    cost: Annotated[Cost | None, "order of size of the connection cost, null above what is known"]
    works: Annotated[tuple[Works, ...], "planned works along the chain"]
    help: Annotated[tuple[str, ...], "what else would let it in"]
    notes: Annotated[tuple[str, ...], "what to bear in mind"]
    data: Annotated[tuple[DataUsed, ...], "sources, with edition, age and licence"]
    source_rows: Annotated[tuple[SourceRow, ...], "file and row of each figure"]
    assumptions: Annotated[tuple[AssumptionUsed, ...], "assumptions the answer used"]


@dataclass(frozen=True)
class FileChecked(Result):
    """Many proposals checked."""

    verdicts: Annotated[Mapping[str, int], "how many proposals have each verdict"]
    not_checked: Annotated[tuple[str, ...], "rows that could not be read, each with the reason"]
    out: Annotated[Path | None, "the file results were written to, null when they are below"]
    proposals: Annotated[tuple[ProposalChecked, ...], "one a row of the file; empty when they were written to a file"]


@dataclass(frozen=True)
class MapDrawn(Result):
    """A map of headroom on disk."""

    page: Annotated[Path, "the page"]
    layer: Annotated[Path, "the GeoPackage"]
    substations: Annotated[int, "substations on the map"]
    areas: Annotated[int, "supply areas on the map"]


OF_COMMAND = {
    "init": Made,
    "ingest": Gathered,
    "ingest --list": Sources,
    "run": Ran,
    "solar": HourlyFile,
    "report": Written,
    "publish": Published,
    "status": Status,
    "layers": Layers,
    "sources": Sources,
    "assumptions": Assumed,
    "explain": Story,
    "demo": Written,
    "doctor": Examined,
    "headroom build": StoreBuilt,
    "headroom check": Checked,
    "headroom check --file": FileChecked,
    "headroom map": MapDrawn,
}
"""What each command gives with `--json`."""
