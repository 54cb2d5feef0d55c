"""Each portal's own protocol, spoken by a server on this computer: what is asked, what comes, what each refusal says."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from live_server import (
    EXCEPTION,
    KEY,
    OSM,
    OSM_REMARK,
    Answer,
    arcgis,
    as_json,
    ckan,
    fetcher_in,
    ods,
    ods_attachments,
    os_downloads,
    planning,
    point,
    pvgis,
    square,
    wcs,
    wfs,
    zipped,
)
from shapely.geometry import box

from laep import ingest
from laep.errors import FetchFailed, SourceInvalid
from laep.ingest.ground import osm
from laep.ingest.net import ways as live
from laep.ingest.net.arcgis import ArcGis
from laep.ingest.net.ckan import Ckan
from laep.ingest.net.ogc import Wcs, Wfs
from laep.ingest.net.opendatasoft import Opendatasoft, moment_in
from laep.ingest.net.os_downloads import OsDownload, letters, squares
from laep.ingest.net.overpass import Overpass
from laep.ingest.net.planning_data import PlanningData
from laep.ingest.net.pvgis_api import Pvgis
from laep.ingest.net.ways import ByNation, ByOperator, Download, FirstOf, Several
from laep.ingest.place import boundary, boundary_live, nations
from laep.ingest.source import NATIONS, Place, Request
from laep.schema.vocabulary import OPERATORS

AREA = box(442_700, 208_900, 443_700, 209_900)  # by Eynsham
PLACE = Place(clip=AREA, postcode="OX29 4AA", nations=("england",), operators=("ssen",))


def properties(path):
    return [each["properties"] for each in json.loads(path.read_bytes())["features"]]


# --- the place


def test_a_place_has_its_box_in_metres_and_degrees():
    assert PLACE.bounds_m == (442_700, 208_900, 443_700, 209_900)
    west, south, east, north = PLACE.bounds_deg
    assert -1.40 < west < east < -1.35
    assert 51.77 < south < north < 51.79


# --- Opendatasoft


def test_an_export_is_asked_for_whole_and_by_box(server, fetcher):
    ods(server, "sites", ["1,a", "2,b"])
    way = Opendatasoft(
        host=server.url, dataset="sites", near="geo_point_2d", where="kind = 'x'", select="id,name", margin_m=1000
    )
    (path,) = way.fetch(fetcher, PLACE)
    assert path.name == "sites.csv"
    assert path.read_text().splitlines() == ["id,name", "1,a", "2,b"]
    query = server.asked[-1].query
    assert query["where"].startswith("(kind = 'x') and in_bbox(geo_point_2d,51.7")
    assert query["delimiter"] == ","
    assert query["use_labels"] == "false"
    assert query["select"] == "id,name"
    south, west, north, east = map(float, query["where"].partition("geo_point_2d,")[2].rstrip(")").split(","))
    inner = PLACE.bounds_deg
    assert west < inner[0] < inner[2] < east
    assert south < inner[1] < inner[3] < north
    assert fetcher.origin(path).licence == "CC BY 4.0"
    assert fetcher.origin(path).edition == "2026-05-01"


def test_shapes_come_as_geojson(server, fetcher):
    ods(server, "areas", ["x"])
    (path,) = Opendatasoft(host=server.url, dataset="areas", format="geojson").fetch(fetcher, PLACE)
    assert properties(path) == [{"name": "x"}]


def test_a_header_without_rows_is_a_refusal(server, tmp_path, monkeypatch):
    ods(server, "gated", ["1,a"] * 797, hidden=True)
    way = Opendatasoft(host=server.url, dataset="gated", key="LAEP_UKPN_KEY")
    monkeypatch.delenv("LAEP_UKPN_KEY", raising=False)
    with pytest.raises(
        FetchFailed, match=r"shows none of its 797 rows of gated without an account\. Get a free one at"
    ):
        way.fetch(fetcher_in(tmp_path), PLACE)
    monkeypatch.setenv("LAEP_UKPN_KEY", KEY)
    assert len(way.fetch(fetcher_in(tmp_path), PLACE)[0].read_text().splitlines()) == 798


def test_a_gated_dataset_with_a_box_is_told_from_an_empty_box(server, fetcher):
    ods(server, "gated", ["1,a"], hidden=True)
    ods(server, "open", ["1,a"])
    with pytest.raises(FetchFailed, match="shows none"):
        Opendatasoft(host=server.url, dataset="gated", near="nowhere").fetch(fetcher, PLACE)
    (path,) = Opendatasoft(host=server.url, dataset="open", near="nowhere").fetch(fetcher, PLACE)
    assert path.read_text() == "id,name\n"


def test_a_dataset_without_rows_is_not_a_refusal(server, fetcher):
    ods(server, "new", [])
    (path,) = Opendatasoft(host=server.url, dataset="new").fetch(fetcher, PLACE)
    assert path.read_text() == "id,name\n"


def test_a_refused_or_invisible_dataset_says_which_key(server, fetcher, monkeypatch):
    monkeypatch.delenv("LAEP_SPEN_KEY", raising=False)
    ods(server, "closed", ["1,a"], needs_key=True)
    ods(server, "unseen", ["1,a"], visible=False)
    for dataset in ("closed", "unseen"):
        with pytest.raises(FetchFailed, match="LAEP_SPEN_KEY"):
            Opendatasoft(host=server.url, dataset=dataset, key="LAEP_SPEN_KEY").fetch(fetcher, PLACE)


def test_a_dataset_that_is_gone_says_so(server, fetcher):
    with pytest.raises(FetchFailed, match="no such dataset any more"):
        Opendatasoft(host=server.url, dataset="renamed").fetch(fetcher, PLACE)


def test_the_newest_attachment_is_taken(server, fetcher):
    names = ("NPg_Feeder_December2023.zip", "NPg_Feeder_February2024.zip", "NPg_Substation_March2024.zip")
    ods_attachments(server, "lv", {name: zipped({f"{name}.csv": name}) for name in names})
    way = Opendatasoft(host=server.url, dataset="lv", attachment=r"^NPg_Feeder_", unpack=r"\.csv$")
    (path,) = way.fetch(fetcher, PLACE)
    assert path.read_text() == "NPg_Feeder_February2024.zip"
    with pytest.raises(FetchFailed, match="has no attachment"):
        replace(way, attachment="Primary").fetch(fetcher, PLACE)


def test_an_alternative_export_is_a_file_of_its_own(server, fetcher):
    server.on("/api/explore/v2.1/catalog/datasets/nshr/alternative_exports/book", Answer(zipped({"x": "y"})))
    (path,) = Opendatasoft(host=server.url, dataset="nshr", alternative="book", format="xlsx").fetch(fetcher, PLACE)
    assert path.name == "nshr.xlsx"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("NPg_Feeder_December2023.zip", "NPg_Feeder_January2024.zip"),
        ("headroom-dashboard-data-march-2026.csv", "headroom-dashboard-data-june-2026.csv"),
        ("Wards December 2023 Boundaries", "Wards May 2024 Boundaries"),
        ("lv-feeder-2024-01-part0000.csv", "lv-feeder-2024-02-part0000.csv"),
        ("without a date.csv", "edition 2021.csv"),
    ],
)
def test_editions_are_ordered_by_the_month_in_their_name(older, newer):
    assert moment_in(older) < moment_in(newer)


# --- CKAN


def test_the_newest_file_is_found_by_name_and_month(server, fetcher):
    ckan(server, "headroom", {
        "headroom-data-march-2026.csv": ("2026-08-01", b"id\n3\n"),  # touched up later
        "headroom-data-june-2026.csv": ("2026-06-01", b"id\n6\n"),
        "guide.pdf": ("2026-09-01", b"%PDF"),
    })  # fmt: skip
    way = Ckan(host=server.url, package="headroom", resource=r"headroom.*\.csv$")
    (path,) = way.fetch(fetcher, PLACE)
    assert path.name == "headroom-data-june-2026.csv"
    assert fetcher.origin(path).edition == "2026-06-01"
    assert fetcher.origin(path).licence == "Open licence"
    assert len(replace(way, count=2).fetch(fetcher, PLACE)) == 1  # March is another edition, not another part


def test_the_parts_of_one_edition_are_taken_together(server, fetcher):
    """F9: an old month beside the newest made 80 generators of 40."""
    ckan(server, "ecr", {f"ECR-Part-{part}-{month}-2026.csv": (f"2026-0{at}-01", b"id\n1\n") for part in (1, 2) for at, month in ((8, "August"), (9, "September"))})  # fmt: skip
    files = Ckan(host=server.url, package="ecr", resource=r"\.csv$", count=2).fetch(fetcher, PLACE)
    assert sorted(path.name for path in files) == ["ECR-Part-1-September-2026.csv", "ECR-Part-2-September-2026.csv"]


def test_without_a_month_the_one_changed_last_counts(server, fetcher):
    ckan(server, "p", {"a.csv": ("2026-01-01", b"id\n1\n"), "b.csv": ("2026-02-01", b"id\n2\n")})
    assert Ckan(host=server.url, package="p", resource="csv$").fetch(fetcher, PLACE)[0].name == "b.csv"


def test_success_false_with_status_200_is_a_refusal(server, fetcher):
    ckan(server, "p", {}, refuse=True)
    with pytest.raises(FetchFailed, match="Access denied: Resource access restricted"):
        Ckan(host=server.url, package="p").fetch(fetcher, PLACE)


def test_a_redacted_address_asks_for_a_key(server, fetcher, monkeypatch):
    monkeypatch.delenv("LAEP_NGED_KEY", raising=False)
    ckan(server, "p", {"a.csv": ("2026-01-01", b"id\n")}, redacted=("a.csv",))
    with pytest.raises(FetchFailed, match=r"only to those with an account.*LAEP_NGED_KEY"):
        Ckan(host=server.url, package="p", key="LAEP_NGED_KEY").fetch(fetcher, PLACE)
    monkeypatch.setenv("LAEP_NGED_KEY", KEY)
    with pytest.raises(FetchFailed, match="does not show this account"):
        Ckan(host=server.url, package="p", key="LAEP_NGED_KEY").fetch(fetcher, PLACE)
    assert server.asked[-1].headers["Authorization"] == KEY


def test_a_key_stays_with_its_portal(server, fetcher, monkeypatch):
    monkeypatch.setenv("LAEP_NGED_KEY", KEY)
    ckan(server, "p", {"a.csv": ("2026-01-01", b"id\n")})
    Ckan(host=server.url, package="p", key="LAEP_NGED_KEY").fetch(fetcher, PLACE)
    Ckan(host=server.url.replace("127.0.0.1", "localhost"), package="p", key="LAEP_NGED_KEY").fetch(fetcher, PLACE)
    assert [asked.headers.get("Authorization") for asked in server.asked] == [KEY, KEY, None]


def test_a_listed_address_of_the_portal_is_asked_as_safely_as_the_portal():
    """Torture 13: one listed with http:// took the key over the open network."""
    way = Ckan(host="connecteddata.nationalgrid.co.uk", package="p")
    assert way._address("http://connecteddata.nationalgrid.co.uk/d/a.csv?v=1") == "https://connecteddata.nationalgrid.co.uk/d/a.csv?v=1"  # fmt: skip
    assert way._address("/d/a.csv") == "https://connecteddata.nationalgrid.co.uk/d/a.csv"
    assert way._address("http://elsewhere.example/a.csv") == "http://elsewhere.example/a.csv"


def test_zips_of_a_package_are_unpacked_and_a_listing_read(server, fetcher):
    ckan(server, "p", {"data-2024.zip": ("2024-01-01", zipped({"x.csv": "id\n", "y.txt": ""}))}, listing=True)
    way = Ckan(host=server.url, package="p", resource="data", unpack=r"\.csv$", listing=True)
    assert [path.name for path in way.fetch(fetcher, PLACE)] == ["x.csv"]
    assert server.paths()[0] == "/dataset/p/datapackage.json"


def test_a_package_without_the_file_says_what_it_has(server, fetcher):
    ckan(server, "p", {"other.csv": ("2026-01-01", b"")})
    with pytest.raises(FetchFailed, match=r"no file like 'headroom' any more; it has other"):
        Ckan(host=server.url, package="p", resource="headroom").fetch(fetcher, PLACE)


# --- Overpass


def test_a_map_is_asked_for_by_tags_and_box_and_can_be_read(server, fetcher):
    server.on("/api/interpreter", Answer(OSM.encode()))
    way = Overpass(hosts=(server.url,), tags=("building", "natural=wood|water", "power=line", "way:highway"))
    files = way.fetch(fetcher, PLACE)
    from urllib.parse import parse_qs

    query = parse_qs(server.asked[0].body)["data"][0]
    assert server.asked[0].method == "POST"
    assert '(nwr["building"];nwr["natural"~"^(wood|water)$"];nwr["power"="line"];way["highway"];)' in query
    assert "[bbox:51.7" in query
    result = osm.read(Request(files=files, clip=AREA, area_id="a"))
    assert len(result.layers["in_building"]) == 1


def test_a_query_given_up_by_the_server_is_not_a_map(server, fetcher):
    server.on("/api/interpreter", [Answer(OSM_REMARK.encode()), Answer(OSM.encode()[:300])])
    way = Overpass(hosts=(server.url,), tags=("building",))
    with pytest.raises(FetchFailed, match=r"gave up on the query .*timed out"):
        way.fetch(fetcher, PLACE)
    with pytest.raises(FetchFailed, match="broken off"):
        way.fetch(fetcher, PLACE)


def test_a_county_is_too_much_to_ask(server, fetcher):
    with pytest.raises(FetchFailed, match="too large to ask"):
        Overpass(hosts=(server.url,), tags=("building",)).fetch(fetcher, Place(clip=AREA.buffer(20_000)))
    assert not server.asked


# --- ArcGIS


def zone(number):
    return square(
        -1.4 + number / 100, 51.7, -1.39 + number / 100, 51.8, LSOA21CD=f"E0100000{number}", LSOA21NM=f"Zone {number}"
    )


def test_pages_are_joined_and_the_newest_service_taken(server, fetcher):
    arcgis(server, "Wards_December_2023_Boundaries_UK_BGC", [])
    root = arcgis(server, "Wards_May_2024_Boundaries_UK_BGC", [zone(n) for n in range(5)])
    way = ArcGis(services=root, service=r"^Wards_\w+_20\d\d_Boundaries", name="wards")
    (path,) = way.fetch(fetcher, PLACE)
    assert path.name == "wards.geojson"
    assert [each["LSOA21NM"] for each in properties(path)] == [f"Zone {n}" for n in range(5)]
    queries = [asked.query for asked in server.asked if asked.path.endswith("query")]
    assert [query["resultOffset"] for query in queries] == ["0", "2", "4"]
    assert {query["orderByFields"] for query in queries} == {"FID"}
    assert queries[0]["geometryType"] == "esriGeometryEnvelope"
    assert "FeatureServer/0/query" in fetcher.origin(path).url


def test_an_error_with_status_200_is_told(server, fetcher):
    root = arcgis(server, "Zones", [])
    failed = {"error": {"code": 400, "message": "Cannot perform query.", "details": ["Invalid field"]}}
    server.on("/arcgis/rest/services/Zones/FeatureServer/0/query", as_json(failed))
    with pytest.raises(FetchFailed, match=r"error 400: Cannot perform query\. Invalid field"):
        ArcGis(services=root, service="Zones").fetch(fetcher, PLACE)
    server.on("/arcgis/rest/services/Zones/FeatureServer/0/query", as_json({"objectIds": []}))
    with pytest.raises(FetchFailed, match="without features"):
        ArcGis(services=root, service="Zones").fetch(fetcher, PLACE)


def test_a_service_that_is_gone_is_named(server, fetcher):
    root = arcgis(server, "Zones", [])
    with pytest.raises(FetchFailed, match="no service like"):
        ArcGis(services=root, service=r"^Wards_.*").fetch(fetcher, PLACE)


# --- boundaries for laep init


PARISH = square(-1.4, 51.77, -1.35, 51.79, PARNCP24CD="E04008130", PARNCP24NM="Eynsham")
WARD = square(-1.42, 51.76, -1.34, 51.8, WD24CD="E05006639", WD24NM="Eynsham and Cassington")
DISTRICT = square(-1.8, 51.6, -1.3, 51.9, LAD24CD="E07000181", LAD24NM="West Oxfordshire")


@pytest.fixture
def ons(server):
    arcgis(
        server,
        "Parishes_and_Non_Civil_Parished_Areas_December_2024_Boundaries_EW_BGC",
        [PARISH],
        fields=("FID", "PARNCP24CD", "PARNCP24NM"),
    )
    arcgis(server, "Wards_December_2024_Boundaries_UK_BGC", [WARD], fields=("FID", "WD24CD", "WD24NM", "WD24NMW"))
    arcgis(server, "Local_Authority_Districts_May_2024_Boundaries_UK_BGC", [DISTRICT], fields=("LAD24CD", "LAD24NM"))
    spot = {"properties": {"PCDS": "OX29 4AA", "LAT": 51.78, "LONG": -1.375}}
    return arcgis(server, "Online_ONS_Postcode_Directory_Live", [spot], fields=("PCD", "PCDS"), kinds=("tables",))


def test_a_place_is_found_by_its_name_or_code(ons, fetcher):
    path = boundary_live.by_name(" eynsham ", fetcher, services=ons)
    assert boundary.from_name("Eynsham", path).code == "E04008130"
    path = boundary_live.by_code("e05006639", fetcher, services=ons)
    assert boundary.from_code("E05006639", path).name == "Eynsham and Cassington"


def test_a_name_that_is_only_part_of_others_is_met_with_them(ons, fetcher):
    with pytest.raises(
        SourceInvalid, match=r"is called 'Cassington'\. There is Eynsham and Cassington \(ward, E05006639\)"
    ):
        boundary_live.by_name("Cassington", fetcher, services=ons)
    with pytest.raises(SourceInvalid, match="Try the postcode"):
        boundary_live.by_name("Atlantis' end", fetcher, services=ons)


def test_a_name_with_several_places_lists_their_codes(server, ons, fetcher):
    twin = square(-1.42, 51.76, -1.34, 51.8, WD24CD="E05000001", WD24NM="Eynsham")
    arcgis(server, "Wards_December_2024_Boundaries_UK_BGC", [WARD, twin], fields=("WD24CD", "WD24NM"))
    with pytest.raises(
        SourceInvalid, match=r"2 places called 'Eynsham': Eynsham \(parish, E04008130\), Eynsham \(ward"
    ):
        boundary_live.by_name("Eynsham", fetcher, services=ons)


def test_codes_that_cannot_be_looked_up_say_what_can(ons, fetcher):
    with pytest.raises(SourceInvalid, match="no ward with code E05999999"):
        boundary_live.by_code("E05999999", fetcher, services=ons)
    with pytest.raises(SourceInvalid, match="--boundary FILE"):
        boundary_live.by_code("K02000001", fetcher, services=ons)


def test_the_newest_edition_counts_by_either_scheme_of_names(server, ons, fetcher):
    """F3: since 2025 services are called WD_MAY_2026_UK_BGC; laep took December 2024 and said `newest`."""
    arcgis(server, "WD_MAY_2026_UK_BGC_V2", [square(-1.4, 51.7, -1.3, 51.8, WD26CD="E05099999", WD26NM="Newtown")], fields=("WD26CD", "WD26NM"))  # fmt: skip
    path = boundary_live.by_code("E05099999", fetcher, services=ons)
    assert path.name == "WD_MAY_2026_UK_BGC_V2.geojson"
    assert fetcher.origin(path).edition == "May 2026"
    old = boundary_live.by_code("E05006639", fetcher, services=ons)  # abolished since
    assert fetcher.origin(old).edition == "December 2024"
    with pytest.raises(SourceInvalid, match="no ward with code E05000000 in its boundaries of May 2026, December 2024"):
        boundary_live.by_code("E05000000", fetcher, services=ons)


@pytest.mark.parametrize("gone", [404, 500])
def test_an_edition_that_does_not_answer_makes_way_for_the_one_before(server, ons, fetcher, gone):
    arcgis(server, "PARNCP_DEC_2025_EW_BGC", [PARISH], fields=("PARNCP24CD", "PARNCP24NM"))
    server.on("/arcgis/rest/services/PARNCP_DEC_2025_EW_BGC/FeatureServer", Answer(b"", gone))
    path = boundary_live.by_name("Eynsham", fetcher, services=ons)
    assert fetcher.origin(path).edition == "December 2024"


def test_a_kind_of_place_that_cannot_be_had_does_not_stop_the_others(server, ons, fetcher):
    """F3: with the parishes renamed, wards and districts could not be found either."""
    server.services = [name for name in server.services if "Parish" not in name]
    path = boundary_live.by_name("West Oxfordshire", fetcher, services=ons)
    assert boundary.from_name("West Oxfordshire", path).code == "E07000181"
    with pytest.raises(SourceInvalid, match=r"is called 'Atlantis' \(.*no service like"):
        boundary_live.by_name("Atlantis", fetcher, services=ons)
    server.services = []
    with pytest.raises(FetchFailed, match="no service like"):
        boundary_live.by_name("Eynsham", fetcher_in(fetcher.cache.folder / "other"), services=ons)


def test_postcodes_io_is_asked_where_the_directory_is_gone(server, fetcher):
    told = {"status": 200, "result": {"postcode": "OX29 4AA", "latitude": 51.78, "longitude": -1.375}}
    server.on("/postcodes/OX294AA", as_json(told))
    path = boundary_live.of_postcode("ox294aa", fetcher, services=f"{server.url}/gone", host=server.url)
    assert path.read_text().splitlines()[1] == "OX29 4AA,51.78,-1.375"
    with pytest.raises(FetchFailed, match=r"no such dataset any more \(404\)"):
        boundary_live.of_postcode("OX29 4AB", fetcher, services=f"{server.url}/gone", host=server.url)


def test_an_empty_page_may_stand_before_others(server, fetcher):
    """F9: two of five features were kept."""
    root = arcgis(server, "Zones", [])
    pages = [[zone(0), zone(1)], [], [zone(2)]]
    answers = [as_json({"type": "FeatureCollection", "features": page, "exceededTransferLimit": at < 2}) for at, page in enumerate(pages)]  # fmt: skip
    server.on("/arcgis/rest/services/Zones/FeatureServer/0/query", answers)
    (path,) = ArcGis(services=root, service="Zones").fetch(fetcher, PLACE)
    assert len(properties(path)) == 3


def test_an_export_that_is_an_error_or_short_is_told(server, fetcher):
    """F8, F9: `shows none of its rows to this account`, and people hunted for a key."""
    base = ods(server, "sites", [f"{n},a" for n in range(100)])
    server.on(f"{base}/exports/geojson", as_json({"error_code": "ODSQLError", "message": "Unknown field"}))
    with pytest.raises(FetchFailed, match="answered with an error: Unknown field"):
        Opendatasoft(host=server.url, dataset="sites", format="geojson").fetch(fetcher, PLACE)
    server.on(f"{base}/exports/csv", Answer(b"id,name\n" + b"1,a\n" * 60))
    with pytest.raises(FetchFailed, match="sent 60 of the 100 rows of sites"):
        Opendatasoft(host=server.url, dataset="sites").fetch(fetcher, PLACE)


def test_a_position_field_that_was_renamed_is_known_by_its_type(server, fetcher):
    base = ods(server, "sites", ["1,a"])
    fields = [{"name": "place", "type": "geo_point_2d"}, {"name": "outline", "type": "geo_shape"}]
    server.on(base, as_json({"dataset_id": "sites", "metas": [], "fields": fields}))
    for near in ("geopoint", "geo_shape"):
        Opendatasoft(host=server.url, dataset="sites", near=near).fetch(fetcher, PLACE)
    asked = [asked.query["where"].split(",")[0] for asked in server.asked if "where" in asked.query]
    assert asked == ["in_bbox(place", "in_bbox(outline"]


def test_a_zip_without_the_file_looked_for_costs_itself_alone(server, fetcher):
    """F7: three good census tables were lost, and nothing said how to get them by hand."""
    server.on("/b.zip", Answer(zipped({"other.txt": "x"})))
    ways = Several(ways=(Download(url=server.on("/a.csv", Answer(b"id\n1\n"))), Download(url=f"{server.url}/b.zip", unpack="csv$")))  # fmt: skip
    assert [path.name for path in ways.fetch(fetcher, PLACE)] == ["a.csv"]
    assert fetcher.notes == ["A part is missing: b.zip: holds no file laep looks for; it has other.txt."]
    source = replace(ingest.load("census").SOURCE, live=ways.ways[1])
    with pytest.raises(SourceInvalid, match=r"holds no file.*By hand: download .*--file PATH`\.$"):
        live.fetch(source, fetcher, PLACE)


def test_a_postcode_is_found(ons, fetcher):
    path = boundary_live.of_postcode("ox294aa", fetcher, services=ons)
    found = boundary.from_postcode("OX29 4AA", path, 300)
    assert found.geometry.area == pytest.approx(3.1416 * 300**2, rel=0.01)
    with pytest.raises(SourceInvalid, match="knows no postcode OX1 1AA"):
        boundary_live.of_postcode("OX1 1AA", fetcher, services=ons)
    with pytest.raises(SourceInvalid, match="not a full postcode"):
        boundary_live.of_postcode("Eynsham", fetcher, services=ons)


# --- OGC


def test_features_come_page_by_page(server, fetcher):
    url = wfs(server, [point(-1.38, 51.78, n=n) for n in range(1200)])
    (path,) = Wfs(url=url, feature="nrw:SSSI", name="site-of-special-scientific-interest").fetch(fetcher, PLACE)
    assert path.name == "site-of-special-scientific-interest.geojson"
    assert [each["n"] for each in properties(path)] == list(range(1200))
    assert server.asked[0].query["bbox"] == "442700,208900,443700,209900,urn:ogc:def:crs:EPSG::27700"
    assert server.asked[0].query["typeNames"] == "nrw:SSSI"


@pytest.mark.parametrize("more", [{"most": 100}, {"most": 100, "pages": False}, {"counted": False}])
def test_a_server_that_gives_less_than_there_is_is_asked_on(server, fetcher, more):
    """F9: pages shorter than asked for, no counting from a start, or no count at all."""
    features = [point(-1.38, 51.78, n=n, at=(442_700 + n % 40 * 25, 208_900 + n // 40 * 100)) for n in range(400)]
    (path,) = Wfs(url=wfs(server, features, **more), feature="nrw:SSSI").fetch(fetcher, PLACE)
    assert sorted(each["n"] for each in properties(path)) == list(range(400))
    assert not fetcher.notes


def test_features_that_do_not_come_are_counted(server, fetcher):
    features = [point(-1.38, 51.78, n=n) for n in range(50)]
    (path,) = Wfs(url=wfs(server, features, most=20, pages=False), feature="nrw:SSSI").fetch(fetcher, PLACE)
    assert len(properties(path)) == 20
    assert fetcher.notes == ["nrw:SSSI: the server gave 20 of 50 features."]


@pytest.mark.parametrize(("corner", "crs"), [((443_000, 209_000), ""), ((443_000, 209_000), "urn:ogc:def:crs:EPSG::27700"), ((51.778, -1.377), "")])  # fmt: skip
def test_features_come_in_degrees_whatever_the_server_makes_of_the_question(server, fetcher, corner, crs):
    """F9: metres, or latitude first, lost all designations."""
    told = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    answer = {"type": "FeatureCollection", "features": [point(*corner, n=1)], **told}
    (path,) = Wfs(url=server.on("/wfs", as_json(answer)), feature="x").fetch(fetcher, PLACE)
    (feature,) = json.loads(path.read_bytes())["features"]
    assert feature["geometry"]["coordinates"] == pytest.approx([-1.377, 51.778], abs=0.01)


def test_an_exception_of_geoserver_inside_json_or_a_service_report_is_told(server, fetcher):
    """F9: raw XML was shown, and the reason in JSON lost."""
    told = as_json({"version": "2.0.0", "exceptions": [{"code": "noApplicableCode", "text": "Too many features"}]})
    with pytest.raises(FetchFailed, match="Too many features"):
        Wfs(url=server.on("/a", told), feature="x").fetch(fetcher, PLACE)
    report = b'<ServiceExceptionReport version="1"><ServiceException code="x">Layer not known</ServiceException></ServiceExceptionReport>'
    with pytest.raises(FetchFailed, match=r"an error: Layer not known\."):
        Wfs(url=server.on("/b", Answer(report)), feature="x").fetch(fetcher, PLACE)


def test_an_exception_report_is_told(server, fetcher):
    url = server.on("/wfs", Answer(EXCEPTION))
    with pytest.raises(FetchFailed, match="answered with an error: Unknown layer"):
        Wfs(url=url, feature="x").fetch(fetcher, PLACE)


def test_heights_come_in_boxes_of_whole_cells_where_buildings_stand(server, fetcher):
    import rasterio

    way = Wcs(url=wcs(server), coverage=r"FZ_DSM_1m$", prefix="dsm", compressed=True)
    farm, village = box(439_650, 204_650, 439_660, 204_660), box(442_700, 208_900, 443_700, 209_900)
    files = way.fetch(fetcher, replace(PLACE, buildings=shapely.union_all([farm, village])))
    assert [path.name for path in files] == ["dsm_439500_204500_500x500.tif", "dsm_442500_208500_1500x1500.tif"]
    with rasterio.open(files[1]) as raster:
        assert raster.bounds == (442_500, 208_500, 444_000, 210_000)
        assert raster.profile["compress"] == "deflate"
    asked = [asked for asked in server.asked if asked.query["request"] == "GetCoverage"]
    assert parse_qsl(asked[0].raw_query)[:2] == [("subset", "E(439500,440000)"), ("subset", "N(204500,205000)")]
    assert {each.query["CoverageId"] for each in asked} == {"abc__Elevation_FZ_DSM_1m"}


def test_where_nobody_has_looked_for_buildings_the_whole_area_is_fetched():
    (only,) = Wcs(url="", coverage="c", prefix="dsm").boxes(PLACE)
    assert only == (442_500, 208_500, 444_000, 210_000)


def test_without_outlines_or_beyond_the_survey_nothing_is_asked_for(server, fetcher):
    way = Wcs(url=wcs(server), coverage="c", prefix="dsm", extent=(80_000, 4_000, 656_000, 665_000))
    with pytest.raises(FetchFailed, match="no outlines of any yet"):
        way.fetch(fetcher, replace(PLACE, buildings=shapely.Polygon()))
    with pytest.raises(FetchFailed, match="outside what it surveys"):
        way.fetch(fetcher, Place(clip=box(300_000, 700_000, 301_000, 701_000)))
    assert not server.asked


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), min_size=1, max_size=30))
def test_boxes_cover_every_building_and_no_box_covers_another(corners):
    """F10: each building with its margin, no cell twice, no side longer than a service gives."""
    stands = shapely.union_all([box(x, y, x + 10, y + 10) for x, y in corners])
    boxes = [box(*each) for each in Wcs(url="", coverage="c", prefix="dsm").boxes(replace(PLACE, buildings=stands))]
    assert stands.buffer(100).difference(shapely.union_all(boxes)).area < 1e-6
    assert sum(each.area for each in boxes) == pytest.approx(shapely.union_all(boxes).area)
    assert max(max(e - w, n - s) for w, s, e, n in (each.bounds for each in boxes)) <= 4000


def test_a_box_at_sea_does_not_cost_the_others(server, fetcher):
    """F9: beyond its survey the Environment Agency answers 500, which is not asked for again and again."""
    wcs(server, sea_to=442_500)
    towns = [box(x, 209_100, x + 10, 209_110) for x in (441_200, 443_200, 445_200)]
    way = Wcs(url=f"{server.url}/wcs", coverage="c", prefix="dsm")
    place = replace(PLACE, buildings=shapely.union_all(towns))
    assert len(way.fetch(fetcher, place)) == 2
    assert fetcher.notes[0].startswith("Boxes of dsm that could not be had: 1 of 3.")
    assert len(server.asked) == 4
    server.on("/wcs", Answer(b"", 503))
    with pytest.raises(FetchFailed, match="503"):
        way.fetch(fetcher_in(fetcher.cache.folder / "other"), place)


def test_a_coverage_that_is_gone_and_hostile_xml_are_refused(server, fetcher):
    url = wcs(server)
    with pytest.raises(FetchFailed, match="no coverage like"):
        Wcs(url=url, coverage=r"DTM_1m$", prefix="dtm").fetch(fetcher, PLACE)
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(FetchFailed, match="definitions of its own"):
        Wcs(url=server.on("/bomb", Answer(bomb)), coverage=r"DSM$", prefix="dsm").fetch(fetcher, PLACE)


def test_a_large_area_is_not_fetched_tile_by_tile(server, fetcher):
    with pytest.raises(FetchFailed, match="too much to ask"):
        Wcs(url=wcs(server), coverage="c", prefix="dsm").fetch(fetcher, Place(clip=AREA.buffer(20_000)))


# --- planning.data.gov.uk


def test_designations_come_a_file_a_dataset(server, fetcher):
    belt = [square(-1.4, 51.7, -1.3, 51.8, dataset="green-belt", entity=n) for n in range(700)]
    planning(server, {"green-belt": belt})
    files = PlanningData(host=server.url, datasets=("ramsar", "green-belt", "battlefield")).fetch(fetcher, PLACE)
    assert [path.name for path in files] == ["green-belt.geojson"]
    assert len(properties(files[0])) == 700
    assert len(server.asked) == 2  # one question for all datasets, of two pages
    assert server.asked[0].query["geometry"].startswith("POLYGON ((-1.3")
    assert server.asked[0].query["geometry_relation"] == "intersects"
    result = ingest.load("constraints").read(Request(files=files, clip=AREA))
    assert set(result.layers["in_constraint"]["kind"]) == {"green-belt"}


@pytest.mark.parametrize("status", [422, 500])
def test_a_dataset_that_is_gone_costs_itself_alone(server, fetcher, status):
    """F6: one of 25 lost them all; it is found by asking for halves, and told with the server's reason."""
    names = tuple(f"kind-{n}" for n in range(25))
    planning(server, {name: [square(-1.4, 51.7, -1.3, 51.8, dataset=name)] for name in names}, gone=("kind-7",), status=status)  # fmt: skip
    files = PlanningData(host=server.url, datasets=names).fetch(fetcher, PLACE)
    assert {path.stem for path in files} == {*names} - {"kind-7"}
    assert "A part is missing: kind-7:" in fetcher.notes[0]
    assert "kind-7 is no dataset" in fetcher.notes[0]


def test_a_service_that_is_down_is_not_asked_for_each_dataset(server, fetcher):
    server.on("/entity.geojson", Answer(b"", 504))
    with pytest.raises(FetchFailed, match="504"):
        PlanningData(host=server.url, datasets=tuple(f"kind-{n}" for n in range(25))).fetch(fetcher, PLACE)
    assert len(server.asked) <= 2 * 12


def test_a_place_without_designations_reads_as_none_recorded(server, fetcher):
    planning(server, {})
    files = PlanningData(host=server.url, datasets=("ramsar", "green-belt")).fetch(fetcher, PLACE)
    result = ingest.load("constraints").read(Request(files=files, clip=AREA))
    assert len(result.layers["in_constraint"]) == 0


def test_a_ragged_outline_is_asked_with_its_box(server, fetcher):
    planning(server, {})
    ragged = shapely.union_all(
        [shapely.Point(442_000 + 900 * n, 209_000 + 700 * (n % 7)).buffer(400) for n in range(60)]
    )
    PlanningData(host=server.url, datasets=("ramsar",)).fetch(fetcher, Place(clip=ragged))
    assert len(server.asked[0].query["geometry"]) < 300


# --- PVGIS


def test_weather_is_fetched_and_read(server, fetcher):
    pvgis(server, (2019, 2020))
    files = Pvgis(host=server.url, first_year=2019, last_year=2020).fetch(fetcher, PLACE)
    query = server.asked[0].query
    assert (query["lat"], query["lon"]) == ("51.78", "-1.38")
    assert query["components"] == "1"
    result = ingest.load("weather").read(Request(files=files, clip=AREA))
    assert len(result.layers["in_weather"]) == 8760
    assert result.edition == "PVGIS-SARAH3"


def test_weather_with_years_missing_or_of_another_kind_is_refused(server, fetcher):
    pvgis(server, (2019, 2019))
    with pytest.raises(FetchFailed, match=r"8,760 hours, fewer than the 17,520"):
        Pvgis(host=server.url, first_year=2019, last_year=2020).fetch(fetcher, PLACE)
    server.on("/seriescalc", as_json({"message": "Location over the sea.", "status": 400}, 400))
    with pytest.raises(FetchFailed, match="Location over the sea"):
        Pvgis(host=server.url).fetch(fetcher, PLACE)
    server.on("/seriescalc", as_json({"outputs": {}}))
    with pytest.raises(FetchFailed, match="no hourly series"):
        Pvgis(host=server.url).fetch(fetcher, PLACE)


# --- Ordnance Survey


def test_products_are_checked_and_unpacked(server, fetcher):
    os_downloads(server, "OpenUPRN", {"GB": zipped({"uprn.csv": "UPRN\n1\n", "licence.txt": ""})})
    (path,) = OsDownload(host=server.url, product="OpenUPRN", format="csv", keep=r"\.csv$").fetch(fetcher, PLACE)
    assert path.read_text() == "UPRN\n1\n"


def test_squares_are_fetched_where_a_product_comes_so(server, fetcher):
    os_downloads(
        server, "OpenMap", {"SP": zipped({"sp.csv": "x"}), "SU": zipped({"su.csv": "y"}), "TQ": zipped({"tq.csv": ""})}
    )
    border = Place(clip=box(442_000, 199_000, 443_000, 201_000))
    files = OsDownload(host=server.url, product="OpenMap", format="CSV", by_square=True).fetch(fetcher, border)
    assert [path.name for path in files] == ["su.csv", "sp.csv"]


def test_a_product_that_is_not_what_the_list_says_is_refused(server, fetcher):
    os_downloads(server, "OpenUPRN", {"GB": zipped({"uprn.csv": ""})}, md5="0" * 32)
    with pytest.raises(FetchFailed, match="MD5"):
        OsDownload(host=server.url, product="OpenUPRN", format="CSV").fetch(fetcher, PLACE)
    with pytest.raises(FetchFailed, match="does not offer OpenUPRN for GB as GeoPackage; it has CSV"):
        OsDownload(host=server.url, product="OpenUPRN", format="GeoPackage").fetch(fetcher, PLACE)


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [(4, 2, "SP"), (3, 1, "ST"), (5, 1, "TQ"), (3, 5, "NY"), (2, 8, "NH"), (4, 12, "HP"), (0, 0, "SV")],
)
def test_grid_squares_have_their_letters(x, y, name):
    assert letters(x, y) == name
    assert list(squares(Place(clip=box(x * 1e5 + 1, y * 1e5 + 1, x * 1e5 + 2, y * 1e5 + 2)))) == [name]


# --- combining ways


def test_a_file_at_a_fixed_address(server, fetcher):
    url = server.on("/data/table.csv", Answer(b"id\n1\n"))
    (path,) = Download(url=url, kind="csv").fetch(fetcher, PLACE)
    assert path.name == "table.csv"
    packed = server.on("/data/all.zip", Answer(zipped({"a.csv": "1", "b.txt": "2"})))
    assert [p.name for p in Download(url=packed, unpack=r"\.csv$").fetch(fetcher, PLACE)] == ["a.csv"]


def test_of_several_ways_those_that_work_are_taken(server, fetcher):
    good = Download(url=server.on("/good.csv", Answer(b"id\n")))
    bad = Download(url=f"{server.url}/bad.csv")
    assert len(Several(ways=(bad, good)).fetch(fetcher, PLACE)) == 1
    assert "A part is missing" in fetcher.notes[0]
    with pytest.raises(FetchFailed, match="no such dataset"):
        Several(ways=(bad, bad)).fetch(fetcher, PLACE)
    assert FirstOf(ways=(bad, good)).fetch(fetcher, PLACE)[0].name == "good.csv"
    with pytest.raises(FetchFailed, match="no such dataset"):
        FirstOf(ways=(bad,)).fetch(fetcher, PLACE)


def test_ways_by_nation_and_operator(server, fetcher):
    one, two = (Download(url=server.on(f"/{name}.csv", Answer(b"id\n"))) for name in ("one", "two"))
    way = ByNation(england=one, wales=two)
    assert [p.name for p in way.fetch(fetcher, PLACE)] == ["one.csv"]
    assert [p.name for p in way.fetch(fetcher, replace(PLACE, nations=("england", "wales")))] == ["one.csv", "two.csv"]
    with pytest.raises(FetchFailed, match="no service for this in Scotland"):
        way.fetch(fetcher, replace(PLACE, nations=("scotland",)))
    way = ByOperator(ways=(("ssen", one), ("nged", two)))
    assert [p.name for p in way.fetch(fetcher, PLACE)] == ["one.csv"]
    assert len(way.fetch(fetcher, replace(PLACE, operators=()))) == 2
    with pytest.raises(FetchFailed, match="no service for this of npg"):
        way.fetch(fetcher, replace(PLACE, operators=("npg",)))


def test_every_error_of_fetching_ends_with_the_manual_way(server, fetcher):
    source = replace(ingest.load("osm").SOURCE, live=Download(url=f"{server.url}/gone"))
    with pytest.raises(
        FetchFailed, match=r"By hand: download .* from https://.* and run `laep ingest osm --file PATH`\.$"
    ):
        live.fetch(source, fetcher, PLACE)
    with pytest.raises(SourceInvalid, match="cannot fetch this source"):
        live.fetch(replace(source, live=None), fetcher, PLACE)
    with pytest.raises(SourceInvalid, match=r"needs a key.*LAEP_NGED_KEY.*--file PATH"):
        live.fetch(replace(source, key="LAEP_NGED_KEY"), fetcher, PLACE)


# --- nations


@pytest.mark.parametrize(
    ("x", "y", "nation"),
    [
        (443_000, 209_000, ("england",)), (180_000, 30_000, ("england",)), (210_000, 220_000, ("wales",)),
        (325_000, 190_000, ("england", "wales")), (325_000, 673_000, ("scotland",)), (425_000, 565_000, ("england", "scotland")),
    ],
)  # fmt: skip
def test_a_nation_is_told_by_position_where_that_tells(x, y, nation):
    assert nations.nations_of(box(x, y, x + 1000, y + 1000)) == nation


def test_a_code_tells_the_nation_and_along_the_border_the_ons_is_asked(server, fetcher, monkeypatch):
    newport = box(325_000, 190_000, 326_000, 191_000)
    assert nations.nations_of(newport, code="W05000001") == ("wales",)
    root = arcgis(server, "Countries_December_2024_Boundaries_UK_BUC", [square(-5, 51, -2, 53, CTRY24NM="Wales")])
    monkeypatch.setattr(nations, "ONS", root)
    assert nations.nations_of(newport, fetcher=fetcher) == ("wales",)
    monkeypatch.setattr(nations, "ONS", f"{server.url}/nowhere")
    assert nations.nations_of(newport, fetcher=fetcher) == ("england", "wales")


# --- what the sources declare


@pytest.mark.parametrize("name", ingest.MODULES)
def test_what_a_source_declares_makes_sense(name):
    source = ingest.load(name).SOURCE
    assert source.nations
    assert set(source.nations) <= set(NATIONS)
    assert source.operator is None or source.operator in OPERATORS
    assert source.live or not source.key
    if source.live:
        assert callable(source.live.fetch)
        assert all(key.startswith("LAEP_") for key in source.live.keys)
        assert hash(source.live) == hash(source.live)
