"""GeoJSON and CSV, written so that the same village always gives the same bytes."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import shapely

from .grid import to_27700, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from shapely import Geometry

WGS84, GRID = "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::27700"


def geojson(path: Path, rows: Iterable[tuple[Mapping[str, Any], Geometry]], *, crs: str = WGS84) -> None:
    """Write features, one a line; geometry comes in local metres and goes out in `crs`."""
    move = to_wgs84 if crs == WGS84 else to_27700
    lines = []
    for properties, geometry in rows:
        shape = json.loads(shapely.to_geojson(shapely.orient_polygons(move(geometry), exterior_cw=False)))
        feature = {"type": "Feature", "properties": dict(properties), "geometry": shape}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    head = json.dumps({"type": "name", "properties": {"name": crs}}, separators=(",", ":"))
    body = ",\n".join(lines)
    text = f'{{"type":"FeatureCollection","name":"{path.stem}","crs":{head},"features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def table(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, Any]], *, encoding: str = "utf-8") -> None:
    """Write a CSV with exactly these columns; a row may leave some out."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding=encoding, newline="")


def bare_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV in which an empty field is `""`, as the feeder files have it."""
    lines = [",".join(header)]
    lines += [",".join('""' if value in ("", None) else str(value) for value in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
