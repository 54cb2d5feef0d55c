"""`laep ingest`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from laep.commands import screen, sources
from laep.commands.options import HERE, AreaOption, JsonOption, OfflineOption
from laep.errors import UserFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laep.results import Gathered

WITHOUT_OUTLINES = 3
"""Exit code when the area has no outline of a building: scripts should not go on to a plan."""
_WITHOUT_OUTLINES = (
    "No outlines of buildings could be had, and a plan starts from them. Try `laep ingest` again in an hour, or get an "
    "extract of OpenStreetMap and run `laep ingest osm --file PATH`; until then `laep report` makes a starter."
)


def ingest(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources; none means all.")] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="Local file of the one source named; repeatable.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read sources that have not changed, and ask for newer ones, as well.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the sources named out of the area again.")] = False,
    offline: OfflineOption = False,
    list_: Annotated[
        bool, typer.Option("--list", help="Show the sources that apply here, and which this area has.")
    ] = False,
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Gather sources into the area GeoPackage: fetch what applies to the place, read what has changed.

    With no source named: all that laep.toml names and, where it says `live = true`, all that can be fetched for the
    place without a key or with a key that is set. A source named without a file is fetched. A file given here is
    remembered in laep.toml.

    Example: laep ingest

    Example: laep ingest osm --file newport.osm.pbf

    Example: laep ingest --remove tenure

    Example: laep ingest --list
    """
    from laep import plan
    from laep.commands.progress import Progress

    if list_:
        sources.show_here(area, as_json=as_json)
        return
    found = plan.open_folder(area)
    if remove:
        if not names or file:
            raise UserFault("Name the sources to take out, without files, as in `laep ingest --remove tenure`.")
        gone = found.remove(*names)
        screen.show(gone, _removed(gone), as_json=as_json)
        return
    with Progress() as progress:
        gathered = found.ingest(
            *(names or ()), files=tuple(file or ()), again=again, offline=offline, on_event=progress.event,
            on_bytes=progress.bytes,
        )  # fmt: skip
    lines = [f"{one.source}: {one.kept}" for one in gathered.read]
    lines += [_removed(gathered)] * bool(gathered.removed)
    shown = "\n".join(lines or ["Nothing has changed since the last ingest."])
    screen.show(gathered, shown, notes=_notes(gathered), as_json=as_json)
    if not gathered.outlines and not names:
        screen.note(_WITHOUT_OUTLINES)
        raise typer.Exit(WITHOUT_OUTLINES)


def _asked(gathered: "Gathered") -> str:
    """Return what went over the network, and which hosts were waited for."""
    requests, size = (sum(getattr(one, name) for one in gathered.hosts) for name in ("requests", "megabytes"))
    waits = ", ".join(f"{one.host} {one.waited_s:,.0f} s" for one in gathered.hosts if one.waited_s >= 1)
    return f"{requests:,} requests, {size:,.1f} MB." + (f" Waited for {waits}." if waits else "")


def _removed(gathered: "Gathered") -> str:
    return f"Taken out of the area: {', '.join(gathered.removed)}. Run `laep report` to plan without."


def _notes(gathered: "Gathered") -> "Iterator[str]":
    """Yield what was noticed of sources, and what the place has to do without for now, with the way to get it."""
    yield from (f"  {one.source}: {note}" for one in gathered.read for note in one.notes)
    if gathered.missed:
        yield f"Could not be had now ({len(gathered.missed)}); the rest is kept:"
        yield from (f"  {name}: {note}" for name, note in gathered.missed.items())
    if gathered.uncached:
        yield f"Offline, and never fetched before: {', '.join(gathered.uncached)}."
    if gathered.hosts:
        yield _asked(gathered)
    if gathered.locked:
        keys, names = ", ".join(sorted(set(gathered.locked.values()))), ", ".join(gathered.locked)
        yield f"Not fetched without a key ({keys}): {names}. `laep doctor` says where to get keys."
