"""The field guide's tests of a segment, at their edges."""

import numpy as np
import pytest

from laep.models.balance import segment_tests
from laep.models.balance.segment_search import Limits

LIMITS = Limits(homes_distributed=50.0, homes_anchor=20.0, homes_most=500.0, ratio_low=0.8, ratio_high=1.2)


def judge(ratio=1.0, *, homes=100.0, private=False):
    row = {"today_kwh": 0.0, "planned_kwh": 0.0, "roof_kwh": ratio * 1000, "use_kwh": 600.0, "car_kwh": 300.0,
           "heat_kwh": 100.0, "network_gbp_per_yr": 40.0}  # fmt: skip
    return segment_tests.judge(row, LIMITS, homes=homes, private=private, stated_gbp=100.0)


@pytest.mark.parametrize(("ratio", "passes"), [(0.79, False), (0.8, True), (1.2, True), (1.21, False)])
def test_a_segment_is_a_candidate_when_it_makes_about_what_it_uses(ratio, passes):
    assert judge(ratio)["candidate"] is passes
    assert ("not matched" in judge(ratio)["why"]) is not passes


def test_on_the_operators_wires_the_number_of_homes_counts_and_on_ones_own_it_does_not():
    assert [judge(homes=homes)["candidate"] for homes in (19.0, 20.0, 500.0, 501.0)] == [False, True, True, False]
    assert judge(homes=501.0, private=True)["candidate"]


def test_the_guides_saving_stands_beside_the_derived_one_where_there_are_homes():
    assert judge()["guide_gbp_per_yr"] == 100.0
    assert judge()["guide_difference_gbp_per_yr"] == -60.0
    assert np.isnan(judge(homes=0.0, private=True)["guide_gbp_per_yr"])
