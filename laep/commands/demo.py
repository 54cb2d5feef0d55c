"""`laep demo`."""

from pathlib import Path
from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import JsonOption


def demo(
    into: Annotated[Path, typer.Option(help="Folder to make the sample area in.")] = Path("demo"),
    as_json: JsonOption = False,
) -> None:
    """
    Make a plan of the sample village, from place to report, with no data of your own.

    Example: laep demo --into /tmp/demo
    """
    from laep import plan
    from laep.commands import progress

    made = plan.demo(into)
    with progress.Progress() as shown:
        made.ingest(offline=True, on_event=shown.event)
    with progress.steps() as shown:
        written = made.report(on_event=shown.event)
    screen.show(written, str(written.report), as_json=as_json)
