"""Sources published as several tables: which of them a file is, and the columns of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import SourceInvalid
from laep.ingest.read.table import header, held, read_table, say_missing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import pandas as pd

    from laep.ingest.source import Source

    Columns = Mapping[str, tuple[str, ...]]
    Forms = Mapping[str, Columns]

_NONE: Mapping[str, Collection[str]] = {}


def every(forms: Forms) -> dict[str, tuple[str, ...]]:
    """Return `COLUMNS` of a source with several forms: our name -> the spellings it goes by in any of them."""
    found: dict[str, dict[str, None]] = {}
    for columns in forms.values():
        for ours, names in columns.items():
            found.setdefault(ours, {}).update(dict.fromkeys(names))
    return {ours: tuple(names) for ours, names in found.items()}


def read_form(
    path: Path, forms: Forms, *, source: Source, optional: Mapping[str, Collection[str]] = _NONE
) -> tuple[str, pd.DataFrame]:
    """
    Return which form a file has, and its rows under our names: the form of whose columns it has the largest share.

    Parameters
    ----------
    forms : mapping
        Name of the form -> its columns, as for `read_table`; of equals the first counts.
    optional : mapping
        Name of the form -> our names that it may lack; they do not tell it.

    Raises
    ------
    SourceInvalid
        When the file has no column of any form, or lacks one of the form it has most of.
    """
    needed = {form: _needed(columns, optional.get(form, ())) for form, columns in forms.items()}
    share = {form: len(held(path, columns, source=source)) / len(columns) for form, columns in needed.items()}
    best = max(share, key=lambda form: share[form])
    if not share[best]:
        first = [next(iter(columns.values()))[0] for columns in needed.values()]
        said = say_missing([first], header(path, {}, source=source))
        raise SourceInvalid(f"{path}: {said} laep reads {source.accepts}; get it from {source.url}.")
    return best, read_table(path, forms[best], source=source, optional=optional.get(best, ()))


def _needed(columns: Columns, optional: Collection[str]) -> dict[str, tuple[str, ...]]:
    return {ours: names for ours, names in columns.items() if ours not in optional}
