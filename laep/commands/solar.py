"""`laep solar`."""

from pathlib import Path
from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, AreaOption, JsonOption


def solar(
    hourly: Annotated[Path, typer.Option(metavar="FILE.parquet", help="Where to write every plane's hourly power.")],
    area: AreaOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Write the power of each suitable roof plane in every hour of the year, shade included.

    One row a plane, with its panel capacity and 8,760 means in kW from 1 January 00:00 UTC. Yearly and monthly sums are
    always in the layers model_plane and model_yield.

    Example: laep solar --hourly roofs.parquet
    """
    from laep import plan
    from laep.commands import progress

    found = plan.open_folder(area)
    with progress.steps() as shown:
        written = found.solar_by_hour(hourly, on_event=shown.event)
    screen.show(written, f"{written.file}: {written.planes:,} roof planes.", as_json=as_json)
