"""What to type instead: the nearest word, and the line of a key in a TOML file."""

import pytest

from laep import hints

TEXT = """\
name = "x"
[area]
"name" = "y"
[sources.osm]
file = "a"
[ residents.bills ]
count = 1
[residents]
cars.count = 2
"""


def test_the_nearest_word_is_offered_else_the_known_ones():
    assert hints.meant("banan", ["apple", "banana"]) == " Did you mean 'banana'?"
    assert hints.meant("xyz", ["apple", "banana"]) == ""
    assert hints.did_you_mean("xyz", ["apple", "banana"], list_up_to=1) == "Known: apple."


@pytest.mark.parametrize(
    ("key", "section", "line"),
    [
        ("name", "", 1), ("name", "area", 3), ("file", "sources.osm", 5), ("sources", "", 4), ("bills", "residents", 6),
        ("cars", "residents", 9), ("file", "area", None), ("area", "", 2),
    ],
)  # fmt: skip
def test_the_line_that_sets_a_key(key, section, line):
    assert hints.toml_line(TEXT, key, section) == line
