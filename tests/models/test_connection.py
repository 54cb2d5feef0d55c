import math

import pandas as pd
import pytest

from laep.errors import LaepError
from laep.models.network import connection

LIMITS = {"g98_limit_kw": 3.68, "short_form_single_kw": 17.0, "short_form_three_kw": 50.0}


@pytest.mark.parametrize(
    ("kw", "phases", "code"),
    [
        (3.68, 1, "g98"), (3.69, 1, "g99_short"), (17.0, 1, "g99_short"), (17.1, 1, "g99"),
        (11.04, 3, "g98"), (11.05, 3, "g99_short"), (50.0, 3, "g99_short"), (50.1, 3, "g99"), (5000.0, 3, "g99"),
    ],
)  # fmt: skip
def test_route(kw, phases, code):
    assert connection.route(kw, phases=phases, **LIMITS).code == code


def test_words_name_the_limit_and_what_to_do():
    words = connection.route(3.0, phases=1, **LIMITS).words
    assert words.startswith("Up to 3.68 kW on one phase: connect first, then tell the network operator within 28 days")
    words = connection.route(30.0, phases=3, **LIMITS).words
    assert words.startswith("Above 11.04 kW and up to 50 kW on three phases: apply")


@pytest.mark.parametrize(("kw", "phases"), [(0.0, 1), (-1.0, 1), (math.nan, 3), (3.0, 2)])
def test_what_has_no_route_is_refused(kw, phases):
    with pytest.raises(LaepError, match="1 or 3 phases"):
        connection.route(kw, phases=phases, **LIMITS)


def test_export_of_many_arrays():
    found = connection.export_mw(pd.Series([1100.0, None], index=["a", "b"]), dc_ac_ratio=1.1, diversity=0.85)
    assert found.to_dict() == pytest.approx({"a": 0.85, "b": math.nan}, nan_ok=True)


def test_guide_avoided_charges():  # WE-19
    saved = connection.avoided_charges_gbp(peak_kw=200, tnuos_gbp_per_kw=50, red_band_kwh=50_000, duos_red_p_per_kwh=10)
    assert saved == 15_000
    assert saved / 200 == 75  # WE-03: per home
