"""Every source laep knows: what it gives, where it applies, what it takes to fetch it, and whether this area has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep import ingest
from laep.ingest.net import keys
from laep.ingest.net import ways as live
from laep.ingest.source import NATIONS

if TYPE_CHECKING:
    from laep.ingest.source import Place, Source
    from laep.store import Store

HEADINGS = ("source", "gives", "for", "publisher", "licence", "fetched by laep", "key", "here")
_NO_FILE = "comes with laep"


def sources() -> list[Source]:
    """Return every source in reading order."""
    return [ingest.load(name).SOURCE for name in ingest.MODULES]


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


def rows(store: Store | None = None) -> list[tuple[str, ...]]:
    """Return one row a source under `HEADINGS`; the last cell is empty without a store."""
    read = {} if store is None else store.provenance().set_index("source_id")["rows_kept"].to_dict()
    return [(*described(source), _here(read.get(source.name)) if store else "") for source in sources()]


def described(source: Source, *, state: bool = True) -> tuple[str, ...]:
    """Return what `HEADINGS` says of a source, without whether it is here; `state` adds whether its key is set."""
    return (
        source.name,
        f"{source.title}: {', '.join(source.writes) or 'no layer'}",
        where(source),
        source.publisher,
        source.licence,
        fetched(source),
        key(source, state=state),
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


def _here(kept: object) -> str:
    return "no" if kept is None else f"yes, {int(str(kept)):,} rows"
