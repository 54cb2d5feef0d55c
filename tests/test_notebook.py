"""The notebook of the docs does what it says, block by block."""

import re
import shutil
from pathlib import Path

import pytest

import laep

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village")]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "notebook.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def told(sample_plan, tmp_path_factory):
    """What the blocks leave behind, run in order on a copy of the sample village that is read and run already."""
    folder = tmp_path_factory.mktemp("notebook")
    copy = shutil.copytree(sample_plan.folder, folder / sample_plan.folder.name)
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(laep, "demo", lambda _: laep.open(copy))
        for block in BLOCKS:
            exec(compile(block, PAGE.name, "exec"), names)
    return names


def test_what_has_not_changed_is_neither_read_nor_run(told):
    assert told["gathered"].read == ()
    assert {step.state for step in told["ran"].steps} == {"fresh"}


def test_the_layers_tell_of_the_same_buildings(told):
    assert told["roofs"].crs == 27700
    assert told["use"].reindex(told["best"].index).notna().any()


def test_a_lower_price_lowers_what_solar_saves_and_leaves_energy_alone(told):
    ran = {step.step: step.state for step in told["again"].steps}
    assert (ran["solar"], ran["finance"]) == ("fresh", "done")
    changed = told["changed"]
    assert len(changed)
    assert not changed.index.str.startswith("solar.annual").any()


def test_going_back_gives_the_figures_of_before(told):
    plan = told["plan"]
    assert plan.figures()["value"].equals(told["before"])
    assert plan.assumptions("tariff.retail.elec_p_kwh").assumptions[0].confidence != "override"


def test_the_report_is_written_where_it_says(told):
    assert told["written"].report.is_file()
    assert told["answer"].verdict
