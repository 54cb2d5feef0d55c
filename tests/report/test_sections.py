"""Each section is a module and a template of one name, and says what it says in cells, never in HTML."""

import ast
import re
from pathlib import Path

import frames_for_report as made
import pytest
import reading

from laep import report
from laep.report import cells, legend, markup
from laep.report.cells import Column, Table, entries, joined, missing, said, strong, told, typed
from laep.report.material import ReportInputs, prepare
from laep.report.sections import REGISTERING, SECTIONS, baseline
from laep.resources import templates
from laep.schema.vocabulary import GENERATOR_STATUSES

ROOM = Path(report.__file__).parent
PRINTERS = {"html.py", "markup.py"}
NAMES = [section.__name__.rpartition(".")[2] for section in SECTIONS]


@pytest.fixture(scope="module")
def material():
    return prepare(
        ReportInputs(
            frames=made.village(), provenance=made.provenance(), assumptions=made.assumptions(), name="Alderbrook",
            laep_version="0", generated=made.GENERATED, wishes=("warm homes",),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def every(material):
    return {name: section.rows(material) for name, section in zip(NAMES, SECTIONS, strict=True)}


def parts(thing):
    """Walk everything a section says, down to its leaves."""
    if isinstance(thing, dict):
        thing = list(thing.values())
    if isinstance(thing, list | tuple):
        for part in thing:
            yield from parts(part)
    else:
        yield thing


def tables(every):
    return [part for rows in every.values() for part in parts(rows) if isinstance(part, Table)]


def test_every_section_has_a_module_and_a_template_of_its_name():
    modules = {path.stem for path in (ROOM / "sections").glob("*.py")} - {"__init__"}
    pages = {path.name.removesuffix(".html.j2") for path in (templates() / "report" / "sections").iterdir()}
    assert modules == pages == {*NAMES, "starter"}
    assert {section for section in SECTIONS if hasattr(section, "figures")} == set(REGISTERING)


def test_only_the_printer_of_pages_knows_html():
    importers = {path.name for path in ROOM.rglob("*.py") if "markupsafe" in path.read_text(encoding="utf-8")}
    assert importers == PRINTERS
    for path in (ROOM / "sections").glob("*.py"):
        texts = [node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
        assert not [text for text in texts if re.search(r"</?[a-z]+[ >]", text)], path.name


def test_every_entry_of_every_table_is_made_of_cells(every):
    found = tables(every)
    assert len(found) > 20
    for table in found:
        for row in table.rows:
            assert len(row) == len(table.columns), table.table_id
            for lines in row:
                assert all(isinstance(line, cells.Sentence) for line in lines), table.table_id
                assert {cell.look for line in lines for cell in line.cells} <= set(cells.LOOKS)
                assert all(isinstance(cell.text, str) for line in lines for cell in line.cells), table.table_id


def test_every_look_of_a_cell_is_printed_in_a_way_of_its_own():
    assert set(markup._LOOKS) == set(cells.LOOKS)
    assert len(set(markup._LOOKS.values())) == len(cells.LOOKS)


def test_every_status_of_a_generator_has_a_column():
    assert set(baseline._STATUSES) == set(GENERATOR_STATUSES)


def test_tables_have_names_of_their_own(every):
    names = [table.table_id for table in tables(every)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names)


def test_every_figure_that_a_section_prints_exists(every, material):
    told_of = {name: reading.printed(rows) for name, rows in every.items()}
    assert sum(map(len, told_of.values())) > 150
    assert {figure_id for ids in told_of.values() for figure_id in ids if figure_id not in material.show} == set()


def test_no_colour_is_said_outside_the_legend():
    hexes = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?\b")
    homes = [*ROOM.rglob("*.py"), *(ROOM.parent / "desk").glob("*.py"), *templates().rglob("*.*")]
    where = {path.name for path in homes if path.is_file() and hexes.search(path.read_text(encoding="utf-8"))}
    assert where == {"legend.py"}


def test_every_use_and_kind_of_land_on_a_map_has_one_class():
    for groups in (legend.USES, legend.LAND):
        kinds = [kind for group in groups.values() for kind in group.kinds]
        assert len(set(kinds)) == len(kinds)


def test_steps_reach_down_to_their_least():
    assert [legend.step_of(legend.YIELDS, value) for value in (925.0, 924.9, 0.0, -1.0)] == [0, 1, 3, None]
    assert legend.rgb("#1d5f58") == (29, 95, 88)


def test_parts_fill_gaps_and_notes_that_say_nothing_are_left_out():
    sentence = told("{} of {}.", strong("9"), "ten")
    assert [(cell.text, cell.look) for cell in sentence.cells] == [
        ("9", "strong"), (" of ", "plain"), ("ten", "plain"), (".", "plain"),
    ]  # fmt: skip
    assert said("a", notes=("", "b")).notes == (said("b"),)
    assert not said("")
    assert said(said("a", notes=("b",)), "c") == said("a", "c", notes=("b",))
    with pytest.raises(ValueError, match="zip"):
        told("{} of {}.", "9")


def test_sentences_join_without_those_that_say_nothing():
    assert joined(["A.", "", said("B.")]) == said("A.", " ", "B.")
    assert joined(["x", "y"], between=", ") == said("x", ", ", "y")


def test_what_stands_between_back_ticks_is_code():
    assert [(cell.text, cell.look) for cell in typed("Type `laep run`.").cells] == [
        ("Type ", "plain"), ("laep run", "code"), (".", "plain"),
    ]  # fmt: skip


def test_an_entry_is_one_line_or_several():
    one, several, nothing = entries("a", ["b", missing("c")], "")
    assert (len(one), len(several), len(nothing)) == (1, 2, 1)
    assert not Table(table_id="x", columns=(Column("A"),), rows=())
