"""The words that columns hold and rooms share, each said once, with what readers call them."""

USES = (
    "home", "mobile_home", "flats", "shop", "office", "school", "hall", "worship", "health", "care", "leisure", "hotel",
    "civic", "industry", "farm", "car_park", "garage", "outbuilding", "utility", "structure", "other", "unknown",
)  # fmt: skip
"""Uses of buildings; `schema/uses.toml` says what each means for a plan."""
HOME_USES = ("home", "mobile_home", "flats")
"""Uses of buildings that people live in."""
HOME_COUNTS = ("map", "addresses", "certificates", "census")
"""Counts of homes, of which one wins."""
PLACE_KINDS = (
    "school", "hall", "worship", "club", "library", "health", "pub", "shop", "civic", "sport", "charging", "settlement",
)  # fmt: skip
LAND_KINDS = (
    "allotments", "playing_field", "recreation_ground", "park", "common", "car_park", "school_grounds", "cemetery",
    "brownfield", "industrial", "retail", "farmland", "farmyard", "grass", "woodland", "residential", "water",
    "construction", "other",
)  # fmt: skip
UNITS = (
    "-", "1/yr", "1/home", "1/degC", "deg", "degC", "m", "mm", "m2", "ha", "m/s", "h", "years", "V", "kV",
    "ohm/km", "kW", "MW", "kVA", "MVA", "kWp", "kW/home", "W/m2", "W/K", "W/m/K", "W/m2/K", "Wh/m2/K", "W s/m3/K",
    "kWp/m2", "ha/MW", "kWh", "kWh/yr", "kWh/m/yr", "kWh/m2", "kWh/m2/yr", "kWh/kWp", "GBP", "GBP/yr", "GBP/m",
    "GBP/m/MW", "GBP/m2", "GBP/kW", "GBP/MW", "GBP/kWh", "GBP/MWh", "GBP/kW/yr", "p/kWh", "kgCO2e", "kgCO2e/kWh",
    "kgCO2e/yr",
    "count", "homes", "households", "storeys", "segments", "cars", "heat_pumps", "installs", "sessions", "readings",
    "days", "year", "month", "period",
)  # fmt: skip
"""Every unit of a column or an assumption. A plain number, a share among them, is `-`; a span of time is in `years`."""
AS_UNIT = "as `unit`"
"""Unit of a column whose row names its unit."""
ZONE_KINDS = ("oa", "lsoa", "other")
DAY_TYPES = ("weekday", "saturday", "sunday")
MONTHS = {
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "may": "May", "jun": "June", "jul": "July",
    "aug": "August", "sep": "September", "oct": "October", "nov": "November", "dec": "December",
}  # fmt: skip
"""Months in order: as columns and file names spell them, and in full."""

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

FUELS = ("gas", "lpg", "oil", "electricity", "biomass", "solid", "heat_network", "none", "other")
"""What heats a home."""
HEATED_BY = {
    "gas": "mains gas",
    "lpg": "bottled or tank gas",
    "oil": "oil",
    "electricity": "electricity",
    "biomass": "wood",
    "solid": "coal and other solid fuel",
    "heat_network": "a heat network",
    "none": "nothing",
    "other": "something else",
}
"""Fuels in words."""
FABRIC_BASES = ("certificate", "neighbours", "typical")
"""Certificates of homes in the building, those of like neighbours, or what homes of the nation are like."""
LACKING = {
    "cavity": "have cavity walls not filled",
    "solid_wall": "have solid walls not insulated",
    "loft": "have less loft insulation than is recommended",
    "floor": "have a ground floor not insulated",
    "glazing": "have some single glazing",
    "draughts": "would be better for draught-proofing",
    "controls": "lack a room thermostat or valves on radiators",
    "hot_water": "have a hot water tank that loses heat needlessly",
}
"""What homes lack, by the name of the measure that mends it."""
MEASURES = {
    "draughts": "Stop draughts at doors, windows and floors",
    "hot_water": "Lag the hot water tank and its pipes",
    "loft": "Top up the loft insulation",
    "cavity": "Fill the cavity walls",
    "controls": "Fit a room thermostat and radiator valves",
    "floor": "Insulate the ground floor",
    "glazing": "Fit new double glazing",
    "solid_wall": "Insulate the solid walls",
    "package_easy": "All the easy steps at once",
    "package_whole": "All the steps that fit",
}
"""Measures in homes, in the order in which they are best done, and packages of them."""
ROUTES = {
    "air": "a heat pump in each home",
    "loop": "a shared ground loop",
    "communal": "one heat plant for the block",
    "network": "a heat network",
    "direct": "electric heaters",
    "wait": "wait, and insulate first",
}
"""Ways to heat a cluster of homes without burning gas or oil."""
CARRIED_BY = ("feeder", "secondary", "primary")
"""What would carry the electricity of heat pumps, from the street up."""
DISRUPTIONS = ("little", "some", "much")
"""How much a measure upsets a home: an hour or a day; a day or two, with furniture moved; weeks, or rooms emptied."""
METERED_FUELS = ("electricity", "gas")
CARRIERS = {
    "electricity": "Electricity",
    "gas": "Mains gas",
    "oil": "Heating oil",
    "lpg": "Tank or bottled gas",
    "solid": "Coal and other solid fuel",
    "wood": "Wood",
    "heat_network": "Heat network",
    "petrol_diesel": "Petrol and diesel",
}
"""Forms in which energy reaches its users, and what readers call them."""
END_USES = {
    "space_heat": "Warm rooms",
    "hot_water": "Hot water",
    "cooking": "Cooking",
    "appliances": "Lights and appliances",
    "process": "What businesses and public buildings run",
    "cars": "Cars",
    "vans": "Vans",
}
"""What energy is used for."""
SECTORS = {"homes": "Homes", "business": "Businesses and public buildings", "transport": "Cars and vans"}
"""Who uses it."""
HEAT_WAYS = ("gas", "oil", "lpg", "solid", "wood", "heat_network", "electric", "heat_pump")
"""Ways in which homes are kept warm: a carrier, and of electricity direct or by heat pump."""
USE_SCOPES = ("building", "zone", "secondary", "primary", "area")
"""What energy is added up over."""
TODAY = "today"
"""Scenario of what is used now."""
HEATINGS = (
    "boiler", "heat_pump", "storage_heaters", "room_heaters", "warm_air", "heat_network", "electric_other", "none",
    "other",
)  # fmt: skip
GLAZINGS = ("single", "part", "double", "triple")
"""Panes of the windows; `part` is a mixture."""
HOT_WATERS = ("main", "main_no_thermostat", "immersion", "instant", "other")
"""How water is heated: with the rooms, the same from a tank without a thermostat, by power in a tank, at the tap."""
CONTROLS = ("full", "part", "none")
"""What rooms are kept at a temperature by: clock, room thermostat and valves; some of these; none."""
WALLS = ("cavity", "solid", "stone", "timber", "system", "other")
HOME_TYPES = ("house", "bungalow", "flat", "maisonette", "park_home")
BUILT_FORMS = ("detached", "semi", "end_terrace", "mid_terrace")
RATINGS = ("A", "B", "C", "D", "E", "F", "G")
TENURES = ("owned", "social_rented", "private_rented")

GENERATOR_TECHNOLOGIES = ("solar", "wind", "hydro", "storage", "gas", "biomass", "waste", "other")
LOW_CARBON_TECHNOLOGIES = ("solar", "wind", "storage", "ev_charger", "heat_pump", "other")
SITE_TECHNOLOGIES = ("rooftop_pv", "ground_pv", "carport_pv")
ASSET_OPTIONS = ("best_value", "largest", "fits_now", "export_limited", "after_works")
"""Sizes of an asset: worth most; the most the place holds; the most that the network takes today, by size or by an
export limit; and the most it takes once published works are done."""
OWNERSHIPS = ("host", "host_loan", "community_shares", "company", "shared", "landlord", "service")
PARTIES = (
    "host",
    "members",
    "community_fund",
    "lender",
    "grant_giver",
    "company",
    "society",
    "landlord",
    "provider",
)
"""Who pays and gains by an asset."""
FLEXIBLE_HOMES = ("without_kit", "with_kit")
POOLS = ("small", "large")
"""Pools of flexibility: about a megawatt, and ten or more."""
ASSET_QUANTITIES = (
    "build",
    "connection",
    "upkeep",
    "part",
    "part_years",
    "output",
    "use",
    "saved",
    "sold",
    "years",
    "fade",
)
"""What the worth of an asset hangs on."""
HEADROOM_TECHNOLOGIES = ("any", "inverter", "synchronous", "storage")
"""How a generator is coupled to the network: some operators publish headroom apart for each."""
CONNECTION_STATUSES = ("connected", "accepted")
"""Running, or with an offer of the network operator taken up and not yet running."""
REQUEST_STATUSES = ("budget", "offered", "accepted")
HEADROOM_BASES = ("firm_n1", "non_firm", "estimated", "nameplate", "connected", "contracted", "not_stated")
"""What a headroom figure leaves room beside: `connected` what is connected, `contracted` what was accepted as well."""
POWER_UNITS = ("MW", "MVA", "kVA", "kW")
"""Units in which operators publish power."""
LARGEST_CONNECTION_KW = 1_500_000.0
"""No connection to a distribution network is as large; the largest power stations on the grid are twice this."""
LINE_LEVELS = ("lv", "hv", "ehv", "not_stated")
"""Under 1 kV, 1 to 22 kV, more."""
LINE_KINDS = ("overhead", "underground", "not_stated")
ROLES = ("serves", "upstream")
WHERE_BINDING = ("here", "upstream", "unknown")
LIMIT_PLACES = ("named", "between", "unnamed", "no_figure", "shared")
"""How the level that binds is known."""
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

SURENESS = ("published", "conditional", "likely", "open")
"""What a verdict on a proposal rests on: figures alone; figures, and room where none is published; a substation that is
only likely the one; or nothing that settles it."""

NETWORK_PARTS = ("lv_feeder", "secondary", "hv_feeder", "primary", "bsp", "gsp")
"""Substations and the feeders between them, from the street up."""
YEAR_STEP = 5
"""Scenario years are asked for and printed every five years, beside the first and the last: charts show the rest."""
USE_BASES = ("tag", "place", "land", "size", "none")
"""What the use of a building rests on: a publisher's word, a place in it, the land below it, or its size by a home."""

SECONDARY_METHODS = (
    "published_feeder", "beside_published_feeder", "published_area", "along_lines", "along_streets", "nearest",
)  # fmt: skip
PRIMARY_METHODS = ("published_id", "published_area", "nearest")
"""How a building's substation was found, the surest way first."""

PROFILES = ("elexon_pc1", "elexon_pc2", "elexon_pc3", "elexon_pc4")
"""Homes on one rate, homes on Economy 7, businesses on one rate, businesses on Economy 7."""
OFFERS = ("home_pv", "home_pv_battery", "segment_battery")
"""What money is worked out for."""
SITE_KINDS = tuple(dict.fromkeys((*PLACE_KINDS, *USES, *LAND_KINDS)))
OWNER_KINDS = ("community", "corporate", "not_known")
"""Who holds a site: a public or community body, a business or farm, or nobody says."""
SEGMENT_KINDS = (
    "secondary", "primary", "group", "estate", "campus", "business_park", "new_development", "island", "area",
)  # fmt: skip
ARRANGEMENTS = ("private_wire", "public_network", "island")

ANSWER_SECTIONS = ("residents", "partners")
"""Whom questions are put to: the parts of answers.toml."""
GROUPS = ("foundations", "assets", "smart_systems")
"""Groups of building blocks, in the field guide's order."""
SIDES = ("for", "against")
STRENGTHS = ("gate", "strong", "weak")
EVIDENCE_TYPES = ("spatial", "network", "demographic", "survey", "partner")
RULE_STATUSES = ("met", "not_met", "unknown")
BLOCK_VERDICTS = ("promising", "possible", "open", "blocked", "advise_against")
STANDINGS = ("recommended", "possible", "needs_answers", "ruled_out")
STAGES = ("identify_assets", "identify_target", "build_partnerships", "augment_assets", "optimise")
"""Stages of a roadmap, in order."""

GENERATOR_STATUSES = (*CONNECTION_STATUSES, "planned")
"""Up and running; accepted by the network operator; known from a planning application alone, which is no offer of a
connection. Of one thing that several sources tell of, the first that any of them says."""
GENERATOR_WHERE = ("here", "nearby", "unplaced")
"""Inside the area, outside it, or nobody says."""
PLANNING_STATES = ("applied", "appealed", "granted", "not_required", "building", "operating")
"""Where a scheme stands with the planning authority, which says nothing of the network."""
PLANNING_ENDED = {
    "refused": "refused",
    "withdrawn": "withdrawn",
    "replaced": "replaced by another application",
    "expired": "permission lapsed",
    "abandoned": "given up",
    "decommissioned": "taken down",
}
"""States of a scheme that will not be, or is no more."""
TOLD_BY = {
    "register": "network operator's register",
    "planning": "planning register",
    "map": "map",
    "certificate": "energy certificates",
}
"""Kinds of source that may tell of one and the same thing, the one whose word on its size counts most first."""
