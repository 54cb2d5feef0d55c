"""The one rule for which primary serves a place."""

from dataclasses import replace

import numpy as np
import pytest
from shapely import box

from laep import licence
from laep.schema.vocabulary import OPERATORS
from laep.spatial.network.serving import REACH_M, How, Primaries, reach_m, serving

AREAS = np.array([box(0, 0, 1000, 1000), box(400, 400, 600, 600), box(3000, 0, 4000, 1000)], dtype=object)
SSEN, UKPN = licence.code("ssen"), licence.code("ukpn")
PRIMARIES = Primaries(
    operator=np.full(6, SSEN),
    xy=np.array([[500.0, 900.0], [500.0, 500.0], [9000.0, 0.0], [np.nan, np.nan], [2000.0, 50.0], [0.0, 90_000.0]]),
    own=np.array([False, False, False, False, True, False]),
    mapped=np.array([True, True, False, True, False, False]),
)


def on_network_of(*codes, places=1):
    return np.tile(np.isin(np.arange(len(OPERATORS)), codes), (places, 1))


def served(*places, of=(SSEN,), primaries=PRIMARIES):
    operators = on_network_of(*of, places=len(places))
    found = serving(np.array(places, dtype=float), AREAS, np.array([0, 1, -1]), primaries, operators=operators)
    return found.primary.tolist(), [How(code) for code in found.how], found.distance_m.tolist()


ONE = on_network_of(SSEN)


def test_the_smallest_area_holds_a_place_and_its_edge_reaches_a_little_farther():
    primary, how, away = served((100, 900), (500, 450), (1050, 500), (3500, 500))
    assert primary == [0, 1, 0, -1]
    assert how == [How.INSIDE, How.INSIDE, How.EDGE, How.UNLISTED]
    assert away[:2] == [400.0, 50.0]


def test_outside_the_nearest_serves_unless_what_it_serves_is_published():
    # nearest: one without an area; one whose area ends before; never the solar farm's own at 2000, 50
    primary, how, away = served((8000, 0), (2000, 60), (9000, REACH_M + 100), (np.nan, 0))
    assert primary == [2, -1, -1, -1]
    assert how == [How.NEAREST, How.BEYOND, How.FAR, How.NOBODY]
    assert away[0] == 1000.0


def test_f1_a_primary_reaches_as_far_as_its_neighbours_stand_apart():
    street = np.array([[1000.0 * step, 0.0] for step in range(8)])
    flags = np.zeros(8, dtype=bool)
    dense = Primaries(xy=street, operator=np.full(8, SSEN), own=flags, mapped=flags)
    assert reach_m(dense, np.array([0, 3, -1])).tolist() == pytest.approx([7800.0, 3900.0, REACH_M])
    assert served((3000, 3800), (3000, 4000), primaries=dense)[1] == [How.NEAREST, How.FAR]
    sparse = replace(dense, xy=street * 10)
    assert served((30_000, REACH_M - 1), (30_000, REACH_M + 1), primaries=sparse)[1] == [How.NEAREST, How.FAR]


def test_f1_no_primary_of_another_operator_serves_and_a_border_or_the_sea_says_so():
    assert served((8000, 0), of=(UKPN,))[:2] == ([-1], [How.NOBODY])
    assert served((8000, 0), of=(SSEN, UKPN))[:2] == ([-1], [How.BORDER])
    assert served((8000, 0), of=())[:2] == ([-1], [How.NOWHERE])
    # the published area that holds a place settles a border
    assert served((100, 900), of=(SSEN, UKPN))[:2] == ([0], [How.INSIDE])
    mixed = replace(PRIMARIES, operator=np.array([SSEN, SSEN, UKPN, SSEN, SSEN, SSEN]))
    assert served((9000, 0), primaries=mixed)[0] == [-1]
    assert served((9000, 0), of=(UKPN,), primaries=mixed)[0] == [2]


def test_of_two_on_one_spot_the_first_serves():
    flags = np.zeros(2, dtype=bool)
    twins = Primaries(xy=np.zeros((2, 2)), operator=np.full(2, SSEN), own=flags, mapped=flags)
    found = serving(
        np.array([[5.0, 0.0]]), np.array([], dtype=object), np.array([], dtype=np.int64), twins, operators=ONE
    )
    assert found.primary.tolist() == [0]


def test_nobody_listed_serves_nobody():
    flags = np.zeros(0, dtype=bool)
    none = Primaries(xy=np.zeros((0, 2)), operator=np.zeros(0, dtype=np.int64), own=flags, mapped=flags)
    found = serving(
        np.array([[5.0, 0.0]]), np.array([], dtype=object), np.array([], dtype=np.int64), none, operators=ONE
    )
    assert found.primary.tolist() == [-1]
    assert found.how.tolist() == [How.NOBODY]
