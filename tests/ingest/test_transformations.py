"""Every source's table survives, or is refused after, what programs do to a table (`transformations`)."""

import dataclasses

import pandas as pd
import pytest
import transformations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import sample
from test_contract import BY_NAME, read

from laep.errors import UserFault, ValuesBroken
from laep.ingest.read import packed
from laep.schema import LAYERS

MOST_ROWS = 4
OWN_READER = {"uprn": "streams a file of the whole country as the publisher writes it"}
"""Sources with a reader of their own, and why."""
ROWS_OF = {"homes": 40, "spen_headroom": 12}
TABLES = [name for name in BY_NAME if not sample(name).shapes and name not in OWN_READER]


def small(name):
    told = sample(name)
    return dataclasses.replace(told, rows=told.rows[: ROWS_OF.get(name, MOST_ROWS)])


def table_of(told):
    header = list(told.rows[0])
    return header, [["" if row[name] is None else str(row[name]) for name in header] for row in told.rows]


def outcome(name, told, files):
    """What a source gives: its layers as text, or its refusal."""
    try:
        with packed.opened(files) as unpacked:
            found = read(name, told, unpacked)
    except (UserFault, ValuesBroken) as fault:
        return str(fault)
    return {
        layer: pd.DataFrame(frame)
        .sort_values(list(LAYERS[layer].key), ignore_index=True)
        .drop(columns="year", errors="ignore")
        .to_csv()
        for layer, frame in found.layers.items()
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_table_reads_as_before_whatever_program_it_went_through(name, tmp_path):
    told = small(name)
    header, rows = table_of(told)
    file = told.file if told.file.endswith(".csv") else "table-2026.csv"
    plain = outcome(name, told, told.write(tmp_path))
    for number, change in enumerate(transformations.SURVIVED):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = change(folder, header, rows)
        path = path.rename(folder / file.replace(".csv", "".join(path.suffixes)))
        assert outcome(name, told, (path,)) == plain, change.__doc__


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(TABLES),
    change=st.sampled_from((*transformations.EITHER, *transformations.SURVIVED)),
    where=st.tuples(st.integers(0, 999), st.integers(0, 999)),
    cell=st.sampled_from(
        ["(3.2)", "0 (none)", "<0.5", "N/A", "1.00000E+12", "44249", "1,234.5", "12 MW", "#REF!", "\u2013"]
    ),
)
def test_any_cell_after_any_program_is_read_or_refused(name, change, where, cell, tmp_path_factory):
    told = small(name)
    header, rows = table_of(told)
    rows[where[0] % len(rows)][where[1] % len(header)] = cell
    path = change(tmp_path_factory.mktemp("changed"), header, rows)
    outcome(name, told, (path,))  # anything but a fault that the user can mend is raised
