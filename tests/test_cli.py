"""The front door: help, exit codes, where output goes."""

import dataclasses
import json
import os
import subprocess
import sys

import click
import pytest
import shapely
import typer

from laep import init, results
from laep.cli import app
from laep.ingest.place.boundary import Place

ROOT = typer.main.get_command(app)


def commands(group, path=()):
    """Every command by its words, those inside groups among them."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if hasattr(command, "list_commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


COMMANDS = dict(commands(ROOT))


def laep(*words, cwd=None, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "laep.cli", *map(str, words)],
        capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_and_every_option_a_meaning(name):
    command = COMMANDS[name]
    assert f"Example: laep {name}" in command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name} {parameter.name}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_prints_a_result_has_json(name):
    assert "--json" in [option for parameter in COMMANDS[name].params for option in parameter.opts]


def test_a_cache_of_its_own_is_all_that_laep_needs_besides_the_area_folder(tmp_path):
    here = ("--at", "51.5835,-0.7239", "--radius", "600", "--offline")
    elsewhere = {"LAEP_CACHE": str(tmp_path / "cache"), "XDG_CACHE_HOME": "/proc/nowhere"}
    assert laep("init", "Well End", *here, cwd=tmp_path, **elsewhere)[0] == 0
    code, _, said = laep("ingest", "weather", cwd=tmp_path / "well-end", **elsewhere)
    assert code == 0, said
    assert (tmp_path / "cache").is_dir()
    code, out, _ = laep("doctor", cwd=tmp_path, **elsewhere)
    assert code == 0
    assert "/cache" in out


def test_every_command_says_what_its_json_is():
    documented = {name.partition(" --")[0] for name in results.OF_COMMAND}
    assert documented == set(COMMANDS)


def test_json_is_the_result_with_the_version_of_its_shape():
    code, out, _ = laep("layers", "in_building", "--json")
    assert code == 0
    found = json.loads(out)
    assert found.pop("schema_version") == results.SCHEMA_VERSION
    assert list(found) == [field.name for field in dataclasses.fields(results.OF_COMMAND["layers"])]


def test_importing_laep_loads_nothing():
    script = (
        "import sys\nimport laep\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'typer', 'rich', 'laep.plan'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_loads_no_data_library():
    script = (
        "import sys\nfrom laep.cli import app\nfrom typer.testing import CliRunner\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'shapely', 'pyogrio', 'rasterio', 'pvlib', 'jinja2', 'scipy'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_outside_an_area_the_user_is_told_what_to_type(tmp_path):
    for words in (("status",), ("ingest",), ("run",), ("report",), ("explain", "x")):
        code, out, err = laep(*words, cwd=tmp_path)
        assert code == 2
        assert out == ""
        assert "laep init" in err
        assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_mistyped_command_or_option_ends_with_two(tmp_path):
    assert laep("repport", cwd=tmp_path)[0] == 2
    assert laep("report", "--jsn", cwd=tmp_path)[0] == 2


def test_layers_as_json():
    code, out, _ = laep("layers", "in_building", "--json")
    assert code == 0
    columns = {row["column"]: row for row in json.loads(out)["layers"][0]["columns"]}
    assert columns["footprint_m2"]["unit"] == "m2"


def test_an_unknown_layer_is_met_with_the_nearest():
    code, _, err = laep("layers", "in_bilding")
    assert code == 2
    assert "Did you mean 'in_building'?" in err


def test_assumptions_can_be_searched_anywhere_and_set_in_an_area(tmp_path):
    (tmp_path / "laep.toml").write_text('[area]\nname = "x"\n', encoding="utf-8")
    code, out, _ = laep("assumptions", "--search", "system loss", "--json", cwd=tmp_path.parent)
    assert code == 0
    assert json.loads(out)["assumptions"][0]["key"] == "pv.system.loss"
    code, out, _ = laep("assumptions", "--set", "pv.system.loss=0.1", "--json", cwd=tmp_path)
    (row,) = json.loads(out)["assumptions"]
    assert (code, row["value"], row["confidence"]) == (0, 0.1, "override")
    assert '"pv.system.loss" = 0.1' in (tmp_path / "laep.toml").read_text(encoding="utf-8")
    code, out, _ = laep("assumptions", "--unset", "pv.system.loss", "--json", cwd=tmp_path)
    assert json.loads(out)["assumptions"][0]["value"] == 0.14


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        ("pv.system.loss", "no `=`"),
        ("pv.system.loss=much", "not a number"),
        ("pv.sytem.loss=1", "Did you mean"),
        ("pv.system.loss=14", "Did you mean 0.14?"),  # F8: per cent for a share
        ("tariff.retail.elec_p_kwh=0.255", "Did you mean 25.5?"),  # F8: pounds for pence
        ("bess.hours=0", "cannot be zero"),
    ],
)
def test_a_bad_override_changes_nothing(tmp_path, pair, fault):
    (tmp_path / "laep.toml").write_text('[area]\nname = "x"\n', encoding="utf-8")
    code, _, err = laep("assumptions", "--set", "demand.home_kwh=2800", "--set", pair, cwd=tmp_path)
    assert code == 2
    assert fault in err
    assert (tmp_path / "laep.toml").read_text(encoding="utf-8") == '[area]\nname = "x"\n'


def test_no_colour_reaches_a_pipe_or_a_terminal_that_wants_none():
    for environment in ({}, {"NO_COLOR": "1"}):
        _, out, _ = laep("layers", **environment)
        assert "\x1b[" not in out


def test_version():
    code, out, _ = laep("--version")
    assert code == 0
    assert out.startswith("laep ")


def test_warnings_of_libraries_do_not_reach_the_terminal(tmp_path):
    """`laep` shows none; Python's own option shows them to whoever works on laep."""
    warns = (
        "import sys, warnings; from laep import cli; "
        "cli.app = lambda: warnings.warn('a ring is not closed', RuntimeWarning); cli.main()"
    )
    quiet, loud = (
        subprocess.run([sys.executable, *option, "-c", warns], capture_output=True, text=True, check=True, cwd=tmp_path)
        for option in ((), ("-W", "default"))
    )
    assert quiet.stderr == ""
    assert "a ring is not closed" in loud.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("osm", "--file", "{here}"), "is a folder, and laep reads files. Name the file in it"),
        (("osm", "--file", "{here}/gone.pbf"), "gone.pbf: no such file. Get an OpenStreetMap extract from https://"),
        (("zones", "--file", "{here}/page.csv"), "is a web page, not a map file of Output Areas"),
        (("zones", "--file", "{here}/empty.csv"), "the file is empty (0 bytes)"),
        (("zones", "--file", "{here}/points.csv"), "has to be areas. laep reads a map file of Output Areas"),
        (("osn",), "There is no source 'osn'. Did you mean 'osm'?"),
    ],
)  # fmt: skip
def test_a_wrong_file_gives_one_error_with_the_next_step(tmp_path, words, told):
    (tmp_path / "page.csv").write_text("<html><title>Sign in</title></html>")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "points.csv").write_text("name,easting,northing\nhere,440500,210500\n")
    found = Place(name="Test", code=None, found_by="test", geometry=shapely.box(440000, 210000, 441000, 211000))
    area = init.create("Test", found, parent=tmp_path)
    code, out, fault = laep(
        "ingest", *(word.format(here=tmp_path) for word in words), "--area", str(area.folder), LAEP_OFFLINE="1"
    )
    assert (code, out) == (2, "")
    flat = " ".join(fault.split())
    assert flat.count(told) == 1
    assert flat.count("laep: ") == 1
    assert "Traceback" not in flat


def test_init_says_what_to_type_where_the_boundary_is_missing(tmp_path):
    for path, told in (("gone.geojson", "no such file"), ("", "is a folder")):
        code, _, fault = laep("init", "Here", "--boundary", str(tmp_path / path), "--offline", cwd=tmp_path)
        flat = " ".join(fault.split())
        assert code == 2
        assert told in flat
        assert "`laep init NAME --boundary PATH`" in flat
