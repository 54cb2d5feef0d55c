"""One proposal on the sample village, against figures worked out by hand from its published rows."""

import json
import subprocess
import sys

import pytest

from laep import pipeline
from laep.checked import Proposal
from laep.desk import build, check, place, store, tell
from laep.errors import UserFault
from laep.resources import sample_data
from laep.steps.generation import GENERATORS

VILLAGE = "51.7780,-1.4709"
"""Beside Barrowmere Primary, inside its published area: 1.1 MW and 2.4 MVA left, both Amber."""


def ask(held, numbers, **proposal):
    return check.check(held, Proposal(**proposal), numbers)


def measure(found, name):
    return next(row for row in found.measures if row.measure == name)


def test_what_is_published_comes_back_unchanged_and_after_is_less_what_was_asked(held, numbers):
    found = ask(held, numbers, at=VILLAGE, generation_kw=250)
    assert found.verdict == "fits"
    primary, bsp, gsp = found.chain
    assert [level.name for level in found.chain] == ["Barrowmere Primary", "Hallam Cross BSP", "Windlebury GSP"]
    assert (primary.generation.before, primary.generation.after, primary.generation.unit) == (
        1.1,
        0.85,
        "MW",
    )
    assert (bsp.generation.before, bsp.generation.after) == (1.1, 0.85)
    assert gsp.generation.before is None
    assert gsp.generation.after is None


def test_an_upstream_limit_binds_where_the_operator_names_it(held, numbers):
    found = ask(held, numbers, at=VILLAGE, generation_kw=2500)
    assert found.verdict == "fits_with_limit"
    assert found.binding.level == "gsp"
    assert found.binding.substation_id == "E - WNDL - 01"
    assert measure(found, "generation").allowed_kw == 1100
    assert any("export limit (G100) of 1,100 kW" in line for line in found.help)
    assert any("at least 1,400 kW" in line for line in found.help)


def test_mva_is_compared_by_the_stated_power_factor_and_said(held, numbers):
    found = ask(held, numbers, at=VILLAGE, demand_kw=1900)
    demand = found.chain[0].demand
    assert (demand.before, demand.unit) == (2.4, "MVA")
    assert demand.after == pytest.approx(2.4 - 1.9 / 0.95)
    assert measure(found, "demand").room_kw == pytest.approx(2400 * 0.95)
    assert any("power factor of 0.95 (assumption net.power_factor)" in note for note in found.notes)
    only_mw = ask(held, numbers, at=VILLAGE, generation_kw=250)
    assert not any("power factor" in note for note in only_mw.notes)


def test_zero_of_an_operator_that_clips_is_none_or_worse(held, numbers):
    found = ask(held, numbers, asset="E - WNDL - 07", generation_kw=10)
    told = measure(found, "generation")
    assert found.verdict == "does_not_fit"
    assert told.none_or_worse
    assert told.allowed_kw == 0
    assert "none or worse" in told.reason
    assert "-0.01 or worse" in tell.text(found, width=110)


def test_a_limit_at_the_substation_itself(held, numbers):
    found = ask(held, numbers, asset="Stanholt Primary", demand_kw=2000)
    assert found.binding.level == "primary"
    assert found.verdict == "fits_with_limit"
    assert measure(found, "demand").allowed_kw == pytest.approx(855)  # 0.9 MVA at 0.95
    assert found.works[0].date == "Dec-28"


def test_a_limit_between_substations_names_neither(held, numbers):
    found = ask(held, numbers, asset="Kings Hatch Primary", demand_kw=5000)
    assert found.binding.level == "above primary"
    assert found.binding.where == "between"
    assert measure(found, "demand").room_kw == pytest.approx(1900 * 0.95)


def test_without_a_figure_the_answer_is_unknown_and_why(held, numbers):
    found = ask(held, numbers, asset="Windlebury GSP", generation_kw=100)
    assert found.verdict == "unknown"
    assert "no figure is published" in measure(found, "generation").reason


def test_a_battery_counts_both_ways_unless_export_is_limited(held, numbers):
    found = ask(held, numbers, at=VILLAGE, generation_kw=1000, storage_kw=400)
    assert measure(found, "generation").ask_kw == 1400
    assert measure(found, "demand").ask_kw == 400
    assert found.verdict == "fits_with_limit"
    limited = ask(held, numbers, at=VILLAGE, generation_kw=1000, storage_kw=400, export_limit_kw=1100)
    assert limited.verdict == "fits"


def test_a_small_proposal_is_also_held_to_its_secondary_substation(held, numbers):
    names, rows = held.table("substation")
    site = next(dict(zip(names, row, strict=True)) for row in rows if row[names.index("level")] == "secondary")
    found = ask(held, numbers, at=f"{site['x']:.0f},{site['y']:.0f}", demand_kw=5)
    assert found.served_by.level == "secondary"
    assert found.chain[0].substation_id == site["substation_id"]
    assert found.chain[1].name == "Barrowmere Primary"
    large = ask(held, numbers, at=f"{site['x']:.0f},{site['y']:.0f}", demand_kw=500)
    assert large.served_by.level == "primary"


def test_scenarios_say_until_when(held, numbers):
    names, rows = held.table("substation")
    first = next(row for row in rows if row[names.index("level")] == "secondary")
    fid, asset = first[names.index("fid")], first[names.index("substation_id")]
    worst = {}
    for row in held.headroom([fid]):
        worst[row["year"]] = min(row["value"], worst.get(row["year"], row["value"]))
    years = sorted(worst)
    assert worst[years[0]] > worst[years[-1]] > 0
    between = (worst[years[0]] + max(worst[year] for year in years[1:] if worst[year] < worst[years[0]])) / 2 * 0.95
    found = ask(held, numbers, asset=asset, demand_kw=between)
    fails = next(year for year in years if worst[year] * 0.95 < between)
    told = measure(found, "demand")
    if told.level == "secondary":
        assert (found.verdict, told.fits_until) == ("fits_until", fails - 1)
    later = ask(held, numbers, asset=asset, demand_kw=between, year=years[-1])
    assert later.chain[0].demand.year == years[-1]
    assert later.chain[0].demand.before == worst[years[-1]]


def test_a_scenario_is_matched_leniently_and_a_wrong_one_told(held, numbers):
    known = next(name for name in held.scenarios() if name != "now")
    found = ask(held, numbers, at=VILLAGE, demand_kw=10, scenario=known.upper())
    assert found.verdict == "fits"
    with pytest.raises(UserFault, match="is in none of the files"):
        ask(held, numbers, at=VILLAGE, demand_kw=10, scenario="Wonderland")


def test_route_and_cost_by_size(held, numbers):
    def route(kw, **more):
        found = ask(held, numbers, at=VILLAGE, generation_kw=kw, **more)
        return found.route.code, found.route.g99_type, found.cost and found.cost.gbp

    assert route(3.68) == ("g98", "", 0)
    assert route(11.04, phases=3) == ("g98", "", 0)
    assert route(50) == ("g99_short", "A", 15_000)
    assert route(250) == ("g99", "A", 150_000)
    assert route(1000) == ("g99", "B", 150_000)
    assert route(20_000) == ("g99", "C", None)
    assert ask(held, numbers, at=VILLAGE, demand_kw=100).route.code == "demand"


def test_the_queue_is_that_of_the_primary(held, numbers):
    queue = ask(held, numbers, at=VILLAGE, generation_kw=250).queue
    told = {(row.status, row.technology): (row.sites, row.kw) for row in queue.register if row.level == "primary"}
    above = [row.kw for row in queue.register if row.level == "gsp"]
    assert sum(above) >= sum(kw for _, kw in told.values())
    assert told == {
        ("accepted", "storage"): (1, 500),
        ("connected", "biomass"): (1, 400),
        ("connected", "solar"): (2, 5150),
    }
    assert queue.published[0].contracted_generation_mw == 0.6


def test_the_rows_behind_the_answer_are_cited(held, numbers):
    found = ask(held, numbers, at=VILLAGE, generation_kw=250)
    cited = {row.about: (row.file, row.row) for row in found.source_rows}
    assert cited["Barrowmere Primary"] == ("ssen_headroom_march_2026.csv", 3)
    assert cited["Windlebury GSP"] == ("ssen_headroom_march_2026.csv", 1)
    cells = next(row.cells for row in found.source_rows if row.about == "Barrowmere Primary")
    assert cells["Estimated Generation Headroom (MW)"] == "1.10"


def test_a_place_outside_every_area_goes_to_the_nearest_primary_without_one(held, numbers):
    found = ask(held, numbers, at="51.8196,-1.1331", generation_kw=10)
    assert found.served_by.name == "Thornleigh Town Primary"
    assert (found.served_by.method, found.served_by.confidence) == ("nearest primary", "low")
    far = ask(held, numbers, at="57.1497,-2.0943", generation_kw=10)
    assert far.verdict == "unknown"
    assert "farther from the nearest primary" in measure(far, "generation").reason


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("-1.4709,51.778", "look swapped; latitude comes first. Write --at 51.778,-1.4709"),
        ("208947,1000000", "not in Great Britain|swapped"),
        ("1208947,436600", "look swapped; the easting comes first"),
        ("48.85,2.35", "not in Great Britain"),
        ("Barrowmere", "neither two numbers nor a whole postcode"),
        ("51.778", "neither two numbers"),
        ("OX29 9AC", "the store holds none"),
    ],
)
def test_bad_places_are_told_what_to_write(held, at, words):
    if at == "208947,1000000":
        assert place.parse(at, held=held, postcode_file=None).y == 1_000_000
        return
    with pytest.raises(UserFault, match=words):
        place.parse(at, held=held, postcode_file=None)


def test_all_faults_of_a_proposal_are_told_at_once(held, numbers):
    with pytest.raises(UserFault) as fault:
        ask(held, numbers, generation_kw=-5, technology="inverters", phases=2, year=30)
    for words in (
        "either --at PLACE or --asset ID",
        "--generation-kw -5",
        "Did you mean 'inverter'",
        "1 or 3 phases",
        "--year 30",
    ):
        assert words in str(fault.value)


def test_an_unknown_asset_is_met_with_the_nearest(held, numbers):
    with pytest.raises(UserFault, match="Nearest: 'Barrowmere Primary'"):
        ask(held, numbers, asset="Barowmere Primry", generation_kw=5)


def test_a_postcode_file_is_enough(held, tmp_path):
    listed = tmp_path / "codes.csv"
    listed.write_text("pcds,lat,long\nOX29 9AC,51.778,-1.4709\n")
    found = place.parse("ox29 9ac", held=held, postcode_file=listed)
    assert (round(found.x), round(found.y)) == (436600, 208947)
    with pytest.raises(UserFault, match="does not hold the postcode"):
        place.parse("OX29 9AD", held=held, postcode_file=listed)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("post_cod,e,n\nOX29 9AC,1,2\n")
    with pytest.raises(UserFault, match=r"no column for the postcode: .*nearest in the file: 'post_cod'"):
        place.parse("OX29 9AC", held=held, postcode_file=wrong)


def area_of(folder, *names):
    """The sample village as an area, with some of its sources ingested."""
    from laep import sample
    from laep.gather import gather

    made = sample.create(folder / "demo")
    gather.read(made, names)
    return made


def test_an_area_answers_as_the_store_does(tmp_path, held, numbers):
    from laep.store import Store

    area = area_of(tmp_path, "ssen_headroom", "ssen_areas", "ecr", "repd", "ssen_transformers")
    with build.from_area(Store(area.gpkg)) as own:
        columns, rows = own.table("generator")
        assert {row[columns.index("source_id")] for row in rows} == {"ecr"}  # planners list the same again
        for kw in (250, 2500):
            here = ask(own, numbers, at=VILLAGE, generation_kw=kw, demand_kw=100)
            there = ask(held, numbers, at=VILLAGE, generation_kw=kw, demand_kw=100)
            assert here.verdict == there.verdict
            assert here.binding == there.binding
            before = [[level.generation.before for level in found.chain] for found in (here, there)]
            assert before[0] == before[1]
    store_ = Store(area.gpkg)
    pipeline.run(area, store_, [GENERATORS])
    planned = store_.read("net_generator")
    with build.from_area(store_) as own:  # once the plan has run, each real thing once, and the queue is the plan's
        listed = planned[planned["told_by"].str.contains("register")]
        assert len(own.table("generator")[1]) == len(listed)
        assert set(planned.loc[planned["status"] == "accepted", "generator_id"]) <= set(listed["generator_id"])
        queue = ask(own, numbers, at=VILLAGE, generation_kw=250).queue.register
    waiting = planned[(planned["status"] == "accepted") & planned["substation_name"].str.contains("(?i)barrowmere")]
    told = [row.kw for row in queue if (row.level, row.status) == ("primary", "accepted")]
    assert sum(told) == waiting["capacity_kw"].sum() > 0


def test_in_an_area_scenarios_of_another_table_are_matched_by_name(tmp_path, numbers):
    from laep.store import Store

    area = area_of(tmp_path, "ssen_headroom", "ssen_areas", "spen_headroom")
    with build.from_area(Store(area.gpkg)) as own:
        found = ask(own, numbers, at=VILLAGE, demand_kw=1000, scenario="Holistic Transition", year=2040)
        row = found.chain[0].demand
        assert (row.scenario, row.year, row.unit) == ("Holistic Transition", 2040, "MW")
        assert any("matched to its substation by name" in note for note in found.notes)


def laep(*words):
    done = subprocess.run(
        [sys.executable, "-m", "laep.cli", "headroom", *map(str, words)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_prints_text_json_and_csv(village):
    call = ("check", "--store", village, "--at", VILLAGE, "--generation-kw", "2500")
    code, out, err = laep(*call)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "Network of Scottish and Southern Electricity Networks (Southern licence area)."
    assert out.splitlines()[1].startswith("Fits with a limit of 1,100 kW")
    assert json.loads(laep(*call, "--json")[1])["binding"]["level"] == "gsp"
    lines = laep(*call, "--csv")[1].splitlines()
    assert lines[0].startswith("verdict,measure,")
    assert len(lines) == 4


def test_one_check_loads_neither_pandas_nor_gdal(village):
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom laep.cli import app\n"
        f"done = CliRunner().invoke(app, ['headroom', 'check', '--store', {str(village)!r}, '--at', '{VILLAGE}', '--generation-kw', '9'])\n"
        "assert done.exit_code == 0, done.output\n"
        "sys.exit(' '.join({'pandas', 'geopandas', 'pyogrio', 'scipy', 'numba'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_users_mistakes_end_with_2(village, tmp_path):
    sample = sample_data() / "ecr.csv"
    for words in (
        ("check", "--store", village, "--at", VILLAGE),
        ("check", "--store", sample, "--at", VILLAGE, "--generation-kw", "1"),
        ("check", "--store", village, "--area", tmp_path, "--at", VILLAGE, "--generation-kw", "1"),
        ("check", "--store", village, "--file", tmp_path / "gone.csv"),
        ("check", "--store", village, "--file", sample, "--at", VILLAGE),
        ("check", "--store", village, "--at", VILLAGE, "--generation-kw", "1", "--cumulative", "queue"),
        ("build", "--into", tmp_path / "x.gpkg"),
        ("map", "--store", village, "--into", sample),
    ):
        code, out, err = laep(*words)
        assert (code, out) == (2, ""), words
        assert "laep: " in err
        assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
    with store.HeadroomStore.open(village) as opened:
        assert opened.meta()["headroom_store"] == str(store.VERSION)
