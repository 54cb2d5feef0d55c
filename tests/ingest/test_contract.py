"""What every source promises: `laep ingest` of any of them reads by name, says what is wrong, and lets no name out."""

import json

import pandas as pd
import pytest
from samples import forms, sample

from laep import ingest
from laep.desk import cite
from laep.errors import UserFault
from laep.gather import gather
from laep.ingest.read.table import squash
from laep.ingest.source import Ingested, Request
from laep.schema import LAYERS, conform, public
from laep.store import Store

PERSON = "A. N. Person, 1 Private Lane"
NAMES = ("Customer Name", "Operator (or Applicant)", "Contact e-mail")
"""Columns no source has asked for, as registers have them."""
NO_FILE = {"licence_areas", "weather"}
OTHER_FORMS = {"boundary", "osm", "elevation"} | NO_FILE
"""Sources whose samples are no rows under names: their files have forms, or tags, of their own, tested beside them."""
BARE = {"licence_areas", "zones", "places", "land", "buildings", "constraints", "ukpn_lines", "npg_lines"} | OTHER_FORMS
"""Sources that need no column: they take what has a shape."""
MAY_BE_EMPTY = {"feeder_usage", "uprn"}
"""Sources read in blocks, of a part of a country that may hold none: they say so in a note."""
WITHOUT_PLACES = {"ukpn_secondary utilisation"}
"""Forms that fill in what another of their source lacks, and give no row without it."""
FORMS = forms()
ONE_FORM = {case.split()[0]: case for case in reversed(FORMS)}
"""Source -> the first of its forms."""
BY_NAME = sorted(set(FORMS) - OTHER_FORMS)


def module_of(name):
    return ingest.load(name.split()[0])


def read(name, told, files):
    request = Request(
        files=files, clip=told.clip, layers=told.layers, options=told.options, area_id="place", name="The place"
    )
    return module_of(name).read(request)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Return a function that reads the sample of a source, once in this module."""
    kept = {}

    def result(name):
        if name not in kept:
            folder = tmp_path_factory.mktemp(name)
            kept[name] = read(name, sample(name), sample(name).write(folder))
        return kept[name]

    return result


def same(one, other):
    assert one.layers.keys() == other.layers.keys()
    for layer in one.layers:
        key = list(LAYERS[layer].key)
        mine, theirs = (found.layers[layer].sort_values(key, ignore_index=True) for found in (one, other))
        pd.testing.assert_frame_equal(pd.DataFrame(mine), pd.DataFrame(theirs))
    assert (one.rows_read, one.rows_kept) == (other.rows_read, other.rows_kept)
    assert len(one.notes) == len(other.notes)


@pytest.mark.parametrize("name", ingest.MODULES)
def test_it_says_who_publishes_it_and_what_it_fills(name):
    source = ingest.load(name).SOURCE
    assert source.name == name
    for told in (source.title, source.publisher, source.licence, source.attribution, source.accepts):
        assert told.strip()
    assert source.url.startswith("https://")
    assert {*source.writes, *source.takes} <= LAYERS.keys()
    assert set(source.file_options) <= set(source.options)


@pytest.mark.parametrize("name", ingest.MODULES)
def test_its_columns_are_our_names_with_the_spellings_of_publishers(name):
    module = ingest.load(name)
    columns = getattr(module, "COLUMNS", {})
    for form in getattr(module, "FORMS", {}).values():
        assert all({*names} <= {*columns[ours]} for ours, names in form.items())
    assert not [ours for ours, names in columns.items() if isinstance(names, str) or not names]
    assert set(module.SOURCE.private or ()) <= columns.keys()


@pytest.mark.parametrize("name", FORMS)
def test_its_sample_becomes_rows_of_its_layers(name, first):
    result = first(name)
    assert isinstance(result, Ingested)
    assert set(result.layers) <= set(module_of(name).SOURCE.writes)
    assert any(len(frame) for frame in result.layers.values()) or name in WITHOUT_PLACES
    for layer, frame in result.layers.items():
        assert conform(frame, layer).equals(frame), layer
        assert set(frame["source_id"]) <= {name.split()[0]}


@pytest.mark.parametrize("name", FORMS)
def test_what_is_left_out_is_said(name, first):
    result = first(name)
    assert result.rows_read > 0
    assert result.rows_kept >= result.rows_read or any(character.isdigit() for character in "".join(result.notes))
    assert all(note.strip() and "\n\n" not in note for note in result.notes)


def test_every_source_leaves_its_provenance_and_replaces_only_its_own_rows(first, tmp_path):
    """Kept one after the other, and each once more: one row a source, and no row of a layer twice or lost."""
    store, rows = Store.create(tmp_path / "place.gpkg", "place"), {}
    files = {name: sample(form).write(tmp_path) for name, form in ONE_FORM.items()}
    for name, form in (*ONE_FORM.items(), *ONE_FORM.items()):
        result = first(form)
        with store.edit() as edit:
            for layer, frame in result.layers.items():
                edit.replace_source(layer, frame, source_id=name)
                rows[layer, name] = len(frame)
            edit.record_source(gather.provenance(ingest.load(name).SOURCE, result, files[name]))
    kept = store.provenance().set_index("source_id")
    assert sorted(kept.index) == sorted(ingest.MODULES)
    for name, form in ONE_FORM.items():
        source, result, told = ingest.load(name).SOURCE, first(form), kept.loc[name]
        assert (told["title"], told["licence"], told["url"]) == (source.title, source.licence, source.url)
        assert (told["rows_read"], told["rows_kept"]) == (result.rows_read, result.rows_kept)
        assert told["layers"].split("\n") == sorted(result.layers)
        names = {path.name: f"file {n}" if source.of_households else path.name for n, path in enumerate(files[name], 1)}
        assert told["files"] == "\n".join(names.values())
        said = "\n".join(result.notes)
        for file, shown in names.items():
            said = said.replace(file, shown)
        assert told["notes"] == said
    for layer in {layer for layer, _ in rows}:
        counts = {name: count for (other, name), count in rows.items() if other == layer and count}
        assert store.read(layer)["source_id"].value_counts().to_dict() == counts, layer


@pytest.mark.parametrize("name", FORMS)
def test_the_same_file_gives_the_same_rows(name, first, tmp_path):
    same(first(name), read(name, sample(name), sample(name).write(tmp_path)))


@pytest.mark.parametrize("name", BY_NAME)
def test_another_edition_reads_the_same(name, first, tmp_path):
    """Whatever the case and spacing of its names, their order, a further column, or a byte-order mark."""
    edition = {"rename": lambda name: f" {name.upper()} ", "turned": True, "more": {"A new column": "7"}}
    same(first(name), read(name, sample(name), sample(name).write(tmp_path, mark="\ufeff", **edition)))


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - BARE))
def test_other_columns_are_met_with_those_it_has(name, tmp_path):
    files = sample(name).write(tmp_path, rename=lambda name: "zz" + squash(name)[::-1])
    with pytest.raises(UserFault) as caught:
        read(name, sample(name), files)
    assert "zz" in str(caught.value).casefold()


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - BARE))
def test_a_misspelt_column_is_met_with_the_nearest_name_in_the_file(name, tmp_path):
    """The fault names the published column and, beside it, the one that may be meant."""
    told = sample(name)
    files = told.write(tmp_path, rename=lambda name: name + "z")
    with pytest.raises(UserFault) as caught:
        read(name, told, files)
    said = str(caught.value)
    assert any(f"(nearest in the file: {column + 'z'!r})" in said for column in told.rows[0]), said


@pytest.mark.parametrize("name", sorted(set(FORMS) - NO_FILE))
@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>Log in</html>", b'{"error": "Forbidden"}'])
def test_what_is_no_data_is_a_fault_the_user_can_mend(name, content, tmp_path):
    told = sample(name)
    path = told.write(tmp_path)[0]
    empty = tmp_path / f"empty{path.suffix}"
    empty.write_bytes(content)
    with pytest.raises(UserFault, match=r"empty|ingest|https?://|laep"):
        read(name, told, (empty,))


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in MAY_BE_EMPTY and not sample(name).shapes])
def test_a_header_with_nothing_under_it_is_a_fault(name, tmp_path):
    """Portals send one to those who are not logged in."""
    told = sample(name)
    (path,) = told.write(tmp_path)
    with path.open(encoding="utf-8") as lines:
        header = lines.readline()
    path.write_text(header, encoding="utf-8")
    with pytest.raises(UserFault):
        read(name, told, (path,))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_persons_name_never_leaves(name, tmp_path):
    """Columns nobody asked for, as registers have them, go neither into a public layer nor into the desk's copy."""
    told = sample(name)
    files = told.write(tmp_path, more=dict.fromkeys(NAMES, PERSON))
    found = read(name, told, files)
    for layer, frame in found.layers.items():
        assert PERSON not in public(pd.DataFrame(frame), layer).to_csv()
        assert PERSON not in "".join(found.notes)
    if told.shapes:  # the desk copies cells of tables only
        return
    rows = pd.DataFrame({"file": files[0].name, "source_row": pd.Series([1], dtype="Int64")})
    copied = cite.Citations(module_of(name), files, files).verbatim([rows])
    assert PERSON not in json.dumps(copied)
    if module_of(name).SOURCE.private is None:
        assert copied == []
