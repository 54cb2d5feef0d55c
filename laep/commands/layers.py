"""`laep layers`."""

from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import JsonOption


def layers(
    name: Annotated[str | None, typer.Argument(help="One layer, to see its columns.")] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Describe the layers of an area GeoPackage, or the columns of one.

    Example: laep layers in_building
    """
    from laep import plan
    from laep.results import Table

    described = plan.describe(name)
    if name is None:
        rows = [(one.layer, one.geometry, one.written_by, one.meaning) for one in described.layers]
        table = Table("Layers", ("layer", "geometry", "written by", "meaning"), rows)
    else:
        columns = [(one.column, one.type, one.unit, one.allowed, one.meaning) for one in described.layers[0].columns]
        title = f"{name}, written by {described.layers[0].written_by}"
        table = Table(title, ("column", "type", "unit", "allowed", "meaning"), columns)
    screen.show(described, table, as_json=as_json)
