"""Ways to fetch the sources that are no portal's: Ordnance Survey squares, the census, the register of schools."""

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from asked import asked
from live_server import (
    Answer,
    bulk,
    census,
    ckan,
    daily,
    fetcher_in,
    govuk,
    moved,
    os_downloads,
    shapefile,
    static,
    zipped,
)

from laep import ingest
from laep.errors import FetchFailed, SourceInvalid
from laep.ingest.net.ways import Daily, fetch
from laep.ingest.source import Place, Request

AREA = shapely.box(442_700, 208_900, 443_700, 209_900)
PLACE = Place(clip=AREA, nations=("england",), operators=("ssen",))
SQUARE = shapely.box(443_000, 209_000, 443_010, 209_010)
ZONES = pd.DataFrame({"zone_id": ["E01028513"], "share_in_area": [1.0]})
TODAY = dt.date(2026, 11, 23)


def read(name, files, **options):
    return ingest.load(name).read(asked(files, AREA, **options))


@pytest.mark.parametrize(
    ("name", "product", "layer", "columns"),
    [
        ("buildings", "OpenMapLocal", "SP_Building", {"ID": ["a1"], "FEATCODE": [15014]}),
        ("land", "OpenGreenspace", "SP_GreenspaceSite", {"id": ["g1"], "function": ["Allotments Or Community Growing Spaces"]}),
    ],
)  # fmt: skip
def test_a_square_s_shapefile_is_fetched_with_what_belongs_to_it(server, fetcher, name, product, layer, columns):
    shape = gpd.GeoDataFrame(columns, geometry=[SQUARE], crs=27700)
    other = gpd.GeoDataFrame({"ID": ["x"]}, geometry=[shapely.Point(1, 1)], crs=27700)
    content = zipped({**shapefile(shape, layer), **shapefile(other, "SP_ImportantBuilding"), "licence.txt": "open"})
    os_downloads(server, product, {"SP": content, "SU": b"PK"}, form="ESRI\u00ae Shapefile")
    way = ingest.load(name).SOURCE.live
    files = replace(way, host=server.url).fetch(fetcher, PLACE)
    assert [path.name for path in files] == [f"{layer}.shp"]
    frame = read(name, files).layers[f"in_{name.rstrip('s')}"]
    assert frame.geometry.iloc[0].equals(SQUARE)
    short = content[:-40]
    os_downloads(server, product, {"SP": short}, form="ESRI\u00ae Shapefile", size=len(content))
    server.on(f"/files/{product}_SP.zip", static(short, '"v2"'))
    again = type(fetcher)(cache=fetcher.cache, offline=False, again=True, pause_s=0.0, backoff_s=0.0, attempts=1)
    assert replace(way, host=server.url).fetch(again, PLACE) == files  # what came damaged does not replace what is held
    assert "promises" in again.notes[0]


def test_the_list_of_all_properties_stays_packed(server, fetcher):
    rows = "UPRN,X_COORDINATE,Y_COORDINATE\n100,443005,209005\n200,1,1\n"
    os_downloads(server, "OpenUPRN", {"GB": zipped({"osopenuprn.csv": rows, "licence.txt": "open"})})
    files = replace(ingest.load("uprn").SOURCE.live, host=server.url).fetch(fetcher, PLACE)
    assert [path.suffix for path in files] == [".zip"]
    assert read("uprn", files).layers["in_uprn"]["uprn"].tolist() == ["100"]


def test_census_tables_come_by_lsoa(server, fetcher):
    module = ingest.load("tenure")
    prefix = "Tenure of household: "
    census(
        server,
        {"ts054": bulk("", [name for names in module.COLUMNS.values() for name in names if name.startswith(prefix)])},
    )
    files = moved(module.SOURCE.live, server).fetch(fetcher, PLACE)
    assert [path.name for path in files] == ["census2021-ts054-lsoa.csv"]
    assert read("tenure", files, in_zone=ZONES).layers["in_tenure"]["social_rented"].tolist() == [7]


def test_a_census_table_that_cannot_be_had_leaves_the_others(server, fetcher):
    module = ingest.load("census")
    topics = {"ts044": "accommodation", "ts045": "cars", "ts046": "heating", "ts050": "bedrooms"}
    census(
        server, {table: bulk(module.PREFIXES[topic], module.ANSWERS[topic].values()) for table, topic in topics.items()}
    )
    server.on("/census2021-ts046.zip", Answer(b"<html><title>Closed for maintenance</title></html>"))
    files = moved(module.SOURCE.live, server).fetch(fetcher, PLACE)
    held = read("census", files, in_zone=ZONES).layers["in_census"]
    assert set(held["topic"]) == {"accommodation", "cars", "bedrooms"}
    (note,) = fetcher.notes
    assert note.startswith("A part is missing: 127.0.0.1 sent a web page in place of a zip file ('Closed for maint")


def test_the_newest_register_of_schools_is_found(server, fetcher):
    table = b"URN,EstablishmentName,EstablishmentStatus (name),Easting,Northing\n1,Village School,Open,443005,209005\n"
    url = daily(server, {TODAY - dt.timedelta(days=1): table, TODAY - dt.timedelta(days=2): b"older\n1\n"})
    way = Daily(url=url, kind="csv", today=TODAY)
    files = way.fetch(fetcher, PLACE)
    assert [path.name for path in files] == ["register20261122.csv"]
    place = read("places", files).layers["in_place"]
    assert place[["name", "kind"]].to_numpy().tolist() == [["Village School", "school"]]
    assert server.paths() == ["/register20261123.csv", "/register20261122.csv"]


def test_a_register_that_is_on_no_day_names_the_manual_way(server, fetcher):
    way = Daily(url=daily(server, {}), kind="csv", today=TODAY)
    source = replace(ingest.load("places").SOURCE, live=way)
    with pytest.raises(SourceInvalid, match=r"no such dataset any more \(404\).*get-information-schools.*--file PATH"):
        fetch(source, fetcher, PLACE)
    assert len(server.asked) == way.days
    with pytest.raises(FetchFailed, match="web page"):
        Daily(url=daily(server, {TODAY: b"<html>Sign in</html>"}), kind="csv", days=1, today=TODAY).fetch(
            fetcher, PLACE
        )


def test_places_of_wales_and_scotland_have_no_register(fetcher):
    with pytest.raises(SourceInvalid, match="no service for this in Wales"):
        fetch(ingest.load("places").SOURCE, fetcher, replace(PLACE, nations=("wales",)))


# --- SSEN


def test_the_supply_areas_of_the_nation_s_licence_area_are_taken(server, fetcher):
    """F2: whichever file was changed last counted, for Eynsham the Scottish one."""
    files = {f"{area}_primarysubstation_esa_2025.geojson": ("2026-01-01", b'{"type":"FeatureCollection","features":[]}') for area in ("sepd", "shepd")}  # fmt: skip
    ckan(server, "primary-substation-boundaries", files)
    way = moved(ingest.load("ssen_areas").SOURCE.live, server)
    names = {nation: [path.name for path in way.fetch(fetcher, replace(PLACE, nations=nation))] for nation in (("england",), ("scotland",), ())}  # fmt: skip
    assert names == {
        ("england",): ["sepd_primarysubstation_esa_2025.geojson"],
        ("scotland",): ["shepd_primarysubstation_esa_2025.geojson"],
        (): ["sepd_primarysubstation_esa_2025.geojson", "shepd_primarysubstation_esa_2025.geojson"],
    }


def test_the_transformer_load_model_is_found_in_the_zip_within_its_zip(server, fetcher):
    """F4: it could never be fetched."""
    way = moved(ingest.load("ssen_transformers").SOURCE.live, server)
    inner = zipped({"SEPD_transformers_open_data_with_nrn.csv": "full_nrn\n1\n"})
    ckan(server, way.package, {"onedrive_1_01-08-2024.zip": ("2024-08-01", zipped({"SEPD_transformers_open_data_with_nrn.zip": inner}))})  # fmt: skip
    assert [path.name for path in way.fetch(fetcher, PLACE)] == ["SEPD_transformers_open_data_with_nrn.csv"]


# --- GOV.UK


def test_the_newest_edition_of_a_publication_is_found_whatever_its_address(server, fetcher):
    way = moved(ingest.load("repd").SOURCE.live, server)
    govuk(server, way.page, {"REPD_Publication_Q1_2026.csv": b"Ref ID\n1\n", "REPD_Publication_Q2_2026.xlsx": b"PK"})
    (path,) = way.fetch(fetcher, PLACE)
    assert path.name == "REPD_Publication_Q1_2026.csv"
    assert fetcher.origin(path).edition == "2026-08-03"
    govuk(server, way.page, {"notes.pdf": b"%PDF"})
    with pytest.raises(FetchFailed, match=r"has no file like .*csv.* any more; it has notes"):
        way.fetch(fetcher_in(fetcher.cache.folder / "other"), PLACE)


def test_metered_energy_comes_from_the_last_year_there_is_one_fuel_or_both(server, fetcher):
    way = moved(ingest.load("metered").SOURCE.live, server)
    page = way.ways[0].page.format(year=2024)
    table = (
        b"Outcode,Postcode,Num_meters,Total_cons_kwh,Mean_cons_kwh,Median_cons_kwh\nOX29,OX29 4AA,9,27000,3000,2800\n"
    )
    govuk(server, page, {"Postcode_level_all_meters_electricity_2024.csv": table, "Postcode_level_standard_electricity_2024.csv": table})  # fmt: skip
    files = way.fetch(fetcher, PLACE)
    assert [path.name for path in files] == ["Postcode_level_all_meters_electricity_2024.csv"]
    assert "A part is missing" in fetcher.notes[0]
    kept = ingest.load("metered").read(Request(files=files, clip=AREA, options={"postcodes": ["OX29 4AA"]}))
    assert kept.layers["in_metered"]["mean_kwh"].tolist() == [3000.0]


def test_fuel_poverty_is_looked_for_under_the_years_of_its_name():
    way = replace(ingest.load("fuel_poverty").SOURCE.live, today=2026)
    assert way.pages()[0] == "government/statistics/sub-regional-fuel-poverty-data-2026-2024-data"


def test_zones_of_scotland_are_one_of_the_shapefiles_of_their_zip(server, fetcher):
    way = replace(moved(ingest.load("zones").SOURCE.live, server), england=None, wales=None)
    shape = gpd.GeoDataFrame({"DZCode": ["S01020873"]}, geometry=[AREA], crs=27700)
    parts = {**shapefile(shape, "SG_DataZoneBdry_2022_MHW"), **shapefile(shape, "SG_DataZoneBdry_2022_EoR")}
    server.on("/SG_DataZoneBdry_2022.zip", static(zipped(parts)))
    files = way.fetch(fetcher, replace(PLACE, nations=("scotland",)))
    assert [path.name for path in files] == ["SG_DataZoneBdry_2022_MHW.shp"]
    assert read("zones", files).layers["in_zone"]["zone_id"].tolist() == ["S01020873"]
