"""What is private stays in the area folder: nothing that laep prints, draws or exports holds a household."""

import ast
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import laep
from laep import area as areas
from laep import explain, init, pipeline, publish, steps
from laep.cli import app
from laep.gather import gather
from laep.ingest.place.boundary import Place
from laep.schema import LAYERS, empty, public
from laep.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("privacy")]

ROOT = Path(__file__).resolve().parents[1]
SQUARE = shapely.box(440_000, 210_000, 440_400, 210_400)
MARKS = {
    "LMK_KEY": "zqmarkerkey", "ADDRESS1": "4711 Zqmarkerstreet", "POSTCODE": "ZE3 9QQ", "UPRN": "987654321012",
    "LODGEMENT_DATE": "1987-06-05", "TOTAL_FLOOR_AREA": "123.4567", "MAINHEAT_DESCRIPTION": "Zqmarkerboiler, mains gas",
    "CURRENT_ENERGY_RATING": "G", "PROPERTY_TYPE": "House",
}  # fmt: skip
TELLING = ["zqmarker", "4711", "ZE3 9QQ", "ZE39QQ", "987654321012", "1987-06-05", "123.4567"]
RUN = ("generators", "sites", "stock", "demand", "blocks", "questions", "pathways", "figures")
"""Steps with no need of weather or network: the rest work on buildings and never see a household."""
MAY_READ = {"pipeline.py", "gather/gather.py", "store.py"}
"""Modules that work inside the area folder; the others publish, and take `Store.public`."""


@pytest.fixture(scope="module")
def area(tmp_path_factory):
    folder = tmp_path_factory.mktemp("private")
    place = Place(name="Test", code=None, found_by="test", geometry=SQUARE)
    made = init.create("Test Place", place, parent=folder)
    spots = [(440_020 + 14 * n, 210_050) for n in range(25)]
    houses = gpd.GeoDataFrame(
        {
            "osm_id": [f"way/{n}" for n in range(25)], "building": "house",
            "addr:housenumber": ["4711", *map(str, range(1, 25))], "addr:street": "Zqmarkerstreet", "addr:postcode": "ZE3 9QQ",
        },
        geometry=[shapely.box(x, y, x + 8, y + 8) for x, y in spots], crs=27700,
    )  # fmt: skip
    houses.to_crs(4326).to_file(folder / "map.geojson")
    rows = [MARKS, *({**MARKS, "LMK_KEY": f"k{n}", "ADDRESS1": f"{n} Zqmarkerstreet", "UPRN": str(10 + n),
                      "CURRENT_ENERGY_RATING": "D"} for n in range(1, 25))]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "zqmarker_certificates.csv", index=False)
    points = [f"{row['UPRN']},{x + 4},{y + 4}" for row, (x, y) in zip(rows, spots, strict=True)]
    (folder / "uprn.csv").write_text("\n".join(["UPRN,X_COORDINATE,Y_COORDINATE", *points]))
    for source, name in (("osm", "map.geojson"), ("uprn", "uprn.csv"), ("homes", "zqmarker_certificates.csv")):
        areas.remember_files(areas.load(made.folder), source, [folder / name])
    made = areas.load(made.folder)
    gather.read(made)
    store = Store(made.gpkg)
    pipeline.run(made, store, [step for step in steps.STEPS if step.name in RUN])
    publish.write(made, store)
    return made


def published(area):
    """Return every text laep gives out about the area: files beside the GeoPackage, and what commands print."""
    yield from (
        (path.name, path.read_bytes().decode("utf-8", errors="replace"))
        for path in sorted(area.report.rglob("*"))
        if path.is_file()
    )
    for words in (["status"], ["sources"], ["assumptions"], ["doctor"], ["explain", "in_home"]):
        for form in ([], ["--json"]):
            done = CliRunner().invoke(app, [*words, *form, "--area", str(area.folder)])
            assert done.exit_code == 0, (words, done.output)
            yield " ".join([*words, *form]), done.output
    store = Store(area.gpkg)
    named = [
        "in_home",
        "in_address",
        "in_uprn",
        "in_building",
        "model_stock",
        "homes",
        "uprn",
        "osm",
        "privacy.least_count",
    ]
    for name in [*named, *store.read("plan_figure")["figure_id"], *store.read("plan_rule")["rule_id"].head(10)]:
        yield name, json.dumps(explain.trace(area, store, name).as_dict(), default=str)


def test_the_household_is_in_the_area_file(area):
    homes = Store(area.gpkg).read("in_home")
    row = homes[homes["uprn"] == "987654321012"].iloc[0]
    assert (row["building_id"], row["confidence"]) == ("way/0", "high")
    assert (Store(area.gpkg).read("in_address")["number"] == "4711").any()


def test_nothing_published_holds_it(area):
    texts = dict(published(area))
    assert any(name.endswith(".html") for name in texts)
    found = [(name, mark) for name, text in texts.items() for mark in TELLING if mark.casefold() in text.casefold()]
    assert found == []


def test_its_rating_alone_is_not_counted_out(area):
    stock = Store(area.gpkg).read("model_stock")
    ratings = stock[stock["topic"] == "rating"].set_index("category")
    assert ratings["of_homes"].tolist() == [25, 25]
    assert ratings["hidden"].all()  # one G of 25: the 24 D would give it away


def test_household_layers_give_no_row_and_no_private_column(area):
    store = Store(area.gpkg)
    for name in ("in_home", "in_address"):
        frame = store.public(name)
        assert len(store.read(name)) == 25
        assert frame.empty
        assert laep.open(area.folder).layer(name).empty
        assert not {column.name for column in LAYERS[name].columns if column.private} & set(frame.columns)
    assert len(store.public("in_building")) == 25


@pytest.mark.parametrize("name", LAYERS)
def test_public_is_what_the_schema_says(name):
    private = {column.name for column in LAYERS[name].columns if column.private}
    assert set(LAYERS[name].column_names) - set(public(empty(name), name).columns) == private


def whole_reads(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("store.read"):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_only_the_engine_reads_whole_layers():
    engine = {ROOT / "laep" / name for name in MAY_READ}
    modules = sorted(set((ROOT / "laep").rglob("*.py")) - engine)
    assert [place for path in modules for place in whole_reads(path)] == []
