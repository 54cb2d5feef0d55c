"""What the desk says of every row that operators publish, against a reading of the raw files that is not the desk's."""

import pandas as pd
import pytest

from laep.checked import Proposal
from laep.desk import build, check, recognise, store

FILES = (
    "enwl/ndp-pry-bsp-headroom_excerpt.csv", "enwl/ndp-pry-bsp-generation_excerpt.csv",
    "spen/spd-nshr-data-workbook_excerpt.csv", "spen/spm-nshr-data-workbook_excerpt.csv",
    "npg/heatmapdatatable_excerpt.csv", "nged/nged_substation_locations_2025.csv",
    "ukpn/grid-and-primary-sites_2025-08.csv", "ukpn/ukpn-embedded-capacity-register_2025-08.csv",
)  # fmt: skip
ENWL = {
    ("demand", "inverter"): ["FIRM HEADROOM ( MVA )"],
    ("generation", "inverter"): ["PRY GEN HEADROOM - INVERTER BASED ( MW )", "BSP GEN HEADROOM - INVERTER BASED ( MW )"],
    ("generation", "synchronous"): [
        "PRY GEN HEADROOM - SYNCHRONOUS LV ( MW )", "PRY GEN HEADROOM - SYNCHRONOUS HV ( MW )",
        "BSP GEN HEADROOM - SYNCHRONOUS ( MW )",
    ],
    ("storage", "inverter"): ["PRY BATTERY HEADROOM ( MW)", "BSP BATTERY HEADROOM ( MW )"],
}  # fmt: skip
SPEN = {"HT": "Holistic Transition", "EE": "Electric Engagement", "HE": "Hydrogen Evolution"}

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def published(shared_data, tmp_path_factory):
    """A store of five operators' files, and their folder."""
    into, folder = tmp_path_factory.mktemp("operators") / "five.gpkg", shared_data / "dso"
    build.build(into, recognise.choose([folder / name for name in FILES]))
    with store.HeadroomStore.open(into) as opened:
        yield opened, folder


def raw(path, **options):
    return pd.read_csv(path, encoding="utf-8-sig", **options)


def figure(opened, numbers, asset, measure, **asked):
    sizes = {"demand": "demand_kw", "generation": "generation_kw", "storage": "storage_kw"}
    found = check.check(opened, Proposal(asset=asset, **{sizes[measure]: 1.0}, **asked), numbers)
    return getattr(found.chain[0], measure).before


def test_every_figure_of_electricity_north_west_comes_back(published, numbers):
    opened, folder = published
    told = 0
    for name in FILES[:2]:
        for row in raw(folder / name).to_dict("records"):
            for (measure, technology), columns in ENWL.items():
                values = [row[column] for column in columns if column in row and row[column] == row[column]]
                if not values:
                    continue
                asked = {"year": int(row["YEAR"]), "scenario": row["SCENARIO"], "technology": technology}
                got = figure(opened, numbers, str(row["GROUP_NUMBER"]), measure, **asked)
                assert got == pytest.approx(min(values), abs=1e-9), (name, row["GROUP_NUMBER"], asked)
                told += 1
    assert told == 60


def test_every_figure_of_sp_energy_networks_comes_back(published, numbers):
    opened, folder = published
    told = 0
    for name in FILES[2:4]:
        for row in raw(folder / name).to_dict("records"):
            sites = [site for site in opened.find(row["Substation/Group"]) if site["operator"] == "spen"]
            year = int(str(row.get("DFES Year", row.get("Year")))[:4])
            scenario = SPEN[row["Scenario"]]
            kept = {line["value"] for line in opened.headroom([site["fid"] for site in sites])
                    if line["year"] == year and line["scenario"] == scenario}  # fmt: skip
            assert row["Headroom (MW)"] in kept, (name, row)
            told += 1
    assert told == 27


def test_every_figure_of_northern_powergrid_comes_back(published, numbers):
    opened, folder = published
    for row in raw(folder / FILES[4], sep=";").to_dict("records"):
        sites = [site for site in opened.find(row["psp_name"]) if site["operator"] == "npg"]
        assert len(sites) == 1, row["psp_name"]
        for measure, column in (("generation", "genhr"), ("demand", "demhr")):
            assert figure(opened, numbers, sites[0]["substation_id"], measure) == pytest.approx(row[column]), row


def test_nothing_is_said_of_operators_that_publish_no_headroom(published, numbers):
    opened, folder = published
    nged = raw(folder / FILES[5])
    ids = nged.loc[nged["Substation Type"].str.contains("Primary"), "Substation Number"].astype(str)
    for asset in ids.iloc[::60]:
        found = check.check(opened, Proposal(asset=asset, generation_kw=100.0), numbers)
        assert (found.verdict, found.network.operator) == ("unknown", "nged")
    sites = raw(folder / FILES[6]).query("SiteType == 'Primary Substation' and maxdemandwinter == maxdemandwinter")
    for asset in sites["SiteFunctionalLocation"].iloc[::40]:
        found = check.check(opened, Proposal(asset=asset, generation_kw=100.0), numbers)
        assert (found.verdict, found.network.operator) == ("unknown", "ukpn")


def test_every_row_read_is_kept_or_left_out_for_a_reason(published):
    opened, folder = published
    rows = {source["files"]: source for source in opened.sources()}
    assert len(rows) == len(FILES)
    for name in FILES:
        source = rows[name.split("/")[1]]
        separator = ";" if "heatmap" in name else ","
        assert source["rows_read"] == len(raw(folder / name, sep=separator, low_memory=False))
        left = source["rows_read"] - source["rows_kept"]
        assert left >= 0
        assert not left or "left out" in source["notes"]
