"""Every primary of the SSEN table of March 2026: asked by its id, and asked at its own coordinates."""

import csv

import numpy as np
import pytest

from laep.checked import Proposal
from laep.desk import book, build, check, place, store
from laep.models.network import decide
from laep.models.network.figures import DEMAND, GENERATION, Choice
from laep.models.network.verdicts import Where

HEADROOM = "headroom-dashboard-data-march-2026.csv"
AREAS = "sepd_primarysubstation_esa_2025_simplified.geojson"
ELSEWHERE = {
    "E - BOTW - 12": "Bitterne Primary",
    "E - CHIC - 11": "Weymouth Primary",
    "E - BRLE (AT) - 09": None,
    "E - EALI - 03": "Brentford Primary",
    "E - FLEE - 77": "Crookham Primary",
    "E - IVES - 11": "Beaconsfield (End Busbars) Primary",
    "E - LALE - 04": "Sidney Road Primary",
    "E - LALE - 12": "Church Road Primary",
    "E - LOVE - 42": "Brandon Road Primary",
    "E - LOVE - 46": "Wymering Primary",
    "E - MANN - 45": "East Howe Primary",
    "E - NURS - 23": "Eastleigh North Primary",
    "E - WISD - 03": "Canal Bank 6.6kV Primary",
    "E - WISD - 06": "Canal Bank 11kV Primary",
    "E - WISD - 07": "Canal Bank 6.6kV Primary",
}
"""Primaries whose own position the supply areas of 2025 give to another, or to none that is listed; docs/headroom-desk.md says why."""

pytestmark = pytest.mark.xdist_group("ssen")


@pytest.fixture(scope="module")
def path(shared_data, tmp_path_factory):
    folder = shared_data / "dso" / "ssen"
    into = tmp_path_factory.mktemp("ssen") / "ssen.gpkg"
    build.build(into, {"ssen_headroom": [folder / HEADROOM], "ssen_areas": [folder / AREAS]})
    return into


@pytest.fixture
def ssen(path):
    with store.HeadroomStore.open(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def published(shared_data):
    """Rows of the file itself, read with nothing of laep's, by asset id."""
    with (shared_data / "dso" / "ssen" / HEADROOM).open(encoding="utf-8-sig", newline="") as lines:
        return {row["AssetID"]: row for row in csv.DictReader(lines) if row["Substation Type"] == "Primary"}


def named_in(text):
    """Where the limits in a text sit, read in the plainest way."""
    parts = [part.strip() for part in text.split("&")] if text not in ("", "N/A") else []
    return {"upstream" if part.startswith("Upstream") else "here" for part in parts}


def test_every_primary_by_its_id_gives_the_published_values_and_the_level_its_text_names(ssen, numbers, published):
    assert len(published) == 819
    for asset, row in published.items():
        found = check.check(ssen, Proposal(asset=asset, generation_kw=1, demand_kw=1), numbers)
        own = found.chain[0]
        assert own.generation.before == float(row["Estimated Generation Headroom (MW)"]), asset
        assert own.demand.before == float(row["Estimated Demand Headroom (MVA)"]), asset
        for measure, column in (("generation", "Generation Constraint"), ("demand", "Demand Constraint")):
            told = next(m for m in found.measures if m.measure == measure)
            where = named_in(row[column])
            if "here" in where:
                assert (told.level, told.where, told.substation_id) == ("primary", "named", asset)
            elif where == {"upstream"}:
                assert told.level in {"bsp", "gsp", "above primary", "above bsp"}, asset
                assert told.where in {"named", "between"}
            else:
                assert (told.level, told.where) == ("primary", "unnamed"), asset


def test_every_chain_is_the_published_one(ssen, published):
    everything = book.read(ssen, None, Choice(power_factor=0.95))
    by_fid = {row["fid"]: row["name"] for row in everything.substations}
    for row in everything.substations:
        if row["level"] == "primary":
            theirs = published[row["substation_id"]]
            for column, ours in (("Upstream BSP", "bsp_fid"), ("Upstream GSP", "gsp_fid")):
                want = " ".join(theirs[column].split())
                assert by_fid.get(row[ours], "N/A") == (want or "N/A")


def test_a_limit_upstream_is_laid_where_the_level_above_names_its_own(ssen):
    everything = book.read(ssen, None, Choice(power_factor=0.95))
    for measure in (GENERATION, DEMAND):
        found = decide.bindings(everything.figures, everything.chains, measure)
        for place_, level in enumerate(found.level.tolist()):
            if found.where[place_] == Where.NAMED:
                assert everything.figures.here[everything.chains[place_, level], measure]


def test_every_primary_at_its_own_coordinates_is_itself_or_a_listed_exception(ssen):
    rows = [row for row in ssen.substations() if row["level"] == "primary"]
    served = place.serving_many(np.array([[row["x"], row["y"]] for row in rows]), ssen)
    name = {row["fid"]: row["name"] for row in rows}
    other = {
        row["substation_id"]: name.get(fid)
        for row, fid in zip(rows, served.fid.tolist(), strict=True)
        if fid != row["fid"]
    }
    assert other == ELSEWHERE
    for row, method in zip(rows, served.method.tolist(), strict=True):
        if row["substation_id"] in ELSEWHERE:
            listed = ELSEWHERE[row["substation_id"]] is not None
            assert method in {place.INSIDE, place.EDGE} if listed else "BALL HILL" in method
