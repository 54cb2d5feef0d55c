"""Homes and heat: sheets in plain words, measures in order, routes, and what is not known said as such."""

import re

import geopandas as gpd
import pandas as pd
import pytest
import reading
import shapely

from laep.report.book import Book
from laep.report.printer import Printer
from laep.report.sections import homes
from laep.schema import LAYERS, empty

SYLLABLES = re.compile(r"[aeiouy]+")


def row(layer, **told):
    """One row of a layer in which numbers that are not told are 10 and words the first that may stand."""
    found = {}
    for column in LAYERS[layer].columns:
        words = column.among[0] if column.among else "some words"
        found[column.name] = {"float": 10.0, "int": 1, "bool": False}.get(column.type, words)
        if column.most == 1.0:
            found[column.name] = 0.5
    return found | told


def frames(**clusters):
    kind = row("model_home_type", type_id="semi_middle", name="Semi-detached homes built from 1930 to 1982",
               first="cavity;draughts", fabric_basis="certificate")  # fmt: skip
    lone = row("model_home_type", type_id="others", name="Homes of other kinds", homes=4.0, first=None)
    measures = [
        row("model_measure", scope=scope, scope_id=name, measure=measure, best_bill=measure == "cavity")
        for scope, name in (("area", "area"), ("type", "semi_middle")) for measure in ("draughts", "cavity")
    ]  # fmt: skip
    cluster = row("model_heat_cluster", cluster_id="heat-001", name="Mill Lane", route="air", second="loop",
                  carried="unknown", carried_why="What the street substation could still carry is not known.")  # fmt: skip
    ways = [
        row("model_heat_route", cluster_id="heat-001", route=way, possible=way != "network")
        for way in ("air", "network")
    ]
    heat = [row("model_heat", scope="building", scope_id="b1", method="held to the metered gas of its zone"),
            row("model_heat", scope="zone", scope_id="z1", homes=30.0)]  # fmt: skip
    return {
        "model_home_type": pd.DataFrame([kind, lone]), "model_measure": pd.DataFrame(measures),
        "model_heat": pd.DataFrame(heat), "model_heat_route": pd.DataFrame(ways),
        "model_heat_cluster": gpd.GeoDataFrame([cluster | clusters], geometry=[shapely.box(0, 0, 1, 1)], crs=27700),
    }  # fmt: skip


def shown(held):
    book = Book(held)
    homes.figures(book)
    return Printer(pd.DataFrame([vars(figure) for figure in book.figures.values()]))


def test_a_sheet_says_what_to_do_first_what_it_costs_and_whom_to_ask():
    held = frames()
    sheet = homes._sheet(homes._rows_of(held, "model_home_type")[0], shown(held))
    stem = "heat.measure.semi_middle"
    assert [reading.text(step) for step in sheet["steps"]] == [
        f"Fill the cavity walls. It costs [{stem}.cavity.capex] and saves [{stem}.cavity.bill]. Ask a cavity wall firm with a guarantee.",
        f"Stop draughts at doors, windows and floors. It costs [{stem}.draughts.capex] and saves [{stem}.draughts.bill]. Ask a handy person or a local builder.",
    ]
    assert "certificates of homes like yours" in sheet["note"]


def test_few_homes_are_not_told_by_number():
    held = frames(homes=3.0)
    show = shown(held)
    assert "heat.type.others.homes" not in show
    assert "fewer than 10" in reading.text(homes._sheet(homes._rows_of(held, "model_home_type")[1], show)["is"])
    assert reading.rows(homes._cluster_table(held, show))[0][1] == "fewer than 10"


def grade(text):
    """Flesch and Kincaid's school grade of a text."""
    said = re.findall(r"[A-Za-z]+", text)
    sentences = max(len(re.findall(r"[.!?]", text)), 1)
    syllables = sum(max(len(SYLLABLES.findall(word.lower().removesuffix("e"))), 1) for word in said)
    return 0.39 * len(said) / sentences + 11.8 * syllables / len(said) - 15.59


def test_sheets_can_be_read_at_eleven_years():
    held = frames()
    sheet = homes._sheet(homes._rows_of(held, "model_home_type")[0], shown(held))
    said = [reading.text(sheet[part]) for part in ("is", "uses", "ready", "note")]
    said += [reading.text(step) for step in sheet["steps"]]
    assert grade(re.sub(r"\[[^]]*\]", "ten", " ".join(said))) <= 6.5


def test_measures_clusters_and_routes_stand_in_tables():
    held = frames()
    show = shown(held)
    assert reading.names(homes._measure_table(held, show)) == [
        "Stop draughts at doors, windows and floors", "Fill the cavity walls",
    ]  # fmt: skip
    assert homes._best(held) == ["For bills, a pound does most here: fill the cavity walls."]
    (cluster,) = reading.rows(homes._cluster_table(held, show))
    assert cluster[0] == "Mill Lane"
    assert cluster[3].startswith("A heat pump in each home")
    assert cluster[5].startswith("cannot be said")
    ways = {line[0]: line for line in reading.rows(homes._route_table(held, show))}
    assert ways["A heat pump in each home"][2] == "[heat.way.air.capex]"
    assert ways["A heat network"][2] == "not possible here"


def test_what_is_not_known_is_said_and_is_no_no():
    held = frames(pipe_m=None)
    held["model_home_type"]["fabric_basis"] = "typical"
    held["model_heat"]["method"] = "not held to any meter"
    show = shown(held)
    ways = {line[0]: line for line in reading.rows(homes._route_table(held, show))}
    assert ways["A heat network"][2] == "not known: no streets are mapped"
    said = reading.text(homes._basis(held))
    assert "No metered gas of the area is held" in said
    assert "what homes of the nation lack" in said
    assert show.value("heat.unplaced") == 30


@pytest.mark.parametrize("layer", ["model_heat", "model_measure", "model_home_type", "model_heat_cluster"])
def test_without_a_layer_nothing_is_made_up(layer):
    book = Book({layer: empty(layer)})
    homes.figures(book)
    assert not book.figures
