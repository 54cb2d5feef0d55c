"""Whether feeder, street substation and primary would carry heat pumps in the homes of a cluster.

What one cluster adds is held against the room there is, and so is what all homes on the same part of the network add:
the first cluster may fit where not all do. Where even that is too much, the same is asked of heat pumps held back at
the peak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from laep.models.network.room import EXACT_KW
from laep.schema.vocabulary import CARRIED_BY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

FITS, LIMITED, UNKNOWN, NO = "fits", "fits_with_limit", "unknown", "does_not_fit"
_WORST_FIRST = (NO, UNKNOWN, LIMITED, FITS)
_NAMES = {
    "feeder": "the cable in the street",
    "secondary": "the street substation",
    "primary": "the primary substation",
}


class Cable(NamedTuple):
    """The typical cable of a street: what it carries [kVA], what a home draws at its peak [kW], power factor [-]."""

    rating_kva: float
    home_kw: float
    power_factor: float


def room(limits: pd.DataFrame) -> pd.DataFrame:
    """
    Return the room for demand at each substation today, from layer `model_limit`.

    Returns
    -------
    DataFrame, index substation id
        `room_kw`, missing where no level has a figure; `basis` in words.
    """
    now = limits[(limits["direction"] == "demand") & (limits["scenario"] == "now")]
    first = now[now["year"] == now["year"].min()].drop_duplicates("start_id").set_index("start_id")
    basis = "least figure on the way up, of " + first["name"].fillna("no level").astype("string")
    return pd.DataFrame({"room_kw": first["room_mw"].astype("float64") * 1000, "basis": basis})


def asks(homes: pd.DataFrame, rooms: pd.DataFrame, *, held_back: float, cable: Cable) -> pd.DataFrame:
    """
    Return what each cluster's heat pumps ask of what carries them: layer `model_heat_test`.

    Parameters
    ----------
    homes : DataFrame
        A row a building: `cluster_id`, `homes`, `pump_peak_kw`, and `feeder`, `secondary`, `primary` (ids, or missing).
    rooms : DataFrame
        From `room`.
    held_back : float
        Share of their draw that can wait out the peak, `heat_pump.flexible_share`. [-]
    cable : Cable
        Of feeders no room is published; a typical cable less what its homes draw today stands for it.
    """
    parts = []
    for level in CARRIED_BY:
        rows = homes.dropna(subset=[level])
        if rows.empty:
            continue
        of_cluster = rows.groupby(["cluster_id", level])[["homes", "pump_peak_kw"]].sum().reset_index()
        every = rows.groupby(level)[["homes", "pump_peak_kw"]].sum()
        carrier = of_cluster[level]
        if level == "feeder":
            spare = cable.rating_kva * cable.power_factor - every["homes"] * cable.home_kw
            told = carrier.map(spare)
            basis = pd.Series("a typical cable less what its homes draw today", index=carrier.index, dtype="string")
        else:
            told = carrier.map(rooms["room_kw"])
            basis = carrier.map(rooms["basis"]).astype("string").fillna("no figure is published")
        parts.append(pd.DataFrame({
            "cluster_id": of_cluster["cluster_id"], "level": level, "carrier_id": carrier.astype("string"),
            "homes": of_cluster["homes"], "asked_kw": of_cluster["pump_peak_kw"],
            "all_asked_kw": carrier.map(every["pump_peak_kw"]).to_numpy(dtype="float64"),
            "room_kw": told.to_numpy(dtype="float64"), "room_basis": basis,
            "held_kw": of_cluster["pump_peak_kw"] * (1 - held_back),
        }))  # fmt: skip
    if not parts:
        return pd.DataFrame(columns=["cluster_id", "level", "carrier_id", "verdict", "held_verdict"])
    found = pd.concat(parts, ignore_index=True)
    every_kw = found["all_asked_kw"].to_numpy(dtype="float64")
    room_kw = found["room_kw"].to_numpy(dtype="float64")
    share = np.divide(np.maximum(room_kw, 0.0), every_kw, out=np.ones(len(found)), where=every_kw > 0)
    return found.assign(
        verdict=_verdict(found["asked_kw"].to_numpy(), every_kw, room_kw),
        held_verdict=_verdict(found["held_kw"].to_numpy(), every_kw * (1 - held_back), room_kw),
        first_share=np.where(np.isnan(room_kw), np.nan, np.minimum(share, 1.0)),
    )


def of_clusters(tests: pd.DataFrame, clusters: pd.Series[str]) -> pd.DataFrame:
    """
    Return for each cluster the worst verdict of all that carries it, and what to say of it.

    Returns
    -------
    DataFrame, index cluster id
        `carried`, one of `VERDICTS`; `carried_why`, in words; `held`, the same verdict for heat pumps held back.
    """
    rank = {word: n for n, word in enumerate(_WORST_FIRST)}
    rows = []
    for cluster_id in clusters:
        own = tests[tests["cluster_id"] == cluster_id]
        if own.empty:
            rows.append((UNKNOWN, "What carries these homes is not known, so it cannot be said.", UNKNOWN))
            continue
        at = int(own["verdict"].map(rank).to_numpy().argmin())
        verdict, level = str(own["verdict"].iloc[at]), str(own["level"].iloc[at])
        held = str(own["held_verdict"].iloc[int(own["held_verdict"].map(rank).to_numpy().argmin())])
        rows.append((verdict, _said(verdict, held, _NAMES[level]), held))
    return pd.DataFrame(rows, columns=["carried", "carried_why", "held"], index=pd.Index(clusters))


def _verdict(asked: Array, every: Array, room_kw: Array) -> NDArray[np.object_]:
    """Return whether a cluster, and all homes on the same part, fit: all, this one alone, none, or not known."""
    found = np.select(
        [np.isnan(room_kw), every <= room_kw + EXACT_KW, asked <= room_kw + EXACT_KW], [UNKNOWN, FITS, LIMITED], NO
    )
    return found.astype(object)


def _said(verdict: str, held: str, name: str) -> str:
    """Return what is said of a verdict: what holds it back, and what could be done."""
    if verdict == FITS:
        return "Feeder, street substation and primary have room for heat pumps in all homes that hang from them."
    if verdict == UNKNOWN:
        return f"What {name} could still carry is not known."
    if verdict == LIMITED:
        return f"There is room on {name} for these homes if they are early, and not for all homes on it."
    if held in (FITS, LIMITED):
        return f"There is room on {name} only if heat pumps are held back at the peak, which smart controls can do."
    return f"There is no room on {name} until works, even if heat pumps are held back at the peak; a part could start."
