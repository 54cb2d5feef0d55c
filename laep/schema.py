"""Every layer of the area GeoPackage: its columns with type, unit and meaning, its key, and the step that writes it.

The prefix says the stage: `in_` came from outside, `link_` joins things, `roof_`, `site_` and `net_` are places found,
`model_` is calculated, `plan_` is judged. Geometry is EPSG:27700 throughout. Missing stays missing, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from laep.errors import SchemaBroken

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
CRS = "EPSG:27700"

Type = Literal["text", "float", "int", "bool", "time"]
Geometry = Literal["Point", "MultiLineString", "MultiPolygon"]

_DTYPES: dict[str, str] = {
    "text": "string",
    "float": "float64",
    "int": "Int64",
    "bool": "boolean",
    "time": "datetime64[ms, UTC]",
}


@dataclass(frozen=True)
class Column:
    """One column: name, type, unit ('-' when it has none), meaning; `required` forbids missing values."""

    name: str
    type: Type
    unit: str
    meaning: str
    required: bool = False
    private: bool = False

    @property
    def dtype(self) -> str:
        """Return the pandas dtype the column has in memory."""
        return _DTYPES[self.type]


@dataclass(frozen=True)
class Layer:
    """One layer: its columns, geometry type (or none), the columns that identify a row, and the step that writes it."""

    name: str
    meaning: str
    written_by: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: Geometry | None = None
    private: bool = False
    """True when a row is one household: no row leaves the area folder, only counts of many (see `public`)."""

    @property
    def column_names(self) -> list[str]:
        """Return the column names in order, geometry left out."""
        return [column.name for column in self.columns]


def text(name: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a text column."""
    return Column(name, "text", "-", meaning, required=required, private=private)


def number(name: str, unit: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a float column with its unit."""
    return Column(name, "float", unit, meaning, required=required, private=private)


def count(name: str, meaning: str, *, unit: str = "count", required: bool = False, private: bool = False) -> Column:
    """Return a whole-number column."""
    return Column(name, "int", unit, meaning, required=required, private=private)


def flag(name: str, meaning: str, *, required: bool = False, private: bool = False) -> Column:
    """Return a yes/no column."""
    return Column(name, "bool", "-", meaning, required=required, private=private)


def spread(stem: str, unit: str, meaning: str, *, required: bool = False) -> tuple[Column, Column, Column]:
    """Return the central, low and high columns of one estimate: `stem_unit`, `stem_low_unit`, `stem_high_unit`."""
    suffix = unit_suffix(unit)
    return (
        number(f"{stem}_{suffix}", unit, meaning, required=required),
        number(f"{stem}_low_{suffix}", unit, f"{meaning}: low end"),
        number(f"{stem}_high_{suffix}", unit, f"{meaning}: high end"),
    )


def unit_suffix(unit: str) -> str:
    """Return how a unit is spelled at the end of a column name, such as `gbp_per_kw` for `GBP/kW`."""
    return unit.replace("/", "_per_").replace("%", "pct").lower()


_SOURCE = text("source_id", "The row of `laep_provenance` this came from", required=True)
_METHOD = text("method", "How the value was found", required=True)
_CONFIDENCE = text("confidence", "high, medium or low", required=True)

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
_MONTHS = (
    ("jan", "January"), ("feb", "February"), ("mar", "March"), ("apr", "April"), ("may", "May"), ("jun", "June"),
    ("jul", "July"), ("aug", "August"), ("sep", "September"), ("oct", "October"), ("nov", "November"),
    ("dec", "December"),
)  # fmt: skip
LEVELS = ("gsp", "bsp", "primary", "secondary")

_INGESTED = [
    Layer(
        "in_boundary",
        "The area this plan is about",
        "ingest boundary",
        ("area_id",),
        (
            text("area_id", "Short name of the area", required=True),
            text("name", "Name as the publisher writes it"),
            text("code", "ONS or other code, where the boundary has one"),
            text("found_by", "How the place was given: file, code, name, or a radius round a point", required=True),
            _SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_building",
        "Building footprints inside the boundary",
        "ingest osm, buildings",
        ("building_id",),
        (
            text("building_id", "Id in the source, made unique", required=True),
            text("use", f"Use class: {', '.join(USES)}", required=True),
            text("use_basis", "What the use class rests on: tag, place, land, size, none", required=True),
            text("name", "Name, where the source has one"),
            text("postcode", "Postcode, where the source has one"),
            count("homes", "Homes in the building as the source states; missing when it does not", unit="homes"),
            number("storeys", "storeys", "Storeys above ground, where the source has them"),
            number("height_m", "m", "Height above ground, where the source has it"),
            number("footprint_m2", "m2", "Footprint area", required=True),
            _SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_place",
        "Places people meet, learn, trade and worship, as points",
        "ingest osm, places",
        ("place_id",),
        (
            text("place_id", "Id in the source", required=True),
            text("kind", f"One of {', '.join(PLACE_KINDS)}", required=True),
            text("name", "Name"),
            text("operator", "Who runs it, where the source says"),
            _SOURCE,
        ),
        "Point",
    ),
    Layer(
        "in_land",
        "Land that could hold an asset, or limits where one could go, as areas",
        "ingest osm, land",
        ("land_id",),
        (
            text("land_id", "Id in the source", required=True),
            text("kind", f"One of {', '.join(LAND_KINDS)}", required=True),
            text("name", "Name"),
            text("operator", "Owner or operator, where the source says"),
            number("area_m2", "m2", "Area of the whole parcel", required=True),
            _SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_road",
        "Streets, paths, rivers and canals in and round the area: what cables follow, and what they cannot cross",
        "ingest osm",
        ("road_id",),
        (
            text("road_id", "Id in the source", required=True),
            text("kind", "road, path or waterway", required=True),
            text("sort", "What the source calls it, such as residential or river"),
            text("name", "Name"),
            flag("bridge", "True on a bridge"),
            flag("tunnel", "True in a tunnel or culvert"),
            _SOURCE,
        ),
        "MultiLineString",
    ),
    Layer(
        "in_feeder",
        "Which postcodes each low-voltage feeder serves, and what it hangs from, as published",
        "ingest ssen_feeder_lookup",
        ("source_id", "feeder_id", "postcode"),
        (
            text("feeder_id", "The operator's id of the feeder", required=True),
            text("postcode", "Postcode it serves", required=True),
            text("operator", "Network operator", required=True),
            text("secondary_id", "Secondary substation, spelled as in the operator's list of them", required=True),
            text("secondary_name", "Its name, as published"),
            text("hv_feeder_id", "High-voltage feeder, made unique by its primary's number"),
            text("hv_feeder_name", "Its name, as published"),
            text("primary_number", "The operator's number of the primary", required=True),
            text("primary_name", "Its name, as published"),
            count("customers", "Meters on the whole feeder, where published"),
            _SOURCE,
        ),
    ),
    Layer(
        "in_load_profile",
        "Metered use of feeders and substations: the typical day of each month, by day type and half-hour",
        "ingest feeder_usage, load_monitor",
        ("source_id", "asset_id", "unit", "month", "day_type", "period"),
        (
            text("asset_id", "The operator's id of the feeder, substation or transformer", required=True),
            text("level", "feeder, secondary, primary or transformer", required=True),
            text("operator", "Network operator", required=True),
            text("substation_id", "Substation it hangs from or is, as published"),
            text("substation_name", "Its name, as published"),
            count("month", "1 to 12, by the local clock", unit="month", required=True),
            text(
                "day_type",
                "weekday, saturday or sunday; bank holidays count as the weekday they fall on",
                required=True,
            ),
            count("period", "Settlement period of the local day, 1 to 48", unit="period", required=True),
            count("readings", "Readings behind the figures", unit="readings", required=True),
            number("meters", "meters", "Smart meters summed, on average: not all homes have one"),
            text("unit", "kW, or A where only current is published", required=True),
            number("mean", "as `unit`", "Mean of the readings", required=True),
            number("sd", "as `unit`", "Standard deviation from day to day; missing for a single reading"),
            number("lowest", "as `unit`", "Least", required=True),
            number("highest", "as `unit`", "Most", required=True),
            _SOURCE,
        ),
    ),
    Layer(
        "in_meter",
        "Half-hourly meter readings given by their owner: the typical day of each month; no row leaves the area folder",
        "ingest meter",
        ("source_id", "site", "month", "day_type", "period"),
        (
            text("site", "Name of the meter", required=True, private=True),
            text("building_id", "Building it is of, as in `in_building`, where said", private=True),
            count("days", "Days with readings in the whole file", unit="days", required=True, private=True),
            count("month", "1 to 12, by the local clock", unit="month", required=True, private=True),
            text("day_type", "weekday, saturday or sunday", required=True, private=True),
            count("period", "Settlement period of the local day, 1 to 48", unit="period", required=True, private=True),
            count("readings", "Readings behind the figures", unit="readings", required=True, private=True),
            number("mean_kw", "kW", "Mean of the readings", required=True, private=True),
            number("sd_kw", "kW", "Standard deviation from day to day; missing for a single reading", private=True),
            number("lowest_kw", "kW", "Least", required=True, private=True),
            number("highest_kw", "kW", "Most", required=True, private=True),
            _SOURCE,
        ),
        private=True,
    ),
    Layer(
        "in_forecast",
        "What the operator expects to be connected to each substation, by scenario and year",
        "ingest dfes",
        ("source_id", "substation_name", "measure", "scenario", "year"),
        (
            text("substation_name", "Substation, as published", required=True),
            text("level", f"One of {', '.join(LEVELS)}", required=True),
            text("operator", "Network operator", required=True),
            text("measure", "What is counted, as published", required=True),
            text("scenario", "Scenario name", required=True),
            text("scenario_vintage", "Edition of the scenario set, such as DFES 2025"),
            count("year", "Year", unit="year", required=True),
            number("value", "as `unit`", "Value"),
            text("unit", "count, MW, MWh or as published", required=True),
            _SOURCE,
        ),
    ),
    Layer(
        "in_connection_request",
        "How many connections have been asked for at each substation, and how much power",
        "ingest nged_requests",
        ("source_id", "gsp", "bsp", "primary", "voltage_kv", "status"),
        (
            text("gsp", "Grid supply point, as published; empty when the row names none", required=True),
            text("bsp", "Bulk supply point, as published; empty when the row names none", required=True),
            text("primary", "Primary substation, as published; empty when the row names none", required=True),
            number("voltage_kv", "kV", "Voltage asked for", required=True),
            text("status", "budget, offered or accepted", required=True),
            count("demand_requests", "Requests to draw power"),
            number("demand_mw", "MW", "Power they would draw"),
            count("generation_requests", "Requests to feed in"),
            number("generation_mw", "MW", "Power they would feed in"),
            _SOURCE,
        ),
    ),
    Layer(
        "in_flexibility",
        "Flexible use that the network operator seeks to buy near the area",
        "ingest flexibility",
        ("source_id", "need_id"),
        (
            text("need_id", "File, data row and year", required=True),
            text("operator", "Network operator", required=True),
            text("zone", "Zone, substation or circuit it is for, as published", required=True),
            text("substation_id", "The operator's id of the substation, where published"),
            text("product", "Kind of service, as published"),
            number("capacity", "as `unit`", "Most that is sought at a time"),
            text("unit", "MW, MVA or kW, as published"),
            text("starts", "First day or year, as published"),
            text("window", "Months, days and times, as published"),
            number("utilisation_gbp_per_mwh", "GBP/MWh", "Highest price paid for use"),
            number("ceiling_gbp_per_yr", "GBP/yr", "Highest price paid in a year"),
            text("outcome", "What the operator decided, as published"),
            number("distance_m", "m", "Distance from the edge of the area; 0 inside it"),
            _SOURCE,
        ),
        "Point",
    ),
    Layer(
        "in_curtailment",
        "How often and how much connected generation was held back, by scheme, site and year",
        "ingest curtailment",
        ("source_id", "scheme", "site", "year", "cause"),
        (
            text("scheme", "Network management scheme, often named after its grid supply point", required=True),
            text("site", "Site code or constraint, as published", required=True),
            text("description", "Circuit that binds, as published"),
            text("operator", "Network operator", required=True),
            count("year", "Calendar year", unit="year", required=True),
            text("cause", "Why, as published; empty when not said", required=True),
            number("voltage_kv", "kV", "Voltage of the constraint"),
            count("events", "Times it happened", required=True),
            number("hours", "h", "Hours held back"),
            number("access_cut_kwh", "kWh", "Export that was not allowed, whether or not it would have been used"),
            number("energy_lost_kwh", "kWh", "Energy estimated to be lost"),
            _SOURCE,
        ),
    ),
    Layer(
        "in_low_carbon",
        "Low-carbon kit notified to the operator, by secondary substation",
        "ingest ukpn_low_carbon",
        ("source_id", "substation_id", "technology", "status"),
        (
            text("substation_id", "The operator's id of the secondary substation", required=True),
            text("substation_name", "Its short name, as published"),
            text("primary_id", "The operator's id of the primary"),
            text("primary_name", "Primary and feeder, as published"),
            text("operator", "Network operator", required=True),
            text("technology", "solar, wind, storage, ev_charger, heat_pump or other", required=True),
            text("status", "connected or accepted", required=True),
            count("connections", "Connections", required=True),
            number("import_kw", "kW", "Highest they can draw, as notified"),
            number("export_kw", "kW", "Highest they can feed in, as notified"),
            number("distance_m", "m", "Distance from the edge of the area; 0 inside it"),
            _SOURCE,
        ),
        "Point",
    ),
    Layer(
        "in_constraint",
        "Designations that limit what can be built: landscapes, habitats, flood, heritage",
        "ingest constraints",
        ("constraint_id",),
        (
            text("constraint_id", "Id in the source", required=True),
            text("kind", "Dataset name of the designation, such as conservation-area", required=True),
            text("name", "Name"),
            _SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_substation",
        "Substations in and around the area, and those upstream of them",
        "ingest of every operator's substation and headroom sources, osm",
        ("source_id", "substation_id"),
        (
            text("substation_id", "The operator's id, as text with its leading zeros", required=True),
            text("operator", "Network operator: ssen, nged, ukpn, enwl, spen, npg, or osm when unknown", required=True),
            text("name", "Name"),
            text("level", f"One of {', '.join(LEVELS)}", required=True),
            number("voltage_kv", "kV", "Voltage on the lower side"),
            number("upstream_voltage_kv", "kV", "Voltage on the upper side"),
            text("upstream_bsp", "Name of the bulk supply point above it"),
            text("upstream_gsp", "Name of the grid supply point above it"),
            text("rating_text", "Transformer ratings as published"),
            number("rating_mva", "MVA", "Total transformer nameplate rating, where one number can be read"),
            number("firm_capacity_mva", "MVA", "Firm capacity as published"),
            number("max_demand_mva", "MVA", "Highest observed demand"),
            number("min_demand_mva", "MVA", "Lowest observed demand"),
            number("contracted_demand_mva", "MVA", "Demand contracted but not yet connected"),
            number("connected_generation_mw", "MW", "Generation connected"),
            number("contracted_generation_mw", "MW", "Generation contracted but not yet connected"),
            count("customers", "Customers fed, where published"),
            text("upstream_works", "Reinforcement planned upstream, as published"),
            text("upstream_works_date", "When, as published"),
            text("works", "Reinforcement planned at the substation, as published"),
            text("works_date", "When, as published"),
            text("comment", "The operator's own remark"),
            _SOURCE,
        ),
        "Point",
    ),
    Layer(
        "in_supply_area",
        "Published supply areas of substations",
        "ingest ssen_areas, ukpn_areas, npg_areas, npg_heatmap, enwl_areas, spen_areas, nged_areas",
        ("source_id", "supply_area_id"),
        (
            text("supply_area_id", "Id of the area", required=True),
            text("level", f"One of {', '.join(LEVELS)}", required=True),
            text("substation_name", "Substation that feeds it, as published", required=True),
            text("operator", "Network operator", required=True),
            text("upstream_bsp", "Bulk supply point, as published"),
            text("upstream_gsp", "Grid supply point, as published"),
            _SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_headroom",
        "Published network headroom in one long form",
        "ingest of every operator's headroom sources",
        ("source_id", "substation_id", "direction", "technology", "scenario", "year", "basis"),
        (
            text("substation_id", "The operator's id; equals `in_substation.substation_id`", required=True),
            text("substation_name", "Name as published"),
            text("level", f"One of {', '.join(LEVELS)}", required=True),
            text("direction", "demand or generation", required=True),
            text("technology", "any, inverter, synchronous or storage", required=True),
            text("scenario", "Scenario name, or `now` for today's published position", required=True),
            text("scenario_vintage", "Edition of the scenario set, such as DFES 2025"),
            count("year", "Calendar year in which the (financial) year starts", unit="year", required=True),
            number("value", "as `unit`", "Headroom as published"),
            text("unit", "Unit as published: MW, MVA or kVA", required=True),
            number("value_mw", "MW", "The same in MW, only where a power factor is stated"),
            number("power_factor", "-", "Power factor used for `value_mw`"),
            text(
                "basis",
                "firm_n1, non_firm, estimated, nameplate, connected (beside what is connected), contracted (beside "
                "what has been accepted as well) or not_stated",
                required=True,
            ),
            flag("floor_at_zero", "True when the operator never publishes less than zero: 0 means none or worse"),
            text("rag", "Red, amber or green as published"),
            text("constraint", "What binds, as published"),
            _SOURCE,
        ),
    ),
    Layer(
        "in_line",
        "Electricity lines and cables in and just round the area, as published",
        "ingest ukpn_lines, npg_lines, enwl_lines, spen_lines, ssen_lines",
        ("source_id", "line_id"),
        (
            text("line_id", "Id in the source, or made from the line's place", required=True),
            text("operator", "Network operator", required=True),
            text("level", "lv (under 1 kV), hv (1 to 22 kV), ehv (more) or not_stated", required=True),
            number("voltage_kv", "kV", "Voltage, where published"),
            text("kind", "overhead, underground or not_stated", required=True),
            text("circuit", "Circuit or feeder it belongs to, as published"),
            text("status", "As published, such as in service"),
            number("length_m", "m", "Length on the ground, of the whole line", required=True),
            _SOURCE,
        ),
        "MultiLineString",
    ),
    Layer(
        "in_licence_area",
        "Whose network the area stands on: licence areas of the distribution network operators that touch it",
        "ingest licence_areas",
        ("source_id", "licence_area"),
        (
            text("licence_area", "Name of the licence area, such as South Wales", required=True),
            text("operator", "Operator: ssen, nged, ukpn, enwl, spen or npg", required=True),
            number("share_of_area", "-", "Share of the plan's land in it, 0 to 1; missing when not known"),
            _METHOD,
            _CONFIDENCE,
            _SOURCE,
        ),
    ),
    Layer(
        "in_generator",
        "Generation and storage already connected or accepted",
        "ingest ecr, osm",
        ("source_id", "generator_id"),
        (
            text("generator_id", "Id, without customer names", required=True),
            text("technology", "solar, wind, hydro, storage, gas, biomass, waste, other", required=True),
            text("status", "connected or accepted", required=True),
            number("capacity_kw", "kW", "Registered or export capacity"),
            number("storage_kwh", "kWh", "Storage energy"),
            number("distance_m", "m", "Distance from the edge of the area; 0 inside it"),
            number("voltage_kv", "kV", "Voltage at the point of connection"),
            text("substation_name", "Primary substation it hangs from, as published"),
            text("connected_on", "Date connected or accepted, as ISO text"),
            _SOURCE,
        ),
        "Point",
    ),
    Layer(
        "in_zone",
        "Census zones that touch the area",
        "ingest zones",
        ("zone_id",),
        (
            text("zone_id", "ONS code", required=True),
            text("kind", "oa, lsoa or other", required=True),
            text("name", "Name"),
            number("share_in_area", "-", "Share of the zone's land inside the boundary, 0 to 1", required=True),
            _SOURCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "in_tenure",
        "Households by tenure, one row per census zone that touches the area",
        "ingest tenure",
        ("zone_id",),
        (
            text("zone_id", "ONS code", required=True),
            count("households", "All households", unit="households", required=True),
            count("owned", "Owned outright or with a mortgage", unit="households"),
            count("shared_ownership", "Part owned, part rented", unit="households"),
            count("social_rented", "Rented from a council or housing association", unit="households"),
            count("private_rented", "Rented privately, and living rent free", unit="households"),
            number("share_in_area", "-", "Share of the zone taken to be inside the boundary", required=True),
            _SOURCE,
        ),
    ),
    Layer(
        "in_address",
        "House numbers and names on the map, to find the home of a certificate by; no row leaves the area folder",
        "ingest osm",
        ("address_id",),
        (
            text("address_id", "Id in the source", required=True, private=True),
            text("building_id", "Building it stands in, as in `in_building`; missing when in none", private=True),
            text("number", "House number as written, such as 12, 12a or 12-16", private=True),
            text("name", "House name", private=True),
            text("street", "Street", private=True),
            text("postcode", "Postcode", private=True),
            _SOURCE,
        ),
        "Point",
        private=True,
    ),
    Layer(
        "in_uprn",
        "Where every addressable property stands: unique property reference numbers as points, without an address",
        "ingest uprn",
        ("uprn",),
        (text("uprn", "Unique property reference number, as text without leading zeros", required=True), _SOURCE),
        "Point",
    ),
    Layer(
        "in_home",
        "Homes with an energy certificate, the latest of each; no row leaves the area folder",
        "ingest homes",
        ("home_id",),
        (
            text("home_id", "Running number, of no meaning outside this file", required=True),
            text("uprn", "Unique property reference number", private=True),
            text("building_id", "Building it is in, as in `in_building`; missing when not matched", private=True),
            text("address", "Address on the certificate", private=True),
            text("postcode", "Postcode on the certificate", private=True),
            text("lodged_date", "Date the certificate was lodged, ISO", private=True),
            text("rating", "Energy rating, A to G", private=True),
            count("score", "Energy efficiency score, 1 to 100 and above", unit="points", private=True),
            number("floor_area_m2", "m2", "Floor area", private=True),
            text("property_type", "house, bungalow, flat, maisonette or park_home", private=True),
            text("built_form", "detached, semi, end_terrace or mid_terrace", private=True),
            text("age_band", "When it was built, such as 1930-1949", private=True),
            text(
                "fuel",
                "Main fuel: gas, lpg, oil, electricity, biomass, solid, heat_network, none or other",
                private=True,
            ),
            text(
                "heating",
                "Main heating: boiler, heat_pump, storage_heaters, room_heaters, warm_air, heat_network, "
                "electric_other, none or other",
                private=True,
            ),
            text("heating_text", "Main heating as the certificate says", private=True),
            text("walls", "Walls: cavity, solid, stone, timber, system, other", private=True),
            flag("walls_insulated", "True when the certificate says the walls are insulated or filled", private=True),
            number("loft_mm", "mm", "Loft insulation, where stated", private=True),
            flag("pv", "True when the certificate says there are solar panels", private=True),
            number("pv_roof_pct", "%", "Share of the roof under panels, where stated", private=True),
            number("pv_kwp", "kWp", "Panel capacity, where stated", private=True),
            text("tenure", "owned, social_rented or private_rented", private=True),
            _METHOD,
            _CONFIDENCE,
            _SOURCE,
        ),
        private=True,
    ),
    Layer(
        "in_census",
        "Households by kind of home, heating, cars and bedrooms, in one long form; tenure is in `in_tenure`",
        "ingest census",
        ("zone_id", "topic", "category"),
        (
            text("zone_id", "ONS code", required=True),
            text("topic", "accommodation, heating, cars or bedrooms", required=True),
            text("category", "Answer, such as detached or mains_gas; `total` is all households", required=True),
            count("households", "Households", unit="households", required=True),
            number("share_in_area", "-", "Share of the zone taken to be inside the boundary", required=True),
            _SOURCE,
        ),
    ),
    Layer(
        "in_metered",
        "Metered electricity and gas of homes, by postcode or census zone",
        "ingest metered",
        ("kind", "area_code", "fuel", "year"),
        (
            text("kind", "postcode or lsoa", required=True),
            text("area_code", "Postcode or ONS code", required=True),
            text("fuel", "electricity or gas", required=True),
            count("year", "Year of the readings; missing when the file does not say", unit="year"),
            count("meters", "Meters", unit="meters"),
            number("total_kwh", "kWh/yr", "Use of all of them in a year"),
            number("mean_kwh", "kWh/yr", "Mean use of one"),
            number("median_kwh", "kWh/yr", "Median use of one"),
            number("share_in_area", "-", "Share of the zone inside the boundary; missing for a postcode"),
            _SOURCE,
        ),
    ),
    Layer(
        "in_fuel_poverty",
        "Households in fuel poverty by census zone, a modelled statistic",
        "ingest fuel_poverty",
        ("zone_id",),
        (
            text("zone_id", "ONS code of the LSOA", required=True),
            count("households", "All households", unit="households"),
            count("fuel_poor", "Households in fuel poverty", unit="households"),
            number("fuel_poor_share", "-", "Share of households in fuel poverty, 0 to 1"),
            number("share_in_area", "-", "Share of the zone taken to be inside the boundary", required=True),
            _SOURCE,
        ),
    ),
    Layer(
        "in_weather",
        "A typical year of hourly weather for the area",
        "ingest weather",
        ("hour",),
        (
            count("hour", "Hour of the year, 0 to 8759; 0 starts 1 January 00:00 UTC", unit="h", required=True),
            number("ghi_w_m2", "W/m2", "Global horizontal irradiance, mean over the hour", required=True),
            number("dni_w_m2", "W/m2", "Direct normal irradiance, mean over the hour", required=True),
            number("dhi_w_m2", "W/m2", "Diffuse horizontal irradiance, mean over the hour", required=True),
            number("temp_air_c", "degC", "Air temperature", required=True),
            number("wind_speed_m_s", "m/s", "Wind speed at 10 m", required=True),
            _SOURCE,
        ),
    ),
    Layer(
        "in_weather_year",
        "Sunshine of each year, where the weather file holds several",
        "ingest weather",
        ("year",),
        (
            count("year", "Calendar year", unit="year", required=True),
            number("light_kwh_m2", "kWh/m2", "Light of the year on the plane of the file", required=True),
            _SOURCE,
        ),
    ),
    Layer(
        "in_elevation",
        "Elevation rasters on this computer and the ground they cover",
        "ingest elevation",
        ("path",),
        (
            text("path", "Where the raster is, from the area folder on when it is near", required=True),
            text("kind", "dsm (tops of things) or dtm (bare ground)", required=True),
            text("crs", "Coordinate system of the raster", required=True),
            number("resolution_m", "m", "Cell size", required=True),
            number("valid_share", "-", "Share of cells inside the boundary that hold a value", required=True),
            text("survey_date", "Survey date, where known"),
            text("sha256", "Hash of the file", required=True),
            _SOURCE,
        ),
        "MultiPolygon",
    ),
]

_PLACED = [
    Layer(
        "link_substation",
        "The substations that serve the area, and those above them",
        "link",
        ("source_id", "substation_id"),
        (
            text("substation_id", "Id as in `in_substation`", required=True),
            text("name", "Name"),
            text("level", f"One of {', '.join(LEVELS)}", required=True),
            text("role", "serves or upstream", required=True),
            text("serves_id", "For upstream rows, the primaries it stands above, separated by ;"),
            number("share_of_area", "-", "Share of the area (by land) it serves, 0 to 1"),
            number("distance_m", "m", "Distance from the area's centre"),
            _METHOD,
            _CONFIDENCE,
            _SOURCE,
        ),
        "Point",
    ),
    Layer(
        "link_building",
        "Which secondary and primary substation each building hangs from",
        "link",
        ("building_id",),
        (
            text("building_id", "Id as in `in_building`", required=True),
            text("secondary_id", "Secondary substation, or missing"),
            text("secondary_method", "published_feeder, published_area, along_lines, along_streets or nearest"),
            number("secondary_distance_m", "m", "Straight-line distance to it"),
            number("secondary_street_m", "m", "Distance to it along cables or streets, where they are known"),
            text("secondary_confidence", "high, medium or low; missing without a secondary"),
            text("lv_feeder_id", "Low-voltage feeder, where published for its postcode"),
            text("primary_id", "Primary substation, or missing"),
            text("primary_method", "published_id (of its secondary), published_area, nearest, or missing"),
            number("primary_distance_m", "m", "Straight-line distance to it"),
            text("primary_confidence", "high, medium or low; missing without a primary"),
            text("zone_id", "Census zone, or missing"),
            _CONFIDENCE,
        ),
    ),
    Layer(
        "link_chain",
        "What each part of the network hangs from, from low-voltage feeder up to grid supply point, a row a link",
        "chain",
        ("lower_level", "lower_id", "upper_level"),
        (
            text("lower_level", "lv_feeder, secondary, hv_feeder, primary or bsp", required=True),
            text("lower_id", "Id of the lower part", required=True),
            text("lower_name", "Name"),
            text("upper_level", "secondary, hv_feeder, primary, bsp or gsp", required=True),
            text("upper_id", "Id of what it hangs from; missing where it is named but not listed"),
            text("upper_name", "Name"),
            count("buildings", "Buildings of the area linked to the lower part, where known"),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "roof_height",
        "Building heights read from elevation rasters, with how well raster and footprint agree",
        "heights",
        ("building_id",),
        (
            text("building_id", "Id as in `in_building`", required=True),
            number("height_m", "m", "Median height of the roof above the ground beside it"),
            number("cover_share", "-", "Share of footprint cells with a value", required=True),
            number("built_share", "-", "Share of valid footprint cells more than 2 m above ground"),
            number("moved_east_m", "m", "How far east the footprint was moved to read the rasters"),
            number("moved_north_m", "m", "How far north the footprint was moved to read the rasters"),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "roof_plane",
        "Roof planes that could carry solar panels",
        "roofs",
        ("roof_id",),
        (
            text("roof_id", "Building id and plane number", required=True),
            text("building_id", "Id as in `in_building`", required=True),
            number("tilt_deg", "deg", "Slope of the roof above horizontal", required=True),
            number("azimuth_deg", "deg", "Direction it faces, clockwise from north; 180 when level", required=True),
            number("panel_tilt_deg", "deg", "Slope of panels on it: the roof's own, or of frames on a flat roof"),
            number("panel_azimuth_deg", "deg", "Direction panels on it face, clockwise from north"),
            number(
                "height_m", "m", "Height of its cells above the ground, on average, where an elevation model shows it"
            ),
            number("residual_m", "m", "How far its cells lie from the plane (root mean square), where one shows it"),
            number("plan_m2", "m2", "Area seen from above", required=True),
            number("sloped_m2", "m2", "Area along the slope", required=True),
            *spread("usable", "m2", "Sloped area that panels could cover, besides those there", required=True),
            *spread("capacity", "kWp", "Panel capacity that fits, besides what is there", required=True),
            number("existing_kwp", "kWp", "Capacity there already", private=True),
            flag("suitable", "True when the plane faces well enough and has room enough", required=True),
            text("constraints", "Listing, conservation areas and the like that the building touches, separated by ;"),
            _METHOD,
            _CONFIDENCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "roof_shade",
        "The skyline round each roof plane, read from a surface model: roofs, trees and hills",
        "horizons",
        ("roof_id",),
        (
            text("roof_id", "Id as in `roof_plane`", required=True),
            number("sky_view", "-", "Share of an even sky's light that still reaches the plane, 0 to 1", required=True),
            number("horizon_mean_deg", "deg", "Mean height of the skyline all round", required=True),
            text(
                "horizon_deg",
                "Height of the skyline by sector of 10 degrees, clockwise from grid north, mean over the plane [deg]",
                required=True,
            ),
            text("horizon_spread_deg", "Standard deviation of the same over the plane [deg]", required=True),
            count("cells", "Cells of the surface model it was read from", required=True),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "site_anchor",
        "Buildings and land that could hold a shared asset",
        "sites",
        ("site_id",),
        (
            text("site_id", "Building or land id with a prefix", required=True),
            text("owner_kind", "community or corporate", required=True),
            text("kind", "school, hall, worship, club, allotments, car_park, industry, shop, farm ...", required=True),
            text("name", "Name"),
            text("building_id", "Building, for a roof site"),
            text("land_id", "Land parcel, for a ground site"),
            text("technology", "rooftop_pv, ground_pv or carport_pv", required=True),
            number("area_m2", "m2", "Footprint or parcel area", required=True),
            *spread("capacity", "kWp", "Capacity that fits"),
            text("primary_id", "Primary substation it would hang from"),
            text("secondary_id", "Secondary substation it would hang from"),
            text("constraints", "Designations it touches, separated by ;"),
            text("caution", "What to check before anyone spends money here"),
            _METHOD,
            _CONFIDENCE,
        ),
        "Point",
    ),
    Layer(
        "net_segment",
        "Pieces of network that could balance themselves: candidates, not findings",
        "segments",
        ("segment_id",),
        (
            text("segment_id", "Id", required=True),
            text(
                "kind",
                "secondary, primary, group, estate, campus, business_park, new_development, island or area",
                required=True,
            ),
            text("name", "Name"),
            text("substation_id", "Substation at its head, where there is one; the primary of a group"),
            count("buildings", "Buildings on it", required=True),
            count("homes", "Homes on it", unit="homes", required=True),
            number("rating_kva", "kVA", "Rating of the transformer at its head, where published"),
            text("arrangement", "private_wire, public_network or island; missing where nothing is looked at further"),
            flag("chosen", "True for those worked out in `model_segment`"),
            _METHOD,
            _CONFIDENCE,
        ),
        "MultiPolygon",
    ),
    Layer(
        "link_segment",
        "Which buildings stand on which segment",
        "segments",
        ("segment_id", "building_id"),
        (
            text("segment_id", "Id as in `net_segment`", required=True),
            text("building_id", "Id as in `in_building`", required=True),
        ),
    ),
]

_MODELLED = [
    Layer(
        "model_stock",
        "The area's homes counted by rating, heating, fuel, age, kind and so on; small counts are hidden",
        "stock",
        ("basis", "topic", "category"),
        (
            text("basis", "certificates, census or statistics: what was counted", required=True),
            text("topic", "What is counted, such as rating, heating or fuel_poverty", required=True),
            text("category", "Answer, such as C or mains_gas", required=True),
            count("homes", "Homes; missing where the count is small and so hidden", unit="homes"),
            number("share", "-", "Share of the homes that say something on the topic; missing where hidden"),
            count("of_homes", "Homes that say something on the topic", unit="homes", required=True),
            flag("hidden", "True where the count is small, or would give a small one away", required=True),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_demand",
        "Electricity use in a year, by building where footprints are held, else by census zone",
        "demand",
        ("scope", "scope_id"),
        (
            text("scope", "building or zone", required=True),
            text("scope_id", "Building or zone id", required=True),
            text("use", "Use class", required=True),
            number("homes", "homes", "Homes, which may be a fraction for a zone that is partly inside", required=True),
            *spread("annual", "kWh", "Electricity use in a year"),
            text("profile", "Shape of the day: elexon_pc1, elexon_pc3 ...; missing when use is not estimated"),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_plane",
        "What one kWp on each roof plane yields in a first year, shade included",
        "solar",
        ("roof_id",),
        (
            text("roof_id", "Id as in `roof_plane`", required=True),
            text("building_id", "Id as in `in_building`", required=True),
            *spread("yield", "kWh/kWp", "Yield in the first year of a middling year", required=True),
            number("yield_p90_kwh_per_kwp", "kWh/kWp", "Yield that 90 years in 100 exceed", required=True),
            number("sky_view", "-", "Share of its sky the plane sees; missing where no skyline is known"),
            number("shade_loss", "-", "Share of an open plane's yield lost to shade; missing where it is not known"),
            *(number(f"{month}_kwh_per_kwp", "kWh/kWp", f"Yield in {name}", required=True) for month, name in _MONTHS),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_solar",
        "What the suitable roof planes of each building could yield in a first year",
        "solar",
        ("building_id",),
        (
            text("building_id", "Id as in `in_building`", required=True),
            text("use", "Use class", required=True),
            *spread("capacity", "kWp", "Capacity on suitable planes", required=True),
            *spread("annual", "kWh", "Yield in the first year", required=True),
            number("yield_kwh_per_kwp", "kWh/kWp", "Yield per unit of capacity", required=True),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_yield",
        "What the suitable roofs of each building, substation, segment and of the whole area yield, by month",
        "solar",
        ("scope", "scope_id"),
        (
            text("scope", "building, secondary, primary, segment or area", required=True),
            text("scope_id", "Id of the building, substation or segment; `area` for the whole", required=True),
            *spread("capacity", "kWp", "Capacity on suitable planes", required=True),
            *spread("annual", "kWh", "Yield in the first year of a middling year", required=True),
            number("annual_p90_kwh", "kWh", "Yield that 90 years in 100 exceed", required=True),
            *(number(f"{month}_kwh", "kWh", f"Yield in {name}", required=True) for month, name in _MONTHS),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_month",
        "Demand and solar by month for the whole area",
        "balance",
        ("month",),
        (
            count("month", "1 to 12", unit="month", required=True),
            number("demand_kwh", "kWh", "Electricity use"),
            number("solar_kwh", "kWh", "Yield if every suitable roof had panels"),
            number("ghi_kwh_m2", "kWh/m2", "Sunshine on level ground", required=True),
            number("temp_air_c", "degC", "Mean air temperature", required=True),
        ),
    ),
    Layer(
        "model_balance",
        "Half-hourly balance of each segment over a year, for several cases",
        "balance",
        ("segment_id", "case"),
        (
            text("segment_id", "Id as in `net_segment`", required=True),
            text("case", "today, solar or solar_battery", required=True),
            number("demand_kwh", "kWh", "Electricity use", required=True),
            number("generation_kwh", "kWh", "Local generation", required=True),
            number("import_kwh", "kWh", "Drawn from outside", required=True),
            number("export_kwh", "kWh", "Sent outside", required=True),
            number("loss_kwh", "kWh", "Lost in the battery, with the change in what it holds", required=True),
            number("self_consumption", "-", "Share of generation used on the segment in the same half-hour or stored"),
            number("self_sufficiency", "-", "Share of demand met from the segment"),
            number("peak_import_kw", "kW", "Highest half-hour drawn", required=True),
            number("peak_export_kw", "kW", "Highest half-hour sent", required=True),
            number(
                "balanced_share", "-", "Share of half-hours with neither import nor export above 1 % of peak demand"
            ),
            number("battery_kwh", "kWh", "Usable battery energy", required=True),
            number("battery_kw", "kW", "Battery power", required=True),
            number("capacity_kwp", "kWp", "Solar capacity", required=True),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_segment",
        "Chosen segments worked out: what balancing each one would do and be worth, with cars and heat pumps",
        "self_balance",
        ("segment_id",),
        (
            text("segment_id", "Id as in `net_segment`", required=True),
            text("name", "Name for readers", required=True),
            text("kind", "Kind as in `net_segment`", required=True),
            text("arrangement", "private_wire, public_network or island", required=True),
            flag("candidate", "True when it passes the field guide's tests of match and size", required=True),
            text("why", "Those tests and what was found, in plain words", required=True),
            count("homes", "Homes on it", unit="homes", required=True),
            number("cars", "cars", "Electric cars taken to charge there", required=True),
            number("heat_pumps", "heat pumps", "Heat pumps taken to run there", required=True),
            number("use_kwh", "kWh", "Electricity use today", required=True),
            number("car_kwh", "kWh", "Charging of those cars", required=True),
            number("heat_kwh", "kWh", "Use of those heat pumps", required=True),
            number("shifted_kwh", "kWh", "Cars' and heat pumps' use moved to another half-hour", required=True),
            number("today_kwh", "kWh", "Made by connected generators", required=True),
            number("planned_kwh", "kWh", "Made by accepted generators, once built", required=True),
            number("roof_kwh", "kWh", "Made by further panels on every suitable roof", required=True),
            number("roof_kwp", "kWp", "Capacity of those panels", required=True),
            number("battery_kwh", "kWh", "Usable energy of the battery worth most; 0 when none pays", required=True),
            number("battery_kw", "kW", "Its power", required=True),
            number("battery_npv_gbp", "GBP", "Its net present value if all stood behind one meter", required=True),
            number("self_sufficiency_before", "-", "Share of demand met with those roofs, nothing stored or shifted"),
            number("self_sufficiency", "-", "The same with the battery and shifting"),
            number("self_consumption_before", "-", "Share of generation used, nothing stored or shifted"),
            number("self_consumption", "-", "The same with the battery and shifting"),
            number("balanced_share_before", "-", "Share of half-hours in balance, nothing stored or shifted"),
            number("balanced_share", "-", "The same with the battery and shifting"),
            number("peak_import_before_kw", "kW", "Highest half-hour drawn, nothing stored or shifted", required=True),
            number("peak_import_kw", "kW", "The same with the battery and shifting", required=True),
            number("peak_export_before_kw", "kW", "Highest half-hour sent, nothing stored or shifted", required=True),
            number("peak_export_kw", "kW", "The same with the battery and shifting", required=True),
            number("headroom_demand_kw", "kW", "Fall of the highest half-hour drawn; below 0 a rise", required=True),
            number("headroom_generation_kw", "kW", "Fall of the highest half-hour sent", required=True),
            number("islanded_before_h", "h", "Hours with next to no import, nothing stored or shifted", required=True),
            number("islanded_h", "h", "The same with the battery and shifting", required=True),
            number("islanded_longest_h", "h", "Longest unbroken run of such hours", required=True),
            number("curtailed_before_kwh", "kWh", "Export above the transformer's rating; missing if not known"),
            number("curtailed_kwh", "kWh", "The same with the battery and shifting"),
            number("curtailment_avoided_kwh", "kWh", "The difference"),
            number("rule_gbp_per_yr", "GBP/yr", "Energy bill with the battery on its simple rule", required=True),
            number("optimum_gbp_per_yr", "GBP/yr", "Least bill, all known in advance", required=True),
            number("gap_gbp_per_yr", "GBP/yr", "The first less the second: most a better control saves", required=True),
            *spread("energy", "GBP/yr", "Saving on energy", required=True),
            *spread("duos", "GBP/yr", "Saving on the distribution red band", required=True),
            *spread("tnuos", "GBP/yr", "Saving on transmission charges", required=True),
            *spread("connection", "GBP", "Connection cost avoided, once", required=True),
            *spread("capex", "GBP", "Cost of roofs and battery, before VAT", required=True),
            *spread("opex", "GBP/yr", "Running cost", required=True),
            *spread("benefit", "GBP/yr", "First-year saving and income", required=True),
            *spread("payback", "years", "Simple payback; missing when it never pays back"),
            *spread("npv", "GBP", "Net present value", required=True),
            *spread("home", "GBP/yr", "Benefit less running cost, a home; missing without homes"),
            number(
                "network_gbp_per_yr",
                "GBP/yr",
                "Red band and transmission saving if all stood behind one meter",
                required=True,
            ),
            number("guide_gbp_per_yr", "GBP/yr", "The same by the field guide's stated case, home by home"),
            number("guide_difference_gbp_per_yr", "GBP/yr", "The first less the second"),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_storage",
        "Batteries tried on each chosen segment: self-sufficiency against cost",
        "self_balance",
        ("segment_id", "kwh", "kw"),
        (
            text("segment_id", "Id as in `net_segment`", required=True),
            number("kwh", "kWh", "Usable energy", required=True),
            number("kw", "kW", "Power", required=True),
            number("capex_gbp", "GBP", "Cost, before VAT", required=True),
            number("benefit_gbp_per_yr", "GBP/yr", "Saving of a year, if all stood behind one meter", required=True),
            number("npv_gbp", "GBP", "Net present value", required=True),
            number("payback_years", "years", "Simple payback; missing when it never pays back"),
            number("self_sufficiency", "-", "Share of demand met"),
            number("self_consumption", "-", "Share of generation used"),
            number("peak_import_kw", "kW", "Highest half-hour drawn", required=True),
            number("peak_export_kw", "kW", "Highest half-hour sent", required=True),
        ),
    ),
    Layer(
        "model_profile",
        "Average day of each month for the whole area, by settlement period (UTC)",
        "balance",
        ("month", "period"),
        (
            count("month", "1 to 12", unit="month", required=True),
            count("period", "Settlement period, 1 to 48", unit="period", required=True),
            number("demand_kw", "kW", "Mean demand", required=True),
            number("solar_kw", "kW", "Mean solar output if every suitable roof had panels", required=True),
        ),
    ),
    Layer(
        "model_headroom",
        "Headroom of the substations that serve the area, what binds it, and what rooftop solar would ask of it",
        "headroom",
        ("substation_id", "direction", "technology", "scenario", "year", "basis"),
        (
            text("substation_id", "Id as in `in_substation`", required=True),
            text("name", "Name"),
            text("level", f"One of {', '.join(LEVELS)}", required=True),
            text("role", "serves or upstream", required=True),
            text("direction", "demand or generation", required=True),
            text("technology", "any, inverter, synchronous or storage", required=True),
            text("scenario", "Scenario name, or now", required=True),
            count("year", "Year", unit="year", required=True),
            number("value", "as `unit`", "Headroom as published"),
            text("unit", "MW, MVA or kVA", required=True),
            text("basis", "Basis as in `in_headroom`", required=True),
            flag("floor_at_zero", "True when 0 means none or worse"),
            text("rag", "Red, amber or green: as published, else by our convention"),
            text("rag_basis", "published or convention", required=True),
            text("constraint", "What binds, as published"),
            text("binding", "here, upstream or unknown: where the limit sits", required=True),
            text("relief", "Reinforcement planned and when, as published"),
            number("proposed_mw", "MW", "Export that all suitable roofs on it could add at the sunniest half-hour"),
            text(
                "verdict",
                "fits, fits_part, none, none_or_worse or unknown; fits_part on demand says only that some is left",
                required=True,
            ),
            _SOURCE,
        ),
    ),
    Layer(
        "model_lv",
        "What laep reckons a street substation could still take, where its operator publishes nothing: a screening",
        "lv",
        ("secondary_id", "year", "direction"),
        (
            text("secondary_id", "Id as in `in_substation`", required=True),
            text("name", "Name"),
            count("year", "Year", unit="year", required=True),
            text("direction", "demand or generation", required=True),
            number("homes", "homes", "Homes linked to it", required=True),
            number("rating_kva", "kVA", "Transformer rating", required=True),
            text("rating_basis", "published or typical", required=True),
            *spread("flow", "kW", "Demand at the peak, or export at the least demand, as it stands", required=True),
            *spread("thermal", "kW", "Room left by transformer and cables; below zero when overloaded", required=True),
            *spread("voltage", "kW", "Room left by the voltage at the far end of its feeders"),
            *spread("headroom", "kW", "The smaller of the two", required=True),
            text("binding", "transformer, cable or voltage", required=True),
            text("feeder", "What the feeders are taken to be", required=True),
            number("flow_voltage_v", "V", "Voltage at the far end with all the central headroom used, by power flow"),
            number("flow_loading", "-", "Loading of the most loaded part then, by power flow, over its rating"),
            text("flow_by", "What made the power flow, or why there is none", required=True),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
    Layer(
        "model_limit",
        "Which level binds on the way up from each substation, by direction, technology, scenario and year",
        "limits",
        ("start_id", "direction", "technology", "scenario", "year"),
        (
            text("start_id", "Substation the way up starts from", required=True),
            text("start_level", "secondary or primary", required=True),
            text("direction", "demand or generation", required=True),
            text("technology", "any, inverter, synchronous or storage", required=True),
            text("scenario", "Scenario asked for; now is today", required=True),
            count("year", "Year asked for", unit="year", required=True),
            text("level", "Level that binds; missing when no level has a value"),
            text("substation_id", "Substation that binds"),
            text("name", "Its name"),
            number("value", "as `unit`", "Its headroom as published, or as laep reckons it (basis estimated)"),
            text("unit", "MW, MVA or kVA"),
            number("value_mw", "MW", "The same in MW"),
            text("row_scenario", "Scenario of the row that counts: now where the one asked for is not published"),
            count("row_year", "Year of the row that counts", unit="year"),
            text("basis", "Basis as in `in_headroom`"),
            flag("floor_at_zero", "True when 0 means none or worse"),
            number("queue_mw", "MW", "Generation and storage accepted there or below and not yet connected"),
            text("queue_counted", "Whether the value has that taken off already: yes, no or unknown"),
            number("less_queue_mw", "MW", "The value less the queue, where it has not been taken off"),
            number("counts_mw", "MW", "The figure compared: less the queue only where that is known to be right"),
            text("constraint", "What binds, as published"),
            text("managed", "What the operator says of managed or curtailable connections on the way up"),
            text("levels_without_value", "Levels that could not be compared, separated by ;"),
            text("confidence", "high, medium or low: how sure it is that this substation is on the way up"),
        ),
    ),
    Layer(
        "model_finance",
        "Money and carbon of each kind of asset or site",
        "finance",
        ("asset_id",),
        (
            text("asset_id", "Id: an offer such as home_pv, or a site id", required=True),
            text("kind", "home_pv, home_pv_battery, site_pv or segment_battery", required=True),
            text("name", "Name for readers", required=True),
            count("units", "How many alike", required=True),
            number("capacity_kw", "kW", "Capacity of one", required=True),
            *spread("capex", "GBP", "Cost of one, before VAT", required=True),
            *spread("opex", "GBP/yr", "Running cost of one", required=True),
            *spread("benefit", "GBP/yr", "First-year saving and income of one", required=True),
            *spread("payback", "years", "Simple payback; missing when it never pays back"),
            *spread("npv", "GBP", "Net present value of one at the discount rate named in `method`", required=True),
            number("annual_kwh", "kWh", "Generation or throughput of one in the first year", required=True),
            number("self_consumption", "-", "Share used on site"),
            number("carbon_kg", "kgCO2e/yr", "Emissions avoided in the first year by one", required=True),
            _METHOD,
            _CONFIDENCE,
        ),
    ),
]

_PLANNED = [
    Layer(
        "plan_rule",
        "Every rule of the field guide, tested against this place",
        "blocks",
        ("rule_id",),
        (
            text("rule_id", "Guide id, such as VP-C03", required=True),
            text("block_id", "Building block", required=True),
            text("side", "for or against", required=True),
            text("strength", "gate, strong or weak", required=True),
            text("evidence_type", "spatial, network, demographic, survey or partner", required=True),
            text("criterion", "What is tested, in plain words", required=True),
            text("status", "met, not_met or unknown", required=True),
            text("evidence", "What was found, with figures", required=True),
            text("origin", "Layers, assumptions or answers it rests on, separated by ;", required=True),
            text("ask", "What would settle it when unknown: a question, or several, one a line"),
        ),
    ),
    Layer(
        "plan_block",
        "The eight building blocks for this place",
        "blocks",
        ("block_id",),
        (
            text("block_id", "Id", required=True),
            text("name", "Name", required=True),
            text("group_id", "foundations, assets or smart_systems", required=True),
            text("verdict", "promising, possible, open, blocked or advise_against", required=True),
            text("headline", "One plain sentence", required=True),
            count("met_for", "Rules for it that are met", required=True),
            count("met_against", "Rules against it that are met", required=True),
            count("unknown", "Rules nobody has evidence on yet", required=True),
            text("gates_unmet", "Gate rules or groups known not to hold, separated by ;"),
            text("gates_unknown", "Gate rules or groups still to be asked, separated by ;"),
            text("needs_unmet", "What it cannot do without and is known to lack, in plain words, one a line"),
            text("needs_unknown", "What it cannot do without and nobody knows of yet, in plain words, one a line"),
            text("redirect", "A better route, where the guide names one"),
            text("effort", "How much work and commitment it asks, in words", required=True),
            text("about", "What it is, in one sentence"),
            text("engagement", "How hard it is to bring people along, in words"),
            text("benefits", "What it brings, and to whom, in words"),
            text("expect", "What the field guide says of its size, money, technology, rules and return, one a line"),
            text("leads_to", "How it helps other blocks, and what it cannot run without, one a line"),
        ),
    ),
    Layer(
        "plan_pathway",
        "The six pathways and `stop here`, ranked for this place",
        "pathways",
        ("pathway_id",),
        (
            text("pathway_id", "Id", required=True),
            text("name", "Name", required=True),
            count("rank", "1 is the best match on what is known", required=True),
            text("standing", "recommended, possible, needs_answers or ruled_out", required=True),
            number("score", "-", "Share of its preconditions that are met, 0 to 1", required=True),
            text("reasons_for", "Why, in plain words, separated by newlines", required=True),
            text("reasons_against", "Why not, in plain words, separated by newlines"),
            text("to_settle", "What has to be found out, separated by newlines"),
            text("blocks", "Building blocks in order, separated by ;"),
            text("ends_at", "Stage at which it is complete", required=True),
        ),
    ),
    Layer(
        "plan_action",
        "The roadmap: dated actions under the five stages",
        "pathways",
        ("action_id",),
        (
            text("action_id", "Id", required=True),
            text(
                "stage", "identify_assets, identify_target, build_partnerships, augment_assets, optimise", required=True
            ),
            count("position", "Order inside the plan", required=True),
            text("action", "What to do, in plain words", required=True),
            text("who", "Who would do it", required=True),
            text("starts", "Quarter it starts, such as 2027 Q1", required=True),
            text("ends", "Quarter it ends", required=True),
            text("why", "Rule, block or finding behind it", required=True),
            text("cost", "Cost in words, where one is known"),
        ),
    ),
    Layer(
        "plan_figure",
        "Every number in the report, with where it comes from",
        "figures",
        ("figure_id",),
        (
            text("figure_id", "Id, such as solar.annual", required=True),
            text("label", "What it is, in plain words", required=True),
            number("value", "as `unit`", "Value"),
            number("low", "as `unit`", "Low end"),
            number("high", "as `unit`", "High end"),
            text("unit", "Unit", required=True),
            text("layer", "Layer it is read from", required=True),
            text("rows", "Which rows, as a pandas query; empty for all"),
            text("column", "Column, or the calculation in words", required=True),
            text("method", "sum, mean, max, count ...", required=True),
            text("assumptions", "Assumption keys that matter most to it, separated by ;"),
            text("confidence", "high, medium or low", required=True),
        ),
    ),
    Layer(
        "plan_unknown",
        "What we do not know, why it matters, and how to find out",
        "figures",
        ("unknown_id",),
        (
            text("unknown_id", "Id", required=True),
            text("what", "What is not known", required=True),
            text("matters", "Why it matters", required=True),
            text("find_out", "What to do or type next", required=True),
            count("weight", "1 matters most", required=True),
        ),
    ),
]

LAYERS: dict[str, Layer] = {layer.name: layer for layer in (*_INGESTED, *_PLACED, *_MODELLED, *_PLANNED)}


def conform(frame: pd.DataFrame, layer_name: str) -> pd.DataFrame:
    """
    Return `frame` in the layer's normal form: its columns, order, dtypes and a fresh index.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Rows to check; a geometry layer needs an active geometry in EPSG:27700.
    layer_name : str
        A key of `LAYERS`.

    Raises
    ------
    SchemaBroken
        With every fault found: missing or extra columns, wrong types, missing values, repeated keys, wrong CRS.
    """
    layer = LAYERS[layer_name]
    faults = [*_column_faults(frame, layer), *_geometry_faults(frame, layer)]
    if faults:
        raise SchemaBroken(f"Layer {layer_name}: " + "; ".join(faults))
    kept = _plain_geometry(frame, layer) if layer.geometry else frame[layer.column_names]
    try:
        normal = kept.astype({column.name: column.dtype for column in layer.columns}).reset_index(drop=True)
    except (TypeError, ValueError) as error:
        raise SchemaBroken(f"Layer {layer_name}: {error}") from error
    faults = [
        f"{column.name} has {missing} missing values"
        for column in layer.columns
        if column.required and (missing := int(normal[column.name].isna().sum()))
    ]
    if repeated := int(normal.duplicated(list(layer.key)).sum()):
        faults.append(f"{repeated} rows repeat the key {', '.join(layer.key)}")
    if faults:
        raise SchemaBroken(f"Layer {layer_name}: " + "; ".join(faults))
    return normal


def public(frame: pd.DataFrame, layer_name: str) -> pd.DataFrame:
    """
    Return what of a layer may leave the area folder: everything that prints, draws or exports rows takes this.

    Columns marked private are dropped. Where a row is one household (`Layer.private`) no row is left either: such
    layers are published only as counts, and small counts are hidden (`laep.models.stock`).
    """
    layer = LAYERS[layer_name]
    kept = frame.drop(columns=[column.name for column in layer.columns if column.private], errors="ignore")
    return kept.iloc[:0] if layer.private else kept


def empty(layer_name: str) -> pd.DataFrame:
    """Return a layer with its columns and no rows."""
    import geopandas as gpd
    import pandas as pd

    layer = LAYERS[layer_name]
    columns = {column.name: pd.Series([], dtype=column.dtype) for column in layer.columns}
    frame = pd.DataFrame(columns)
    if layer.geometry:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)
    return frame


def _plain_geometry(frame: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Return the layer's columns with flat geometry of one type, as the GeoPackage will give it back."""
    import geopandas as gpd
    import numpy as np
    import shapely

    shapes = shapely.force_2d(np.asarray(frame.geometry.array))
    if layer.geometry == "MultiPolygon":
        single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
        if single.any():
            shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(single.sum()))
    if layer.geometry == "MultiLineString":
        single = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
        if single.any():
            shapes[single] = shapely.multilinestrings(shapes[single], indices=np.arange(single.sum()))
    kept: pd.DataFrame = gpd.GeoDataFrame(
        frame[layer.column_names], geometry=gpd.GeoSeries(shapes, index=frame.index, crs=CRS), crs=CRS
    )
    return kept


def _column_faults(frame: pd.DataFrame, layer: Layer) -> list[str]:
    have = set(frame.columns) - {"geometry"}
    want = set(layer.column_names)
    faults = []
    if missing := sorted(want - have):
        faults.append(f"no column {', '.join(missing)}")
    if extra := sorted(have - want):
        faults.append(f"unknown column {', '.join(extra)}")
    return faults


def _geometry_faults(frame: pd.DataFrame, layer: Layer) -> list[str]:
    if layer.geometry is None:
        return ["has a geometry it should not have"] if "geometry" in frame.columns else []
    crs = getattr(frame, "crs", None)
    if crs is None or crs.to_epsg() != 27700:
        return [f"is in {crs or 'no CRS'}, not {CRS}"]
    allowed = {layer.geometry, layer.geometry.removeprefix("Multi")}
    found = set(frame.geometry.geom_type.dropna()) - allowed
    return [f"holds {', '.join(sorted(found))} where {layer.geometry} is due"] if found else []
