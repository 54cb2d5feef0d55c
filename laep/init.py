"""`laep init`: a place becomes an area folder, whole or not at all."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from laep import answers, area, plain, resources
from laep.errors import AreaInvalid, FetchFailed, UserFault
from laep.ingest.place import boundary as boundaries
from laep.ingest.place import boundary_live

if TYPE_CHECKING:
    from laep.area import Area
    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.place.boundary import Place

_BOUNDARIES = "boundaries from the ONS Open Geography portal, geoportal.statistics.gov.uk"
_LONGEST = 60
"""Letters of a folder name."""
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
"""Names that no folder has on Windows: an area may be passed on to one."""
_LOOKUPS = {
    "--code": _BOUNDARIES,
    "--place": _BOUNDARIES,
    "--postcode": "the ONS Postcode Directory, geoportal.statistics.gov.uk, or OS Code-Point Open",
}


def find_place(
    *,
    boundary: Path | None,
    where: str | None,
    layer: str | None,
    code: str | None,
    place: str | None,
    postcode: str | None,
    at: str | None,
    radius_m: float,
    lookup: Path | None,
    fetcher: Fetcher | None = None,
) -> Place:
    """
    Return the place meant by exactly one of `boundary`, `code`, `place`, `at` or `postcode`.

    A postcode beside one of the others only picks the climate region. `lookup` is the file in which a code, place or
    postcode is looked up; without it `fetcher` asks the Office for National Statistics.

    Raises
    ------
    UserFault
        When none or several ways are given, or there is neither file nor network to look in.
    """
    ways = {"--boundary": boundary, "--code": code, "--place": place, "--at": at}
    given = [name for name, value in ways.items() if value is not None]
    if not given and postcode:
        given = ["--postcode"]
    if len(given) != 1:
        raise UserFault(
            f"Say where the area is in one way, not {len(given)}: --boundary FILE, --code CODE, --place NAME, "
            "--at LAT,LON or --postcode POSTCODE. Offline, a code, name or postcode also takes --from FILE."
        )
    if boundary is not None:
        return boundaries.from_file(boundary, where=where, layer=layer)
    if at is not None:
        return boundaries.from_point(*_latitude_longitude(at), radius_m)
    if lookup is None:
        lookup = _looked_up(given[0], str(code or place or postcode), fetcher)
    if code is not None:
        return boundaries.from_code(code, lookup)
    if place is not None:
        return boundaries.from_name(place, lookup)
    return boundaries.from_postcode(str(postcode), lookup, radius_m)


def create(name: str, place: Place, *, parent: Path = Path(), postcode: str | None = None, live: bool = False) -> Area:
    """
    Make the area folder of `place` inside `parent` and return the area.

    Parameters
    ----------
    name : str
        Name of the area as people say it; the folder is named after it.
    place : Place
        Where it is, from `laep.ingest.place.boundary`.
    postcode : str, optional
        A postcode in the area, which picks its climate region.
    live : bool
        Whether `laep ingest` fetches what it can for this area.

    Raises
    ------
    AreaInvalid
        When the folder is already there, or the name holds no letter or digit.
    """
    name = plain.one_line(name)
    folder = parent.resolve() / short_name(name)
    if folder.exists():
        raise _there_already(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".laep-", dir=folder.parent) as workshop:
        draft = Path(workshop) / folder.name
        draft.mkdir()
        boundaries.write_geojson(place, draft / "boundary.geojson")
        (draft / area.TOML_NAME).write_text(_laep_toml(name, place, postcode, live=live), encoding="utf-8")
        (draft / "answers.toml").write_text(answers.template(name), encoding="utf-8")
        try:
            draft.rename(folder)
        except OSError as error:
            if folder.exists():  # another laep was quicker
                raise _there_already(folder) from error
            raise
    return area.load(folder)


def _there_already(folder: Path) -> AreaInvalid:
    return AreaInvalid(f"{folder} is already there. Choose another name, or move it away.")


def short_name(name: str) -> str:
    """
    Return the folder name for an area name: lower case, hyphens for everything that is not a letter or digit.

    It is cut where it is so long that the paths in the folder would pass what Windows takes.
    """
    short = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:_LONGEST].strip("-")
    if not short:
        raise AreaInvalid(f"An area needs a name with letters or digits in it, not {name!r}.")
    if _RESERVED.fullmatch(short):
        raise AreaInvalid(f"Windows keeps the name {short!r} for itself. Give the area another, such as '{name} plan'.")
    return short


def _looked_up(way: str, what: str, fetcher: Fetcher | None) -> Path:
    """Return a file that holds the place, fetched; the error says how to do without."""
    by_hand = f"add --from FILE ({_LOOKUPS[way]})"
    if fetcher is None or fetcher.offline:
        raise UserFault(f"{way} needs a file to look it up in: {by_hand}.")
    ways = {
        "--code": boundary_live.by_code,
        "--place": boundary_live.by_name,
        "--postcode": boundary_live.of_postcode,
    }
    try:
        return ways[way](what, fetcher)
    except FetchFailed as fault:
        raise FetchFailed(f"{fault} To do without, {by_hand}.") from None


def _laep_toml(name: str, place: Place, postcode: str | None, *, live: bool) -> str:
    source = (resources.templates() / "area" / "laep.toml.j2").read_text(encoding="utf-8")
    values = {"name": name, "found_by": place.found_by, "postcode": postcode}
    quoted = {key: json.dumps(value, ensure_ascii=False) if value else None for key, value in values.items()}
    page = jinja2.Template(source, keep_trailing_newline=True, autoescape=False)
    return str(page.render(quoted | {"live": live}))


def _latitude_longitude(text: str) -> tuple[float, float]:
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        raise UserFault(f"--at {text}: write latitude,longitude in degrees, as in --at 51.7800,-1.3745.") from None
    return latitude, longitude
