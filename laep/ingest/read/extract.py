"""One layer of an OpenStreetMap extract, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyogrio
from pyogrio.errors import FeatureError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_UNSORTED = "Non increasing"
"""What GDAL says of ids out of order, as editors of maps save them; it then reads them with another index."""


def read(
    path: Path,
    *,
    layer: str,
    columns: Sequence[str],
    bbox: tuple[float, float, float, float],
    where: str | None = None,
) -> Any:
    """
    Return the rows of a layer in a box of degrees.

    Raises
    ------
    pyogrio.errors.DataSourceError, DataLayerError, FeatureError
        For what is no extract, and for one that breaks off. Rows are not taken through Arrow: that way GDAL gives those
        before the break, or none, and no fault.
    """
    asked: dict[str, Any] = {"layer": layer, "columns": list(columns), "bbox": bbox, "where": where}
    try:
        return pyogrio.read_dataframe(path, **asked)
    except FeatureError as error:
        if _UNSORTED not in str(error):
            raise
        return pyogrio.read_dataframe(path, USE_CUSTOM_INDEXING="NO", **asked)
