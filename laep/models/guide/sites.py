"""Evidence on places for shared assets, on generation and storage that is there already, and on what gives a focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from laep.models.guide.evidence import Evidence, numbers, unknown
from laep.models.time.clock import HOURS
from laep.words import count_of, first_few, percent, power

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

BUILT = ("rooftop_pv", "carport_pv")
"""Kinds of site that a road already leads to, being a building or a car park in use."""
GROUND = ("ground_pv", "carport_pv")
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
        keys = ("site_found", "site_reachable", "site_near", "public_land", "largest_site_kw")
        hosts = _hosts_by_place(frames)
        return [*(unknown(key, ["site_anchor"], _NO_SITES, _SITES_ASK) for key in keys), hosts]
    rows = frame.assign(kw=numbers(frame, "capacity_kwp"))
    able = rows[rows["kw"] >= min_kw].sort_values(["kw", "site_id"], ascending=[False, True], kind="stable")
    return [
        _found(able, min_kw), _reachable(able), _near(able), _public(rows, min_kw), _largest(rows), _hosts(rows, min_kw)
    ]  # fmt: skip


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
        return [unknown(key, ["model_generation"], said, _GENERATION_ASK) for key in keys]
    connected = frame[frame["status"] == "connected"]
    is_storage = (connected["technology"] == "storage").astype(bool)
    made = _connected(connected[~is_storage], "generation")
    kept = _connected(connected[is_storage], "storage")
    layers = _potential_layers(frames)
    said = f"{made.said}{_potential(frames)}"
    return [
        Evidence("generation_kw", made.kw, said, layers, _GENERATION_ASK, least=made.least),
        Evidence("storage_kw", kept.kw, kept.said, ("model_generation",), _GENERATION_ASK, least=kept.least),
        _ratio(made, demand),
    ]


def focus(frames: Mapping[str, pd.DataFrame], found: Evidence) -> Evidence:
    """Return whether one primary substation or a site for a shared asset gives a plan its focus."""
    links = frames.get("link_substation")
    layers = ("link_substation", *found.origin)
    if links is not None:
        serving = links[(links["role"] == "serves") & (links["level"] == "primary")]
        if len(serving) == 1:
            name = str(serving["name"].fillna(serving["substation_id"]).iloc[0])
            return Evidence("focus", True, f"One primary substation, {name}, serves the whole area.", layers)
    if found.value is True:
        return Evidence("focus", True, found.sentence, layers)
    if links is None or found.value is None:
        ask = "Is there a place, an asset or a substation area that people here see as one?"
        return unknown("focus", layers, "", ask)
    said = "No single primary substation serves the area, and no place for a shared asset stands out."
    return Evidence("focus", False, said, layers)


def _found(able: pd.DataFrame, min_kw: float) -> Evidence:
    origin = ("site_anchor", "guide.ca.asset_min_kw")
    if able.empty:
        said = f"No roof or land was found that could hold {power(min_kw)} of solar; wind and water were not looked at."
        return Evidence("site_found", False, said, origin)
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
    ground = rows[rows["technology"].isin(GROUND) & (rows["owner_kind"] == "community")]
    able = ground[ground["kw"] >= min_kw].sort_values(["kw", "site_id"], ascending=[False, True], kind="stable")
    origin = ("site_anchor", "guide.ca.asset_min_kw")
    if len(able):
        names = first_few(_called(row) for _, row in able.iterrows())
        said = f"Land that seems public: {names}; who owns it is to be checked."
        return Evidence("public_land", True, said, origin)
    ask = "Is there public or community land that could be used for a shared asset?"
    if len(ground):
        spaces = count_of(len(ground), "open space", "open spaces")
        return unknown(
            "public_land", origin, f"{spaces} in use might have a corner to spare: ask those who use them.", ask
        )
    return Evidence("public_land", False, "No public or community land was found that could be used.", origin)


def _largest(rows: pd.DataFrame) -> Evidence:
    known = rows.dropna(subset="kw").sort_values(["kw", "site_id"], ascending=[False, True], kind="stable")
    if known.empty:
        said = "No place for a shared asset was found; wind, water and deep heat were not looked at."
        return Evidence("largest_site_kw", 0.0, said, ("site_anchor",))
    top = known.iloc[0]
    said = f"The largest place found for solar is {_called(top)}, with about {power(top['kw'])}."
    return Evidence("largest_site_kw", float(top["kw"]), said, ("site_anchor",))


def _hosts(rows: pd.DataFrame, min_kw: float) -> Evidence:
    roofs = rows[(rows["owner_kind"] == "community") & (rows["technology"] == "rooftop_pv") & (rows["kw"] >= min_kw)]
    roofs = roofs.sort_values(["kw", "site_id"], ascending=[False, True], kind="stable")
    origin = ("site_anchor", "guide.ca.asset_min_kw")
    if roofs.empty:
        said = f"No school, hall or place of worship was found whose roof could hold {power(min_kw)}."
        return Evidence("host_found", False, said, origin)
    names = first_few(f"{_called(row)} ({power(row['kw'])})" for _, row in roofs.iterrows())
    return unknown("host_found", origin, f"Worth asking: {names}.")


def _hosts_by_place(frames: Mapping[str, pd.DataFrame]) -> Evidence:
    places = frames.get("in_place")
    if places is None:
        return unknown("host_found", ["site_anchor"], _NO_SITES)
    hosts = places[places["kind"].isin(HOSTS)]
    found = first_few(sorted(hosts["name"].dropna().astype(str)))
    said = f"Worth asking: {found}." if found else ""
    return unknown("host_found", ["in_place"], said)


class _Connected(NamedTuple):
    """What is connected inside the area: kW, whether that is only the least it can be, and a sentence."""

    kw: float | None
    least: bool
    shown: str
    left_out: str

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
    return _Connected(None if least and not total else total, least, shown, left_out)


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


def _times(ratio: float) -> str:
    """Return a ratio in words: percent up to twice, then a number of times."""
    return f"about {ratio:,.0f} times" if ratio >= MANY_TIMES else f"about {percent(ratio)} of"


def _potential(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return a sentence on what panels on every suitable roof would export, where that was worked out."""
    balance = frames.get("model_balance")
    whole = _whole_area(balance, frames.get("net_segment")) if balance is not None else None
    if whole is None:
        return ""
    return f" With panels on every suitable roof, about {whole / 1000:,.0f} MWh a year would be sent out of the area."


def _potential_layers(frames: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    return ("model_generation", "model_balance", "net_segment") if _potential(frames) else ("model_generation",)


def _whole_area(balance: pd.DataFrame, segments: pd.DataFrame | None) -> float | None:
    if segments is None:
        return None
    areas = segments.loc[segments["kind"] == "area", "segment_id"]
    rows = balance[(balance["case"] == "solar") & balance["segment_id"].isin(areas)]
    return float(numbers(rows, "export_kwh").sum()) if len(rows) else None


def _called(site: pd.Series) -> str:
    """Return a site's name, or what it is."""
    name = site["name"]
    kind = str(site["kind"])
    return str(name) if isinstance(name, str) and name else KINDS.get(kind, f"a {kind.replace('_', ' ')}")
