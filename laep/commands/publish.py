"""`laep publish`."""

from pathlib import Path
from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption


def publish(
    into: Annotated[Path, typer.Option(help="Folder to put the copy in.")] = Path("to-share"),
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Make the copy of a plan to share: the report, and the layers without homes.

    The GeoPackage in the area folder holds homes as it lies: certificates, addresses, meters. In the copy no layer and
    no column is private, and counts of few homes are hidden.

    Example: laep publish --into to-share
    """
    from laep import plan
    from laep.commands import progress

    found = plan.open_folder(area)
    with progress.steps() as shown:
        made = found.publish(into, on_event=shown.event)
    left = [f"Left out, as they hold homes: {', '.join(made.left_out)}."] if made.left_out else []
    screen.show(made, f"{made.report}\n{made.geopackage}", notes=left, as_json=as_json)
