"""`laep init`."""

from pathlib import Path
from typing import Annotated

import typer

from laep.commands import screen
from laep.commands.options import HERE, JsonOption


def init(
    name: Annotated[str, typer.Argument(help="Name of the area as people say it; the folder is named after it.")],
    boundary: Annotated[Path | None, typer.Option(help="A boundary file in any GIS vector format.")] = None,
    where: Annotated[
        str | None, typer.Option(help="Picks one feature of the file, as in \"WD13NM = 'Graig'\".")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of the file, when it has several.")] = None,
    code: Annotated[str | None, typer.Option(help="An ONS code of a ward, parish, district or LSOA.")] = None,
    place: Annotated[str | None, typer.Option(help="The name of a parish, ward or district.")] = None,
    postcode: Annotated[str | None, typer.Option(help="A postcode; alone it is the centre.")] = None,
    at: Annotated[str | None, typer.Option(help="Latitude,longitude of the centre, as in 51.78,-1.37.")] = None,
    radius: Annotated[float, typer.Option(help="Metres round the postcode or point.")] = 500.0,
    from_: Annotated[
        Path | None, typer.Option("--from", help="File to look the code, name or postcode up in, not the network.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network, now or in `laep ingest`.")] = False,
    into: Annotated[Path, typer.Option(help="Folder to make the area folder in.", show_default="this folder")] = HERE,
    as_json: JsonOption = False,
) -> None:
    """
    Make the folder of a new area.

    The place is a code or name, a circle round a postcode or point, or a boundary file. Codes, names and postcodes are
    looked up at the Office for National Statistics, or in a file.

    Example: laep init "Eynsham" --place Eynsham

    Example: laep init "Eynsham" --boundary wards.geojson --where "WD13NM = 'Eynsham and Cassington'"

    Example: laep init "Mill Street" --at 51.7800,-1.3745 --radius 400
    """
    from laep import plan

    made_plan, made = plan.create(
        name, boundary=boundary, where=where, layer=layer, code=code, place=place, postcode=postcode, at=at,
        radius_m=radius, lookup=from_, offline=offline, into=into,
    )  # fmt: skip
    first = "`laep ingest`" if made_plan.area.live else "`laep ingest osm --file MAP` (see `laep sources`)"
    screen.show(
        made,
        f"Made {made.folder} ({made.found_by}; {made.hectares:,.0f} hectares).\n"
        f"Next: cd {made.folder.name}, then {first}, then `laep report`.",
        as_json=as_json,
    )
