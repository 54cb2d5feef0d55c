"""Places and land of any publisher, typed by option, by column or by the name of the file."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.ground import land, osm, places
from laep.ingest.source import Request
from laep.schema import LAND_KINDS, PLACE_KINDS, conform

AREA = shapely.box(326000, 187000, 327000, 188000)


def at(x, y, width):
    return shapely.box(326000 + x, 187000 + y, 326000 + x + width, 187000 + y + width)


def spot(x, y):
    return shapely.Point(326000 + x, 187000 + y)


def put(path, shapes, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=27700).to_crs(4326).to_file(path)
    return path


def read(module, path, **options):
    return module.read(Request(files=(path,), clip=AREA, options=options))


def fails(call, *words):
    with pytest.raises(SourceInvalid) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("school", "school"), ("Academies", "school"), ("Local authority maintained schools", "school"),
        ("place_of_worship", "worship"), ("Place Of Worship", "worship"), ("Village Hall", "hall"),
        ("community_centre", "hall"), ("Scout hut", "hall"), ("social_club", "club"), ("Partnership run library", "library"),
        ("Medical Care Accommodation", "health"), ("doctors", "health"), ("Health and Fitness Gym", "sport"),
        ("Sports halls", "sport"), ("Swimming pool", "sport"), ("pub", "pub"), ("Public House", "pub"), ("The Red Inn", "pub"),
        ("supermarket", "shop"), ("post_office", "shop"), ("townhall", "civic"), ("Fire Station", "civic"),
        ("EV charging point", "charging"), ("village", "settlement"), ("innovation centre", None), ("xyz", None),
    ],
)  # fmt: skip
def test_words_for_places(word, kind):
    found = places.kinds_of(pd.Series([word], dtype="string"), places.WORDS, places._HINTS).iloc[0]
    assert found == kind if kind else pd.isna(found)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Allotments Or Community Growing Spaces", "allotments"), ("Playing Field", "playing_field"),
        ("Bowling Green", "playing_field"), ("Play Space", "recreation_ground"), ("Public Park Or Garden", "park"),
        ("Religious Grounds", "cemetery"), ("Golf Course", "other"), ("Car Park", "car_park"), ("parking", "car_park"),
        ("Retail Park", "retail"), ("Business Park", "industrial"), ("brownfield", "brownfield"), ("forest", "woodland"),
        ("village_green", "common"), ("orchard", "farmland"), ("reservoir", "water"), ("xyz", None),
    ],
)  # fmt: skip
def test_words_for_land(word, kind):
    found = places.kinds_of(pd.Series([word], dtype="string"), land.WORDS, land._HINTS).iloc[0]
    assert found == kind if kind else pd.isna(found)


def test_word_tables_name_known_kinds_and_no_word_twice():
    for module, kinds in ((places, PLACE_KINDS), (land, LAND_KINDS)):
        assert set(module.WORDS) <= set(kinds)
        assert {kind for kind, _ in module._HINTS} <= set(kinds)
        words = [word for row in module.WORDS.values() for word in row.split()]
        assert len(words) == len(set(words))
    assert osm.SOURCE.licence == "Open Database Licence (ODbL) 1.0"


def test_places_by_column(tmp_path):
    path = put(
        tmp_path / "map.geojson", [spot(1, 1), at(10, 10, 10), spot(30, 30), spot(-50, 0)],
        amenity=["pub", "place_of_worship", "bench", "pub"], name=["The Oak", "St John", None, "Outside"],
        operator=["Brains", None, None, None], urn=[7, 8, 9, 10],
    )  # fmt: skip
    result = read(places, path)
    frame = result.layers["in_place"]
    assert conform(frame, "in_place").equals(frame)
    assert frame.drop(columns="geometry").astype(object).to_numpy().tolist() == [
        ["7", "pub", "The Oak", "Brains", "places"], ["8", "worship", "St John", pd.NA, "places"],
    ]  # fmt: skip
    assert frame.geometry.iloc[1].distance(shapely.Point(326015, 187015)) < 0.01
    assert (result.rows_read, result.rows_kept) == (4, 2)
    assert "map.geojson: kind read from column 'amenity'." in result.notes
    assert "map.geojson: rows of no kind laep uses, left out: 1 (bench)." in result.notes


def test_places_by_option_and_by_file_name(tmp_path):
    plain = put(tmp_path / "data.geojson", [spot(1, 1)], name=["x"])
    named = put(tmp_path / "village_libraries.geojson", [spot(1, 1)], name=["x"])
    assert read(places, plain, kind="club").layers["in_place"]["kind"].tolist() == ["club"]
    result = read(places, named)
    assert result.layers["in_place"]["kind"].tolist() == ["library"]
    assert "village_libraries.geojson: rows taken for library by the name of the file: 1." in result.notes
    fails(lambda: read(places, plain), "cannot tell what its rows are", "`kind = ", "`kind_column = ")
    fails(lambda: read(places, plain, kind="bench"), "kind = 'bench'", "school, hall, worship")
    fails(lambda: read(places, plain, kind_column="sort"), "no column 'sort'")


def test_places_of_a_column_laep_does_not_understand(tmp_path):
    path = put(tmp_path / "data.geojson", [spot(1, 1), spot(2, 2)], type=["qqq", "zzz"])
    fails(lambda: read(places, path), "column 'type' says qqq, zzz")


def test_places_said_twice(tmp_path):
    shapes = [spot(1, 1), spot(1.2, 1.1), spot(1, 1), spot(90, 1)]
    path = put(tmp_path / "charging.geojson", shapes, name=["Tesco"] * 4, site_id=["a", "b", "c", "a"])
    result = read(places, path)
    assert result.layers["in_place"]["place_id"].tolist() == ["a", "a#2"]
    assert "Rows that repeat a place already there, left out: 2." in result.notes


def test_places_from_a_table_with_coordinates(tmp_path):
    path = tmp_path / "schools.csv"
    path.write_text(
        "name,type,Easting,Northing\nPentre,Primary school,326100,187100\nFar,Primary school,526100,187100\n"
    )
    frame = read(places, path).layers["in_place"]
    assert frame[["place_id", "kind", "name"]].to_numpy().tolist() == [["E326100N187100", "school", "Pentre"]]


def test_none_inside_is_an_answer_not_an_error(tmp_path):
    beside = put(tmp_path / "schools.geojson", [spot(-5, 500), spot(1005, 500)])
    inside_box = shapely.Polygon([(326000, 187000), (327000, 187000), (327000, 187010)])
    result = places.read(Request(files=(beside,), clip=inside_box))
    assert result.layers["in_place"].empty
    assert "nothing near the area" in result.notes[0]
    land_result = read(land, put(tmp_path / "allotments.geojson", [at(5000, 0, 10)]))
    assert land_result.layers["in_land"].empty
    assert conform(land_result.layers["in_land"], "in_land").empty


def test_land_is_kept_whole(tmp_path):
    path = put(
        tmp_path / "greenspace.geojson", [at(990, 0, 100), at(100, 100, 50), at(2000, 0, 10), at(100, 100, 50)],
        site_type=["Playing Field", "Allotments Or Community Growing Spaces"] * 2, site_name=["Big", None, "Far", None],
        id=list("abcd"),
    )  # fmt: skip
    result = read(land, path)
    frame = result.layers["in_land"]
    assert conform(frame, "in_land").equals(frame)
    assert frame[["land_id", "kind"]].to_numpy().tolist() == [["a", "playing_field"], ["b", "allotments"]]
    assert frame["area_m2"].tolist() == pytest.approx([10_000, 2500], rel=1e-4)
    assert set(frame.geom_type) == {"MultiPolygon"}
    assert "Parcels drawn twice, second ones left out: 1." in result.notes


def test_land_of_points(tmp_path):
    fails(lambda: read(land, put(tmp_path / "allotments.geojson", [spot(1, 1)])), "no polygons", "only Points")


TRAFFORD = {
    "trafford_schools_and_colleges.geojson": {"school": 103},
    "trafford_schools_and_colleges.csv": {"school": 103},
    "trafford_libraries.geojson": {"library": 13},
    "trafford_places_of_worship.geojson": {"worship": 118},
    "trafford_electric_vehicle_charging_locations.geojson": {"charging": 35},
    "sports_facilities.geojson": {"sport": 171},
    "trafford_land_and_building_assets.csv": {
        "civic": 74, "school": 64, "sport": 49, "hall": 26, "library": 12, "worship": 2, "health": 1,
    },
}  # fmt: skip


GIAS = (
    '"URN","EstablishmentName","TypeOfEstablishment (name)","EstablishmentStatus (name)","PhaseOfEducation (name)",'
    '"Easting","Northing"\n'
    '"1","Ysgol T\u0177","Community school","Open","Primary","326100","187100"\n'
    '"2","Caf\u00e9 Academy","Academy converter","Open, but proposed to close","Secondary","326200","187200"\n'
    '"3","Old School","Community school","Closed","Primary","326300","187300"\n'
    '"4","Little Ones","Children\u2019s centre","Open","Not applicable","326400","187400"\n'
    '"5","Nowhere School","Community school","Open","Primary","",""\n'
)


def test_the_register_of_schools_gives_open_ones(tmp_path):
    path = tmp_path / "edubasealldata20260101.csv"
    path.write_bytes(GIAS.replace("\u0177", "y").encode("cp1252"))
    result = read(places, path)
    frame = result.layers["in_place"].set_index("place_id")
    assert frame["kind"].to_dict() == {"1": "school", "2": "school", "4": "civic"}
    assert frame.loc["2", "name"] == "Caf\u00e9 Academy"
    assert any("closed or only proposed, left out: 1." in note for note in result.notes)


def test_a_council_list_of_property_by_use_then_name(tmp_path):
    path = tmp_path / "assets.csv"
    rows = [
        ("A1", "St Mary School", "Buildings", "", 100), ("A2", "Annexe", "Land/Buildings", "School", 200), ("A3", "Field", "Land", "Parks", 300),
        ("A4", "Public Toilets", "Buildings", "", 400), ("A5", "Waterside House", "Buildings", "", 500),
        ("A6", "Woodsend Community Centre", "Buildings", "Undocumented Tenancy", 600),
    ]  # fmt: skip
    lines = [
        f"{ref},{name},{holding},{use},{326000 + x},187100,Trafford Council" for ref, name, holding, use, x in rows
    ]
    path.write_text("\n".join(["AssetCode,PropertyName,HoldingType,OtherDetail,GeoX,GeoY,OrganisationLabel", *lines]))
    result = read(places, path)
    frame = result.layers["in_place"].set_index("place_id")
    assert frame["kind"].to_dict() == {"A1": "school", "A2": "school", "A5": "civic", "A6": "hall"}
    assert set(frame["operator"]) == {"Trafford Council"}
    assert any("where nobody meets, left out: 2." in note for note in result.notes)


def test_brownfield_sites_given_as_points_become_circles_of_their_size(tmp_path):
    path = put(
        tmp_path / "brownfield-land.geojson", [spot(100, 100), spot(300, 300), spot(500, 500), spot(700, 700)],
        SiteReference=["BF1", "BF2", "BF3", "BF4"], SiteNameAddress=["Old mill"] * 4, Hectares=[1.0, 0.5, None, 2.0],
        EndDate=["", "", "", "2024-01-01"],
    )  # fmt: skip
    result = read(land, path)
    frame = result.layers["in_land"].set_index("land_id")
    assert frame["kind"].to_dict() == {"BF1": "brownfield", "BF2": "brownfield"}
    assert frame["area_m2"].tolist() == pytest.approx([10_000, 5_000], rel=0.02)
    assert any("drawn as circles, not as they are: 3." in note for note in result.notes)
    assert any("without a size, left out: 1." in note for note in result.notes)
    assert any("left the register, left out: 1." in note for note in result.notes)


@pytest.fixture(scope="module")
def trafford(shared_data):
    frame = gpd.read_file(shared_data / "boundaries/trafford_wards_2023_full.geojson").to_crs(27700)
    return frame.union_all()


@pytest.mark.real
@pytest.mark.parametrize("name", TRAFFORD)
def test_real_places(shared_data, trafford, name):
    path = shared_data / "buildings/trafford_places" / name
    result = places.read(Request(files=(path,), clip=trafford))
    assert result.layers["in_place"]["kind"].value_counts().to_dict() == TRAFFORD[name]


@pytest.mark.real
def test_real_land(shared_data, trafford):
    folder = shared_data / "buildings/trafford_places"
    files = (folder / "trafford_greenspace_sites.geojson", folder / "trafford_allotments.geojson")
    result = land.read(Request(files=files, clip=trafford))
    kinds = result.layers["in_land"]["kind"].value_counts().to_dict()
    assert kinds == {
        "playing_field": 199, "recreation_ground": 88, "allotments": 68, "cemetery": 60, "park": 37, "other": 10,
    }  # fmt: skip
    assert result.rows_read == 462
