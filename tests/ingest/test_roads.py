"""Streets and waterways from OpenStreetMap, and postcodes by feeder from SSEN."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from asked import asked
from shapely import LineString

from laep.errors import SourceInvalid
from laep.ingest.dso.ssen import feeder_lookup as ssen_feeder_lookup
from laep.ingest.ground import osm, roads
from laep.schema import conform

AREA = shapely.box(326000, 187000, 327000, 188000)
LINES = [
    ({"highway": "residential", "name": "Mill Lane"}, LineString([(326100, 187100), (326200, 187100)])),
    ({"highway": "footway", "bridge": "yes"}, LineString([(326200, 187100), (326200, 187200)])),
    ({"highway": "motorway"}, LineString([(326000, 187500), (327000, 187500)])),
    ({"waterway": "river", "name": "Ebbw"}, LineString([(326000, 187150), (327000, 187150)])),
    ({"waterway": "stream"}, LineString([(326000, 187300), (327000, 187300)])),
    ({"waterway": "canal", "tunnel": "culvert"}, LineString([(326000, 187400), (327000, 187400)])),
    ({"highway": "residential"}, LineString([(329000, 187100), (329100, 187100)])),
]


@pytest.fixture
def export(tmp_path):
    rows = pd.DataFrame([{"osm_ref": f"way/{i}", **tags} for i, (tags, _) in enumerate(LINES)])
    path = tmp_path / "roads.geojson"
    gpd.GeoDataFrame(rows, geometry=[line for _, line in LINES], crs=27700).to_crs(4326).to_file(path)
    return path


def check(found):
    rows = conform(found, "in_road").set_index("road_id")
    assert rows["kind"].to_dict() == {"way/0": "road", "way/1": "path", "way/3": "waterway", "way/5": "waterway"}
    assert rows["bridge"].tolist() == [False, True, False, False]
    assert rows["tunnel"].tolist() == [False, False, False, True]
    assert rows.loc["way/0", ["sort", "name"]].tolist() == ["residential", "Mill Lane"]


def test_streets_rivers_and_canals_are_kept_and_motorways_streams_and_far_ones_are_not(export):
    check(roads.roads_in([export], AREA, source=osm.SOURCE, options={}))


def test_an_extract_gives_what_the_export_gives(tmp_path):
    nodes, ways = [], []
    for i, (tags, line) in enumerate(LINES):
        turned = gpd.GeoSeries([line], crs=27700).to_crs(4326).iloc[0]
        ids = [i * 10 + n + 1 for n in range(len(turned.coords))]
        nodes += [f'<node id="{n}" version="1" lat="{y:.7f}" lon="{x:.7f}"/>'
                  for n, (x, y) in zip(ids, turned.coords, strict=True)]  # fmt: skip
        marks = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        ways.append(f'<way id="{i}" version="1">' + "".join(f'<nd ref="{n}"/>' for n in ids) + marks + "</way>")
    path = tmp_path / "map.osm"
    path.write_text(f'<?xml version="1.0"?>\n<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>\n')
    check(roads.roads_in([path], AREA, source=osm.SOURCE, options={}))


def test_a_file_without_streets_has_none(tmp_path):
    path = tmp_path / "b.geojson"
    gpd.GeoDataFrame({"building": ["yes"]}, geometry=[shapely.box(326000, 187000, 326010, 187010)], crs=27700).to_file(
        path
    )
    assert roads.roads_in([path], AREA, source=osm.SOURCE, options={}).empty
    assert not roads.only_roads(path, frozenset({"building"}), layer=None)


def test_a_file_of_streets_alone_is_told_apart(export):
    assert roads.only_roads(export, frozenset({"building", "power"}), layer=None)


HEADER = (
    "dataset_id,postcode,primary_substation_id,primary_substation_name,hv_feeder_id,hv_feeder_name,"
    "secondary_substation_id,secondary_substation_name,lv_feeder_id,lv_feeder_name,total_mpan_count\n"
)


def lookup(tmp_path, rows, **options):
    path = tmp_path / "lookup.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n")
    return ssen_feeder_lookup.read(asked((path,), AREA, **options))


ROWS = [
    '000200200402,DD2 4RU,0002,CHARLESTON,002,DUNCRAIG RD,004,DUNCRAIG ROAD,02,"",40',
    '000200200402,DD2 4RW,0002,CHARLESTON,002,DUNCRAIG RD,004,DUNCRAIG ROAD,02,"",40',
    '000200200501,DD2 9ZZ,0002,CHARLESTON,002,DUNCRAIG RD,005,ELSEWHERE,01,"",12',
    '000200200601,,0002,CHARLESTON,002,DUNCRAIG RD,006,NOWHERE,01,"",12',
]


def test_feeders_are_found_by_postcode_and_by_substation(tmp_path):
    buildings = pd.DataFrame({"postcode": ["DD2 4RU", None]})
    substations = pd.DataFrame({"substation_id": ["0002_002_005"], "level": ["secondary"]})
    found = lookup(tmp_path, ROWS, in_building=buildings, in_substation=substations)
    rows = found.layers["in_feeder"]
    assert rows[["feeder_id", "postcode"]].to_numpy().tolist() == [
        ["000200200402", "DD2 4RU"], ["000200200501", "DD2 9ZZ"],
    ]  # fmt: skip
    first = rows.iloc[0]
    assert first[["secondary_id", "hv_feeder_id", "primary_number"]].tolist() == ["0002_002_004", "0002_002", "0002"]
    assert first["customers"] == 40
    assert (found.rows_read, found.rows_kept) == (4, 2)
    assert any(note.startswith("1 rows have no full postcode") for note in found.notes)


def test_without_buildings_or_substations_it_says_what_to_read_first(tmp_path):
    with pytest.raises(SourceInvalid, match="laep ingest osm --file"):
        lookup(tmp_path, ROWS)


def test_the_published_head_is_read(shared_data):
    path = shared_data / "dso" / "ssen" / "lv_feeder_lookup_head.csv"
    codes = pd.read_csv(path, dtype=str)["postcode"]
    found = ssen_feeder_lookup.read(asked([path], AREA, in_building=pd.DataFrame({"postcode": codes})))
    assert found.rows_kept == len(codes)
    assert conform(found.layers["in_feeder"], "in_feeder")["secondary_id"].str.fullmatch(r"\d{4}_\d{3}_\d{3}").all()
