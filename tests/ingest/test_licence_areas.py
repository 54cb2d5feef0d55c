"""Which operators serve a place: by a map of licence areas, and by places known to lie in them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from laep import licence
from laep.errors import SourceInvalid
from laep.ingest.place import licence_areas
from laep.ingest.source import Request
from laep.schema.vocabulary import OPERATORS

CLIP = shapely.box(440_000, 200_000, 442_000, 202_000)


def write(tmp_path, rows, name="areas.geojson"):
    path = tmp_path / name
    gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=27700).to_crs(4326).to_file(path)
    return path


def read(*paths, clip=CLIP):
    return licence_areas.read(Request(files=paths, clip=clip))


@pytest.mark.parametrize(
    "columns",
    [
        ({"id": 20}, {"id": 22}), ({"name": "_H"}, {"name": "_L"}), ({"name": "SEPD"}, {"name": "SWEST"}),
        ({"LongName": "Southern England"}, {"LongName": "South West England"}), ({"id": "x", "area": "Southern"}, {"id": "y", "area": "south-west"}),
    ],
)  # fmt: skip
def test_a_map_gives_shares_however_it_names_its_areas(columns, tmp_path):
    west, east = shapely.box(400_000, 190_000, 440_500, 210_000), shapely.box(440_500, 190_000, 480_000, 210_000)
    path = write(tmp_path, [{**columns[0], "geometry": east}, {**columns[1], "geometry": west}])
    found = read(path).layers["in_licence_area"]
    assert found[["licence_area", "operator", "confidence"]].to_numpy().tolist() == [
        ["Southern", "ssen", "high"],
        ["South West", "nged", "high"],
    ]
    assert found["share_of_area"].tolist() == pytest.approx([0.75, 0.25], abs=1e-3)


def test_a_map_that_names_none_or_covers_nothing_is_refused(tmp_path):
    with pytest.raises(SourceInvalid, match=r"no column that names licence areas, .* has 'county'"):
        read(write(tmp_path, [{"county": "Kent", "geometry": CLIP}]))
    edge = shapely.box(442_000.5, 200_000, 450_000, 202_000)
    with pytest.raises(SourceInvalid, match="no licence area covers the place"):
        read(write(tmp_path, [{"id": 20, "geometry": edge}], "b.geojson"))
    path = write(tmp_path, [{"id": 20, "geometry": CLIP}], "c.geojson")
    with pytest.raises(SourceInvalid, match="reads one map of licence areas, and 2 were given"):
        read(path, path)


def test_without_a_map_places_known_decide_and_a_border_is_said():
    eynsham = shapely.box(441_000, 208_000, 445_000, 212_000)
    sure = read(clip=eynsham).layers["in_licence_area"]
    assert sure[["licence_area", "operator", "share_of_area", "confidence"]].to_numpy().tolist() == [
        ["Southern", "ssen", 1.0, "medium"]
    ]
    border = read(clip=shapely.box(470_000, 215_000, 480_000, 225_000))
    unsure = border.layers["in_licence_area"]
    assert len(unsure) > 1
    assert unsure["share_of_area"].isna().all()
    assert set(unsure["confidence"]) == {"low"}
    assert "The place is near a border" in border.notes[1]


def test_every_licence_area_has_places_and_an_operator_laep_knows():
    areas = {area.name: area for area in licence.AREAS}
    assert len(areas) == 14
    assert sorted(area.distributor for area in licence.AREAS) == list(range(10, 24))
    assert {area.operator for area in licence.AREAS} == set(OPERATORS)
    places, begins = licence._known()
    assert sorted({*begins.tolist()}) == begins.tolist()
    for area, spot in zip(licence.AREAS, places[begins], strict=True):
        assert area.operator in licence_areas.operators_of(shapely.Point(spot).buffer(200.0))


def test_a_place_on_a_known_place_is_possible_there_and_answers_do_not_change():
    spot = shapely.Point(443_000, 205_000).buffer(500)
    assert licence_areas.served_by(spot) == licence_areas.served_by(spot)
    assert licence_areas.operators_of(spot) == ("ssen",)


@pytest.mark.real
def test_places_known_agree_with_the_map_of_all_licence_areas(shared_data):
    path = shared_data / "dso" / "gb" / "dno_licence_areas.geojson"
    areas, rows = licence_areas.outlines(path, options={}, clip=None)
    assert rows == 14
    assert set(areas["licence_area"]) == {area.name for area in licence.AREAS}
    rng = np.random.default_rng(7)
    spots = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(rng.uniform(9e4, 6.5e5, 1500), rng.uniform(1e4, 1e6, 1500)), crs=27700
    )
    inside = gpd.sjoin(spots, areas, how="inner").drop_duplicates("geometry")
    possible = [
        {each.licence_area for each in licence_areas.served_by(shapely.Point(spot.x, spot.y).buffer(10.0))}
        for spot in inside.geometry
    ]
    hits = [name in names for name, names in zip(inside["licence_area"], possible, strict=True)]
    alone = [len(names) == 1 for names in possible]
    print(f"{len(hits)} points on land: true area named at {np.mean(hits):.4f}, alone at {np.mean(alone):.3f}")  # noqa: T201
    assert np.mean(hits) > 0.99
    assert np.mean(alone) > 0.8
