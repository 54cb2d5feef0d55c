"""laep.toml: read whole, and a typo is met with its line and the nearest right key."""

import datetime as dt

import geopandas as gpd
import pytest
import shapely

from laep import area as areas
from laep.errors import AreaInvalid, UserFault
from laep.store import Store


def write(folder, text):
    (folder / "laep.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_whole_file_is_read(tmp_path):
    folder = write(
        tmp_path,
        '[area]\nname = "Eynsham"\npostcode = "OX29 4AA"\nstart = 2027-01-01\n'
        '[sources.osm]\nfiles = ["a.geojson", "/data/b.geojson"]\nuse = "x"\n[assumptions]\n"pv.system.loss" = 0.1\n',
    )
    area = areas.load(folder)
    assert (area.name, area.postcode, area.start) == ("Eynsham", "OX29 4AA", dt.date(2027, 1, 1))
    assert area.sources["osm"].files == (tmp_path / "a.geojson", areas.Path("/data/b.geojson"))
    assert area.sources["osm"].options == {"use": "x"}
    assert area.overrides == {"pv.system.loss": 0.1}
    assert area.gpkg == tmp_path / f"{tmp_path.name}.gpkg"


def test_no_file_says_what_to_type(tmp_path):
    with pytest.raises(AreaInvalid, match="laep init"):
        areas.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[area]\nname = "x"\nposcode = "OX29"\n', r"line 3: unknown key 'poscode'.*'postcode'"),
        ("[area]\nname = 3\n", "line 2: name must be text in quotes, not 3"),
        ('[area]\nname = "x"\nstart = "2027"\n', "line 3: start must be a date"),
        ("[area]\n", "no name"),
        ('[aera]\nname = "x"\n', r"line 1: unknown section \[aera\]. Did you mean 'area'"),
        ('[area]\nname = "x"\n[sources.omg]\nfile = "a"\n', r"line 3: unknown source 'omg'"),
        ('[area]\nname = "x"\n[sources.osm]\nfile = 3\n', "line 4: file must be one path in quotes"),
        ('[area]\nname = "x"\n[sources.osm]\nfiles = "a"\n', "line 4: files must be a list"),
        ('[area]\nname = "x"\n[sources]\nosm = "a.pbf"\n', r"line 4: write \[sources.osm\]"),
        ('[area]\nname = "x"\n[assumptions]\n"pv.sytem.loss" = 1\n', r"line 4: .*Did you mean 'pv\.system\.loss'"),
        ('[area]\nname = "x"\n[assumptions]\n"pv.system.loss" = "1"\n', "line 4: .*needs a number, not"),
        ('[area]\nname = "x"\n[assumptions]\npv.system.loss = 1\n', "goes in quotes"),
        ("[area]\nname = Eynsham\n", r"line 2.*needs quotes"),
        ("[area]\nname = \u201cEynsham\u201d\n", "straight quotes"),
        ('[area]\nname = "x"\n[sources.osm]\nfile = "C:\\Users\\x.pbf"\n', "Write folders with /"),
        ('[area]\nname = "x"\n[assumptions]\n"demand.home_kwh" = 2,700\n', "numbers without commas"),
        ('[area]\nname = "x"\nname = "y"\n', "stands there twice"),
        ('[area]\nname = "x"\n[assumptions]\n"privacy.least_count" = 0\n', "line 4: .*cannot go below 5 homes"),
        ('[area]\nname = "x"\n[assumptions]\n"demand.home_kwh" = -1\n', "line 4: .*cannot be below zero"),
        ('[area]\nname = "x"\n[assumptions]\n"ev.home_share" = 0\n', "line 4: .*cannot be zero"),
    ],
)
def test_each_fault_is_named_with_its_line(tmp_path, text, fault):
    with pytest.raises(AreaInvalid, match=f"(?s){fault}"):
        areas.load(write(tmp_path, text))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_notepad_writes_is_read(tmp_path, encoding):  # F12
    (tmp_path / "laep.toml").write_bytes('[area]\r\nname = "\u0174yddgrug"\r\n'.encode(encoding))
    assert areas.load(tmp_path).name == "\u0174yddgrug"


def test_text_in_another_encoding_is_met_with_how_to_save_it(tmp_path):
    (tmp_path / "laep.toml").write_bytes('[area]\nname = "caf\u00e9"\n'.encode("cp1252"))
    with pytest.raises(UserFault, match=r"line 2: this is not UTF-8 text\. In your editor choose Save As"):
        areas.load(tmp_path)


def test_all_faults_come_at_once(tmp_path):
    text = '[area]\nname = 3\nposcode = "x"\n[sources.omg]\n[assumptions]\nx = 1\n'
    with pytest.raises(AreaInvalid, match="4 faults"):
        areas.load(write(tmp_path, text))


def test_files_are_remembered_beside_the_comments(tmp_path):
    area = areas.load(write(tmp_path, '# mine\n[area]\nname = "x"  # keep\n'))
    areas.remember_files(area, "osm", [tmp_path / "a.pbf"])
    areas.remember_files(area, "zones", [tmp_path.parent / "z.gpkg"])
    areas.remember_files(area, "osm", [tmp_path / "a.geojson", tmp_path / "b.geojson"])
    text = (tmp_path / "laep.toml").read_text(encoding="utf-8")
    assert "# mine" in text
    assert "# keep" in text
    again = areas.load(tmp_path)
    assert again.sources["osm"].files == (tmp_path / "a.geojson", tmp_path / "b.geojson")
    assert again.sources["zones"].files == (tmp_path.parent / "z.gpkg",)


def test_an_override_is_written_and_taken_back(tmp_path):
    area = areas.load(write(tmp_path, '[area]\nname = "x"\n'))
    areas.override(area, {"pv.system.loss": 0.11})
    assert areas.load(tmp_path).overrides == {"pv.system.loss": 0.11}
    areas.override(area, {"pv.system.loss": None})
    assert areas.load(tmp_path).overrides == {}


def test_a_file_beside_the_area_folder_is_named_from_it_and_one_far_away_in_full(tmp_path):
    folder = tmp_path / "plans" / "here"
    folder.mkdir(parents=True)
    area = areas.load(write(folder, '[area]\nname = "x"\n'))
    areas.remember_files(
        area, "osm", [folder / "in" / "a.pbf", tmp_path / "plans" / "maps" / "b.pbf", tmp_path / "c.pbf"]
    )
    text = (folder / "laep.toml").read_text(encoding="utf-8")
    assert '"in/a.pbf", "../maps/b.pbf"' in text
    assert f'"{tmp_path / "c.pbf"}"' in text
    moved = (tmp_path / "plans").rename(tmp_path / "elsewhere")
    assert areas.load(moved / "here").sources["osm"].files[:2] == (moved / "here/in/a.pbf", moved / "maps/b.pbf")


def test_a_renamed_folder_keeps_its_data_and_its_ids(tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    area = areas.load(write(folder, '[area]\nname = "x"\n'))
    assert area.gpkg.name == "old.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=27700).to_file(folder / "a.gpkg")
    assert areas.load(folder).gpkg.name == "old.gpkg"  # somebody's own GeoPackage is not taken for the area's
    Store.create(area.gpkg, area.area_id)
    renamed = areas.load(folder.rename(tmp_path / "new"))
    assert renamed.gpkg == tmp_path / "new" / "old.gpkg"
    assert renamed.area_id == "old"
    assert Store.create(renamed.gpkg, renamed.area_id).path == renamed.gpkg
    assert not (tmp_path / "new" / "new.gpkg").exists()
