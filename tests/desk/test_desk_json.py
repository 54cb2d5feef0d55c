"""What a check gives is frozen to its last part, and as JSON it is what the docs say."""

import dataclasses
import json
from collections.abc import Mapping
from typing import get_args, get_type_hints

import pytest
from typer.testing import CliRunner

from laep import results
from laep.checked import Level, Proposal, ProposalChecked
from laep.cli import app
from laep.desk import bulk, check

VILLAGE = ("--at", "51.78,-1.48", "--generation-kw", "9")


def printed(village, *words):
    done = CliRunner().invoke(app, ["headroom", "check", "--store", str(village), *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def parts(kind):
    """A result's class, and those of its parts down to the last."""
    yield kind
    for hint in get_type_hints(kind).values():
        for inner in (hint, *get_args(hint)):
            if dataclasses.is_dataclass(inner):
                yield from parts(inner)


def test_one_proposal_as_json_has_the_documented_fields(village):
    found = printed(village, *VILLAGE)
    assert found.pop("schema_version") == results.SCHEMA_VERSION
    assert list(found) == [field.name for field in dataclasses.fields(results.Checked)]
    assert found["proposal"] == {"at": "51.78,-1.48", "generation_kw": 9.0, "technology": "inverter"}
    assert "storage" not in found["chain"][0]
    assert set(found["chain"][0]) <= {field.name for field in dataclasses.fields(Level)}


@pytest.mark.parametrize("command", ["headroom check", "headroom check --file"])
def test_a_result_is_frozen_to_its_last_part(command):
    for part in parts(results.OF_COMMAND[command]):
        assert part.__dataclass_params__.frozen, part
        loose = {
            name for name, hint in get_type_hints(part).items() if Mapping in (hint, *map(_origin, get_args(hint)))
        }
        assert loose <= {"cells"}, part  # a row of a file has whatever columns its operator gives it


def _origin(kind):
    return getattr(kind, "__origin__", kind)


def test_one_check_cannot_be_changed_and_reads_as_frames(held, numbers):
    found = check.check(held, Proposal(at="51.78,-1.48", generation_kw=9), numbers)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.binding.level = "primary"
    assert found.frame("measures")["measure"].tolist() == ["generation"]


def test_a_file_of_proposals_as_json_has_the_columns_of_the_table(village, held, numbers, tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("id,lat,lon,generation_kw\na,51.778,-1.4709,250\nb,51.778,-1.4709,x\n")
    rows = printed(village, "--file", str(path))["proposals"]
    columns = list(bulk.check_file(held, path, numbers).table.columns)
    assert [list(row) for row in rows] == [columns, columns]
    assert columns == [field.name for field in dataclasses.fields(ProposalChecked)]
    assert (rows[0]["verdict"], rows[1]["verdict"], rows[1]["before"]) == ("fits", "not_checked", None)
