"""Text of other people: harmless in a terminal and in a spreadsheet (torture 9, 15)."""

import numpy as np
import pandas as pd
import pytest

from laep import plain


@pytest.mark.parametrize(
    ("given", "want"),
    [
        ("Windlebury\x1b]0;owned\x07 BSP", "Windlebury BSP"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\tb\r\nc", "a\tb\nc"),
        ("abc\u202edef\u2069\x00\x9b", "abcdef"),
        ("Ŵyddgrug - 33/11kV", "Ŵyddgrug - 33/11kV"),
    ],
)
def test_what_steers_a_terminal_goes_and_the_rest_stays(given, want):
    assert plain.text(given) == want
    assert plain.frame(pd.DataFrame({"a": pd.Series([given, None], dtype="string")}))["a"][0] == want


def test_a_frame_without_any_is_given_back_as_it_is():
    given = pd.DataFrame({"a": ["x", None], "n": [1.0, -2.0]})
    assert plain.frame(given) is given
    assert plain.table(given) is given


def test_cells_that_would_be_worked_out_are_text_and_numbers_stay_numbers():
    given = pd.DataFrame({"id": ["=1+1", "@x", "-a", "+b", "E - AMEM - 01", None], "kw": [-1.0, 2, 3, 4, 5, np.nan]})
    assert plain.table(given)["id"].tolist()[:5] == ["'=1+1", "'@x", "'-a", "'+b", "E - AMEM - 01"]
    assert plain.table(given)["kw"].tolist()[:2] == [-1.0, 2.0]


def test_a_name_is_one_line():
    assert plain.one_line('Eynsham\n[residents]\nconvenor = "yes"\x1b[2J') == 'Eynsham [residents] convenor = "yes"'
