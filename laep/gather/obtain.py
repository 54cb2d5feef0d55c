"""The files a source is read from: the user's own, else those fetched now, else those fetched before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import shapely

from laep import area as areas
from laep import ingest
from laep.area import SourceChoice
from laep.errors import SourceInvalid
from laep.gather import fetched
from laep.ingest.net import ways
from laep.ingest.place import licence_areas, nations
from laep.ingest.source import Place

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import Geometry

    from laep.area import Area
    from laep.gather.fetched import Fetched
    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.source import Source
    from laep.store import Store


@dataclass(frozen=True)
class Files:
    """
    Files to read a source from; where they were fetched, their records and what there is to say of fetching.

    `also` are those that options name.
    """

    files: tuple[Path, ...]
    records: tuple[Fetched, ...] = ()
    said: tuple[str, ...] = ()
    also: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Fetching:
    """What is fetched in this round, and for which place; the place is known once the boundary is read."""

    area: Area
    store: Store
    fetcher: Fetcher
    names: tuple[str, ...]

    @cached_property
    def place(self) -> Place:
        """Return the place that is fetched for."""
        return place_of(self.area, self.store, fetcher=None if self.fetcher.offline else self.fetcher)

    def wants(self, source: Source) -> bool:
        """Return whether a source without a local file is to be fetched."""
        return source.live is not None and (source.name in self.names or (self.area.live and not self.names))

    def files(self, source: Source) -> Files:
        """Fetch a source."""
        said = len(self.fetcher.notes)
        place = self.place
        if source.stands_beside:
            place = replace(place, buildings=self._standing(source.stands_beside))
        files = ways.fetch(source, self.fetcher, place)
        return Files(files, fetched.described(self.fetcher, files), tuple(self.fetcher.notes[said:]))

    def _standing(self, layer: str) -> Geometry:
        """Return where the features of a layer of the area stand, EPSG:27700; empty where it has none."""
        if layer not in self.store.layers():
            return shapely.Polygon()
        shapes = self.store.public(layer).geometry
        return shapely.union_all(shapes[shapes.intersects(self.place.clip)].to_numpy())


def place_of(area: Area, store: Store, *, fetcher: Fetcher | None = None) -> Place:
    """Return where an area whose boundary was read lies; a fetcher may ask which nation it is in."""
    boundary = store.public("in_boundary")
    clip = boundary.geometry.union_all()
    return Place(
        clip=clip,
        postcode=area.postcode,
        nations=nations.nations_of(clip, code=next(iter(boundary["code"].dropna()), None), fetcher=fetcher),
        operators=licence_areas.operators_of(clip),
    )


def files_of(area: Area, source: Source, fetching: Fetching | None) -> Files:
    """Return the files to read a source from: the user's own, else fetched now, else fetched before."""
    own = own_files(area, source.name)
    if own:
        return Files(own)
    known = Files(fetched.paths(area, source.name), fetched.of_area(area).get(source.name, ()))
    if fetching is None or not fetching.wants(source):
        return known
    try:
        return fetching.files(source)
    except SourceInvalid as fault:
        held = bool(known.files) and all(path.is_file() for path in known.files)
        if source.needs_file and (source.name in fetching.names or not held):  # one that was asked for must come
            raise
        return replace(known, said=(str(fault),))


def check(source: Source, got: Files) -> None:
    """Raise `SourceInvalid`, with where to get the source, unless there are files and all of them are files."""
    if source.needs_file and not got.files and not got.also:
        fetch = f"`laep ingest {source.name}` fetches it. " if source.live else ""
        raise SourceInvalid(
            f"no file named. {fetch}{source.title} is at {source.url}; then run "
            f"`laep ingest {source.name} --file PATH`."
        )
    for path in (*got.files, *got.also):
        if path.is_dir():
            raise SourceInvalid(f"{path}: is a folder, and laep reads files. Name the file in it: {source.accepts}.")
        if not path.is_file():
            raise SourceInvalid(f"{path}: no such file. Get {source.title} from {source.url}.")


def known_files(area: Area, name: str) -> tuple[Path, ...]:
    """Return the files a source would be read from if nothing were fetched."""
    return own_files(area, name) or fetched.paths(area, name)


def own_files(area: Area, name: str) -> tuple[Path, ...]:
    """Return the files that the user names for a source."""
    if name == "boundary":
        return (area.boundary,)
    return area.sources.get(name, SourceChoice()).files


def option_files(area: Area, name: str) -> dict[str, tuple[Path, ...]]:
    """Return the files that options of a source name, such as ground models, found from the area folder."""
    options = area.sources.get(name, SourceChoice()).options
    named = {key: options[key] for key in ingest.load(name).SOURCE.file_options if key in options}
    for key, value in named.items():
        if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
            raise SourceInvalid(
                f"{area.toml}, line {area.line_of(key, f'sources.{name}')}: {key} must be a path in quotes, or a list "
                f"of them, not {value!r}."
            )
    return {
        key: tuple(areas.path_from(area.folder, each) for each in ([value] if isinstance(value, str) else value))
        for key, value in named.items()
    }


def files_beside(area: Area, name: str) -> tuple[Path, ...]:
    """Return the files that options of a source name, in one row."""
    return tuple(path for paths in option_files(area, name).values() for path in paths)
