"""The verbs of a plan outside the sample village: what they refuse, and what they give where there is nothing."""

import pytest
import shapely

import laep
from laep import init, plan, results
from laep.errors import AreaInvalid, StoreInvalid, UserFault
from laep.ingest.place.boundary import Place


@pytest.fixture
def founded(tmp_path):
    place = Place(name="Test", code=None, found_by="test", geometry=shapely.box(440000, 210000, 440400, 210400))
    return laep.open(init.create("Test", place, parent=tmp_path).folder)


def test_a_folder_that_is_no_area_is_refused_at_once(tmp_path):
    with pytest.raises(AreaInvalid, match="is not an area folder"):
        laep.open(tmp_path)
    assert plan.found_in(tmp_path) is None


def test_an_area_is_created_from_a_point_and_says_where_it_is(tmp_path):
    made = laep.create("Mill Street", at="51.7800,-1.3745", radius_m=400, into=tmp_path, offline=True)
    assert (made.folder, made.area.name, made.area.live) == (tmp_path / "mill-street", "Mill Street", False)


def test_before_anything_is_read_the_plan_says_what_to_do(founded):
    with pytest.raises(StoreInvalid, match="laep ingest"):
        founded.status()


def test_an_assumption_is_set_kept_and_given_back(founded):
    shipped = founded.assumptions("system loss").assumptions[0]
    assert founded.set_assumption(shipped.key, 0.1).value == 0.1
    assert founded.assumptions("system loss").assumptions[0].confidence == "override"
    assert founded.set_assumption(shipped.key, None) == shipped
    assert founded.assumptions("system loss").assumptions[0] == shipped


@pytest.mark.parametrize(("key", "value"), [("pv.sytem.loss", 0.1), ("pv.system.loss", float("nan"))])
def test_a_wrong_assumption_changes_nothing(founded, key, value):
    before = founded.area.toml.read_text(encoding="utf-8")
    with pytest.raises(UserFault, match=r"Did you mean|needs a number"):
        founded.set_assumption(key, value)
    assert founded.area.toml.read_text(encoding="utf-8") == before


def test_an_unknown_layer_is_met_with_the_nearest(founded):
    with pytest.raises(UserFault, match="Did you mean 'in_building'"):
        founded.layer("in_bilding")


def test_an_empty_list_still_has_its_columns():
    nothing = results.Gathered(read=(), missed={}, uncached=(), locked={})
    assert list(nothing.frame()) == ["source", "rows_read", "rows_kept", "edition", "notes"]
