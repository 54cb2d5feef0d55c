"""Shapes, scales, maps and charts: what is drawn stands where the data says."""

import math
import re
from xml.etree import ElementTree as ET

import frames_for_report as made
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from laep.report import legend, markup, register
from laep.report.draw import charts, ground, maps, svg
from laep.report.printer import Printer
from laep.report.sections import segments, sites


@pytest.fixture(scope="module")
def frames():
    return made.village()


@pytest.fixture(scope="module")
def base(frames):
    return ground.ground(frames)


def test_elements_escape_what_they_are_given():
    assert svg.element("g", a_b='"<x>"', class_="k", none=None) == '<g a-b="&quot;&lt;x&gt;&quot;" class="k"/>'
    assert "&lt;script&gt;" in svg.words(1, 2, "<script>")


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_cover_the_data_with_few_round_numbers(low, span):
    grid = svg.ticks(low, low + span)
    slack = 1e-8 * max(100, abs(low), span)  # a billionth of a step is no step, and ten places are kept
    assert grid[0] <= low + slack
    assert grid[-1] >= low + span - slack
    assert 2 <= len(grid) <= 8
    assert np.allclose(np.diff(grid), np.diff(grid)[0])


def test_scale_maps_ends_to_ends():
    scale = svg.Linear(10, 20, 0, 100)
    assert [scale(10), scale(15), scale(20)] == [0, 50, 100]
    assert svg.Linear(3, 3, 0, 100)(3) == 50


def test_a_missing_value_breaks_a_line():
    assert svg.line_path([0, 1, 2, 3], [1.0, 2.0, math.nan, 4.0]) == "M0 1L1 2M3 4"


def test_areas_become_short_relative_paths_north_up():
    square = shapely.box(100, 200, 110, 220)
    path = svg.area_path(np.array([square, None, shapely.Polygon()]), x0=100, y1=220, unit=1, tolerance=0)
    corners = replay(path)
    assert len(corners) == 1
    assert set(corners[0]) == {(0, 0), (10, 0), (10, 20), (0, 20)}


def test_holes_and_parts_are_rings_of_their_own():
    holed = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
    both = shapely.MultiPolygon([holed, shapely.box(20, 0, 21, 1)])
    assert len(replay(svg.area_path(np.array([both]), x0=0, y1=9, unit=1, tolerance=0))) == 3


@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=4, max_size=12, unique=True))
def test_paths_read_back_to_the_points_they_were_made_from(points):
    ring = shapely.LinearRing(points)
    path = "".join(svg._rings(np.array([ring]), x0=-500, y1=500, unit=1))
    assert replay(path) == [[(x + 500, 500 - y) for x, y in points]]


def replay(path):
    """Walk a path of rings, each `Mx yl dx dy ...z`, and return the corners of each."""
    rings = []
    for body in path.split("z")[:-1]:
        start, _, moves = body.removeprefix("M").partition("l")
        at = [int(n) for n in re.findall(r"-?\d+", start)]
        steps = [int(n) for n in re.findall(r"-?\d+", moves)]
        corners = [tuple(at)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            at = [at[0] + dx, at[1] + dy]
            corners.append(tuple(at))
        rings.append(corners)
    return rings


def test_the_ground_holds_the_whole_boundary_in_a_calm_shape(base, frames):
    x0, y0, x1, y1 = frames["in_boundary"].total_bounds
    assert all(base.holds(x, y) for x, y in ((x0, y0), (x1, y1)))
    assert 0.55 < base.height / base.width < 1.15
    assert base.at(base.x0, base.y1) == (0, 0)


def test_every_building_is_drawn_once(base, frames):
    rings = sum(path.count("z") for path in base.buildings.values())
    assert rings == len(frames["in_building"])


def test_roof_classes_follow_yield(frames):
    solar = (
        frames["model_solar"]
        .iloc[:4]
        .assign(capacity_kwp=[3.0, 3.0, 0.0, 3.0], yield_kwh_per_kwp=[1000.0, 760.0, 1000.0, 500.0])
    )
    building = frames["in_building"].iloc[:5]
    assert ground._roof_classes(building, solar).tolist() == [0, 2, -1, 3, -1]


def test_shared_ground_is_pointed_to_not_drawn_again(frames):
    shared = ground.ground(frames, shared=True)
    roofs = maps.roofs(shared, {}, name="r", title="Roofs").picture
    known = set(re.findall(r'id="(ground-[^"]+)"', shared.definitions()))
    assert set(re.findall(r'href="#([^"]+)"', roofs)) == known
    assert len(roofs) < len(maps.roofs(ground.ground(frames), {}, name="r", title="Roofs").picture) / 5


def test_no_boundary_and_no_buildings_make_no_ground():
    assert ground.ground({}) is None


def every_map(base, frames):
    show = Printer(register.figures(frames))
    numbered = [(n, site.owner_kind, site.geometry) for n, site in sites.numbered(frames)]
    held = frames["net_segment"]
    numbers = {row.segment_id: n for n, row in enumerate(segments.ranked(held, show), start=1)}
    return {
        "place": maps.place(base, frames, name="a", title="A"),
        "network": maps.network(base, frames, name="b", title="B"),
        "roofs": maps.roofs(base, frames, name="c", title="C"),
        "sites": maps.sites(base, frames, numbered, name="d", title="D"),
        "segments": maps.segments(
            base, held, segments.smallest_kind(held), segments.shares(held, show), numbers, name="e", title="E"
        ),
    }


def test_maps_are_well_formed_named_and_keyed(base, frames):
    for drawn in every_map(base, frames).values():
        root = ET.fromstring(drawn.picture)
        tags = [child.tag.rpartition("}")[2] for child in root]
        assert tags[:2] == ["title", "desc"]
        assert root.get("role") == "img"
        assert drawn.legend
        assert "nan" not in drawn.picture
        for key in drawn.legend:
            ET.fromstring(key.mark)


def test_substations_beyond_the_map_become_arrows_with_their_distance(base, frames):
    picture = maps.network(base, frames, name="n", title="N").picture
    assert re.search(r"Cowlish GSP, 14 km", picture)


def test_marks_that_share_a_spot_are_pushed_apart():
    points = maps._apart([(0.0, 0.0), (0.0, 0.0), (3.0, 0.0), (500.0, 0.0)], least=10)
    gaps = [math.dist(a, b) for n, a in enumerate(points) for b in points[n + 1 :]]
    assert min(gaps) > 8
    assert points[3] == (500.0, 0.0)
    assert maps._apart([], least=10) == []


def well_formed(picture):
    root = ET.fromstring(picture)
    assert "nan" not in picture
    return " ".join(root.itertext())


def test_charts_are_well_formed_and_name_their_units(frames):
    months, profile = frames["model_month"], frames["model_profile"]
    assert "MWh in the month" in well_formed(charts.months(months, with_solar=True, name="m"))
    assert "kWh on each m²" in well_formed(charts.sunshine(months, name="s"))
    assert "Use peaks at about 18:" in well_formed(charts.day(profile, month=1, top=900, name="d", with_solar=True))
    assert "Take stock" in well_formed(charts.roadmap([charts.Bar("Take stock", "Ask", 8108, 8111)], name="r"))


def test_monthly_bars_are_as_high_as_their_values(frames):
    months = frames["model_month"].assign(demand_kwh=[100_000.0 * (n + 1) for n in range(12)])
    root = ET.fromstring(charts.months(months, with_solar=False, name="m"))
    heights = [float(r.get("height")) for r in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert len(heights) == 12
    assert heights[11] / heights[0] == pytest.approx(12, rel=0.01)


def test_a_month_without_a_value_has_no_bar(frames):
    months = frames["model_month"].assign(demand_kwh=[math.nan] + [1000.0] * 11)
    root = ET.fromstring(charts.months(months, with_solar=False, name="m"))
    assert len(list(root.iter("{http://www.w3.org/2000/svg}rect"))) == 11


def test_headroom_lines_cross_zero_and_keep_their_style(frames):
    rows = frames["model_headroom"].query('scenario != "now" and direction == "demand"')
    low, high = charts.bounds(rows["value"])
    assert low < 0 < high
    names = sorted(rows["scenario"].unique())
    picture = charts.headroom_years(rows, name="y", title="Y", bounds=(low, high), scenarios=names)
    assert well_formed(picture)
    for n in range(3):
        assert legend.series(n)[0] in picture


def test_an_open_range_gets_an_arrow_and_a_closed_one_none():
    closed = charts.whiskers([charts.Whisker("a", 10, 8, 17)], unit="years", name="w", title="W", reader=str)
    never = charts.whiskers([charts.Whisker("a", 10, 8, None)], unit="years", name="w", title="W", reader=str)
    beyond = charts.whiskers([charts.Whisker("a", 10, 8, 90)], unit="years", name="w", title="W", reader=str, most=40)
    assert [picture.count("l9 7l-9 7z") for picture in (closed, never, beyond)] == [0, 1, 1]
    assert "from 8 to never" in well_formed(never)


def test_shares_fill_the_bar_and_hide_what_is_hidden():
    picture = charts.shares([("Owned", 75, "75%"), ("Shared", 10, "a few"), ("Rented", 15, "15%")], name="t", title="T")
    root = ET.fromstring(picture)
    wide = [float(r.get("width")) for r in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert sum(wide) == pytest.approx(charts.WIDTH, abs=6)
    assert "Shared a few" in well_formed(picture)


def test_segments_without_a_share_draw_no_dot():
    picture = charts.sufficiency([("1. A", 0.3, 0.5), ("2. B", None, None)], name="s")
    assert picture.count("<circle") == 2
    assert "2. B: not known with solar" in well_formed(picture)


def test_printer_prints_a_link_with_range_and_id(frames):
    show = Printer(register.figures(frames))
    html = markup.Html(show)
    printed = str(html(show("solar.annual")))
    assert 'data-figure="solar.annual"' in printed
    assert 'href="#figure.solar.annual"' in printed
    assert "laep explain solar.annual" in printed
    assert "(" not in re.sub(r'"[^"]*"', "", str(html(show("solar.annual", span=False))))
    assert "not known" in str(html(show("no.such.figure")))
    assert show.value("no.such.figure") is None


def test_printer_escapes_labels(frames):
    plan = register.figures({"in_building": frames["in_building"]}).assign(label='"><script>')
    show = Printer(plan)
    assert "<script" not in str(markup.Html(show)(show("buildings.count")))


def test_headroom_has_two_figures_as_estimates_have_and_registered_sizes_keep_three():
    rows = pd.DataFrame(
        {
            "figure_id": ["a.b", "c.d", "e.f"], "label": "x", "value": [9.48, 0.948, 9.48], "low": math.nan,
            "high": math.nan, "unit": "MW", "layer": ["in_generator", "model_balance", "model_headroom"], "rows": "",
            "column": "value", "method": "value", "assumptions": "", "confidence": "high",
        }
    )  # fmt: skip
    show = Printer(rows)
    assert [show.text(key).main.split("\u00a0")[0] for key in ("a.b", "c.d", "e.f")] == ["9.48", "0.95", "9.5"]
    assert show.text("c.d", kilo=True).main == "950\u00a0kW"
