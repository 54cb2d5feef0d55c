"""Sentences whose truth hangs on which data the area holds: how use, roofs, shade and segments came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from laep import words
from laep.report.layers import absent
from laep.schema.vocabulary import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.report.book import Book
    from laep.report.printer import Printer

MUCH = 0.2
"""From this share of the roof capacity on, buildings whose use is not known make a share of use misleading."""
FLAGS = {
    "listed-building": "are listed",
    "conservation-area": "stand in a conservation area",
    "world-heritage-site": "stand in a World Heritage Site",
    "scheduled-monument": "touch a scheduled monument",
    "article-4-direction-area": "stand where the council has taken away some usual rights to build",
}
"""Constraint on a roof -> what is said of the buildings it lies on."""
_PUBLISHED_LINKS = ("published_feeder", "beside_published_feeder", "along_lines", "published_area", "published_id")


def figures(book: Book) -> None:
    """Add how many buildings with room for panels are flagged, and what shade takes."""
    planes, yields = book.layer("roof_plane"), book.layer("model_plane")
    if planes is not None and "constraints" in planes.columns:
        held = planes[planes["suitable"].astype(bool) & planes["constraints"].notna()]
        for flag, said in FLAGS.items():
            on = held.loc[held["constraints"].str.split(";").map(lambda kinds, flag=flag: flag in kinds), "building_id"]
            if len(on):
                book.add(
                    f"solar.flagged.{flag}", f"Buildings with room for panels that {said}", on.nunique(),
                    "buildings", layer="roof_plane", rows="suitable",
                    column=f'building_id, where constraints hold "{flag}"',
                    method="calculation", confidence="medium",
                )  # fmt: skip
    if planes is None or yields is None:
        return
    fits = planes.loc[planes["suitable"].astype(bool), ["roof_id", "capacity_kwp"]].merge(yields, on="roof_id")
    seen = fits[fits["shade_loss"].notna()]
    if seen["capacity_kwp"].sum() > 0:
        weight = seen["capacity_kwp"] / seen["capacity_kwp"].sum()
        book.add(
            "solar.shade_loss", "Yield that roofs, trees and hills take from suitable roofs by their shade",
            float((seen["shade_loss"] * weight).sum()), "share", layer="model_plane",
            column="shade_loss, weighted by capacity_kwp of roof_plane", method="calculation", confidence="medium",
        )  # fmt: skip
        book.add(
            "solar.shade_known", "Suitable roof capacity whose shade is read from a surface model",
            seen["capacity_kwp"].sum() / fits["capacity_kwp"].sum(), "share", layer="model_plane",
            rows="shade_loss == shade_loss", column="capacity_kwp of roof_plane", method="calculation",
        )  # fmt: skip


def roof_flags(show: Printer) -> list[dict[str, Any]]:
    """Return how many buildings with room for panels are listed, in a conservation area and the like."""
    return [
        {"count": show(f"solar.flagged.{flag}"), "words": said}
        for flag, said in FLAGS.items()
        if f"solar.flagged.{flag}" in show
    ]


def shade(show: Printer) -> Any:
    """Return what is known of shade, as a sentence."""
    if "solar.shade_loss" not in show:
        return "Shade is not known: no survey of heights is held, and a usual loss stands for it."
    told = Markup(
        "Shade of roofs, trees and hills is read from the survey of heights for {} of the panels: it takes {} of "
        "their yield."
    )
    return told.format(show("solar.shade_known"), show("solar.shade_loss"))


def use(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return how use of electricity was found: whether homes are held to the area's meters."""
    ways = "" if absent(frames, "model_demand") else " ".join(frames["model_demand"]["method"].dropna().unique())
    began = "No building's own meter was read: use is worked out from kind and size of building. "
    if "meters" in ways or "metered" in ways:
        return began + "Homes are scaled so that they use, on average, what the area's meters say."
    return began + "Homes are scaled to a national mean; published totals of the area's meters would be better."


def use_gap(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return a warning where much of the roof capacity is on buildings whose use of electricity is not known."""
    if absent(frames, "model_solar") or absent(frames, "model_demand"):
        return ""
    solar, demand = frames["model_solar"], frames["model_demand"]
    told = demand[demand["annual_kwh"].notna() & ~demand["use"].isin(["unknown"])]["scope_id"]
    total = float(solar["capacity_kwp"].sum())
    blind = float(solar.loc[~solar["building_id"].isin(told), "capacity_kwp"].sum())
    if not total or blind / total < MUCH:
        return ""
    return (
        f"{words.roughly(blind / total).capitalize()} of these panels would stand on buildings whose use of "
        "electricity is not known, so they are not set against it here."
    )


def segments(frames: Mapping[str, pd.DataFrame]) -> str:
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


def roofs_caption(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return what the map of roofs shows."""
    by_plane = not (absent(frames, "model_plane") or absent(frames, "roof_plane"))
    what = "Roof planes" if by_plane else "Roofs"
    known = by_plane and frames["model_plane"]["shade_loss"].notna().any()
    shaded = ", shade included" if known else ", shade not known"
    return (
        f"{what} by what each kWp of panels could yield there in a first year{shaded}. Nobody has been on these roofs."
    )


def operators(frames: Mapping[str, pd.DataFrame], served: tuple[tuple[str, str, str], ...]) -> str:
    """
    Return whose network the place is on, as a sentence.

    Parameters
    ----------
    served : tuple of (licence area, operator, confidence)
        What is known where the area holds no layer `in_licence_area`.
    """
    held = frames.get("in_licence_area")
    rows = served
    if held is not None and len(held):
        rows = tuple(held[["licence_area", "operator", "confidence"]].itertuples(index=False, name=None))
    if not rows:
        return ""
    areas: dict[str, list[str]] = {}
    for area, operator, _ in rows:
        areas.setdefault(OPERATORS.get(operator, operator), []).append(area)
    unsure = len(rows) > 1 and any(confidence == "low" for *_, confidence in rows)
    joined = " or " if unsure else " and "
    named = joined.join(f"{operator} ({joined.join(held)})" for operator, held in areas.items())
    if unsure and len(areas) > 1:
        return f"The place is near a border between networks: it may be on that of {named}."
    sure = "" if all(confidence == "high" for *_, confidence in rows) else ", by the places known to lie in each area"
    return f"The network here belongs to {named}{sure}."


def for_operator(text: str, served: tuple[tuple[str, str, str], ...]) -> str:
    """Return advice that names SSEN's headroom table with the table of the operator the place is on, if that is one."""
    found = list(dict.fromkeys(operator for _, operator, _ in served))
    if len(found) != 1:
        return text
    return text.replace("ssen_headroom", HEADROOM_SOURCES.get(found[0], "ssen_headroom"))


HEADROOM_SOURCES = {
    "ssen": "ssen_headroom",
    "nged": "nged_capacity",
    "ukpn": "ukpn_headroom",
    "enwl": "enwl_headroom",
    "spen": "spen_headroom",
    "npg": "npg_headroom",
}
"""Operator -> the source of its table of headroom."""
