"""Maps as SVG, drawn straight from the layers: one ground plan, five ways of colouring it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from laep import words as say
from laep.report import legend
from laep.report.draw import marks, svg
from laep.report.draw.marks import Key
from laep.report.layers import each, held
from laep.schema.vocabulary import LEVEL_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from laep.report.draw.ground import Ground

_NUDGES = 12
"""Rounds of pushing numbered marks apart: enough for a dozen that share one spot."""


@dataclass(frozen=True)
class Map:
    """A map and its legend."""

    picture: str
    legend: tuple[Key, ...]


def place(base: Ground, frames: Mapping[str, pd.DataFrame], *, name: str, title: str) -> Map:
    """Return the map of the place: buildings by use, land, and the substations inside it."""
    parts, land = _land(base, frames)
    parts += base.draw_buildings(lambda group, _: legend.USES[group].colour)
    groups = {group for group, _ in base.buildings}
    uses = [_patch(use) for group, use in legend.USES.items() if group in groups]
    dots, stations = _substations(base, frames, levels=("primary", "secondary"))
    parts += [base.draw_boundary(), *dots]
    keys = [*uses, *land, *stations, Key("Edge of the area", marks.dashes())]
    told = f"Map of the area: {say.listed(key.words.lower() for key in keys)}."
    return Map(_sheet(base, parts, name=name, title=title, description=told), tuple(keys))


def network(base: Ground, frames: Mapping[str, pd.DataFrame], *, name: str, title: str) -> Map:
    """Return the map of the network: supply areas, substations, and arrows to those beyond the edge."""
    parts, areas = _supply_areas(base, frames)
    parts += base.draw_buildings(lambda _group, _class: legend.BUILDINGS_BEHIND["network"])
    parts.append(base.draw_boundary())
    dots, stations = _substations(base, frames, levels=("gsp", "bsp", "primary", "secondary"))
    arrows, pointers = _beyond(base, frames)
    keys = [*areas, *stations, *pointers, Key("Edge of the area", marks.dashes())]
    told = f"Map of the network: {say.listed(key.words for key in keys)}."
    return Map(_sheet(base, [*parts, *dots, *arrows], name=name, title=title, description=told), tuple(keys))


def roofs(base: Ground, frames: Mapping[str, pd.DataFrame], *, name: str, title: str) -> Map:
    """Return the map of roofs by what each kWp of panels could yield there, plane by plane where planes are held."""
    planes = _planes(base, frames)
    if planes:
        parts = [*base.draw_buildings(lambda _group, _class: legend.NO_ROOF.colour), *planes.values()]
        there = {*planes, *(-1 for _ in base.buildings)}
    else:
        parts = base.draw_buildings(lambda _, roof: (legend.YIELDS[roof] if roof >= 0 else legend.NO_ROOF).colour)
        there = {roof for _, roof in base.buildings}
    parts.append(base.draw_boundary())
    keys = [_patch(step) for n, step in enumerate(legend.YIELDS) if n in there]
    keys += [_patch(legend.NO_ROOF)] if -1 in there else []
    what = "roof planes" if planes else "roofs"
    told = f"Map of {what}, darker where each kWp of panels yields more. Potential only: nobody was up there."
    return Map(_sheet(base, parts, name=name, title=title, description=told), tuple(keys))


def _planes(base: Ground, frames: Mapping[str, pd.DataFrame]) -> dict[int, str]:
    """Return one path for the suitable roof planes of each class of yield; none where planes are not held."""
    planes, yields = held(frames, "roof_plane"), held(frames, "model_plane")
    if planes is None or yields is None or "geometry" not in planes:
        return {}
    fits = planes[planes["suitable"].astype(bool)]
    each_kwp = fits["roof_id"].map(yields.set_index("roof_id")["yield_kwh_per_kwp"]).to_numpy(dtype=float)
    edges = np.array([step.least for step in legend.YIELDS])
    found = np.where(np.isnan(each_kwp), -1, (each_kwp[:, None] >= edges[None, :]).argmax(axis=1))
    shapes = fits.geometry.to_numpy()
    return {
        int(n): svg.element("path", d=base.path(shapes[found == n]), fill=legend.YIELDS[n].colour)
        for n in sorted(set(found[found >= 0]))
    }


def sites(
    base: Ground, frames: Mapping[str, pd.DataFrame], numbered: Sequence[tuple[int, str, Any]], *, name: str, title: str
) -> Map:
    """
    Return the map of sites.

    Parameters
    ----------
    numbered : sequence of (number, owner_kind, Point)
        The sites the tables list: discs are community sites, squares corporate ones, dark discs of either.
    """
    parts, _ = _land(base, frames)
    parts += [*base.draw_buildings(lambda _group, _class: legend.BUILDINGS_BEHIND["sites"]), base.draw_boundary()]
    places = _apart([base.at(point.x, point.y) for _, _, point in numbered], least=base.letter * 1.45)
    for (number, owner, _), (x, y) in reversed(list(zip(numbered, places, strict=True))):
        parts += _numbered(base, number, owner, x, y)
    kinds = {owner for _, owner, _ in numbered}
    keys = [Key("Site for a community asset, numbered as in the table", marks.disc(legend.ACCENT))] * (
        "community" in kinds
    )
    keys += [Key("Site of a company or farm", marks.square(legend.COMPANY))] * ("corporate" in kinds)
    keys += [Key("Site of which nobody says whose it is", marks.disc(legend.INK))] * ("not_known" in kinds)
    told = f"Map of {say.count_of(len(numbered), 'site')}, numbered as in the tables that follow."
    return Map(_sheet(base, parts, name=name, title=title, description=told), tuple(keys))


def segments(
    base: Ground, frame: gpd.GeoDataFrame, kind: str, shares: Mapping[str, float], numbers: Mapping[str, int], *,
    name: str, title: str,
) -> Map:  # fmt: skip
    """
    Return the map of candidate segments, darker where more of their use could be met; numbered as in the table.

    Segments of `kind` are filled; wider ones, which would cover them, are drawn as outlines.
    """
    chosen, wider = frame[frame["kind"] == kind], frame[(frame["kind"] == "primary") & (kind != "primary")]
    parts, seen = [], set()
    for row in each(chosen):
        share = shares.get(row.segment_id)
        at = None if share is None else legend.step_of(legend.MATCHED, share)
        seen.add(at)
        fill = (legend.NO_MATCH if at is None else legend.MATCHED[at]).colour
        parts.append(_zone(base, row.geometry, fill=fill, stroke=legend.PAPER, stroke_width=base.letter * 0.12))
    parts += [
        _zone(base, row.geometry, fill="none", stroke=legend.NETWORK, stroke_width=base.letter * 0.09)
        for row in each(wider)
    ]
    parts += [*base.draw_buildings(lambda _group, _class: legend.BUILDINGS_BEHIND["segments"]), base.draw_boundary()]
    for row in each(chosen[chosen["segment_id"].isin(list(numbers))]):
        point = row.geometry.representative_point()
        parts += _numbered(base, numbers[row.segment_id], "segment", *base.at(point.x, point.y))
    keys = [
        Key(f"Could meet {step.words}", marks.patch(step.colour)) for n, step in enumerate(legend.MATCHED) if n in seen
    ]
    keys += [_patch(legend.NO_MATCH)] if None in seen else []
    keys += [Key("Outline: all that hangs from one primary", marks.patch("none", legend.NETWORK))] * bool(len(wider))
    told = f"Map of {say.count_of(len(chosen), 'candidate segment')}, numbered as in the table."
    return Map(_sheet(base, parts, name=name, title=title, description=told), tuple(keys))


def heat(base: Ground, frame: gpd.GeoDataFrame, *, name: str, title: str) -> Map:
    """Return the map of clusters of homes, coloured by the way of heating that comes first."""
    parts = []
    for row in each(frame):
        route = row.route if isinstance(row.route, str) else ""
        swatch = legend.HEAT_ROUTES.get(route, legend.NO_MATCH)
        parts.append(
            _zone(base, row.geometry, fill=swatch.colour, stroke=legend.PAPER, stroke_width=base.letter * 0.12)
        )
    parts += base.draw_buildings(lambda _group, _class: legend.BUILDINGS_BEHIND["segments"])
    parts.append(base.draw_boundary())
    seen = set(frame["route"].dropna())
    keys = [_patch(swatch) for route, swatch in legend.HEAT_ROUTES.items() if route in seen]
    keys += [_patch(legend.NO_MATCH)] if frame["route"].isna().any() else []
    keys.append(Key("Edge of the area", marks.dashes()))
    told = f"Map of clusters of homes by way of heating: {say.listed(key.words.lower() for key in keys)}."
    return Map(_sheet(base, parts, name=name, title=title, description=told), tuple(keys))


def _zone(base: Ground, shape: Any, **look: object) -> str:
    return svg.element("path", d=base.path([shape], 2.0), **look)


def _land(base: Ground, frames: Mapping[str, pd.DataFrame]) -> tuple[list[str], list[Key]]:
    land = held(frames, "in_land")
    parts, keys = [], []
    for group in legend.LAND.values() if land is not None else ():
        shapes = land.loc[land["kind"].isin(group.kinds)].geometry.array
        if len(shapes):
            parts.append(svg.element("path", d=base.path(shapes, 2.0), fill=group.colour, fill_rule="evenodd"))
            keys.append(_patch(group))
    return parts, keys


def _patch(swatch: legend.Swatch) -> Key:
    return Key(swatch.words, marks.patch(swatch.colour))


def _supply_areas(base: Ground, frames: Mapping[str, pd.DataFrame]) -> tuple[list[str], list[Key]]:
    areas = held(frames, "in_supply_area")
    if areas is None:
        return [], []
    y0, x1 = base.y1 - base.height * base.unit, base.x0 + base.width * base.unit
    cut = shapely.intersection(areas.geometry.to_numpy(), shapely.box(base.x0, y0, x1, base.y1))
    parts, keys = [], []
    for n, (name, shape) in enumerate(zip(areas["substation_name"], cut, strict=True)):
        if shape.is_empty:
            continue
        tint = legend.SUPPLY_AREAS[n % len(legend.SUPPLY_AREAS)]
        parts.append(
            svg.element(
                "path", d=base.path([shape], 2.0), fill=tint, stroke=legend.NETWORK, stroke_width=base.letter * 0.07
            )
        )
        keys.append(Key(f"Supply area of {name}", marks.patch(tint, legend.NETWORK)))
    return parts, keys


def _substations(
    base: Ground, frames: Mapping[str, pd.DataFrame], *, levels: Sequence[str]
) -> tuple[list[str], list[Key]]:
    frame = held(frames, "in_substation")
    if frame is None:
        return [], []
    linked = held(frames, "link_building")
    counts: dict[str, int] = {} if linked is None else linked["secondary_id"].value_counts().to_dict()
    most = max(counts.values(), default=1)
    parts, seen = [], []
    for level in reversed(levels):
        for row in each(frame[frame["level"] == level]):
            if base.holds(row.geometry.x, row.geometry.y):
                x, y = base.at(row.geometry.x, row.geometry.y)
                size = math.sqrt(counts.get(row.substation_id, most / 4) / most) if level == "secondary" else 1.0
                parts += _substation(base, level, x, y, max(size, 0.35))
                parts += [] if level == "secondary" else [_beside(base, x, y, row.name)]
                seen.append(level)
    keys = [
        Key(LEVEL_NAMES[level].capitalize() + _dot_note(level, counts), marks.glyph(level))
        for level in levels
        if level in seen
    ]
    return parts, keys


def _beside(base: Ground, x: float, y: float, name: object) -> str:
    """Return a label right of a point, or left of it where the right edge of the map is near."""
    near_edge = x > 0.7 * base.width
    at = x - base.letter if near_edge else x + base.letter
    level = min(max(y + base.letter * 0.35, base.letter * 1.2), base.height - base.letter * 0.4)
    return _label(base, at, level, name, anchor="end" if near_edge else "start")


def _dot_note(level: str, counts: Mapping[str, int]) -> str:
    return " (bigger dot: more buildings linked)" if level == "secondary" and counts else ""


def _beyond(base: Ground, frames: Mapping[str, pd.DataFrame]) -> tuple[list[str], list[Key]]:
    """Return arrows at the map's edge to the substations named in `link_substation` that lie outside it."""
    frame = held(frames, "link_substation")
    if frame is None:
        return [], []
    outside = [
        row for row in each(frame) if row.level != "secondary" and not base.holds(row.geometry.x, row.geometry.y)
    ]
    parts: list[str] = []
    lowest = {"start": -math.inf, "end": -math.inf}
    for arrow in sorted((_arrow(base, row) for row in outside), key=lambda arrow: arrow.y):
        y = max(arrow.y, lowest[arrow.anchor] + base.letter * 1.5)
        lowest[arrow.anchor] = y
        parts += [arrow.head, _label(base, arrow.x, y, arrow.words, anchor=arrow.anchor)]
    return parts, [Key("Arrow: substation beyond the edge of the map", marks.glyph("arrow"))] if outside else []


@dataclass(frozen=True)
class _Arrow:
    """An arrow head at the map's edge, and where its label would best stand."""

    head: str
    words: str
    x: float
    y: float
    anchor: str


def _arrow(base: Ground, row: Any) -> _Arrow:
    x, y = base.at(row.geometry.x, row.geometry.y)
    cx, cy = base.width / 2, base.height / 2
    inset = base.letter * 1.1
    reach = min((cx - inset) / max(abs(x - cx), 1e-9), (cy - inset) / max(abs(y - cy), 1e-9))
    ax, ay = cx + (x - cx) * reach, cy + (y - cy) * reach
    size = base.letter * 0.8
    head = svg.element(
        "path", d=f"M{size:.0f} 0L{-size * 0.6:.0f} {size * 0.7:.0f}L{-size * 0.6:.0f} {-size * 0.7:.0f}z",
        transform=f"translate({ax:.0f} {ay:.0f}) rotate({math.degrees(math.atan2(y - cy, x - cx)):.0f})",
        fill=legend.NETWORK,
    )  # fmt: skip
    far = say.number(math.hypot(x - cx, y - cy) * base.unit / 1000)
    name = row.name if say.known(row.name) else row.substation_id
    right = ax > cx
    return _Arrow(
        head, f"{name}, {far} km", ax + base.letter * (-1.0 if right else 1.0), ay + base.letter * 0.35,
        "end" if right else "start",
    )  # fmt: skip


def _substation(base: Ground, level: str, x: float, y: float, size: float) -> list[str]:
    r = base.letter * 0.5 * size
    look: dict[str, object] = {"fill": legend.NETWORK, "stroke": legend.PAPER, "stroke_width": base.letter * 0.09}
    if level == "secondary":
        return [svg.element("circle", cx=x, cy=y, r=r, **look)]
    if level == "primary":
        return [svg.element("rect", x=x - r * 1.2, y=y - r * 1.2, width=r * 2.4, height=r * 2.4, **look)]
    square = {"x": -r * 1.15, "y": -r * 1.15, "width": r * 2.3, "height": r * 2.3}
    return [svg.element("rect", transform=f"translate({x:.0f} {y:.0f}) rotate(45)", **square, **look)]


def _label(base: Ground, x: float, y: float, words: object, *, anchor: str = "start") -> str:
    if not say.known(words):
        return ""
    return svg.words(
        x, y, str(words), font_size=base.letter, text_anchor=anchor, font_weight=600, fill=legend.INK,
        stroke=legend.PAPER, stroke_width=base.letter * 0.28, paint_order="stroke", stroke_linejoin="round",
    )  # fmt: skip


def _apart(points: Sequence[tuple[float, float]], *, least: float) -> list[tuple[float, float]]:
    """Return points nudged until no two stand closer than `least`, as far as a few rounds allow."""
    at = np.array(points, dtype=float).reshape(-1, 2)
    for _ in range(_NUDGES):
        gap = at[:, None, :] - at[None, :, :]
        far = np.hypot(gap[..., 0], gap[..., 1])
        together = np.triu(far < 1e-6, 1)
        gap[together] = (1.0, 0.0)
        gap[together.T] = (-1.0, 0.0)
        push = np.clip(least - far, 0.0, None) / 2
        np.fill_diagonal(push, 0.0)
        at = at + (gap / np.maximum(np.hypot(gap[..., 0], gap[..., 1]), 1e-6)[..., None] * push[..., None]).sum(axis=1)
    return [(float(x), float(y)) for x, y in at]


def _numbered(base: Ground, number: int, kind: str, x: float, y: float) -> list[str]:
    r = base.letter * 0.85
    look: dict[str, object] = {"stroke": legend.PAPER, "stroke_width": base.letter * 0.12}
    if kind == "corporate":
        mark = svg.element("rect", x=x - r, y=y - r, width=2 * r, height=2 * r, fill=legend.COMPANY, **look)
    else:
        mark = svg.element(
            "circle", cx=x, cy=y, r=r * 1.08, fill=legend.ACCENT if kind == "community" else legend.INK, **look
        )
    figure = svg.words(
        x, y + base.letter * 0.34, str(number), font_size=base.letter * 0.95, text_anchor="middle", fill=legend.PAPER,
        font_weight=700,
    )  # fmt: skip
    return [svg.element("g", mark, figure, class_="mark")]


def _sheet(base: Ground, parts: Iterable[str], *, name: str, title: str, description: str) -> str:
    """Return the map with its paper, scale bar and north arrow."""
    paper = svg.element("rect", x=0, y=0, width=base.width, height=base.height, fill=legend.MAP_PAPER)
    return svg.drawing(
        [paper, *parts, *_scale_bar(base)], width=base.width, height=base.height, name=name, title=title,
        description=description, class_="map", style=f"--letter:{base.letter:.0f}px",
    )  # fmt: skip


def _scale_bar(base: Ground) -> list[str]:
    metres = base.width * base.unit / 4
    power = 10 ** math.floor(math.log10(metres))
    length = next(power * times for times in (5, 2, 1) if power * times <= metres)
    x, y, wide = base.letter * 0.8, base.height - base.letter * 0.9, length / base.unit
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    return [
        svg.element("rect", x=x, y=y, width=wide / 2, height=base.letter * 0.26, fill=legend.INK),
        svg.element(
            "rect", x=x + wide / 2, y=y, width=wide / 2, height=base.letter * 0.26, fill=legend.PAPER,
            stroke=legend.INK, stroke_width=base.letter * 0.06,
        ),
        _label(base, x, y - base.letter * 0.35, text),
        *_north(base, x + wide + base.letter * 1.3),
    ]  # fmt: skip


def _north(base: Ground, x: float) -> list[str]:
    """Return a north arrow that stands at the foot of the map, right of the scale bar."""
    u = base.letter
    y = base.height - u * 2.3
    arrow = f"M{x:.0f} {y:.0f}l{u * 0.5:.0f} {u * 1.6:.0f}l{-u * 0.5:.0f} {-u * 0.4:.0f}l{-u * 0.5:.0f} {u * 0.4:.0f}z"
    return [svg.element("path", d=arrow, fill=legend.INK), _label(base, x + u * 0.7, y + u * 1.6, "N")]
