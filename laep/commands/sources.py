"""`laep sources`, and `laep ingest --list`, which tells of the same sources in another table."""

from pathlib import Path
from typing import TYPE_CHECKING

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from laep.results import SourceInfo


def sources(area: AreaOption = HERE, as_json: JsonOption = False) -> None:
    """
    List every source laep reads: what it is, what file it takes, where to get it, and whether this area has it.

    Example: laep sources
    """
    headings = ("source", "what", "takes", "get it from")
    show(area, headings, lambda one: (one.source, one.title, one.accepts, one.url), as_json=as_json)


def show(
    area: Path, headings: tuple[str, ...], cells: "Callable[[SourceInfo], tuple[str, ...]]", *, as_json: bool
) -> None:
    """Show every source under some headings; inside an area folder, with whether it is here."""
    from laep import plan
    from laep.gather import catalogue
    from laep.results import Table

    here = plan.found_in(area)
    listed = here.sources() if here else catalogue.listed()
    if here:
        headings = (*headings, "here")
    rows = [(*cells(one), *((_here(one),) if here else ())) for one in listed.sources]
    screen.show(listed, Table("Sources", headings, rows), as_json=as_json)


def _here(source: "SourceInfo") -> str:
    return "no" if source.rows_here is None else f"yes, {source.rows_here:,} rows"
