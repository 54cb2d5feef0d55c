"""Places made up for tests of the field guide's rules: the circumstances of the guide's six scenarios, and helpers."""

import tempfile
from pathlib import Path

import pandas as pd

from laep import answers
from laep.assumptions import shipped
from laep.models import guide
from laep.models.guide import Evidence, pathways, preferences

THRESHOLDS = {key: shipped()[key].value for key in guide.thresholds()}


def said(text):
    """Return the answers that a file with `text` holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.toml"
        path.write_text(text, encoding="utf-8")
        return answers.read(path)


NOTHING = guide.gather({}, thresholds=THRESHOLDS)
"""What is known of a place of which nothing is held."""


def evidence(**known):
    """Return evidence in which only `known` is known."""
    return NOTHING | {key: Evidence(key, value, f"{key} is {value}.", ("layer",)) for key, value in known.items()}


def judged(text="", **known):
    """Return the rules and blocks of a place with these answers and this evidence."""
    return guide.evaluate(evidence(**known), said(text), thresholds=THRESHOLDS)


def ranked(text="", **known):
    """Return the pathways of such a place, by id, with its rules and blocks."""
    place = judged(text, **known)
    wishes = preferences.of(said(text), thresholds=THRESHOLDS)
    return pathways.rank(place.rules, place.blocks, wishes), place


def status(place, *rule_ids):
    """Return the status of some rules."""
    found = dict(zip(place.rules["rule_id"], place.rules["status"], strict=True))
    return [found[rule_id] for rule_id in rule_ids]


def block(place, block_id):
    """Return the row of one block."""
    return place.blocks.set_index("block_id").loc[block_id]


def frame(**columns):
    """Return a frame from columns."""
    return pd.DataFrame(columns)


SCENARIOS = {
    "simple_vpp": (
        {"owner_share": 0.05, "renter_share": 0.95, "social_share": 0.9, "private_share": 0.05, "homes": 180.0},
        """
        [residents]
        priorities = ["nature", "bills"]
        effort = "elsewhere"
        energy_interest = "want_flex"
        already_flexing = 0.1
        smart_meter_share = 0.7
        [partners]
        plan_support = ["convenor"]
        flexibility = ["operator"]
        """,
    ),
    "rooftop_pv": (
        {
            "owner_share": 0.85, "renter_share": 0.15, "social_share": 0.05, "private_share": 0.1, "homes": 600.0,
            "suitable_roof_share": 0.7,
        },
        """
        [residents]
        priorities = ["bills", "carbon"]
        effort = "little"
        agreement = "solar"
        able_to_pay = 0.6
        kit_interest = 0.6
        views_on_companies = ["distrust_installers"]
        registrations = 510
        worth_more = "no"
        [partners]
        plan_support = ["convenor"]
        purchase_support = ["coordinator", "installers", "expertise"]
        home_limits = ["no poor_buildings"]
        """,
    ),
    "advanced_vpp": (
        {
            "owner_share": 0.55, "renter_share": 0.45, "social_share": 0.3, "private_share": 0.15, "homes": 900.0,
            "suitable_roof_share": 0.6,
        },
        """
        [residents]
        priorities = ["carbon", "bills", "independence"]
        effort = "a_lot"
        agreement = "broad"
        worth_more = "yes"
        energy_interest = "engaged"
        plan_kit = "yes"
        flexible_homes = 150
        kit_interest = 0.5
        able_to_pay = 0.5
        [partners]
        plan_support = ["convenor"]
        purchase_support = ["coordinator", "landlord", "installers", "expertise"]
        flexibility = ["operator", "kit_talks"]
        """,
    ),
    "community_energy_share": (
        {
            "owner_share": 0.6, "renter_share": 0.4, "homes": 900.0, "site_found": True, "site_reachable": True,
            "site_connects": True, "site_near": True, "public_land": True, "generation_kw": 0.0,
        },
        """
        [residents]
        priorities = ["community", "income", "carbon"]
        effort = "a_lot"
        agreement = "broad"
        shared_project = ["keen", "helpers", "no resistance"]
        project_wishes = ["ideas", "run_own"]
        local_generation = ["invest"]
        local_value = "local"
        risk = "open"
        switch_supplier = "willing"
        [partners]
        plan_support = ["convenor"]
        project_support = ["operator", "money", "room", "onward_route"]
        local_site = "community"
        site = ["owner_agrees", "access"]
        anchor_funding = "enough"
        market = ["platform", "supplier"]
        """,
    ),
    "wind_farm_dividend": (
        {"owner_share": 0.6, "renter_share": 0.4, "homes": 1500.0},
        """
        [residents]
        priorities = ["income", "community", "nature"]
        effort = "some"
        agreement = "broad"
        views_on_companies = ["no distrust_companies", "no prefer_without"]
        [partners]
        plan_support = ["convenor"]
        company_interest = ["planning", "mission"]
        company_offer = ["oversight", "fair_terms", "protection"]
        local_site = "large"
        anchor_funding = "none"
        project_support = ["operator", "onward_route", "room"]
        """,
    ),
    "private_wire": (
        {"homes": 400.0, "balance_ratio": 0.1, "segment_homes": 126.0},
        """
        [residents]
        priorities = ["independence", "bills", "warmth", "carbon"]
        effort = "some"
        worth_more = "yes"
        balancing_views = ["pragmatic", "accept"]
        views_on_companies = ["no distrust_companies"]
        [partners]
        plan_support = ["convenor"]
        network_kind = "estate"
        balancing = ["owner_willing", "sells_services", "storage", "regulation", "network", "control", "governance",
                     "matched", "enough_homes"]
        company_interest = ["customers", "mission"]
        company_offer = ["oversight", "fair_terms", "protection"]
        flexibility = ["contract", "kit_talks"]
        """,
    ),
}  # fmt: skip
"""Evidence and answers of each scenario of the guide, by the pathway that should lead."""

TWELVE = [
    ("nothing said at all", None, "", (None, "needs_answers")),
    ("an empty answer", None, "[residents]\n", (None, "needs_answers")),
    ("wishes alone", None, '[residents]\npriorities = ["bills", "carbon"]\neffort = "some"', (None, "needs_answers")),
    ("warmth and nothing more", None, '[residents]\npriorities = ["warmth"]', ("stop_here", "recommended")),
    *((name, name, {}, (name, "recommended")) for name in SCENARIOS),
    ("tenants not asked if it is worth it", "simple_vpp", {'effort = "elsewhere"': ""}, ("simple_vpp", "possible")),
    ("few have signed up", "rooftop_pv", {"registrations = 510": "registrations = 140"}, ("rooftop_pv", "possible")),
]  # fmt: skip
"""Twelve sets of answers: a name, the scenario of the guide and what is changed in it (or what is said where the map
shows much and people little), and what leads with which standing; where none leads, how all seven stand."""
MUCH_ON_THE_MAP = {
    "owner_share": 0.64, "renter_share": 0.36, "homes": 1251.0, "suitable_roof_share": 0.9, "site_found": True,
    "site_reachable": True, "site_near": True, "site_connects": True, "scheme_kw": 4900.0, "generation_kw": 758.0,
    "electric_heat_kw": 30.9, "panels_share": 0.07, "balance_ratio": 0.99, "today_ratio": 0.6, "segment_homes": 400.0,
}  # fmt: skip
"""A place on which open data says all it can."""
