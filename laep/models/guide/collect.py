"""Everything the rules can be tested against: what the layers say, joined with what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.models.guide import grid, homes, sites
from laep.models.guide.evidence import Evidence, unknown
from laep.models.money.flexibility import homes_needed
from laep.words import count_of, power

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.answers import Answers

LAYERS = (
    "in_tenure", "in_census", "in_building", "in_place", "model_generation", "in_constraint", "link_substation",
    "in_flexibility", "site_anchor", "net_segment", "model_home", "model_demand", "model_solar", "model_balance",
    "model_headroom",
)  # fmt: skip
"""Layers that say something on the rules; each may be absent."""
KEYS = (
    "owner_share", "renter_share", "social_share", "private_share", "homes", "flat_share", "suitable_roof_share",
    "enough_roofs", "uptake_low", "designated", "site_found", "site_reachable", "site_near", "public_land",
    "largest_site_kw", "host_found", "generation_kw", "storage_kw", "generation_ratio", "focus", "constrained",
    "site_connects", "open_data", "balance_ratio", "segment_homes", "segment_candidates", "enough_homes",
    "flexibility_sought",
)  # fmt: skip
"""Every key `gather` returns."""
ANSWERED_KEYS = ("expected_installs", "kit_kw", "flex_kw")
"""Every key `with_answers` adds."""
THRESHOLDS = (
    "guide.ca.asset_min_kw", "guide.cp.conversion", "guide.cp.low_kit_share", "guide.cp.min_installs",
    "guide.lem.min_homes", "guide.sb.homes_anchor", "guide.vpp.home_flex_asset_kw", "guide.vpp.home_flex_none_kw",
    "guide.vpp.local_min_kw", "guide.vpp.national_min_kw", "net.power_factor",
)  # fmt: skip
"""Assumptions that `gather` and `with_answers` use themselves; rules name more."""


def gather(frames: Mapping[str, pd.DataFrame], *, thresholds: Mapping[str, float]) -> dict[str, Evidence]:
    """
    Return what the layers say on the field guide's rules.

    Parameters
    ----------
    frames : mapping of layer name to DataFrame
        Any of `LAYERS`. A layer that is not in it is unknown, never false.
    thresholds : mapping of assumption key to value
        Those of `THRESHOLDS`, in the units of `laep.assumptions`.

    Returns
    -------
    dict of evidence key to Evidence, one for each of `KEYS`.
    """
    min_kw, factor = thresholds["guide.ca.asset_min_kw"], thresholds["net.power_factor"]
    total = homes.homes(frames)
    found = [
        *homes.tenure(frames), total, homes.flats(frames),
        *homes.roofs(frames, min_installs=thresholds["guide.cp.min_installs"]),
        homes.uptake(frames, homes=_number(total), low_share=thresholds["guide.cp.low_kit_share"]),
        homes.designated(frames),
        *sites.sites(frames, min_kw=min_kw),
        *sites.generation(frames),
        grid.constrained(frames, power_factor=factor),
        grid.site_connects(frames, min_kw=min_kw, power_factor=factor),
        grid.open_data(frames),
        grid.flexibility_sought(frames),
        *grid.segments(frames, homes_enough=thresholds["guide.sb.homes_anchor"]),
        _enough_homes(total, thresholds["guide.lem.min_homes"]),
    ]  # fmt: skip
    by_key = {one.key: one for one in found}
    by_key["focus"] = sites.focus(frames, by_key["site_found"])
    return {key: by_key[key] for key in KEYS}


def with_answers(
    evidence: Mapping[str, Evidence], answers: Answers, *, thresholds: Mapping[str, float]
) -> dict[str, Evidence]:
    """
    Return the evidence with what follows from it and the answers together: installs, and kW that could be switched.

    Notes
    -----
    Installs are sign-ups times the guide's conversion. Power that could be switched counts every home at the guide's
    figure for a home without special kit, and homes with kit at its figure for a battery or two-way car: a ceiling,
    since not every home takes part and heat pumps or one-way chargers give less.
    """
    return {
        **evidence,
        "expected_installs": _installs(answers, thresholds),
        "kit_kw": _kit_kw(answers, thresholds),
        "flex_kw": _flex_kw(evidence["homes"], answers, thresholds),
    }


def _installs(answers: Answers, thresholds: Mapping[str, float]) -> Evidence:
    rate, least = thresholds["guide.cp.conversion"], thresholds["guide.cp.min_installs"]
    origin = ("answers.registrations", "guide.cp.conversion")
    signed = answers.number("registrations")
    if signed is None:
        sign_ups = homes_needed(least, kw_per_home=rate)
        said = f"About {sign_ups:,} homes would have to sign up for {least:,.0f} to go ahead."
        ask = "How many homes have signed up, or would sign up, to hear more about buying kit together?"
        return unknown("expected_installs", origin, said, ask)
    likely = signed * rate
    said = f"{answers.words('registrations')} About {likely:,.0f} of them would go ahead at the guide's rate."
    return Evidence("expected_installs", likely, said, origin)


def _kit_kw(answers: Answers, thresholds: Mapping[str, float]) -> Evidence:
    each = thresholds["guide.vpp.home_flex_asset_kw"]
    origin = ("answers.flexible_homes", "guide.vpp.home_flex_asset_kw")
    with_kit = answers.number("flexible_homes")
    if with_kit is None:
        ask = "How many homes already have a home battery, an electric car or a heat pump that a signal could switch?"
        return unknown("kit_kw", origin, "", ask)
    said = f"{answers.words('flexible_homes')} At up to {each:g} kW each that is {power(with_kit * each)}."
    return Evidence("kit_kw", with_kit * each, said, origin)


def _flex_kw(total: Evidence, answers: Answers, thresholds: Mapping[str, float]) -> Evidence:
    plain, kit = thresholds["guide.vpp.home_flex_none_kw"], thresholds["guide.vpp.home_flex_asset_kw"]
    origin = (*total.origin, "guide.vpp.home_flex_none_kw", "guide.vpp.home_flex_asset_kw")
    homes_here = _number(total)
    if homes_here is None:
        return unknown("flex_kw", origin, total.sentence, total.ask)
    with_kit = min(answers.number("flexible_homes") or 0.0, homes_here)
    kw = (homes_here - with_kit) * plain + with_kit * kit
    local = homes_needed(thresholds["guide.vpp.local_min_kw"], kw_per_home=plain)
    national = thresholds["guide.vpp.national_min_kw"]
    without, having = (homes_needed(national, kw_per_home=each) for each in (plain, kit))
    said = (
        f"If all {count_of(homes_here, 'home', 'homes')} took part, about {power(kw)} could be switched."
        f" Local markets open at {local:,} homes; national ones at {without:,} homes without kit, or {having:,} with."
    )
    extra = ("answers.flexible_homes",) if with_kit else ()
    return Evidence("flex_kw", kw, said, (*origin, *extra))


def _enough_homes(total: Evidence, least: float) -> Evidence:
    number = _number(total)
    few = number is not None and number < least
    return Evidence("enough_homes", False if few else None, total.sentence, (*total.origin, "guide.lem.min_homes"))


def _number(evidence: Evidence) -> float | None:
    return None if evidence.value is None else float(evidence.value)
