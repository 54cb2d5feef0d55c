"""Plan and desk answer alike on whole operators: chain, binding substation, room, verdict, queue, serving substation."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely

from laep import ingest, schema
from laep.assumptions import Assumptions
from laep.desk import book, build, place, settings, store
from laep.ingest.source import Request
from laep.models.network import decide
from laep.models.network.figures import DEMAND, GENERATION, Choice
from laep.models.network.verdicts import Verdict, Where
from laep.spatial.network import substations
from laep.steps import kit
from laep.steps.network import CHAIN, LIMITS

OPERATORS = {
    "ssen": {
        "ssen_headroom": "ssen/headroom-dashboard-data-march-2026.csv",
        "ssen_areas": "ssen/sepd_primarysubstation_esa_2025_simplified.geojson",
    },
    "nged": {"nged_substations": "nged/nged_substation_locations_2025.csv"},
    "ukpn": {
        "ukpn_sites": "ukpn/grid-and-primary-sites_2025-08.csv",
        "ecr": "ukpn/ukpn-embedded-capacity-register_2025-08.csv",
    },
}
SIZES_MW = np.array([0.05, 0.5, 5.0, 50.0])
"""Sizes proposed, in turn. [MW]"""


class Held:
    """What a step may use, from frames in memory."""

    def __init__(self, frames):
        self.frames, self.notes = frames, []
        self.assumptions, self.area = Assumptions(), SimpleNamespace(begins=dt.date(2026, 1, 1))

    def get(self, layer):
        return self.frames.get(layer)

    def __getitem__(self, layer):
        return self.frames[layer]

    def or_empty(self, layer):
        return self.frames.get(layer, schema.empty(layer))

    def once(self, _name, layers, make, *, or_empty=()):
        return make(*(self.frames[layer] for layer in layers), *map(self.or_empty, or_empty))


@pytest.fixture(scope="module", params=OPERATORS)
def both(request, shared_data, tmp_path_factory):
    """One operator's whole files, as layers of a plan and as a store of the desk; every primary serves the plan."""
    files = {source: [shared_data / "dso" / file] for source, file in OPERATORS[request.param].items()}
    frames = {}
    for source, paths in files.items():
        frames |= ingest.load(source).read(Request(files=tuple(paths))).layers
    if "in_generator" in frames:
        kept = [name for name in frames["in_generator"] if name in schema.LAYERS["net_generator"].column_names]
        frames["net_generator"] = frames["in_generator"][[*kept, "geometry"]]
    held = Held(frames)
    known = kit.network(held).substations
    primaries = known[known["level"] == "primary"].reset_index(drop=True)
    frames["link_substation"] = pd.DataFrame(primaries[["substation_id", "source_id", "level"]]).assign(role="serves")
    ids = [f"b{row}" for row in range(len(primaries))]
    share = held.assumptions.value("net.diversity.pv_export", "-") / held.assumptions.value(
        "pv.system.dc_ac_ratio", "-"
    )
    sizes_mw = np.resize(SIZES_MW, len(primaries))
    frames["model_solar"] = pd.DataFrame({"building_id": ids, "capacity_kwp": sizes_mw * 1000 / share})
    links = {"building_id": ids, "primary_id": primaries["substation_id"].to_numpy(), "secondary_id": None}
    frames["link_building"] = pd.DataFrame(links).assign(lv_feeder_id=None)
    frames["link_chain"] = CHAIN.run(held)["link_chain"]
    frames["model_limit"] = LIMITS.run(held)["model_limit"]
    path = tmp_path_factory.mktemp(request.param) / "store.gpkg"
    build.build(path, files)
    with store.HeadroomStore.open(path) as opened:
        yield SimpleNamespace(plan=held, known=known, primaries=primaries, sizes_mw=sizes_mw, desk=opened)


@pytest.fixture(scope="module")
def read(both):
    """Return what the desk decides for every primary, asked by its id."""
    everything = book.read(both.desk, None, Choice(power_factor=settings.shipped().power_factor))
    ids = {row["substation_id"]: at for at, row in enumerate(everything.substations) if row["level"] == "primary"}
    start = np.array([ids[key] for key in both.primaries["substation_id"]])
    none = np.zeros(len(start))
    asked = decide.Asks(generation_kw=both.sizes_mw * 1000, demand_kw=none, storage_kw=none)
    decided = decide.decide(everything.figures, everything.chains, start, asked, years=none.astype(np.int64))
    return everything, start, decided


def names_of(everything, positions):
    ids = np.array([*(row["substation_id"] for row in everything.substations), ""], dtype=object)
    return ids[positions].tolist()


def today(both, direction):
    limits = both.plan["model_limit"].query("scenario == 'now' and direction == @direction")
    return limits.set_index("start_id").reindex(both.primaries["substation_id"])


def test_the_way_up_is_the_same(both, read):
    everything, start, _ = read
    links = both.plan["link_chain"].dropna(subset=["upper_id"])
    up = dict(zip(links["lower_id"], zip(links["upper_level"], links["upper_id"], strict=True), strict=True))
    for at, key in zip(start, both.primaries["substation_id"], strict=True):
        ours, theirs = [key], [name for name in names_of(everything, everything.chains[at]) if name]
        while ours[-1] in up:
            ours.append(up[ours[-1]][1])
        assert ours == theirs


@pytest.mark.parametrize(("direction", "measure"), [("generation", GENERATION), ("demand", DEMAND)])
def test_what_binds_and_its_room_and_verdict_are_the_same(both, read, direction, measure):
    everything, _, decided = read
    plan, silent = today(both, direction), decided.where[:, measure] == Where.NO_FIGURE
    binding = np.where(silent, -1, decided.binding[:, measure])
    assert plan["where"].tolist() == [Where(code).word for code in decided.where[:, measure]]
    assert plan["substation_id"].fillna("").tolist() == names_of(everything, binding)
    assert plan["figure_id"].fillna("").tolist() == names_of(everything, decided.source[:, measure])
    np.testing.assert_allclose(plan["room_mw"].astype("float64"), decided.room_kw[:, measure] / 1000)
    assert plan["verdict"].tolist() == [Verdict(code).word for code in decided.verdict[:, measure]]


def test_the_queue_is_the_same(both, read):
    everything, start, decided = read
    waiting = np.array([row["queue_kw"] for row in everything.substations] + [np.nan])
    plan = today(both, "generation")
    np.testing.assert_allclose(plan["queue_mw"].astype("float64"), waiting[decided.source[:, GENERATION]] / 1000)
    assert len(start) == len(plan)


def test_every_primarys_own_place_is_served_alike(both):
    points = both.primaries.geometry.to_numpy()
    ours = substations.primary_of(points, both.known, both.plan.or_empty("in_supply_area"))
    theirs = place.serving_many(shapely.get_coordinates(points), both.desk)
    listed = {row["fid"]: row["substation_id"] for row in both.desk.substations()}
    found = pd.Series([listed.get(fid, "") for fid in theirs.fid.tolist()])
    known = ours["id"].isin(both.known["substation_id"])
    assert ours["id"].where(known, "").fillna("").tolist() == found.tolist()
    np.testing.assert_allclose(ours["distance_m"], theirs.distance_m, atol=1e-6)
    for at in range(0, len(points), 25):
        served = place.serving(points[at].x, points[at].y, both.desk)
        fid, method = int(served.fid[0]), str(served.method[0])
        assert (fid, method) == (theirs.fid[at], theirs.method[at])


@pytest.mark.parametrize("kw", [3.0, 11.0, 12.0, 200.0, 201.0, 3_661.0, 5_000.0, 5_001.0])
def test_f7_f16_plan_and_desk_give_one_price_of_a_connection(kw):
    assert kit.connecting(Assumptions()).gbp(kw) == settings.shipped().cost_gbp(kw, phases=3)
