"""`laep explain`."""

from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption


def explain(
    what: Annotated[
        str, typer.Argument(metavar="ID", help="Any id in the report, such as of a figure, rule or source.")
    ],
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Trace anything in the report back to its source rows and assumptions, or to what the field guide says.

    Example: laep explain solar.annual

    Example: laep explain VP-C09

    Example: laep explain PR-05
    """
    from laep import plan

    story = plan.open_folder(area).explain(what)
    screen.show(story, story.text, *story.tables, as_json=as_json)
