"""What a source is, what it is asked for, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from shapely import Geometry

    from laep.ingest.net.fetch import Fetcher

NATIONS = ("england", "wales", "scotland")


@dataclass(frozen=True, kw_only=True)
class Place:
    """
    Where live access asks for data.

    Attributes
    ----------
    clip : Geometry
        The area, a polygon in EPSG:27700.
    postcode : str or None
        A postcode in the area, where one is known.
    nations : tuple of str
        The nations the area lies in; empty when unknown.
    operators : tuple of str
        The network operator groups that serve it; empty when unknown.
    buildings : Geometry or None
        Where its buildings stand, EPSG:27700, empty where no outline is known; None where nobody has looked.
    """

    clip: Geometry
    postcode: str | None = None
    nations: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    buildings: Geometry | None = None

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in EPSG:27700, in metres."""
        west, south, east, north = self.clip.bounds
        return west, south, east, north

    @property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in EPSG:4326, in degrees: a box that holds all of `bounds_m`."""
        from pyproj import Transformer  # noqa: PLC0415 - most readers of this module never ask

        change = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
        west, south, east, north = change.transform_bounds(*self.bounds_m)
        return west, south, east, north


class Live(Protocol):
    """A way to get a source's files for one place over the network; one small frozen dataclass a protocol."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys this way sends when they are set."""

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """
        Return files in the shared cache that `read` takes as if they were local.

        Raises
        ------
        SourceInvalid
            Saying what the server answered, and the way to get the file by hand.
        """


@dataclass(frozen=True, kw_only=True)
class Source:
    """
    Who publishes a dataset, under what terms, where to get it, and which layers it fills.

    `nations` and `operator` say where it applies (`operator`: one of `OPERATORS`, None for any). `live` is the way to
    fetch it, None when it comes from a local file only; `on_request` marks one that is large or rarely needed, and so
    is fetched only when it is named. `key` names the key without which live access is refused; the user sets an
    environment variable of that name. `file_options` are those of `options` that name files: they are found from the
    area folder and watched for change like `files`. `told_by`, a key of `vocabulary.TOLD_BY`, marks a source that tells
    of things another source tells of too: its rows carry the word, and `spatial.network.generators` makes one row of
    each thing. `together` marks a source whose files complete each other, so that one alone says too little: the desk
    reads those of others one by one. `keeps_files` marks one whose layers name its files, which steps open again.
    `tested_on` is "real file", "excerpt" or "schema only".

    `takes` are the layers of the area it reads its files by; sources that fill them are read before it. `private` are
    our names of those of its `COLUMNS` that may name a person or customer; None, which stands until somebody has
    looked, means that any may. Rows are copied as published only from a source that says, and of them only columns in
    `COLUMNS` that are not private: a column nobody has named stays behind.
    """

    name: str
    title: str
    publisher: str
    licence: str
    attribution: str
    url: str
    writes: tuple[str, ...]
    accepts: str
    takes: tuple[str, ...] = ()
    private: tuple[str, ...] | None = None
    options: tuple[str, ...] = ()
    file_options: tuple[str, ...] = ()
    needs_file: bool = True
    nations: tuple[str, ...] = NATIONS
    operator: str | None = None
    live: Live | None = None
    on_request: bool = False
    key: str | None = None
    told_by: str = ""
    together: bool = False
    keeps_files: bool = False
    tested_on: str = ""
    stands_in_for: str = ""
    stands_beside: str = ""

    @property
    def of_households(self) -> bool:
        """Return whether some of its rows are one household each, so that not even its files' names are published."""
        return any(LAYERS[layer].private for layer in self.writes)


@dataclass(frozen=True, kw_only=True)
class Request:
    """
    One call of a source's `read`.

    Attributes
    ----------
    files : tuple of Path
        Local files to read; empty for a source that ships with laep.
    clip : Geometry or None
        The area, a polygon in EPSG:27700. None where there is no area: while the boundary itself is read, and at the
        headroom desk, which reads operators' files whole. A source that fills a layer of the desk (`in_substation`,
        `in_supply_area`, `in_headroom`, `in_generator`) then returns every row.
    layers : mapping
        What other sources have written of the layers in `Source.takes`, by name; those the area lacks are not in it.
    options : mapping
        Further keys of `[sources.NAME]` in laep.toml, such as `layer` or `where`.
    area_id, name : str
        Short name and full name of the area.
    postcode : str or None
        A postcode in the area, where laep.toml gives one.
    folder : Path or None
        The area folder, for a source whose files stay where they are.
    """

    files: tuple[Path, ...] = ()
    clip: Geometry | None = None
    layers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    area_id: str = ""
    name: str = ""
    postcode: str | None = None
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """
    What a source gives back.

    `layers` maps layer names to frames that `schema.conform` accepts (every row with `source_id`). `rows_read` and
    `rows_kept` count source rows; `notes` are plain sentences on what was dropped, repaired or unmatched; `edition`
    says which edition of the data this is, where the file tells.
    """

    layers: dict[str, pd.DataFrame]
    rows_read: int
    rows_kept: int
    notes: tuple[str, ...] = ()
    edition: str = ""
