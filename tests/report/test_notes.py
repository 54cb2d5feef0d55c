"""Sentences that hang on what data is held say what that data can bear."""

import frames_for_report as made
import numpy as np
import pandas as pd
import pytest
import reading

from laep import ingest
from laep.report import advice, register, stations
from laep.report.printer import Printer
from laep.report.sections import baseline, network, one_page, segments, solar
from laep.report.sections import sites as site_rows


@pytest.fixture(scope="module")
def frames():
    return made.village()


def planes(frames, **columns):
    ids = frames["model_solar"]["building_id"].head(4).tolist()
    rows = {"roof_id": list("abcd"), "building_id": ids, "suitable": True, "capacity_kwp": [3.0, 1.0, 2.0, 2.0],
            "constraints": ["listed-building;conservation-area", "conservation-area", None, None]}  # fmt: skip
    yields = {"roof_id": list("abcd"), "shade_loss": [0.1, 0.5, np.nan, np.nan], "yield_kwh_per_kwp": 900.0}
    return {**frames, "roof_plane": pd.DataFrame(rows | columns), "model_plane": pd.DataFrame(yields)}


def test_listed_roofs_and_shade_are_counted_by_hand(frames):
    told = register.figures(planes(frames)).set_index("figure_id")["value"]
    assert told["solar.flagged.listed-building"] == 1
    assert told["solar.flagged.conservation-area"] == 2
    assert told["solar.shade_loss"] == pytest.approx((3 * 0.1 + 1 * 0.5) / 4)
    assert told["solar.shade_known"] == pytest.approx(4 / 8)
    none = register.figures(planes(frames, constraints=None))["figure_id"]
    assert not none.str.startswith("solar.flagged").any()


def test_use_is_said_to_be_held_to_meters_only_where_it_is(frames):
    demand = frames["model_demand"]
    metered = demand.assign(method="x; scaled to the meters of the area's LSOAs")
    assert "meters say" in baseline.use_told({"model_demand": metered})
    assert "national mean" in baseline.use_told(
        {"model_demand": demand.assign(method="x; scaled to a national mean use")}
    )


def test_a_share_of_use_is_held_back_where_most_use_is_unknown(frames):
    assert solar.use_gap(frames) == ""
    blind = frames["model_demand"].assign(use="unknown")
    assert solar.use_gap({**frames, "model_demand": blind}).startswith("All of these panels")


def test_segments_say_where_their_links_come_from(frames):
    links = frames["link_building"]
    assert "operator publishes" in segments.origin({"link_building": links.assign(secondary_method="published_feeder")})
    assert "along the streets" in segments.origin({"link_building": links.assign(secondary_method="along_streets")})


def test_operators_are_named_and_doubt_is_said():
    one = network.operators({}, (("Southern", "ssen", "medium"),))
    assert one.startswith("The network here belongs to Scottish and Southern Electricity Networks (Southern), by")
    two = network.operators({}, (("Southern", "ssen", "low"), ("South West", "nged", "low")))
    assert two.endswith("Scottish and Southern Electricity Networks (Southern) or National Grid Electricity Distribution "
                        "(South West).")  # fmt: skip
    ours = network.operators({}, (("London", "ukpn", "low"), ("Eastern", "ukpn", "low")))
    assert ours.startswith("The network here belongs to UK Power Networks (London or Eastern), by")
    held = pd.DataFrame({"licence_area": ["London"], "operator": ["ukpn"], "confidence": ["high"]})
    assert network.operators({"in_licence_area": held}, ()) == "The network here belongs to UK Power Networks (London)."
    assert network.operators({}, ()) == ""


def test_f4_whatever_is_said_of_a_guessed_substation_says_that_it_is_a_guess(frames):
    links = frames["link_substation"]
    first = links.loc[links["role"] == "serves", "substation_id"].iloc[0]
    guess = {
        **frames, "link_substation": links.assign(confidence="low", method="nearest"),
        "site_anchor": frames["site_anchor"].assign(connects_at="primary", primary_id=first),
    }  # fmt: skip
    show = Printer(register.figures(guess))
    main = stations.serving(guess)[0]
    assert stations.doubt(guess).startswith(f"That {main.name} and Yarnfield Primary serve")
    assert stations.doubt(frames) == ""
    front = [one["note"] for one in one_page.numbers(guess, show) if main.name in one["label"]]
    assert front
    assert all(note.endswith("if it serves us, being the nearest known one") for note in front)
    assert "by distance it is" in reading.text(one_page.verdict(guess, show, name="Alderbrook"))
    tight = [line for line in map(reading.text, one_page.holding_back(guess, show)) if line.startswith(main.name)]
    assert all("(a guess: the nearest known one)" in line for line in tight)
    connects = [row[3] for group in site_rows.groups(guess, show) for row in reading.rows(group["table"])]
    assert all("the nearest known" in one for one in connects if main.name in one)
    assert any(main.name in one for one in connects)
    held = guess["net_segment"]
    whole = segments.candidates([], list(held.itertuples()), stations.guessed(guess), show)
    pieces = [row[0] for row in reading.rows(whole) if main.name in row[0]]
    assert all("if it serves it" in one for one in pieces)


def test_nothing_is_said_to_be_found_where_nothing_was_looked_for(frames):
    sites = frames["site_anchor"].assign(caution=None, constraints=None)
    held = {**frames, "site_anchor": sites, "in_constraint": pd.DataFrame({"kind": ["flood-risk-zone"]})}
    blind = {name: frame for name, frame in held.items() if name != "in_constraint"}
    for known, words in ((held, "nothing found so far"), (blind, "not known: protected places were not read")):
        shown = site_rows.groups(known, Printer(register.figures(known)))
        assert {row[4] for group in shown for row in reading.rows(group["table"])} == {words}


def test_only_schemes_named_after_our_substations_are_told_and_only_their_last_year(frames):
    name = frames["link_substation"]["name"].dropna().iloc[0]
    rows = pd.DataFrame(
        {
            "scheme": [name.split()[0].upper() + "-W"] * 3 + ["ELSEWHERE"], "year": [2024, 2025, 2025, 2025],
            "events": [9, 2, 3, 7], "hours": [9.0, 1.5, 2.0, 7.0], "energy_lost_kwh": [9.0, None, 40.0, 7.0],
            "operator": "ukpn",
        }
    )  # fmt: skip
    held = {**frames, "in_curtailment": rows}
    ((stem, last, _),) = network.curtailed(held)
    assert last["year"].tolist() == [2025, 2025]
    told = register.figures(held).set_index("figure_id")["value"]
    assert (told[f"{stem}.events"], told[f"{stem}.hours"], told[f"{stem}.lost"]) == (5, 3.5, 40)
    (row,) = reading.rows(network.curtailment(held, Printer(register.figures(held))))
    assert row[1:3] == ["2025", f"[{stem}.events]"]


def test_the_nearest_needs_are_told_once_a_zone():
    needs = pd.DataFrame(
        {"need_id": ["1", "2", "3"], "zone": ["B", "A", "A"], "distance_m": [2500.0, 0.0, 0.0], "capacity": [1.5, None, 2],
         "unit": ["MW", None, "MW"], "starts": [None, "2028", "2029"], "window": None, "outcome": None}
    )  # fmt: skip
    first, second = reading.rows(network.flexibility({"in_flexibility": needs}))
    assert first[:3] == ["A", "in the area", ""]
    assert second[:3] == ["B", "2.5 km away", "up to 1.5 MW"]


def test_how_a_roof_was_found_is_said_without_how_its_light_was(frames):
    found = "footprint archetype: gable, since it is too small for the survey"
    method = f"{found}; half-hourly light by compiled loop; shade not known; usual spread of years"
    held = {**frames, "model_solar": frames["model_solar"].assign(method=method)}
    (name,) = reading.names(solar.by_method(held, Printer(register.figures(held))))
    assert name == "Typical roof for the footprint: gable, since it is too small for the survey; shade not known"


def test_a_site_makes_what_all_that_fits_on_it_would(frames):
    site = frames["site_anchor"].dropna(subset=["building_id"]).iloc[[0]]
    told = register.figures({**frames, "site_anchor": site}).set_index("figure_id")["value"]
    (annual,) = told[told.index.str.match(r"site\..*\.annual")]
    sizes = frames["model_asset"].set_index(["site_id", "option"])["annual_kwh"]
    assert annual == sizes[site["site_id"].iloc[0], "largest"]


def test_advice_names_the_source_of_the_operator_here():
    text = "for example, `laep ingest ssen_headroom --file PATH`"
    assert "ukpn_headroom" in advice.for_operator(text, (("London", "ukpn", "low"), ("Eastern", "ukpn", "low")))
    assert advice.for_operator(text, ()) == text
    assert advice.for_operator(text, (("A", "ukpn", "low"), ("B", "npg", "low"))) == text
    assert set(advice.HEADROOM_SOURCES.values()) <= set(ingest.MODULES)


def test_f4_the_headline_counts_sites_with_a_case(frames):
    sites, held = frames["site_anchor"], frames["model_asset"]
    ours = sites[(sites["owner_kind"] == "community") & sites["capacity_kwp"].notna()]
    lost = held["site_id"].isin(ours["site_id"].iloc[:1])
    some = {**frames, "model_asset": held.assign(payback_years=held["payback_years"].mask(lost))}
    told = register.figures(some).set_index("figure_id")["value"]
    assert told["sites.community_count"] == len(ours) - 1
    assert told["sites.community_capacity"] == pytest.approx(ours["capacity_kwp"].iloc[1:].sum())


NO_PRICE = "no price is known for one of this size"


@pytest.mark.parametrize(
    ("level", "want"), [("secondary", "street substation"), ("primary", "primary substation"), ("bsp", NO_PRICE)]
)
def test_f7_a_site_names_the_level_it_connects_at_and_what_that_costs(frames, level, want):
    held = {**frames, "site_anchor": frames["site_anchor"].dropna(subset=["building_id"]).iloc[[0]]}
    held["site_anchor"] = held["site_anchor"].assign(connects_at=level)
    if want == NO_PRICE:
        held["model_asset"] = frames["model_asset"].assign(connection_gbp=float("nan"))
    (group,) = site_rows.groups(held, Printer(register.figures(held)))
    (row,) = reading.rows(group["table"])
    assert want in row[3]
    assert (".connection]" in row[3]) == (want != NO_PRICE)


def test_f4_a_guess_at_what_serves_the_place_is_called_one(frames):
    serves = frames["link_substation"]["role"] == "serves"
    guessed = frames["link_substation"].assign(confidence=frames["link_substation"]["confidence"].mask(serves, "low"))
    held = {**frames, "link_substation": guessed}
    lead = reading.text(one_page.verdict(held, Printer(register.figures(held)), name="Here"))
    assert "What serves it is not published: by distance it is " in lead
    assert "serves it, at" not in lead
    assert "by distance" not in reading.text(one_page.verdict(frames, Printer(register.figures(frames)), name="Here"))


def test_f5_firm_and_non_firm_room_are_two_charts_and_f6_what_a_table_prints_is_registered(frames):
    one = frames["model_headroom"].iloc[[0]].assign(
        role="serves", level="primary", direction="generation", technology="any", scenario="Best View", unit="MW"
    )  # fmt: skip
    of = [(basis, year) for basis in ("firm_n1", "non_firm") for year in (2026, 2031, 2035)]
    rows = pd.concat([one.assign(basis=basis, year=year, value=year - 2020.0) for basis, year in of])
    street = one.assign(level="secondary", substation_id="S", basis="estimated", year=2024, value=1.0)
    held = {**frames, "model_headroom": pd.concat([rows, street], ignore_index=True)}
    show = Printer(register.figures(held))
    firm, other = network.scenario_years(held, show)
    assert ("(firm)" in firm["title"], "(non-firm)" in other["title"]) == (True, True)
    held["model_headroom"] = (
        held["model_headroom"].assign(basis="not_stated").drop_duplicates(["substation_id", "year"])
    )
    (plain,) = network.scenario_years(held, Printer(register.figures(held)))
    assert plain["title"].endswith(": more generation")
    for told in (firm, other):
        assert [column.title for column in told["table"].columns] == ["Scenario", "2026", "2035"]
        assert reading.printed(told["table"]) <= {key for key in reading.printed(told["table"]) if key in show}
        assert len(reading.printed(told["table"])) == 2


def test_f12_a_primary_shows_the_areas_share_of_it(frames):
    link = frames["link_substation"].query("level == 'primary'").iloc[0]
    segment = frames["net_segment"].iloc[[0]].assign(
        segment_id="p", kind="primary", substation_id=link["substation_id"], rating_kva=30_000.0
    )  # fmt: skip
    held = {**frames, "net_segment": segment}
    show = Printer(register.figures(held))
    assert show.value("segment.p.share_of_supply") == pytest.approx(link["share_of_supply"])
    assert "segment.p.rating" not in show
