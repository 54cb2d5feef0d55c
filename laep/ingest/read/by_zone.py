"""Published counts by census zone: which zones the area covers, finding them in a table, saying which it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from laep.errors import SourceInvalid
from laep.hints import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from laep.ingest.source import Request, Source

NOMIS = "https://www.nomisweb.co.uk/output/census/2021"
"""Where the tables of the census of 2021 are, a zip a table with a file for each kind of zone."""
ZONE_CODES = (
    "geography code", "area_code", "mnemonic", "zone_id", "Output Areas Code", "Lower layer Super Output Areas Code",
    "Lower Tier Local Authorities Code", "OA21CD", "LSOA21CD", "OA11CD", "LSOA11CD", "LSOA Code", "OA Code",
)  # fmt: skip
"""Names a column of census zone codes goes by."""
CODE = r"^[EWSN]\d{8}$"
"""How a zone code is written; rows without one are totals, notes and blanks."""

_SHOWN = 8  # zones named in a note
_SEARCHED = 50_000  # codes looked through for the nearest one


def zones_of(request: Request, source: Source) -> tuple[pd.DataFrame, str]:
    """
    Return the area's zones as `zone_id`, `share_in_area`, and who says so.

    They are those of layer `in_zone`, else the codes listed under `codes` in laep.toml at a share of 1.
    """
    zones = request.layers.get("in_zone")
    if zones is not None and len(zones):
        return pd.DataFrame(
            {"zone_id": zones["zone_id"].astype("string"), "share_in_area": zones["share_in_area"]}
        ), "the area"
    codes = request.options.get("codes") or ()
    if isinstance(codes, str):
        codes = (codes,)
    if not codes:
        raise SourceInvalid(
            "Which census zones the area covers is not known. Run `laep ingest zones --file PATH` first, or write "
            f'`codes = ["E01028513"]` under [sources.{source.name}] in laep.toml.'
        )
    listed = list(dict.fromkeys(str(code).strip() for code in codes))
    return pd.DataFrame({"zone_id": pd.Series(listed, dtype="string"), "share_in_area": 1.0}), "laep.toml"


def joined(path: Path, table: pd.DataFrame, zones: pd.DataFrame, held: str, *, source: Source) -> Any:
    """
    Return the rows of `table` (one a zone) that are in the area with `share_in_area`, and notes on what was not found.

    Raises
    ------
    SourceInvalid
        When the table has none of the zones: names the nearest, or says that the zones are of another kind.
    """
    found = table.merge(zones, on="zone_id", how="inner", validate="one_to_one")
    if found.empty:
        raise SourceInvalid(_no_match(path, zones, table, source))
    missing = sorted(set(zones["zone_id"]) - set(found["zone_id"]))
    return found, [f"Zones of {held} found in the table: {len(found)} of {len(zones)}.", *_say_missing(missing)]


def _say_missing(missing: list[str]) -> list[str]:
    if not missing:
        return []
    shown = ", ".join(missing[:_SHOWN]) + (f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else "")
    return [
        f"Zones the table does not have, left without households: {len(missing)} ({shown}).",
        "Zone codes of 2011 and 2021 are mostly but not all the same; with 2021 boundaries every zone is found.",
    ]


def _no_match(path: Path, zones: pd.DataFrame, table: pd.DataFrame, source: Source) -> str:
    wanted, held = str(zones["zone_id"].iloc[0]), table["zone_id"].astype(str)
    near = nearest(wanted, held.head(_SEARCHED), cutoff=0.8)
    hint = f" The nearest it has is {near[0]}." if near else ""
    if wanted.startswith("S"):
        hint = " Such tables cover England and Wales at most; Scotland publishes by Data Zone, in another form."
    elif len(held) and held.iloc[0][:3] != wanted[:3]:
        hint = f" Its zones are written like {held.iloc[0]}: one of the two is Output Areas, the other LSOAs."
    return (
        f"{path}: has none of the {len(zones)} zones of the area, such as {wanted}.{hint} "
        f"Get {source.title} from {source.url}."
    )
