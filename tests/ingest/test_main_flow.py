"""The README's own walk, `laep init --place` and `laep ingest`, at a server that behaves as the portals are known to."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from live_server import (
    Answer,
    arcgis,
    bulk,
    census,
    ckan,
    fetcher_in,
    govuk,
    moved,
    planning,
    pvgis,
    square,
    wcs,
    zipped,
)
from openpyxl import Workbook
from pyproj import Transformer
from typer.testing import CliRunner

from laep import cli, ingest, init, plan

DATA = Path(__file__).resolve().parents[2] / "sample_data"
SIDE_M = 4570.0  # a parish of 20.9 km2, as Eynsham is
HOUSES = 47  # along each side of the village
FARMS = 25
MOST_REQUESTS = 60
MOST_MB = 120.0
_DEGREES = Transformer.from_crs(27700, 4326, always_xy=True)
ZONE = re.compile(r"E01\d{6}")
SIZES_MB = {
    "/arcgis/rest/services": 0.83, "/api/interpreter": 5.0, "/entity.geojson": 2.5, "/seriescalc": 10.8,
    "REPD_Publication_Q2_2026.csv": 4.95, "sub_regional_fuel_poverty_2026.xlsx": 5.0, "onedrive_1_01-08-2024.zip": 20.0,
    "sepd_primarysubstation_esa_2025.geojson": 10.0, "headroom-dashboard-data-march-2026.csv": 0.34,
    "ssen-ecr-part-1-september-2026.csv": 2.0, **dict.fromkeys((f"census2021-ts0{n}.zip" for n in (44, 45, 46, 50, 54)), 3.0),
}  # fmt: skip
"""What answers weigh at the portals, by public evidence and the real files held; others are a few kilobytes. [MB]"""
BYTES_M2 = {"dsm": 2.0, "dtm": 0.5}
"""Heights of a square metre, compressed: ground is asked for with half the cells each way."""


def village():
    """Return where the sample village is, EPSG:27700; its own files then lie in the parish."""
    (feature,) = json.loads((DATA / "boundary.geojson").read_text())["features"]
    longitude, latitude = np.mean(np.array(feature["geometry"]["coordinates"][0]), axis=0)[:2]
    return Transformer.from_crs(4326, 27700, always_xy=True).transform(longitude, latitude)


def osm(x, y):
    """Return a map of a compact village and farms around it."""
    rng = np.random.default_rng(7)
    near = np.stack(np.meshgrid(*[np.arange(HOUSES) * 30.0 - HOUSES * 15.0] * 2), axis=-1).reshape(-1, 2)
    corners = np.vstack([near, rng.uniform(-SIDE_M / 2, SIDE_M / 2 - 20, (FARMS, 2))]) + np.array([x, y])
    points = (corners[:, None] + [[0, 0], [9, 0], [9, 8], [0, 8]]).reshape(-1, 2)
    longitude, latitude = _DEGREES.transform(*points.T)
    nodes = [f'<node id="{n}" lat="{b:.7f}" lon="{a:.7f}"/>' for n, (a, b) in enumerate(zip(longitude, latitude, strict=True), 1)]  # fmt: skip
    ways = [
        f'<way id="{n}">' + "".join(f'<nd ref="{4 * n + at}"/>' for at in (1, 2, 3, 4, 1)) + '<tag k="building" v="house"/></way>'
        for n in range(len(corners))
    ]  # fmt: skip
    return "\n".join(['<osm version="0.6">', *nodes, *ways, "</osm>"])


def workbook(sheet):
    """Return a table as a workbook of one sheet."""
    held = Workbook()
    held.active.title = "Table 4"
    for row in csv.reader(ZONE.sub("E01028513", sheet.read_text(encoding="utf-8-sig"), count=1).splitlines()):
        held.active.append(row)
    packed = io.BytesIO()
    held.save(packed)
    return packed.getvalue()


def weight_mb(asked):
    """Return what the answer to a request weighs at its portal. [MB]"""
    if asked.path == "/wcs" and asked.query["request"] == "GetCoverage":
        (west, east), (south, north) = (
            map(int, v[2:-1].split(",")) for k, v in parse_qsl(asked.raw_query) if k == "subset"
        )
        ground = asked.query.get("SCALEFACTOR") == "0.5"
        return (east - west) * (north - south) * BYTES_M2["dtm" if ground else "dsm"] / 1e6
    return SIZES_MB.get(asked.path, SIZES_MB.get(asked.path.rpartition("/")[2], 0.01))


@pytest.fixture
def walked(server, monkeypatch, tmp_path):
    """Run the walk, every way moved to the server; give the server and what `laep ingest` says."""
    x, y = village()
    corners = _DEGREES.transform_bounds(x - SIDE_M / 2, y - SIDE_M / 2, x + SIDE_M / 2, y + SIDE_M / 2)
    services = f"{server.url}/arcgis/rest/services"
    arcgis(server, "PARNCP_DEC_2025_EW_BGC", [square(*corners, PARNCP25CD="E04008130", PARNCP25NM="Eynsham")], fields=("PARNCP25CD", "PARNCP25NM"))  # fmt: skip
    arcgis(server, "WD_MAY_2026_UK_BGC", [], fields=("WD26CD", "WD26NM"))
    arcgis(server, "LAD_MAY_2025_UK_BGC_V2", [], fields=("LAD25CD", "LAD25NM"))
    arcgis(server, "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5", [square(*corners, LSOA21CD="E01028513", LSOA21NM="Eynsham 1")])  # fmt: skip
    server.on("/api/interpreter", Answer(osm(x, y).encode()))
    planning(server, {"green-belt": [square(*corners, dataset="green-belt", entity=1)]})
    pvgis(server, (2019, 2019))
    wcs(server, cell_m=20.0)
    tenure = ingest.load("tenure").COLUMNS
    topics = {"ts044": "accommodation", "ts045": "cars", "ts046": "heating", "ts050": "bedrooms"}
    held = ingest.load("census")
    census(server, {table: bulk(held.PREFIXES[topic], held.ANSWERS[topic].values()) for table, topic in topics.items()} | {
        "ts054": bulk("", [name for names in tenure.values() for name in names if name.startswith("Tenure of household: ")])
    })  # fmt: skip
    govuk(server, ingest.load("repd").SOURCE.live.page, {"REPD_Publication_Q2_2026.csv": (DATA / "repd_q1_2026.csv").read_bytes()})  # fmt: skip
    files = {
        "generation-availability-and-network-capacity": ("headroom-dashboard-data-march-2026.csv", "ssen_headroom_march_2026.csv"),
        "primary-substation-boundaries": ("sepd_primarysubstation_esa_2025.geojson", "ssen_primary_areas.geojson"),
        "embedded_capacity_register": ("ssen-ecr-part-1-september-2026.csv", "ecr.csv"),
    }  # fmt: skip
    packages = {}
    for package, (name, file) in files.items():
        ckan(server, package, {name: ("2026-09-01", (DATA / file).read_bytes())})
        packages[package] = server.answers["/api/3/action/package_show"]
    inner = zipped({"SEPD_transformers_open_data_with_nrn.csv": (DATA / "ssen_transformers.csv").read_bytes()})
    model = ingest.load("ssen_transformers").SOURCE.live.package
    ckan(server, model, {"onedrive_1_01-08-2024.zip": ("2024-08-01", zipped({"SEPD_transformers_open_data_with_nrn.zip": inner}))})  # fmt: skip
    packages[model] = server.answers["/api/3/action/package_show"]
    server.on("/api/3/action/package_show", lambda asked: packages.get(asked.query["id"], Answer(b"", 404)))
    poverty = ingest.load("fuel_poverty").SOURCE.live
    sheet = DATA / "fuel_poverty_lsoa_2024.csv"
    govuk(server, replace(poverty, today=2026).pages()[0], {"sub_regional_fuel_poverty_2026.xlsx": workbook(sheet)})
    for name in ingest.MODULES:
        module = ingest.load(name)
        if module.SOURCE.live:
            way = moved(module.SOURCE.live, server)
            way = replace(way, today=2026) if name == "fuel_poverty" else way
            way = replace(way, first_year=2019, last_year=2019) if name == "weather" else way
            monkeypatch.setattr(module, "SOURCE", replace(module.SOURCE, live=way))
    by_name = init.boundary_live.by_name
    monkeypatch.setattr(init.boundary_live, "by_name", lambda name, fetcher: by_name(name, fetcher, services=services))
    monkeypatch.setenv("LAEP_OFFLINE", "0")
    monkeypatch.setattr(plan, "_fetcher", lambda **more: fetcher_in(tmp_path / "cache", **more))
    made = CliRunner().invoke(cli.app, ["init", "Eynsham", "--place", "Eynsham", "--into", str(tmp_path)])
    assert made.exit_code == 0, made.output
    done = CliRunner().invoke(cli.app, ["ingest", "--json", "--area", str(tmp_path / "eynsham")])
    assert done.exit_code == 0, done.output
    return server, json.loads(done.stdout)


def test_a_parish_is_gathered_in_few_requests_and_megabytes(walked, record_property):
    """Section 3 of the live review: 134 requests and some 450 MB, and nothing said before."""
    server, gathered = walked
    weight = sum(map(weight_mb, server.asked))
    heights = sum(weight_mb(asked) for asked in server.asked if asked.path == "/wcs")
    record_property("requests", len(server.asked))
    record_property("megabytes", f"{weight:.0f}, of them {heights:.0f} of heights")
    assert gathered["missed"] == {}
    assert {one["source"] for one in gathered["read"]} >= {
        "boundary", "osm", "constraints", "zones", "tenure", "census", "fuel_poverty", "weather", "elevation", "ssen_headroom",
        "ssen_areas", "ssen_transformers", "ecr", "repd",
    }  # fmt: skip
    assert gathered["hosts"][0]["requests"] + 10 >= len(server.asked)  # `laep init` asks some
    assert len(server.asked) <= MOST_REQUESTS
    assert weight <= MOST_MB
    assert server.paths().count("/api/interpreter") == 1
    assert server.paths().count("/entity.geojson") == 2
