"""Every source laep knows: what it gives, where it applies, what it takes to fetch it, and whether this area has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep import ingest
from laep.ingest.net import keys
from laep.ingest.net import ways as live
from laep.ingest.source import NATIONS
from laep.results import SourceInfo, Sources

if TYPE_CHECKING:
    from laep.ingest.source import Place, Source
    from laep.store import Store

HEADINGS = ("source", "gives", "for", "publisher", "licence", "fetched by laep", "key")
_NO_FILE = "comes with laep"


def sources() -> list[Source]:
    """Return every source, those laep ships first."""
    return [ingest.load(name).SOURCE for name in ingest.names()]


def applies(source: Source, place: Place) -> bool:
    """Return whether a source can have something for a place; what is not known of a place rules nothing out."""
    nation = not place.nations or bool(set(source.nations) & set(place.nations))
    ways = source.live.operators if isinstance(source.live, live.ByOperator) else ()
    operators = {source.operator} if source.operator else set(ways)
    return nation and (not operators or not place.operators or bool(operators & set(place.operators)))


def automatic(place: Place) -> tuple[list[str], list[str]]:
    """Return the sources that are fetched for a place unasked, and those that would be if their key were set."""
    fitting = [s for s in sources() if s.live is not None and not s.on_request and applies(s, place)]
    locked = [s.name for s in fitting if s.key and not keys.is_set(s.key)]
    return [s.name for s in fitting if s.name not in locked], locked


def stand_ins(name: str, place: Place) -> list[str]:
    """Return the sources that are fetched in the place of one that cannot be had."""
    others = (source for source in sources() if source.stands_in_for == name and source.live is not None)
    return [source.name for source in others if applies(source, place)]


def listed(store: Store | None = None, place: Place | None = None) -> Sources:
    """Return every source, with how many rows of it an area holds, and whether it applies where its place is known."""
    kept = {} if store is None else store.provenance().set_index("source_id")["rows_kept"].to_dict()
    return Sources(tuple(described(source, rows_here=kept.get(source.name), place=place) for source in sources()))


def described(
    source: Source, *, rows_here: int | None = None, place: Place | None = None, state: bool = True
) -> SourceInfo:
    """Return what there is to say of a source, and of a place; `state` adds whether its key is set."""
    return SourceInfo(
        source=source.name,
        title=source.title,
        layers=source.writes,
        places=where(source),
        publisher=source.publisher,
        licence=source.licence,
        accepts=source.accepts,
        url=source.url,
        options=source.options,
        fetched=fetched(source),
        key=key(source, state=state),
        rows_here=None if rows_here is None else int(rows_here),
        applies=None if place is None else applies(source, place),
    )


def cells(source: SourceInfo) -> tuple[str, ...]:
    """Return a source as one row under `HEADINGS`."""
    return (
        source.source,
        f"{source.title}: {', '.join(source.layers) or 'no layer'}",
        source.places,
        source.publisher,
        source.licence,
        source.fetched,
        source.key,
    )


def where(source: Source) -> str:
    """Return the nations and the operator a source is for, in words."""
    nations = "Great Britain" if set(source.nations) == set(NATIONS) else ", ".join(n.title() for n in source.nations)
    return f"{nations}, in {source.operator}'s area" if source.operator else nations


def fetched(source: Source) -> str:
    """Return whether laep fetches a source, in words."""
    if source.live is None:
        return "no: local file" if source.needs_file else _NO_FILE
    return "when named" if source.on_request else "yes"


def key(source: Source, *, state: bool = True) -> str:
    """Return whether fetching a source takes a key, and whether it is set."""
    if source.live is None or not (names := (source.key,) if source.key else source.live.keys):
        return "none"
    told = f"{'needs' if source.key else 'may need'} {', '.join(names)}"
    return f"{told} ({live.key_state(source)})" if state else told
