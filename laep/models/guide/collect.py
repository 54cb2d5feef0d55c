"""Everything the rules can be tested against: what the layers say, joined with what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.models.guide import grid, homes, sites
from laep.models.guide.evidence import Evidence, unknown
from laep.models.money.flexibility import homes_needed
from laep.words import count_of, percent, power

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.answers import Answers

LAYERS = (
    "in_tenure", "in_census", "in_building", "in_place", "model_generation", "in_constraint", "link_substation",
    "in_flexibility", "site_anchor", "net_segment", "link_segment", "net_generator", "roof_plane", "model_home",
    "model_stock", "model_demand", "model_solar", "model_balance", "model_headroom",
)  # fmt: skip
"""Layers that say something on the rules; each may be absent."""
KEYS = (
    "owner_share", "renter_share", "social_share", "private_share", "homes", "flat_share", "suitable_roof_share",
    "able_roofs", "able_homes", "panels_share", "electric_heat_kw", "poor_share", "limited_share", "site_found",
    "site_reachable", "site_near", "public_land", "host_found", "generation_kw", "storage_kw", "generation_ratio",
    "spare_kw", "scheme_kw", "focus", "constrained", "site_connects", "open_data", "balance_ratio", "today_ratio",
    "segment_homes", "segment_anchor_kw", "segment_candidates", "flexibility_sought",
)  # fmt: skip
"""Every key `gather` returns."""
ANSWERED_KEYS = ("expected_installs", "kit_kw", "flex_kw")
"""Every key `with_answers` adds."""
THRESHOLDS = (
    "guide.ca.asset_min_kw", "guide.cp.conversion", "guide.cp.min_installs", "guide.sb.homes_anchor",
    "guide.survey.many_share", "guide.vpp.home_flex_asset_kw", "guide.vpp.home_flex_none_kw",
    "guide.vpp.local_min_kw", "guide.vpp.national_min_kw", "net.power_factor",
)  # fmt: skip
"""Assumptions that `gather` and `with_answers` use themselves; rules name more."""
_OWN_NETWORK = "The network in mind is one of its own: the streets on the map say nothing of it."
_JOIN_ASK = "How many homes would take part in a scheme that pays for shifting use?"


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
        *homes.tenure(frames), total, homes.joining(total), homes.flats(frames),
        *homes.roofs(frames),
        homes.panels(frames, homes=_number(total)),
        homes.electric_heat(frames, kw_per_home=thresholds["guide.vpp.home_flex_none_kw"]),
        homes.poor(frames),
        homes.limited(frames),
        *sites.sites(frames, min_kw=min_kw),
        *sites.generation(frames),
        sites.schemes(frames),
        grid.on_sure_links(frames, lambda held: grid.constrained(held, power_factor=factor)),
        grid.on_sure_links(frames, lambda held: grid.site_connects(held, min_kw=min_kw, power_factor=factor)),
        grid.open_data(frames),
        grid.on_sure_links(frames, grid.flexibility_sought),
        *grid.segments(frames, homes_enough=thresholds["guide.sb.homes_anchor"]),
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
    Installs are sign-ups times the guide's conversion. Power that could be switched counts homes at the guide's figure
    for a home without special kit, and homes with kit at its figure for a battery or two-way car. As long as people
    have not said that they want to join, all homes count and the figure is a ceiling; once they have, the share that
    counts as many. What the map says of existing streets says nothing of a network that a company or an island owns.
    """
    own = answers.holds("network_kind", "estate") or answers.holds("network_kind", "island")
    elsewhere = {key: unknown(key, ["answers.network_kind"], _OWN_NETWORK) for key in grid.OF_SEGMENT if own}
    return {
        **evidence,
        **elsewhere,
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
    many = thresholds["guide.survey.many_share"] if answers.holds("energy_interest", "want_flex") else None
    taking_part = homes_here * (1.0 if many is None else many)
    with_kit = min(answers.number("flexible_homes") or 0.0, taking_part)
    kw = (taking_part - with_kit) * plain + with_kit * kit
    local = homes_needed(thresholds["guide.vpp.local_min_kw"], kw_per_home=plain)
    national = thresholds["guide.vpp.national_min_kw"]
    without, having = (homes_needed(national, kw_per_home=each) for each in (plain, kit))
    share = "all" if many is None else f"{percent(many)} of"
    said = (
        f"If {share} {count_of(homes_here, 'home', 'homes')} took part, about {power(kw)} could be switched."
        f" Local markets open at {local:,} homes; national ones at {without:,} homes without kit, or {having:,} with."
    )
    extra = [("answers.flexible_homes", with_kit), ("answers.energy_interest", many), ("guide.survey.many_share", many)]
    used = [name for name, held in extra if held]
    return Evidence("flex_kw", kw, said, (*origin, *used), _JOIN_ASK, most=many is None)


def _number(evidence: Evidence) -> float | None:
    return None if evidence.value is None else float(evidence.value)
