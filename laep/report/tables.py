"""Layers to table rows in readers' units: the place, its roofs, its sites and its money, as plain dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from laep import words
from laep.report import figures
from laep.report.layers import absent, each
from laep.schema.vocabulary import GENERATOR_STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from laep.report.printer import Printer

Row = dict[str, Any]

SITES_SHOWN = {"community": 15, "corporate": 8}
SEGMENTS_SHOWN = 15
"""Long tables stop here and say that rows are left out: the layer holds them all."""
USE_WORDS = {
    "home": "Houses", "flats": "Blocks of flats", "shop": "Shops", "office": "Offices", "school": "Schools",
    "hall": "Halls", "worship": "Places of worship", "health": "Health", "leisure": "Sport and leisure",
    "hotel": "Hotels and pubs", "civic": "Public buildings", "industry": "Industry", "farm": "Farm buildings",
    "garage": "Garages", "outbuilding": "Sheds and outbuildings", "utility": "Utilities", "other": "Other",
    "unknown": "Use not known",
}  # fmt: skip
TENURE_WORDS = {
    "owned": "Owned, outright or with a mortgage",
    "shared_ownership": "Part owned, part rented",
    "social_rented": "Rented from a council or housing association",
    "private_rented": "Rented privately or living rent free",
}
KIND_WORDS = {
    "school": "School", "hall": "Hall", "worship": "Place of worship", "club": "Club", "library": "Library",
    "health": "Health centre", "pub": "Pub", "shop": "Shop", "civic": "Public building", "sport": "Sports ground",
    "leisure": "Sport and leisure", "allotments": "Allotments", "car_park": "Car park", "industry": "Industry",
    "farm": "Farm", "office": "Office", "hotel": "Hotel or pub", "flats": "Block of flats",
}  # fmt: skip
TECHNOLOGY_WORDS = {"rooftop_pv": "on the roof", "ground_pv": "on the ground", "carport_pv": "over parked cars"}


def uses(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return buildings and electricity by use, in the order of `USE_WORDS`."""
    return [
        {
            "use": label,
            "buildings": show(f"buildings.{use}.count"),
            "annual": show(f"demand.{use}.annual") if f"demand.{use}.annual" in show else Markup("not estimated"),
        }
        for use, label in USE_WORDS.items()
        if not absent(frames, "in_building") and f"buildings.{use}.count" in show
    ]


def tenure(show: Printer) -> list[Row]:
    """Return households by tenure; a small group is printed as "fewer than 10" and its share left out."""
    whole = show.value("tenure.households")
    rows = []
    for key, label in TENURE_WORDS.items():
        count = show.value(f"tenure.{key}")
        if count is None or not whole:
            continue
        few = count < words.FEWEST_PEOPLE
        rows.append(
            {
                "label": label,
                "count": show(f"tenure.{key}"),
                "share": Markup("a few") if few else show(f"tenure.{key}_share"),
                "printed": "a few" if few else words.percent(count / whole),
                "size": max(count, words.FEWEST_PEOPLE) if few else count,
            }
        )
    return rows


def existing(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, list[Row]]:
    """Return generation and storage by technology: in the area, nearby, and at places not known."""
    if absent(frames, "model_generation"):
        return {"here": [], "nearby": [], "unplaced": []}
    kinds = sorted(frames["model_generation"]["technology"].unique())
    return {place: _registered(place, kinds, show) for place in ("here", "nearby", "unplaced")}


def _registered(place: str, kinds: Iterable[str], show: Printer) -> list[Row]:
    rows = []
    for kind in kinds:
        stems = {status: figures.generator_stem(place, status, kind) for status in GENERATOR_STATUSES}
        if any(f"{stem}_count" in show for stem in stems.values()):
            told = {status: _sites_and_size(stem, show) for status, stem in stems.items()}
            rows.append({"technology": str(kind).capitalize(), **told})
    return rows


def _sites_and_size(stem: str, show: Printer) -> Markup:
    if f"{stem}_count" not in show:
        return Markup("none registered")
    if f"{stem}_capacity" not in show:
        return show(f"{stem}_count")
    return Markup("{} ({})").format(show(f"{stem}_count"), show(f"{stem}_capacity"))


def solar_uses(show: Printer) -> list[Row]:
    """Return suitable roofs, capacity and yield by use, uses without a suitable roof left out."""
    return [
        {
            "use": label,
            "roofs": show(f"solar.{use}.roofs"),
            "capacity": show(f"solar.{use}.capacity"),
            "annual": show(f"solar.{use}.annual"),
        }
        for use, label in USE_WORDS.items()
        if (show.value(f"solar.{use}.roofs") or 0) > 0
    ]


def solar_methods(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[Row]:
    """Return how the roofs were found, with the capacity and confidence of each way."""
    if absent(frames, "model_solar"):
        return []
    rows = []
    for method in sorted(frames["model_solar"]["method"].unique()):
        stem = f"solar.method.{words.slug(method)}"
        if (show.value(f"{stem}.roofs") or 0) > 0:
            rows.append(
                {
                    "method": _roof_method(method),
                    "roofs": show(f"{stem}.roofs"),
                    "capacity": show(f"{stem}.capacity"),
                    "confidence": show.confidence(f"{stem}.capacity"),
                }
            )
    return rows


_PLAIN_METHODS = {
    "footprint archetype": "Typical roof for the footprint",
    "plane in the surface model": "Roof seen in the survey of heights",
}
_METHOD_LEFT_OUT = ("half-hourly light", "skyline from", "usual spread", "spread of")


def _roof_method(method: str) -> str:
    """Return how a roof was found in plain words; how its light was worked out is said once, below the table."""
    parts = [part for part in words.split(method) if not part.startswith(_METHOD_LEFT_OUT)]
    told = "; ".join(parts)
    for code, plain in _PLAIN_METHODS.items():
        told = told.replace(code, plain)
    return words.sentence(told).rstrip(".")


def sites(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any]:
    """Return the sites by who would own the asset, the largest first and numbered through, and how many are left."""
    if absent(frames, "site_anchor"):
        return {"groups": [], "numbered": [], "methods": ""}
    every = frames["site_anchor"]
    ids = words.slugs(sorted(every["site_id"]))
    stations = _names(frames)
    number = 0
    groups, numbered = [], []
    for owner in ("community", "corporate"):
        rows = every[every["owner_kind"] == owner].sort_values(
            ["capacity_kwp", "site_id"], ascending=[False, True], na_position="last"
        )
        shown = []
        for row in each(rows.head(SITES_SHOWN[owner])):
            number += 1
            shown.append(_site(row, number, f"site.{ids[row.site_id]}", stations, show))
            numbered.append((number, owner, row.geometry))
        if shown:
            groups.append({"owner": owner, "rows": shown, "left": len(rows) - len(shown)})
    methods = "; ".join(sorted(every["method"].unique()))
    return {"groups": groups, "numbered": numbered, "methods": methods}


def _site(row: Any, number: int, stem: str, stations: Mapping[str, str], show: Printer) -> Row:
    cautions = [words.sentence(row.caution)] if words.known(row.caution) else []
    said = " ".join(cautions).casefold()
    touched = [part.replace("-", " ") for part in words.split(row.constraints)]
    untold = [part for part in touched if part not in said]
    cautions += [f"Touches: {words.listed(untold)}."] * bool(untold)
    linked = [stations.get(key, _UNNAMED) for key in (row.secondary_id, row.primary_id) if words.known(key)]
    return {
        "number": number,
        "name": row.name if words.known(row.name) else f"{_kind(row.kind)} without a name",
        "kind": _kind(row.kind),
        "technology": TECHNOLOGY_WORDS.get(row.technology, row.technology),
        "capacity": show(f"{stem}.capacity") if f"{stem}.capacity" in show else None,
        "annual": show(f"{stem}.annual") if f"{stem}.annual" in show else None,
        "linked": linked,
        "cautions": cautions,
        "method": row.method,
        "confidence": row.confidence,
    }


_UNNAMED = "Substation without a name"


def _kind(kind: str) -> str:
    return KIND_WORDS.get(kind, str(kind).replace("_", " ").capitalize())


def segments(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any]:
    """Return candidate segments, those that could meet most of their use first, numbered for the map."""
    if absent(frames, "net_segment"):
        return {"rows": [], "wider": [], "left": 0, "numbers": {}, "shares": {}}
    every = frames["net_segment"]
    ids = words.slugs(sorted(every["segment_id"]))
    shares = {
        segment: share
        for segment, key in ids.items()
        for share in [_share(show, f"segment.{key}")]
        if share is not None
    }
    drawn = every[every["kind"] == smallest_kind(every)]
    ranked = sorted(each(drawn), key=lambda row: (-shares.get(row.segment_id, -1.0), -row.homes, row.segment_id))
    rows = [_segment(row, n, f"segment.{ids[row.segment_id]}", show) for n, row in enumerate(ranked, start=1)]
    above = every["kind"].isin(("primary", "area")) & (every["kind"] != smallest_kind(every))
    wider = each(every[above].sort_values(["kind", "segment_id"]))
    return {
        "rows": rows[:SEGMENTS_SHOWN],
        "wider": [_segment(row, 0, f"segment.{ids[row.segment_id]}", show) for row in wider],
        "left": max(len(rows) - SEGMENTS_SHOWN, 0),
        "numbers": {row.segment_id: n for n, row in enumerate(ranked[:SEGMENTS_SHOWN], start=1)},
        "shares": shares,
    }


def smallest_kind(segments: pd.DataFrame) -> str:
    """Return the finest kind of segment there is: those of street substations, else of primaries, else the area."""
    return next(kind for kind in ("secondary", "primary", "area") if (segments["kind"] == kind).any())


def _share(show: Printer, stem: str) -> float | None:
    battery = show.value(f"{stem}.self_sufficiency_battery")
    return show.value(f"{stem}.self_sufficiency") if battery is None else battery


def _segment(row: Any, number: int, stem: str, show: Printer) -> Row:
    return {
        "number": number,
        "name": row.name if words.known(row.name) else _UNNAMED,
        "homes": show(f"{stem}.homes"),
        "solar": show(f"{stem}.self_sufficiency"),
        "battery": show(f"{stem}.self_sufficiency_battery"),
        "export": show(f"{stem}.peak_export"),
        "size": show(f"{stem}.battery_battery"),
        "rating": show(f"{stem}.rating") if f"{stem}.rating" in show else None,
        "values": (show.value(f"{stem}.self_sufficiency"), show.value(f"{stem}.self_sufficiency_battery")),
    }


def finance(frames: Mapping[str, pd.DataFrame], show: Printer, kinds: Iterable[str]) -> list[Row]:
    """Return the money of some kinds of asset; sites with the best net present value first."""
    if absent(frames, "model_finance"):
        return []
    every = frames["model_finance"]
    ids = words.slugs(sorted(every["asset_id"]))
    wanted = list(kinds)
    chosen = every[every["kind"].isin(wanted)]
    order = sorted(each(chosen), key=lambda row: (wanted.index(row.kind), -row.npv_gbp, row.asset_id))
    return [
        {
            "name": row.name if words.known(row.name) else row.asset_id,
            "stem": f"finance.{ids[row.asset_id]}",
            "row": row,
            **{part: show(f"finance.{ids[row.asset_id]}.{part}") for part in _MONEY_COLUMNS},
            "confidence": row.confidence,
            "method": row.method,
        }
        for row in order
    ]


_MONEY_COLUMNS = ("capacity", "capex", "benefit", "opex", "payback", "npv", "carbon")


def _names(frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    frame = frames.get("in_substation")
    return {row.substation_id: row.name for row in each(frame) if words.known(row.name)}
