"""Property points, census topics, meters and fuel poverty: their published forms, what is left out, and every fault."""

import csv
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from asked import asked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laep.errors import LaepError, SourceInvalid
from laep.ingest.ground import uprn
from laep.ingest.people import census, fuel_poverty, metered
from laep.schema import conform

AREA = shapely.box(440_000, 210_000, 441_000, 211_000)
ZONES = pd.DataFrame({"zone_id": ["E01000001", "E01000002"], "share_in_area": [1.0, 0.25]})


def table(path, header, *rows, before=()):
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerows([*before, header, *rows])
    return path


def read(module, *paths, **options):
    result = module.read(asked(paths, AREA, **options))
    for name, frame in result.layers.items():
        assert conform(frame, name).equals(frame)
    return result


# property points

POINTS = "\ufeffUPRN,X_COORDINATE,Y_COORDINATE,LATITUDE,LONGITUDE\n" + "".join(
    f"{n},{440_000 + 100 * n}.5,{210_000 + 100 * n},51.7,-1.4\n" for n in range(1, 21)
)


def test_points_inside_are_kept(tmp_path):
    path = tmp_path / "osopenuprn_202608.csv"
    path.write_text(POINTS, encoding="utf-8")
    result = read(uprn, path)
    frame = result.layers["in_uprn"]
    assert frame["uprn"].tolist() == [str(n) for n in range(1, 10)]
    assert frame.geometry.iloc[0].equals(shapely.Point(440_100.5, 210_100))
    assert (result.rows_read, result.rows_kept) == (20, 9)


def test_points_come_out_of_their_zip_and_of_a_geopackage(tmp_path):
    packed = tmp_path / "osopenuprn_csv.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("licence.txt", "OGL")
        archive.writestr("osopenuprn_202608.csv", POINTS)
    mapped = tmp_path / "uprn.gpkg"
    gpd.GeoDataFrame({"UPRN": [7, 8]}, geometry=gpd.points_from_xy([440_700, 9], [210_700, 9]), crs=27700).to_file(
        mapped
    )
    assert len(read(uprn, packed).layers["in_uprn"]) == 9
    assert read(uprn, mapped).layers["in_uprn"]["uprn"].tolist() == ["7"]


def test_memory_is_bounded_by_the_pieces_read(tmp_path, monkeypatch):
    path = tmp_path / "many.csv"
    path.write_text(
        "UPRN,X_COORDINATE,Y_COORDINATE\n" + "".join(f"{n},{n % 700_000}.0,210500\n" for n in range(60_000))
    )
    monkeypatch.setattr(uprn, "_BLOCK_BYTES", 1 << 14)
    sizes = []
    with path.open("rb") as file:
        sizes += [batch.num_rows for batch in uprn._stream(file, path)]
    assert sum(sizes) == 60_000
    assert max(sizes) < 1_500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("UPRN,EAST,NORTH\n1,2,3\n", "no column 'X_COORDINATE'; 'Y_COORDINATE'"),
        ("UPRN,X_COORDINATE,Y_COORDINATE\n1,2\n", "breaks off or slips"),
        ("UPRN,X_COORDINATE,Y_COORDINATE\n1,east,north\n", "breaks off or slips"),
        ("<html>sign in</html>", "is a web page"),
        ("", "empty"),
    ],
)
def test_faults_of_points(tmp_path, text, said):
    path = tmp_path / "u.csv"
    path.write_text(text)
    with pytest.raises(SourceInvalid, match=said):
        read(uprn, path)


def test_a_broken_zip_and_a_header_alone(tmp_path):
    broken = tmp_path / "u.zip"
    broken.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(SourceInvalid, match="not a whole zip"):
        read(uprn, broken)
    alone = tmp_path / "u.csv"
    alone.write_text("UPRN,X_COORDINATE,Y_COORDINATE\n")
    assert read(uprn, alone).layers["in_uprn"].empty


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("100012345678", "100012345678"),
        ("0010", "10"),
        ("UPRN-000000000000", None),
        ("12.0", "12"),
        ("RRN-1", None),
        ("", None),
    ],
)
def test_property_numbers(text, want):
    got = uprn.plain_uprn(pd.Series([text], dtype="string"))[0]
    assert (None if pd.isna(got) else got) == want


# census


def heating(prefix, total=True):
    names = [prefix + answer for answer in census.ANSWERS["heating"].values()]
    return ["date", "geography", "geography code", *([f"{prefix}Total: All households"] if total else []), *names]


def test_bulk_tables_become_long(tmp_path):
    counts = list(range(12))
    path = table(
        tmp_path / "census2021-ts046-lsoa.csv", heating(census.PREFIXES["heating"]),
        ["2021", "Place 1", "E01000001", 67, *counts], ["2021", "Other", "E01999999", 1, *counts],
    )  # fmt: skip
    result = read(census, path, in_zone=ZONES)
    frame = result.layers["in_census"].set_index("category")
    assert frame["households"].to_dict() == {**dict(zip(census.ANSWERS["heating"], counts, strict=True)), "total": 67}
    assert set(frame["topic"]) == {"heating"}
    assert result.notes[0] == "heating: Zones of the area found in the table: 1 of 2."


def test_a_pivoted_table_a_titled_one_and_one_row_a_count(tmp_path):
    labels = list(census.ANSWERS["cars"].values())
    pivoted = table(tmp_path / "p.csv", ["area_code", *labels], ["E01000001", 1, 2, 3, 4])
    titled = table(
        tmp_path / "n.csv", ["2021 super output area - lower layer", "mnemonic", "Total: All households", *labels],
        ["Place 001A", "E01000001", 11, 1, 2, 3, 4], ["note", "", "", "", "", "", ""],
        before=[["TS045 - Number of cars or vans"], ["ONS Crown Copyright Reserved"], []],
    )  # fmt: skip
    answers = "Number of cars or vans (5 categories)"
    long = table(
        tmp_path / "l.csv",
        ["Lower layer Super Output Areas Code", "Lower layer Super Output Areas", f"{answers} Code", answers, "Observation"],
        *(["E01000001", "x", n, label, n + 1] for n, label in enumerate(labels)), ["E01000001", "x", -8, "Does not apply", 0],
    )  # fmt: skip
    want = {"none": 1, "one": 2, "two": 3, "three_or_more": 4}
    for path, total in ((pivoted, 10), (titled, 11), (long, 10)):
        frame = read(census, path, in_zone=ZONES).layers["in_census"].set_index("category")
        assert frame["households"].to_dict() == {**want, "total": total}, path
        assert set(frame["topic"]) == {"cars"}


def test_several_topics_come_together_and_one_twice_is_refused(tmp_path):
    cars = table(tmp_path / "c.csv", ["area_code", *census.ANSWERS["cars"].values()], ["E01000001", 1, 2, 3, 4])
    rooms = table(tmp_path / "b.csv", ["area_code", *census.ANSWERS["bedrooms"].values()], ["E01000002", 1, 2, 3, 4])
    frame = read(census, cars, rooms, in_zone=ZONES).layers["in_census"]
    assert frame.groupby("topic")["share_in_area"].first().to_dict() == {"bedrooms": 0.25, "cars": 1.0}
    with pytest.raises(SourceInvalid, match="Two of the files are tables of cars"):
        read(census, cars, cars, in_zone=ZONES)


def test_tenure_and_strangers_are_sent_on(tmp_path):
    tenure = table(tmp_path / "t.csv", ["area_code", "Owned: Owns outright"], ["E01000001", 1])
    with pytest.raises(SourceInvalid, match="laep ingest tenure"):
        read(census, tenure, in_zone=ZONES)
    with pytest.raises(SourceInvalid, match="none of the census tables"):
        read(census, table(tmp_path / "x.csv", ["a", "b"], [1, 2]), in_zone=ZONES)
    with pytest.raises(SourceInvalid, match="Which census zones"):
        read(census, tenure)


# meters

POSTCODE = ["Outcode", "Postcode", "Num_meters", "Total_cons_kwh", "Mean_cons_kwh", "Median_cons_kwh"]
LSOA = ["LSOA code", "Number of meters", "Total consumption (kWh)", "Mean consumption (kWh per meter)",
        "Median consumption (kWh per meter)"]  # fmt: skip


def test_postcode_rows_of_the_area(tmp_path):
    path = table(
        tmp_path / "Postcode_level_all_meters_electricity_2023.csv", POSTCODE,
        ["NP10", "All postcodes", 100, 300000, 3000, 2500], ["NP10", "NP10 8JN", 10, "31,000", 3100, 2600],
        ["NP10", "NP108JP", 6, 12000, 2000, 1900], ["NP10", "NP10 9ZZ", 6, 12000, 2000, 1900], ["NP10", "NP10 8JQ", "", "", "", ""],
    )  # fmt: skip
    homes = pd.DataFrame({"postcode": pd.Series(["NP10 8JN", "NP10 8JP", "NP10 8JQ", None], dtype="string")})
    result = read(metered, path, in_building=homes)
    frame = result.layers["in_metered"].set_index("area_code")
    assert frame["total_kwh"].to_dict() == {"NP10 8JN": 31_000.0, "NP10 8JP": 12_000.0}
    assert frame.loc["NP10 8JN", ["kind", "fuel", "year", "meters", "mean_kwh", "median_kwh"]].tolist() == [
        "postcode", "electricity", 2023, 10, 3100.0, 2600.0,
    ]  # fmt: skip
    assert frame["share_in_area"].isna().all()
    assert (result.rows_read, result.rows_kept, result.edition) == (4, 2, "2023")
    assert any("few meters stand behind them, left out: 1." in note for note in result.notes)


def test_zone_rows_with_titles_and_footnotes(tmp_path):
    path = table(
        tmp_path / "LSOA_domestic_gas.csv", [*LSOA[:1], f"{LSOA[1]}1", *LSOA[2:]], ["E01000001", 100, 1_200_000, 12_000, 11_000],
        ["E01000009", 1, 1, 1, 1], before=[["Table 1"], ["Units: kWh"]],
    )  # fmt: skip
    result = read(metered, path, in_zone=ZONES, year=2022)
    row = result.layers["in_metered"].iloc[0]
    assert row[["kind", "area_code", "fuel", "year", "meters", "share_in_area"]].tolist() == [
        "lsoa", "E01000001", "gas", 2022, 100, 1.0,
    ]  # fmt: skip
    assert result.rows_read == 2


def test_faults_of_meters(tmp_path):
    path = table(tmp_path / "meters.csv", POSTCODE, ["NP10", "NP10 8JN", 10, 31000, 3100, 2600])
    with pytest.raises(SourceInvalid, match="whether it is electricity or gas"):
        read(metered, path, postcodes=["NP10 8JN"])
    with pytest.raises(SourceInvalid, match="Choose electricity or gas"):
        read(metered, path, postcodes=["NP10 8JN"], fuel="coal")
    with pytest.raises(SourceInvalid, match="Which postcodes"):
        read(metered, path, fuel="gas")
    with pytest.raises(SourceInvalid, match="None of the area's"):
        read(metered, path, fuel="gas", postcodes=["AB1 2CD"])
    with pytest.raises(SourceInvalid, match="Write a year"):
        read(metered, path, fuel="gas", postcodes=["NP10 8JN"], year="last")
    zones = table(tmp_path / "lsoa_gas.csv", LSOA, ["E01000001", 1, 2, 3, 4])
    with pytest.raises(SourceInvalid, match="are no LSOAs"):
        read(metered, zones, codes=["E00000001"])
    assert read(metered, path, fuel="gas", postcodes=["NP10 8JN"]).layers["in_metered"]["year"].isna().all()


# fuel poverty


@pytest.mark.parametrize("digit", ["", "1"])
def test_fuel_poverty_with_titles_and_footnote_digits(tmp_path, digit):
    header = ["LSOA Code", "LSOA Name", "LA Code", "LA Name", "Region", f"Number of households{digit}",
              f"Number of households in fuel poverty{digit}", "Proportion of households fuel poor (%)"]  # fmt: skip
    path = table(
        tmp_path / "2025-sub-regional-fuel-poverty.csv", header, ["E01000001", "a", "", "", "", "1,000", 125, 12.5],
        ["Total", "", "", "", "", 5, 5, 5], before=[["Table 4: Fuel poverty"], ["Note"]],
    )  # fmt: skip
    result = read(fuel_poverty, path, in_zone=ZONES)
    row = result.layers["in_fuel_poverty"].iloc[0]
    assert row[["households", "fuel_poor", "fuel_poor_share", "share_in_area"]].tolist() == [1000, 125, 0.125, 1.0]
    assert (result.edition, result.rows_read) == ("2025", 1)


def test_fuel_poverty_elsewhere_is_said(tmp_path):
    path = table(tmp_path / "f.csv", [name[0] for name in fuel_poverty.COLUMNS.values()], ["E01000009", 1, 1, 1])
    with pytest.raises(SourceInvalid, match="has none of the 2 zones"):
        read(fuel_poverty, path, in_zone=ZONES)


# anything at all

CELL = st.one_of(
    st.sampled_from(
        ["", "E01000001", "NP10 8JN", "All postcodes", "-", "1e999", "0", "NaN", "12", '"', "\x00", "[x]", "1.5"]
    ),
    st.text(max_size=8),
)
HEADERS = [
    POSTCODE, LSOA, [names[0] for names in fuel_poverty.COLUMNS.values()], ["area_code", *census.ANSWERS["cars"].values()],
    ["UPRN", "X_COORDINATE", "Y_COORDINATE"], ["Output Areas Code", "Cars (5 categories)", "Observation"], heating("", total=False),
]  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_input_escapes(tmp_path, data):
    header = data.draw(st.sampled_from(HEADERS))
    if data.draw(st.booleans()):
        header = data.draw(st.lists(st.sampled_from([*header, "", header[0]]), max_size=8))
    rows = data.draw(st.lists(st.lists(CELL, max_size=8), max_size=4))
    before = data.draw(st.lists(st.lists(CELL, max_size=2), max_size=2))
    path = tmp_path / data.draw(st.sampled_from(["gas.csv", "elec_2020.csv", "x.csv"]))
    with path.open("w", encoding="utf-8", newline="") as file:
        try:
            csv.writer(file).writerows([*before, header, *rows])
        except (csv.Error, UnicodeEncodeError):
            return
    options = {"in_zone": ZONES, "postcodes": ["NP10 8JN"]}
    for module in (census, metered, fuel_poverty, uprn):
        try:
            read(module, path, **options)
        except LaepError:
            continue


# real files


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "topic", "rows", "category"),
    [
        ("census2021-ts045-lsoa.csv", "cars", 35_672, "none"),
        ("trafford_accommodation_type_oa.csv", "accommodation", 738, "detached"),
        ("trafford_central_heating_oa.csv", "heating", 738, "mains_gas"),
        ("trafford_household_number_of_bedrooms_oa.csv", "bedrooms", 738, "three"),
    ],
)
def test_real_census_tables(shared_data, name, topic, rows, category):
    path = shared_data / "homes" / "census2021" / name
    found, counts = census._table(path)
    assert (found, len(counts)) == (topic, rows)
    raw = pd.read_csv(path)
    column = next(c for c in raw.columns if c.endswith(census.ANSWERS[topic][category]))
    assert counts[category].sum() == raw[column].sum()
    answers = counts[[c for c in counts.columns if c not in ("zone_id", "total")]].sum(axis="columns")
    assert (counts["total"] - answers).abs().max() <= 5  # the publisher perturbs small counts


@pytest.mark.real
def test_the_real_leeds_postcodes(shared_data):
    path = shared_data / "homes" / "energy" / "leeds_053_postcode_metered.csv"
    raw = pd.read_csv(path)
    result = read(metered, path, postcodes=raw["postcode"].tolist())
    frame = result.layers["in_metered"]
    assert result.rows_read == 96
    power, gas = (frame[frame["fuel"] == fuel] for fuel in ("electricity", "gas"))
    assert (len(power), len(gas)) == (raw["elec_mean_kwh"].notna().sum(), raw["gas_mean_kwh"].notna().sum())
    assert power["total_kwh"].sum() / power["meters"].sum() == pytest.approx(2986, abs=1)
    assert gas["total_kwh"].sum() / gas["meters"].sum() == pytest.approx(11_405, abs=1)
