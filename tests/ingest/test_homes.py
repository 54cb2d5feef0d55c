"""Certificates: every schema and every spelling of nothing, the latest of each home, and the building it is in."""

import csv

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from asked import asked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laep.errors import LaepError, SourceInvalid
from laep.ingest.ground import addresses, osm
from laep.ingest.people import certificate, homes
from laep.ingest.source import Request
from laep.schema import conform

AREA = shapely.box(0, 0, 1000, 1000)
OLD = {
    "LMK_KEY": "k1", "ADDRESS1": "14 High Street", "ADDRESS2": "", "ADDRESS3": "", "POSTCODE": "NP10 8JN",
    "CURRENT_ENERGY_RATING": "D", "CURRENT_ENERGY_EFFICIENCY": "60", "PROPERTY_TYPE": "House",
    "BUILT_FORM": "Semi-Detached", "LODGEMENT_DATE": "2020-05-01", "TOTAL_FLOOR_AREA": "81.5",
    "WALLS_DESCRIPTION": "Cavity wall, filled cavity", "ROOF_DESCRIPTION": "Pitched, 270 mm loft insulation",
    "MAINHEAT_DESCRIPTION": "Boiler and radiators, mains gas", "MAIN_FUEL": "mains gas (not community)",
    "PHOTO_SUPPLY": "0.0", "CONSTRUCTION_AGE_BAND": "England and Wales: 1950-1966", "TENURE": "Owner-occupied",
    "UPRN": "100100", "UPRN_SOURCE": "Energy Assessor",
}  # fmt: skip


def write(path, *rows, lower=False, drop=()):
    whole = [{**OLD, **row} for row in rows]
    names = [name for name in OLD if name not in drop]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([name.lower() for name in names] if lower else names)
        out.writerows([[row[name] for name in names] for row in whole])
    return path


def building(*boxes, names=None):
    return gpd.GeoDataFrame(
        {
            "building_id": [f"b{n}" for n in range(len(boxes))],
            "name": pd.Series(names or [None] * len(boxes), dtype="string"),
            "postcode": pd.Series([None] * len(boxes), dtype="string"),
        },
        geometry=[shapely.box(*box) for box in boxes],
        crs=27700,
    )


def points(**at):
    return gpd.GeoDataFrame(
        {"uprn": [name.lstrip("u") for name in at], "source_id": "uprn"},
        geometry=[shapely.Point(spot) for spot in at.values()],
        crs=27700,
    )


def address(*rows):
    frame = pd.DataFrame(rows, columns=["building_id", "number", "name", "street", "postcode"], dtype="string")
    return frame.assign(address_id=[str(n) for n in range(len(rows))])


def read(*paths, **options):
    return homes.read(asked(paths, AREA, **{"postcodes": ["NP10 8JN"], **options}))


def one(path, **options):
    frame = read(path, **options).layers["in_home"]
    assert len(frame) == 1
    assert conform(frame, "in_home").equals(frame)
    return frame.iloc[0]


@pytest.mark.parametrize("lower", [False, True])
def test_a_certificate_in_plain_words(tmp_path, lower):
    row = one(write(tmp_path / "c.csv", {}, lower=lower))
    want = {
        "uprn": "100100", "address": "14 High Street", "postcode": "NP10 8JN", "lodged_date": "2020-05-01", "rating": "D",
        "score": 60, "floor_area_m2": 81.5, "property_type": "house", "built_form": "semi", "age_band": "1950-1966",
        "fuel": "gas", "heating": "boiler", "walls": "cavity", "walls_insulated": True, "loft_mm": 270.0, "pv": False,
        "pv_roof_share": 0.0, "tenure": "owned", "confidence": "low",
    }  # fmt: skip
    assert {name: row[name] for name in want} == want
    assert pd.isna(row["building_id"])


@pytest.mark.parametrize("nothing", ["", "NO DATA!", "INVALID!", "N/A", "Not Recorded", "not recorded", " "])
def test_nothing_stays_missing(tmp_path, nothing):
    skipped = {"POSTCODE", "LODGEMENT_DATE", "UPRN_SOURCE", "LMK_KEY", "ADDRESS2", "ADDRESS3"}
    row = one(write(tmp_path / "c.csv", {name: nothing for name in OLD if name not in skipped}))
    known = {"home_id", "postcode", "lodged_date", "method", "confidence", "source_id"}
    assert set(row.dropna().index) == known


def test_the_latest_of_each_home_is_kept_with_or_without_its_number(tmp_path):
    path = write(
        tmp_path / "c.csv",
        {"LODGEMENT_DATE": "22/02/2021", "CURRENT_ENERGY_RATING": "c", "LMK_KEY": "k2"},
        {},
        {"LODGEMENT_DATE": "2023-01-01", "CURRENT_ENERGY_RATING": "B", "UPRN": "", "LMK_KEY": "k3"},
        {"UPRN": "UPRN-000000000000", "ADDRESS1": "15, High Street", "LMK_KEY": "k4"},
    )
    result = read(path)
    frame = result.layers["in_home"]
    assert frame[["uprn", "rating"]].fillna("-").to_numpy().tolist() == [["100100", "B"], ["-", "D"]]
    assert result.notes[0] == "Earlier certificates of the same home, left out: 2."
    assert (result.rows_read, result.rows_kept, result.edition) == (4, 2, "2023-01")


def test_property_points_say_what_is_inside(tmp_path):
    path = write(
        tmp_path / "c.csv",
        {"UPRN": "1"},
        {"UPRN": "2", "POSTCODE": "AB1 2CD"},
        {"UPRN": "3"},
        {"UPRN": "", "ADDRESS1": "9"},
    )
    inside = points(u1=(5, 5), u2=(300, 300))
    frame = read(path, in_uprn=inside).layers["in_home"]
    assert sorted(frame["uprn"].dropna()) == ["1", "2"]  # 3 stands outside, whatever its postcode
    assert frame["uprn"].isna().sum() == 1  # has no number, and its postcode is one of the area's


def test_homes_find_their_building_the_surest_way_first(tmp_path):
    rows = [
        {"UPRN": "1", "ADDRESS1": "99 Nowhere"},
        {"UPRN": "2", "ADDRESS1": "98 Nowhere"},
        {"UPRN": "", "ADDRESS1": "Flat 2, 14 High St", "LMK_KEY": "a"},
        {"UPRN": "", "ADDRESS1": "16a High Street", "LMK_KEY": "b", "POSTCODE": "NP10 8JP"},
        {"UPRN": "", "ADDRESS1": "Flat 3", "ADDRESS2": "Kestrel Court", "LMK_KEY": "c"},
        {"UPRN": "", "ADDRESS1": "Rose Cottage", "ADDRESS2": "Church Lane", "LMK_KEY": "d"},
        {"UPRN": "", "ADDRESS1": "77 High Street", "LMK_KEY": "e"},
    ]
    buildings = building((0, 0, 10, 10), (20, 0, 30, 10), (40, 0, 50, 10), (60, 0, 70, 10), (80, 0, 90, 10), (99, 0, 109, 9),
                         names=[None, None, None, None, "Kestrel Court", None])  # fmt: skip
    listed = address(
        ("b2", "12-16", None, "High Street", "NP10 8JN"),
        ("b3", "16A", None, "High Street", None),
        ("b5", None, "Rose Cottage", None, "NP10 8JN"),
    )
    result = read(
        write(tmp_path / "c.csv", *rows), in_building=buildings, in_address=listed, in_uprn=points(u1=(5, 5), u2=(31, 5)),
        postcodes=["NP10 8JN", "NP10 8JP"],
    )  # fmt: skip
    frame = result.layers["in_home"].set_index("address")
    got = frame[["building_id", "confidence"]].fillna("-").apply(tuple, axis="columns").to_dict()
    assert got == {
        "99 Nowhere": ("b0", "high"),
        "98 Nowhere": ("b1", "medium"),
        "Flat 2, 14 High St": ("b2", "medium"),
        "16a High Street": ("b3", "low"),
        "Flat 3, Kestrel Court": ("b4", "low"),
        "Rose Cottage, Church Lane": ("b5", "medium"),
        "77 High Street": ("-", "low"),
    }
    assert "Homes matched to a building: 6 of 7 (86 %)." in result.notes
    assert not any("High" in note or "Rose" in note for note in result.notes)


def test_an_address_two_buildings_share_matches_neither(tmp_path):
    listed = address(("b0", "14", None, "High Street", "NP10 8JN"), ("b1", "14", None, "High Street", "NP10 8JN"))
    frame = read(
        write(tmp_path / "c.csv", {}), in_building=building((0, 0, 9, 9), (20, 0, 29, 9)), in_address=listed
    ).layers["in_home"]
    assert frame["building_id"].isna().all()


def test_the_scottish_register_has_a_second_header_and_its_own_number(tmp_path):
    path = tmp_path / "D_EPC_2024_Q1.csv"
    path.write_text(
        "OSG_REFERENCE_NUMBER,ADDRESS1,ADDRESS2,POST_TOWN,POSTCODE,CURRENT_ENERGY_RATING,TOTAL_FLOOR_AREA,LODGEMENT_DATE,"
        "PROPERTY_TYPE,WALL_DESCRIPTION,PHOTO_SUPPLY\n"
        "OSG Reference,Address 1,Address 2,Town,Postcode,Band,Floor area,Date,Type,Walls,PV\n"
        '130012345,1 Well Row,,Biggar,ML12 6AA,C,66,2024-02-01,Flat,"Sandstone, as built, no insulation (assumed)",'
        '"Array: Peak Power: 2.5; Orientation: S"\n'
    )
    result = read(path, postcodes="ML12 6AA")
    row = result.layers["in_home"].iloc[0]
    assert (row["uprn"], row["walls"], row["walls_insulated"]) == ("130012345", "stone", False)
    assert (row["pv"], row["pv_kwp"]) == (True, 2.5)
    assert result.rows_read == 1


def test_what_is_missing_is_said(tmp_path):
    path = write(tmp_path / "c.csv", {})
    with pytest.raises(SourceInvalid, match="neither property points nor postcodes"):
        homes.read(Request(files=(path,), clip=AREA))
    with pytest.raises(SourceInvalid, match="no certificate is of a home in the area"):
        read(path, postcodes=["AB1 2CD"])
    with pytest.raises(SourceInvalid, match="no column 'CURRENT_ENERGY_RATING'"):
        read(write(tmp_path / "d.csv", {}, drop=("CURRENT_ENERGY_RATING",)))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("mains gas (not community)", "gas"), ("mains gas (community)", "heat_network"), ("oil (not community)", "oil"),
        ("electricity (not community)", "electricity"), ("bottled LPG", "lpg"), ("wood chips", "biomass"),
        ("dual fuel - mineral + wood", "biomass"), ("house coal (not community)", "solid"), ("anthracite", "solid"),
        ("B30K (not community)", "oil"), ("from heat network data (community)", "heat_network"), ("magic", "other"),
        ("To be used only when there is no heating/hot-water system", "none"),
    ],
)  # fmt: skip
def test_fuels(text, want):
    got = certificate.fuel(pd.Series([text], dtype="string"), pd.Series([pd.NA], dtype="string"))
    assert got[0] == want


def test_every_official_fuel_has_a_kind(shared_data):
    codes = pd.read_csv(shared_data / "homes" / "epc" / "rdsap_code_lists.csv", dtype="string")
    fuels = codes.loc[codes["attribute_name"] == "main_fuel", "lookup_value"]
    got = certificate.fuel(fuels, fuels)
    assert got.notna().all()
    assert {text.split(" - ")[0] for text in fuels[got == "other"]} == {"waste combustion"}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Air source heat pump, radiators, electric", "heat_pump"), ("Electric storage heaters", "storage_heaters"),
        ("Boiler and radiators, mains gas", "boiler"), ("Community scheme", "heat_network"),
        ("Bwyler a rheiddiaduron, nwy prif gyflenwad", "boiler"), ("Room heaters, electric", "room_heaters"),
        ("No system present: electric heaters assumed", "electric_other"), ("Warm air, mains gas", "warm_air"),
    ],
)  # fmt: skip
def test_heating(text, want):
    assert certificate.heating(pd.Series([text], dtype="string"))[0] == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("England and Wales: before 1900", "before 1900"), ("Pre-1900", "before 1900"), ("1750", "before 1900"),
        ("England and Wales: 2012 onwards", "2012 onwards"), ("1967-1975", "1967-1975"), ("2007", "2007-2011"),
        ("0", None), ("Not applicable", None),
    ],
)  # fmt: skip
def test_ages(text, want):
    got = certificate.age_band(pd.Series([text], dtype="string"))[0]
    assert (None if pd.isna(got) else got) == want


def test_partly_insulated_walls_are_not_known():
    text = pd.Series(
        ["Cavity wall, as built, partial insulation (assumed)", "Solid brick, with external insulation", None],
        dtype="string",
    )
    got = certificate.insulated(text)
    assert pd.isna(got[0])
    assert got[1]
    assert pd.isna(got[2])


def test_windows_water_and_controls():
    def said(of, *texts):
        return of(pd.Series([*texts, None], dtype="string")).fillna("-").tolist()

    assert said(certificate.glazing, "Single glazed", "Some double glazing", "Fully double glazed", "Triple glazed") == [
        "single", "part", "double", "triple", "-",
    ]  # fmt: skip
    assert said(
        certificate.hot_water, "From main system", "From main system, no cylinder thermostat", "Electric immersion",
        "Gas instantaneous at point of use", "Gwres",
    ) == ["main", "main_no_thermostat", "immersion", "instant", "other", "-"]  # fmt: skip
    assert said(
        certificate.controls, "Programmer, room thermostat and TRVs", "Programmer, no room thermostat",
        "No time or thermostatic control of room temperature",
    ) == ["full", "part", "none", "-"]  # fmt: skip


def test_addresses_come_apart():
    lines = pd.Series(
        ["Flat 2, 14 High St", "16 A Mill Lane", "Rose Cottage, Church Ln.", "12-14, Bank Rd", None], dtype="string"
    )
    got = addresses.houses(lines).fillna("-").to_numpy().tolist()
    assert got == [
        ["14", "14", "high street", "-"],
        ["16a", "16", "mill lane", "-"],
        ["-", "-", "rose cottage", "rose cottage"],
        ["12-14", "12", "bank road", "bank rd"],
        ["-", "-", "-", "-"],
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_input_escapes(tmp_path, data):
    cell = st.one_of(
        st.sampled_from(["", "NO DATA!", "1e400", "NP10 8JN", '"', "2020-02-31", "\x00", "9" * 40]),
        st.text(max_size=12),
    )
    header = data.draw(st.lists(st.sampled_from([*OLD, "X", "POSTCODE"]), min_size=0, max_size=12))
    rows = data.draw(st.lists(st.lists(cell, max_size=12), max_size=4))
    path = tmp_path / "any.csv"
    if data.draw(st.booleans()):
        header = list(OLD)
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        out = csv.writer(file)
        try:
            out.writerows([header, *rows])
        except (csv.Error, UnicodeEncodeError):
            return
    try:
        frame = read(path).layers["in_home"]
    except LaepError:
        return
    assert conform(frame, "in_home").equals(frame)


@pytest.mark.real
@pytest.mark.parametrize(
    "name", ["official_fixture_new_service_domestic.csv", "official_fixture_open_data_domestic_2021.csv"]
)
def test_the_official_fixtures_load(shared_data, name):
    result = read(shared_data / "homes" / "epc" / name, postcodes=["SW1A 2AA"])
    frame = result.layers["in_home"]
    assert (result.rows_read, len(frame)) == (2, 2)
    assert frame["lodged_date"].tolist() == ["2021-02-22"] * 2
    assert frame["fuel"].tolist() == ["gas", "electricity"]
    assert frame["rating"].tolist() == ["E", "E"]


@pytest.mark.real
@pytest.mark.parametrize("name", ["header_certificates_2026.txt", "header_open_data_communities.txt"])
def test_the_published_headers_have_every_column_but_none_twice(shared_data, tmp_path, name):
    header = (shared_data / "homes" / "epc" / name).read_text().strip().split(",")
    path = tmp_path / "c.csv"
    by_name = {theirs.lower(): value for theirs, value in OLD.items()}
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerow([by_name.get(theirs.lower(), "") for theirs in header])
    row = one(path)
    assert (row["uprn"], row["fuel"], row["tenure"]) == ("100100", "gas", "owned")


@pytest.mark.real
def test_real_addresses_find_their_own_building(shared_data, tmp_path):
    """Certificates made up for every numbered address of three real villages find the building it stands on."""
    box = shapely.box(325_300, 186_200, 328_000, 188_200)
    village = shared_data / "buildings" / "newport" / "newport_graig_bassaleg_rhiwderin_buildings.geojson"
    layers = osm.read(Request(files=(village,), clip=box)).layers
    known = layers["in_address"].dropna(subset=["number", "street", "postcode", "building_id"]).reset_index(drop=True)
    assert len(known) > 2_900
    rows = [
        {
            "UPRN": "",
            "LMK_KEY": str(n),
            "ADDRESS1": f"{row.number.split('-')[0]}, {row.street.upper()}",
            "POSTCODE": row.postcode,
        }
        for n, row in enumerate(known.itertuples())
    ]
    path = write(tmp_path / "c.csv", *rows)
    held = {name: layers[name] for name in ("in_building", "in_address")}
    result = homes.read(asked([path], box, **held))
    frame = result.layers["in_home"]
    want = {
        (row["ADDRESS1"], row["POSTCODE"]): building for row, building in zip(rows, known["building_id"], strict=True)
    }
    got = frame[frame["building_id"].notna()]
    assert len(got) > 0.97 * len(frame)
    right = [
        want[address, postcode] == building
        for address, postcode, building in zip(got["address"], got["postcode"], got["building_id"], strict=True)
    ]
    assert sum(right) > 0.99 * len(right)
