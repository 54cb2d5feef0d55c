"""Evidence on places for shared assets, on generation and storage that is there already, and on what gives a focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from laep.models.guide.evidence import Evidence, numbers, unknown
from laep.models.guide.grid import guess_told
from laep.models.time.clock import HOURS
from laep.words import count_of, energy, first_few, percent, power

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

BUILT = ("rooftop_pv", "carport_pv")
"""Kinds of site that a road already leads to, being a building or a car park in use."""
HOSTS = ("school", "hall", "worship", "club", "library", "civic", "sport")
MANY_TIMES = 2.0
"""From here up a ratio reads better as a number of times than in percent."""
KINDS = {
    "farmland": "a stretch of farmland", "brownfield": "a piece of disused land", "allotments": "an allotment field",
    "industry": "an industrial building", "office": "an office building", "farm": "a farm building",
    "worship": "a place of worship", "health": "a health building", "leisure": "a leisure building",
    "civic": "a public building", "retail": "a shop", "other": "a building", "unknown": "a building",
}  # fmt: skip
"""Kinds of site without a name that do not read well behind `a`."""
_SITES_ASK = "Is there a place for shared solar here? Maps of buildings and land would say."
_NO_SITES = "Places for a shared asset have not been looked for yet."
_SPARE_ASK = "Is more power made here at times than is used here?"
_GENERATION_ASK = "What generation and storage is connected inside the area? The operator's connection register says."


def sites(frames: Mapping[str, pd.DataFrame], *, min_kw: float) -> list[Evidence]:
    """
    Return what the candidate sites say: whether there is one, who could host it, and whether it can be reached.

    Parameters
    ----------
    min_kw : float
        Smallest shared asset worth a body of its own, `guide.ca.asset_min_kw`. [kW]
    """
    frame = frames.get("site_anchor")
    if frame is None:
        keys = ("site_found", "site_reachable", "site_near", "public_land")
        hosts = _hosts_by_place(frames)
        return [*(unknown(key, ["site_anchor"], _NO_SITES, _SITES_ASK) for key in keys), hosts]
    rows = frame.assign(kw=numbers(frame, "capacity_kwp"))
    able = rows[rows["kw"] >= min_kw].sort_values(["kw", "site_id"], ascending=[False, True], kind="stable")
    hosts = _hosts(rows, min_kw, _hosts_by_place(frames))
    return [_found(able, min_kw), _reachable(able), _near(able), _public(rows, min_kw), hosts]


def generation(frames: Mapping[str, pd.DataFrame]) -> list[Evidence]:
    """
    Return generation and storage connected inside the area, and generation over mean demand.

    Notes
    -----
    What stands well outside the area says nothing of what is here. Where something does not say where it stands, or how
    large it is, the sum is a least figure: it can show that there is enough, never too little.
    """
    frame, demand = frames.get("model_generation"), frames.get("model_demand")
    if frame is None:
        said = "What generation is connected here has not been looked up."
        keys = ("generation_kw", "storage_kw", "generation_ratio")
        return [*(unknown(key, ["model_generation"], said, _GENERATION_ASK) for key in keys), _spare(frames, None)]
    connected = frame[frame["status"] == "connected"]
    is_storage = _stores(connected)
    made = _connected(connected[~is_storage], "generation")
    kept = _connected(connected[is_storage], "storage")
    return [
        Evidence("generation_kw", made.kw, made.said, ("model_generation",), _GENERATION_ASK, least=made.least),
        Evidence("storage_kw", kept.kw, kept.said, ("model_generation",), _GENERATION_ASK, least=kept.least),
        _ratio(made, demand),
        _spare(frames, made),
    ]


def schemes(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    """Return the largest scheme that is up, accepted or planned inside the area: its size is a least for the place."""
    held, layers = frames.get("net_generator"), ("net_generator",)
    largest = _largest(frames.get("site_anchor"))
    if held is None:
        return unknown("scheme_kw", layers, largest)
    rows = held.assign(kw=numbers(held, "capacity_kw"))[(numbers(held, "distance_m") == 0) & ~_stores(held)]
    rows = rows.dropna(subset="kw").sort_values(["kw", "generator_id"], ascending=[False, True], kind="stable")
    if rows.empty:
        return unknown("scheme_kw", layers, largest)
    top = rows.iloc[0]
    said = f"The largest scheme told of inside the area is {top['technology']} of {power(top['kw'])}, {top['status']}."
    return Evidence("scheme_kw", float(top["kw"]), f"{said} {largest}".strip(), layers, least=True)


def focus(frames: Mapping[str, pd.DataFrame], found: Evidence) -> Evidence:
    """Return what might give a plan its focus: one primary substation, or a site. Whether it does, people say."""
    links = frames.get("link_substation")
    layers = ("link_substation", *found.origin)
    serving = links[(links["role"] == "serves") & (links["level"] == "primary")] if links is not None else None
    if serving is None or len(serving) != 1:
        return unknown("focus", layers, found.sentence if found.value else "")
    if (serving["confidence"] == "low").any():
        return unknown("focus", layers, guess_told(serving))
    name = str(serving["name"].fillna(serving["substation_id"]).iloc[0])
    return unknown("focus", layers, f"One primary substation, {name}, serves the whole area.")


def _found(able: pd.DataFrame, min_kw: float) -> Evidence:
    origin = ("site_anchor", "guide.ca.asset_min_kw")
    if able.empty:
        said = f"No roof or land was found that could hold {power(min_kw)} of solar; wind and water were not looked at."
        return unknown("site_found", origin, said)
    top = able.iloc[0]
    places = count_of(len(able), "place", "places")
    said = f"{places} could hold {power(min_kw)} of solar or more, the largest {_called(top)} with {power(top['kw'])}."
    return Evidence("site_found", True, said, origin)


def _reachable(able: pd.DataFrame) -> Evidence:
    built = able[able["technology"].isin(BUILT)]
    if len(built):
        said = f"{_called(built.iloc[0]).capitalize()} is in use already, so people can get to it."
        return Evidence("site_reachable", True, said, ("site_anchor",))
    said = "Access to open land cannot be told from a map." if len(able) else ""
    return unknown("site_reachable", ["site_anchor"], said)


def _near(able: pd.DataFrame) -> Evidence:
    if len(able):
        said = "The places found lie inside the area itself."
        return Evidence("site_near", True, said, ("site_anchor",))
    return unknown("site_near", ["site_anchor"], "", _SITES_ASK)


def _public(rows: pd.DataFrame, min_kw: float) -> Evidence:
    """Return whether open ground that could hold a shared asset seems public; a car park in use does not count."""
    ground = rows[(rows["technology"] == "ground_pv") & (rows["owner_kind"] == "community")]
    able = ground[ground["kw"] >= min_kw].sort_values(["kw", "site_id"], ascending=[False, True], kind="stable")
    origin = ("site_anchor", "guide.ca.asset_min_kw")
    if len(able):
        names = first_few(_called(row) for _, row in able.iterrows())
        said = f"Land that seems public: {names}; who owns it is to be checked."
        return Evidence("public_land", True, said, origin)
    spaces = count_of(len(ground), "open space", "open spaces")
    said = f"{spaces} in use might have a corner to spare: ask those who use them." if len(ground) else ""
    return unknown("public_land", origin, said)


def _hosts(rows: pd.DataFrame, min_kw: float, places: Evidence) -> Evidence:
    """Return whose roofs are worth asking for, by their size; else who could be asked, by the places known."""
    roofs = rows[(rows["owner_kind"] == "community") & (rows["technology"] == "rooftop_pv") & (rows["kw"] >= min_kw)]
    roofs = roofs.sort_values(["kw", "site_id"], ascending=[False, True], kind="stable")
    if roofs.empty:
        return places
    names = first_few(f"{_called(row)} ({power(row['kw'])})" for _, row in roofs.iterrows())
    return unknown("host_found", ("site_anchor", "guide.ca.asset_min_kw"), f"Worth asking: {names}.")


def _hosts_by_place(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    places = frames.get("in_place")
    if places is None:
        return unknown("host_found", ["site_anchor"], _NO_SITES)
    hosts = places[places["kind"].isin(HOSTS)]
    found = first_few(sorted(hosts["name"].dropna().astype(str)))
    said = f"Worth asking: {found}." if found else ""
    return unknown("host_found", ["in_place"], said)


def _largest(rows: pd.DataFrame | None) -> str:
    """Return the largest place found for solar in words, which says nothing of wind, water or deep heat."""
    if rows is None:
        return ""
    known = rows.assign(kw=numbers(rows, "capacity_kwp")).dropna(subset="kw")
    if known.empty:
        return "Wind, water and deep heat were not looked at."
    top = known.sort_values(["kw", "site_id"], ascending=[False, True], kind="stable").iloc[0]
    where = f"The largest place found for solar is {_called(top)}, with about {power(top['kw'])}"
    return f"{where}; wind, water and deep heat were not looked at."


def _stores(held: pd.DataFrame) -> pd.Series[bool]:
    return (held["technology"] == "storage").fillna(value=False).astype(bool)


class _Connected(NamedTuple):
    """What is connected inside the area: kW, whether that is only the least it can be, and a sentence."""

    kw: float | None
    least: bool
    shown: str
    left_out: str
    unplaced: bool

    @property
    def said(self) -> str:
        """Return both sentences."""
        return f"{self.shown}{self.left_out}"


def _connected(rows: pd.DataFrame, what: str) -> _Connected:
    """Add up what stands inside the area; what has no known size or place makes the sum a least figure."""
    inside, unplaced = rows[rows["place"] == "here"], rows[rows["place"] == "unplaced"]
    total, of_homes = float(numbers(inside, "capacity_kw").sum()), int(inside["of_homes"].sum())
    sizeless, nowhere = int(inside["unsized"].sum()), int(unplaced["generators"].sum())
    said = f"{power(total)} of {what}" if total else f"no {what}" if not sizeless else f"no {what} with a stated size"
    left_out = ""
    if sizeless:
        left_out += f" {count_of(sizeless, 'more is', 'more are')} shown there without a size."
    if nowhere:
        left_out += f" {count_of(nowhere, 'more does', 'more do')} not say where, and was left out."
    least = bool(sizeless or nowhere)
    told = "Registers, maps and homes' certificates" if of_homes else "Registers and maps"
    shown = f"{told} show {said} inside the area."
    return _Connected(None if least and not total else total, least, shown, left_out, unplaced=bool(nowhere))


def _ratio(made: _Connected, demand: pd.DataFrame | None) -> Evidence:
    layers = ("model_generation", "model_demand")
    annual = float(numbers(demand, "annual_kwh").sum()) if demand is not None else 0.0
    if made.kw is None:
        return unknown("generation_ratio", layers, made.said, _GENERATION_ASK)
    if annual <= 0:
        return unknown("generation_ratio", layers, made.said, "How much power does the area use in a year?")
    ratio = made.kw / (annual / HOURS)
    share = f"At full output that would be {_times(ratio)} what the area uses on average."
    said = f"{made.shown} {share}{made.left_out}" if made.kw else made.said
    return Evidence("generation_ratio", ratio, said, layers, _GENERATION_ASK, least=made.least)


def _spare(frames: Mapping[str, pd.DataFrame], made: _Connected | None) -> Evidence:
    """
    Return the most that leaves the area at once today, by the balance; else all that is connected, as a ceiling.

    Notes
    -----
    What does not say where it stands is in neither, so the sum is then a least figure.
    """
    today = _whole_area(frames.get("model_balance"), frames.get("net_segment"), "today")
    layers = ("model_balance", "net_segment", "model_generation")
    unplaced = made is not None and made.unplaced
    if today is not None:
        kw, sent = float(numbers(today, "peak_export_kw").max()), float(numbers(today, "export_kwh").sum())
        said = "What is made in the area today is used in it."
        if kw > 0:
            said = f"Today up to {power(kw)} leaves the area at once, {energy(sent)} a year."
        return Evidence("spare_kw", kw, f"{said}{_potential(frames)}", layers, _GENERATION_ASK, least=unplaced)
    if made is None or made.kw is None or made.least:
        return unknown("spare_kw", layers, made.said if made else "", _GENERATION_ASK)
    return Evidence("spare_kw", made.kw, made.said, ("model_generation",), _SPARE_ASK, most=True)


def _times(ratio: float) -> str:
    """Return a ratio in words: percent up to twice, then a number of times."""
    return f"about {ratio:,.0f} times" if ratio >= MANY_TIMES else f"about {percent(ratio)} of"


def _potential(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return a sentence on what panels on every suitable roof would export, where that was worked out."""
    whole = _whole_area(frames.get("model_balance"), frames.get("net_segment"), "solar")
    if whole is None:
        return ""
    sent = energy(float(numbers(whole, "export_kwh").sum()))
    return f" With panels on every suitable roof, about {sent} a year would be sent out of the area."


def _whole_area(balance: pd.DataFrame | None, segments: pd.DataFrame | None, case: str) -> pd.DataFrame | None:
    """Return the rows of the balance of the whole area in one case, or None where it was not worked out."""
    if balance is None or segments is None:
        return None
    areas = segments.loc[segments["kind"] == "area", "segment_id"]
    rows = balance[(balance["case"] == case) & balance["segment_id"].isin(areas)]
    return rows if len(rows) else None


def _called(site: pd.Series) -> str:
    """Return a site's name, or what it is."""
    name = site["name"]
    kind = str(site["kind"])
    return str(name) if isinstance(name, str) and name else KINDS.get(kind, f"a {kind.replace('_', ' ')}")
