"""The main job on real places: each from published files to a plan that says what those files say."""

import re

import agreement
import geopandas as gpd
import pytest
import shapely

from laep import area as areas
from laep import explain, init, pipeline, publish, steps, words
from laep.gather import gather
from laep.ingest.place import boundary
from laep.store import Store

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.xdist_group("places")]


def plan(folder, name, place, files):
    """Make an area, read its files, run every step, and return the area, its store and the page."""
    made = init.create(name, place, parent=folder)
    for source, paths in files.items():
        areas.remember_files(made, source, paths)
    made = areas.load(made.folder)
    gather.read(made)
    store = Store(made.gpkg)
    pipeline.run(made, store, steps.STEPS)
    return made, store, publish.write(made, store).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def newport(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("newport")
    box = gpd.GeoDataFrame({"name": ["Rogerstone"]}, geometry=[shapely.box(325300, 186200, 328000, 188200)], crs=27700)
    box.to_file(folder / "box.gpkg")
    stem = "newport_graig_bassaleg_rhiwderin"
    files = {
        "osm": [
            shared_data / f"buildings/newport/{stem}_{kind}.geojson" for kind in ("buildings", "landuse", "points")
        ],
        "nged_substations": [shared_data / "dso/nged/nged_substation_locations_2025.csv"],
        "zones": [shared_data / "boundaries/newport_lsoa2011.geojson"],
        "tenure": [shared_data / "homes/census2021/census2021-ts054-lsoa.csv"],
    }
    return plan(folder, "Rogerstone and Bassaleg", boundary.from_file(folder / "box.gpkg"), files)


@pytest.fixture(scope="module")
def eynsham(shared_data, tmp_path_factory):
    files = {
        "ssen_headroom": [shared_data / "dso/ssen/headroom-dashboard-data-march-2026.csv"],
        "ssen_areas": [shared_data / "dso/ssen/sepd_primarysubstation_esa_2025_simplified.geojson"],
        "weather": [shared_data / "weather/pvgis/PVGIS_22deg_-5deg_2007_2016_lat51.790_lon-1.393.csv"],
        "zones": [shared_data / "boundaries/west_oxfordshire_lsoa2011.geojson"],
        "tenure": [shared_data / "homes/census2021/census2021-ts054-lsoa.csv"],
    }
    place = boundary.from_file(shared_data / "boundaries/eynsham_ward.geojson")
    return plan(tmp_path_factory.mktemp("eynsham"), "Eynsham", place, files)


@pytest.fixture(scope="module")
def covent_garden(shared_data, tmp_path_factory):
    lidar = shared_data / "lidar/covent_garden"
    files = {
        "buildings": [lidar / "footprints_osm_epsg32631.geojson"],
        "elevation": [lidar / "DSM_CG.tif", lidar / "DEM_CG.tif"],
        "ukpn_sites": [shared_data / "dso/ukpn/grid-and-primary-sites_2025-08.csv"],
        "ecr": [shared_data / "dso/ukpn/ukpn-embedded-capacity-register_2025-08.csv"],
    }
    place = boundary.from_point(51.5135, -0.1240, 180)
    return plan(tmp_path_factory.mktemp("london"), "Covent Garden", place, files)


def test_newport_has_its_buildings_schools_solar_and_inferred_primaries(newport):
    _, store, page = newport
    buildings = store.read("in_building")
    assert 3400 < len(buildings) < 3500
    assert (buildings["use"] == "home").sum() > 2900
    assert len(store.read("in_generator")) == 59
    sites = store.read("site_anchor")
    assert "Pentrepoeth Primary School" in set(sites["name"].dropna())
    primaries = store.read("link_substation").query("level == 'primary'")
    assert set(primaries["method"]) == {"nearest"}
    assert set(primaries["confidence"]) == {"low"}
    assert "Pentrepoeth Primary School" in page


@pytest.mark.parametrize("place", ["newport", "eynsham", "covent_garden"])
def test_tables_and_sentences_of_the_report_agree_and_no_number_stands_without_an_id(place, request):
    made, store, page = request.getfixturevalue(place)
    figures = store.read("plan_figure").set_index("figure_id")
    assert agreement.faults(page, figures, area=words.slug(made.area_id)) == []


def test_newport_solar_is_plausible(newport):
    _, store, _ = newport
    solar = store.read("model_solar")
    specific = solar["annual_kwh"].sum() / solar["capacity_kwp"].sum()
    assert 750 < specific < 1000
    assert (solar["annual_low_kwh"] <= solar["annual_kwh"]).all()
    assert (solar["annual_kwh"] <= solar["annual_high_kwh"]).all()


def test_newport_segments_conserve_energy(newport):
    _, store, _ = newport
    balance = store.read("model_balance")
    gap = (
        balance["generation_kwh"] + balance["import_kwh"]
        - balance["demand_kwh"] - balance["export_kwh"] - balance["loss_kwh"]
    )  # fmt: skip
    assert gap.abs().max() < 1e-6 * balance["demand_kwh"].max()


def test_eynsham_has_no_room_and_the_plan_says_so(eynsham):
    _, store, page = eynsham
    now = store.read("model_headroom").query("name == 'Eynsham Primary' and scenario == 'now'").set_index("direction")
    assert now.loc["demand", ["value", "unit", "verdict", "binding"]].tolist() == [
        0,
        "MVA",
        "not_asked",
        "upstream",
    ]
    assert now.loc["generation", ["value", "unit", "verdict"]].tolist() == [
        0,
        "MW",
        "not_asked",
    ]  # no roofs are known there
    serving = store.read("link_substation").query("role == 'serves'").sort_values("share_of_area", ascending=False)
    assert serving.iloc[0]["name"] == "Eynsham Primary"
    assert serving.iloc[0]["method"] == "published_area"
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "Reinforce the 33kV circuit between Witney BSP and Eynsham Primary" in words
    assert "none or worse" in words
    assert "2028" in words


def test_eynsham_says_what_is_missing_and_keeps_the_rest(eynsham):
    _, store, page = eynsham
    held = store.layers()
    assert "in_building" not in held
    assert "roof_plane" not in held
    assert held["in_weather"].rows == 8760
    assert held["plan_rule"].rows > 100
    assert "laep ingest osm --file" in page
    households = store.read("model_demand")["homes"].sum()
    assert 1500 < households < 6000


def test_covent_garden_comes_from_another_crs_onto_the_map(covent_garden):
    _, store, page = covent_garden
    buildings = store.read("in_building")
    assert len(buildings) > 100
    assert buildings.total_bounds[0] > 529000
    assert buildings.total_bounds[2] < 532000
    heights = store.read("roof_height")
    covered = heights[heights["cover_share"] > 0.9]
    assert covered["built_share"].median() > 0.85
    assert 8 < covered["height_m"].median() < 40
    assert "Covent Garden" in page


def test_covent_gardens_offset_footprints_are_noticed(covent_garden):
    _, store, _ = covent_garden
    assert "the model is read through that move; footprints stay where they are" in store.steps()["heights"].message


@pytest.mark.parametrize("place", ["newport", "eynsham", "covent_garden"])
def test_every_figure_of_the_plan_can_be_explained(place, request):
    area, store, page = request.getfixturevalue(place)
    held = explain.Held(area, store)
    assert held.figures
    assert [figure for figure in held.figures if not explain.told(held, figure).text.startswith(figure)] == []
    assert "http-equiv" not in page.split("<body")[0].lower()
    assert 'src="http' not in page


def test_the_same_inputs_give_the_same_plan(covent_garden):
    area, store, _ = covent_garden
    before = {name: state.fingerprint for name, state in store.layers().items()}
    gather.read(area, gather.named(area))
    again = [s for s in pipeline.run(area, store, steps.STEPS) if s.state == "done"]
    assert again == []
    assert {name: state.fingerprint for name, state in store.layers().items()} == before
