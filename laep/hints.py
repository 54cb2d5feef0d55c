"""What to type instead: the known word nearest to one that is not known, and the line of a TOML file it stands on."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FEW = 20
"""So many known words can still be listed in an error."""


def nearest(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """
    Return up to `most` known words that look like `word`, the likest first; capitals make no difference.

    `cutoff` runs from 0 to 1 (the same).
    """
    by_fold = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word.casefold(), by_fold, n=most, cutoff=cutoff)
    return [by_fold[each] for each in found]


def meant(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the question whether the nearest known word was meant, a space before it; nothing when none is near."""
    near = nearest(word, known, cutoff=cutoff)
    return f" Did you mean {near[0]!r}?" if near else ""


def did_you_mean(word: str, known: Iterable[str], *, list_up_to: int = FEW) -> str:
    """Return a sentence naming the known word nearest to `word`, else the first `list_up_to` of the known words."""
    words = list(known)
    return meant(word, words).strip() or f"Known: {', '.join(words[:list_up_to])}."


_QUOTES = re.compile("[\u2018\u2019\u201c\u201d]")
_MENDED = (
    (_QUOTES, "Use straight quotes, not the curly ones of a word processor."),
    (re.compile(r"\\"), "Write folders with / instead of \\, as in C:/Users/me/map.pbf."),
    (re.compile(r"=\s*[\d.]+,\d"), "Write numbers without commas, as in 1200."),
    (re.compile(r"=\s*(?!true\b|false\b|inf\b|nan\b)[A-Za-z]"), 'Text needs quotes, as in "some words".'),
)
"""What is often wrong on the line that TOML stumbles at, and how to write it."""


def toml_mend(text: str, error: str) -> str:
    """Return how to mend the line of TOML `text` that `error` points at, a space before it; nothing when unknown."""
    if "overwrite" in error or "Cannot declare" in error:
        return " It stands there twice: keep one of the two."
    found = re.search(r"at line (\d+)", error)
    line = text.splitlines()[int(found[1]) - 1] if found else ""
    return next((f" {mend}" for pattern, mend in _MENDED if pattern.search(line)), "")


def toml_line(text: str, key: str, section: str = "") -> int | None:
    """
    Return the line (from 1) of TOML `text` that sets `key` in `section`, or None.

    With no section it is the line of the heading `[key]`, or of the first one below it. A key may be quoted, carry
    its section in front of it (`section.key = ...`), or be a heading of its own (`[section.key]`).
    """
    current, whole = "", f"{section}.{key}" if section else key
    own = re.compile(rf'\s*(?:{re.escape(section)}\s*\.\s*)?["\']?{re.escape(key)}["\']?\s*[.=]')
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"\s*\[+([^\]]+)\]", line):
            current = re.sub(r"[\"'\s]", "", heading.group(1))
            if current == whole or (not section and current.startswith(f"{key}.")):
                return number
        elif own.match(line) and (current == section or (section and not current and section in line)):
            return number
    return None
