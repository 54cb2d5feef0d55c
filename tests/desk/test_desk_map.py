"""The map page stands alone, and the layers open drawn."""

import re
import sqlite3
import xml.etree.ElementTree as ET

import numpy as np
import pyogrio

from laep.desk import map as mapping
from laep.report import legend


def test_classes_by_hand():
    rooms = np.array([np.nan, -5.0, 0.0, 0.1, 999.9, 1000.0, 4999.0, 5000.0])
    assert mapping.steps(rooms).tolist() == ["unknown", "none", "none", "low", "low", "some", "some", "much"]


def test_the_page_needs_nothing_else(held, numbers, tmp_path):
    made = mapping.draw(held, tmp_path / "map", numbers)
    page = made.page.read_text(encoding="utf-8")
    assert "{{" not in page
    links = set(re.findall(r"https?://[^\"' <]+", page))
    assert links <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(?:link|img|script)[^>]+(?:src|href)=", page)
    assert page.count("<circle") == made.substations == 12
    assert page.count("data-n=") == made.areas == 3
    assert "Barrowmere Primary" in page


def test_no_name_ends_the_script_of_the_page(held, numbers, tmp_path, monkeypatch):  # torture 15
    monkeypatch.setattr(mapping, "_say", lambda _: {"name": "<!--<script>"})
    page = mapping.draw(held, tmp_path / "map", numbers).page.read_text(encoding="utf-8")
    assert "<!--<script>" not in page
    assert "\\u003c!--" in page


def test_layers_carry_figures_and_a_style(held, numbers, tmp_path):
    made = mapping.draw(held, tmp_path, numbers)
    areas = pyogrio.read_dataframe(made.layer, layer="headroom_areas").set_index("name")
    row = areas.loc["Barrowmere Primary"]
    assert (row["generation_headroom"], row["generation_unit"], row["generation_left_kw"]) == (1.1, "MW", 1100)
    assert (row["generation_binding"], row["generation_binding_level"]) == ("Windlebury GSP", "gsp")
    assert row["generation_class"] == "some"
    assert areas.loc["Kings Hatch Primary", "generation_none_or_worse"]
    with sqlite3.connect(made.layer) as db:
        styles = dict(db.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1"))
    assert set(styles) == {"headroom_areas", "headroom_substations"}
    values = {node.get("value") for node in ET.fromstring(styles["headroom_areas"]).iter("category")}
    assert values == set(legend.ROOM)
