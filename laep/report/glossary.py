"""Plain meanings of the abbreviations and terms the report uses, and where they stand in a text."""

from __future__ import annotations

import re
from html import escape, unescape

from laep.words import slugs

TERMS: dict[str, str] = {
    "11 kV": "The voltage at which a primary substation sends power to the small substations in streets and villages.",
    "accepted": "A connection the network operator has agreed to, but which is not built yet. It already uses up room.",
    "A4": "The usual size of a printed page.",
    "aggregator": "A business that bundles many small users or batteries until together they are big enough to sell.",
    "AI": "Software that finds patterns or makes choices in ways that resemble reasoning.",
    "AMI": "Electronic meters together with the system that reads them from afar.",
    "anchor": "Something in place that a scheme can be built around: an asset, a trusted body, or a system.",
    "API": "An agreed way for one program to ask another for data or to give it an instruction.",
    "archetype": "A typical case, such as an ordinary semi-detached house, used where nobody measured the real one.",
    "average day": "The mean of all days in a month, half-hour by half-hour. Real days are spikier.",
    "BEMS": "A control system that runs the energy use of a building.",
    "BESS": "A large battery that stores electricity.",
    "BM": "The Balancing Mechanism: how the system operator pays plants to run up or down minute by minute.",
    "BRE": "A body that studies buildings and runs the government's method for rating the energy use of homes.",
    "BSC": "The rule book that settles who produced, used and pays for what in British electricity.",
    "BSP": "Bulk supply point: a large substation, usually stepping 132,000 volts down to 33,000.",
    "CC BY": "A licence that lets anyone reuse the data provided they say who made it.",
    "CIBSE": "The institution of building services engineers, which publishes typical energy use of buildings.",
    "CHP": "A plant that makes heat and electricity together.",
    "CIC": "A company whose assets and profits are locked in for the good of a community.",
    "CO2e": "Carbon dioxide, with other greenhouse gases counted as the amount of carbon dioxide that warms as much.",
    "collective purchasing": "Many households buying the same equipment in one deal, from installers who were checked.",
    "constraint": "The part of the network that reaches its limit first.",
    "convenor": "The person or body that brings everybody to the table and keeps them there.",
    "CRM": "A system that keeps track of customers or members.",
    "CSV": "A plain table of text that any spreadsheet opens.",
    "DCC": "The company that carries data to and from smart meters.",
    "DER": "Small generators, batteries or flexible users connected to the local network.",
    "DESNZ": "The government department for energy and net zero.",
    "DFES": "A network operator's own scenarios of how demand and generation in its area may grow.",
    "DFS": "Demand Flexibility Service: homes and firms are paid for using less at times the system operator names.",
    "DNO": "The company that owns and keeps up the local electricity network.",
    "DSO": "The same company in its newer role of running the local network, for example by buying flexibility.",
    "DUoS": "The charge for using the local network, highest in the early evening on weekdays.",
    "EaaS": "Paying for a warm, powered home as a service rather than for units of energy.",
    "ECR": "Embedded capacity register: the public list of generators and batteries on the local network.",
    "ENWL": "SP Electricity North West, the network operator of the English north-west.",
    "EPC": "Energy performance certificate of a building. In project contracts the same letters mean the firm that "
    "designs and builds.",
    "ESCO": "A company that supplies energy services, often owning the equipment.",
    "ESG": "What a company promises about environment, people and how it is run.",
    "ESS": "Any system that stores energy.",
    "EV": "An electric vehicle.",
    "FCA": "The regulator of financial services, which oversees public share offers and loans.",
    "FES": "The national system operator's scenarios of future energy.",
    "firm capacity": "What a substation can still carry when its biggest transformer is out of action.",
    "FIT": "Feed-in tariff: the payment for small generators that was open from 2010 to 2019.",
    "flexibility": "Being able to use, store or make electricity at another time when somebody pays for it.",
    "footprint": "The outline of a building seen from above.",
    "GBP": "Pounds sterling.",
    "GWh": "A million kWh: what some 350 homes use of electricity in a year.",
    "G98": "The rule for connecting a small generator: fit it first, tell the network operator afterwards.",
    "G99": "The rule for connecting a larger generator: ask the network operator first.",
    "gate": "A condition without which a building block cannot work at all.",
    "GDN": "A company that runs gas pipes.",
    "GHG": "Gases that warm the climate.",
    "GIS": "Software for maps and the data behind them.",
    "GLA": "The Greater London Authority.",
    "GM": "Greater Manchester.",
    "GMCA": "The combined authority of Greater Manchester.",
    "GSP": "Grid supply point: where the local network meets the national one.",
    "HaaS": "Paying for warmth as a service.",
    "headroom": "How much more demand or generation a substation could take before something has to be rebuilt, as its "
    "operator estimates it.",
    "HEMS": "A control system that runs the energy use of a home.",
    "HHS": "Half-hourly settlement: billing on what was really used in each half-hour.",
    "HMT": "The Treasury.",
    "HMRC": "The tax office.",
    "HTML": "The format of this page.",
    "iDNO": "A company that owns a small part of the local network, often on a new estate.",
    "IoT": "Everyday things connected to the internet.",
    "IP": "Rights in ideas, designs and software.",
    "kVA": "A measure of what a transformer carries; for homes, about the same number of kW.",
    "kW": "Kilowatt, a rate of using or making power: a kettle draws about 2 or 3.",
    "kWh": "Kilowatt-hour, an amount of energy: one kilowatt for one hour.",
    "kWp": "Kilowatt peak: the size of a set of solar panels, as its output under bright standard light.",
    "LA": "Local authority: the council.",
    "LAEP": "Local area energy plan.",
    "laep": "The program that made this report.",
    "LCNF": "A past fund for trying out new ideas on electricity networks.",
    "LCT": "Low carbon technology, such as solar panels, heat pumps, batteries and chargepoints.",
    "LEM": "Local energy market: members trade electricity within an area.",
    "LEO": "Local Energy Oxfordshire, a project of 2019 to 2023.",
    "LIDAR": "Measuring heights from an aircraft with laser pulses.",
    "LiDAR": "Measuring heights from an aircraft with laser pulses.",
    "LSOA": "A small census area of about 650 households.",
    "LV": "Low voltage: the cables in the street, at 230 volts to each home.",
    "MCS": "The scheme that certifies installers of small renewable equipment.",
    "Microgrid": "A piece of network that can run by itself for a time.",
    "MVA": "A thousand kVA; for homes, about the same number of MW.",
    "MW": "Megawatt: a thousand kilowatts.",
    "MWh": "Megawatt-hour: a thousand kilowatt-hours. An average home uses two or three in a year.",
    "MWp": "A thousand kWp.",
    "NDA": "A promise to keep something confidential.",
    "NEED": "Government statistics of the energy that homes and buildings really use.",
    "NESO": "The National Energy System Operator, which keeps the British system in balance.",
    "net present value": "All costs and income over the life of something, later years counted for less, as one sum in "
    "today's money. Below zero means it does not earn back its cost at that rate.",
    "NGED": "National Grid Electricity Distribution, the operator in the Midlands, South Wales and the South West.",
    "NMP": "A platform for managing a local network.",
    "NPG": "Northern Powergrid, the operator in the North East, Yorkshire and northern Lincolnshire.",
    "NREL": "A national laboratory of the United States that studies renewable energy.",
    "NZIP": "A past government fund for net zero innovation.",
    "NZN": "Net zero neighbourhood.",
    "O&M": "Running and looking after equipment.",
    "ODbL": "The open licence of OpenStreetMap: reuse with credit, and share improved data alike.",
    "OEM": "The maker of a piece of equipment.",
    "OGL": "Open Government Licence: reuse with credit.",
    "ONS": "The Office for National Statistics, which runs the census.",
    "OSM": "OpenStreetMap, the free map drawn by volunteers.",
    "P2P": "Peer to peer: neighbours trading electricity with each other.",
    "P415": "A rule change that lets firms other than suppliers trade flexibility in the wholesale market.",
    "payback": "Years until saving and income have covered the cost, without interest.",
    "PFER": "A government programme on smart local energy that has ended.",
    "PPA": "A long contract to sell electricity at an agreed price.",
    "primary substation": "Steps about 33,000 volts down to 11,000 for a town or a group of villages.",
    "private wire": "A cable that is not part of the public network.",
    "prosumer": "Somebody who both uses and makes electricity.",
    "PV": "Photovoltaic: panels that turn light into electricity.",
    "PVGIS": "A free European service that gives sunshine and weather for any place.",
    "QGIS": "A free program for maps.",
    "RAG": "Red, amber or green.",
    "reinforcement": "Making the network stronger: bigger transformers, thicker or more cables.",
    "RESP": "Regional energy strategic plan, which local plans feed.",
    "secondary substation": "The small substation in a street or village that serves up to a few hundred homes.",
    "SAP": "The government's method for rating the energy use of homes.",
    "SEG": "Smart Export Guarantee: larger suppliers must pay something for what small generators send out.",
    "segment": "Here: the buildings that seem to hang from one substation.",
    "self-consumption": "The share of what panels make that is used on the spot.",
    "self-sufficiency": "The share of what is used that is made on the spot.",
    "settlement period": "One of the 48 half-hours into which the electricity market divides a day.",
    "SHA-256": "A fingerprint of a file: the same file always has the same one.",
    "SIF": "A fund for innovation on energy networks.",
    "SLES": "Smart local energy system.",
    "SPEN": "SP Energy Networks, the operator in central and southern Scotland, Merseyside, Cheshire and North Wales.",
    "SPV": "A company set up for one project.",
    "SSEN": "Scottish and Southern Electricity Networks: central southern England and northern Scotland.",
    "SSEP": "The national plan of where energy should be made and stored.",
    "supplier hub": "The rule that a licensed supplier stands behind every customer.",
    "TAG": "The government's guidance on weighing up transport schemes.",
    "tenure": "Whether a home is owned or rented, and from whom.",
    "TNUoS": "The charge for using the national transmission network.",
    "ToU": "A tariff whose price depends on the time of day.",
    "transformer": "The machine in a substation that turns a higher voltage into a lower one.",
    "UKPN": "UK Power Networks, the operator in London, the South East and the East of England.",
    "UPRN": "The number that identifies every address in Britain.",
    "UTC": "The time that clocks show in winter. In summer, clock time is one hour later.",
    "V2G": "A vehicle that can send electricity back.",
    "VAT": "Value added tax.",
    "VC": "Money from investors who back risky young companies.",
    "VLP": "Virtual lead party: a firm that trades flexibility without being a supplier.",
    "VPP": "Virtual power plant: many small users, batteries and generators run together as if they were one plant.",
}
"""Term -> meaning, in our own words. A term that is all capitals or holds one is matched as it is spelled."""

_SLUGS = slugs(TERMS)


def anchor(term: str) -> str:
    """Return the id of a term's entry."""
    return f"term-{_SLUGS[term]}"


def found(text: str) -> set[str]:
    """Return the terms that stand in a piece of text, which may be escaped."""
    return {term_of(word) for word in PATTERN.findall(text)}


def closed(terms: set[str]) -> dict[str, str]:
    """Return terms with the terms their meanings use, and so on."""
    waiting = set(terms)
    done: set[str] = set()
    while waiting:
        term = waiting.pop()
        done.add(term)
        waiting |= found(escape(TERMS[term])) - done
    return {term: TERMS[term] for term in sorted(done, key=str.casefold)}


def term_of(word: str) -> str:
    """Return the term that a word found by `PATTERN` stands for."""
    plain = unescape(word)
    if plain in TERMS:
        return plain
    folded = plain.casefold()
    return next(term for term in _SPOKEN if folded in (term.casefold(), f"{term.casefold()}s"))


_SPOKEN = tuple(term for term in TERMS if term == term.casefold() or term[1:] == term[1:].casefold())
_SPELLED = tuple(term for term in TERMS if term not in _SPOKEN)


def _pattern() -> re.Pattern[str]:
    def either(terms: tuple[str, ...]) -> str:
        return "|".join(re.escape(escape(term)) for term in sorted(terms, key=len, reverse=True))

    spoken = f"(?i:{either(_SPOKEN)})s?"
    return re.compile(rf"(?<![\w&/-])(?:{either(_SPELLED)}|{spoken})(?![\w-])")


PATTERN = _pattern()
