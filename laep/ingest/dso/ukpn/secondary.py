"""UK Power Networks secondary sites, transformers, utilisation -> `in_substation` and `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from laep.ingest.dso.form import normal, today
from laep.ingest.dso.form.today import Figure
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.read import cells, forms, positions
from laep.ingest.read.files import edition_note, edition_year, files_of
from laep.ingest.read.table import numeric, whole
from laep.ingest.source import Ingested, Source

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request

SOURCE = Source(
    name="ukpn_secondary",
    title="UK Power Networks secondary sites",
    publisher="UK Power Networks",
    licence="CC BY 4.0",
    attribution="Contains data from UK Power Networks, CC BY 4.0",
    url=(
        "https://ukpowernetworks.opendatasoft.com (ukpn-secondary-sites, ukpn-secondary-site-transformers, "
        "ukpn-secondary-site-utilisation)"
    ),
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV exports of one or more of these three datasets",
    options=("year",),
    nations=("england",),
    operator="ukpn",
    live=Opendatasoft(host=HOSTS["ukpn"], dataset="ukpn-secondary-sites", near="geopoint", margin_m=500.0),
    key="LAEP_UKPN_KEY",
    together=True,
    tested_on="schema only",
)
_SITES = {
    "substation_id": ("functionallocation",),
    "alias": ("substationalias",),
    "lat_lon": ("geopoint",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "grid_reference": ("gridref",),
    "rating_kva": ("onanrating",),
    "customers": ("customer_count",),
    "headroom_band": ("demand_headroom",),
    "utilisation_band": ("utilisation_band",),
    "reinforcement": ("predicted_year_of_reinforcement",),
    "band_source": ("source",),
    "voltages": ("substationvoltage",),
    "feeder": ("primaryfeeder",),
}
_TRANSFORMERS = {
    "substation_id": ("secondarysitefunctionallocation", "Secondary Site Functional Location"),
    "transformer": ("transformerfunctionallocation", "Transformer Functional Location"),
    "lat_lon": ("geopoint",),
    "rating_kva": ("onanrating", "Onan Rating (kVA)"),
    "upper_kv": ("primarywinding", "Primary Winding (kV)"),
    "lower_v": ("secondarywinding", "Secondary Winding (V)"),
}
_UTILISATION = {
    "substation_id": ("functionallocation",),
    "utilisation_band": ("utilisation band",),
    "reinforcement": ("predicted year of reinforcement",),
    "band_source": ("source",),
}
FORMS: forms.Forms = {"transformers": _TRANSFORMERS, "sites": _SITES, "utilisation": _UTILISATION}
"""Dataset -> our name -> spellings of the published one. Addresses are not among them."""
_NEEDED = {
    "transformers": ("substation_id", "transformer"),
    "sites": ("substation_id", "rating_kva"),
    "utilisation": ("substation_id", "utilisation_band"),
}
COLUMNS = forms.every(FORMS)
_KEPT = ("alias", "lat_lon", "latitude", "longitude", "grid_reference", "rating_text", "customers", "headroom_band",
         "utilisation_band", "reinforcement", "band_source", "voltages", "feeder")  # fmt: skip
_FIGURE = Figure(column="headroom_kva", direction="demand", unit="kVA", basis="nameplate", constraint="band")


def read(request: Request) -> Ingested:
    """
    Return the secondary substations in the area and 500 m round it, with the demand headroom left of their rating.

    Notes
    -----
    Headroom is published as a band of the rating, such as `20-40%`: the low end times the total ONAN rating is kept,
    in kVA. A band of 100 % use or more leaves 0, which then means none or worse. Datasets are joined on the
    functional location; what one lacks another fills, in the order the files are named.
    """
    paths = files_of(request, SOURCE)
    parts = [_read_file(path) for path in paths]
    rows_read = sum(len(part) for part in parts)
    every = pd.concat([_one_row_a_site(part) for part in parts], ignore_index=True)
    raw = every.groupby("substation_id", sort=False).first().reset_index()
    raw = raw.reindex(columns=["substation_id", "rating_kva", *_KEPT])
    text = {column: raw[column].astype("string") for column in _KEPT}
    year, edition = edition_year(paths[0], request, SOURCE)
    found = today.layers(
        _table(raw, text), _places(text), (_FIGURE,), request, SOURCE, operator="ukpn", year=year, edition=edition
    )
    notes = [
        *edition_note(year, edition, SOURCE), f"{len(raw):,} secondary sites in {len(paths)} files.",
        *found.notes,
    ]  # fmt: skip
    return Ingested(
        layers=found.layers, rows_read=rows_read, rows_kept=found.rows_kept, notes=tuple(notes), edition=edition
    )


def share_left(headroom: pd.Series[str], used: pd.Series[str]) -> pd.Series[float]:
    """
    Return the low end of a headroom band as a share, from `20-40%`, else from a band of use such as `60% - 80%`.

    Numbers above 2, or in a text with a per cent sign, are per cent; others are shares.
    """
    left = _ends(headroom)["low"]
    return left.fillna((1.0 - _ends(used)["high"]).clip(lower=0.0))


def _ends(band: pd.Series[str]) -> pd.DataFrame:
    found = band.str.extractall(r"(\d+(?:\.\d+)?)")[0].astype("float64").groupby(level=0)
    ends = pd.DataFrame({"low": found.min(), "high": found.max()}).reindex(band.index).astype("float64")
    in_percent = band.str.contains("%", regex=False).fillna(value=False) | ends["high"].gt(2.0)
    return ends.div(in_percent.map({True: 100.0, False: 1.0}).astype("float64"), axis="index")


def _read_file(path: Path) -> pd.DataFrame:
    optional = {form: [name for name in columns if name not in _NEEDED[form]] for form, columns in FORMS.items()}
    return forms.read_form(path, FORMS, source=SOURCE, optional=optional)[1]


def _one_row_a_site(part: pd.DataFrame) -> pd.DataFrame:
    """Return one row a site: its transformers added up."""
    named = part[part["substation_id"].notna()]
    groups = named.groupby("substation_id", sort=False)
    first = groups.first()
    if "transformer" in named:
        rating = numeric(named["rating_kva"])
        sums = rating.groupby(named["substation_id"], sort=False).sum(min_count=1)
        listed = named["rating_kva"].dropna().groupby(named["substation_id"], sort=False).agg(" + ".join) + " kVA"
        voltages = (named["upper_kv"] + " kV / " + named["lower_v"] + " V").groupby(named["substation_id"]).first()
        first = first.assign(rating_kva=sums, rating_text=listed, voltages=voltages)
    elif "rating_kva" in named:
        first = first.assign(rating_kva=numeric(first["rating_kva"]), rating_text=first["rating_kva"] + " kVA")
    return first.reset_index()


def _places(text: dict[str, pd.Series[str]]) -> positions.Places:
    latitude, longitude = positions.split_pair(text["lat_lon"])
    easting, northing = positions.grid_reference(text["grid_reference"])
    published = positions.points(
        latitude=text["latitude"].fillna(latitude), longitude=text["longitude"].fillna(longitude)
    )  # fmt: skip
    square = positions.points(easting=easting, northing=northing)
    points = published.points.where(published.points.notna(), square.points)
    return positions.Places(points=points, astray_m=published.astray_m)


def _table(raw: pd.DataFrame, text: dict[str, pd.Series[str]]) -> pd.DataFrame:
    rating = raw["rating_kva"].astype("float64")
    lower, upper = normal.voltage_list(text["voltages"])
    used = ("Used: " + text["utilisation_band"]).fillna("Left: " + text["headroom_band"])
    return raw.assign(
        name=cells.tidy(text["alias"]), level="secondary", voltage_kv=lower, upstream_voltage_kv=upper,
        rating_text=text["rating_text"], rating_mva=rating / 1000.0,
        customers=whole(numeric(text["customers"])),
        headroom_kva=share_left(text["headroom_band"], text["utilisation_band"]) * rating,
        band=cells.joined([used.astype("string"), cells.tidy(text["band_source"])]),
        comment=cells.joined(
            [
                ("Primary feeder: " + cells.tidy(text["feeder"])).astype("string"),
                ("Predicted year of reinforcement: " + text["reinforcement"]).astype("string"),
            ],
            separator="\n",
        ),
    )  # fmt: skip
