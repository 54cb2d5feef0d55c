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
)
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
    found, path = _asked(ArcGis(services=services, service=known[2]), "CD", f"= '{code}'", fetcher)
    if not found:
        raise SourceInvalid(f"The ONS has no {known[1]} with code {code} in its newest boundaries.")
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
    hits = [
        (kind, *_asked(ArcGis(services=services, service=pattern), "NM", f"= '{plain}'", fetcher))
        for kind, pattern in _BY_NAME
    ]
    places = [(kind, each) for kind, features, _ in hits for each in features]
    if len(places) == 1:
        return next(path for _, features, path in hits if features)
    if places:
        raise SourceInvalid(
            f"There are {len(places)} places called {name!r}: {_listed(places)}. Pick one with --code CODE."
        )
    near = []
    for kind, pattern in _BY_NAME:
        features, _ = _asked(ArcGis(services=services, service=pattern), "NM", f"LIKE '%{plain}%'", fetcher)
        near += [(kind, each) for each in features]
    hint = f" There is {_listed(near)}: pick one with --code CODE." if near else " Try the postcode or --at LAT,LON."
    raise SourceInvalid(f"No parish, ward or district is called {name!r}.{hint}")


def of_postcode(postcode: str, fetcher: Fetcher, *, services: str = ONS) -> Path:
    """Return a table with one postcode and where it is."""
    wanted = postcodes(pd.Series([postcode], dtype="string")).iloc[0]
    if pd.isna(wanted):
        raise SourceInvalid(f"{postcode!r} is not a full postcode. Write it like `NP10 8JN`.")
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
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("pcds", "lat", "long"))
    table.writerow((wanted, rows[0].get("lat"), rows[0].get("long")))
    return fetcher.keep("postcode.csv", text.getvalue().encode(), of=[path])


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
