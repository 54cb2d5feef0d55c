"""Pieces of network that might balance themselves: the candidates, and a closer look at the chosen ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laep import words
from laep.report import legend
from laep.report.book import where
from laep.report.cells import Column, Table, entries, said, told
from laep.report.draw import charts, maps, marks
from laep.report.labels import UNNAMED, name_or
from laep.report.layers import absent, each
from laep.report.sections.baseline import DEMAND
from laep.report.sections.solar import MUCH, ROOF
from laep.report.stations import guessed

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.cells import Part, Row
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "Pieces of network that might balance themselves"
SHOWN = 15
CHOSEN_SHOWN = 12
"""Long tables stop here and say that rows are left out: the layer holds them all."""
CHOSEN = "model_segment"
_BATTERY_ASSUMED = ("bess.kwh_per_home", "bess.hours", "bess.round_trip_efficiency")
_CASES = {
    "today": ("_today", "as it is today"),
    "solar": ("", "with solar"),
    "solar_battery": ("_battery", "with solar and a battery"),
}
"""Case of a balance -> how its figure ids end, and the words for it."""
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
    ("benefit", "GBP/yr", "Benefit in a year, at long-run prices, of balancing"),
    ("payback", "years", "Simple payback, at long-run prices, of balancing"),
    ("home", "GBP/yr", "Benefit less running cost, a home, of balancing"),
)
_CHOSEN_ASSUMED = (
    "demand.home_kwh", "pv.roof.usable_fraction.pitched", "tariff.retail.elec_p_kwh", "tariff.export.longrun",
    "bess.capex_gbp_per_kwh.community", "guide.sb.duos_red_p_kwh", "uptake.ev_chargers_per_home.2035",
)  # fmt: skip
_NOTHING = {"homes": "none", "battery": "none pays"}
"""Words for a nought that a bare 0 would leave to guess."""
_ARRANGEMENTS = {
    "private_wire": "one owner's land: could have wires of its own",
    "public_network": "on the operator's network",
    "island": "cut off by water",
}
_PUBLISHED_LINKS = ("published_feeder", "beside_published_feeder", "along_lines", "published_area", "published_id")


def figures(book: Book) -> None:
    """Add the figures of every candidate segment, and of every chosen one."""
    _candidates(book)
    _chosen(book)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    held = [] if absent(frames, "net_segment") else ranked(frames["net_segment"], show)
    every = [] if absent(frames, "net_segment") else list(each(frames["net_segment"]))
    return {
        "origin": origin(frames),
        "map": _map(material, held),
        "chart": _chart(held[:SHOWN], frames, show) if held else None,
        "keys": (
            marks.Key("With panels on every suitable roof, those there today included", marks.ring(legend.SOLAR)),
            marks.Key("With solar and a shared battery", marks.dot(legend.ACCENT)),
        ),
        "candidates": candidates(held, every, guessed(frames), show),
        "left": len(held) > SHOWN,
        "chosen": chosen(frames, show),
        "nights": nights(frames),
        "twice": twice(frames),
        "chosen_left": not absent(frames, CHOSEN) and len(frames[CHOSEN]) > CHOSEN_SHOWN,
    }


def origin(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return how buildings came to hang from their street substation."""
    if absent(frames, "link_building"):
        return "How buildings hang from substations is not known."
    methods = frames["link_building"]["secondary_method"]
    linked = methods.notna().sum()
    published = methods.isin(_PUBLISHED_LINKS).sum() / linked if linked else 0.0
    if not linked:
        return "No street substation is known, so they are drawn from the substations above."
    if published > 1 - MUCH:
        return "They follow what the operator publishes of feeders and cables."
    if published > MUCH:
        return "Some follow what the operator publishes of feeders and cables, others the streets."
    return "Most are drawn along the streets to the nearest substation."


def smallest_kind(segments: pd.DataFrame) -> str:
    """Return the finest kind of segment there is: those of street substations, else of primaries, else the area."""
    return next(kind for kind in ("secondary", "primary", "area") if (segments["kind"] == kind).any())


def ranked(segments: pd.DataFrame, show: Printer) -> list[Any]:
    """Return the finest segments there are, those that could meet most of their use first."""
    held = shares(segments, show)
    drawn = segments[segments["kind"] == smallest_kind(segments)]
    return sorted(each(drawn), key=lambda row: (-held.get(row.segment_id, -1.0), -row.homes, row.segment_id))


def shares(segments: pd.DataFrame, show: Printer) -> dict[str, float]:
    """Return the share of use each segment could meet, with a battery where that is known."""
    found = {segment: _met(show, stem) for segment, stem in _stems(segments).items()}
    return {segment: share for segment, (solar, battery) in found.items()
            if (share := solar if battery is None else battery) is not None}  # fmt: skip


def _met(show: Printer, stem: str) -> tuple[float | None, float | None]:
    """Return the share of use a segment could meet with solar, and with a battery too."""
    return show.value(f"{stem}.self_sufficiency"), show.value(f"{stem}.self_sufficiency_battery")


def _stems(segments: pd.DataFrame) -> dict[str, str]:
    """Return how the figure ids of each segment begin."""
    return {segment: f"segment.{key}" for segment, key in words.slugs(sorted(segments["segment_id"])).items()}


def sent_out(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Part]:
    """Return the most that leaves what hangs from each primary at once, with panels on every roof, by its id."""
    if absent(frames, "net_segment"):
        return {}
    segments, stems = frames["net_segment"], _stems(frames["net_segment"])
    return {
        str(row.substation_id): show(f"{stems[row.segment_id]}.peak_export")
        for row in each(segments[segments["kind"] == "primary"])
        if f"{stems[row.segment_id]}.peak_export" in show
    }


def _map(material: Material, held: Iterable[Any]) -> maps.Map | None:
    numbers = {row.segment_id: n for n, row in enumerate(held, start=1) if n <= SHOWN}
    if material.ground is None or not numbers:
        return None
    frame = material.frames["net_segment"]
    return maps.segments(
        material.ground, frame, smallest_kind(frame), shares(frame, material.show), numbers, name="map-segments",
        title=f"Candidate segments in {material.name}",
    )  # fmt: skip


def _chart(held: Iterable[Any], frames: Mapping[str, pd.DataFrame], show: Printer) -> str | None:
    stems = _stems(frames["net_segment"])
    pairs = [
        (f"{n}. {name_or(row, UNNAMED)}", *_met(show, stems[row.segment_id])) for n, row in enumerate(held, start=1)
    ]
    known = any(solar is not None or battery is not None for _, solar, battery in pairs)
    return charts.sufficiency(pairs, name="chart-segments") if known else None


def candidates(held: list[Any], every: list[Any], doubted: Container[str], show: Printer) -> Table:
    """
    Return the segments listed, numbered as on the map, and below them the wider ones that hold them.

    Parameters
    ----------
    doubted : container of str
        Ids of substations of which it is a guess that they serve the area.
    """
    ids = words.slugs(sorted(row.segment_id for row in every))
    listed = {row.segment_id for row in held}
    above = [row for row in every if row.kind in ("primary", "area") and row.segment_id not in listed]
    wider = [(0, row) for row in sorted(above, key=lambda row: (row.kind, row.segment_id))]
    return Table(
        table_id="segments",
        columns=(
            Column("Segment"),
            Column("Homes"),
            Column("Use met with solar", "With solar"),
            Column("With a battery too", "And battery"),
            Column("Battery tried"),
            Column("Most sent out at once", "Most sent out"),
        ),
        rows=tuple(
            _candidate(n, row, f"segment.{ids[row.segment_id]}", show, guess=row.substation_id in doubted)
            for n, row in [*enumerate(held[:SHOWN], start=1), *wider]
        ),
    )


def _candidate(number: int, row: Any, stem: str, show: Printer, *, guess: bool) -> Row:
    name, share = name_or(row, UNNAMED), f"{stem}.share_of_supply"
    whole: Part = "" if number or row.kind == "area" else "all that lies in the area together"
    whole = "all that lies in the area together, if it serves it: it is the nearest known" if guess else whole
    if share in show:
        whole = told("all that lies in the area together: {} of the land it serves", show(share))
    if row.kind == "area" and "demand.off_map_share" in show:
        whole = told(
            "{} of its use is that of homes no map shows, whose roofs are not in it", show("demand.off_map_share")
        )
    rating = told("transformer: {}", show(f"{stem}.rating")) if f"{stem}.rating" in show else ""
    return entries(
        said(f"{number}. {name}" if number else name, notes=(whole,)),
        show(f"{stem}.homes"),
        show(f"{stem}.self_sufficiency"),
        show(f"{stem}.self_sufficiency_battery"),
        show(f"{stem}.battery_battery"),
        said(show(f"{stem}.peak_export"), notes=(rating,)),
    )


def chosen(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return the chosen segments, those that pass the guide's tests first."""
    held = (
        [] if absent(frames, CHOSEN) else sorted(_chosen_stems(frames[CHOSEN]), key=lambda pair: not pair[0].candidate)
    )
    return Table(
        table_id="segments-chosen",
        columns=(
            Column("Segment"),
            Column("Homes"),
            Column("Use met: roofs alone, then balanced", "Use met"),
            Column("Most drawn at once: before, after", "Most drawn"),
            Column("Battery"),
            Column("Cost of roofs and battery", "Cost"),
            Column("Benefit a year, long-run prices", "Benefit"),
            Column("Pays back in, at those prices", "Pays back in"),
        ),
        rows=tuple(_chosen_row(row, stem, show) for row, stem in held[:CHOSEN_SHOWN]),
    )


def twice(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return why a place that is also among the sites has another cost and payback there, where one is in both."""
    if any(absent(frames, name) for name in (CHOSEN, "model_asset", "site_anchor")):
        return ""
    sites = frames["site_anchor"]
    sized = sites.loc[sites["site_id"].isin(frames["model_asset"]["site_id"]), "name"]
    named = sorted(set(frames[CHOSEN]["name"].dropna()) & set(sized.dropna()))
    if not named:
        return ""
    return (
        f"Among the sites as well, with another cost and payback: {words.first_few(named)}. Both hold: there it is the "
        "size to look at first, at first-year prices; here panels cover every suitable roof, at long-run prices."
    )


def nights(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return why less may be met once charging and heating have moved, where that is so of a segment shown."""
    held = [] if absent(frames, CHOSEN) else each(frames[CHOSEN])
    if not any(row.self_sufficiency < row.self_sufficiency_before for row in held):
        return ""
    return (
        "Where a little less is met once balanced, charging has moved from the evening into the night: that lowers "
        "what is drawn at once, and uses less of the evening sun."
    )


def _chosen_row(row: Any, stem: str, show: Printer) -> Row:
    fails = "" if row.candidate else "; does not pass the tests of match and size"
    return entries(
        said(row.name, notes=(f"{_ARRANGEMENTS[row.arrangement]}{fails}",)),
        _shown(show, f"{stem}.homes"),
        told("{}, {}", _shown(show, f"{stem}.self_sufficiency_before"), _shown(show, f"{stem}.self_sufficiency")),
        told("{}, {}", _shown(show, f"{stem}.peak_import_before"), _shown(show, f"{stem}.peak_import")),
        _shown(show, f"{stem}.battery"),
        _shown(show, f"{stem}.capex"),
        said(_shown(show, f"{stem}.benefit"), notes=(_of_control(show, f"{stem}.gap"),)),
        _shown(show, f"{stem}.payback"),
    )


def _of_control(show: Printer, gap: str) -> Part:
    """Return what perfect control would add to the benefit of the simple rule."""
    if not show.value(gap):
        return "perfect control would add nothing"
    return told("perfect control would add at most {}", show(gap))


def _shown(show: Printer, figure_id: str) -> Part:
    nothing = _NOTHING.get(figure_id.rpartition(".")[2]) if figure_id in show and not show.value(figure_id) else None
    return nothing or show(figure_id)


def _chosen_stems(frame: pd.DataFrame | None) -> list[tuple[Any, str]]:
    if frame is None or frame.empty:
        return []
    ids = words.slugs(sorted(frame["segment_id"]))
    return [(row, f"chosen.{ids[row.segment_id]}") for row in each(frame)]


def _chosen(book: Book) -> None:
    for row, stem in _chosen_stems(book.layer(CHOSEN)):
        rows = where(segment_id=row.segment_id)
        for column, unit, label in _PLAIN:
            book.add(
                f"{stem}.{_bare(column)}", f"{label} {row.name}", getattr(row, column), unit, layer=CHOSEN, rows=rows,
                column=column, method="value", assumptions=_CHOSEN_ASSUMED, confidence=row.confidence,
            )  # fmt: skip
        for name, unit, label in _RANGED:
            suffix = "years" if unit == "years" else unit.lower().replace("/", "_per_")
            value, low, high = (getattr(row, f"{name}{end}_{suffix}") for end in ("", "_low", "_high"))
            book.add(
                f"{stem}.{name}", f"{label} {row.name}", value, unit, low=low, high=high, layer=CHOSEN, rows=rows,
                column=f"{name}_{suffix}", method="value", assumptions=_CHOSEN_ASSUMED, confidence=row.confidence,
            )  # fmt: skip


def _bare(column: str) -> str:
    return column.removesuffix("_gbp_per_yr").removesuffix("_kwh").removesuffix("_kw")


def _candidates(book: Book) -> None:
    segments = book.layer("net_segment")
    if segments is None:
        return
    stems = _stems(segments)
    book.count("segments.count", "Candidate segments of network", "net_segment", confidence="low")
    for row in each(segments):
        name = name_or(row, f"segment {row.segment_id}")
        of_street = row.kind not in ("primary", "area")  # of a primary the area takes a part, its transformers feed all
        for column, unit in (("homes", "homes"), ("buildings", "buildings"), *[("rating_kva", "kVA")] * of_street):
            part = column.partition("_")[0]
            book.add(
                f"{stems[row.segment_id]}.{part}", f"{part.capitalize()} on {name}", getattr(row, column), unit,
                layer="net_segment", rows=where(segment_id=row.segment_id), column=column, method="value",
                confidence=row.confidence,
            )  # fmt: skip
    _primaries(book, segments, stems)
    _overloaded(book, segments)
    names = dict(zip(segments["segment_id"], segments["name"].fillna(segments["segment_id"]), strict=True))
    for row in each(book.layer("model_balance")):
        if row.segment_id in stems and row.case in _CASES:
            ending, case = _CASES[row.case]
            _balance(book, row, stems[row.segment_id], ending, f"{names[row.segment_id]}, {case}")


def _primaries(book: Book, segments: pd.DataFrame, stems: Mapping[str, str]) -> None:
    """Add how much of what each primary serves lies in the area."""
    held = {row.substation_id: row for row in each(book.layer("link_substation")) if words.known(row.share_of_supply)}
    for row in each(segments[segments["kind"] == "primary"]):
        if (link := held.get(row.substation_id)) is not None:
            book.add(
                f"{stems[row.segment_id]}.share_of_supply", f"Share of what {row.name} serves that is in the area",
                link.share_of_supply, "share", layer="link_substation", column="share_of_supply", method="value",
                rows=where(source_id=link.source_id, substation_id=link.substation_id), confidence=link.confidence,
            )  # fmt: skip


def _overloaded(book: Book, segments: pd.DataFrame) -> None:
    """Add how many street substations would send out more than their transformer's rating with panels on every roof."""
    balance = book.layer("model_balance")
    rated = segments[(segments["kind"] == "secondary") & segments["rating_kva"].notna()]
    if balance is None or rated.empty:
        return
    sent = balance[balance["case"] == "solar"].set_index("segment_id")["peak_export_kw"].reindex(rated["segment_id"])
    known = sent.notna().to_numpy()
    for part, label, count in (
        ("rated", "Street substations with a rating whose year was followed", int(known.sum())),
        (
            "over_rating",
            "Of these, those that would send out more than that",
            int((sent.to_numpy() > rated["rating_kva"].to_numpy()).sum()),
        ),
    ):
        book.add(
            f"segments.{part}", label, count, "substations", layer="model_balance", rows=where(case="solar"),
            column="peak_export_kw against rating_kva of net_segment", method="calculation", confidence="low",
        )  # fmt: skip


def _balance(book: Book, row: Any, stem: str, ending: str, of: str) -> None:
    """Add the figures of one balance; `of` names the segment and the case."""
    for column, unit, label in (
        ("self_sufficiency", "share", "Share of electricity met on"),
        ("self_consumption", "share", "Share of generation used on"),
        ("balanced_share", "share", "Share of half-hours in balance on"),
        ("peak_export_kw", "kW", "Highest half-hour sent out of"),
        ("peak_import_kw", "kW", "Highest half-hour drawn by"),
        ("demand_kwh", "kWh", "Electricity used on"),
        ("battery_kwh", "kWh", "Usable battery energy tried on"),
        ("capacity_kwp", "kWp", "Solar capacity on"),
    ):
        name = column.removesuffix("_kwh").removesuffix("_kwp").removesuffix("_kw") + ending
        book.add(
            f"{stem}.{name}", f"{label} {of}", getattr(row, column), unit, layer="model_balance",
            rows=where(segment_id=row.segment_id, case=row.case), column=column, method="value",
            assumptions=(*ROOF, *DEMAND, *(_BATTERY_ASSUMED if ending == "_battery" else ())),
            confidence=row.confidence,
        )  # fmt: skip
