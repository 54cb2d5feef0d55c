"""Which substations serve an area."""

import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import Point, box

from laep import schema
from laep.ingest.dso.nged import substations as nged_substations
from laep.ingest.dso.ssen import areas as ssen_areas
from laep.ingest.dso.ssen import headroom as ssen_headroom
from laep.ingest.source import Request
from laep.models.network import chain
from laep.spatial.network import substations as serving

LAND = box(0, 0, 1000, 1000)


LICENCES = pd.DataFrame({"operator": ["ssen"]})


@pytest.fixture
def serve(known):
    """Which substations serve an area of SSEN's, from the operators' layers as they come."""

    def linked(boundary, listed, areas, licences=LICENCES):
        return serving.serving_substations(boundary, known(listed, areas), areas, licences=licences, above=chain.above)

    return linked


@pytest.fixture
def substations(make_layer):
    rows = [
        # id, name, level, bsp, gsp, point
        ("P1", "West Primary", "primary", "North BSP", "Big GSP", Point(200, 500)),
        ("P2", "East Primary", "primary", "South BSP", None, Point(2500, 500)),
        ("P3", "Unused Primary", "primary", "North BSP", "Big GSP", Point(700, 700)),
        ("B1", "North BSP", "bsp", None, "Big GSP", Point(0, 9000)),
        ("B2", "South BSP", "bsp", None, "Big GSP", Point(0, -9000)),
        ("G1", "Big GSP", "gsp", None, None, Point(0, 20000)),
        ("S1", "High Street", "secondary", None, None, Point(100, 100)),
        ("S2", "Far Lane", "secondary", None, None, Point(5000, 100)),
    ]
    ids, name, level, bsp, gsp, points = zip(*rows, strict=True)
    return make_layer(
        "in_substation", points, substation_id=ids, operator="ssen", name=name, level=level, upstream_bsp=bsp,
        upstream_gsp=gsp, source_id="table",
    )  # fmt: skip


@pytest.fixture
def areas(make_layer):
    return make_layer(
        "in_supply_area", [box(-500, 0, 600, 1000), box(600, 0, 3000, 1000)], supply_area_id=["a1", "a2"],
        level="primary", substation_name=["WEST", "EAST 33/11KV"], operator="ssen", upstream_bsp=["NORTH", "OTHER"],
        source_id="areas",
    )  # fmt: skip


def served(linked):
    return linked.frame[linked.frame["role"] == "serves"].set_index("substation_id")


def test_published_areas_share_the_land(serve, make_boundary, substations, areas):
    linked = serve(make_boundary(LAND), substations, areas)
    rows = served(linked)
    assert rows.index.tolist() == ["P1", "P2", "S1"]
    assert rows["share_of_area"].tolist()[:2] == pytest.approx([0.6, 0.4])
    assert rows["method"].tolist() == ["published_area", "published_area", "inside_area"]
    # East says its bulk supply point is South, its area says Other
    assert rows["confidence"].tolist() == ["high", "medium", "medium"]
    assert rows.loc["P1", "distance_m"] == pytest.approx(300.0)


def test_upstream_rows_join_the_primaries_they_stand_above(serve, make_boundary, substations, areas):
    frame = serve(make_boundary(LAND), substations, areas).frame
    above = frame[frame["role"] == "upstream"].set_index("substation_id")
    assert above["serves_id"].to_dict() == {"B1": "P1", "B2": "P2", "G1": "P1;P2"}  # P2 reaches G1 through B2
    assert above.loc["G1", "share_of_area"] == pytest.approx(1.0)
    assert above["confidence"].to_dict() == {"B1": "high", "B2": "medium", "G1": "high"}


def test_unlisted_upstream_is_left_out_and_said(serve, make_boundary, substations, areas):
    without = substations[substations["substation_id"] != "B1"].reset_index(drop=True)
    linked = serve(make_boundary(LAND), without, areas)
    assert "B1" not in set(linked.frame["substation_id"])
    assert any("North BSP" in note for note in linked.notes)


def test_area_without_a_listed_substation_stands_for_itself(serve, make_boundary, substations, areas):
    without = substations[substations["substation_id"] != "P2"].reset_index(drop=True)
    linked = serve(make_boundary(LAND), without, areas)
    row = served(linked).loc["a2"]
    assert row["confidence"] == "low"
    assert row["source_id"] == "areas"
    assert pd.isna(row["distance_m"])
    assert "not in the operator's list" in row["method"]
    assert areas.geometry[1].contains(row["geometry"])
    assert "2 published supply areas touch the area, 1 matched to a substation." in linked.notes


def test_without_areas_the_nearest_primaries_split_the_land(serve, make_boundary, substations, empty):
    linked = serve(make_boundary(LAND), substations, empty("in_supply_area"))
    rows = served(linked).drop(index="S1")
    assert set(rows["method"]) == {"nearest"}
    assert set(rows["confidence"]) == {"low"}
    assert rows["share_of_area"].sum() == pytest.approx(1.0)
    # P1 at (200, 500) against P3 at (700, 700): the bisector 5x + 2y = 3450 leaves P1 x < 690 - 0.4 y
    assert rows.loc["P1", "share_of_area"] == pytest.approx(0.49)
    assert "P2" not in rows.index


def test_land_beyond_the_areas_goes_to_a_primary_that_no_area_tells_of(
    serve, make_boundary, substations, areas, make_layer
):
    other = make_layer(
        "in_substation", [Point(900, 5000), Point(900, 1500)], substation_id=["N1", "N2"], operator="ssen",
        name=["Upper", "Roundhill Solar"], level="primary", source_id="nged",
    )  # fmt: skip
    # P3 has no area of its own, and stands in one its operator has drawn
    inside = substations.assign(
        geometry=substations.geometry.where(substations["substation_id"] != "P3", Point(550, 9))
    )
    both = pd.concat([inside[inside["substation_id"] != "P2"], other], ignore_index=True)
    linked = serve(make_boundary(LAND), both, areas.iloc[:1])
    rows = served(linked)
    assert set(rows.index) == {"P1", "S1"}  # P1 and P3, whose operator says what they serve, are nearer than N1
    alone = serve(make_boundary(LAND), both[~both["substation_id"].isin(["P1", "P3"])], areas.iloc[:0])
    rows = served(alone)
    assert rows.loc["N1", ["method", "share_of_area"]].tolist() == ["nearest", pytest.approx(1.0)]
    assert "N2" not in rows.index  # a solar farm's own


def test_openstreetmap_yields_to_an_operator(serve, make_boundary, substations, areas, make_layer):
    osm = make_layer(
        "in_substation", [Point(110, 100)], substation_id=["w1"], operator="osm", level="secondary", source_id="osm"
    )
    both = pd.concat([substations, osm], ignore_index=True)
    linked = serve(make_boundary(LAND), both, areas)
    assert "w1" not in set(linked.frame["substation_id"])
    assert any("1 OpenStreetMap" in note for note in serving.prefer_published(both)[1])
    alone = serve(make_boundary(LAND), osm, areas.iloc[:0])
    assert alone.frame["substation_id"].tolist() == ["w1"]


def test_nothing_known_gives_an_empty_layer_and_a_note(serve, make_boundary, empty):
    linked = serve(make_boundary(LAND), empty("in_substation"), empty("in_supply_area"))
    assert linked.frame.empty
    assert "no primary was found" in linked.notes[0]


def test_sliver_of_an_area_is_low(serve, make_boundary, substations, areas):
    narrow = areas.assign(geometry=[box(-500, 0, 995, 1000), box(995, 0, 3000, 1000)])
    rows = served(serve(make_boundary(LAND), substations, narrow))
    assert rows.loc["P2", "confidence"] == "low"


def test_near_spelling_matches_only_inside_the_area(substations, areas):
    slip = substations.assign(name=substations["name"].replace({"West Primary": "Wesst Primary"}))
    matched = serving.match_areas(areas.assign(substation_name=["WEST", "UNUSD"]), slip)
    assert matched["substation_id"].tolist() == ["P1", "P3"]
    assert set(matched["confidence"]) == {"medium"}
    away = slip.assign(geometry=slip.geometry.translate(50_000))
    assert (serving.match_areas(areas, away)["position"] == -1).all()


def test_namesakes_are_told_apart_by_distance_and_operator(areas, make_layer):
    twins = make_layer(
        "in_substation", [Point(90_000, 0), Point(300, 500), Point(301, 500)], substation_id=["far", "near", "foreign"],
        operator=["ssen", "ssen", "nged"], name="West", level="primary", source_id="t",
    )  # fmt: skip
    matched = serving.match_areas(areas.iloc[:1], twins)
    assert matched["substation_id"].tolist() == ["near"]


def test_two_areas_of_one_substation_are_one_row(serve, make_boundary, substations, areas):
    split = areas.assign(substation_name=["WEST", "West"], upstream_bsp=["NORTH", "NORTH"])
    rows = served(serve(make_boundary(LAND), substations, split))
    assert rows.loc["P1", "share_of_area"] == pytest.approx(1.0)


def boundary_of(path, make_boundary, where=None):
    shapes = pyogrio.read_dataframe(path, where=where).to_crs(schema.CRS).geometry.to_numpy()
    return make_boundary(shapely.union_all(shapes))


@pytest.mark.real
def test_eynsham_hangs_from_its_primary_yarnton_and_cowley(serve, shared_data, make_boundary):
    boundary = boundary_of(shared_data / "boundaries/eynsham_ward.geojson", make_boundary)
    clip, folder = boundary.geometry.iloc[0], shared_data / "dso/ssen"
    listed = ssen_headroom.read(Request(files=(folder / "headroom-dashboard-data-march-2026.csv",), clip=clip))
    drawn = ssen_areas.read(Request(files=(folder / "sepd_primarysubstation_esa_2025_simplified.geojson",), clip=clip))
    linked = serve(boundary, listed.layers["in_substation"], drawn.layers["in_supply_area"])
    frame = linked.frame.set_index("name")
    main = frame.iloc[0]
    assert main.name == "Eynsham Primary"
    assert (main["method"], main["confidence"]) == ("published_area", "high")
    assert main["share_of_area"] == pytest.approx(0.48, abs=0.01)
    assert set(frame.index[frame["level"] == "primary"]) == {
        "Eynsham Primary", "Witney Town Primary", "Yarnton Primary", "Standlake Primary", "Woodstock Primary",
    }  # fmt: skip
    assert main["substation_id"] in frame.loc["Yarnton BSP", "serves_id"]
    assert main["substation_id"] in frame.loc["Cowley GSP", "serves_id"]
    assert linked.notes == ("5 published supply areas touch the area, 5 matched to a substation.",)


@pytest.mark.real
def test_nearly_every_ssen_area_finds_its_substation(shared_data):
    folder = shared_data / "dso/ssen"
    listed = ssen_headroom.read(Request(files=(folder / "headroom-dashboard-data-march-2026.csv",)))
    drawn = ssen_areas.read(Request(files=(folder / "sepd_primarysubstation_esa_2025_simplified.geojson",)))
    areas = drawn.layers["in_supply_area"]
    matched = serving.match_areas(areas, listed.layers["in_substation"])
    assert (matched["position"] >= 0).sum() >= 439
    points = listed.layers["in_substation"].geometry.reindex(matched["position"]).to_numpy()
    away = shapely.distance(areas.geometry.to_numpy(), points)
    assert (away[(matched["position"] >= 0).to_numpy()] > 500).sum() <= 1  # East Bedfont stands outside its own area


@pytest.mark.real
def test_newport_is_inferred_and_says_so(serve, shared_data, make_boundary, empty):
    where = "WD13NM in ('Graig','Rogerstone')"
    boundary = boundary_of(shared_data / "boundaries/newport_wards.geojson", make_boundary, where)
    file = shared_data / "dso/nged/nged_substation_locations_2025.csv"
    listed = nged_substations.read(Request(files=(file,), clip=boundary.geometry.iloc[0]))
    listed = listed.layers["in_substation"]
    frame = serve(boundary, listed, empty("in_supply_area"), empty("in_licence_area")).frame
    assert frame["name"].iloc[0] == "Rogerstone Primary"
    assert set(frame["method"]) == {"nearest"}
    assert set(frame["confidence"]) == {"low"}
