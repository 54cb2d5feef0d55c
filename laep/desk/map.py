"""Remaining headroom drawn: one page that needs nothing else, and GeoPackage layers that QGIS opens drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from laep import files
from laep.desk import book as books
from laep.desk import store, words
from laep.errors import UserFault
from laep.models.network.decide import barrier, bindings
from laep.models.network.figures import Choice
from laep.models.network.verdicts import Where
from laep.report import legend
from laep.report.draw import svg
from laep.resources import templates
from laep.schema import CRS
from laep.schema.vocabulary import LEVEL_NAMES, LEVELS, LIMIT_PLACES

if TYPE_CHECKING:
    from pathlib import Path

    from laep.desk.book import Book
    from laep.desk.settings import Settings
    from laep.desk.store import HeadroomStore

_STEPS_KW = (1000.0, 5000.0)
_MEASURES = ("generation", "demand")
_UNITS_ACROSS = 4000.0
"""Drawing units across the map: fine enough to zoom into one primary's area."""
_MARGIN = 0.04
_DOTS = {"primary": 1.0, "bsp": 1.6, "gsp": 2.2}


@dataclass(frozen=True)
class Drawn:
    """What was written."""

    page: Path
    layer: Path
    substations: int
    areas: int


def draw(held: HeadroomStore, into: Path, settings: Settings) -> Drawn:
    """Write `headroom.html` and `headroom.gpkg` into a folder, made if need be."""
    if into.exists() and not into.is_dir():
        raise UserFault(f"--into {into}: this is a file. Name a folder for the map.")
    book = books.read(held, None, Choice(power_factor=settings.power_factor))
    sites = _sites(book)
    areas = _areas(held, sites)
    if sites.empty:
        raise UserFault("The store holds no substation with a position, so there is nothing to draw.")
    into.mkdir(parents=True, exist_ok=True)
    page, layer = into / "headroom.html", into / "headroom.gpkg"
    with files.locked(layer):
        _write_layers(layer, sites, areas)
        files.write_text(page, _page(held, sites, areas))
    return Drawn(page, layer, len(sites), len(areas))


def steps(room_kw: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the name of the class each figure falls in."""
    return np.select(
        [np.isnan(room_kw), room_kw <= 0, room_kw < _STEPS_KW[0], room_kw < _STEPS_KW[1]],
        ["unknown", "none", "low", "some"],
        "much",
    )


def _sites(book: Book) -> gpd.GeoDataFrame:
    """Return one row a substation above secondary level, with what is left of both measures and what binds it."""
    rows = [
        {"fid": row["fid"], "substation_id": row["substation_id"], "name": words.named(row), "level": row["level"],
         "operator": row["operator"], "x": row["x"], "y": row["y"]}
        for row in book.substations
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["fid", "substation_id", "name", "level", "operator", "x", "y"])
    for measure, name in enumerate(_MEASURES):
        frame = frame.assign(**_columns(book, measure, name))
    placed = frame.dropna(subset=["x", "y"]).reset_index(drop=True)
    return gpd.GeoDataFrame(
        placed.drop(columns=["x", "y"]), geometry=gpd.points_from_xy(placed["x"], placed["y"]), crs=CRS
    )


def _columns(book: Book, measure: int, name: str) -> dict[str, Any]:
    bound = bindings(book.figures, book.chains, measure)
    figures = [row[measure] for row in book.picked]
    at = np.where(bound.level >= 0, book.chains[np.arange(len(figures)), bound.level], -1)
    barred = barrier(book.figures, book.chains, measure) >= 0
    between = bound.where == Where.BETWEEN
    level = [book.substations[p]["level"] if p >= 0 else "" for p in at.tolist()]
    return {
        f"{name}_headroom": [None if row is None else row["value"] for row in figures],
        f"{name}_unit": [None if row is None else row["unit"] for row in figures],
        f"{name}_left_kw": np.round(bound.room_kw, 3),
        f"{name}_class": steps(np.where(barred, np.fmin(bound.room_kw, 0.0), bound.room_kw)),
        f"{name}_none_or_worse": [
            bool(row is not None and row["floor_at_zero"] and (row["value"] or 0) <= 0) for row in figures
        ],
        f"{name}_rag": [None if row is None else row["rag"] for row in figures],
        f"{name}_constraint": [None if row is None else row["constraint"] for row in figures],
        f"{name}_binding_level": [
            words.ABOVE + text if gap else text for text, gap in zip(level, between, strict=True)
        ],
        f"{name}_binding": [words.named(book.substations[p]) if p >= 0 else "" for p in at.tolist()],
        f"{name}_where": [LIMIT_PLACES[code] for code in bound.where.tolist()],
    }


def _areas(held: HeadroomStore, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the published supply areas with the figures of their substation."""
    rows = [row for row in held.areas() if row["substation_fid"] is not None]
    shapes = gpd.GeoSeries.from_wkb([store.wkb(row["geom"]) for row in rows], crs=CRS)
    owners = pd.DataFrame(
        {"fid": [row["substation_fid"] for row in rows], "supply_area": [row["substation_name"] for row in rows]}
    )
    frame = owners.merge(sites.drop(columns="geometry"), on="fid", how="left")
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS).dropna(subset=["substation_id"]).reset_index(drop=True)


def _write_layers(path: Path, sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> None:
    with files.replacing(path) as part:
        styles = []
        for layer, frame, kind in (("headroom_areas", areas, "MultiPolygon"), ("headroom_substations", sites, "Point")):
            if len(frame):
                own = frame.drop(columns="fid")
                pyogrio.write_dataframe(
                    own, part, layer=layer, driver="GPKG", geometry_type=kind, use_arrow=True,
                    layer_options={"GEOMETRY_NAME": "geom"},
                )  # fmt: skip
                styles.append((layer, "generation headroom", _qml(point=kind == "Point")))
        store.add_styles(part, styles)


def _qml(*, point: bool) -> str:
    """Return a QGIS style that colours by the class of generation headroom."""
    kind, layer = ("marker", "SimpleMarker") if point else ("fill", "SimpleFill")
    extra = {"size": "2.4", "name": "circle"} if point else {"style": "solid"}
    symbols, categories = [], []
    for number, (value, step) in enumerate(legend.ROOM.items()):
        options = {"color": _rgba(step.colour, 255 if point else 190), "outline_color": _rgba(legend.ROOM_OUTLINE, 255),
                   "outline_width": "0.15", **extra}  # fmt: skip
        told = "".join(f'<Option type="QString" name="{k}" value="{v}"/>' for k, v in options.items())
        symbols.append(
            f'<symbol type="{kind}" name="{number}" alpha="1"><layer class="{layer}" enabled="1" pass="0" locked="0">'
            f'<Option type="Map">{told}</Option></layer></symbol>'
        )
        categories.append(
            f'<category value="{value}" symbol="{number}" label="{escape(step.words)}" render="true" type="string"/>'
        )
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.28" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="generation_class" enableorderby="0" symbollevels="0">'
        f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )


def _rgba(colour: str, opacity: int) -> str:
    return ",".join(str(part) for part in (*legend.rgb(colour), opacity))


def _page(held: HeadroomStore, sites: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> str:
    bounds = shapely.total_bounds(np.concatenate([sites.geometry.to_numpy(), areas.geometry.to_numpy()]))
    wide, tall = max(bounds[2] - bounds[0], 1000.0), max(bounds[3] - bounds[1], 1000.0)
    x0, y1 = bounds[0] - wide * _MARGIN, bounds[3] + tall * _MARGIN
    unit = max(wide, tall) * (1 + 2 * _MARGIN) / _UNITS_ACROSS
    width, height = wide * (1 + 2 * _MARGIN) / unit, tall * (1 + 2 * _MARGIN) / unit
    paths = [
        svg.element(
            "path", d=svg.area_path(np.array([row.geometry]), x0=x0, y1=y1, unit=unit, tolerance=unit),
            class_=f"a g-{row.generation_class} d-{row.demand_class}", data_n=row.Index,
        )
        for row in areas.itertuples()
    ]  # fmt: skip
    dots = [
        svg.element(
            "circle", cx=round((row.geometry.x - x0) / unit, 1), cy=round((y1 - row.geometry.y) / unit, 1),
            r=_DOTS[row.level], class_=f"s {row.level} g-{row.generation_class} d-{row.demand_class}", data_s=row.Index,
        )
        for row in sites.sort_values("level", key=lambda level: level.map(LEVELS.index), kind="stable").itertuples()
    ]  # fmt: skip
    picture = svg.drawing(
        [*paths, *dots], width=round(width), height=round(height), name="headroom", title="Remaining headroom",
        description="Supply areas and substations, coloured by how much more generation or demand they can take.",
    )  # fmt: skip
    said = {
        "sites": [_say(row) for row in sites.itertuples()],
        "areas": [_say(row) for row in areas.itertuples()],
    }
    keys = "".join(
        f'<li><i style="background:{step.colour}"></i>{escape(step.words)}</li>' for step in legend.ROOM.values()
    )
    credited = [
        f"{row['title']}, {row['edition'] or 'edition not stated'}. {row['attribution']}" for row in held.sources()
    ]
    return (
        (templates() / "desk" / "headroom.html").read_text(encoding="utf-8").replace("{{picture}}", picture)
        .replace("{{page}}", legend.variables(legend.DESK_PAGE))
        .replace("{{colours}}", "".join(_rules()))
        .replace("{{legend}}", keys)
        .replace("{{credits}}", "<br>".join(escape(line) for line in credited))
        .replace("{{said}}", json.dumps(said, ensure_ascii=False).replace("<", "\\u003c"))
    )  # fmt: skip


def _rules() -> list[str]:
    return [
        f".{letter} .{letter}-{name}{{fill:{step.colour}}}" for letter in "gd" for name, step in legend.ROOM.items()
    ]


def _say(row: Any) -> dict[str, Any]:
    """Return what the page says of one substation or area when it is pointed at."""
    lines = []
    for name in _MEASURES:
        value, unit = getattr(row, f"{name}_headroom"), getattr(row, f"{name}_unit")
        known = value is not None and value == value  # noqa: PLR0124 - nan is what differs from itself
        figure = f"{words.number(value)} {unit}" if known else "no figure published"
        worse = " (none or worse)" if getattr(row, f"{name}_none_or_worse") and known else ""
        binding = getattr(row, f"{name}_binding")
        above = "above " if getattr(row, f"{name}_where") == Where.BETWEEN.word else ""
        constraint = getattr(row, f"{name}_constraint")
        named = f"; named: {constraint}" if isinstance(constraint, str) else ""
        lines.append(f"{name.title()}: {figure}{worse}" + (f"; binds: {above}{binding}{named}" if binding else ""))
    return {"name": row.name, "id": row.substation_id, "level": LEVEL_NAMES[row.level], "lines": lines}
