"""What a check gives as JSON is what the docs say."""

import dataclasses
import json

from typer.testing import CliRunner

from laep import results
from laep.cli import app


def test_one_proposal_as_json_has_the_documented_fields(village):
    words = ["headroom", "check", "--store", str(village), "--at", "51.78,-1.48", "--generation-kw", "9", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found.pop("schema_version") == results.SCHEMA_VERSION
    assert list(found) == [field.name for field in dataclasses.fields(results.Checked)]
