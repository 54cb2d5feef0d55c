"""The words that columns hold and rooms share, each said once, with what readers call them."""

USES = (
    "home", "flats", "shop", "office", "school", "hall", "worship", "health", "leisure", "hotel", "civic",
    "industry", "farm", "garage", "outbuilding", "utility", "other", "unknown",
)  # fmt: skip
PLACE_KINDS = (
    "school", "hall", "worship", "club", "library", "health", "pub", "shop", "civic", "sport", "charging", "settlement",
)  # fmt: skip
LAND_KINDS = (
    "allotments", "playing_field", "recreation_ground", "park", "common", "car_park", "school_grounds", "cemetery",
    "brownfield", "industrial", "retail", "farmland", "farmyard", "grass", "woodland", "residential", "water",
    "construction", "other",
)  # fmt: skip
MONTHS = (
    ("jan", "January"), ("feb", "February"), ("mar", "March"), ("apr", "April"), ("may", "May"), ("jun", "June"),
    ("jul", "July"), ("aug", "August"), ("sep", "September"), ("oct", "October"), ("nov", "November"),
    ("dec", "December"),
)  # fmt: skip

LEVELS = ("secondary", "primary", "bsp", "gsp")
"""Levels of substations, from the street up."""
LEVEL_NAMES = {
    "secondary": "street substation",
    "primary": "primary substation",
    "bsp": "bulk supply point",
    "gsp": "grid supply point",
}
DIRECTIONS = ("demand", "generation")
OPERATORS = {
    "ssen": "Scottish and Southern Electricity Networks",
    "nged": "National Grid Electricity Distribution",
    "ukpn": "UK Power Networks",
    "enwl": "SP Electricity North West",
    "spen": "SP Energy Networks",
    "npg": "Northern Powergrid",
}
"""Groups of network operators, by the short name that sources carry. SP Electricity North West keeps its old one."""
CONFIDENCES = ("high", "medium", "low")
VERDICT_NAMES = {
    "not_asked": "nothing is asked of it",
    "fits": "room for all of it",
    "fits_until": "room for all of it for some years",
    "fits_with_limit": "room for part of it",
    "unknown": "cannot be said",
    "does_not_fit": "no room",
}
"""What is said of a proposal held against the network, best first."""
VERDICTS = tuple(VERDICT_NAMES)
