"""Whose network a place is on comes first, and no other operator's substation answers for it (F1, F13)."""

import geopandas as gpd
import pandas as pd

from laep import licence
from laep.checked import Proposal
from laep.desk import build, check, place, recognise, store, tell, whose

TRAFALGAR_SQUARE, CROMARTY, BELFAST = "51.5080,-0.1281", "57.68,-4.03", "54.597,-5.930"


def ask(held, numbers, **proposal):
    return check.check(held, Proposal(**proposal), numbers)


def test_f1_the_answer_begins_with_whose_network_it_is(held, numbers):
    found = ask(held, numbers, at=TRAFALGAR_SQUARE, generation_kw=100)
    assert found.verdict == "unknown"
    assert (found.network.operator, found.network.in_store) == ("ukpn", False)
    assert found.served_by.substation_id is None
    first = tell.text(found, width=110).splitlines()[0]
    assert first.startswith("Network of UK Power Networks")
    assert first.endswith("The store holds none of its files: build with them.")


def test_f1_near_a_border_both_are_named_until_a_map_settles_it(held, numbers, village, tmp_path):
    border = "51.95,-0.90"
    found = ask(held, numbers, at=border, generation_kw=100)
    assert found.network.operator is None
    assert len(found.network.licence_areas) > 1
    assert "Near a border of licence areas" in found.network.words
    x, y = (float(each[0]) for each in place.to_grid([51.95], [-0.90]))
    map_ = tmp_path / "map.geojson"
    shape = gpd.GeoSeries.from_xy([x], [y], crs=27700).buffer(9000)
    gpd.GeoDataFrame({"id": [11]}, geometry=shape).to_crs(4326).to_file(map_)
    copy = tmp_path / "store.gpkg"
    copy.write_bytes(village.read_bytes())
    build.build(copy, {}, licence_map=map_)
    with store.HeadroomStore.open(copy) as opened:
        settled = ask(opened, numbers, at=border, generation_kw=100).network
        sea = ask(opened, numbers, at="53.9,1.9", generation_kw=100).network
    assert (settled.operator, settled.licence_areas, settled.confidence) == (
        "nged",
        ("East Midlands",),
        "high",
    )
    assert sea.operators == ()


def test_f13_the_sea_and_northern_ireland_are_in_no_licence_area(held, numbers):
    for where in ("55.5,1.5", BELFAST):
        found = ask(held, numbers, at=where, generation_kw=100)
        assert found.network.words == f"{whose.NOWHERE[0].upper()}{whose.NOWHERE[1:]}."
        assert found.verdict == "unknown"


def test_f1_no_outcode_gets_a_verdict_from_another_operators_substation(shared_data, tmp_path):
    outcodes = pd.read_csv(shared_data / "homes/geography/uk_outcode_centroids.csv")
    spots = gpd.GeoSeries.from_xy(outcodes["longitude"], outcodes["latitude"], crs=4326)
    areas = gpd.read_file(shared_data / "dso/gb/dno_licence_areas.geojson")[["id", "geometry"]]
    inside = gpd.sjoin(gpd.GeoDataFrame(geometry=spots), areas).groupby(level=0)["id"].first().astype(int)
    true = inside.map({area.distributor: area.operator for area in licence.AREAS}).reindex(outcodes.index)
    dso = shared_data / "dso"
    path = tmp_path / "three.gpkg"
    build.build(path, recognise.choose([
        dso / "ssen/headroom-dashboard-data-march-2026.csv", dso / "ssen/sepd_primarysubstation_esa_2025_simplified.geojson",
        dso / "nged/nged_substation_locations_2025.csv", dso / "ukpn/grid-and-primary-sites_2025-08.csv",
    ]))  # fmt: skip
    points, _ = place.from_degrees(outcodes["latitude"], outcodes["longitude"])
    with store.HeadroomStore.open(path) as opened:
        served = place.serving_many(points, opened)
        owner = {row["fid"]: row["operator"] for row in opened.substations()}
    answered = pd.Series([owner.get(fid) for fid in served.fid.tolist()], index=outcodes.index)
    assert answered.notna().sum() > 1500
    assert outcodes[answered.notna() & true.notna() & (answered != true)].empty
