"""The ground plan that every map of an area shares: what part of the world is drawn, and its buildings as paths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from laep.report import legend
from laep.report.draw import svg
from laep.report.layers import held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

_UNITS_ACROSS = 5000
"""About how many drawing units a map is wide: fine enough to zoom in on, coarse enough to stay small."""
_UNIT_STEPS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_TALLEST = 1.1
_FLATTEST = 0.6
"""Height over width of a map stays between these, so that it sits well on a page and on a phone."""
_MARGIN = 0.05


@dataclass(frozen=True)
class Ground:
    """
    The plan that every map of an area shares: what part of the world is drawn, and the buildings as paths.

    `buildings` maps (use group, roof class) to one path. When `shared`, maps point to `definitions()`, which has to be
    on the same page, instead of drawing the buildings again.
    """

    x0: float
    y1: float
    unit: float
    width: int
    height: int
    boundary: str
    buildings: Mapping[tuple[str, int], str] = field(default_factory=dict)
    shared: bool = False

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return a British National Grid position in drawing units."""
        return (x - self.x0) / self.unit, (self.y1 - y) / self.unit

    def holds(self, x: float, y: float) -> bool:
        """Return whether a position is on the map."""
        across, down = self.at(x, y)
        return 0 <= across <= self.width and 0 <= down <= self.height

    @property
    def letter(self) -> float:
        """Return the height of map lettering in drawing units."""
        return self.width / 36

    def path(self, shapes: Any, tolerance: float = 1.0) -> str:
        """Return areas as a path, straightened by up to `tolerance` drawing units."""
        return svg.area_path(
            np.asarray(shapes, dtype=object), x0=self.x0, y1=self.y1, unit=self.unit, tolerance=tolerance * self.unit
        )

    def definitions(self) -> str:
        """Return the shared building paths as an invisible drawing to put on the page once."""
        paths = [svg.element("path", id=_id(key), d=path) for key, path in self.buildings.items()]
        return svg.element(
            "svg", svg.element("defs", *paths), width="0", height="0", aria_hidden="true", focusable="false",
            class_="shared-ground",
        )  # fmt: skip

    def draw_buildings(self, colour: Callable[[str, int], str]) -> list[str]:
        """Return the buildings, coloured by use group and roof class."""
        drawn = []
        for key, path in self.buildings.items():
            fill = colour(*key)
            drawn.append(
                svg.element("use", href=f"#{_id(key)}", fill=fill)
                if self.shared
                else svg.element("path", d=path, fill=fill)
            )
        return drawn

    def draw_boundary(self) -> str:
        """Return the outline of the area."""
        return svg.element(
            "path", d=self.boundary, fill="none", stroke=legend.INK, stroke_width=self.letter * 0.11,
            stroke_dasharray=f"{self.letter * 0.5:.0f} {self.letter * 0.28:.0f}", stroke_linejoin="round",
        )  # fmt: skip


def ground(frames: Mapping[str, pd.DataFrame], *, shared: bool = False) -> Ground | None:
    """Return the plan of the area, or None when neither a boundary nor buildings are held."""
    there = [held(frames, name) for name in ("in_boundary", "in_building")]
    outlines: list[Any] = [frame for frame in there if frame is not None]
    if not outlines:
        return None
    x0, y0, x1, y1 = (float(v) for v in outlines[0].total_bounds)
    x0, y0, x1, y1 = _roomy(x0, y0, x1, y1)
    unit = next((step for step in _UNIT_STEPS if (x1 - x0) / step <= _UNITS_ACROSS), _UNIT_STEPS[-1])
    bare = Ground(x0, y1, unit, round((x1 - x0) / unit), round((y1 - y0) / unit), "", {}, shared)
    boundary = "" if there[0] is None else bare.path(outlines[0].geometry.array, tolerance=2.0)
    paths = {} if there[1] is None else _building_paths(bare, frames)
    return Ground(x0, y1, unit, bare.width, bare.height, boundary, paths, shared)


def _id(key: tuple[str, int]) -> str:
    return f"ground-{key[0]}-{key[1] + 1}"


def _roomy(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    """Return bounds with a margin, widened or heightened to a shape that sits well on a page."""
    wide, high = max(x1 - x0, 100.0), max(y1 - y0, 100.0)
    wide, high = wide * (1 + 2 * _MARGIN), high * (1 + 2 * _MARGIN)
    wide, high = max(wide, high / _TALLEST), max(high, wide * _FLATTEST)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _building_paths(base: Ground, frames: Mapping[str, pd.DataFrame]) -> dict[tuple[str, int], str]:
    building: Any = frames["in_building"]
    groups = building["use"].map(legend.group_of(legend.USES)).fillna("other").to_numpy()
    classes = _roof_classes(building, held(frames, "model_solar"))
    shapes = building.geometry.to_numpy()
    order = list(legend.USES)[::-1]
    keys = sorted(
        {(str(g), int(c)) for g, c in zip(groups, classes, strict=True)}, key=lambda k: (order.index(k[0]), k[1])
    )
    return {key: base.path(shapes[(groups == key[0]) & (classes == key[1])]) for key in keys}


def _roof_classes(building: pd.DataFrame, solar: Any) -> np.ndarray:
    """Return the roof class of each building, -1 where no suitable roof is known."""
    if solar is None:
        return np.full(len(building), -1)
    fits = solar[solar["capacity_kwp"] > 0].drop_duplicates("building_id").set_index("building_id")
    yields = building["building_id"].map(fits["yield_kwh_per_kwp"]).to_numpy(dtype=float, na_value=np.nan)
    edges = np.array([step.least for step in legend.YIELDS])
    found = (yields[:, None] >= edges[None, :]).argmax(axis=1)
    return np.where(np.isnan(yields), -1, found)
