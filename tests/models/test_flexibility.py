import pytest

from laep.models.money import flexibility


@pytest.mark.parametrize(
    ("kw", "per_home", "want"),
    [(1000, 5, 200), (1000, 1, 1000), (1000, 0.3, 3334), (10, 0.3, 34), (10, 5, 2), (1000, 0.1, 10_000)],
)
def test_homes_needed_rounds_up(kw, per_home, want):  # WE-04 to WE-07
    assert flexibility.homes_needed(kw, kw_per_home=per_home) == want
