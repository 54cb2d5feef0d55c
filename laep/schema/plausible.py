"""Numbers and shapes of files held against what can be and what is usual (`ranges`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep.schema.layers import FILLED, LAYERS
from laep.schema.ranges import ANY_UNIT, BY_UNIT
from laep.schema.vocabulary import AS_UNIT

if TYPE_CHECKING:
    import pandas as pd

    from laep.schema.columns import Column, Layer

TOLD = 3
"""So many different wrong values of a column are named in an error."""
ROUNDING = 1e-9
"""A sum may pass the end of a range by so much: shares of one add up to a hair above it."""
_ROUND_BRITAIN = (-600_000.0, -400_000.0, 1_200_000.0, 1_700_000.0)
"""Box that holds Great Britain with its seas, EPSG:27700: no shape of a file lies outside. [m]"""


def unusual(frame: pd.DataFrame, layer_name: str) -> list[str]:
    """
    Return a note on each column of a layer in its normal form whose numbers may be right and seldom are so.

    The first row is named by its key; those of a private column are counted and not told.
    """
    layer = LAYERS[layer_name]
    odd = {column: _outside(frame, column, usual=True) for column in _of_numbers(layer)}
    return [
        f"{layer_name}, {column.name}: {_held(frame, rows, column, layer)}{_say_usual(column)}; taken as it stands."
        for column, rows in odd.items()
        if rows.any()
    ]


def impossible(frame: pd.DataFrame, layer: Layer) -> list[str]:
    """Return what is wrong with each column whose numbers no such column can hold; a missing one is never wrong."""
    wrong = {column: _outside(frame, column, usual=False) for column in _of_numbers(layer)}
    return [
        f"{column.name} holds {_held(frame, rows, column, layer)}, allowed: {column.allowed or 'plausible numbers'}"
        for column, rows in wrong.items()
        if rows.any()
    ]


def far_away(frame: Any, layer: Layer) -> list[str]:
    """Return how many shapes of a layer with geometry lie, or reach, far outside Great Britain."""
    if layer.geometry is None or frame.empty:
        return []
    west, south, east, north = _ROUND_BRITAIN
    box = frame.geometry.bounds
    away = box["minx"].lt(west) | box["miny"].lt(south) | box["maxx"].gt(east) | box["maxy"].gt(north)
    return [f"{rows_of(int(away.sum()))} of {layer.name} reach far outside Great Britain"] if away.any() else []


def rows_of(count: int) -> str:
    """Return so many rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def _of_numbers(layer: Layer) -> list[Column]:
    """Return the columns that have a range: of those whose rows name their unit, the ones that files fill."""
    numbers = [column for column in layer.columns if column.type in ("float", "int")]
    return [column for column in numbers if column.unit != AS_UNIT or layer.name in FILLED]


def _say_usual(column: Column) -> str:
    unit = "" if column.unit in ("-", "count") else f" {column.unit}"
    return f", where {column.expected}{unit} is usual" if column.expected else ", which is much"


def _held(frame: pd.DataFrame, rows: pd.Series[bool], column: Column, layer: Layer) -> str:
    """Return some numbers of a column in words, how many rows hold such, and which row is the first."""
    values = frame.loc[rows, column.name].drop_duplicates()
    count = rows_of(int(rows.sum()))
    if column.private or layer.private:
        return f"others in {count}"
    more = f" and {len(values) - TOLD:,} more" if len(values) > TOLD else ""
    first = frame.loc[rows, list(layer.key)].head(1)
    named = ", ".join(f"{key} {first[key].iloc[0]}" for key in layer.key if key != column.name)
    where = f" ({'first ' if rows.sum() > 1 else ''}{named})" if named else ""
    return f"{', '.join(f'{value:,.9g}' for value in values.head(TOLD))}{more} in {count}{where}"


def _outside(frame: pd.DataFrame, column: Column, *, usual: bool) -> pd.Series[bool]:
    """Return which numbers of a column are outside what is usual, or what can be."""
    import pandas as pd

    values = frame[column.name]
    wrong = pd.Series(data=False, index=values.index)
    least, most = _ends(frame, column, usual=usual)
    if least is not None:
        wrong |= values.lt(least - ROUNDING).fillna(value=False)
    if most is not None:
        wrong |= values.gt(most + ROUNDING).fillna(value=False)
    return wrong


def _ends(frame: pd.DataFrame, column: Column, *, usual: bool) -> tuple[Any, Any]:
    """Return least and most of a column, None where it has none; arrays where each row names its unit."""
    if column.unit != AS_UNIT:
        return (column.usual or (None, None)) if usual else (column.least, column.most)
    ends = ("usual_least", "usual_most") if usual else ("least", "most")
    units = frame["unit"]
    reach = {unit: BY_UNIT.get(unit, ANY_UNIT) for unit in units.dropna().unique()}
    least, most = (units.map({unit: getattr(one, end) for unit, one in reach.items()}) for end in ends)
    return least.astype("float64"), most.astype("float64")
