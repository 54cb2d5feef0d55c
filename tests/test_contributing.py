"""CONTRIBUTING followed: a source of another package is found, read, kept and explained without a change in laep."""

import importlib
import sys
import textwrap

import pytest
import shapely

from laep import area, ingest, init
from laep.errors import SourceInvalid
from laep.gather import catalogue, gather
from laep.ingest.place.boundary import Place
from laep.store import Store

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


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("county_register", "import no_such_package", "cannot be loaded"),
        ("county_register", "COLUMNS = {}", "has no SOURCE"),
        ("another", SOURCE, "its SOURCE is called 'county_register'"),
        ("county_register", SOURCE.replace('("in_generator",)', '("in_wishes",)'), "no layer in_wishes"),
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
