import numpy as np
import pandas as pd
import pytest

from laep import schema
from laep.models.network import chain, headroom

SETTINGS = {"green_share": 0.2, "amber_share": 0.05, "power_factor": 0.95, "year": 2026}
WORKS = "Reinforce the 33kV circuit between Witney BSP and Eynsham Primary"


def layer(name, rows):
    """Rows of a layer from the few columns that matter; the rest is missing. Geometry is left out."""
    spec = schema.LAYERS[name]
    frame = pd.DataFrame(rows).reindex(columns=spec.column_names)
    return frame.astype({column.name: column.dtype for column in spec.columns})


def sub(substation_id, name, level, **more):
    base = {
        "substation_id": substation_id,
        "operator": "ssen",
        "name": name,
        "level": level,
        "source_id": "ssen_headroom",
    }
    return base | more


def link(substation_id, name, level, role="serves", **more):
    base = {"substation_id": substation_id, "name": name, "level": level, "role": role, "method": "published_area"}
    return base | {"confidence": "high", "source_id": "ssen_headroom"} | more


def room(substation_id, direction, value, **more):
    base = {
        "substation_id": substation_id, "substation_name": "as published", "level": "primary", "direction": direction,
        "technology": "any", "scenario": "now", "year": 2026, "value": value, "basis": "estimated",
        "unit": "MW" if direction == "generation" else "MVA", "floor_at_zero": True, "source_id": "ssen_headroom",
    }  # fmt: skip
    return base | more


@pytest.fixture
def eynsham():
    links = layer("link_substation", [
        link("54", "Eynsham Primary", "primary"),
        link("09", "Yarnton BSP", "bsp", "upstream", serves_id="54"),
        link("01", "Cowley GSP", "gsp", "upstream", serves_id="54"),
    ])  # fmt: skip
    substations = layer("in_substation", [
        sub("54", "Eynsham Primary", "primary", upstream_bsp="Yarnton BSP", upstream_gsp="Cowley GSP", rating_mva=24.0,
            upstream_works=WORKS, upstream_works_date="Jun-28"),
        sub("09", "Yarnton BSP", "bsp", upstream_gsp="Cowley GSP", works="Install a third\n\ntransformer",
            works_date="Mar-28", upstream_works="Add a circuit"),
        sub("01", "Cowley GSP", "gsp"),
    ])  # fmt: skip
    published = layer("in_headroom", [
        room("54", "generation", 0.0, rag="Red", constraint="Upstream Thermal Capacity"),
        room("54", "demand", 0.0, rag="red", constraint="Upstream Thermal Capacity"),
        room("09", "generation", 0.0, level="bsp", rag="Red",
             constraint="Substation Thermal Capacity & Upstream Thermal Capacity"),
        room("09", "demand", 23.1, level="bsp", rag="Green"),
        room("01", "generation", np.nan, level="gsp", rag="Red", constraint="Substation Thermal Capacity"),
        room("99", "generation", 5.0),
    ])  # fmt: skip
    return links, substations, published


def judged(links, substations, published, proposed=None):
    proposed = pd.Series(proposed or {}, dtype="float64")
    tied = headroom.tie(published, substations, one_place=True)
    every = pd.concat([substations, tied.made_up], ignore_index=True)
    ways = chain.chains(every, chain.above(every))
    return headroom.judge(links, every, tied.headroom, proposed, ways=ways, **SETTINGS)


def row(frame, substation_id, direction):
    found = frame[(frame["substation_id"] == substation_id) & (frame["direction"] == direction)]
    assert len(found) == 1
    return found.iloc[0]


def test_eynsham_has_none_or_worse_because_of_the_network_upstream(eynsham):
    frame = judged(*eynsham, proposed={"54": 3.0})
    pd.testing.assert_frame_equal(frame, schema.conform(frame, "model_headroom"))
    here = row(frame, "54", "generation")
    assert here[["value", "unit", "rag", "rag_basis", "binding", "verdict", "proposed_mw"]].tolist() == [
        0.0, "MW", "Red", "published", "upstream", "does_not_fit", 3.0,
    ]  # fmt: skip
    assert here["relief"] == f"Upstream: {WORKS} (Jun-28)"
    assert here["constraint"] == "Upstream Thermal Capacity"
    demand = row(frame, "54", "demand")
    assert demand[["rag", "verdict", "unit"]].tolist() == ["Red", "not_asked", "MVA"]
    assert pd.isna(demand["proposed_mw"])


def test_the_substations_above_are_judged_too(eynsham):
    frame = judged(*eynsham, proposed={"54": 3.0})
    bsp = row(frame, "09", "generation")
    assert bsp[["role", "binding", "verdict", "proposed_mw"]].tolist() == ["upstream", "here", "does_not_fit", 3.0]
    assert bsp["relief"] == (
        "Upstream: Add a circuit (no date published). Substation: Install a third; transformer (Mar-28)"
    )
    assert row(frame, "09", "demand")["verdict"] == "not_asked"
    assert "99" not in set(frame["substation_id"])


def test_nothing_published_is_a_row_with_a_missing_value(eynsham):
    frame = judged(*eynsham)
    gsp = row(frame, "01", "demand")
    assert gsp[["verdict", "binding", "scenario", "year", "basis"]].tolist() == [
        "not_asked", "unknown", "now", 2026, "not_stated",
    ]  # fmt: skip
    assert gsp[["value", "rag", "relief", "proposed_mw"]].isna().all()
    published = row(frame, "01", "generation")
    assert published[["verdict", "rag", "rag_basis", "basis"]].tolist() == [
        "not_asked",
        "Red",
        "published",
        "estimated",
    ]


@pytest.mark.parametrize(
    ("value", "unit", "proposed", "want"),
    [
        (5.0, "MW", 3.0, "fits"),
        (3.0, "MW", 3.0, "fits"),
        (2.0, "MW", 3.0, "fits_with_limit"),
        (0.0, "MW", 3.0, "does_not_fit"),
        (-1.0, "MW", 3.0, "does_not_fit"),
        (5.0, "MW", None, "not_asked"),
        (np.nan, "MW", 3.0, "unknown"),
        (3.1, "MVA", 3.0, "fits_with_limit"),
        (3.2, "MVA", 3.0, "fits"),
        (3200.0, "kVA", 3.0, "fits"),
    ],
)
def test_verdicts_on_generation(eynsham, value, unit, proposed, want):
    published = layer("in_headroom", [room("54", "generation", value, unit=unit)])
    frame = judged(*eynsham[:2], published, {} if proposed is None else {"54": proposed})
    assert row(frame, "54", "generation")["verdict"] == want


def test_room_in_megawatts_proves_nothing_where_fault_level_is_red(eynsham):
    told = {"rag": "Red", "constraint": "Substation Fault Level"}
    published = layer("in_headroom", [room("54", "generation", 44.0, **told)])
    found = row(judged(*eynsham[:2], published, {"54": 0.1}), "54", "generation")
    assert found[["value", "verdict", "binding"]].tolist() == [44.0, "unknown", "here"]


def test_a_stated_power_factor_comes_first(eynsham):
    published = layer("in_headroom", [room("54", "generation", 3.1, unit="MVA", value_mw=3.1, power_factor=1.0)])
    assert row(judged(*eynsham[:2], published, {"54": 3.0}), "54", "generation")["verdict"] == "fits"


def test_storage_and_synchronous_rows_are_not_compared_with_solar(eynsham):
    published = layer("in_headroom", [
        room("54", "generation", 1.0, technology=technology, floor_at_zero=False)
        for technology in ("inverter", "synchronous", "storage")
    ])  # fmt: skip
    frame = judged(*eynsham[:2], published, {"54": 3.0}).query("substation_id == '54' and direction == 'generation'")
    assert frame["technology"].tolist() == ["inverter", "storage", "synchronous"]
    assert frame["proposed_mw"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize(("value", "want"), [(4.81, "Green"), (4.8, "Amber"), (1.3, "Amber"), (1.2, "Red"), (0, "Red")])
def test_colour_by_convention_is_a_share_of_capacity(eynsham, value, want):
    published = layer("in_headroom", [room("54", "demand", value)])  # capacity 24 MVA
    got = row(judged(*eynsham[:2], published), "54", "demand")
    assert got[["rag", "rag_basis"]].tolist() == [want, "convention"]


def test_no_colour_without_a_capacity(eynsham):
    published = layer("in_headroom", [room("09", "demand", 5.0, level="bsp")])
    assert pd.isna(row(judged(*eynsham[:2], published), "09", "demand")["rag"])


def test_rows_without_ids_are_found_by_name_and_say_so():
    links = layer("link_substation", [
        link("w1", "Helen Street 33/11kV Primary Substation", "primary", source_id="osm"),
        link("w2", "High Street", "primary", source_id="osm"),
    ])  # fmt: skip
    substations = layer("in_substation", [
        sub("w1", "Helen Street 33/11kV Primary Substation", "primary", source_id="osm"),
        sub("w2", "High Street", "primary", source_id="osm"),
    ])  # fmt: skip
    published = layer("in_headroom", [
        room("HELEN STREET", "demand", 14.6, substation_name="HELEN STREET", source_id="spen"),
        room("HIGH STREET A", "demand", 1.0, substation_name="HIGH STREET", source_id="spen"),
        room("HIGH STREET B", "demand", 2.0, substation_name="High Street (Primary)", source_id="spen"),
    ])  # fmt: skip
    frame = judged(links, substations, published)
    found = row(frame, "w1", "demand")
    assert found[["value", "source_id", "binding"]].tolist() == [14.6, "spen", "unknown"]
    assert found["constraint"] == headroom.MATCHED_BY_NAME
    assert pd.isna(row(frame, "w2", "demand")["value"])
    assert headroom.notes(frame) == (
        "1 of 2 linked substations at primary level have a published headroom value.",
        "1 substations were matched to headroom by name.",
    )


def test_a_published_group_is_found_by_each_of_its_members():
    names = {"w1": "Abergele", "w2": "Pensarn Primary 33 / 11kV", "w3": "Rhyl"}
    links = layer("link_substation", [link(key, name, "primary", source_id="osm") for key, name in names.items()])
    substations = layer("in_substation", [sub(key, name, "primary", source_id="osm") for key, name in names.items()])
    published = layer("in_headroom", [
        room("G", "demand", 4.0, substation_name="ABERGELE T1 / ABERGELE T2 / PENSARN T1", source_id="spen"),
    ])  # fmt: skip
    frame = judged(links, substations, published)
    demand = frame[frame["direction"] == "demand"].set_index("substation_id")["value"]
    assert demand.dropna().to_dict() == {"w1": 4.0, "w2": 4.0}


def test_secondaries_get_only_the_rows_that_exist(eynsham):
    links = pd.concat(
        [eynsham[0], layer("link_substation", [link("s1", "A", "secondary"), link("s2", "B", "secondary")])]
    )
    substations = pd.concat(
        [eynsham[1], layer("in_substation", [sub("s1", "A", "secondary"), sub("s2", "B", "secondary")])]
    )
    published = layer("in_headroom", [
        room("s1", "demand", 49.6, level="secondary", unit="kVA", scenario="Leading the Way", year=2030),
    ])  # fmt: skip
    frame = judged(links, substations, published)
    assert frame.loc[frame["level"] == "secondary", "substation_id"].tolist() == ["s1"]


def test_one_source_for_a_substation_and_its_own_first(eynsham):
    published = layer("in_headroom", [
        room("54", "demand", 1.0, source_id="a_copy"), room("54", "demand", 2.0, source_id="ssen_headroom"),
    ])  # fmt: skip
    assert row(judged(*eynsham[:2], published), "54", "demand")["value"] == 2.0


def test_a_bulk_supply_point_carries_all_primaries_below_it(eynsham):
    links, substations, published = eynsham
    links = pd.concat([links, layer("link_substation", [link("55", "Witney Primary", "primary")])])
    more = layer("in_substation", [sub("55", "Witney Primary", "primary", upstream_bsp="Yarnton BSP")])
    frame = judged(links, pd.concat([substations, more]), published, {"54": 3.0, "55": 2.0})
    assert row(frame, "09", "generation")["proposed_mw"] == 5.0


def test_nothing_linked_gives_an_empty_layer():
    frame = judged(layer("link_substation", []), layer("in_substation", []), layer("in_headroom", []))
    assert len(frame) == 0
    assert headroom.notes(frame) == ()


def test_headroom_is_tied_by_id_then_by_name_and_else_makes_up_a_substation(eynsham):
    _, substations, published = eynsham
    other = layer("in_headroom", [
        room("EYNSHAM", "demand", 7.0, source_id="spen_headroom", substation_name="EYNSHAM", scenario="HT", year=2035),
        room("54", "generation", 1.0, technology="storage", level="secondary", substation_name=None),
    ])  # fmt: skip
    both = pd.concat([published, other], ignore_index=True)
    tied = headroom.tie(both, substations, one_place=True)
    assert tied.headroom["at"].tolist() == [0, 0, 1, 1, 2, 3, 0, 4]
    assert tied.headroom["by_name"].tolist() == [False] * 6 + [True, False]
    assert tied.made_up[["substation_id", "level", "name"]].fillna("").to_numpy().tolist() == [
        ["99", "primary", "as published"], ["54", "secondary", ""],
    ]  # fmt: skip
    # among several operators a name of another is another place
    apart = headroom.tie(both, substations, one_place=False)
    assert apart.made_up[["substation_id", "operator"]].to_numpy().tolist() == [
        ["99", "ssen"], ["EYNSHAM", "spen"], ["54", "ssen"],
    ]  # fmt: skip
    assert "5 of 8 rows matched to a substation by id, 1 by name; 2 rows belong to 2" in tied.notes[0]
