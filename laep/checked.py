"""The parts of a check at the headroom desk, as frozen dataclasses; `laep.results` puts them together."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One thing to be connected, as it was asked."""

    at: Annotated[str | None, "place: latitude and longitude, easting and northing, or a postcode"] = None
    asset: Annotated[str | None, "id or name of a substation, instead of a place"] = None
    generation_kw: Annotated[float | None, "rating of its inverters or generators [kW]"] = None
    demand_kw: Annotated[float | None, "most that it draws [kW]"] = None
    storage_kw: Annotated[float | None, "rating of its battery, both ways [kW]"] = None
    export_limit_kw: Annotated[float | None, "most that leaves the site [kW]"] = None
    existing_kw: Annotated[float | None, "rating of what generates or stores there already [kW]"] = None
    year: Annotated[int | None, "year looked at"] = None
    scenario: Annotated[str | None, "scenario looked at"] = None
    technology: Annotated[str, "inverter (solar, wind, battery) or synchronous"] = "inverter"
    phases: Annotated[int | None, "phases of the supply, 1 or 3"] = None


@dataclass(frozen=True, kw_only=True)
class Network:
    """Whose network a place is on."""

    operator: Annotated[str | None, "short name of the operator, null where it is not settled"]
    operators: Annotated[tuple[str, ...], "all operators it may be"]
    licence_areas: Annotated[tuple[str, ...], "all licence areas it may be"]
    method: Annotated[str, "how that was found"]
    confidence: Annotated[str, "high, medium or low"]
    in_store: Annotated[bool, "whether the store holds any substation of the operator"]
    words: Annotated[str, "all of it in words"]


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a proposal is."""

    given_as: Annotated[str, "how the place was written"]
    easting: Annotated[float, "on the National Grid [m]"]
    northing: Annotated[float, "on the National Grid [m]"]
    latitude: Annotated[float, "in degrees"]
    longitude: Annotated[float, "in degrees"]


@dataclass(frozen=True, kw_only=True)
class ServedBy:
    """The substation a proposal hangs from."""

    substation_id: Annotated[str | None, "its id, null where none is known"]
    name: Annotated[str | None, "its name"]
    level: Annotated[str | None, "its level"]
    method: Annotated[str, "how it was found, or why none is known"]
    confidence: Annotated[str, "high, medium or low"]
    distance_m: Annotated[float | None, "how far off it stands [m], null where that is not known"]


@dataclass(frozen=True, kw_only=True)
class Binding:
    """What binds."""

    measure: Annotated[str, "generation, demand or storage"]
    level: Annotated[str, "level that binds, `above LEVEL` where it lies between two, empty where none is known"]
    substation_id: Annotated[str | None, "id of the substation that binds"]
    name: Annotated[str | None, "its name"]
    where: Annotated[str, "how that is known: named, between, unnamed, no_figure or shared"]
    binds: Annotated[str, "what binds, in words"]


@dataclass(frozen=True, kw_only=True)
class Measured(Binding):
    """One of generation, demand and storage that is asked for."""

    verdict: Annotated[str, "its verdict"]
    ask_kw: Annotated[float, "what is asked for [kW]"]
    room_kw: Annotated[float | None, "room there is [kW], null where no figure is published"]
    allowed_kw: Annotated[float | None, "how much of what is asked for there is room for [kW]"]
    fits_until: Annotated[int | None, "last year it fits in, null where it always or never does"]
    barred: Annotated[bool, "whether a red mark bars it whatever room there is"]
    none_or_worse: Annotated[bool, "whether the figure is a zero of an operator that publishes nothing below"]
    reason: Annotated[str, "why it has its verdict"]

    @property
    def binding(self) -> Binding:
        """Return what binds, alone."""
        return Binding(**{part.name: getattr(self, part.name) for part in fields(Binding)})


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One published figure, unchanged, and what the proposal would leave of it."""

    before: Annotated[float | None, "as published, null where no number is"]
    after: Annotated[float | None, "what is left, in the same unit"]
    unit: Annotated[str, "MW, MVA, kW or kVA"]
    basis: Annotated[str | None, "what the operator says it counts"]
    scenario: Annotated[str, "its scenario, `now` for today's position"]
    year: Annotated[int, "its year"]
    rag: Annotated[str | None, "colour the operator gives it"]
    constraint: Annotated[str | None, "limit the operator names"]
    floor_at_zero: Annotated[bool | None, "whether the operator publishes nothing below zero"]
    technology: Annotated[str, "coupling it holds for"]


@dataclass(frozen=True, kw_only=True)
class Level:
    """One substation on the way up."""

    level: Annotated[str, "its level"]
    substation_id: Annotated[str, "its id"]
    name: Annotated[str, "its name"]
    operator: Annotated[str | None, "short name of its operator"]
    fault_level: Annotated[str, "fault level as the operator publishes it, empty where it does not"]
    link: Annotated[str | None, "how the substation above was found"]
    link_confidence: Annotated[str | None, "how sure that is"]
    rating_mva: Annotated[float | None, "its rating [MVA]"]
    firm_capacity_mva: Annotated[float | None, "its firm capacity [MVA]"]
    generation: Annotated[Figure | None, "headroom for generation"] = None
    demand: Annotated[Figure | None, "headroom for demand"] = None
    storage: Annotated[Figure | None, "headroom for storage"] = None

    def figure(self, measure: str) -> Figure | None:
        """Return the headroom for one of generation, demand and storage."""
        found: Figure | None = getattr(self, measure)
        return found


@dataclass(frozen=True, kw_only=True)
class Registered:
    """Generators of one status and technology at and below one substation, by the capacity register."""

    level: Annotated[str, "level of the substation"]
    name: Annotated[str, "its name"]
    status: Annotated[str, "connected or accepted"]
    technology: Annotated[str, "what they run on"]
    sites: Annotated[int, "how many there are"]
    kw: Annotated[float, "their capacity together, as far as it is stated [kW]"]
    without_size: Annotated[int, "how many state no capacity"]


@dataclass(frozen=True, kw_only=True)
class Summed:
    """What an operator sums up for a substation."""

    name: Annotated[str, "name of the substation"]
    level: Annotated[str, "its level"]
    connected_generation_mw: Annotated[float | None, "generation that is connected [MW]"]
    contracted_generation_mw: Annotated[float | None, "generation that has a contract [MW]"]
    contracted_demand_mva: Annotated[float | None, "demand that has a contract [MVA]"]


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What is connected and accepted along the chain."""

    register: Annotated[tuple[Registered, ...], "at and below each level of the chain, by the capacity register"]
    published: Annotated[tuple[Summed, ...], "as the operator sums it up, level by level"]


@dataclass(frozen=True, kw_only=True)
class Transmission:
    """Whether the transmission system has to be asked."""

    from_kw: Annotated[float | None, "rating from which it is [kW], null where that is not known"]
    needed: Annotated[bool | None, "whether a transmission impact assessment is needed, null where not known"]
    basis: Annotated[str, "where that threshold is from"]
    words: Annotated[str, "what it means for the proposal, empty without generation"]


@dataclass(frozen=True, kw_only=True)
class Route:
    """How a proposal gets connected."""

    code: Annotated[str, "g98, g99_short, g99, demand or none"]
    g99_type: Annotated[str, "G99 type by size, empty where none applies"]
    phases: Annotated[int, "phases of the supply"]
    words: Annotated[str, "what to do"]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Order of size of what a connection costs."""

    gbp: Annotated[float, "middle [GBP]"]
    low_gbp: Annotated[float, "low end [GBP]"]
    high_gbp: Annotated[float, "high end [GBP]"]


@dataclass(frozen=True, kw_only=True)
class Works:
    """Works an operator plans along the chain."""

    name: Annotated[str, "name of the substation"]
    where: Annotated[str, "at the substation, or upstream"]
    works: Annotated[str, "what is planned"]
    date: Annotated[str | None, "when, as published"]


@dataclass(frozen=True, kw_only=True)
class DataUsed:
    """A source that an answer rests on."""

    source_id: Annotated[str, "name of the source"]
    title: Annotated[str, "what it is"]
    publisher: Annotated[str, "who publishes it"]
    edition: Annotated[str, "its edition"]
    age_months: Annotated[int | None, "months since it came out, null where the edition names no month"]
    read_on: Annotated[str, "date it was read"]
    files: Annotated[str, "names of its files"]
    licence: Annotated[str, "terms of use"]
    attribution: Annotated[str, "who must be named"]
    url: Annotated[str, "where a person gets it"]


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A row of an operator's file that an answer rests on."""

    source_id: Annotated[str, "name of the source"]
    file: Annotated[str | None, "name of the file"]
    row: Annotated[int | None, "data row of it, counted from 1, null where that is not known"]
    about: Annotated[str, "substation it is of"]
    cells: Annotated[Mapping[str, str | None] | None, "its cells by the file's own headings, where the store has them"]


@dataclass(frozen=True, kw_only=True)
class AssumptionUsed:
    """An assumption that an answer used."""

    key: Annotated[str, "its key"]
    value: Annotated[float, "its value"]
    low: Annotated[float, "low end of its range"]
    high: Annotated[float, "high end of its range"]
    unit: Annotated[str, "its unit"]
    confidence: Annotated[str, "how sure it is"]
    source: Annotated[str, "where it comes from"]


@dataclass(frozen=True, kw_only=True)
class ProposalChecked:
    """One proposal of a file."""

    id: Annotated[str, "its id in the file, else its row"]
    row: Annotated[int, "its data row, counted from 1"]
    verdict: Annotated[str, "its verdict, or not_checked"]
    headline: Annotated[str, "the verdict in words, with what caps it"]
    sureness: Annotated[str, "what it rests on: published, conditional, likely or open"]
    conditions: Annotated[str, "what has to hold beside the published figures, separated by ;"]
    reason: Annotated[str, "why"]
    limit_kw: Annotated[float | None, "limit it fits with [kW]"]
    fits_until: Annotated[int | None, "last year it fits in"]
    generation_kw: Annotated[float | None, "rating of its inverters or generators [kW]"]
    demand_kw: Annotated[float | None, "most that it draws [kW]"]
    storage_kw: Annotated[float | None, "rating of its battery [kW]"]
    export_limit_kw: Annotated[float | None, "most that leaves the site [kW]"]
    existing_kw: Annotated[float | None, "rating of what generates or stores there already [kW]"]
    year: Annotated[int | None, "year looked at, null for today"]
    easting: Annotated[float | None, "on the National Grid [m]"]
    northing: Annotated[float | None, "on the National Grid [m]"]
    figure_scenario: Annotated[str, "scenario of the published figure, now for today's position"]
    basis: Annotated[str, "what it leaves room beside"]
    colour: Annotated[str, "its published colour"]
    constraint: Annotated[str, "limit its row names"]
    edition: Annotated[str, "edition of its file"]
    substation_id: Annotated[str, "id of the substation it hangs from, empty where none is known"]
    substation: Annotated[str, "its name"]
    level: Annotated[str, "its level"]
    bsp: Annotated[str, "bulk supply point above"]
    gsp: Annotated[str, "grid supply point above"]
    binding_measure: Annotated[str, "measure that decides"]
    binding_level: Annotated[str, "level that binds, `above LEVEL` where it lies between two"]
    binding_id: Annotated[str, "id of the substation that binds"]
    binding: Annotated[str, "its name"]
    where: Annotated[str, "how that is known: named, between, unnamed, no_figure or shared"]
    unit: Annotated[str, "unit of the figures before and after"]
    route: Annotated[str, "connection route: g98, g99_short, g99, demand or none"]
    g99_type: Annotated[str, "G99 type by size"]
    transmission: Annotated[str, "whether a transmission impact assessment is needed: yes, no or empty"]
    source_id: Annotated[str, "source of the figure"]
    source_file: Annotated[str, "its file"]
    figure_year: Annotated[int | None, "year the published figure is of"]
    room_kw: Annotated[float | None, "room there is for the measure that decides [kW]"]
    share: Annotated[float | None, "share of what it asks that it gets, where proposals share room"]
    allowed_generation_kw: Annotated[float | None, "generation there is room for [kW]"]
    allowed_demand_kw: Annotated[float | None, "demand there is room for [kW]"]
    before: Annotated[float | None, "the published figure, less what others of the file take"]
    after: Annotated[float | None, "what the proposal leaves of it"]
    source_row: Annotated[int | None, "data row of the figure's file"]
    connection_gbp: Annotated[float | None, "order of size of the connection cost [GBP]"]
    connection_low_gbp: Annotated[float | None, "its low end [GBP]"]
    connection_high_gbp: Annotated[float | None, "its high end [GBP]"]
    method: Annotated[str, "how the substation was found, or why none is known"]
    distance_m: Annotated[float | None, "how far off it stands [m]"]
    network: Annotated[str, "short name of the operator, empty where not settled"]
    licence_area: Annotated[str, "licence areas it may be in"]
    confidence: Annotated[str, "how sure the substation is"]
    notes: Annotated[str, "what to look at again: an id twice, a size far from the others"]
