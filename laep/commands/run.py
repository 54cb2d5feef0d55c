"""`laep run`."""

from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption


def run(
    explain: Annotated[bool, typer.Option("--explain", help="Say why each step ran.")] = False,
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Run every step whose inputs, assumptions or answers have changed.

    Example: laep run --explain
    """
    from laep import plan
    from laep.commands import progress
    from laep.results import Table

    found = plan.open_folder(area)
    with progress.steps() as shown:
        ran = found.run(on_event=shown.event)
    rows = [(one.step, one.state, one.why if explain else one.note) for one in ran.steps]
    screen.show(ran, Table("Steps", ("step", "state", "why" if explain else "note"), rows), as_json=as_json)
