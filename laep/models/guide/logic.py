"""Three-valued logic over checks read from data: a check holds, does not hold, or nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Check = Mapping[str, Any]
"""A check as it stands in a TOML file: one key of `JOINS`, or a leaf."""
JOINS = ("any", "all", "not", "first", "unless")


@dataclass(frozen=True)
class Finding:
    """What a check found: whether it holds, the sentences behind it, what it rests on, and what would settle it."""

    holds: bool | None
    because: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


def judge(check: Check, leaf: Callable[[Check], Finding]) -> Finding:
    """
    Return what a check finds, given how its leaves are judged.

    Parameters
    ----------
    check : mapping
        `any` (one holds), `all` (every one holds), `not`, `first` (the first of a list that is known decides),
        `unless` (holds until the inner check is known to hold), or a leaf.
    leaf : callable
        Judges a check that is none of these.

    Notes
    -----
    Unknown stays unknown (Kleene): `any` of a false and an unknown check is unknown, `all` of them is false.
    """
    join = next((name for name in JOINS if name in check), None)
    if join is None:
        return leaf(check)
    if join in ("not", "unless"):
        inner = judge(check[join], leaf)
        return _inverse(inner) if join == "not" else _until(inner)
    parts = [judge(part, leaf) for part in check[join]]
    if join == "first":
        return next((part for part in parts if part.holds is not None), _merged(None, parts))
    return _joined(parts, deciding=join == "any")


def leaves(check: Check) -> list[Check]:
    """Return every leaf of a check."""
    join = next((name for name in JOINS if name in check), None)
    if join is None:
        return [check]
    parts = [check[join]] if join in ("not", "unless") else check[join]
    return [leaf for part in parts for leaf in leaves(part)]


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """Return the items that are not empty, each once, in order."""
    return tuple(dict.fromkeys(item for item in items if item))


def _joined(parts: list[Finding], *, deciding: bool) -> Finding:
    """Return `any` (deciding True) or `all` (deciding False) of the parts."""
    decided = [part for part in parts if part.holds is deciding]
    if decided:
        return _merged(deciding, decided)
    unknown = any(part.holds is None for part in parts)
    return _merged(None if unknown else not deciding, parts)


def _merged(holds: bool | None, parts: list[Finding]) -> Finding:
    open_parts = [part for part in parts if part.holds is None]
    return Finding(
        holds,
        unique(sentence for part in parts for sentence in part.because),
        unique(name for part in parts for name in part.origin),
        unique(question for part in open_parts for question in part.ask) if holds is None else (),
    )


def _inverse(inner: Finding) -> Finding:
    return Finding(None if inner.holds is None else not inner.holds, inner.because, inner.origin, inner.ask)


def _until(inner: Finding) -> Finding:
    return Finding(inner.holds is not True, inner.because if inner.holds else (), inner.origin)
