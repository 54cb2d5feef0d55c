"""Every class and colour of maps, charts and pages, said once for all that draw them: page, desk and QGIS alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INK = "#22302f"
QUIET = "#5b6663"
RULE = "#d5d8d2"
PAPER = "#ffffff"
ACCENT = "#1d5f58"
SOLAR = "#b4690e"
SOLAR_PALE = "#f6dfb6"
DEMAND = "#2c5f7c"
NETWORK = "#6b2d5c"
COMPANY = "#44608c"
"""A site of a company or a farm."""
SWATCH_EDGE = "#8a918e"
MAP_PAPER = "#faf9f5"
BUILDINGS_BEHIND = {"network": "#b9b7af", "sites": "#c9c5bb", "segments": "#3d4846"}
"""Map -> the one colour of its buildings, where another thing is what the map tells of."""
SUPPLY_AREAS = ("#e4eef0", "#f3ead9", "#ebe6f1", "#e6f0e2", "#f3e4e4", "#eceade")
"""Tints of supply areas side by side."""
SERIES = ((ACCENT, ""), (SOLAR, "7 3"), ("#5a4a8a", "2 3"), ("#a23b4a", "9 3 2 3"), ("#3f6fa3", "5 2 2 2 2 2"),
          ("#6d6d2c", "1 4"))  # fmt: skip
"""Colour and dash of each line of a chart, so that lines can be told apart without the colour."""
SHARES = (ACCENT, "#4f827b", "#a9c6bf", "#dbe5e0")
"""Pieces of a bar that makes up a whole, dark to light."""
PALE_SHARES = 2
"""From this piece of `SHARES` on, what is written on it has to be dark."""


@dataclass(frozen=True)
class Swatch:
    """A colour and what it means."""

    words: str
    colour: str


@dataclass(frozen=True)
class Kinds(Swatch):
    """The colour of some of the words that a column holds."""

    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Step(Swatch):
    """The colour of numbers from `least` up to the step before."""

    least: float


USES: dict[str, Kinds] = {
    "homes": Kinds("Homes", "#b78a6b", ("home", "mobile_home", "flats")),
    "community": Kinds(
        "Schools, halls, worship, health, sport", "#1d6f67", ("school", "hall", "worship", "health", "leisure", "civic")
    ),
    "work": Kinds(
        "Shops, offices, industry, hotels", COMPANY, ("shop", "office", "hotel", "industry", "care", "car_park")
    ),
    "farm": Kinds("Farm buildings", "#7d8238", ("farm",)),
    "other": Kinds(
        "Garages, sheds and unknown",
        "#cdc7bb",
        ("garage", "outbuilding", "utility", "structure", "other", "unknown"),
    ),
}
"""Groups of `in_building.use`."""
LAND: dict[str, Kinds] = {
    "wood": Kinds("Woodland", "#d5e2cb", ("woodland",)),
    "open": Kinds(
        "Playing fields, parks, allotments", "#e3eed6",
        ("playing_field", "recreation_ground", "park", "common", "allotments", "cemetery", "school_grounds", "grass"),
    ),
    "field": Kinds("Farmland", "#f3f0df", ("farmland", "farmyard")),
    "hard": Kinds("Car parks, industry, brownfield", "#e9e6ea", ("car_park", "industrial", "retail", "brownfield")),
    "water": Kinds("Water", "#cfe2ec", ("water",)),
}  # fmt: skip
"""Groups of `in_land.kind`."""
YIELDS = (
    Step("925 kWh or more a year from each kWp", "#8c3b05", 925.0),
    Step("850 to 925", "#cf6a10", 850.0),
    Step("750 to 850", "#f0a63c", 750.0),
    Step("under 750", "#f7d99a", 0.0),
)
"""Roofs by yield, in kWh per kWp: steps a reader can tell apart around a usual British yield."""
NO_ROOF = Swatch("No suitable roof found", "#d9d6ce")
MATCHED = (
    Step("60% or more of its use", "#5aa195", 0.6),
    Step("45% to 60%", "#93c2b8", 0.45),
    Step("30% to 45%", "#c2ddd6", 0.3),
    Step("under 30%", "#e6f1ed", 0.0),
)
"""Segments by the share of a year's use they could meet."""
HEAT_ROUTES: dict[str, Swatch] = {
    "air": Swatch("A heat pump in each home", "#9cc4d9"),
    "loop": Swatch("A shared ground loop", "#b79fcf"),
    "communal": Swatch("One heat plant for the block", "#e3b36b"),
    "network": Swatch("A heat network", "#c9675a"),
    "direct": Swatch("Electric heaters", "#dcd77f"),
    "wait": Swatch("Wait, and insulate first", "#b9bdb4"),
}
"""Clusters of homes by the way of heating that comes first."""
NO_MATCH = Swatch("Not worked out", "#eeeeea")
ROOM: dict[str, Swatch] = {
    "none": Swatch("none, or worse", "#b23a48"),
    "low": Swatch("up to 1 MW", "#e39a3b"),
    "some": Swatch("1 to 5 MW", "#9dbb61"),
    "much": Swatch("5 MW or more", "#2f7f6f"),
    "unknown": Swatch("no figure published", "#c4c5bf"),
}
"""Remaining headroom on the desk's map, by the name of its class."""
ROOM_OUTLINE = "#505050"

PAGE = {
    "ink": "#1f2b2a", "quiet": "#525d5a", "rule": "#dcdfd8", "paper": PAPER, "tint": "#f6f5ef", "accent": ACCENT,
    "accent-tint": "#e8f0ed", "sun": "#8a4f08", "red": "#a3271f", "amber": "#7a5200", "green": "#1f6a38",
    "amber-mark": "#d99a1c", "caveat": "#d9b36a", "gap": "#b9c2be", "table-rule": "#aeb6b2", "fig-dots": "#9aa5a1",
    "term-line": "#c3cac6", "target": "#fff3d6",
}  # fmt: skip
"""Name -> colour of the report's page: text there is a shade darker than in its drawings, which are larger."""
DESK_PAGE = {"ink": INK, "quiet": QUIET, "rule": RULE, "paper": PAPER, "tint": "#f6f6f2", "swatch-edge": "#8a8f8b"}
"""Name -> colour of the desk's map page."""


def variables(colours: Mapping[str, str]) -> str:
    """Return colours as the variables of a style sheet, to stand between its braces."""
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def group_of(groups: Mapping[str, Kinds]) -> dict[str, str]:
    """Return the group of each word that some groups hold."""
    return {kind: group for group, held in groups.items() for kind in held.kinds}


def step_of(steps: Iterable[Step], value: float) -> int | None:
    """Return the number of the first step that reaches down to `value`; None below all of them."""
    return next((n for n, step in enumerate(steps) if value >= step.least), None)


def series(n: int) -> tuple[str, str]:
    """Return the colour and dash of line number `n`; they begin anew when all are used."""
    return SERIES[n % len(SERIES)]


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue, from 0 to 255, of a colour such as `#1d5f58`."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
