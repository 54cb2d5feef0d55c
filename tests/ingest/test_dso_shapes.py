"""Supply areas and lines of six operators, from maps and from tables that hold shapes as text."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep.errors import SourceInvalid
from laep.ingest.dso.enwl import areas as enwl_areas
from laep.ingest.dso.enwl import lines as enwl_lines
from laep.ingest.dso.form import lines
from laep.ingest.dso.nged import areas as nged_areas
from laep.ingest.dso.npg import areas as npg_areas
from laep.ingest.dso.npg import heatmap as npg_heatmap
from laep.ingest.dso.npg import lines as npg_lines
from laep.ingest.dso.spen import areas as spen_areas
from laep.ingest.dso.spen import lines as spen_lines
from laep.ingest.dso.ssen import lines as ssen_lines
from laep.ingest.dso.ukpn import areas as ukpn_areas
from laep.ingest.dso.ukpn import lines as ukpn_lines
from laep.ingest.read import shape_table
from laep.ingest.source import Request

CLIP = shapely.box(440_000, 200_000, 441_000, 201_000)
HERE = shapely.box(439_500, 199_500, 440_500, 200_500)
THERE = shapely.box(460_000, 200_000, 461_000, 201_000)
LINE = shapely.LineString([(440_100, 200_100), (440_400, 200_500)])


def degrees(shape):
    return gpd.GeoSeries([shape], crs=27700).to_crs(4326)[0]


def geojson(shape):
    return json.dumps(shapely.geometry.mapping(degrees(shape)))


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


def write(tmp_path, name, header, *rows, delimiter=";", bom="\ufeff"):
    path = tmp_path / name
    lines_ = [delimiter.join(header), *[delimiter.join(map(quoted, row)) for row in rows]]
    path.write_text(bom + "\n".join(lines_) + "\n", encoding="utf-8")
    return path


def write_map(tmp_path, name, rows):
    path = tmp_path / name
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=27700)
    frame = frame if path.suffix != ".geojson" else frame.to_crs(4326)
    frame.to_file(path)
    return path


def read(module, *paths, clip=CLIP, **options):
    return module.read(Request(files=paths, clip=clip, options=options))


def test_areas_in_a_csv_export_are_read_whole_and_those_elsewhere_left_out(tmp_path):
    path = write(
        tmp_path, "ndp-pry-voronoi.csv", ["pry_group", "geo_shape", "geo_point_2d"],
        ["100111", geojson(HERE), "51.7, -1.4"], ["100112", geojson(THERE), ""], ["", geojson(HERE), ""],
        ["100113", "not a shape", ""],
    )  # fmt: skip
    found = read(enwl_areas, path)
    area = found.layers["in_supply_area"]
    assert area[["supply_area_id", "substation_name", "level", "operator"]].to_numpy().tolist() == [
        ["100111", "100111", "primary", "enwl"]
    ]
    assert area.geometry[0].symmetric_difference(HERE).area < 100.0
    assert (found.rows_read, found.rows_kept) == (4, 1)
    notes = " ".join(found.notes)
    assert "1 areas have no substation name" in notes
    assert "Rows without a shape that can be read, left out: 1." in notes


def test_areas_of_a_shapefile_are_known_by_the_ten_letters_it_leaves(tmp_path):
    path = write_map(
        tmp_path, "spd.shp", [{"primary_su": "HEATHHALL", "grid_group": " A\n B ", "gsp": "DUMFRIES", "geometry": HERE}]
    )
    area = read(spen_areas, path).layers["in_supply_area"].iloc[0]
    assert (area["substation_name"], area["upstream_bsp"], area["upstream_gsp"]) == ("HEATHHALL", "A B", "DUMFRIES")


def test_the_level_of_an_nged_area_comes_from_the_files_name(tmp_path):
    row = {
        "NRID": 7,
        "NAME": "Area 7",
        "PRIM_NRID_NAME": "Rogerstone",
        "BSP_NRID_NAME": "Newport East",
        "GSP_NRID_NAME": "Uskmouth",
        "geometry": HERE,
    }
    primary = write_map(tmp_path, "South Wales Primary.gpkg", [row])
    bsp = write_map(tmp_path, "South Wales BSP.gpkg", [row])
    found = read(nged_areas, primary, bsp).layers["in_supply_area"]
    assert found[["level", "substation_name", "supply_area_id"]].to_numpy().tolist() == [
        ["primary", "Rogerstone", "7"],
        ["bsp", "Newport East", "7#2"],
    ]
    nameless = write_map(tmp_path, "areas.gpkg", [row])
    with pytest.raises(SourceInvalid, match='Write `level = "primary"`'):
        read(nged_areas, nameless)
    assert read(nged_areas, nameless, level="gsp").layers["in_supply_area"]["substation_name"].tolist() == ["Uskmouth"]
    with pytest.raises(SourceInvalid, match="level = 'town': write one of secondary"):
        read(nged_areas, nameless, level="town")


def test_a_column_nobody_has_seen_is_named_by_an_option(tmp_path):
    path = write_map(
        tmp_path, "distribution-substation-service-areas.geojson", [{"site": "HIGH STREET", "geometry": HERE}]
    )
    with pytest.raises(SourceInvalid, match=r"no column 'PRIMARYNM' or .* The file has 'site'"):
        read(npg_areas, path)
    area = read(npg_areas, path, name="site").layers["in_supply_area"]
    assert area[["substation_name", "level"]].to_numpy().tolist() == [["HIGH STREET", "secondary"]]


def test_a_renamed_column_is_met_with_the_nearest_one(tmp_path):
    path = write_map(tmp_path, "a.geojson", [{"pry_grp": "1", "geometry": HERE}])
    with pytest.raises(SourceInvalid, match=r"'pry_group' or 'PRY GROUP' \(nearest in the file: 'pry_grp'\)"):
        read(enwl_areas, path)


def test_a_table_without_shapes_and_a_map_without_areas_are_refused(tmp_path):
    with pytest.raises(SourceInvalid, match="no column with shapes"):
        read(enwl_areas, write(tmp_path, "a.csv", ["pry_group"], ["1"]))
    with pytest.raises(SourceInvalid, match="has no polygon"):
        read(enwl_areas, write(tmp_path, "b.csv", ["pry_group", "geo_shape"], ["1", geojson(LINE)]))
    empty = read(enwl_areas, write(tmp_path, "c.csv", ["pry_group", "geo_shape"], ["1", geojson(THERE)]))
    assert empty.layers["in_supply_area"].empty
    assert any("Is this the file of the operator that serves this place?" in note for note in empty.notes)


def test_ukpn_areas_give_headroom_as_the_share_of_the_firm_capacity_of_the_season_that_binds(tmp_path):
    header = [
        "geo_point_2d",
        "geo_shape",
        "primary",
        "grid_site",
        "grid_site_floc",
        "dno",
        "firmcapacitywinter",
        "firmcapacitysummer",
        "seasonofconstraint",
        "demandrag",
        "demand",
        "primary_floc",
        "grid_supply_point",
        "grid_supply_point_floc",
        "operational_zone",
    ]
    path = write(
        tmp_path, "ukpn_primary_postcode_area_2026.csv", header,
        ["", geojson(HERE), "High St 11kV", "Bury Grid", "EPN-G1", "EPN", "24", "20", "Winter", "GREEN", "25", "EPN-S1", "Walpole", "G9", "z"],
        ["", geojson(HERE), "Mill Rd", "Bury Grid", "EPN-G1", "EPN", "24", "20", "Summer", "AMBER", "10", "EPN-S2", "Walpole", "G9", "z"],
        ["", geojson(HERE), "Low Rd", "Bury Grid", "EPN-G1", "EPN", "", "", "", "RED", "", "EPN-S3", "Walpole", "G9", "z"],
    )  # fmt: skip
    found = read(ukpn_areas, path)
    area = found.layers["in_supply_area"].set_index("supply_area_id")
    assert area.loc["EPN-S1", ["substation_name", "level", "upstream_bsp", "upstream_gsp"]].tolist() == [
        "High St 11kV",
        "primary",
        "Bury Grid",
        "Walpole",
    ]
    headroom = found.layers["in_headroom"].set_index("substation_id")
    assert headroom["value"].to_dict() == {
        "EPN-S1": 6.0,
        "EPN-S2": 2.0,
        "EPN-S3": pytest.approx(float("nan"), nan_ok=True),
    }
    assert headroom.loc["EPN-S1", ["unit", "basis", "rag", "year", "constraint"]].tolist() == [
        "MW",
        "estimated",
        "Green",
        2026,
        "25 % of 24.0 MW, winter",
    ]
    assert headroom.loc["EPN-S3", "rag"] == "Red"


def test_ukpn_secondary_areas_have_two_columns_of_one_label(tmp_path):
    header = [
        "DNO",
        "sitefunctionallocation",
        "demand_headroom",
        "ONANRating",
        "source",
        "Geo Point",
        "Geo Shape",
        "utilisation band",
        "predicted year of reinforcement",
        "CustomerCount",
        "sitefunctionallocation",
    ]
    path = write(
        tmp_path, "ukpn_secondary_postcode_area_2026.csv", header,
        ["EPN", "EPN-S0001", "20-40%", "500", "Modelled", "", geojson(HERE), "60-80%", "2031", "120", "EPN-S0001-X"],
        ["EPN", "EPN-S0002", "", "500", "", "", geojson(HERE), ">100%", "", "", "EPN-S0002-X"],
    )  # fmt: skip
    found = read(ukpn_areas, path)
    assert found.layers["in_supply_area"]["level"].tolist() == ["secondary", "secondary"]
    headroom = found.layers["in_headroom"].set_index("substation_id")
    assert headroom["value"].to_dict() == {"EPN-S0001": 100.0, "EPN-S0002": 0.0}
    assert headroom.loc["EPN-S0001", ["unit", "basis", "constraint", "floor_at_zero"]].tolist() == [
        "kVA",
        "nameplate",
        "Used: 60-80%",
        True,
    ]
    with pytest.raises(SourceInvalid, match="no column 'primary' or 'grid_site' or"):
        read(ukpn_areas, write(tmp_path, "x.csv", ["geo_shape", "name"], [geojson(HERE), "a"]))


def test_npg_heat_map_areas_give_areas_substations_and_headroom(tmp_path):
    header = [
        "Geo Shape",
        "Name",
        "Type",
        "Substation Eastings",
        "Substation Northings",
        "Downstream Voltage",
        "Firm Capacity",
        "Generation Headroom",
        "Demand Headroom",
        "Worst Case constraint Dem Colour",
        "Substation Location",
        "Fault Level",
        "Fault Level %",
    ]
    path = write(
        tmp_path, "heatmapsubstationareas-2026.csv", header,
        [geojson(HERE), "Moor", "Primary", "440200", "200200", "11.0", "24.0", "3", "5.5", "Amber", "", "0.7", "70.0"],
    )  # fmt: skip
    found = read(npg_heatmap, path)
    assert {name: len(frame) for name, frame in found.layers.items()} == {
        "in_substation": 1,
        "in_headroom": 2,
        "in_supply_area": 1,
    }
    assert found.layers["in_supply_area"]["substation_name"].tolist() == ["Moor"]
    assert found.layers["in_headroom"]["value"].tolist() == [5.5, 3.0]
    assert "Fault level: 70.0 % of rating" in found.layers["in_substation"]["comment"][0]


def test_ssen_lines_are_well_known_text_with_voltages_in_words(tmp_path):
    path = write(
        tmp_path, "ssen_overhead_lines.csv", ["_id", "id", "nominal_voltage_pp", "circuit_id", "circuit_nrn", "route", "route_lat_long", "network_type"],
        ["1", "0011", "33.000 kV", "5", "6709.004.000.00", LINE.wkt, degrees(LINE).wkt, "EHV"],
        ["2", "12", "230.000 V", "6", "", LINE.wkt, degrees(LINE).wkt, "LV"],
        ["3", "13", "11.000 kV", "7", "x", THERE.exterior.wkt.replace("LINEARRING", "LINESTRING"), degrees(shapely.LineString(THERE.exterior.coords)).wkt, "HV"],
        delimiter=",", bom="",
    )  # fmt: skip
    found = read(ssen_lines, path)
    line = found.layers["in_line"].set_index("line_id")
    assert line[["voltage_kv", "level", "kind"]].to_numpy().tolist() == [
        [33.0, "ehv", "overhead"],
        [0.23, "lv", "overhead"],
    ]
    assert line.loc["0011", "circuit"] == "6709.004.000.00"
    assert line.loc["0011", "length_m"] == pytest.approx(500.0, abs=0.5)
    assert set(line.geometry.geom_type) == {"MultiLineString"}
    assert found.notes[0].startswith("2 of 3 lines come within 500 m of the area.")


def test_lines_on_the_grid_and_in_degrees_are_the_same_line():
    both = shape_table.parsed(
        pd.Series([LINE.wkt, degrees(LINE).wkt, geojson(LINE), "", "POINT (1 2", None], dtype="string")
    )
    assert both[0].hausdorff_distance(both[1]) < 1e-3
    assert both[0].hausdorff_distance(both[2]) < 1e-3
    assert both[3:].isna().all()


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("ukpn-lv-overhead-lines-shapefile.geojson", "lv"),
        ("ukpn-hv-overhead-lines-shapefile.geojson", "hv"),
        ("ukpn-33kv-overhead-lines.geojson", "ehv"),
        ("lines.geojson", "not_stated"),
    ],
)
def test_ukpn_lines_take_their_level_from_the_files_name(name, level, tmp_path):
    path = write_map(tmp_path, name, [{"dno": "EPN", "local_authority": "x", "geometry": LINE}])
    line = read(ukpn_lines, path).layers["in_line"].iloc[0]
    assert (line["level"], line["kind"], pd.isna(line["voltage_kv"])) == (level, "overhead", True)


def test_npg_enwl_and_spen_lines_say_overhead_or_underground_in_their_own_words(tmp_path):
    npg = write_map(
        tmp_path,
        "hv.geojson",
        [
            {"line_situation_actual": "OVERHEAD", "operating_voltage": "11000", "geometry": LINE},
            {"line_situation_actual": "UNDERGROUND", "operating_voltage": "6600", "geometry": LINE},
        ],
    )
    found = read(npg_lines, npg).layers["in_line"]
    assert found[["kind", "voltage_kv", "level"]].to_numpy().tolist() == [
        ["overhead", 11.0, "hv"],
        ["underground", 6.6, "hv"],
    ]
    assert found["line_id"].is_unique
    enwl = write_map(
        tmp_path,
        "c.geojson",
        [{"cable_class": "LV Overhead", "voltage": "400V", "fid": 4, "status": "In Service", "geometry": LINE}],
    )
    line = read(enwl_lines, enwl).layers["in_line"].iloc[0]
    assert (line["line_id"], line["kind"], line["level"], line["voltage_kv"], line["status"]) == (
        "4",
        "overhead",
        "lv",
        0.4,
        "In Service",
    )
    spen = write_map(
        tmp_path,
        "s.geojson",
        [{"sp_enid": 9, "voltage": 33, "asset_type": "Overhead Line", "status": "Live", "geometry": LINE}],
    )
    assert read(spen_lines, spen).layers["in_line"][["line_id", "level"]].to_numpy().tolist() == [["9", "ehv"]]
    with pytest.raises(SourceInvalid, match="no column 'voltage'"):
        read(spen_lines, write_map(tmp_path, "t.geojson", [{"sp_enid": 9, "geometry": LINE}]))


def test_a_wrong_level_of_lines_is_refused(tmp_path):
    path = write_map(tmp_path, "lines.geojson", [{"dno": "EPN", "geometry": LINE}])
    assert read(ukpn_lines, path, level="hv").layers["in_line"]["level"].tolist() == ["hv"]
    with pytest.raises(SourceInvalid, match="level = 'mv': write one of lv, hv, ehv"):
        read(ukpn_lines, path, level="mv")


def test_levels_part_at_one_and_at_twenty_two_kilovolts():
    kv = pd.Series([0.23, 0.999, 1.0, 20.0, 22.0, 132.0, None])
    assert lines.level_of(kv).tolist() == ["lv", "lv", "hv", "hv", "ehv", "ehv", pd.NA]


def test_an_outline_larger_than_the_csv_module_takes_is_read(tmp_path):
    ring = [(440_000 + at / 10.0, 200_000 + (at % 2)) for at in range(5_000)]
    wide = shapely.Polygon([*ring, (440_500, 199_000)])
    assert len(geojson(wide)) > 131_072
    path = write(tmp_path, "a.csv", ["pry_group", "geo_shape"], ["1", geojson(wide)])
    assert len(read(enwl_areas, path).layers["in_supply_area"]) == 1
