"""Boundaries and postcodes looked up at the Office for National Statistics, for `laep init` without a file."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.errors import FetchFailed, SourceInvalid
from laep.ingest.net.arcgis import (
    ONS,
    ONS_DISTRICTS,
    ONS_LSOAS,
    ONS_OUTPUT_AREAS,
    ONS_PARISHES,
    ONS_POSTCODES,
    ONS_WARDS,
    ArcGis,
    edition_in,
)
from laep.ingest.net.keys import base
from laep.ingest.net.refusals import loaded, together
from laep.ingest.read.vector import postcodes

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher

_BY_CODE = (
    (r"[EWSN](?:05|13|08)\d{6}", "ward", ONS_WARDS),
    (r"[EW](?:04|43)\d{6}", "parish", ONS_PARISHES),
    (r"[EWS](?:06|07|08|09|12)\d{6}", "district", ONS_DISTRICTS),
    (r"[EW]01\d{6}", "LSOA", ONS_LSOAS),
    (r"[EW]00\d{6}", "Output Area", ONS_OUTPUT_AREAS),
)
_BY_NAME = (("parish", ONS_PARISHES), ("ward", ONS_WARDS), ("district", ONS_DISTRICTS))
POSTCODES = "api.postcodes.io"
_SHOWN = 10  # places listed in a message


def by_code(code: str, fetcher: Fetcher, *, services: str = ONS) -> Path:
    """Return a map file with the place that has an ONS code."""
    code = code.strip().upper()
    known = next((each for each in _BY_CODE if re.fullmatch(each[0], code)), None)
    if known is None:
        raise SourceInvalid(
            f"{code}: laep looks up codes of wards (E05...), parishes (E04...), districts, LSOAs and Output Areas. "
            "For another kind of area give its boundary with --boundary FILE."
        )
    service = ArcGis(services=services, service=known[2])
    found, path, editions = _in_editions(service, "CD", f"= '{code}'", fetcher)
    if not found:
        raise SourceInvalid(f"The ONS has no {known[1]} with code {code} in its boundaries of {', '.join(editions)}.")
    return path


def by_name(name: str, fetcher: Fetcher, *, services: str = ONS) -> Path:
    """
    Return a map file with the one parish, ward or district of this name.

    Raises
    ------
    SourceInvalid
        When there are several, with the code of each, or none, with names that hold the words.
    """
    plain = " ".join(name.split()).replace("'", "''").upper()
    kinds = [(kind, ArcGis(services=services, service=pattern)) for kind, pattern in _BY_NAME]
    hits, faults = _each_kind(kinds, "NM", f"= '{plain}'", fetcher)
    places = [(kind, each) for kind, features, _ in hits for each in features]
    if len(places) == 1:
        return next(path for _, features, path in hits if features)
    if places:
        raise SourceInvalid(
            f"There are {len(places)} places called {name!r}: {_listed(places)}. Pick one with --code CODE."
        )
    if not hits:
        raise together(faults)
    alike, _ = _each_kind(kinds, "NM", f"LIKE '%{plain}%'", fetcher)
    near = [(kind, each) for kind, features, _ in alike for each in features]
    hint = f" There is {_listed(near)}: pick one with --code CODE." if near else " Try the postcode or --at LAT,LON."
    lost = f" ({'; '.join(map(str, faults))})" if faults else ""
    raise SourceInvalid(f"No parish, ward or district is called {name!r}{lost}.{hint}")


def _each_kind(
    kinds: list[tuple[str, ArcGis]], ending: str, condition: str, fetcher: Fetcher
) -> tuple[list[tuple[str, list[dict[str, Any]], Path]], list[FetchFailed]]:
    """Return what each kind of place has that meets a condition; one that cannot be had does not stop the others."""
    hits: list[tuple[str, list[dict[str, Any]], Path]] = []
    faults: list[FetchFailed] = []
    for kind, service in kinds:
        try:
            features, path, _ = _in_editions(service, ending, condition, fetcher, most=1)
        except FetchFailed as fault:
            faults.append(fault)
        else:
            hits.append((kind, features, path))
    return hits, faults


def _in_editions(
    service: ArcGis, ending: str, condition: str, fetcher: Fetcher, *, most: int | None = None
) -> tuple[list[dict[str, Any]], Path, list[str]]:
    """
    Return the features of the newest edition that answers and has some, its file, and the editions looked through.

    `most` editions that answer are looked through; one that does not answer makes way for the one before it.
    """
    answered: list[tuple[list[dict[str, Any]], Path]] = []
    looked: list[str] = []
    faults: list[FetchFailed] = []
    for name in service.editions(fetcher):
        try:
            features, path = _asked(replace(service, service=name), ending, condition, fetcher)
        except FetchFailed as fault:
            faults.append(fault)
            continue
        looked.append(edition_in(name) or name)
        answered.append((features, path))
        if features or len(answered) == most:
            break
    if not answered:
        raise together(faults)
    features, path = next((each for each in answered if each[0]), answered[0])
    return features, path, looked


def of_postcode(postcode: str, fetcher: Fetcher, *, services: str = ONS, host: str = POSTCODES) -> Path:
    """Return a table with one postcode and where it is."""
    wanted = postcodes(pd.Series([postcode], dtype="string")).iloc[0]
    if pd.isna(wanted):
        raise SourceInvalid(f"{postcode!r} is not a full postcode. Write it like `NP10 8JN`.")
    try:
        latitude, longitude, path = _in_directory(wanted, fetcher, services)
    except FetchFailed as fault:
        latitude, longitude, path = _at_postcodes_io(wanted, fetcher, host, fault)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("pcds", "lat", "long"))
    table.writerow((wanted, latitude, longitude))
    return fetcher.keep("postcode.csv", text.getvalue().encode(), of=[path])


def _in_directory(wanted: str, fetcher: Fetcher, services: str) -> tuple[Any, Any, Path]:
    """Return where a postcode is, by the ONS Postcode Directory."""
    service = ArcGis(services=services, service=ONS_POSTCODES)
    _, address, about = service.about(fetcher)
    column = _field(about, r"PCDS", services)
    path = fetcher.get(
        f"{address}/query", name="postcode.json", kind="json", check=service.check,
        params={"where": f"{column} = '{wanted}'", "outFields": "*", "returnGeometry": "false", "f": "json"},
    )  # fmt: skip
    found = json.loads(path.read_bytes())["features"]
    rows = [{name.casefold(): value for name, value in (each.get("attributes") or {}).items()} for each in found]
    if not rows:
        raise SourceInvalid(f"The ONS knows no postcode {wanted}. Try a neighbouring one, or --at LAT,LON.")
    return rows[0].get("lat"), rows[0].get("long"), path


def _at_postcodes_io(wanted: str, fetcher: Fetcher, host: str, fault: FetchFailed) -> tuple[Any, Any, Path]:
    """Return where a postcode is, by postcodes.io, which serves the same directory; `fault` says why it is asked."""
    try:
        path = fetcher.get(f"{base(host)}/postcodes/{wanted.replace(' ', '')}", name="postcode.json", kind="json")
    except FetchFailed as other:
        raise together([fault, other]) from None
    answer = loaded(host, path)
    found = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise FetchFailed(f"{fault} {host} answered without a place.")
    return found.get("latitude"), found.get("longitude"), path


def _asked(service: ArcGis, ending: str, condition: str, fetcher: Fetcher) -> tuple[list[dict[str, Any]], Path]:
    """Return the features whose name or code meets a condition, and the file that holds them."""
    _, _, about = service.about(fetcher)
    column = _field(about, rf"[A-Z]+\d\d{ending}", service.services)
    left = f"UPPER({column})" if ending == "NM" else column
    path = replace(service, where=f"{left} {condition}", fields="*").features(fetcher)
    return json.loads(path.read_bytes())["features"], path


def _field(about: dict[str, Any], pattern: str, services: str) -> str:
    names = [str(each.get("name")) for each in about.get("fields") or []]
    found = next((name for name in names if re.fullmatch(pattern, name, re.IGNORECASE)), None)
    if found is None:
        raise FetchFailed(f"{services} has no column like {pattern} any more; it has {', '.join(names[:_SHOWN])}.")
    return found


def _listed(places: list[tuple[str, dict[str, Any]]]) -> str:
    told = []
    for kind, feature in places[:_SHOWN]:
        values = {key.upper(): str(value) for key, value in (feature.get("properties") or {}).items()}
        code = next((value for key, value in values.items() if re.fullmatch(r"[A-Z]+\d\dCD", key)), "")
        name = next((value for key, value in values.items() if re.fullmatch(r"[A-Z]+\d\dNM", key)), "")
        told.append(f"{name} ({kind}, {code})")
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return ", ".join(told) + more
