"""`laep doctor`."""

from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption

_MARKS = {"good": "ok", "warn": "look", "bad": "WRONG"}


def doctor(
    live: Annotated[
        bool, typer.Option("--live", help="Ask the portals what they have today, a small request a dataset.")
    ] = False,
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Check this computer and this area, and say what is missing.

    Example: laep doctor

    Example: laep doctor --live
    """
    from laep import doctor as surgery
    from laep import plan
    from laep.results import Table

    examined = surgery.examine_portals(area, plan.fetcher(again=True)) if live else surgery.examine(area)
    rows = [(_MARKS[one.state], one.topic, one.found, one.advice) for one in examined.findings]
    screen.show(examined, Table("Doctor", ("", "what", "found", "do"), rows), as_json=as_json)
    if any(one.state == "bad" for one in examined.findings):
        raise typer.Exit(1)
