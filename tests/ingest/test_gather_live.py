"""From a place to layers over the network (a server on this computer), through the command line as people use it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from live_server import KEY, OSM, Answer, arcgis, as_json, fetcher_in, ods, planning, pvgis, square, static
from shapely.geometry import box
from typer.testing import CliRunner

from laep import area as areas
from laep import cli, doctor, ingest, init, plan
from laep.errors import FetchFailed, SourceInvalid, UserFault
from laep.gather import catalogue, fetched, gather
from laep.ingest.net import keys
from laep.ingest.net.opendatasoft import Opendatasoft
from laep.ingest.net.overpass import Overpass
from laep.ingest.net.planning_data import PlanningData
from laep.ingest.net.pvgis_api import Pvgis
from laep.ingest.net.ways import Download
from laep.ingest.place import boundary_live
from laep.ingest.place.boundary import Place as Boundary
from laep.ingest.source import Place
from laep.store import Store

AREA = box(442_700, 208_900, 443_700, 209_900)
HEADER = "SiteFunctionalLocation,SiteName,SiteType,PowerTransformerCount,Easting,Northing,Spatial Coordinates,transratingwinter,transratingsummer,maxdemandwinter,maxdemandsummer"
SITE = 'F-1,Eynsham 33/11kV,Primary Substation,2,443000,209000,"51.778, -1.377","20, 20","15, 15",12,8'


def only(monkeypatch, **ways):
    """Leave live access to the named sources alone, by the ways given; a pair is a way and further fields."""
    for name in ingest.MODULES:
        module = ingest.load(name)
        way, more = ways[name] if isinstance(ways.get(name), tuple) else (ways.get(name), {})
        monkeypatch.setattr(module, "SOURCE", replace(module.SOURCE, live=way, **{"key": None, **more}))


@pytest.fixture
def place(tmp_path):
    found = Boundary(name="Eynsham", code="E05006639", found_by="test", geometry=AREA)
    return init.create("Eynsham", found, parent=tmp_path, live=True)


@pytest.fixture
def portals(server, monkeypatch):
    """Four portals: a map, designations, weather, and one of the operator's that wants a key."""
    server.on("/api/interpreter", Answer(OSM.encode()))
    planning(server, {"green-belt": [square(-1.4, 51.7, -1.3, 51.8, dataset="green-belt", entity=1)]})
    pvgis(server, (2019, 2019))
    ods(server, "grid-and-primary-sites", [SITE], header=HEADER, needs_key=True, licence="Open Data Licence 9")
    only(
        monkeypatch,
        osm=Overpass(hosts=(server.url,), tags=("building",)),
        constraints=PlanningData(host=server.url, datasets=("green-belt",)),
        weather=Pvgis(host=server.url, first_year=2019, last_year=2019),
        ukpn_sites=(
            Opendatasoft(host=server.url, dataset="grid-and-primary-sites", labels=True, key="LAEP_UKPN_KEY"),
            {"operator": None, "key": "LAEP_UKPN_KEY"},
        ),
    )
    monkeypatch.delenv("LAEP_UKPN_KEY", raising=False)
    return server


@pytest.fixture
def online(monkeypatch, tmp_path):
    """Run the command line as someone with a network would, with a cache of its own."""
    monkeypatch.setenv("LAEP_OFFLINE", "0")
    monkeypatch.setenv("LAEP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LAEP_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(
        plan, "_fetcher", lambda *, offline, **more: fetcher_in(tmp_path / "cache", offline=offline, **more)
    )

    def laep(*words):
        done = CliRunner().invoke(cli.app, [str(word) for word in words])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout if "--json" in words else done.output

    return laep


def test_one_command_gathers_all_that_applies(portals, place, online):
    said = online("ingest", "--area", place.folder)
    assert "osm: 1 rows kept" in said
    assert "constraints: 1 rows kept" in said
    assert "weather: 8,760 rows kept" in said
    assert "Not fetched without a key (LAEP_UKPN_KEY): ukpn_sites" in said
    store = Store(place.gpkg)
    assert set(store.layers()) >= {"in_building", "in_constraint", "in_weather"}
    assert not portals.asked[-1].headers.get("Authorization")


def test_the_record_says_where_each_file_came_from(portals, place, online):
    online("ingest", "--area", place.folder)
    rows = Store(place.gpkg).provenance().set_index("source_id")
    assert rows.loc["osm", "url"].splitlines() == [ingest.load("osm").SOURCE.url, f"{portals.url}/api/interpreter"]
    record = json.loads((place.folder / "fetched.json").read_text())
    assert set(record) == {"osm", "constraints", "weather"}
    assert rows.loc["osm", "sha256"] == record["osm"][0]["sha256"]
    assert rows.loc["osm", "retrieved_at"] == record["osm"][0]["retrieved_at"]
    assert rows.loc["osm", "files"] == "openstreetmap.osm"


def test_a_second_round_asks_nobody_and_reads_nothing(portals, place, online):
    online("ingest", "--area", place.folder)
    asked = len(portals.asked)
    assert "Nothing has changed" in online("ingest", "--area", place.folder)
    assert len(portals.asked) == asked
    assert {s.state for s in gather.status(place, Store(place.gpkg))} == {"fresh"}


def test_a_second_area_shares_what_was_fetched(portals, place, online, monkeypatch, server):
    only(monkeypatch, osm=Download(url=server.on("/country.osm", static(OSM.encode()))))
    online("ingest", "--area", place.folder)
    found = Boundary(name="Next", code="E05006640", found_by="test", geometry=box(442_600, 208_900, 443_700, 209_900))
    other = init.create("Next door", found, parent=place.folder.parent, live=True)
    online("ingest", "--area", other.folder)
    assert server.paths().count("/country.osm") == 1


def test_what_its_reader_refuses_leaves_the_cache(portals, place, online, monkeypatch, server):
    """F5: half a map was kept for a week, and refused each time without a question."""
    only(monkeypatch, osm=Download(url=server.on("/map.osm", [Answer(b"id,name\n1,2\n"), Answer(OSM.encode())])))
    assert "osm: " in online("ingest", "--area", place.folder).partition("Could not be had now (1)")[2]
    assert "osm: 1 rows kept" in online("ingest", "--area", place.folder)


def test_an_exception_nobody_foresaw_is_one_source_missed(portals, place, online, monkeypatch):
    """F5: a broken raster ended the whole of `laep ingest`, with a traceback."""

    def broken(_):
        raise RuntimeError("Read failed")

    monkeypatch.setattr(ingest.load("constraints"), "read", broken)
    said = online("ingest", "--area", place.folder)
    assert "osm: 1 rows kept" in said
    assert "weather: 8,760 rows kept" in said
    assert "constraints: RuntimeError: Read failed." in said.partition("Could not be had now (1)")[2]


def test_outlines_of_another_publisher_stand_in_for_a_map_that_cannot_be_had(portals, place, online, monkeypatch):
    """F1: without Overpass the plan was empty."""
    outline = square(-1.3800, 51.7800, -1.3798, 51.7801, building="house")
    drawn = json.dumps({"type": "FeatureCollection", "features": [outline]}).encode()
    ways = {"buildings": Download(url=portals.on("/outlines.geojson", static(drawn)))}
    only(monkeypatch, osm=Overpass(hosts=(portals.url,), tags=("building",)), **ways)
    assert "\nbuildings:" not in online("ingest", "--area", place.folder)
    portals.on("/api/interpreter", Answer(b"Not Acceptable", 406))
    place.gpkg.unlink()
    (place.folder / "fetched.json").unlink()
    shutil.rmtree(place.folder.parent / "cache")
    said = online("ingest", "--area", place.folder)
    assert "turns away programs that name themselves as laep does (406)" in said
    assert "buildings: 1 rows kept" in said
    assert "No outlines" not in said


def test_without_outlines_the_last_line_says_so_and_the_exit_code_too(portals, place, monkeypatch, tmp_path):
    portals.on("/api/interpreter", Answer(b"", 504))
    monkeypatch.setattr(plan, "_fetcher", lambda **more: fetcher_in(tmp_path / "cache", **more))
    done = CliRunner().invoke(cli.app, ["ingest", "--area", str(place.folder)])
    assert done.exit_code == 3
    assert done.output.splitlines()[-1].startswith(
        "No outlines of buildings could be had, and a plan starts from them."
    )


def test_what_went_over_the_network_is_told(portals, place, online):
    said = online("ingest", "--area", place.folder)
    assert f"\n{len(portals.asked)} requests, 1." in said
    told = json.loads(online("ingest", "--again", "--json", "--area", place.folder))
    assert [host["host"] for host in told["hosts"]] == ["127.0.0.1"]


def test_offline_uses_what_is_there(portals, place, online):
    online("ingest", "--area", place.folder)
    asked = len(portals.asked)
    said = online("ingest", "--offline", "--again", "--area", place.folder)
    assert "osm: 1 rows kept" not in said or len(portals.asked) == asked
    assert len(portals.asked) == asked
    place.gpkg.unlink()
    assert "osm: 1 rows kept" in online("ingest", "--offline", "--area", place.folder)
    assert len(portals.asked) == asked


def test_offline_from_the_start_lists_what_was_never_fetched(portals, place, online):
    said = online("ingest", "--offline", "--area", place.folder)
    assert "Offline, and never fetched before: osm, constraints." in said
    assert "weather: 8,760 rows kept" in said  # the typical year that ships with laep
    assert not portals.asked


def test_one_that_fails_does_not_stop_the_others(portals, place, online):
    portals.on("/api/interpreter", Answer(b"<html>busy</html>", 504))
    said = online("ingest", "--area", place.folder)
    assert "constraints: 1 rows kept" in said
    assert "Could not be had now (1); the rest is kept:" in said
    assert "osm: 127.0.0.1 is in trouble (504)" in said
    assert "run `laep ingest osm --file PATH`" in said


def test_weather_falls_back_on_the_typical_year(portals, place, online):
    portals.on("/seriescalc", as_json({"message": "Location over the sea"}, 400))
    said = online("ingest", "--area", place.folder)
    assert "weather: 8,760 rows kept" in said
    assert "Location over the sea" in said
    assert "typical year is drawn" in said


def test_a_source_named_by_the_user_must_come(portals, place, online):
    portals.on("/api/interpreter", Answer(b"", 504))
    with pytest.raises(UserFault, match=r"osm: .*504.*By hand: download"):
        online("ingest", "osm", "--area", place.folder)


def test_a_named_source_is_fetched_in_an_area_that_is_not_live(portals, tmp_path, online):
    found = Boundary(name="Eynsham", code=None, found_by="test", geometry=AREA)
    still = init.create("Still", found, parent=tmp_path)
    assert "osm:" not in online("ingest", "--area", still.folder)
    assert not portals.asked
    assert "osm: 1 rows kept" in online("ingest", "osm", "--area", still.folder)


def test_a_file_of_the_users_own_is_not_fetched_over(portals, place, online, tmp_path):
    own = tmp_path / "own.osm"
    own.write_text(OSM)
    online("ingest", "osm", "--file", own, "--area", place.folder)
    online("ingest", "--area", place.folder)
    assert "/api/interpreter" not in portals.paths()
    assert Store(place.gpkg).provenance().set_index("source_id").loc["osm", "url"] == ingest.load("osm").SOURCE.url


def test_with_a_key_the_gated_source_comes_and_the_key_is_nowhere(portals, place, online, monkeypatch, tmp_path):
    monkeypatch.setenv("LAEP_UKPN_KEY", KEY)
    said = online("ingest", "--area", place.folder)
    assert "ukpn_sites: 1 rows kept" in said
    assert "The portal states the licence as: Open Data Licence 9" in said
    assert any(asked.headers.get("Authorization") == f"Apikey {KEY}" for asked in portals.asked)
    said += online("ingest", "--list", "--area", place.folder) + online("doctor", "--area", place.folder)
    said += online("status", "--area", place.folder)
    ods(portals, "grid-and-primary-sites", [SITE], header=HEADER, needs_key=True)
    monkeypatch.setenv("LAEP_UKPN_KEY", f"{KEY}-wrong")
    with pytest.raises(SourceInvalid) as caught:
        fetch_fresh(place, tmp_path)
    said += str(caught.value)
    assert "***" in said  # the server repeated the key; laep did not
    assert KEY not in said
    for path in tmp_path.rglob("*"):
        assert KEY not in path.name
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def fetch_fresh(place, tmp_path):
    gather.read(place, ["ukpn_sites"], fetcher=fetcher_in(tmp_path / "other-cache"))


def test_a_source_taken_out_stays_out_until_it_is_asked_for(portals, place, online):  # torture: taking out
    online("ingest", "--area", place.folder)
    online("ingest", "--remove", "constraints", "--area", place.folder)
    assert 'without = ["constraints"]' in place.toml.read_text(encoding="utf-8")
    assert "constraints" not in online("ingest", "--area", place.folder)
    assert not Store(place.gpkg).has("in_constraint")
    assert "constraints: 1 rows kept" in online("ingest", "constraints", "--area", place.folder)
    assert "without =" not in place.toml.read_text(encoding="utf-8")


def test_the_list_is_of_what_applies_here_and_one_source_says_all_of_itself(portals, place, online):
    online("ingest", "--area", place.folder)
    listed = online("ingest", "--list", "--area", place.folder)
    assert "an OpenStreetMap extract" in listed
    assert "enwl_areas" not in listed  # its operator serves other places
    assert "more are for other places" in listed
    one = online("sources", "osm", "--area", place.folder)
    assert "yes, 1 rows" in one
    assert "laep ingest osm --file PATH" in one
    with pytest.raises(SourceInvalid, match="Did you mean 'osm'"):
        online("sources", "OSM")


def test_what_another_nation_or_operator_publishes_is_not_asked_for(server, monkeypatch):
    way = Download(url=f"{server.url}/x")
    only(
        monkeypatch,
        osm=(way, {"nations": ("scotland",)}),
        ecr=(way, {"operator": "npg"}),
        zones=way,
        uprn=(way, {"on_request": True}),
        homes=(way, {"key": "LAEP_NGED_KEY"}),
    )
    monkeypatch.delenv("LAEP_NGED_KEY", raising=False)
    here = Place(clip=AREA, nations=("england",), operators=("ssen",))
    assert catalogue.automatic(here) == (["zones"], ["homes"])
    assert catalogue.automatic(Place(clip=AREA)) == (["osm", "zones", "ecr"], ["homes"])


def test_a_cleared_cache_is_missing_until_the_next_ingest(portals, place, online, tmp_path):
    online("ingest", "--area", place.folder)
    (path,) = fetched.paths(place, "osm")
    path.unlink()
    assert {s.name: s.state for s in gather.status(place, Store(place.gpkg))}["osm"] == "missing"
    online("ingest", "--area", place.folder)
    assert path.is_file()


def test_a_damaged_record_counts_as_none(place):
    (place.folder / fetched.NAME).write_text("{")
    assert fetched.of_area(place) == {}
    assert fetched.paths(place, "osm") == ()


def test_live_is_true_or_false(place):
    assert areas.load(place.folder).live
    place.toml.write_text(place.toml.read_text().replace("live = true", 'live = "yes"'))
    with pytest.raises(UserFault, match="live must be true or false, without quotes"):
        areas.load(place.folder)


def test_an_area_is_founded_by_name_over_the_network(server, online, monkeypatch, tmp_path):
    parish = square(-1.4, 51.77, -1.35, 51.79, PARNCP24CD="E04008130", PARNCP24NM="Eynsham")
    root = arcgis(
        server,
        "Parishes_and_Non_Civil_Parished_Areas_December_2024_Boundaries_EW_BGC",
        [parish],
        fields=("PARNCP24CD", "PARNCP24NM"),
    )
    for service in ("Wards_December_2024_Boundaries_UK_BGC", "Local_Authority_Districts_May_2024_Boundaries_UK_BGC"):
        arcgis(server, service, [], fields=("WD24CD", "WD24NM"))
    monkeypatch.setattr(init.boundary_live, "by_name", lambda name, fetcher: by_name(name, fetcher, services=root))
    said = online("init", "Eynsham", "--place", "Eynsham", "--into", tmp_path / "plans")
    assert "then `laep ingest`, then `laep report`" in said
    made = areas.load(tmp_path / "plans" / "eynsham")
    assert made.live
    assert not areas.load(
        init.create("Other", Boundary(name="", code=None, found_by="test", geometry=AREA), parent=tmp_path).folder
    ).live


by_name = boundary_live.by_name


def test_offline_a_name_needs_a_file_and_the_area_is_not_live(online, tmp_path):
    with pytest.raises(UserFault, match="--place needs a file to look it up in"):
        online("init", "Eynsham", "--place", "Eynsham", "--offline", "--into", tmp_path)
    said = online("init", "Eynsham", "--at", "51.78,-1.375", "--offline", "--into", tmp_path)
    assert "laep ingest osm --file MAP" in said
    assert not areas.load(tmp_path / "eynsham").live


def test_a_lookup_that_fails_says_how_to_do_without(server, fetcher, monkeypatch):
    monkeypatch.setattr(
        init.boundary_live, "by_name", lambda name, fetcher: by_name(name, fetcher, services=f"{server.url}/none")
    )
    ways = {"boundary": None, "where": None, "layer": None, "code": None, "postcode": None, "at": None}
    with pytest.raises(FetchFailed, match="To do without, add --from FILE"):
        init.find_place(**ways, place="Eynsham", radius_m=500, lookup=None, fetcher=fetcher)


def test_the_list_shows_every_source(online, place):
    shown = json.loads(online("ingest", "--list", "--json", "--area", place.folder))["sources"]
    assert [each["source"] for each in shown] == list(ingest.names())
    assert all(each["places"] and each["publisher"] and each["licence"] and each["key"] for each in shown)
    assert {each["rows_here"] for each in shown} == {None}
    ukpn = next(each for each in shown if each["source"] == "ukpn_sites")
    assert "LAEP_UKPN_KEY" in ukpn["key"]


def test_the_doctor_tells_keys_without_showing_them(monkeypatch, tmp_path):
    monkeypatch.setenv("LAEP_SPEN_KEY", KEY)
    monkeypatch.delenv("LAEP_NPG_KEY", raising=False)
    findings = {f.topic: f for f in doctor.examine(tmp_path).findings}
    assert findings["LAEP_SPEN_KEY"].found.startswith("set (")
    assert findings["LAEP_NPG_KEY"].found.startswith("not set (")
    assert "keys.toml" in findings["LAEP_NPG_KEY"].advice
    assert set(keys.KEYS) <= set(findings)
    assert KEY not in str(findings)


def test_the_network_is_not_loaded_before_it_is_needed():
    script = "import sys, laep.cli; sys.exit(' '.join({'requests', 'urllib3'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stderr) == (0, "")
