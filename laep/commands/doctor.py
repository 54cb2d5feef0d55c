"""`laep doctor`."""

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption

_MARKS = {"good": "ok", "warn": "look", "bad": "WRONG"}


def doctor(area: AreaOption = HERE, as_json: JsonOption = False) -> None:
    """
    Check this computer and this area, and say what is missing.

    Example: laep doctor
    """
    from laep import doctor as surgery
    from laep.results import Table

    examined = surgery.examine(area)
    rows = [(_MARKS[one.state], one.topic, one.found, one.advice) for one in examined.findings]
    screen.show(examined, Table("Doctor", ("", "what", "found", "do"), rows), as_json=as_json)
    if any(one.state == "bad" for one in examined.findings):
        raise typer.Exit(1)
