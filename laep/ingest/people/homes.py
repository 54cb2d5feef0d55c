"""Domestic energy certificates -> private layer `in_home`: the latest of each home, matched to its building."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from laep.errors import SourceInvalid
from laep.ingest.ground import addresses
from laep.ingest.ground.uprn import plain_uprn
from laep.ingest.people import certificate
from laep.ingest.people.metered import area_postcodes
from laep.ingest.read.cells import iso_date, month_first, rounded
from laep.ingest.read.files import files_of
from laep.ingest.read.table import numeric, read_chunks, whole
from laep.ingest.read.vector import postcodes, refuse_text
from laep.ingest.source import Ingested, Request, Source
from laep.schema import LAYERS, conform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SOURCE = Source(
    name="homes",
    title="domestic energy performance certificates",
    publisher="Ministry of Housing, Communities and Local Government; in Scotland, the Scottish Government",
    licence="Open Government Licence v3.0 but for addresses and postcodes, which are under Royal Mail's terms and may "
    "not be passed on",
    attribution="Contains public sector information licensed under the Open Government Licence v3.0; address data (c) "
    "Royal Mail",
    url="https://get-energy-performance-data.communities.gov.uk/",
    writes=("in_home",),
    takes=("in_building", "in_address", "in_uprn"),
    accepts="certificates.csv as published until 2025, or certificates-YYYY.csv of the new service; also the Scottish "
    "register's quarterly files",
    options=("postcodes",),
    tested_on="excerpt",
)
"""
`postcodes` lists the area's postcodes where neither the map nor OS Open UPRN tells them.

Not fetched: the service's interface gives whole certificates only one at a time, or all of England and Wales in one
file of 7.6 GB. Its web page cuts a file to one council, for those who are signed in.
"""

COLUMNS: dict[str, tuple[str, ...]] = {
    "certificate": ("CERTIFICATE_NUMBER", "LMK_KEY", "ASSESSMENT_ID", "REPORT_REFERENCE_NUMBER"),
    "uprn": ("UPRN", "OSG_REFERENCE_NUMBER", "OSG_UPRN"),
    "address": ("ADDRESS",),
    "address1": ("ADDRESS1",),
    "address2": ("ADDRESS2",),
    "address3": ("ADDRESS3",),
    "postcode": ("POSTCODE",),
    "lodged": ("LODGEMENT_DATE", "Date of Certificate"),
    "rating": ("CURRENT_ENERGY_RATING", "Current energy efficiency rating band"),
    "score": ("CURRENT_ENERGY_EFFICIENCY", "Current energy efficiency rating"),
    "floor_area": ("TOTAL_FLOOR_AREA", "Total floor area (m\u00b2)"),
    "property_type": ("PROPERTY_TYPE",),
    "built_form": ("BUILT_FORM",),
    "age": ("CONSTRUCTION_AGE_BAND", "Part 1 Construction Age Band"),
    "fuel": ("MAIN_FUEL", "MAIN_HEATING_FUEL", "Main Heating 1 Fuel Type"),
    "heating": ("MAINHEAT_DESCRIPTION",),
    "walls": ("WALLS_DESCRIPTION", "WALL_DESCRIPTION"),
    "roof": ("ROOF_DESCRIPTION",),
    "floor": ("FLOOR_DESCRIPTION",),
    "windows": ("WINDOWS_DESCRIPTION", "WINDOW_DESCRIPTION"),
    "hot_water": ("HOTWATER_DESCRIPTION", "HOT_WATER_DESCRIPTION"),
    "controls": ("MAINHEATCONT_DESCRIPTION",),
    "panels": ("PHOTO_SUPPLY", "Photovoltaic Supply"),
    "tenure": ("TENURE",),
}
"""Our name -> the names the column goes by: England and Wales old and new, Scotland."""
_TWICE = tuple(COLUMNS["floor"] + COLUMNS["controls"] + COLUMNS["windows"] + COLUMNS["hot_water"])
"""Headings that some editions have twice: the first is read."""
_NEEDED = ("postcode", "lodged", "rating", "floor_area", "property_type")
_NULLS = frozenset({"no data!", "invalid!", "not recorded", "unknown", "not defined", "not applicable"})
"""What certificates write for nothing, besides what every table does."""

_NEAR_M = 3.0  # maps and property points come from different surveys, which differ by a metre or two
_HIGH, _MEDIUM, _LOW = "high", "medium", "low"
_BY_POINT = ("property point in the footprint", _HIGH)
_BY_NEAR_POINT = ("property point beside the footprint", _MEDIUM)
_BY_POSTCODE = ("postcode and house on the map", _MEDIUM)
_BY_STREET = ("street and house on the map", _LOW)
_BY_NAME = ("name of the building on the map", _LOW)
_UNMATCHED = ("in the area by its property point or postcode, building not found", _LOW)


def read(request: Request) -> Ingested:
    """
    Return layer `in_home`: one row for each home of the area with a certificate, from its latest.

    A certificate is in the area when its property number is one of `in_uprn`; without that layer, or without a number,
    when its postcode is one of the area's. Buildings are found by property point, then by address on the map.
    """
    known = _Known(request)
    found, counts = [], dict.fromkeys(("rows", "labels", "outside", "rounded", "american", "undated"), 0)
    for path in files_of(request, SOURCE):
        refuse_text(path, SOURCE)
        found.append(_area_rows(path, known, counts))
    latest = _latest(pd.concat(found, ignore_index=True))
    matched = _matched(latest, known)
    frame = conform(_in_plain_words(matched), "in_home")
    if frame.empty:
        raise SourceInvalid(
            f"{', '.join(path.name for path in request.files)}: no certificate is of a home in the area. "
            f"Get the files of its local authority from {SOURCE.url}."
        )
    repeats = counts["rows"] - counts["labels"] - counts["outside"] - len(frame)
    return Ingested(
        layers={"in_home": frame},
        rows_read=counts["rows"] - counts["labels"],
        rows_kept=len(frame),
        notes=(
            f"Earlier certificates of the same home, left out: {repeats:,}.",
            *_spoilt(counts),
            *_rates(frame, known),
        ),
        edition=str(latest["lodged"].max())[:7] if latest["lodged"].notna().any() else "",
    )


class _Known:
    """What the area holds to find certificates by: property points, postcodes, addresses, buildings."""

    def __init__(self, request: Request) -> None:
        self.buildings = request.layers.get("in_building")
        self.addresses = request.layers.get("in_address")
        self.points = request.layers.get("in_uprn")
        self.uprns = set() if self.points is None else set(self.points["uprn"].astype(str))
        self.postcodes = set(area_postcodes(request))
        if not self.uprns and not self.postcodes:
            raise SourceInvalid(
                "Which certificates are of homes in the area cannot be told: neither property points nor postcodes "
                "are held. Run `laep ingest uprn --file PATH` or `laep ingest osm --file PATH` first, or write "
                f'`postcodes = ["OX29 4AA"]` under [sources.{SOURCE.name}] in laep.toml.'
            )


def _area_rows(path: Path, known: _Known, counts: dict[str, int]) -> pd.DataFrame:
    """Return the certificates of one file that are of the area, our columns as text; counts what is left out."""
    optional = tuple(name for name in COLUMNS if name not in _NEEDED)
    kept = []
    for chunk in read_chunks(path, COLUMNS, source=SOURCE, optional=optional, first_of=_TWICE):
        counts["rows"] += len(chunk)
        rows = _plain(chunk)
        counts["rounded"] += int(rounded(chunk["uprn"]).sum())
        counts["american"] += int(month_first(chunk["lodged"]) and chunk["lodged"].notna().sum())
        counts["undated"] += int((rows["lodged"].isna() & chunk["lodged"].notna()).sum())
        labels = rows["lodged"].isna() & rows["rating"].isna() & numeric(rows["floor_area"]).isna()
        counts["labels"] += int(labels.sum())
        by_number = rows["uprn"].isin(known.uprns)
        unplaced = rows["uprn"].isna() if known.uprns else pd.Series(True, index=rows.index)
        here = by_number | (unplaced & rows["postcode"].isin(known.postcodes))
        counts["outside"] += int((~here & ~labels).sum())
        kept.append(rows[here & ~labels])
    return pd.concat(kept, ignore_index=True)


def _plain(raw: pd.DataFrame) -> pd.DataFrame:
    """Return certificates with what means nothing missing, and number, postcode, date, rating and address in order."""
    text = raw.mask(raw.apply(lambda column: column.str.strip().str.lower().isin(_NULLS)))
    lines = text[["address1", "address2", "address3"]].fillna("")
    joined = lines["address1"] + ", " + lines["address2"] + ", " + lines["address3"]
    joined = joined.str.replace(r"(?:,\s*)+$|^(?:,\s*)+", "", regex=True)
    joined = joined.str.replace(r",\s*(?:,\s*)+", ", ", regex=True)
    rating = text["rating"].str.upper().str.extract(r"^([A-G])\+?$", expand=False)
    return text.assign(
        uprn=plain_uprn(text["uprn"]),
        postcode=postcodes(text["postcode"]),
        lodged=iso_date(text["lodged"]),
        rating=rating.astype("string"),
        address=joined.mask(joined == "").fillna(text["address"]),
    )


def _latest(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Return the latest certificate of each home.

    A home is a property number; a certificate without one counts with the number another has at the same address and
    postcode, else by that address alone.
    """
    place = (rows["postcode"] + "|" + addresses.plain(rows["address"])).astype("string")
    numbered = rows["uprn"].dropna()
    by_place = numbered.groupby(place.loc[numbered.index]).agg(["nunique", "first"])
    single = by_place.loc[by_place["nunique"] == 1, "first"]
    uprn = rows["uprn"].fillna(place.map(single).astype("string"))
    alone = pd.Series(rows.index.astype(str), index=rows.index, dtype="string")
    home = ("n" + uprn).fillna("p" + place).fillna("r" + alone)
    order = rows.assign(uprn=uprn, home=home).sort_values(["lodged", "certificate"], kind="stable", na_position="first")
    return order.drop_duplicates("home", keep="last").sort_values("home", kind="stable", ignore_index=True)


def _matched(homes: pd.DataFrame, known: _Known) -> pd.DataFrame:
    """Return homes with `building_id`, `method` and `confidence`: the surest match first."""
    found = homes.assign(building_id=pd.Series(pd.NA, index=homes.index, dtype="string"), method=_UNMATCHED[0],
                         confidence=_UNMATCHED[1])  # fmt: skip
    if known.buildings is None or known.buildings.empty:
        return found
    for of, (method, confidence) in ((_by_point(homes, known, 0.0), _BY_POINT),
                                     (_by_point(homes, known, _NEAR_M), _BY_NEAR_POINT),
                                     (_by_address(homes, known, "postcode"), _BY_POSTCODE),
                                     (_by_address(homes, known, "street"), _BY_STREET),
                                     (_by_name(homes, known), _BY_NAME)):  # fmt: skip
        new = found["building_id"].isna() & of.notna()
        found.loc[new, "building_id"] = of[new]
        found.loc[new, "method"] = method
        found.loc[new, "confidence"] = confidence
    return found


def _by_point(homes: pd.DataFrame, known: _Known, reach_m: float) -> pd.Series[str]:
    """Return the building each home's property point stands in, or the nearest within `reach_m`. [m]."""
    none = pd.Series(pd.NA, index=homes.index, dtype="string")
    if known.points is None or known.points.empty or known.buildings is None:
        return none
    points = known.points.set_index(known.points["uprn"].astype(str))
    tree = shapely.STRtree(known.buildings.geometry.to_numpy())
    ids = known.buildings["building_id"].astype("string").to_numpy()
    if reach_m > 0:
        point, building = tree.query_nearest(points.geometry.to_numpy(), max_distance=reach_m, all_matches=False)
    else:
        point, building = tree.query(points.geometry.to_numpy(), predicate="intersects")
    of_point = pd.Series(ids[building], index=points.index[point], dtype="string")
    return homes["uprn"].map(of_point[~of_point.index.duplicated()]).astype("string")


def _by_address(homes: pd.DataFrame, known: _Known, by: str) -> pd.Series[str]:
    """Return the one building that the map gives the home's house number or name, in its postcode or street."""
    if known.addresses is None or known.addresses.empty:
        return pd.Series(pd.NA, index=homes.index, dtype="string")
    keys = addresses.keys(known.addresses)
    only = keys.groupby("key")["building_id"].agg(["nunique", "first"])
    building = only.loc[only["nunique"] == 1, "first"]
    house = addresses.houses(homes["address"].astype("string"))
    place = homes["postcode"] if by == "postcode" else house["street"]
    found = pd.Series(pd.NA, index=homes.index, dtype="string")
    for part in ("number", "plain_number", "name"):
        key = (place + "|" + house[part]).astype("string")
        found = found.fillna(key.map(building).astype("string"))
    return found


def _by_name(homes: pd.DataFrame, known: _Known) -> pd.Series[str]:
    """Return the one building of the area with the name the home's address has, such as a block of flats."""
    none = pd.Series(pd.NA, index=homes.index, dtype="string")
    if known.buildings is None:
        return none
    named = known.buildings.assign(name=addresses.plain(known.buildings["name"])).dropna(subset=["name"])
    only = named.groupby("name")["building_id"].agg(["nunique", "first"])
    name = addresses.houses(homes["address"].astype("string"))["name"]
    return name.map(only.loc[only["nunique"] == 1, "first"]).astype("string")


def _in_plain_words(homes: pd.DataFrame) -> pd.DataFrame:
    """Return homes in the columns of `in_home`."""
    score, area = numeric(homes["score"]), numeric(homes["floor_area"])
    numbers = pd.Series(np.arange(1, len(homes) + 1), index=homes.index).astype("string").str.zfill(6)
    frame = homes.assign(
        home_id="home-" + numbers,
        lodged_date=homes["lodged"],
        score=whole(score.where(score > 0)),
        floor_area_m2=area.where(area > 0),
        property_type=certificate.property_type(homes["property_type"]),
        built_form=certificate.built_form(homes["built_form"]),
        age_band=certificate.age_band(homes["age"]),
        fuel=certificate.fuel(homes["fuel"], homes["heating"]),
        heating_text=homes["heating"],
        heating=certificate.heating(homes["heating"]),
        walls=certificate.walls(homes["walls"]),
        walls_insulated=certificate.insulated(homes["walls"]),
        loft_mm=certificate.loft_mm(homes["roof"]),
        floor_insulated=certificate.insulated(homes["floor"]),
        glazing=certificate.glazing(homes["windows"]),
        hot_water=certificate.hot_water(homes["hot_water"]),
        controls=certificate.controls(homes["controls"]),
        tenure=certificate.tenure(homes["tenure"]),
        source_id=SOURCE.name,
        **certificate.panels(homes["panels"]),
    )
    return frame[LAYERS["in_home"].column_names]


def _spoilt(counts: Mapping[str, int]) -> list[str]:
    """Return what a spreadsheet has done to the file."""
    told = {
        "rounded": "property numbers were cut to a few digits by a spreadsheet, such as 1.00000E+12, so those homes "
        "are found by address alone. Get the file again, and keep that column as text",
        "american": "dates are read with the month first, as the column shows that they are written",
        "undated": "dates cannot be read, so those certificates count as the oldest of their home",
    }
    return [f"{counts[what]:,} {words}." for what, words in told.items() if counts[what]]


def _rates(frame: pd.DataFrame, known: _Known) -> list[str]:
    """Return how many homes were matched, and by what, in words without anything private."""
    found = int(frame["building_id"].notna().sum())
    notes = [f"Homes matched to a building: {found:,} of {len(frame):,} ({100 * found / len(frame):.0f} %)."]
    ways = frame["method"].value_counts()
    notes += [
        f"Matched by {method}: {int(ways[method]):,}."
        for method, _ in (_BY_POINT, _BY_NEAR_POINT, _BY_POSTCODE, _BY_STREET, _BY_NAME)
        if method in ways
    ]
    if not known.uprns:
        notes.append(
            "OS Open UPRN is not held, so homes are in the area by postcode, which can reach across its boundary. "
            "`laep ingest uprn --file PATH` places them exactly."
        )
    return notes
