"""Portals that run Opendatasoft (UK Power Networks, Northern Powergrid, both SP companies): Explore API, version 2.1.

Whole exports are asked for, never pages of records, which end at 10,000. A portal may answer a dataset that needs an
account with its header alone: that counts as a refusal, not as an empty dataset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from laep.errors import FetchFailed
from laep.ingest.net import keys, refusals
from laep.ingest.net.keys import base
from laep.ingest.net.ways import widened
from laep.schema.vocabulary import MONTHS

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.net.fetch import Fetcher
    from laep.ingest.net.refusals import Kind
    from laep.ingest.source import Place

Format = Literal["csv", "geojson", "xlsx", "parquet"]

HOSTS = {
    "ukpn": "ukpowernetworks.opendatasoft.com",
    "npg": "northernpowergrid.opendatasoft.com",
    "enwl": "electricitynorthwest.opendatasoft.com",
    "spen": "spenergynetworks.opendatasoft.com",
}
"""Portal of each operator group."""

_KINDS: dict[str, Kind] = {"csv": "csv", "geojson": "json", "xlsx": "xlsx", "parquet": "parquet"}
_LINES_LOOKED_AT = 1 << 16
_LEAST_SHARE = 0.98  # of the rows that the portal counts: it may have counted a little earlier or later


@dataclass(frozen=True, kw_only=True)
class Opendatasoft:
    """
    One dataset of an Opendatasoft portal.

    Attributes
    ----------
    host : str
        The portal, from `HOSTS`.
    dataset : str
        Its id there.
    format : str
        `csv` or `geojson` (shapes in longitude and latitude); `xlsx` and `parquet` where a reader takes them.
    near : str or None
        Name of the geographic field by which only rows in the area's box are asked for; None asks for all rows.
    margin_m : float
        The box is this much wider on every side. [m]
    where, select : str
        Further condition, and columns wanted, in the portal's query language.
    labels : bool
        Column headings as the portal's web page has them, in place of field names.
    delimiter : str
        Between columns of a CSV.
    attachment : str or None
        Fetch the newest attachment whose title matches this regular expression in place of the rows.
    unpack : str or None
        For an attachment that is a zip: a regular expression for the members wanted.
    alternative : str or None
        Id of a prepared export in place of the rows, as of the SP Energy Networks workbooks.
    key : str or None
        Name of the key that is sent when it is set; empty takes the one of the operator whose portal this is.
    """

    host: str
    dataset: str
    format: Format = "csv"
    near: str | None = None
    margin_m: float = 0.0
    where: str = ""
    select: str = ""
    labels: bool = False
    delimiter: str = ","
    attachment: str | None = None
    unpack: str | None = None
    alternative: str | None = None
    key: str | None = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the keys this way sends when they are set."""
        return (name,) if (name := self._key()) else ()

    @property
    def address(self) -> str:
        """The address of the dataset."""
        return f"{base(self.host)}/api/explore/v2.1/catalog/datasets/{self.dataset}"

    def fetch(self, fetcher: Fetcher, place: Place) -> tuple[Path, ...]:
        """Return the export, or the attachment asked for."""
        if self.attachment is not None:
            return self._attachment(fetcher)
        if self.alternative is not None:
            name, kind = f"{self.dataset}.{self.format}", _KINDS[self.format]
            url = f"{self.address}/alternative_exports/{self.alternative}"
            return (fetcher.get(url, name=name, kind=kind, key=self._key()),)
        about = self.about(fetcher)
        params = self._params(place, about)
        check = partial(self._check_rows, fetcher, records(about), filtered="where" in params)
        return (
            fetcher.get(
                f"{self.address}/exports/{self.format}", name=f"{self.dataset}.{self.format}", params=params,
                kind=_KINDS[self.format], key=self._key(), check=check, licence=said_of(about, "license"),
                edition=said_of(about, "modified")[:10],
            ),
        )  # fmt: skip

    def about(self, fetcher: Fetcher) -> dict[str, Any]:
        """Return what the portal says of the dataset."""
        about = fetcher.json(self.address, name=f"{self.dataset}-about.json", key=self._key())
        if not isinstance(about, dict) or "dataset_id" not in about:
            raise FetchFailed(f"{self.host} describes the dataset {self.dataset} in a way laep does not know.")
        if about.get("data_visible") is False:
            raise self._denied()
        return about

    def _near(self, about: dict[str, Any]) -> str:
        """Return the name of the field of positions: a publisher may rename it, and then its type tells which it is."""
        fields = [each for each in _listed(about.get("fields")) if str(each.get("type")).startswith("geo_")]
        names = [str(each.get("name")) for each in fields]
        if not names or self.near in names:
            return str(self.near)
        wanted = "geo_shape" if "shape" in str(self.near) else "geo_point_2d"
        return next((str(each.get("name")) for each in fields if each.get("type") == wanted), names[0])

    def _params(self, place: Place, about: dict[str, Any]) -> dict[str, Any]:
        params: dict[str, Any] = {"lang": "en", "timezone": "UTC"}
        conditions = [f"({self.where})"] if self.where else []
        if self.near:
            west, south, east, north = widened(place, self.margin_m)
            conditions.append(f"in_bbox({self._near(about)},{south:.6f},{west:.6f},{north:.6f},{east:.6f})")
        if conditions:
            params["where"] = " and ".join(conditions)
        if self.select:
            params["select"] = self.select
        if self.format == "csv":
            params |= {"delimiter": self.delimiter, "with_bom": "false", "use_labels": str(self.labels).lower()}
        return params

    def _check_rows(self, fetcher: Fetcher, known: int | None, path: Path, *, filtered: bool) -> None:
        """Tell an export that is an error, breaks off or hides its rows from one that has none in the area."""
        if self.format == "geojson":
            refusals.collection(self.host, path)
        came = _lines(path) - 1 if self.format == "csv" and known and not filtered else 0
        if 0 < came < (known or 0) * _LEAST_SHARE:
            raise FetchFailed(f"{self.host} sent {came:,} of the {known:,} rows of {self.dataset}.")
        if self.format not in {"csv", "geojson"} or _has_rows(path, self.format) or known == 0:
            return
        if filtered:
            shown = fetcher.json(
                f"{self.address}/records", name=f"{self.dataset}-first.json", params={"limit": 1}, key=self._key()
            )
            if isinstance(shown, dict) and shown.get("results"):
                return
        raise self._denied(known)

    def _denied(self, known: int | None = None) -> FetchFailed:
        key = self._key()
        rows = f" of its {known:,} rows" if known else ""
        if key is None or keys.is_set(key):
            return FetchFailed(f"{self.host} shows none{rows} of {self.dataset} to this account.")
        return FetchFailed(
            f"{self.host} shows none{rows} of {self.dataset} without an account. {keys.how_to_set(key)}"
        )  # fmt: skip

    def _attachment(self, fetcher: Fetcher) -> tuple[Path, ...]:
        listed = fetcher.json(
            f"{self.address}/attachments", name=f"{self.dataset}-attachments.json", key=self._key()
        )  # fmt: skip
        told = listed if isinstance(listed, dict) else {}
        held = _listed(told.get("attachments") or told.get("results"))
        known = {str((_held(each, "metas") or each).get("title") or ""): str(each.get("href", "")) for each in held}
        wanted = [title for title in known if re.search(str(self.attachment), title, re.IGNORECASE)]
        if not wanted:
            names = ", ".join(known) or "none"
            raise FetchFailed(f"{self.host}: {self.dataset} has no attachment {self.attachment!r}; it has {names}.")
        title = max(wanted, key=moment_in)
        url = f"{self.address}/attachments/{known[title].rpartition('/')[2]}"
        kind: Kind = "zip" if self.unpack is not None else "any"
        path = fetcher.get(url, name=title, kind=kind, key=self._key())
        return (path,) if self.unpack is None else fetcher.unpack(path, keep=self.unpack)

    def _key(self) -> str | None:
        if self.key != "":
            return self.key
        operator = next((name for name, host in HOSTS.items() if host == self.host), None)
        return f"LAEP_{operator.upper()}_KEY" if operator else None


def records(about: dict[str, Any]) -> int | None:
    """Return how many rows a dataset's description says it has."""
    count = _held(_held(about, "metas"), "default").get("records_count")
    return int(count) if isinstance(count, int | float) else None


def said_of(about: dict[str, Any], what: str) -> str:
    """Return one of a dataset's own particulars, such as `license`; empty where the portal does not say."""
    return str(_held(_held(about, "metas"), "default").get(what) or "")


def _held(table: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table within a table, empty where it is missing or something else."""
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _listed(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment_in(name: str) -> tuple[int, int, str]:
    """Return year and month in a name such as `NPg_Feeder_December2023.zip`, zero where it has none; for sorting."""
    year = re.findall(r"(?<!\d)(20\d\d)(?!\d)", name)
    month = re.search(rf"({'|'.join(MONTHS)})[a-z]*[^a-z0-9]*20\d\d", name.casefold())
    number = re.search(r"20\d\d[-_ ]?(0[1-9]|1[0-2])(?!\d)", name)
    return (
        int(year[-1]) if year else 0,
        list(MONTHS).index(month[1]) + 1 if month else int(number[1]) if number else 0,
        name,
    )


def _lines(path: Path) -> int:
    """Return how many lines a file has; rows of a table are never more, as a cell may hold a line break."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) + (not _ends_line(path))


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _has_rows(path: Path, form: str) -> bool:
    """Return whether an export holds a row beside its header."""
    with path.open("rb") as file:
        head = file.read(_LINES_LOOKED_AT)
    if form == "geojson":
        return re.search(rb'"type"\s*:\s*"Feature"', head) is not None
    return len([line for line in head.splitlines() if line.strip()]) > 1
