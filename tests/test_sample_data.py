"""The sample village: does it hold together, is it in the published forms, and does its script still make it?"""

import csv
import importlib.util
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

FOLDER = Path(__file__).resolve().parents[1] / "sample_data"


def made_once(test):
    """Mark a test that compares what the script makes, so that one worker makes it for all of them."""
    return pytest.mark.compares(pytest.mark.slow(pytest.mark.xdist_group("make_sample")(test)))


@pytest.fixture(scope="module")
def buildings():
    return gpd.read_file(FOLDER / "osm_buildings.geojson").to_crs(27700).set_index("osm_ref")


@pytest.fixture(scope="module")
def planes():
    table = pd.read_csv(FOLDER / "truth" / "roof_planes.csv")
    return gpd.GeoDataFrame(table, geometry=shapely.from_wkt(table["wkt"]), crs=27700)


@pytest.fixture(scope="module")
def demand():
    return pd.read_csv(FOLDER / "truth" / "demand.csv", index_col="building_id")


def test_about_twelve_hundred_homes(demand):
    assert 1100 <= demand["homes"].sum() <= 1300
    assert (demand["homes"] == 1).sum() > 900


def test_tenure_is_three_fifths_owned():
    table = pd.read_csv(FOLDER / "census_tenure_ts054.csv")
    village = table[table["geography code"].isin([f"E0199900{n}" for n in range(1, 5)])]
    total = village.sum(numeric_only=True)
    households = total["Tenure of household: Total: All households"]
    parts = ["Owned", "Shared ownership", "Social rented", "Private rented", "Lives rent free"]
    by_part = {part: total[f"Tenure of household: {part}"] for part in parts}
    assert sum(by_part.values()) == households
    assert by_part["Owned"] / households == pytest.approx(0.62, abs=0.03)
    assert by_part["Social rented"] / households == pytest.approx(0.20, abs=0.03)
    assert by_part["Private rented"] / households == pytest.approx(0.16, abs=0.03)


def test_no_buildings_overlap_and_terraces_share_walls(buildings):
    shapes = buildings.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    left, right = buildings.sindex.query(shapes, predicate="intersects")
    pairs = left < right
    shared = shapely.intersection(shapes[left[pairs]], shapes[right[pairs]])
    assert shapely.area(shared).max() < 1.0
    assert (shapely.length(shared) > 4.0).sum() > 250


def test_everything_stands_inside_the_boundary(buildings):
    boundary = gpd.read_file(FOLDER / "boundary.geojson").to_crs(27700).union_all()
    assert shapely.contains(boundary, buildings.geometry.to_numpy()).all()


def test_some_outlines_say_nothing_of_their_use(buildings, demand):
    homes = demand.index[demand["homes"] > 0]
    untyped = (buildings.loc[homes, "building"] == "yes").mean()
    assert 0.08 < untyped < 0.2


def test_truth_covers_the_same_buildings(buildings, planes, demand):
    links = pd.read_csv(FOLDER / "truth" / "links.csv", dtype=str)
    drawn = buildings.index[buildings["power"].isna()]
    assert set(links["building_id"]) == set(demand.index) == set(drawn) == set(planes["building_id"])
    stations = pd.read_csv(FOLDER / "ssen_transformers.csv", dtype={"full_nrn": str})
    assert set(links["secondary_id"]) <= set(stations["full_nrn"])
    feeders = pd.read_csv(FOLDER / "lv_feeder_lookup.csv", dtype=str)
    of_homes = links["building_id"].map(demand["homes"]) > 0
    assert set(links.loc[of_homes, "lv_feeder_id"]) == set(feeders["dataset_id"])


def test_customers_of_substations_match_the_links(demand):
    links = pd.read_csv(FOLDER / "truth" / "links.csv", dtype=str)
    homes = demand["homes"].reindex(links["building_id"]).groupby(links["secondary_id"].to_numpy()).sum()
    now = pd.read_csv(FOLDER / "ssen_transformers.csv", dtype={"full_nrn": str}).drop_duplicates("full_nrn")
    domestic = (now["n_customers"] - now["n_customers_non_domestic"]).set_axis(now["full_nrn"])
    pd.testing.assert_series_equal(domestic.sort_index(), homes.reindex(domestic.index).sort_index(), check_names=False)


def test_roof_planes_cover_their_outlines(buildings, planes):
    covered = planes.groupby("building_id")["plan_m2"].sum()
    outline = buildings.area.reindex(covered.index)
    assert (covered / outline).between(0.95, 1.01).all()
    slope = 1 / np.cos(np.radians(planes["tilt_deg"]))
    assert np.allclose(planes["sloped_m2"], planes["plan_m2"] * slope, rtol=0.002, atol=0.02)


def test_survey_agrees_with_the_planes(planes):
    errors = _survey_less_plane(planes[planes["in_survey"] == "yes"])
    assert len(errors) > 20_000
    assert np.sqrt(np.mean(errors**2)) < 0.15


def test_newer_houses_are_not_in_the_survey(planes):
    newer = planes[planes["in_survey"] == "no"]
    assert newer["building_id"].nunique() >= 3
    assert np.median(_survey_less_plane(newer)) < -4.0


def test_survey_misses_a_strip_outside_the_boundary_only():
    boundary = gpd.read_file(FOLDER / "boundary.geojson").to_crs(27700).union_all()
    for name in ("dsm_1m.tif", "dtm_1m.tif"):
        with rasterio.open(FOLDER / name) as raster:
            assert (raster.crs.to_epsg(), raster.dtypes[0], raster.nodata, raster.res) == (
                27700,
                "float32",
                -9999,
                (1, 1),
            )
            gap = raster.dataset_mask() == 0
            rows, columns = np.nonzero(gap)
            x, y = raster.xy(rows, columns)
        assert 0 < gap.mean() < 0.05
        assert not shapely.contains_xy(boundary, x, y).any()


def test_zones_tile_the_boundary():
    boundary = gpd.read_file(FOLDER / "boundary.geojson").to_crs(27700).union_all()
    for name, count in (("zones.geojson", 4), ("zones_oa.geojson", 8)):
        zones = gpd.read_file(FOLDER / name).to_crs(27700)
        assert len(zones) == count
        assert zones.union_all().buffer(0.05).contains(boundary)
        assert zones.area.sum() == pytest.approx(zones.union_all().area, rel=1e-4)


def test_no_postcode_could_be_real():
    feeders = pd.read_csv(FOLDER / "lv_feeder_lookup.csv", dtype=str)
    homes = pd.read_csv(FOLDER / "epc_certificates.csv", dtype=str)
    codes = set(feeders["postcode"]) | set(homes["POSTCODE"])
    assert len(codes) > 40
    assert all(code.startswith("OX29 9") and code[-1] in "CIKMOV" for code in codes)


def test_quirks_of_published_files_are_there():
    with (FOLDER / "ssen_headroom_march_2026.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert any(row["Estimated Demand Headroom (MVA)"] == "N/A" for row in rows)
    assert any("\n" in row["Substation Comment"] for row in rows)
    usage = pd.read_csv(FOLDER / "lv_feeder_usage.csv", dtype=str)
    blank = usage["total_consumption_active_import"].isna()
    assert 0 < blank.mean() < 0.2
    assert usage.groupby("dataset_id").size().eq(2 * 7 * 48).all()
    assert usage["dataset_id"].str.startswith("0499").all()


def test_the_whole_sample_stays_small():
    files = [path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < 10_000_000
    assert (FOLDER / "lv_feeder_usage.csv").stat().st_size < 1_500_000


PUBLISHED = {
    "ssen_headroom_march_2026.csv": "dso/ssen/headroom-dashboard-data-march-2026.csv",
    "ssen_transformers.csv": "dso/ssen/SEPD_transformers_open_data_with_nrn_head.csv",
    "lv_feeder_usage.csv": "dso/ssen/lv_feeder_usage_2024-02-12_head.csv",
    "lv_feeder_lookup.csv": "dso/ssen/lv_feeder_lookup_head.csv",
    "nshr_scenarios.csv": "dso/spen/spd-nshr-data-workbook_excerpt.csv",
    "ecr.csv": "dso/ukpn/ukpn-embedded-capacity-register_2025-08.csv",
    "epc_certificates.csv": "homes/epc/header_open_data_communities.txt",
    "census_tenure_ts054.csv": "homes/census2021/census2021-ts054-lsoa.csv",
}


@pytest.mark.real
@pytest.mark.parametrize("ours", PUBLISHED)
def test_headers_are_the_published_ones(ours, shared_data):
    assert _header(FOLDER / ours) == _header(shared_data / PUBLISHED[ours])


@pytest.mark.real
@pytest.mark.parametrize("kind", ["buildings", "landuse", "points"])
def test_map_columns_are_those_of_the_real_clips(kind, shared_data):
    real = shared_data / "buildings" / "newport" / f"newport_graig_bassaleg_rhiwderin_{kind}.geojson"
    assert _properties(FOLDER / f"osm_{kind}.geojson") == _properties(real)


@pytest.mark.real
def test_supply_area_columns_are_the_published_ones(shared_data):
    real = shared_data / "dso" / "ssen" / "sepd_primarysubstation_esa_2025_simplified.geojson"
    assert _properties(FOLDER / "ssen_primary_areas.geojson") == _properties(real)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_sample", FOLDER / "make.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.fixture(scope="module")
def made(script, tmp_path_factory):
    return _files(script, tmp_path_factory.mktemp("made"))


@made_once
def test_the_script_makes_the_same_village_on_any_processor(made):
    assert len(made) == 31
    assert _different(made, {name: FOLDER / name for name in made}) == {}


@made_once
def test_the_script_makes_the_same_bits_twice(made, script, tmp_path):
    again = _files(script, tmp_path)
    assert [str(name) for name in made if made[name].read_bytes() != again[name].read_bytes()] == []


@made_once
def test_nothing_in_the_village_hangs_on_a_last_digit(made, script, tmp_path, monkeypatch):
    """Processors differ in the last digit of a sine; here every shape that is set on the ground differs by more."""
    frame = importlib.import_module("village.grid").Frame
    place = frame.place

    def nudged(self, geometry):
        return shapely.transform(place(self, geometry), lambda xy: xy + 1e-12 * np.sin(1e9 * xy))

    monkeypatch.setattr(frame, "place", nudged)
    assert _different(_files(script, tmp_path), made) == {}


def _files(script, folder):
    """Return the files the script makes, less the rasters, by name."""
    script.make(folder, rasters=False)
    return {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _different(made, kept):
    """Return what differs, by file: text at all, numbers by 1e-6, shapes by more than the last digit written."""
    compared = {name: (_table if path.suffix == ".csv" else _map)(path, kept[name]) for name, path in made.items()}
    return {str(name): found for name, found in compared.items() if found}


def _table(path, other):
    encoding = "cp1252" if path.name.startswith("repd") else "utf-8"
    one, two = (pd.read_csv(file, dtype=str, keep_default_na=False, encoding=encoding) for file in (path, other))
    if list(one) != list(two) or len(one) != len(two):
        return ["rows or columns"]
    return [name for name in one if not _same(one[name], two[name])]


def _same(one, two):
    if one.name == "wkt":
        return shapely.hausdorff_distance(shapely.from_wkt(one), shapely.from_wkt(two)).max() < 0.011
    differs = one != two
    numbers = (pd.to_numeric(values[differs], errors="coerce") for values in (one, two))
    return np.allclose(*numbers, rtol=0, atol=1e-6)


def _map(path, other):
    one, two = (json.loads(file.read_text(encoding="utf-8"))["features"] for file in (path, other))
    if [row["properties"] for row in one] != [row["properties"] for row in two]:
        return ["properties"]
    shapes = (shapely.from_geojson([json.dumps(row["geometry"]) for row in rows]) for rows in (one, two))
    return ["geometry"] if shapely.hausdorff_distance(*shapes).max() > 1e-6 else []


def _survey_less_plane(planes):
    """Return DSM less plane, in metres, at cell centres at least 1 m inside each plane."""
    errors = []
    with rasterio.open(FOLDER / "dsm_1m.tif") as raster:
        z, t = raster.read(1), raster.transform
    for plane in planes.itertuples():
        inner = plane.geometry.buffer(-1.0)
        if inner.is_empty:
            continue
        x0, y0, x1, y1 = inner.bounds
        x, y = np.meshgrid(np.arange(np.floor(x0) + 0.5, x1), np.arange(np.floor(y0) + 0.5, y1))
        inside = shapely.contains_xy(inner, x, y)
        x, y = x[inside], y[inside]
        expected = plane.ref_z_m + plane.slope_e * (x - plane.ref_e) + plane.slope_n * (y - plane.ref_n)
        errors.append(z[(t.f - y).astype(int), (x - t.c).astype(int)] - expected)
    return np.concatenate(errors)


def _header(path):
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines))


def _properties(path):
    return list(json.loads(path.read_text(encoding="utf-8"))["features"][0]["properties"])
