"""What an energy certificate says, in few plain words: fuel, heating, walls, age, panels, whatever its spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

_FUELS = (
    ("heat_network", r"(?<!not )\bcommunity|(?<!not )\(community\)|heat network"),
    ("gas", r"mains gas|nwy prif gyflenwad"),
    ("lpg", r"lpg|bottled|liquid petroleum"),
    ("biomass", r"wood|biomass|pellet|biogas|bioethanol|biodiesel|rapeseed|coed"),
    ("oil", r"\boil\b|b30|\bolew\b"),
    ("solid", r"coal|anthracite|smokeless|dual fuel|mineral|solid fuel|glo\b"),
    ("electricity", r"electric|trydan"),
    ("none", r"no heating|no system|to be used only when there is no"),
)
"""Kind of fuel and the words it is known by, in this order; Welsh words stand on many certificates in Wales."""
_HEATINGS = (
    ("heat_pump", r"heat pump|pwmp gwres"),
    ("heat_network", r"community|heat network"),
    ("boiler", r"boiler|bwyler"),
    ("storage_heaters", r"storage heater|st[o\u00f4]r"),
    ("warm_air", r"warm air"),
    ("room_heaters", r"room heater|portable|gwresogyddion ystafell"),
    ("electric_other", r"electric|trydan"),
    ("none", r"no system|^none\b|no heating"),
)
_WALLS = (
    ("cavity", r"cavity|ceudod"),
    ("timber", r"timber|park home|ffr[a\u00e2]m bren"),
    ("stone", r"stone|granite|whin|sandstone|limestone|tywodfaen|gwenithfaen"),
    ("solid", r"solid|\bcob\b|briciau solet"),
    ("system", r"system|curtain"),
)
_GLAZINGS = (
    ("part", r"\bsome\b|partial|mostly|rhannol|rhai\b"),
    ("triple", r"triple|high performance|triphlyg"),
    ("single", r"single|sengl"),
    ("double", r"double|secondary|multiple|dwbl|eilaidd"),
)
_HOT_WATERS = (
    ("main_no_thermostat", r"no cylinder ?(?:thermo)?stat|dim thermostat"),
    ("immersion", r"immersion|tanddwr"),
    ("instant", r"instantaneous|point.of.use|multi.?point|ar y pryd"),
    ("main", r"main|community|prif system|solar"),
)
_CONTROLS = (
    ("none", r"no time or thermostatic|no thermostatic control|^none\b|dim rheolaeth"),
    ("full", r"zone control|room thermostat and trvs|delayed start|celect|thermostat ystafell a trvs"),
)
_FORMS = (
    ("semi", r"semi"),
    ("end_terrace", r"end.?terrace"),
    ("mid_terrace", r"mid.?terrace"),
    ("detached", r"detached"),
)
_TYPES = (
    ("park_home", r"park home"),
    ("bungalow", r"bungalow"),
    ("maisonette", r"maisonette"),
    ("flat", r"\bflat|tenement"),
    ("house", r"house"),
)
_TENURES = (
    ("social_rented", r"social"),
    ("private_rented", r"private"),
    ("owned", r"owner|owned"),
)
_AGES = (
    (1900, "before 1900"), (1930, "1900-1929"), (1950, "1930-1949"), (1967, "1950-1966"), (1976, "1967-1975"),
    (1983, "1976-1982"), (1991, "1983-1990"), (1996, "1991-1995"), (2003, "1996-2002"), (2007, "2003-2006"),
    (2012, "2007-2011"), (10_000, "2012 onwards"),
)  # fmt: skip
"""First year after each age band of certificates in England and Wales, and the band's name."""
_FIRST_YEAR, _LAST_YEAR = 1000, 2100


def fuel(main_fuel: pd.Series[str], heating_text: pd.Series[str]) -> pd.Series[str]:
    """Return the main fuel, from its own column, else from the description of the heating; `other` when unknown."""
    told = _first(main_fuel, _FUELS)
    return told.fillna(_first(heating_text, _FUELS)).mask(lambda found: found.isna() & main_fuel.notna(), "other")


def heating(text: pd.Series[str]) -> pd.Series[str]:
    """Return the kind of main heating; where several are named, the first in the order heat pump, network, boiler."""
    return _first(text, _HEATINGS).mask(lambda found: found.isna() & text.notna(), "other")


def walls(text: pd.Series[str]) -> pd.Series[str]:
    """Return what the walls are made of; `other` for a heat loss figure in place of words."""
    return _first(text, _WALLS).mask(lambda found: found.isna() & text.notna(), "other")


def glazing(text: pd.Series[str]) -> pd.Series[str]:
    """Return the panes of the windows; a mixture is `part`."""
    return _first(text, _GLAZINGS)


def hot_water(text: pd.Series[str]) -> pd.Series[str]:
    """Return how water is heated; `main_no_thermostat` where a tank is said to have none."""
    return _first(text, _HOT_WATERS).mask(lambda found: found.isna() & text.notna(), "other")


def controls(text: pd.Series[str]) -> pd.Series[str]:
    """Return what keeps rooms at a temperature; `part` where some control is named, and not all."""
    return _first(text, _CONTROLS).mask(lambda found: found.isna() & text.notna(), "part")


def insulated(text: pd.Series[str]) -> pd.Series[bool]:
    """Return whether walls, or a floor, are insulated or filled; missing where it is partial or not said."""
    low = text.str.lower()
    without = low.str.contains(r"no insulation|uninsulated|heb ei inswleiddio|dim inswleiddio", regex=True, na=False)
    partly = low.str.contains("partial", regex=False, na=False)
    with_it = low.str.contains(r"insulat|filled|wedi.i inswleiddio", regex=True, na=False) & ~partly
    known = pd.Series(pd.NA, index=text.index, dtype="boolean")
    return known.mask(with_it.astype(bool), True).mask(without.astype(bool), False)


def loft_mm(text: pd.Series[str]) -> pd.Series[float]:
    """Return the depth of loft insulation; `400+ mm` is 400. [mm]."""
    found = text.str.extract(r"(?i)(\d{1,3})\s*\+?\s*mm", expand=False)
    return pd.to_numeric(found, errors="coerce").astype("float64")


def built_form(text: pd.Series[str]) -> pd.Series[str]:
    """Return the built form; enclosed terraces count with their terrace."""
    return _first(text, _FORMS)


def property_type(text: pd.Series[str]) -> pd.Series[str]:
    """Return the kind of home."""
    return _first(text, _TYPES)


def tenure(text: pd.Series[str]) -> pd.Series[str]:
    """Return who owns the home, as the assessor noted it."""
    return _first(text, _TENURES)


def age_band(text: pd.Series[str]) -> pd.Series[str]:
    """Return the age band, from a band such as `England and Wales: 1930-1949` or a plain year."""
    low = text.str.lower()
    year = pd.to_numeric(low.str.extract(r"(\d{4})", expand=False), errors="coerce").astype("float64")
    year = year.where(year.between(_FIRST_YEAR, _LAST_YEAR))
    year = year.mask(low.str.contains(r"before|pre", regex=True, na=False), year - 1)
    band = pd.Series(pd.NA, index=text.index, dtype="string")
    for end, name in reversed(_AGES):
        band = band.mask((year < end).fillna(value=False), name)
    return band


def panels(photo_supply: pd.Series[str]) -> pd.DataFrame:
    """
    Return what is said of solar panels: `pv` (missing where nothing is), `pv_roof_share`, `pv_kwp`.

    England and Wales give the share of the roof; Scotland also the peak power in words.
    """
    text = photo_supply.str.lower()
    plain = pd.to_numeric(text.str.replace("%", "", regex=False), errors="coerce").astype("float64")
    named = text.str.extract(r"([\d.]+)\s*%", expand=False)
    share = plain.fillna(pd.to_numeric(named, errors="coerce").astype("float64"))
    share = share.where(share.between(0, 100)) / 100
    power = text.str.extract(r"peak power:?\s*([\d.]+)", expand=False)
    power = power.fillna(text.str.extract(r"([\d.]+)\s*kwp?", expand=False))
    kwp = pd.to_numeric(power, errors="coerce").astype("float64")
    has = ((share > 0) | (kwp > 0)).astype("boolean").mask(share.isna() & kwp.isna())
    return pd.DataFrame({"pv": has, "pv_roof_share": share, "pv_kwp": kwp.where(kwp > 0)})


def _first(values: pd.Series[str], patterns: Iterable[tuple[str, str]]) -> pd.Series[str]:
    """Return the first name whose pattern is found in each text, missing where none is."""
    low = values.astype("string").str.lower()
    found = pd.Series(pd.NA, index=values.index, dtype="string")
    for name, pattern in patterns:
        found = found.mask(found.isna() & low.str.contains(pattern, regex=True, na=False), name)
    return found
