"""How homes are rated and heated, and fuel poverty: figures of the register and the tables that print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep.report.book import where
from laep.report.layers import each

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.printer import Printer

_TOPICS: tuple[tuple[str, str, str], ...] = (
    ("rating", "certificates", "Energy rating"),
    ("heating", "census", "Central heating"),
    ("heating", "certificates", "Main heating"),
    ("walls_insulated", "certificates", "Walls insulated"),
    ("fuel_poverty", "statistics", "Fuel poverty"),
)
"""Topic, what was counted, and the title of its table; of two bases for one topic the first that is held counts."""
_WORDS = {
    "none": "None", "mains_gas": "Mains gas", "bottled_gas": "Tank or bottled gas", "electric": "Electricity",
    "oil": "Oil", "wood": "Wood", "solid_fuel": "Solid fuel", "renewable": "Renewable energy, such as a heat pump",
    "heat_network": "Heat network", "other": "Other", "two_or_more": "Two or more kinds",
    "two_or_more_renewable": "Two or more kinds, one renewable", "boiler": "Boiler", "heat_pump": "Heat pump",
    "storage_heaters": "Storage heaters", "room_heaters": "Room heaters", "warm_air": "Warm air",
    "electric_other": "Other electric", "yes": "Yes", "no": "No", "fuel_poor": "In fuel poverty",
}  # fmt: skip
_LEAST_SHARE = 0.005  # answers below half a per cent are nought on the page


def figures(book: Book) -> None:
    """Add the share of homes for each answer that is shown, and how many homes it is a share of."""
    stock = book.layer("model_stock")
    if stock is None:
        return
    for topic, basis, title in _held(stock):
        rows = stock[(stock["topic"] == topic) & (stock["basis"] == basis)]
        for row in each(rows):
            picked = where(basis=basis, topic=topic, category=row.category)
            label = f"{title}: {_said(row.category)}, share of homes by {basis}"
            book.add(
                f"stock.{topic}.{row.category}_share", label, row.share, "share", layer="model_stock", column="share",
                method="value", rows=picked, assumptions=("privacy.least_count",) if basis == "certificates" else (),
                confidence=row.confidence,
            )  # fmt: skip
        book.add(
            f"stock.{topic}.homes", f"{title}: homes counted, by {basis}", rows["of_homes"].max(), "homes",
            layer="model_stock", column="of_homes", method="max", rows=where(basis=basis, topic=topic),
            confidence=rows["confidence"].iloc[0],
        )  # fmt: skip


def tables(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return a table for each topic held: title, what was counted, homes, rows of answer and share."""
    stock = frames.get("model_stock")
    if stock is None or stock.empty:
        return []
    found = []
    for topic, basis, title in _held(stock):
        rows = stock[(stock["topic"] == topic) & (stock["basis"] == basis)]
        printed = [
            {
                "label": _said(row.category),
                "share": "a few" if row.hidden else show(f"stock.{topic}.{row.category}_share"),
            }
            for row in each(rows)
            if (row.hidden or row.share >= _LEAST_SHARE) and row.category != "not_fuel_poor"
        ]
        found.append({"title": title, "basis": basis, "homes": show(f"stock.{topic}.homes"), "rows": printed})
    return found


def _held(stock: pd.DataFrame) -> list[tuple[str, str, str]]:
    held = set(zip(stock["topic"], stock["basis"], strict=True))
    found: dict[str, tuple[str, str, str]] = {}
    for topic, basis, title in _TOPICS:
        if (topic, basis) in held:
            found.setdefault(topic, (topic, basis, title))
    return list(found.values())


def _said(category: str) -> str:
    return _WORDS.get(category, category.replace("_", " "))
