"""Operators that publish where their substations are: NGED and UK Power Networks."""

import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.dso.nged import substations as nged_substations
from laep.ingest.dso.ukpn import sites as ukpn_sites
from laep.ingest.source import Request

BANBURY = shapely.box(445_000, 239_000, 447_000, 241_000)
NGED = "Substation Number,Substation Name,Substation Type,Easting,Northing,Latitude,Longitude\n"


def read_nged(tmp_path, text, clip=BANBURY, header=NGED):
    path = tmp_path / "nged.csv"
    path.write_text(header + text)
    return nged_substations.read(Request(files=(path,), clip=clip))


def test_nged_types_become_levels_and_switching_stations_are_dropped(tmp_path):
    result = read_nged(
        tmp_path,
        "007640,Ruskington 33 11kv S Stn,Primary Substation,446000.0,240000.0,,\n"
        "2,Banbury 132/11kV,Bulk Supply Point,446000.0,240000.0,,\n"
        "3,Courthouse Green 33/6 6kv,Super Grid Substation,446000.0,240000.0,,\n"
        "4,Lincoln No 1 33kv,Primary Substation,446000.0,240000.0,,\n"
        "5,A,Ehv Switching Station,446000.0,240000.0,,\n"
        "6,B,Ehv Switching Station,446000.0,240000.0,,\n"
        "4,Again,Primary Substation,446000.0,240000.0,,\n",
    )
    layer = result.layers["in_substation"].set_index("substation_id")
    assert layer["level"].to_dict() == {"007640": "primary", "2": "bsp", "3": "gsp", "4": "primary"}
    assert layer["voltage_kv"].tolist()[:3] == [11.0, 11.0, 6.6]
    assert layer["upstream_voltage_kv"].tolist()[:3] == [33.0, 132.0, 33.0]
    assert layer.loc["4", ["voltage_kv", "upstream_voltage_kv"]].isna().all()
    assert (result.rows_read, result.rows_kept) == (7, 4)
    said = " ".join(result.notes)
    assert "2 rows of type 'Ehv Switching Station' are left out" in said
    assert "1 rows without a substation number, or repeating one" in said


def test_nged_positions_that_disagree_are_reported_and_degrees_fill_in(tmp_path):
    result = read_nged(
        tmp_path,
        "1,Near,Primary Substation,446000,240000,52.05648,-1.33052\n"
        "2,Torn,Primary Substation,446000,240000,52.15648,-1.33052\n"
        "3,Degrees,Primary Substation,,,52.05648,-1.33052\n"
        "4,None,Primary Substation,,,,\n",
    )
    layer = result.layers["in_substation"].set_index("substation_id")
    assert layer.loc["3", "geometry"].distance(layer.loc["1", "geometry"]) < 200
    assert layer.loc["4", "geometry"] is None
    said = " ".join(result.notes)
    assert "1 substations have two published positions more than 100 m apart" in said
    assert "1 of 4 substations have no position" in said


def test_nged_publishes_no_headroom_here():
    assert nged_substations.SOURCE.writes == ("in_substation",)


def test_nged_may_lack_degrees_but_not_eastings(tmp_path):
    header = "Substation Number,Substation Name,Substation Type,Easting,Northing\n"
    assert read_nged(tmp_path, "1,A,Primary Substation,446000,240000\n", header=header).rows_kept == 1
    with pytest.raises(SourceInvalid, match=r"'Northing'"):
        read_nged(tmp_path, "1,A,Primary Substation,446000\n", header=header.replace(",Northing", ""))


@pytest.mark.real
def test_the_2025_nged_locations(shared_data):
    path = shared_data / "dso" / "nged" / "nged_substation_locations_2025.csv"
    result = nged_substations.read(Request(files=(path,)))
    layer = result.layers["in_substation"]
    assert result.rows_read == 2042
    assert layer["level"].value_counts().to_dict() == {"primary": 1036, "bsp": 364, "gsp": 52}
    assert layer["substation_id"].str.len().eq(6).all()
    assert "559 rows of type 'Ehv Switching Station' are left out." in result.notes
    assert not any("apart" in note for note in result.notes)


LABELS = [
    "SiteFunctionalLocation", "LicenceArea", "SiteName", "SiteType", "SiteVoltage", "PowerTransformerCount", "Easting",
    "Northing", "transratingwinter", "transratingsummer", "maxdemandsummer", "maxdemandwinter", "Spatial Coordinates",
]  # fmt: skip
NAMES = [name.lower().replace(" ", "_") for name in LABELS]
SITES = [
    ["EPN-S01", "EPN", "MALDON GRID 132/33kV", "Grid Substation", "132", "2", "583751", "206307", "78, 78", "60, 60",
     "36.9", "44.1", "51.7259, 0.6594"],
    ["EPN-S02", "EPN", "LAXFIELD PRIMARY 33/11kV", "Primary Substation", "33", "2", "NA", "", "NA", "NA", "NA", "NA",
     "51.7259, 0.6594"],
    ["EPN-S03", "EPN", "LAXFIELD PRIMARY 33kV", "Primary Substation", "33", "0", "583751", "206307", "NA", "NA", "NA",
     "NA", "51.7259, 0.6594"],
    ["EPN-S04", "EPN", "ODD", "Primary Substation", "33", "0", "583751", "206307", "24 or 15", "18 or 12", "5.2, 1.1",
     "NA", "51.7259, 0.6594"],
    ["EPN-S05", "EPN", "ODD", "Depot", "33", "1", "583751", "206307", "NA", "NA", "NA", "NA", ""],
]  # fmt: skip


def read_ukpn(tmp_path, header, *, separator=",", mark="\ufeff"):
    lines = [separator.join(header), *(separator.join(f'"{cell}"' for cell in site) for site in SITES)]
    path = tmp_path / "grid-and-primary-sites.csv"
    path.write_text(mark + "\r\n".join(lines), encoding="utf-8")
    return ukpn_sites.read(Request(files=(path,), clip=shapely.box(583_000, 206_000, 584_000, 207_000)))


def test_ukpn_labels_and_field_names_give_the_same(tmp_path):
    first = read_ukpn(tmp_path, LABELS)
    second = read_ukpn(tmp_path, NAMES, separator=";", mark="")
    pd.testing.assert_frame_equal(first.layers["in_substation"], second.layers["in_substation"])
    assert first.notes == second.notes


def test_ukpn_keeps_what_feeds_and_gives_demand_no_unit(tmp_path):
    result = read_ukpn(tmp_path, LABELS)
    layer = result.layers["in_substation"].set_index("substation_id")
    assert layer["level"].to_dict() == {"EPN-S01": "bsp", "EPN-S02": "primary", "EPN-S04": "primary"}
    grid = layer.loc["EPN-S01"]
    assert (grid["voltage_kv"], grid["upstream_voltage_kv"], grid["rating_mva"]) == (33.0, 132.0, 120.0)
    assert grid["rating_text"] == "winter 78, 78; summer 60, 60"
    assert grid["comment"] == "Highest demand, unit not published: winter 44.1; summer 36.9"
    assert layer["max_demand_mva"].isna().all()
    assert layer.loc["EPN-S02", ["rating_text", "rating_mva", "comment"]].isna().all()
    assert layer.loc["EPN-S02", "geometry"].distance(grid["geometry"]) < 100
    assert pd.isna(layer.loc["EPN-S04", "rating_mva"])
    assert layer.loc["EPN-S04", "comment"].endswith("winter not given; summer 5.2, 1.1")
    said = " ".join(result.notes)
    assert "1 of 5 sites have no transformer, rating or demand" in said
    assert "1 of 5 rows are of a type laep does not know and are left out: 'Depot'" in said
    assert (result.rows_read, result.rows_kept) == (5, 3)


@pytest.mark.real
def test_the_2025_ukpn_sites(shared_data):
    path = shared_data / "dso" / "ukpn" / "grid-and-primary-sites_2025-08.csv"
    result = ukpn_sites.read(Request(files=(path,)))
    layer = result.layers["in_substation"]
    assert (result.rows_read, len(layer)) == (1500, 1082)
    assert layer["level"].value_counts().to_dict() == {"primary": 771, "bsp": 311}
    assert layer["geometry"].notna().all()
    assert layer.set_index("name").loc["MALDON GRID 132/33kV", "rating_mva"] == 120.0
    assert any(note.startswith("418 of 1,500 sites") for note in result.notes)
