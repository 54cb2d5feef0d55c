"""No file, however broken, makes a source end in anything but a fault the user can mend."""

import csv
import io
import json

import pytest
import shapely
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from laep import ingest
from laep.errors import UserFault, ValuesBroken
from laep.ingest.source import Request
from laep.schema import conform

SOURCES = list(ingest.MODULES)
CLIP = shapely.box(440_000, 200_000, 450_000, 210_000)
NASTY = (
    "", "N/A", "nan", "inf", "-inf", "1e400", "-0", "0", "1,234.5", "24, 24", "33/11kV", "230.000 V", "2030/31", "2030",
    "2030-01-01T00:00:00+00:00", "Primary", "BSP", "GSP", "Secondary", "Demand Headroom", "Gen synch headroom", "Red",
    "Red - Fault Level", "51.8, -1.4", '{"lon": -1.4, "lat": 51.8}', "443000", "205000", "51.8", "-1.4", "SP 4 4",
    "DFES 2026 - Holistic Transition", "20-40%", ">100%", "{}", "[]", "POINT (1 2)", "LINESTRING (443000 205000, 444000 205500)",
    "POLYGON ((443000 205000, 444000 205500, 444000 205000, 443000 205000))", "POLYGON ((0 0, 1 1",
    '{"type": "Polygon", "coordinates": [[[-1.4, 51.8], [-1.3, 51.8], [-1.3, 51.9], [-1.4, 51.8]]]}',
    '{"type": "Polygon", "coordinates": [[[-1.4, 51.8], [-1.3, 51.9], [-1.3, 51.8], [-1.4, 51.9], [-1.4, 51.8]]]}',
    '{"type": "Polygon", "coordinates": [[[1e308, 1e308], [0, 1], [1, 1], [1e308, 1e308]]]}', '{"type": "Point"}',
    "x" * 300, '"', ";", "\n", "\t", "\u2212 5", "\ufeff", "\u0000", "_A", "EPN",
)  # fmt: skip
CELLS = st.one_of(st.sampled_from(NASTY), st.text(max_size=12))
YEARS = ("demand_headroom_capacity_mw_2026", "best_view_2030")


def header(module, extra=()):
    """Return published names a source's file would have: the first spelling of each column."""
    columns = getattr(module, "COLUMNS", {"id": ("id",), "name": ("name",)})
    return [*[next(iter(names)) for names in columns.values()], "geo_shape", *YEARS, *extra]


def table(names, rows, delimiter=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", errors="replace")


def try_to_read(module, path, clip=CLIP):
    """Read the file; anything but layers that hold, or a fault the user can mend, fails the test."""
    try:
        found = module.read(Request(files=(path,), clip=clip))
    except (UserFault, ValuesBroken):  # reading in makes the second the file's fault
        return
    for name, frame in found.layers.items():
        conform(frame, name)


@pytest.mark.parametrize("name", SOURCES)
@given(data=st.data())
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.generate],
)
def test_a_table_of_anything(name, data, tmp_path):
    module = ingest.load(name)
    names = header(module)
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(names), max_size=len(names)), max_size=4))
    path = tmp_path / f"lv-primary-{data.draw(st.sampled_from(('a', '2026')))}.csv"
    path.write_bytes(table(names, rows, data.draw(st.sampled_from(",;"))))
    try_to_read(module, path)


ENDINGS = (".csv", ".xlsx", ".geojson", ".gpkg", ".zip", ".osm.pbf", ".osm", ".epw", ".json", ".tif", ".asc")


@pytest.mark.parametrize("name", SOURCES)
@given(content=st.binary(max_size=80), suffix=st.sampled_from(ENDINGS))
@example(content=b"<!DOCTYPE html><html>", suffix=".csv")
@example(content=b"PK\x03\x04", suffix=".xlsx")
@example(content=b'{"type": "FeatureCollection", "features": []}', suffix=".geojson")
@example(content=b'{"error_code": "ForbiddenAccess"}', suffix=".csv")
@example(content=b"<osm version='0.6'><node id='1' lat='x'/><way id='2'><nd ref='9'/></way></osm>", suffix=".osm")
@example(content=b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18", suffix=".osm.pbf")
@example(content=b"LOCATION,Here,-,GBR\nDATA PERIODS,1,1,Data,Sunday,1/1,12/31\n2020,1,1,1,0,x", suffix=".epw")
@example(content=b'{"outputs": {"hourly": [{"time": "x"}]}}', suffix=".json")
@example(content=b"II*\x00\x08\x00\x00\x00", suffix=".tif")
@example(content=b"ncols 2\nnrows 2\nxllcorner nan\nyllcorner 0\ncellsize 0\n1 2\nx 4\n", suffix=".asc")
@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
    phases=[Phase.generate],
)
def test_a_file_of_any_bytes(name, content, suffix, tmp_path):
    path = tmp_path / f"lv-primary-2026{suffix}"
    path.write_bytes(content)
    try_to_read(ingest.load(name), path)


SHAPES = (
    None,
    {"type": "Point", "coordinates": [-1.4, 51.7]},
    {"type": "LineString", "coordinates": [[-1.4, 51.7], [-1.39, 51.71]]},
    {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [[[-1.4, 51.7], [-1.39, 51.7], [-1.39, 51.71]]]},
    {
        "type": "MultiPolygon",
        "coordinates": [[[[-1.4, 51.7], [-1.39, 51.71], [-1.39, 51.7], [-1.4, 51.71], [-1.4, 51.7]]]],
    },
    {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [-1.4, 51.7]}]},
)
MAPS = ("boundary", "osm", "nged_areas", "ukpn_areas", "npg_areas", "enwl_areas", "spen_areas", "npg_heatmap", "ukpn_lines", "npg_lines", "enwl_lines", "spen_lines", "enwl_secondary", "licence_areas")  # fmt: skip


@pytest.mark.parametrize("name", MAPS)
@given(data=st.data())
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.generate],
)
def test_a_map_of_anything(name, data, tmp_path):
    module = ingest.load(name)
    names = [column for column in header(module) if column != "geo_shape"]
    cell = st.one_of(st.none(), st.integers(-9, 99), st.floats(allow_nan=False, allow_infinity=False), CELLS)
    feature = st.builds(
        lambda shape, cells: {"type": "Feature", "geometry": shape, "properties": dict(zip(names, cells, strict=True))},
        st.sampled_from(SHAPES), st.lists(cell, min_size=len(names), max_size=len(names)),
    )  # fmt: skip
    path = tmp_path / "lv-primary-2026.geojson"
    held = {"type": "FeatureCollection", "features": data.draw(st.lists(feature, max_size=4))}
    path.write_text(json.dumps(held), encoding="utf-8", errors="replace")
    try_to_read(module, path)
