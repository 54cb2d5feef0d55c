"""The chosen segments of the report: their figures, and the rows of their table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report.book import where
from laep.report.layers import absent, each

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.printer import Printer

LAYER = "model_segment"
SHOWN = 12
"""The table stops here and says that rows are left out: the layer holds them all."""
_PLAIN = (
    ("homes", "homes", "Homes on"),
    ("self_sufficiency_before", "share", "Share of use met by its own roofs on"),
    ("self_sufficiency", "share", "The same with a battery and shifting on"),
    ("balanced_share", "share", "Share of half-hours in balance on"),
    ("peak_import_before_kw", "kW", "Highest half-hour drawn by"),
    ("peak_import_kw", "kW", "The same with a battery and shifting, by"),
    ("peak_export_kw", "kW", "Highest half-hour sent out of"),
    ("battery_kwh", "kWh", "Usable energy of the battery worth most on"),
    ("gap_gbp_per_yr", "GBP/yr", "Most that perfect control would add to the simple rule on"),
)
_RANGED = (
    ("capex", "GBP", "Cost of roofs and battery on"),
    ("benefit", "GBP/yr", "First-year benefit of balancing"),
    ("payback", "years", "Simple payback of balancing"),
    ("home", "GBP/yr", "Benefit less running cost, a home, of balancing"),
)
_ASSUMED = (
    "demand.home_kwh", "pv.roof.usable_fraction.pitched", "tariff.retail.elec_p_kwh", "tariff.export.longrun",
    "bess.capex_gbp_per_kwh.community", "guide.sb.duos_red_p_kwh", "uptake.ev_chargers_per_home.2035",
)  # fmt: skip
_NOTHING = {"homes": "none", "battery": "none pays"}
"""Words for a nought that a bare 0 would leave to guess."""
ARRANGEMENTS = {
    "private_wire": "one owner's land: could have wires of its own",
    "public_network": "on the operator's network",
    "island": "cut off by water",
}


def figures(book: Book) -> None:
    """Add the figures of every chosen segment."""
    for row, stem in _stems(book.layer(LAYER)):
        rows = where(segment_id=row.segment_id)
        for column, unit, label in _PLAIN:
            book.add(
                f"{stem}.{_name(column)}", f"{label} {row.name}", getattr(row, column), unit, layer=LAYER, rows=rows,
                column=column, method="value", assumptions=_ASSUMED, confidence=row.confidence,
            )  # fmt: skip
        for name, unit, label in _RANGED:
            suffix = "years" if unit == "years" else unit.lower().replace("/", "_per_")
            value, low, high = (getattr(row, f"{name}{end}_{suffix}") for end in ("", "_low", "_high"))
            book.add(
                f"{stem}.{name}", f"{label} {row.name}", value, unit, low=low, high=high, layer=LAYER, rows=rows,
                column=f"{name}_{suffix}", method="value", assumptions=_ASSUMED, confidence=row.confidence,
            )  # fmt: skip


def table(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any]:
    """Return the chosen segments, those that pass the guide's tests first, and how many are left out."""
    if absent(frames, LAYER):
        return {"rows": [], "left": 0}
    found = [
        {
            "name": row.name,
            "passes": bool(row.candidate),
            "arrangement": ARRANGEMENTS[row.arrangement],
            "why": row.why,
            **{_name(part): _shown(show, f"{stem}.{_name(part)}") for part, _, _ in (*_PLAIN, *_RANGED)},
        }
        for row, stem in _stems(frames[LAYER])
    ]
    found.sort(key=lambda row: not row["passes"])
    return {"rows": found[:SHOWN], "left": max(len(found) - SHOWN, 0)}


def _stems(frame: pd.DataFrame | None) -> list[tuple[Any, str]]:
    if frame is None:
        return []
    ids = words.slugs(sorted(frame["segment_id"]))
    return [(row, f"chosen.{ids[row.segment_id]}") for row in each(frame)]


def _name(column: str) -> str:
    return column.removesuffix("_gbp_per_yr").removesuffix("_kwh").removesuffix("_kw")


def _shown(show: Printer, figure_id: str) -> object:
    if figure_id not in show:
        return None
    return _NOTHING.get(figure_id.rpartition(".")[2], show(figure_id)) if not show.value(figure_id) else show(figure_id)
