"""Which substation a registered generator hangs from: its operator's id, then the names it is given, then its place."""

import pytest
import shapely

from laep.ingest.dso.every import ecr
from laep.ingest.dso.ukpn import sites
from laep.ingest.source import Request
from laep.spatial.network import registered

LISTED = [
    ("EPN-1", "ukpn", "BOURN PRIMARY 33/11KV", "primary", (0, 0)),
    ("EPN-2", "ukpn", "THAXTED GRID 132/33KV", "bsp", (30_000, 0)),
    ("EPN-3", "ukpn", "BOLNEY GRID", "gsp", (60_000, 0)),
    ("SE-1", "ssen", "BOURN", "primary", (100, 0)),
]
AREA = shapely.box(-5_000, -5_000, 5_000, 5_000)


@pytest.fixture
def substations(make_layer):
    columns = zip(*LISTED, strict=True)
    ids, operators, names, levels, places = map(list, columns)
    return make_layer(
        "in_substation", [shapely.Point(at) for at in places], substation_id=ids, operator=operators, name=names,
        level=levels, source_id="test",
    )  # fmt: skip


def tied(make_layer, empty, substations, **told):
    at = told.pop("at", (400, 0))
    given = {"operator": "ukpn", "voltage_kv": None, **told}
    shape = shapely.Point(at) if at else None
    row = make_layer("in_generator", [shape], generator_id=["1"], **{name: [value] for name, value in given.items()})
    areas = make_layer(
        "in_supply_area", [AREA], supply_area_id=["a"], substation_name=["Bourn Primary"], operator=["ukpn"],
        level=["primary"], source_id=["test"],
    )  # fmt: skip
    found = registered.hangs_from(row, substations, areas).iloc[0]
    return ("" if found["at"] < 0 else LISTED[found["at"]][0]), found["method"], found["confidence"]


@pytest.mark.parametrize(
    ("told", "want"),
    [
        ({"substation_id": "EPN-2", "substation_name": "Bourn"}, ("EPN-2", registered.BY_ID, "high")),
        ({"substation_name": "Bourn Primary 11kV"}, ("EPN-1", registered.BY_NAME, "high")),
        ({"substation_name": "Bourn", "operator": "ssen"}, ("SE-1", registered.BY_NAME, "high")),
        ({"upstream_bsp": "Thaxted Grid 33kV", "voltage_kv": 33.0}, ("EPN-2", registered.BY_UPPER, "medium")),
        ({"upstream_gsp": "Bolney SGT", "voltage_kv": 132.0}, ("EPN-3", registered.BY_UPPER, "medium")),
        ({"upstream_bsp": "Thaxted Grid", "voltage_kv": 11.0}, ("EPN-1", registered.BY_AREA, "medium")),
        ({"substation_id": "gone", "at": None, "upstream_bsp": "Thaxted"}, ("EPN-2", registered.BY_UPPER, "medium")),
        ({"at": None}, ("", registered.NONE, "low")),
    ],
)
def test_ids_come_before_names_and_names_before_places(make_layer, empty, substations, told, want):
    assert tied(make_layer, empty, substations, **told) == want


@pytest.mark.real
def test_nine_in_ten_rows_that_name_a_listed_site_are_tied(shared_data, empty):
    folder = shared_data / "dso/ukpn"
    register = ecr.read(Request(files=(folder / "ukpn-embedded-capacity-register_2025-08.csv",)))
    listed = sites.read(Request(files=(folder / "grid-and-primary-sites_2025-08.csv",))).layers["in_substation"]
    generators = register.layers["in_generator"]
    assert len(generators.geometry[generators.geometry.isna()]) == 3
    found = registered.hangs_from(generators, listed, empty("in_supply_area"))
    known = {key(name) for name in listed["name"] for key in (written, bare)}
    names = generators[["substation_name", "upstream_bsp", "upstream_gsp"]]
    carries = generators["substation_id"].isin(set(listed["substation_id"])).to_numpy(dtype=bool, copy=True)
    for column in names:
        told = names[column].fillna("")
        carries |= told.map(lambda name: bool({written(name), bare(name)} & known - {""})).to_numpy(dtype=bool)
    there = (found["at"] >= 0).to_numpy()
    assert carries.sum() > 1000
    assert there[carries].mean() >= 0.9
    mw = generators["capacity_kw"].to_numpy(dtype=float, na_value=0.0) / 1000
    assert mw[there].sum() > 20_000


def written(name):
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())


def bare(name):
    words = [word for word in str(name).casefold().split() if not any(letter.isdigit() for letter in word)]
    return written(" ".join(word for word in words if word not in {"grid", "primary", "sgt"}))
