"""One name that wants to do everything, driven through every output (torture 9, 15, issue 12)."""

import csv
import datetime as dt
import json
import re
import tomllib
from html.parser import HTMLParser

import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from typer.testing import CliRunner

from laep import answers, init
from laep import area as areas
from laep.cli import app
from laep.gather import gather
from laep.ingest.place.boundary import Place
from laep.report import html
from laep.report.material import ReportInputs
from laep.resources import sample_data, templates
from laep.store import Store

NAME = '=HYPERLINK("http://x")\x1b]0;owned\x07\x1b[2J<!--<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'
OWN_SCRIPTS = (templates() / "desk" / "headroom.html").read_text(encoding="utf-8").count("<script")
FREE = ("Substation", "Upstream GSP", "Upstream BSP", "Substation Comment")
"""Columns of the operator's table that hold any text."""
SQUARE = Place(name=NAME, code=None, found_by="test", geometry=shapely.box(434000, 207000, 439000, 212000))


class Tags(HTMLParser):
    """What a browser would do of a page: its scripts, and attributes that run or fetch something."""

    def __init__(self, page):
        super().__init__()
        self.scripts, self.live, self.comments = 0, [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.live += [name for name, value in attrs if name.startswith("on") or (value or "").startswith("javascript:")]
        self.live += ["img"] * (tag == "img")

    def handle_comment(self, data):
        self.comments.append(data)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    """An operator's table, proposals and a store, every free text of which is the name, and the names they had."""
    folder = tmp_path_factory.mktemp("poisoned")
    table = pd.read_csv(sample_data() / "ssen_headroom_march_2026.csv", dtype=str, keep_default_na=False)
    for column in FREE:
        table[column] = [NAME + value if value not in ("", "N/A") else value for value in table[column]]
    table.to_csv(folder / "ssen_headroom_2026.csv", index=False)
    with (folder / "asked.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [["id", "lat", "lon", "generation_kw"], [NAME, 51.778, -1.4709, 250], ["@SUM(A1)", 51.778, -1.4709, 9]]
        )
    return folder


def said(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, (words, done.output, done.exception)
    assert "\x1b]" not in done.output, words
    assert "\x1b[2J" not in done.output, words
    assert "\x07" not in done.output, words
    return done.stdout


def harmless(page, *, scripts):
    tags = Tags(page)
    assert (tags.scripts, tags.live) == (scripts, [])
    assert not [comment for comment in tags.comments if "script" in comment]


def cells_of(path):
    sheet = openpyxl.load_workbook(path).active
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_the_desk_prints_and_writes_a_hostile_name_as_text(poisoned):
    store, map_folder = poisoned / "h.gpkg", poisoned / "map"
    said("headroom", "build", poisoned / "ssen_headroom_2026.csv", "--into", store)
    asked = ("headroom", "check", "--store", store)
    one = (*asked, "--at", "51.778,-1.4709", "--generation-kw", 250)
    assert "HYPERLINK" in said(*one)  # it is there, as words
    json.loads(said(*one, "--json"))
    many = (*asked, "--file", poisoned / "asked.csv")
    for text in (said(*one, "--csv"), said(*many, "--csv")):
        assert [
            cell for row in csv.reader(text.splitlines()) for cell in row if re.match(r"[=@\t]|[+-](?![\d.])", cell)
        ] == []
    for kind in ("csv", "xlsx", "gpkg"):
        said(*many, "--out", poisoned / f"v.{kind}")
    written = list(csv.reader((poisoned / "v.csv").read_text(encoding="utf-8").splitlines()))
    assert [cell for row in written for cell in row if re.match(r"[=@\t]|[+-](?![\d.])", cell)] == []
    assert [cell.coordinate for cell in cells_of(poisoned / "v.xlsx") if cell.data_type == "f"] == []
    assert len(pyogrio.read_dataframe(poisoned / "v.gpkg")) == 2
    said("headroom", "map", "--store", store, "--into", map_folder)
    harmless((map_folder / "headroom.html").read_text(encoding="utf-8"), scripts=OWN_SCRIPTS)


def test_an_area_with_a_hostile_name_is_an_area_like_others(poisoned, tmp_path):
    area = init.create(NAME, SQUARE, parent=tmp_path)
    assert tomllib.loads(area.answers.read_text(encoding="utf-8")) == tomllib.loads(answers.template("Other"))
    gather.read(area, ["ssen_headroom"], files=[poisoned / "ssen_headroom_2026.csv"])
    area = areas.load(area.folder)
    held = Store(area.gpkg).read("in_substation")
    assert held["name"].str.contains("HYPERLINK", na=False).any()
    assert not held["name"].str.contains("\x1b", na=False).any()
    here = ("--area", area.folder)
    for words in (("status",), ("doctor",), ("explain", "in_substation"), ("ingest", "--list")):
        said(*words, *here)
        json.loads(said(*words, *here, "--json"))
    page = html.report(  # the whole page of a village of such names is in test_report
        ReportInputs(
            frames={layer: Store(area.gpkg).public(layer) for layer in Store(area.gpkg).layers()},
            provenance=Store(area.gpkg).provenance(), assumptions=Store(area.gpkg).assumptions(), name=area.name,
            laep_version="0", generated=dt.date(2026, 1, 1),
        )
    )  # fmt: skip
    harmless(page, scripts=0)
