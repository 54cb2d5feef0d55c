"""Looking into the layers a report is made from, any of which may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd


def held(frames: Mapping[str, pd.DataFrame], layer: str) -> Any:
    """Return a layer that is there and holds rows, or None."""
    frame = frames.get(layer)
    return None if frame is None or frame.empty else frame


def absent(frames: Mapping[str, pd.DataFrame], layer: str) -> bool:
    """Return whether a layer is missing or holds no rows."""
    return held(frames, layer) is None


def each(frame: pd.DataFrame | None) -> Iterable[Any]:
    """Return the rows of a frame as named tuples; no frame, no rows."""
    return () if frame is None else frame.itertuples(index=False)


def filled(frame: pd.DataFrame) -> pd.DataFrame | None:
    """Return a frame that holds rows, or None: one without rows may lack its columns too."""
    return None if frame.empty else frame
