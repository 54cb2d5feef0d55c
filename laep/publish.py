"""The report on disk, and the copy of a plan to share: what is private in the area folder is in neither."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from laep import answers, files, pipeline, steps
from laep.assumptions import Assumptions
from laep.errors import UserFault
from laep.ingest.place import licence_areas
from laep.models import guide
from laep.models.guide import preferences
from laep.report import html
from laep.report.material import ReportInputs
from laep.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from laep.answers import Answers
    from laep.area import Area
    from laep.store import Store

PAGE = "index.html"


def write(area: Area, store: Store) -> Path:
    """Write the report of `area` to `report/index.html` and return its path."""
    said = answers.read(area.answers)
    page = html.report(
        ReportInputs(
            frames={layer: store.public(layer) for layer in store.layers()},
            provenance=store.provenance(),
            assumptions=store.assumptions(),
            name=area.name,
            laep_version=__version__,
            generated=dt.datetime.now(dt.UTC).date(),
            skipped=tuple(pipeline.skipped(store, steps.STEPS)),
            wishes=_wishes(area, said),
            asked=_asked(said),
            served=_served(store),
        )
    )
    path = area.report / PAGE
    with files.locked(area.report):
        path.parent.mkdir(exist_ok=True)
        files.remove_dead_parts(path)
        files.write_text(path, page)
    return path


def share(area: Area, store: Store, into: Path) -> list[str]:
    """
    Write the report and what of the area GeoPackage is not private into the folder `into`; return its layers.

    Raises
    ------
    UserFault
        When `into` is the area folder, whose own GeoPackage would be replaced.
    """
    if into.resolve() == area.folder:
        raise UserFault(
            f"{into}: is the area folder, which holds homes. Name another, as in `laep publish --into share`."
        )
    page, layers = into / PAGE, into / area.gpkg.name
    into.parent.mkdir(parents=True, exist_ok=True)
    with files.locked(into):
        into.mkdir(exist_ok=True)
        for path in (page, layers):
            files.remove_dead_parts(path)
        files.write_text(page, files.read_text(area.report / PAGE))
        return store.write_public(layers)


def _served(store: Store) -> tuple[tuple[str, str, str], ...]:
    """Return the licence areas the place lies in, or may lie in, with operator and confidence."""
    if "in_boundary" not in store.layers():
        return ()
    place = store.public("in_boundary").geometry.union_all()
    return tuple((one.licence_area, one.operator, one.confidence) for one in licence_areas.served_by(place))


def _wishes(area: Area, said: Answers) -> tuple[str, ...]:
    table = Assumptions(area.overrides)
    limits = {key: table.value(key, unit) for key, unit in guide.thresholds().items()}
    return preferences.of(said, thresholds=limits).wishes


def _asked(said: Answers) -> str:
    """Return who was asked what they want, in words; empty when nobody says."""
    answer = said.given.get("priorities")
    if answer is None or answer.count is None:
        return ""
    return f"{answer.count:,} residents" + (f", {answer.date}" if answer.date else "")
