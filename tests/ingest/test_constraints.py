"""Designations keep their dataset name and whole outline; an empty answer says that it is not a clear one."""

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.ground import constraints
from laep.ingest.source import Request
from laep.schema import conform

AREA = shapely.box(326000, 187000, 327000, 188000)


def at(x, y, width):
    return shapely.box(326000 + x, 187000 + y, 326000 + x + width, 187000 + y + width)


def spot(x, y):
    return shapely.Point(326000 + x, 187000 + y)


def put(path, shapes, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=27700).to_crs(4326).to_file(path)
    return path


def read(*paths, **options):
    return constraints.read(Request(files=paths, clip=AREA, options=options))


def fails(call, *words):
    with pytest.raises(SourceInvalid) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


def platform(path, features):
    """Write GeoJSON as planning.data.gov.uk gives it."""
    shapes = gpd.GeoSeries([shape for shape, _ in features], crs=27700).to_crs(4326)
    rows = [
        {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}
        for shape, (_, properties) in zip(shapes, features, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    return path


def entity(number, dataset, name, end=""):
    return {"dataset": dataset, "entity": number, "name": name, "reference": f"r{number}", "end-date": end}


def test_planning_data_of_several_datasets(tmp_path):
    path = platform(
        tmp_path / "download.geojson",
        [
            (at(900, 0, 500), entity(44000123, "conservation-area", "Old Town")),
            (at(0, 0, 50), entity(5, "flood-risk-zone", "")),
            (at(100, 0, 50), entity(6, "conservation-area", "Gone", end="2020-01-01")),
            (at(5000, 0, 50), entity(7, "green-belt", "Far")),
        ],
    )
    result = read(path)
    frame = result.layers["in_constraint"]
    assert conform(frame, "in_constraint").equals(frame)
    assert frame["constraint_id"].tolist() == ["conservation-area/44000123", "flood-risk-zone/5"]
    assert frame["name"].fillna("").tolist() == ["Old Town", ""]
    assert frame.area.tolist() == pytest.approx([250_000, 2500], rel=1e-3)  # whole, though half of it is outside
    assert "download.geojson: designations that have ended, left out: 1." in result.notes
    assert (result.rows_read, result.rows_kept) == (4, 2)


def test_kind_by_option_or_by_file_name(tmp_path):
    data = put(tmp_path / "data.geojson", [at(0, 0, 10)], site_name=["x"])
    named = put(tmp_path / "anytown_Conservation_Areas_2024-01-31.geojson", [at(0, 0, 10)], site_name=["x"])
    buffer_zone = put(tmp_path / "world_heritage_site_buffer_zone.geojson", [at(0, 0, 10)], name=["x"])
    assert read(data, kind="Local Wildlife_Site").layers["in_constraint"]["kind"].tolist() == ["local-wildlife-site"]
    result = read(named)
    assert result.layers["in_constraint"]["kind"].tolist() == ["conservation-area"]
    assert result.layers["in_constraint"]["name"].tolist() == ["x"]
    assert result.edition == "2024-01-31"
    assert "taken for conservation-area, by the name of the file" in result.notes[0]
    assert read(buffer_zone).layers["in_constraint"]["kind"].tolist() == ["world-heritage-site-buffer-zone"]
    fails(lambda: read(data), "which kind of designation", '`kind = "conservation-area"` under [sources.constraints]')


@pytest.mark.parametrize(
    ("stem", "kind"),
    [
        ("NRW_AONB", "area-of-outstanding-natural-beauty"), ("NRW_SSSI", "site-of-special-scientific-interest"),
        ("NRW_NATIONAL_PARKS", "national-park"), ("Flood_Map_for_Planning_Zones_2_3", "flood-risk-zone"),
        ("predictive_alc_v2", "agricultural-land-classification"), ("SSSI_SCOTLAND", "site-of-special-scientific-interest"),
        ("National_Scenic_Areas", "national-scenic-area"), ("Wild_Land_Areas_2014", "wild-land-area"),
        ("SAC_SCOTLAND", "special-area-of-conservation"), ("SPA_Scotland", "special-protection-area"),
        ("Land_Capability_for_Agriculture_250k", "land-capability-for-agriculture"), ("SEPA_river_flood_map", "flood-risk-zone"),
        ("Provisional Agricultural Land Classification (England)", "agricultural-land-classification"),
        ("ALC_Grades_Post_1988_Survey", "agricultural-land-classification"), ("National_Landscapes_England", "area-of-outstanding-natural-beauty"),
        ("Scheduled_Ancient_Monuments", "scheduled-monument"), ("Gardens_and_Designed_Landscapes", "park-and-garden"),
        ("CRoW_Registered_Common_Land", "common-land-and-village-green"), ("green_wedges", "green-belt"),
    ],
)  # fmt: skip
def test_datasets_of_three_nations_are_known_by_name(stem, kind):
    from laep.ingest.ground import constraints

    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=27700)
    assert constraints._kinds(frame, Path(f"{stem}.gpkg"), None, None)[0].tolist() == [kind]


def test_grades_of_land_and_flood_zones_stand_in_the_kind():
    from laep.ingest.ground import constraints

    def graded(stem, **column):
        rows = len(next(iter(column.values())))
        frame = gpd.GeoDataFrame(column, geometry=[shapely.Point(0, 0)] * rows, crs=27700)
        return constraints._kinds(frame, Path(f"{stem}.gpkg"), None, None)[0].tolist()

    stem = "agricultural-land-classification"
    assert graded("alc_england", ALC_GRADE=["Grade 3", "Grade 3a", "Urban", None]) == [
        f"{stem}-3",
        f"{stem}-3a",
        stem,
        stem,
    ]
    assert graded("flood-risk-zone", **{"flood-risk-level": ["2", "3"]}) == ["flood-risk-zone-2", "flood-risk-zone-3"]
    assert graded("lca_250k", LCCODE=["3.1", "5"]) == [
        f"land-capability-for-agriculture-{grade}" for grade in ("3.1", "5")
    ]


def test_points_become_discs(tmp_path):
    path = put(tmp_path / "listed_buildings.geojson", [spot(10, 10), spot(50, 50)], ListEntry=[1067598.0, 2.0])
    result = read(path)
    frame = result.layers["in_constraint"]
    assert frame["constraint_id"].tolist() == ["listed-building/1067598", "listed-building/2"]
    assert set(frame.geom_type) == {"MultiPolygon"}
    assert frame.area.tolist() == pytest.approx([3.1416 * 25] * 2, rel=0.02)
    assert "listed_buildings.geojson: points drawn as discs of 5 m radius: 2." in result.notes


def test_several_files_and_ids_that_repeat(tmp_path):
    first = put(tmp_path / "conservation_area.geojson", [at(0, 0, 10), at(20, 0, 10)], id=["a", "a"])
    second = put(tmp_path / "ancient_woodland.geojson", [at(40, 0, 10)], id=["b"])
    frame = read(first, second).layers["in_constraint"]
    assert frame["constraint_id"].tolist() == ["conservation-area/a", "conservation-area/a#2", "ancient-woodland/b"]


def test_none_recorded_is_not_none(tmp_path):
    result = read(put(tmp_path / "green_belt.geojson", [at(5000, 0, 10)]))
    assert result.layers["in_constraint"].empty
    assert conform(result.layers["in_constraint"], "in_constraint").empty
    assert "That means none is recorded there, not that none exists." in result.notes[-1]
    assert result.rows_read == 1


def test_files_that_cannot_be_used(tmp_path):
    fails(lambda: read(tmp_path / "none.geojson"), "no such file", "planning.data.gov.uk")
    fails(lambda: read(put(tmp_path / "green_belt.geojson", [at(0, 0, 9)], a=[1]), id_column="b"), "no column 'b'")


@pytest.mark.real
def test_real_trafford(shared_data):
    folder = shared_data / "buildings/trafford_places"
    area = gpd.read_file(shared_data / "boundaries/trafford_wards_2023_full.geojson").to_crs(27700).union_all()
    files = (folder / "trafford_conservation_areas.geojson", folder / "trafford_listed_buildings.geojson")
    result = constraints.read(Request(files=files, clip=area))
    kinds = result.layers["in_constraint"]["kind"].value_counts().to_dict()
    assert kinds == {"listed-building": 265, "conservation-area": 21}
