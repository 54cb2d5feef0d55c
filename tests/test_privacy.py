"""What is private stays in the area folder: nothing that laep prints, draws or exports holds a household."""

import ast
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from typer.testing import CliRunner

import laep
from laep import explain, resources, sample
from laep.cli import app
from laep.errors import UserFault
from laep.schema import LAYERS, empty, public

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("village")]

ROOT = Path(__file__).resolve().parents[1]
CERTIFICATES = resources.sample_data() / "epc_certificates.csv"
TELLING = ["LMK_KEY", "ADDRESS1", "POSTCODE", "UPRN"]
"""What of a certificate says which home it is of: the last two also stand in the address and property registers."""
MAY_READ = {"pipeline.py", "gather/gather.py", "gather/obtain.py", "store.py"}
"""Modules that work inside the area folder; the others publish, and take `Store.public`."""
COMMANDS = (
    ("status",), ("sources",), ("assumptions",), ("doctor",), ("explain", "in_home"), ("run",),
    ("headroom", "check", "--at", "51.7780,-1.4709", "--generation-kw", "250"),
)  # fmt: skip


def said(plan, *words):
    """What a command prints about the area, on both streams."""
    done = CliRunner().invoke(app, [*words, "--area", str(plan.folder)])
    assert done.exit_code == 0, (words, done.output)
    return done.output


def texts_in(folder):
    """Every file of a folder as text; words stand in a GeoPackage as they are."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes().decode("utf-8", errors="replace")


def published(plan, stories, folder):
    """Every text laep gives out about the area: what commands print, and the files they write."""
    yield from texts_in(plan.area.report)
    for words in COMMANDS:
        for form in ((), ("--json",)):
            yield " ".join([*words, *form]), said(plan, *words, *form)
    yield "headroom map", said(plan, "headroom", "map", "--into", str(folder / "map"))
    yield from texts_in(folder / "map")
    yield "solar", said(plan, "solar", "--hourly", str(folder / "roofs.parquet"))
    by_hour = pq.read_table(folder / "roofs.parquet")
    assert len(by_hour) > 100
    yield "roofs.parquet", by_hour.drop(["kw"]).to_pandas().to_csv() + str(by_hour.schema)
    held = explain.Held(plan.area, plan.store)
    told = [*stories.values(), *(explain.told(held, name) for name in LAYERS)]
    rows = {" ".join(row) for story in told for table in story.tables for row in table.rows}
    yield "stories", "\n".join([*(story.text for story in told), *sorted(rows)])


@pytest.fixture(scope="module")
def marks(sample_plan):
    """What tells homes apart, the name of the file included, but for what the area and substations are called."""
    known = {sample.POSTCODE.casefold(), *sample_plan.layer("in_substation")["name"].str.casefold()}
    told = pd.read_csv(CERTIFICATES, usecols=TELLING, dtype=str)
    found = {mark.casefold() for column in told for mark in told[column].dropna()}
    assert len(found) > 2000
    return sorted((found - known) | {CERTIFICATES.stem.casefold()})


def test_the_households_are_in_the_area_file(sample_plan):
    homes, certificates = sample_plan.store.read("in_home"), pd.read_csv(CERTIFICATES, dtype=str)
    assert set(homes["uprn"].dropna()) <= set(certificates["UPRN"])
    assert homes["building_id"].notna().mean() > 0.9
    assert sample_plan.store.read("in_address")["number"].notna().any()


def test_nothing_published_holds_one(sample_plan, stories, marks, tmp_path):  # A7
    texts = {name: text.casefold() for name, text in published(sample_plan, stories, tmp_path)}
    assert {"index.html", "headroom.html", "headroom.gpkg", "roofs.parquet"} <= set(texts)
    together = "\n".join(texts.values())
    there = [mark for mark in marks if mark in together]
    assert [(name, mark) for mark in there for name, text in texts.items() if mark in text] == []


def test_household_layers_give_no_row_and_no_private_column(sample_plan):
    for name in ("in_home", "in_address"):
        frame = sample_plan.store.public(name)
        assert len(sample_plan.store.read(name))
        assert frame.empty
        assert laep.open(sample_plan.folder).layer(name).empty
        assert not {column.name for column in LAYERS[name].columns if column.private} & set(frame.columns)
    assert len(sample_plan.store.public("in_building"))


OPEN = {
    "in_uprn": ("uprn",), "in_metered": ("area_code",), "in_feeder": ("postcode",), "in_building": ("postcode", "name"),
    "in_constraint": ("name",), "in_place": ("name",), "in_land": ("name",),
}  # fmt: skip
"""Columns of open data in which numbers, postcodes and names of houses stand that certificates have too."""


def test_the_copy_to_share_has_what_is_public_and_nothing_else(sample_plan, marks, tmp_path):  # torture 8
    made = sample_plan.publish(tmp_path / "share")
    held = {name for name, _ in pyogrio.list_layers(made.geopackage)}
    assert held == {*made.layers, "laep_provenance", "laep_assumption"}
    assert {"in_home", "in_address"} <= set(made.left_out)
    for name in made.layers:
        columns = set(pyogrio.read_info(made.geopackage, layer=name)["fields"])
        assert columns == {column.name for column in LAYERS[name].columns if not column.private}, name
    known = "\n".join(
        value.casefold()
        for name, columns in OPEN.items() for column in columns
        for value in sample_plan.layer(name)[column].dropna()
    )  # fmt: skip
    there = made.geopackage.read_bytes().decode("utf-8", errors="replace").casefold()
    assert [mark for mark in marks if mark not in known and mark in there] == []
    generators = pyogrio.read_dataframe(made.geopackage, layer="net_generator")
    assert 0 < len(generators) < len(sample_plan.store.read("net_generator"))
    with pytest.raises(UserFault, match="is the area folder, which holds homes"):
        sample_plan.publish(sample_plan.folder)


@pytest.mark.parametrize("name", LAYERS)
def test_public_is_what_the_schema_says(name):
    private = {column.name for column in LAYERS[name].columns if column.private}
    assert set(LAYERS[name].column_names) - set(public(empty(name), name).columns) == private


def whole_reads(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("store.read"):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def test_only_the_engine_reads_whole_layers():
    engine = {ROOT / "laep" / name for name in MAY_READ}
    modules = sorted(set((ROOT / "laep").rglob("*.py")) - engine)
    assert [place for path in modules for place in whole_reads(path)] == []
