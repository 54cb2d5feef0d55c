"""CONTRIBUTING followed: a source from a package of its own, and each commit it shows in a copy of laep."""

import importlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import laep
from laep import area, ingest, init
from laep.desk import build, recognise
from laep.errors import SourceInvalid
from laep.gather import catalogue, gather
from laep.ingest.place.boundary import Place
from laep.ingest.source import Request
from laep.schema import LAYERS, conform, public
from laep.store import Store

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(python|toml|diff)\n# (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SOURCE = '''
"""Planning register of a county -> `in_generator`."""

import geopandas as gpd

from laep.ingest.read import cells, positions
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Ingested, Source

SOURCE = Source(
    name="county_register", title="County planning register", publisher="The county", licence="OGL v3.0",
    attribution="Contains public sector information", url="https://example.org/register", writes=("in_generator",),
    accepts="the CSV of schemes", told_by="planning",
)
COLUMNS = {
    "reference": ("Ref ID",),
    "capacity_mw": ("Installed Capacity (MWelec)",),
    "easting": ("X-coordinate",),
    "northing": ("Y-coordinate",),
    "operating_on": ("Operational",),
}


def read(request):
    path = one_file(request, SOURCE)
    raw = read_table(path, COLUMNS, source=SOURCE, optional=("operating_on",))
    places = positions.points(easting=raw["easting"], northing=raw["northing"])
    frame = raw.assign(
        generator_id=raw["reference"], technology="solar", status="connected", told_by="planning",
        capacity_kw=numeric(raw["capacity_mw"]) * 1000.0, connected_on=cells.iso_date(raw["operating_on"]),
    )
    kept = gpd.GeoDataFrame(frame, geometry=places.points)[places.points.notna()]
    notes = (f"{places.missing:,} schemes have no position and are left out.",)
    layers = {"in_generator": as_layer(kept, "in_generator", source=SOURCE)}
    return Ingested(layers=layers, rows_read=len(raw), rows_kept=len(kept), notes=notes)
'''
FILE = """Ref ID,Operator (or Applicant),Installed Capacity (MWelec),X-coordinate,Y-coordinate,Operational
7,"A Person, Esq",0.5,443000,205000,01/02/2020
8,"A Person, Esq",2,,,
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that installs a package with one source, as pip would, for this test only."""

    def install(name="county_register", code=SOURCE):
        folder = tmp_path / "site"
        info = folder / "county_data-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (folder / "county_data.py").write_text(textwrap.dedent(code), encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: county-data\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[laep.sources]\n{name} = county_data\n", encoding="utf-8")
        monkeypatch.syspath_prepend(folder)
        importlib.invalidate_caches()
        ingest.added.cache_clear()

    yield install
    ingest.added.cache_clear()
    sys.modules.pop("county_data", None)


def test_a_source_of_another_package_is_one_of_laeps(package, tmp_path):
    package()
    assert ingest.names()[-1] == "county_register"
    assert "county_register" in [source.name for source in catalogue.sources()]
    square = Place(
        name="Square", code=None, found_by="a square", geometry=shapely.box(442_000, 204_000, 444_000, 206_000)
    )
    made = init.create("Square", square, parent=tmp_path, live=False)
    path = tmp_path / "register.csv"
    path.write_text(FILE, encoding="utf-8")
    gather.read(made, ["county_register"], files=[path])
    store = Store(area.load(made.folder).gpkg)
    assert store.read("in_generator")["capacity_kw"].tolist() == [500.0]
    told = store.provenance().set_index("source_id").loc["county_register"]
    assert (told["rows_read"], told["rows_kept"]) == (2, 1)
    assert b"A Person" not in made.gpkg.read_bytes()
    assert {one.name: one.state for one in gather.status(area.load(made.folder), store)}["county_register"] == "fresh"


SITES = """
from laep.ingest.read.files import one_file
from laep.ingest.read.layer import as_layer
from laep.ingest.read.table import numeric, read_table
from laep.ingest.source import Ingested, Source

SOURCE = Source(
    name="county_register", title="Sites", publisher="The county", licence="OGL v3.0", attribution="The county",
    url="https://example.org", writes=("in_generator",), accepts="the CSV of sites", private=("applicant",),
    told_by="register",
)
COLUMNS = {"reference": ("Ref ID",), "applicant": ("Operator (or Applicant)",),
           "capacity_mw": ("Installed Capacity (MWelec)",)}


def read(request):
    raw = read_table(one_file(request, SOURCE), COLUMNS, source=SOURCE)
    frame = raw.assign(generator_id=raw["reference"], name=raw["applicant"], technology="solar", status="connected",
                       capacity_kw=numeric(raw["capacity_mw"]) * 1000.0, geometry=None)
    return Ingested(layers={"in_generator": as_layer(frame, "in_generator", source=SOURCE)}, rows_read=len(raw),
                    rows_kept=len(frame))
"""


def test_a_private_column_reaches_neither_the_desks_copy_nor_a_public_layer(package, tmp_path):
    """A6: the applicant is kept in a private column of the area, and shown nowhere."""
    package(code=SITES)
    path = tmp_path / "register.csv"
    path.write_text(FILE, encoding="utf-8")
    desk = tmp_path / "desk.gpkg"
    build.build(desk, recognise.choose([], [f"county_register={path}"]))
    with sqlite3.connect(desk) as held:
        copied = [row[0] for row in held.execute("SELECT cells FROM verbatim")]
    assert [json.loads(cells)["Ref ID"] for cells in copied] == ["7", "8"]
    assert "A Person" not in "".join(copied)
    found = ingest.load("county_register").read(Request(files=(path,))).layers["in_generator"]
    assert found["name"].tolist() == ["A Person, Esq"] * 2
    assert "A Person" not in public(found, "in_generator").to_csv()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("county_register", "import no_such_package", "cannot be loaded"),
        ("county_register", "COLUMNS = {}", "has no SOURCE"),
        ("another", SOURCE, "its SOURCE is called 'county_register'"),
        ("county_register", SOURCE.replace('("in_generator",)', '("in_wishes",)'), "no layer in_wishes"),
        ("county_register", SOURCE.replace(' told_by="planning",', ""), "needs told_by: one of"),
    ],
)
def test_a_broken_source_says_which_package_to_mend(package, name, code, said):
    package(name, code)
    with pytest.raises(SourceInvalid, match=f"county-data 1.0.*{said}.*pip uninstall county-data"):
        ingest.load(name)


def test_two_sources_of_one_name_are_refused(package):
    package("osm")
    with pytest.raises(SourceInvalid, match=r"county-data 1\.0 has a source 'osm', and so has laep itself"):
        ingest.names()


def test_sources_are_read_after_those_they_read_by():
    order = list(ingest.in_order(["buildings", "tenure", "zones", "homes", "uprn", "places", "osm"]))
    assert order.index("zones") < order.index("tenure")
    assert max(order.index("places"), order.index("osm")) < order.index("buildings") < order.index("homes")


def shown(heading):
    """Return the blocks under one heading of CONTRIBUTING: kind, file and text."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    part = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)
    assert part, heading
    return BLOCK.findall(part[1])


def follow(root, kind, file, text):
    """Put a block where it says: a new file, the end of a table, or a change between lines that are there."""
    path = root / file
    if kind == "python":
        assert not path.exists(), file
        path.write_text(text, encoding="utf-8")
        return
    held = path.read_text(encoding="utf-8")
    if kind == "toml":
        path.write_text(f"{held}\n{text}", encoding="utf-8")
        return
    lines = [(line[:1], f"{line[1:]}\n") for line in text.splitlines()]
    before = "".join(line for sign, line in lines if sign != "+")
    after = "".join(line for sign, line in lines if sign != "-")
    found = len(re.findall(rf"^{re.escape(before)}", held, re.MULTILINE))
    assert found == 1, f"CONTRIBUTING changes {file} where it has, {found} times, {before!r}"
    path.write_text(re.sub(rf"^{re.escape(before)}", lambda _: after, held, flags=re.MULTILINE), encoding="utf-8")


pytestmark = pytest.mark.xdist_group("contributing")
COMMITS = ("an assumption", "a step", "a figure", "a rule or a question", "an asset", "a command", "an output")
COMMANDS = {
    "status": ["status", "--json"],
    "report": ["report", "--json"],
    "kettles": ["kettles", "--json"],
    "figure": ["explain", "demand.kettles", "--json"],
    "assumption": ["assumptions", "--search", "kettle", "--json"],
    "layer": ["layers", "model_kettle", "--json"],
    "help": ["kettles", "--help"],
}
FOLLOWED = """
import json, sys
from pathlib import Path
from typer.testing import CliRunner
from laep.cli import app
from laep import steps

commands, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
said = {name: CliRunner().invoke(app, words) for name, words in commands.items()}
import figures_csv
figures_csv.write(folder, folder / "figures.csv")
import numpy as np
from functools import partial
from laep.assumptions import Assumptions
from laep.models.assets import KINDS
from laep.steps import kit
wheel, take = KINDS["water_wheel"], partial(kit.span_from, Assumptions())
print(json.dumps({"order": [step.name for step in steps.STEPS], "asset": float(wheel.build(np.array([2.0]), take).value[0]),
                  **{name: [each.exit_code, each.stdout] for name, each in said.items()}}))
"""


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    """Return an area that has one census zone, run by laep as it is, with an answer to a question it does not ask."""
    square = Place(
        name="Square", code=None, found_by="a square", geometry=shapely.box(442_000, 204_000, 444_000, 206_000)
    )
    made = init.create("Square", square, parent=tmp_path_factory.mktemp("area"), live=False)
    zone = {
        "zone_id": "E01", "households": 100, "owned": 60, "shared_ownership": 0, "social_rented": 30,
        "private_rented": 10, "share_in_area": 1.0, "source_id": "tenure",
    }  # fmt: skip
    store = Store.create(made.gpkg, made.area_id)
    edge = gpd.GeoDataFrame(
        {"area_id": [made.area_id], "name": "Square", "code": None, "found_by": "a square", "source_id": "boundary"},
        geometry=[square.geometry], crs=27700,
    )  # fmt: skip
    house = gpd.GeoDataFrame(
        {"building_id": ["b1"], "use": "home", "use_basis": "none", "footprint_m2": 80.0, "source_id": "osm"},
        geometry=[shapely.box(443_000, 205_000, 443_010, 205_008)], crs=27700,
    )  # fmt: skip
    with store.edit() as edit:
        edit.write("in_boundary", edge, step="ingest boundary")
        edit.write(
            "in_building",
            conform(house.reindex(columns=[*LAYERS["in_building"].column_names, "geometry"]), "in_building"),
            step="ingest osm",
        )
        edit.write("in_tenure", pd.DataFrame([zone]), step="ingest tenure")
    laep.open(made.folder).run()
    return made


@pytest.fixture(scope="module")
def followed(tmp_path_factory, village):
    """Return what a copy of laep says when the commits of CONTRIBUTING are in it."""
    root = tmp_path_factory.mktemp("copy")
    for folder in ("laep", "templates"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for commit in COMMITS:
        blocks = shown(f"Add {commit}")
        assert blocks, commit
        for block in blocks:
            follow(root, *block)
    before = village.answers.read_text(encoding="utf-8")
    village.answers.write_text(before.replace("[residents]", '[residents]\nkettles = "yes"', 1), encoding="utf-8")
    commands = {name: [*words, *_area(words, village)] for name, words in COMMANDS.items()}
    ran = subprocess.run(
        [sys.executable, "-c", FOLLOWED, json.dumps(commands), village.folder], env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout.splitlines()[-1])
    for name in COMMANDS:
        assert said[name][0] == 0, (name, said[name])
    return {name: json.loads(said[name][1]) for name in COMMANDS if name != "help"} | {
        "order": said["order"], "help": said["help"][1], "asset": said["asset"],
    }  # fmt: skip


def _area(words, village):
    return [] if "--help" in words or words[0] == "layers" else ["--area", str(village.folder)]


def test_an_assumption_is_used_and_known(followed):
    (one,) = followed["assumption"]["assumptions"]
    assert (one["key"], one["value"], one["unit"]) == ("demand.kettle_kwh", 160.0, "kWh/yr")


def test_a_step_finds_its_place_and_writes_its_layer(followed, village):
    assert followed["order"].index("demand") < followed["order"].index("kettles") < followed["order"].index("figures")
    assert followed["layer"]["layers"][0]["written_by"] == "kettles"
    assert "kettles" in {one["step"] for one in followed["status"]["steps"] if one["state"] == "new"}


def test_a_figure_stands_on_the_page_and_is_explained(followed, village):
    page = (village.folder / "report" / "index.html").read_text(encoding="utf-8")
    assert 'Kettles take <a class="fig" data-figure="demand.kettles"' in page
    assert "demand.kettle_kwh" in json.dumps(followed["figure"])


def test_a_rule_makes_its_step_due_and_is_judged_by_the_answer(followed, village):
    due = {one["step"]: one["reason"] for one in followed["status"]["steps"]}
    assert "flexibility_vpp.toml" in due["blocks"]
    with sqlite3.connect(village.gpkg) as held:  # a layer more than laep has: no file for its store
        assert held.execute("SELECT status FROM plan_rule WHERE rule_id = 'VP-K01'").fetchall() == [("met",)]


def test_an_asset_is_one_module_and_its_assumptions(followed):
    assert followed["asset"] == 18_000


def test_a_command_gives_what_its_verb_gives(followed):
    assert followed["kettles"] == {"schema_version": 1, "annual_kwh": 160.0}
    assert "Say what the kettles of an area use" in followed["help"]


def test_an_output_holds_every_figure(followed, village):
    written = pd.read_csv(village.folder / "figures.csv").set_index("figure_id")
    assert written.loc["demand.kettles", ["value", "low", "high"]].tolist() == [160.0, 100.0, 220.0]
