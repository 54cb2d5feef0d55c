"""Files made wrong on purpose: bytes flipped, ends cut, cells of tables exchanged, numbers blown up."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

_CELLS = (
    "", "nan", "inf", "-inf", "1e400", "-1", "1e20", "1,5", "N/A", "33/11kV", "2030/31", "=1+1", "\x1b[2J", "\u2212 5",
    "x" * 300,    '"', "\x00", "POLYGON ((0 0, 1 1", "<!--<script>", "9" * 30,
)  # fmt: skip
_MEASURED = re.compile(r"k ?wh|mwh|\bmw\b|\bmva\b|\bkva\b|household|observation", re.IGNORECASE)
"""Headers of columns whose numbers say how much there is of something."""
TIMES = 1_000_000


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Return a file with some of it changed in one of the ways files break."""
    return dice.choice(_WAYS)(content, dice)


def has_measured(path: Path) -> bool:
    """Return whether a file is a table that says how much there is of something."""
    return path.suffix.lower() == ".csv" and bool(_measured(_rows(path.read_bytes())))


def blown_up(content: bytes, dice: random.Random) -> bytes:
    """Return a table that `has_measured` numbers with one of them a million times too large."""
    rows = _rows(content)
    row, at = dice.choice(_measured(rows))
    rows[row][at] = f"{float(rows[row][at].replace(',', '')) * TIMES:.0f}"
    return _written(rows)


def _measured(rows: list[list[str]]) -> list[tuple[int, int]]:
    """Return row and column of every measured number."""
    columns = [at for at, name in enumerate(rows[0]) if _MEASURED.search(name)]
    return [(row, at) for row in range(1, len(rows)) for at in columns if _positive(rows[row], at)]


def _flipped(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 3, 20))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(1, len(content))]


def _without_a_piece(content: bytes, dice: random.Random) -> bytes:
    first = dice.randrange(len(content))
    return content[:first] + content[first + dice.randrange(1, 2000) :]


def _twice(content: bytes, dice: random.Random) -> bytes:
    first = dice.randrange(len(content))
    return content[: first + 500] + content[first:]


def _with_odd_words(content: bytes, dice: random.Random) -> bytes:
    """Return a text file with some of its numbers exchanged for what else stands in cells."""
    text = content.decode("utf-8", errors="surrogateescape")
    numbers = list(re.finditer(r"-?\d+(?:\.\d+)?", text[:200_000]))
    for found in sorted(dice.sample(numbers, min(3, len(numbers))), key=lambda match: -match.start()):
        text = text[: found.start()] + dice.choice(_CELLS) + text[found.end() :]
    return text.encode("utf-8", errors="surrogateescape")


def _other_encoding(content: bytes, dice: random.Random) -> bytes:
    text = content.decode("utf-8", errors="replace")
    return text.encode(dice.choice(("utf-16", "cp1252", "utf-8-sig")), errors="replace")


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped, _cut, _without_a_piece, _twice, _with_odd_words, _with_odd_words, _other_encoding,
)  # fmt: skip


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("latin-1"), newline="")))


def _written(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("latin-1")


def _positive(row: list[str], at: int) -> bool:
    return at < len(row) and re.fullmatch(r"[1-9][\d,]*(\.\d+)?|0\.\d*[1-9]\d*", row[at].strip()) is not None
