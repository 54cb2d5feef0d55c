"""How homes are rated and heated: shares of what is shown, one basis a topic, hidden answers as a few."""

import pandas as pd
import reading

from laep.models.energy import stock
from laep.report import register
from laep.report.printer import Printer
from laep.report.sections import baseline
from laep.schema import conform, empty


def held(*rows):
    frame = pd.DataFrame(rows, columns=["basis", "topic", "category", "homes", "share", "of_homes", "hidden"])
    frame["homes"] = frame["homes"].astype("Int64")
    return conform(frame.assign(method="counted", confidence="medium"), "model_stock")


STOCK = held(
    ("certificates", "rating", "C", 60, 0.6, 100, False), ("certificates", "rating", "D", None, None, 100, True),
    ("certificates", "heating", "boiler", 100, 1.0, 100, False), ("census", "heating", "mains_gas", 90, 0.9, 100, False),
    ("census", "heating", "wood", 0, 0.0, 100, False), ("census", "heating", "oil", 10, 0.1, 100, False),
    ("statistics", "fuel_poverty", "fuel_poor", 12, 0.12, 100, False),
    ("statistics", "fuel_poverty", "not_fuel_poor", 88, 0.88, 100, False),
)  # fmt: skip


def test_tables_print_registered_shares_of_the_first_basis_held():
    frames = {"model_stock": STOCK}
    book = register.figures(frames)
    found = {topic["title"]: topic for topic in baseline.housing(frames, Printer(book))}
    assert list(found) == ["Energy rating", "Central heating", "Fuel poverty"]
    labels = {title: reading.names(topic["table"]) for title, topic in found.items()}
    assert labels == {
        "Energy rating": ["C", "D"], "Central heating": ["Mains gas", "Oil"], "Fuel poverty": ["In fuel poverty"],
    }  # fmt: skip
    rating = found["Energy rating"]
    assert reading.rows(rating["table"]) == [["C", "[stock.rating.C_share]"], ["D", "a few"]]
    assert reading.text(rating["note"]) == "Of [stock.rating.homes] homes, by energy certificates."


def test_hidden_counts_have_no_figure_and_every_figure_finds_its_row():
    book = register.figures({"model_stock": STOCK}).set_index("figure_id")
    assert "stock.rating.D_share" not in book.index
    for figure_id, figure in book.iterrows():
        rows = STOCK.query(figure["rows"])
        assert figure["value"] == rows[figure["column"]].max(), figure_id
    assert book.loc["stock.heating.homes", "rows"] == 'basis == "census" and topic == "heating"'


def test_nothing_held_prints_nothing():
    assert baseline.housing({}, Printer(empty("plan_figure"))) == []
    assert baseline.housing({"model_stock": empty("model_stock")}, Printer(empty("plan_figure"))) == []
    assert set(stock.TOPICS) >= {topic for topic, basis, _ in baseline._TOPICS if basis == "certificates"}
