"""What a source is, what it is asked for, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from shapely import Geometry


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who publishes a dataset, under what terms, where to get it, and which layers it fills."""

    name: str
    title: str
    publisher: str
    licence: str
    attribution: str
    url: str
    writes: tuple[str, ...]
    accepts: str
    options: tuple[str, ...] = ()
    needs_file: bool = True


@dataclass(frozen=True, kw_only=True)
class Request:
    """
    One call of a source's `read`.

    Attributes
    ----------
    files : tuple of Path
        Local files to read; empty for a source that ships with laep.
    clip : Geometry or None
        The area, a polygon in EPSG:27700; None only while the boundary itself is read.
    options : mapping
        Further keys of `[sources.NAME]` in laep.toml, such as `layer` or `where`.
    area_id, name : str
        Short name and full name of the area.
    postcode : str or None
        A postcode in the area, where laep.toml gives one.
    """

    files: tuple[Path, ...] = ()
    clip: Geometry | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    area_id: str = ""
    name: str = ""
    postcode: str | None = None


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
