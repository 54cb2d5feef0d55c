"""Renewable Energy Planning Database: what may yet be and what runs, nobody's name."""

import pandas as pd
import pytest
import shapely

from laep import ingest
from laep.desk import recognise
from laep.errors import SourceInvalid
from laep.ingest.dso.every import repd
from laep.ingest.source import Request
from laep.schema import public
from laep.schema.vocabulary import PLANNING_ENDED, PLANNING_STATES

HEADER = [
    "Old Ref ID",
    "Ref ID",
    "Record Last Updated (dd/mm/yyyy)",
    "Operator (or Applicant)",
    "Site Name",
    "Technology Type",
    "Storage Type",
    "Storage Co-location REPD Ref ID",
    "Installed Capacity (MWelec)",
    "Share Community Scheme",
    "CHP Enabled",
    "Mounting Type for Solar",
    "Development Status",
    "Development Status (short)",
    "Address",
    "County",
    "Region",
    "Country",
    "Post Code",
    "X-coordinate",
    "Y-coordinate",
    "Planning Authority",
    "Planning Application Reference",
    "Planning Application Submitted",
    "Planning Permission Granted",
    "Under Construction",
    "Operational",
]
SECRET = "A Person, Esq"
SCHEME = {
    "Ref ID": "4711", "Record Last Updated (dd/mm/yyyy)": "14/02/2026", "Operator (or Applicant)": SECRET,
    "Site Name": "Caf\u00e9 Field Solar \u2013 Phase 2", "Technology Type": "Solar Photovoltaics",
    "Installed Capacity (MWelec)": "4.9", "Development Status (short)": "Operational", "Address": "1 Mill Lane",
    "Country": "England", "Region": "South East", "Post Code": "ZE3 9QQ", "X-coordinate": "438250",
    "Y-coordinate": "211100", "Operational": "24/03/2015",
}  # fmt: skip
CLIP = shapely.box(436_000, 208_000, 437_500, 209_500)


def write(tmp_path, *schemes, name="repd.csv", header=HEADER, encoding="cp1252"):
    table = pd.DataFrame([{**SCHEME, "Ref ID": str(4711 + n), **scheme} for n, scheme in enumerate(schemes)])
    table.reindex(columns=header).to_csv(tmp_path / name, index=False, encoding=encoding)
    return tmp_path / name


def read(*paths, clip=CLIP):
    return repd.read(Request(files=paths, clip=clip))


def test_a_running_scheme_is_kept_without_its_applicant(tmp_path):
    got = read(write(tmp_path, {}))
    layer = got.layers["in_generator"]
    row = layer.iloc[0]
    assert row[["generator_id", "told_by", "technology", "status", "planning", "connected_on", "source_id"]].tolist() == [
        "4711", "planning", "solar", "connected", "operating", "2015-03-24", "repd",
    ]  # fmt: skip
    assert row["capacity_kw"] == 4900.0
    assert row["name"] == "Caf\u00e9 Field Solar \u2013 Phase 2"
    assert row["distance_m"] == pytest.approx(shapely.Point(438250, 211100).distance(CLIP))
    kept = layer.to_csv() + " ".join(got.notes)
    assert not any(secret in kept for secret in (SECRET, "1 Mill Lane", "ZE3 9QQ"))
    assert "name" not in public(layer, "in_generator").columns
    assert (got.rows_read, got.rows_kept, got.edition) == (1, 1, "records to 2026-02-14")


def test_planning_states_are_those_of_the_vocabulary_and_no_connection_offer(tmp_path):
    live = {
        "Application Submitted": "applied", "Appeal Lodged": "appealed", "Awaiting Construction": "granted",
        "No Application Required": "not_required", "Under Construction": "building", "Operational": "operating",
    }  # fmt: skip
    layer = read(write(tmp_path, *({"Development Status (short)": state} for state in live))).layers["in_generator"]
    assert layer["planning"].tolist() == list(live.values())
    assert set(layer["planning"]) == set(PLANNING_STATES)
    assert layer["status"].tolist() == ["planned"] * 5 + ["connected"]
    assert layer["connected_on"].notna().tolist() == [False] * 5 + [True]


def test_what_will_not_be_counts_for_nothing_and_is_said(tmp_path):
    over = {
        "Application Withdrawn": "withdrawn", "Application Refused": "refused", "Appeal Refused": "refused",
        "Revised": "replaced", "Planning Permission Expired": "expired", "Abandoned": "abandoned",
        "Decommissioned": "decommissioned",
    }  # fmt: skip
    got = read(write(tmp_path, {}, *({"Development Status (short)": state} for state in [*over, "On the moon"])))
    assert len(got.layers["in_generator"]) == 1
    assert set(over.values()) == set(PLANNING_ENDED)
    assert "Schemes refused, left out: 2." in got.notes
    assert "Schemes permission lapsed, left out: 1." in got.notes
    assert "Schemes in no state that laep knows ('On the moon'), left out: 1." in got.notes


def test_irish_grid_rows_are_dropped_and_counted(tmp_path):
    got = read(write(tmp_path, {}, {"Country": "Northern Ireland"}, {"Country": "", "Region": "Northern Ireland"}))
    assert len(got.layers["in_generator"]) == 1
    assert "Schemes in Northern Ireland, on the Irish Grid, left out: 2." in got.notes


def test_far_off_and_placeless_schemes_are_counted(tmp_path):
    far, nowhere = {"X-coordinate": "500000"}, {"X-coordinate": "", "Y-coordinate": ""}
    got = read(write(tmp_path, {}, far, nowhere))
    assert len(got.layers["in_generator"]) == 1
    assert "Schemes more than 10 km from the area, left out: 1." in got.notes
    assert "Schemes without a position in Great Britain, left out: 1." in got.notes
    assert len(read(write(tmp_path, {}, far), clip=None).layers["in_generator"]) == 2


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("Solar Photovoltaics", "solar"), ("Wind Onshore", "wind"), ("Battery", "storage"), ("Small Hydro", "hydro"),
        ("Pumped Storage Hydroelectricity", "storage"), ("Anaerobic Digestion", "biomass"), ("Landfill Gas", "biomass"),
        ("EfW Incineration", "waste"), ("Advanced Conversion Technologies", "waste"), ("Tidal Stream", "other"),
        ("Biomass (dedicated)", "biomass"), ("Hydrogen", "other"), ("Flywheel", "storage"),
    ],
)  # fmt: skip
def test_technologies(tmp_path, published, ours):
    layer = read(write(tmp_path, {"Technology Type": published})).layers["in_generator"]
    assert layer["technology"].tolist() == [ours]


def test_the_latest_record_of_a_scheme_counts(tmp_path):
    old = write(tmp_path, {"Development Status (short)": "Awaiting Construction"}, name="old.csv")
    refused = {"Development Status (short)": "Abandoned", "Record Last Updated (dd/mm/yyyy)": "01/05/2026"}
    new = write(tmp_path, refused, name="new.csv")
    for files in ((old, new), (new, old)):
        got = read(*files)
        assert got.layers["in_generator"].empty
        assert "Records of a scheme that a later one replaces, left out: 1." in got.notes


def test_without_a_size_it_is_kept_and_said(tmp_path):
    got = read(write(tmp_path, {"Installed Capacity (MWelec)": ""}))
    assert got.layers["in_generator"]["capacity_kw"].isna().all()
    assert "Schemes without a capacity: 1." in got.notes


def test_utf8_and_a_missing_column(tmp_path):
    assert (
        read(write(tmp_path, {}, encoding="utf-8-sig")).layers["in_generator"]["name"].str.startswith("Caf\u00e9").all()
    )
    with pytest.raises(SourceInvalid, match="Development Status"):
        read(write(tmp_path, {}, header=[name for name in HEADER if "(short)" not in name]))
    with pytest.raises(SourceInvalid, match="needs a file"):
        read()


def test_no_column_holds_a_person_and_no_headroom_store_takes_it():
    published = {spelling for spellings in repd.COLUMNS.values() for spelling in spellings}
    assert not published & {"Operator (or Applicant)", "Address", "Post Code"}
    assert not {"repd", "osm"} & set(recognise.sources())
    assert "ecr" in recognise.sources()


def test_every_source_of_generators_says_what_kind_of_witness_it_is():
    writers = [ingest.load(name).SOURCE for name in ingest.MODULES]
    told = {source.name: source.told_by for source in writers if "in_generator" in source.writes}
    assert told == {"osm": "map", "ecr": "register", "repd": "planning"}
