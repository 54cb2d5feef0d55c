"""Lists of places whose kind stands in no one column: the register of schools, and councils' lists of property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.ingest.read.vector import texts

if TYPE_CHECKING:
    from pathlib import Path

_SCHOOLS = "establishmentstatus (name)"
_ASSETS = ("holdingtype", "otherdetail")
_ASSET_KINDS = (
    ("school", r"school|academy|nursery|education"),
    ("library", r"librar"),
    ("worship", r"church|chapel"),
    ("health", r"health|clinic|surgery|medical"),
    ("sport", r"leisure cent|leisure|sport|swim|pool|gym|pavilion|golf|tennis|bowl"),
    ("hall", r"community|village hall|parish hall|scout|guide|youth|\bhall\b(?!.*town hall)"),
    ("civic", r"town hall|council|civic|depot|office|museum|theatre|court|police|fire|cemetery|crematori"),
)
"""What a council's property is, by the words for its use and its name, in this order."""
_NO_PLACE = (
    r"allotment|park\b|parks|memorial|garage|toilet|convenience|land at|land adj|site of|car park|kiosk|substation"
)
"""Property where nobody meets."""


def adapt(frame: Any, path: Path) -> tuple[Any, pd.Series[str] | None, list[str]]:
    """
    Return the rows of a known list that are places people go to, their kinds, and notes; kinds None for other files.

    The register of schools (GIAS, `edubasealldata`): open schools only. Council property lists (land and building
    assets): buildings, by the words for their use, else their name; a building of unknown use is the council's own.
    """
    named = {str(name).casefold(): str(name) for name in frame.columns}
    if _SCHOOLS in named:
        return _schools(frame, path, named)
    if all(name in named for name in _ASSETS):
        return _assets(frame, path, named)
    return frame, None, []


def _schools(frame: Any, path: Path, named: dict[str, str]) -> tuple[Any, pd.Series[str], list[str]]:
    status = texts(frame, named[_SCHOOLS]).str.lower()
    is_open = status.str.startswith("open", na=False).to_numpy(dtype=bool)
    closed = int((~is_open).sum())
    notes = [f"{path.name}: schools that are closed or only proposed, left out: {closed}."] if closed else []
    kept = frame[is_open]
    kind = texts(kept, named.get("typeofestablishment (name)")).str.lower()
    centre = kind.str.contains("children", na=False).to_numpy(dtype=bool)
    schools = pd.Series("school", index=kept.index, dtype="string").mask(centre, "civic")
    return kept, schools, notes


def _assets(frame: Any, path: Path, named: dict[str, str]) -> tuple[Any, pd.Series[str], list[str]]:
    built = texts(frame, named["holdingtype"]).str.contains("building", case=False, na=False).to_numpy(dtype=bool)
    use = texts(frame, named["otherdetail"]).str.lower()
    name = texts(frame, named.get("propertyname")).str.lower()
    kind = pd.Series(pd.NA, index=frame.index, dtype="string")
    for words in (use, name):
        for found, pattern in _ASSET_KINDS:
            kind = kind.mask(kind.isna() & words.str.contains(pattern, regex=True, na=False), found)
    nowhere = (use.fillna("") + " " + name.fillna("")).str.contains(_NO_PLACE, regex=True).to_numpy(dtype=bool)
    kind = kind.mask(kind.isna() & ~nowhere, "civic")
    kept = built & kind.notna().to_numpy(dtype=bool)
    left = int((~kept).sum())
    notes = [f"{path.name}: land, and buildings where nobody meets, left out: {left}."] if left else []
    return frame[kept], kind[kept], notes
