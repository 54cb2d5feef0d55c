"""Ways to fetch the sources that are no portal's: Ordnance Survey squares, the census, the register of schools."""

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from asked import asked
from live_server import Answer, census, daily, os_downloads, shapefile, static, zipped

from laep import ingest
from laep.errors import FetchFailed, SourceInvalid
from laep.ingest.net.ways import Daily, Download, Several, fetch
from laep.ingest.source import Place

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
    (frame,) = read(name, files).layers.values()
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


def moved(way, server):
    """Return a way whose address is the server's."""
    if isinstance(way, Several):
        return Several(ways=tuple(moved(each, server) for each in way.ways))
    assert isinstance(way, Download)
    return replace(way, url=f"{server.url}/{way.url.rpartition('/')[2]}")


def bulk(prefix, answers):
    names = ["date", "geography", "geography code", *(f"{prefix}{answer}" for answer in answers)]
    quoted = ",".join(f'"{name}"' for name in names)
    return f"{quoted}\n2021,West Oxfordshire 007A,E01028513," + ",".join(["7"] * len(answers)) + "\n"


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
