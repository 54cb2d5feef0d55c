"""`laep sources`, and `laep ingest --list`, which tells of those that apply to an area."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption

if TYPE_CHECKING:
    from laep.results import SourceInfo, Sources

_FETCHED = "yes"


def sources(
    name: Annotated[str | None, typer.Argument(metavar="[SOURCE]", help="One source, to see all of it.")] = None,
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    List every source laep reads: what it is, what file it takes, where to get it, and whether this area has it.

    Example: laep sources

    Example: laep sources osm
    """
    from laep import ingest
    from laep.results import Sources, Table

    if name is not None:
        ingest.load(name)  # an unknown one is met with the nearest
    listed = _listed(area)
    if name is not None:
        (one,) = (each for each in listed.sources if each.source == name)
        screen.show(Sources((one,)), _one(one), as_json=as_json)
        return
    rows = [(one.source, one.title, one.accepts, one.url, _here(one)) for one in listed.sources]
    screen.show(listed, Table("Sources", ("source", "what", "takes", "get it from", "here"), rows), as_json=as_json)


def show_here(area: Path, *, as_json: bool) -> None:
    """Show the sources that apply to an area on one screen: what it has, what laep fetches, what takes a file."""
    from laep.results import Table

    listed = _listed(area)
    shown = [one for one in listed.sources if one.applies is not False or one.rows_here is not None]
    rows = [(one.source, one.title, _here(one), _way(one)) for one in sorted(shown, key=_turn)]
    other = len(listed.sources) - len(shown)
    notes = [f"{other} more are for other places: `laep sources` lists all, `laep sources NAME` says all of one."]
    screen.show(
        listed, Table("Sources for this place", ("source", "what", "here", "to get it"), rows),
        notes=notes if other else (), as_json=as_json,
    )  # fmt: skip


def _listed(area: Path) -> "Sources":
    from laep import plan
    from laep.gather import catalogue

    here = plan.found_in(area)
    return here.sources() if here else catalogue.listed()


def _here(source: "SourceInfo") -> str:
    return "no" if source.rows_here is None else f"yes, {source.rows_here:,} rows"


def _turn(source: "SourceInfo") -> tuple[bool, bool]:
    """Return where a source stands in the list: first what is here, then what laep fetches by itself."""
    return source.rows_here is None, source.fetched != _FETCHED


def _way(source: "SourceInfo") -> str:
    """Return how a source comes into the area."""
    if source.fetched.startswith("no"):
        return f"a file from {urlsplit(source.url).hostname}"
    key = "" if source.key == "none" else f"; {source.key}"
    unasked = "fetched by `laep ingest`" if source.fetched == _FETCHED else source.fetched
    return (f"`laep ingest {source.source}` fetches it" if source.fetched == "when named" else unasked) + key


def _one(source: "SourceInfo") -> str:
    """Return all there is to say of a source."""
    told = {
        "publisher": source.publisher,
        "licence": source.licence,
        "for": source.places + (", so not for this area" if source.applies is False else ""),
        "here": _here(source),
        "fetched by laep": source.fetched,
        "key": source.key,
        "takes": source.accepts,
        "get it from": source.url,
        "fills": ", ".join(source.layers) or "no layer",
        "options": ", ".join(source.options) or "none",
    }
    width = max(map(len, told))
    lines = [f"{source.source}: {source.title}", *(f"  {key:<{width}}  {value}" for key, value in told.items())]
    fetch = [] if source.fetched.startswith("no") else [f"  laep ingest {source.source}"]
    return "\n".join([*lines, "", *fetch, f"  laep ingest {source.source} --file PATH"])
