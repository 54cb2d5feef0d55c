"""`laep explain`."""

from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption


def explain(
    what: Annotated[str, typer.Argument(metavar="ID", help="A figure, rule, assumption, layer or source.")],
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Trace anything in the report back to its source rows and assumptions.

    Example: laep explain solar.annual

    Example: laep explain VP-C09
    """
    from laep import plan

    story = plan.open_folder(area).explain(what)
    screen.show(story, story.text, *story.tables, as_json=as_json)
