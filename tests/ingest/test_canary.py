"""Canaries: which edition of each source laep knows, and what its portal says of it today."""

import datetime as dt
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from live_server import (
    CAPABILITIES,
    Answer,
    arcgis,
    as_json,
    ckan,
    fetcher_in,
    govuk,
    ods,
    os_downloads,
    planning,
    point,
    static,
)
from samples import forms, sample
from typer.testing import CliRunner

from laep import cli, ingest, plan
from laep.errors import UserFault
from laep.gather import standing
from laep.ingest import editions
from laep.ingest.net import canary
from laep.ingest.net.arcgis import ArcGis
from laep.ingest.net.ckan import Ckan
from laep.ingest.net.govuk import GovUk
from laep.ingest.net.ogc import Wcs, Wfs
from laep.ingest.net.opendatasoft import Opendatasoft
from laep.ingest.net.os_downloads import OsDownload
from laep.ingest.net.overpass import Overpass
from laep.ingest.net.planning_data import PlanningData
from laep.ingest.net.pvgis_api import Pvgis
from laep.ingest.net.ways import Daily, Download, Several
from laep.ingest.source import Request

ROOT = Path(__file__).resolve().parents[2]
BARE = {
    "boundary", "licence_areas", "osm", "weather", "elevation", "zones", "places", "land", "buildings", "constraints", "ukpn_lines",
    "npg_lines", "meter",
}  # fmt: skip
"""Sources that go by what a file holds, and not by names of columns that must be there."""


@pytest.mark.parametrize("name", ingest.MODULES)
def test_every_source_declares_its_edition_and_a_fingerprint_of_its_columns(name):
    known = editions.known()[name]
    found = editions.fingerprint(ingest.load(name))
    assert known.edition
    assert known.columns == found, (
        f'write `columns = "{found}"` under [{name}] in laep/ingest/editions.toml, and the edition'
    )


@pytest.mark.parametrize("form", sorted(set(forms()) - BARE))
def test_a_next_edition_with_other_names_is_named_with_the_next_command(form, tmp_path):
    """The first column that a source needs goes by a new name in every sample: the fault says whose, and what to do."""
    told = sample(form)
    if not told.rows:
        pytest.skip("its sample is no table")
    name, files = form.split()[0], told.write(tmp_path, rename=lambda column: f"{column} (2031 definition)")
    with pytest.raises(UserFault) as caught:
        ingest.load(name).read(Request(files=files, clip=told.clip, layers=told.layers, options=told.options, area_id="a", name="A"))  # fmt: skip
    said = str(caught.value)
    assert "2031 definition" in said or files[0].name in said
    assert (
        ingest.load(name).SOURCE.url.split()[0].split("/")[2] in said
        or f"laep ingest {name}" in said
        or f"sources.{name}" in said
    )


def test_every_way_of_a_shipped_source_has_a_small_question():
    ways = {
        type(way) for name in ingest.MODULES if (live := ingest.load(name).SOURCE.live) for way in canary.leaves(live)
    }
    assert [way.__name__ for way in ways if canary.describe.dispatch(way) is canary.describe.dispatch(object)] == []


def portal(server):
    """Serve a description of one dataset of each kind; return the ways to them."""
    ods(server, "sites", ["1,a"])
    ckan(server, "headroom", {"headroom-june-2026.csv": ("2026-06-01", b"id\n1\n")})
    root = arcgis(server, "WD_MAY_2026_UK_BGC", [], fields=("WD26CD",))
    server.on("/wfs", as_json({"type": "FeatureCollection", "features": [point(-3, 52, sitename="Bog")]}))
    server.on("/wcs", Answer(CAPABILITIES))
    server.on("/api/status", Answer(b"Connected as: 1\nRate limit: 2\n"))
    server.on("/seriescalc", as_json({"message": "lat: missing"}, 400))
    planning(server, {})
    os_downloads(server, "OpenUPRN", {"GB": b"x"})
    govuk(server, "government/publications/repd", {"REPD_Q2_2026.csv": b"id\n"})
    server.on("/table.zip", static(b"x"))
    server.on("/register20261122.csv", static(b"x"))
    url, day = server.url, dt.date(2026, 11, 23)
    return {
        Opendatasoft(host=url, dataset="sites"): "sites",
        Ckan(host=url, package="headroom", resource="csv$"): "headroom-june-2026",
        ArcGis(services=root, service=r"^WD_\w+"): "WD_MAY_2026_UK_BGC",
        Wfs(url=f"{url}/wfs", feature="nrw:SSSI"): "nrw:SSSI",
        Wcs(url=f"{url}/wcs", coverage=r"FZ_DSM_1m$", prefix="dsm"): "abc__Elevation_FZ_DSM_1m",
        Overpass(hosts=(url,), tags=("building",)): "Connected as: 1",
        Pvgis(host=url): url,
        PlanningData(host=url, datasets=("ramsar", "green-belt")): "2 datasets",
        OsDownload(host=url, product="OpenUPRN", format="CSV"): "OpenUPRN as CSV",
        GovUk(host=url, page="government/publications/repd", file="csv$"): "REPD_Q2_2026.csv",
        Download(url=f"{url}/table.zip"): "table.zip",
        Daily(url=url + "/register{:%Y%m%d}.csv", today=day): "register20261122.csv",
    }


def test_a_portal_is_asked_for_descriptions_and_never_for_data(server, fetcher):
    for way, what in portal(server).items():
        answer = canary.ask(way, fetcher)
        assert (answer.state, answer.what) == ("found", what), way
    assert not [asked for asked in server.asked if "exports" in asked.path or "interpreter" in asked.path]
    assert {asked.method for asked in server.asked if asked.path in {"/table.zip", "/seriescalc"}} == {"HEAD"}


@pytest.mark.parametrize(
    ("status", "state"), [(404, "gone"), (410, "gone"), (403, "closed"), (406, "closed"), (503, "silent")]
)
def test_what_a_portal_refuses_has_a_state(server, fetcher, status, state):
    for way in portal(server):
        server.answers = dict.fromkeys(server.answers, Answer(b"", status))
        assert canary.ask(way, fetcher_in(fetcher.cache.folder / str(status), again=True)).state == state, way


def test_doctor_live_names_what_moved_was_renamed_or_is_closed(server, monkeypatch, tmp_path):
    ods(server, "grid-and-primary-sites", ["1,a"])
    known = ingest.load("ukpn_sites").COLUMNS
    fields = [{"name": next(iter(names)), "type": "text"} for ours, names in known.items() if ours != "name"]
    about = {
        "dataset_id": "grid-and-primary-sites",
        "metas": {"default": {"modified": "2026-09-01T00:00:00Z"}},
        "fields": fields,
    }
    server.on("/api/explore/v2.1/catalog/datasets/grid-and-primary-sites", as_json(about))
    ways = {
        "ukpn_sites": Opendatasoft(host=server.url, dataset="grid-and-primary-sites"),
        "ssen_lines": Ckan(host=server.url, package="ssen_overhead_lines"),
        "repd": GovUk(host=server.url, page="gone", file="csv$"),
        "tenure": Several(
            ways=(Download(url=server.on("/a.zip", static(b"x"))), Download(url=f"{server.url}/gone.zip"))
        ),
    }
    ckan(server, "ssen_overhead_lines", {}, refuse=True)
    for name in ingest.MODULES:
        module = ingest.load(name)
        monkeypatch.setattr(module, "SOURCE", replace(module.SOURCE, live=ways.get(name), key=None))
    monkeypatch.setenv("LAEP_OFFLINE", "0")
    monkeypatch.setattr(plan, "_fetcher", lambda **more: fetcher_in(tmp_path / "cache", **more))
    said = CliRunner().invoke(cli.app, ["doctor", "--live", "--json", "--area", str(tmp_path)]).stdout
    assert "edition 2026-09-01 (laep knows August 2025); it lists no column SiteName." in said
    assert "ssen_overhead_lines is not shown to this computer" in said or "Access denied" in said
    assert "gone is gone or has another name" in said
    assert "gone.zip is gone or has another name" in said
    assert "run `laep ingest repd --file PATH`" in said
    assert len(server.asked) <= 6


def test_doctor_live_asks_nobody_offline(tmp_path):
    said = CliRunner().invoke(cli.app, ["doctor", "--live", "--area", str(tmp_path)]).output
    assert "not asked" in said


def test_the_table_for_the_page_takes_the_place_of_the_last_one():
    spec = importlib.util.spec_from_file_location("canary_page", ROOT / "docs" / "canary.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    one = standing.Standing(
        "repd", canary.Answer("www.gov.uk", "REPD|Q2", "found", "2026-08-03"), "Q2 2026", ("Ref ID",)
    )
    written = page.written((ROOT / "docs" / "live.md").read_text(), page.table([one], dt.date(2026, 12, 1)))
    assert "Asked on 01 December 2026." in written
    assert "| `repd` | www.gov.uk | REPD\\|Q2 | is there | 2026-08-03 | Ref ID |" in written
    assert page.written(written, "x").count("canary: begin") == 1
    assert "01 December" not in page.written(written, "x")
