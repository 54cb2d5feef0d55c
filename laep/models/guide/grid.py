"""Evidence on the network: room for generation, constraint, data cover, and pieces that could balance themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from laep.models.guide.evidence import Evidence, numbers, unknown
from laep.models.network.headroom import comparable_mw
from laep.words import count_of, listed, percent, power, split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Frames = Mapping[str, pd.DataFrame]

SOLAR_CASE = "solar"
OF_SEGMENT = ("balance_ratio", "today_ratio", "segment_homes", "segment_anchor_kw")
"""Keys on the most promising piece of network."""
_ANCHOR_ASK = "Is there a large roof or generator on that piece of network, or a place for one?"
_HEADROOM_ASK = "What room has the network operator left for generation here?"
_WHERE_ASK = "Which place is meant for a shared asset, and what would the network operator say to it there?"
_NO_HEADROOM = "The operator's figures on network room are not held."


def on_sure_links(frames: Mapping[str, pd.DataFrame], found_on: Callable[[Frames], Evidence]) -> Evidence:
    """
    Return what is found on the substations that are known to serve the area.

    Parameters
    ----------
    found_on : callable
        Returns evidence from layers, such as `constrained` with its settings.

    Notes
    -----
    A substation that was found by distance alone may not serve the area. Where none is known to, what the guessed ones
    say is told with that doubt, and settles nothing.
    """
    guessed = _guessed(frames)
    if guessed.empty:
        return found_on(frames)
    sure = _without(frames, set(guessed["substation_id"]))
    if (sure["link_substation"]["role"] == "serves").any():
        return found_on(sure)
    found = found_on(frames)
    said = " ".join(filter(None, (found.sentence, guess_told(guessed))))
    return unknown(found.key, (*found.origin, "link_substation"), said, found.ask)


def guess_told(guessed: pd.DataFrame) -> str:
    """Return that some substations are taken to serve the area by distance alone, as a sentence."""
    names = listed(guessed["name"].fillna(guessed["substation_id"]).astype(str))
    if len(guessed) == 1:
        return f"That {names} serves the area is a guess: it is the nearest one known."
    return f"That {names} serve the area is a guess: they are the nearest ones known."


def _guessed(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the links to substations above the street that are taken to serve the area by distance alone."""
    links = frames.get("link_substation")
    if links is None:
        return pd.DataFrame({"substation_id": [], "name": []})
    return links[(links["role"] == "serves") & (links["level"] != "secondary") & (links["confidence"] == "low")]


def _without(frames: Mapping[str, pd.DataFrame], guessed: set[str]) -> dict[str, pd.DataFrame]:
    """Return the layers without some serving substations, and without what stands above these alone."""
    links, rooms = frames["link_substation"], frames.get("model_headroom")
    above = [bool(found := set(split(ids))) and found <= guessed for ids in links["serves_id"]]
    kept = links[~(links["substation_id"].isin(guessed) | np.array(above, dtype=bool))]
    changed = {"link_substation": kept}
    if rooms is not None:
        gone = set(links["substation_id"]) - set(kept["substation_id"])
        changed["model_headroom"] = rooms[~rooms["substation_id"].isin(gone)]
    return {**frames, **changed}


def constrained(frames: Mapping[str, pd.DataFrame], *, power_factor: float) -> Evidence:
    """
    Return whether a substation that serves the area, or one above it, has no room for new generation today.

    Parameters
    ----------
    power_factor : float
        Turns MVA into MW where the operator states none, `net.power_factor`. [-]

    Notes
    -----
    Much of the country lies under a grid supply point that is marked red. Without a figure such a mark further up is
    told and settles nothing, as long as what serves the area has room.
    """
    rows = _today(frames, power_factor=power_factor)
    if rows is None or rows["mw"].notna().sum() == 0:
        return unknown("constrained", ["model_headroom"], _NO_HEADROOM)
    rows = _widest_first(rows, frames.get("link_substation"))
    full = rows[_is_full(rows)]
    if len(full):
        serving = rows[rows["role"] == "serves"]
        return Evidence("constrained", True, _full_said(full, serving), ("model_headroom", "link_substation"))
    room = rows.dropna(subset="mw").iloc[0]
    said = f"{room['called']} has room for about {power(room['mw'] * 1000)} of new generation today."
    if warned := _warned(rows):
        return unknown("constrained", ["model_headroom"], f"{said}{warned}")
    return Evidence("constrained", False, said, ("model_headroom",))


def _is_full(rows: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows leave no room: by their figure, or, of what serves the area, marked red without one."""
    full: pd.Series[bool] = (rows["mw"] <= 0) | (
        rows["mw"].isna() & (rows["rag"] == "red") & (rows["role"] == "serves")
    )
    return full


def _widest_first(rows: pd.DataFrame, links: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows, serving ones first, those that serve most of the area at the head."""
    if links is None or "share_of_area" not in links:
        return rows
    share = numbers(links, "share_of_area").groupby(links["substation_id"]).max()
    wide = rows.assign(_share=rows["substation_id"].map(share).fillna(0.0))
    return wide.sort_values(["_above", "_share", "substation_id"], ascending=[True, False, True], kind="stable")


def _full_said(full: pd.DataFrame, serving: pd.DataFrame) -> str:
    """Return where there is no room: at what serves the area, and where the limit sits, or only above it."""
    first = full.iloc[0]
    if first["role"] != "serves":
        return f"{_titled(first)}, above what serves the area, has little or no room for new generation today."
    count = int((full["role"] == "serves").sum())
    others = f" and {count - 1} more of the {len(serving)} that serve the area have" if count > 1 else " has"
    above = first.get("binding") == "upstream"
    why = " The limit sits further up the network." if above else ""
    return f"{_titled(first)}{others} little or no room for new generation today.{why}"


def _titled(row: pd.Series) -> str:
    """Return a substation's name with its level, once."""
    name, level = str(row["called"]), str(row["level"])
    if level in name.casefold().split():
        return name
    return f"{name} ({level if level == 'primary' else level.upper()})"


def site_connects(frames: Mapping[str, pd.DataFrame], *, min_kw: float, power_factor: float) -> Evidence:
    """
    Return whether a site for a shared asset hangs from a substation with room for it.

    Parameters
    ----------
    min_kw : float
        Smallest shared asset, `guide.ca.asset_min_kw`. [kW]
    power_factor : float
        As in `constrained`. [-]

    Notes
    -----
    Room is the smallest published along a primary and what stands above it. A site whose primary is not known may
    hang from any of those that serve the area. It says nothing of the low-voltage cable to the site.
    """
    layers = ("model_headroom", "site_anchor", "guide.ca.asset_min_kw")
    room, sites = _room_kw(frames, power_factor=power_factor), frames.get("site_anchor")
    if room is None:
        return unknown("site_connects", layers, _NO_HEADROOM, _HEADROOM_ASK)
    if bool((room["kw"] < min_kw).all()):
        return _nowhere(room, min_kw)
    if sites is None:
        said = f"The network that serves the area has room for up to {power(float(room['kw'].max()))} in one place."
        return unknown("site_connects", layers, said, _WHERE_ASK)
    able = sites[numbers(sites, "capacity_kwp") >= min_kw]
    own = able["primary_id"].astype("string").map(room["kw"]).astype("float64")
    at_site = own.where(own.notna() | able["primary_id"].notna(), room["kw"].max())
    if at_site.notna().sum() == 0:
        return unknown("site_connects", layers, "", _HEADROOM_ASK)
    most = float(at_site.max())
    if most < min_kw:
        said = f"The network above the places found has room for {power(max(most, 0.0))}, less than {power(min_kw)}."
        return Evidence("site_connects", False, said, layers)
    said = f"The network above the places found has room for about {power(most)}; the cable to each is not known."
    rows = _today(frames, power_factor=power_factor)
    return Evidence("site_connects", True, f"{said}{_warned(rows) if rows is not None else ''}", layers)


def _nowhere(room: pd.DataFrame, min_kw: float) -> Evidence:
    """Return that no place in the area could connect: every substation that serves it is known to lack the room."""
    layers = ("model_headroom", "guide.ca.asset_min_kw")
    most = max(float(room["kw"].max()), 0.0)
    room_said = f"room for {power(most)}, less than {power(min_kw)}" if most else "no room for new generation"
    said = f"Wherever it stood, the network that serves the area has {room_said}."
    if not room["every"].all():
        open_said = f"{said} Not every substation that serves the area states its room."
        return unknown("site_connects", layers, open_said, _HEADROOM_ASK)
    ask = "Ask the operator about a small one, a limit on what it sends out, or a flexible connection."
    return Evidence("site_connects", False, f"{said} {ask}", layers)


def flexibility_sought(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """
    Return whether the operator seeks to buy flexible use in or near the area, from its published needs.

    Notes
    -----
    A need counts where it lies in the area, or names a substation that serves the area or stands above it. Others
    nearby are told but settle nothing, and no need found is no proof that there is none.
    """
    rows, layers = frames.get("in_flexibility"), ("in_flexibility",)
    if rows is None or rows.empty:
        return unknown("flexibility_sought", layers, "")
    turned_down = rows["outcome"].astype("string").str.casefold().str.contains("reinforce").fillna(value=False)
    rows = rows.assign(_m=numbers(rows, "distance_m"))[~turned_down].sort_values(["_m", "need_id"], kind="stable")
    if rows.empty:
        said = "The operator lists needs near here, and meets them by reinforcing the network."
        return unknown("flexibility_sought", layers, said)
    links = frames.get("link_substation")
    ours = set() if links is None else set(links["substation_id"].astype(str))
    here = rows[(rows["_m"] == 0) | rows["substation_id"].astype("string").isin(ours).fillna(value=False)]
    if here.empty:
        said = f"{_need_said(rows)} Whether homes here could serve it is open."
        return unknown("flexibility_sought", layers, said)
    return Evidence("flexibility_sought", True, _need_said(here), (*layers, "link_substation"))


def _need_said(rows: pd.DataFrame) -> str:
    """Return who seeks flexible use, for what and how far off, of the nearest need, and how many zones there are."""
    first = rows.iloc[0]
    away = f"{first['_m'] / 1000:.1f} km away" if first["_m"] > 0 else "in the area"
    where = away if pd.notna(first["_m"]) else "at a distance that is not known"
    since = f", from {first['starts']}" if pd.notna(first["starts"]) else ""
    more = rows["zone"].nunique() - 1
    others = f", and for {count_of(more, 'more zone', 'more zones')} within 10 km" if more else ""
    return f"{_OPERATORS.get(str(first['operator']), first['operator'])} lists {first['zone']}, {where}{since}{others}."


_OPERATORS = {
    "ssen": "SSEN", "nged": "NGED", "ukpn": "UK Power Networks", "enwl": "SP Electricity North West",
    "spen": "SP Energy Networks", "npg": "Northern Powergrid",
}  # fmt: skip


def open_data(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return whether open data on both the network and the homes covers the area."""
    network = [name for name in ("link_substation", "model_headroom") if name in frames and len(frames[name])]
    housing = [name for name in ("in_building", "in_tenure") if name in frames and len(frames[name])]
    layers = tuple(network + housing) or ("link_substation", "in_building", "in_tenure")
    if network and housing:
        said = "Open data on both the network and the homes was found for this area."
        return Evidence("open_data", True, said, layers)
    ask = "Is there open data on the network and on the homes here? Run `laep ingest` for both."
    half = "the homes" if housing else "the network" if network else ""
    return unknown("open_data", layers, f"So far only data on {half} is held." if half else "", ask)


def segments(frames: Mapping[str, pd.DataFrame], *, homes_enough: float) -> list[Evidence]:
    """
    Return how well generation and use match on the most promising piece of network, and how many homes it has.

    Parameters
    ----------
    homes_enough : float
        Homes a piece needs at the least, `guide.sb.homes_anchor`; smaller ones are looked at only if none is larger.

    Notes
    -----
    The most promising piece is the one whose yearly generation, with panels on every suitable roof, is nearest to its
    yearly use, as a ratio.
    """
    layers = ("net_segment", "model_balance")
    pieces, balance = frames.get("net_segment"), frames.get("model_balance")
    said = "Pieces of network have not been looked at yet."
    ask = "How much could be made and is used on a clear piece of network?"
    if pieces is None or balance is None:
        return [unknown(key, layers, said, ask) for key in (*OF_SEGMENT, "segment_candidates")]
    best = _best_segment(pieces, balance, homes_enough)
    drawn = _drawn(pieces)
    if best is None:
        none = "No piece of network here has both homes and an estimate of generation."
        return [*(unknown(key, layers, none, ask) for key in OF_SEGMENT), drawn]
    where, ratio, homes = str(best["called"]), float(best["ratio"]), float(best["homes"])
    made = (
        f"On {where}, panels on every suitable roof, those up today included, would make {percent(ratio)} of what is "
        "used there in a year."
    )
    return [
        Evidence("balance_ratio", ratio, made, layers, ask, most=True),
        _today_ratio(best, balance),
        Evidence("segment_homes", homes, f"{where} has about {count_of(homes, 'home', 'homes')}.", layers),
        _anchor(best, frames),
        drawn,
    ]


def _today_ratio(best: pd.Series, balance: pd.DataFrame) -> Evidence:
    """Return what is made today on a piece of network as a share of what is used there."""
    layers = ("net_segment", "model_balance")
    rows = balance[(balance["case"] == "today") & (balance["segment_id"] == best["segment_id"])]
    used = float(numbers(rows, "demand_kwh").sum())
    if used <= 0:
        return unknown("today_ratio", layers, "")
    ratio = float(numbers(rows, "generation_kwh").sum()) / used
    said = f"On {best['called']}, {percent(ratio)} of what is used in a year is made there today."
    return Evidence("today_ratio", ratio, said, layers)


def _anchor(best: pd.Series, frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return the largest array that a roof on a piece of network could hold; one on the ground may be larger."""
    layers = ("link_segment", "model_solar")
    links, solar = frames.get("link_segment"), frames.get("model_solar")
    if links is None or solar is None:
        return unknown("segment_anchor_kw", layers, "")
    on = links.loc[links["segment_id"] == best["segment_id"], "building_id"].astype(str)
    kw = float(numbers(solar[solar["building_id"].astype(str).isin(on)], "capacity_kwp").max())
    if np.isnan(kw):
        return unknown("segment_anchor_kw", layers, "")
    said = f"The largest roof there could hold {power(kw)}."
    return Evidence("segment_anchor_kw", kw, said, layers, _ANCHOR_ASK, least=True)


def _warned(rows: pd.DataFrame) -> str:
    """Return a sentence on a substation further up that is marked red without a figure, if there is one."""
    red = rows[(rows["role"] != "serves") & (rows["rag"] == "red") & rows["mw"].isna()]
    return f" {_titled(red.iloc[0])} further up is marked red: ask the operator early." if len(red) else ""


def _drawn(pieces: pd.DataFrame) -> Evidence:
    named = pieces[pieces["kind"].isin(("secondary", "primary"))]
    areas = count_of(len(named), "substation area is", "substation areas are")
    said = f"{areas} drawn on the map: candidates, not findings." if len(named) else "No substation area is drawn."
    return unknown("segment_candidates", ["net_segment"], said)


def _best_segment(pieces: pd.DataFrame, balance: pd.DataFrame, homes_enough: float) -> pd.Series | None:
    solar = balance.loc[balance["case"] == SOLAR_CASE, ["segment_id", "generation_kwh", "demand_kwh"]]
    rows = pieces[["segment_id", "kind", "name", "homes"]].merge(solar, on="segment_id")
    rows = rows.assign(
        ratio=numbers(rows, "generation_kwh") / numbers(rows, "demand_kwh").where(lambda used: used > 0),
        homes=numbers(rows, "homes"),
        called=rows["name"].fillna(rows["kind"].map({"area": "the whole area"})).fillna(rows["segment_id"]),
    )
    rows = rows[rows["ratio"].gt(0) & rows["homes"].gt(0)]
    if large := bool((rows["homes"] >= homes_enough).any()):
        rows = rows[rows["homes"] >= homes_enough]
    if rows.empty:
        return None
    away = np.abs(np.log(rows["ratio"]))
    # among pieces that match equally well, the smaller is the easier one to run, except below the size that works
    ordered = rows.assign(away=away, size=rows["homes"] if large else -rows["homes"])
    return ordered.sort_values(["away", "size", "segment_id"], kind="stable").iloc[0]


def _today(frames: Mapping[str, pd.DataFrame], *, power_factor: float) -> pd.DataFrame | None:
    """Return the generation row that counts today for each linked substation, serving ones first, or None."""
    frame = frames.get("model_headroom")
    if frame is None:
        return None
    rows = frame[(frame["direction"] == "generation") & frame["technology"].isin(("any", "inverter"))]
    rows = rows[rows["level"] != "secondary"].copy()
    rows["mw"] = comparable_mw(rows, power_factor=power_factor)
    rows["rag"] = rows["rag"].astype("string").str.casefold()
    rows["called"] = rows["name"].fillna(rows["substation_id"]).astype(str)
    rows["_later"] = (rows["scenario"] != "now").astype(int)
    rows["_above"] = (rows["role"] != "serves").astype(int)
    order = ["_above", "substation_id", "_later", "year", "mw", "basis"]
    return rows.sort_values(order, na_position="last", kind="stable").drop_duplicates("substation_id")


def _room_kw(frames: Mapping[str, pd.DataFrame], *, power_factor: float) -> pd.DataFrame | None:
    """Return, per serving primary, the smallest published room on it and on what stands above it, in kW."""
    rows = _today(frames, power_factor=power_factor)
    if rows is None:
        return None
    serving = rows[(rows["role"] == "serves") & (rows["level"] == "primary")]
    links = frames.get("link_substation")
    above = rows[rows["role"] != "serves"][["substation_id", "mw"]]
    if links is None:
        paths = above.merge(serving[["substation_id"]].rename(columns={"substation_id": "primary_id"}), how="cross")
    else:
        stands = links[["substation_id", "serves_id"]].dropna().rename(columns={"serves_id": "primary_id"})
        stands = stands.assign(primary_id=stands["primary_id"].map(split)).explode("primary_id")
        paths = above.merge(stands, on="substation_id")
    own = serving[["substation_id", "mw"]].assign(primary_id=serving["substation_id"])
    every = pd.concat([own, paths[["substation_id", "mw", "primary_id"]]], ignore_index=True).dropna(subset="mw")
    known = own.dropna(subset="mw")["primary_id"]
    if known.empty:
        return None
    every = every[every["primary_id"].isin(known)]
    room = (every.groupby("primary_id")["mw"].min() * 1000).rename("kw").to_frame()
    return room.assign(every=len(known) == len(own))
