"""Where we are now: buildings, electricity, tenure, how homes are heated, sunshine, and what generates here already."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from laep import words
from laep.report import legend
from laep.report.book import where
from laep.report.cells import Column, Sentence, Table, entries, joined, said, told
from laep.report.draw import charts, marks
from laep.report.labels import USE_WORDS
from laep.report.layers import absent, each
from laep.schema.vocabulary import HOME_USES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from laep.report.book import Book
    from laep.report.cells import Part, Row
    from laep.report.material import Material
    from laep.report.printer import Printer

TITLE = "Where we are now"
WINTER, SUMMER = 1, 6
"""Months whose average day is drawn: figures `profile.winter_*` and `profile.summer_*`."""
DEMAND = ("demand.home_kwh",)
"""The assumption that matters most to use."""
TENURES = {
    "owned": ("Households that own their home, outright or with a mortgage", "Owned, outright or with a mortgage"),
    "shared_ownership": ("Households in shared ownership", "Part owned, part rented"),
    "social_rented": (
        "Households renting from a council or housing association",
        "Rented from a council or housing association",
    ),
    "private_rented": (
        "Households renting privately or living rent free",
        "Rented privately or living rent free",
    ),
}
"""Tenure -> what its figure counts, and how it is called beside the others."""
_A_FEW = "a few"
_PLACED = {"here": "", "nearby": ", nearby but not in the area", "unplaced": ", at a place that is not known"}
"""Where a generator stands, as `model_generation` has it -> how the label ends."""
_STATUSES = {
    "connected": ("Connected", ""),
    "accepted": ("Accepted, not built yet", "Accepted"),
    "planned": ("Planned, no connection accepted", "Planned"),
}
"""Status of a generator -> heading and short heading of its column."""
_TOPICS: tuple[tuple[str, str, str], ...] = (
    ("rating", "certificates", "Energy rating"),
    ("heating", "census", "Central heating"),
    ("heating", "certificates", "Main heating"),
    ("walls_insulated", "certificates", "Walls insulated"),
    ("fuel_poverty", "statistics", "Fuel poverty"),
)
"""Topic, what was counted, and the title of its table; of two bases for one topic the first that is held counts."""
_BASES = {
    "certificates": "energy certificates",
    "census": "the census of 2021",
    "statistics": "official statistics, which model it",
}
_ANSWERS = {
    "none": "None", "mains_gas": "Mains gas", "bottled_gas": "Tank or bottled gas", "electric": "Electricity",
    "oil": "Oil", "wood": "Wood", "solid_fuel": "Solid fuel", "renewable": "Renewable energy, such as a heat pump",
    "heat_network": "Heat network", "other": "Other", "two_or_more": "Two or more kinds",
    "two_or_more_renewable": "Two or more kinds, one renewable", "boiler": "Boiler", "heat_pump": "Heat pump",
    "storage_heaters": "Storage heaters", "room_heaters": "Room heaters", "warm_air": "Warm air",
    "electric_other": "Other electric", "yes": "Yes", "no": "No", "fuel_poor": "In fuel poverty",
}  # fmt: skip
_MAP_ENDS = (
    0.9  # map files are cut along straight lines: less than this of the land under them is more than a bare edge
)
_APART = 0.01  # fewer homes than this share that only the census counts are slivers of zones at the edge
_LEAST_SHARE = 0.005  # answers below half a per cent are nought on the page


def figures(book: Book) -> None:
    """Add the figures of the place, its homes, its use of electricity and what generates there."""
    _place(book)
    _tenure(book)
    _stock(book)
    _homes(book)
    _demand(book)
    _months(book)
    _existing(book)


def rows(material: Material) -> dict[str, Any]:
    """Return what the section says."""
    frames, show = material.frames, material.show
    return {
        "lede": _lede(show, material.name),
        "uses": uses(frames, show),
        "use_note": _use_note(frames, show),
        "tenure": tenure(show),
        "housing": housing(frames, show),
        "months": _months_chart(frames),
        "days": _days(frames, show),
        "sun": _sun(frames, show),
        "existing": existing(frames, show),
    }


def _lede(show: Printer, name: str) -> Sentence:
    if "homes.count" not in show:
        if "tenure.households" not in show:
            return Sentence()
        return told("The census counts {} households in {}.", show("tenure.households"), name)
    among = told(" among {} mapped buildings", show("buildings.count")) if "buildings.count" in show else ""
    return joined([said(f"{name} has ", show("homes.count"), " homes", among, "."), apart(show), _used(show)])


def map_ends(frames: Mapping[str, pd.DataFrame]) -> bool:
    """Return whether the map of buildings seems to end before the boundary does, so that part of it is missing."""
    if absent(frames, "model_home"):
        return False
    area = frames["model_home"].query('scope == "area"').iloc[0]
    return bool(area["won"] == "census" and area["map_share"] < _MAP_ENDS)


def apart(show: Printer) -> Sentence:
    """Return that map and census are too far apart, and that the map ends, where they are and it does."""
    if "homes.census" not in show:
        return Sentence()
    told_apart = told(
        "The map shows {} homes and the census counts {} households: where they are too far apart to be both right, "
        "the census is taken.", show("homes.mapped"), show("homes.census"),
    )  # fmt: skip
    if "homes.map_share" not in show:
        return told_apart
    ends = told(
        "Mapped buildings reach over {} of the land only: the map file seems to end before the boundary, and roofs, "
        "sites and streets beyond are missing from this plan.", show("homes.map_share"),
    )  # fmt: skip
    return joined([told_apart, ends])


def _used(show: Printer) -> Sentence:
    """Return how much electricity is used in a year, as far as it is known of homes and of others."""
    if "demand.annual" not in show:
        return Sentence()
    every, homes = show("demand.annual"), show("demand.homes_annual")
    if "demand.homes_annual" not in show:
        return told(
            "In a year the buildings whose use could be estimated use {} of electricity; what each is used for is not "
            "known, so that homes are guessed from their size.", every,
        )  # fmt: skip
    if "demand.other_annual" not in show:
        return told("In a year homes use {} of electricity; what other buildings use is not known.", homes)
    return told("In a year they and the other buildings use {} of electricity, of which homes use {}.", every, homes)


def uses(frames: Mapping[str, pd.DataFrame], show: Printer) -> Table:
    """Return buildings and electricity by use, in the order of `USE_WORDS`."""
    return Table(
        table_id="buildings",
        columns=(
            Column("Use"),
            Column("Buildings", number=True),
            Column("Electricity in a year", "In a year", number=True),
        ),
        rows=tuple(
            entries(
                label,
                show(f"buildings.{use}.count"),
                show(f"demand.{use}.annual") if f"demand.{use}.annual" in show else "not estimated",
            )
            for use, label in USE_WORDS.items()
            if not absent(frames, "in_building") and f"buildings.{use}.count" in show
        )
        + _whole(frames, show),
    )


def _whole(frames: Mapping[str, pd.DataFrame], show: Printer) -> tuple[Row, ...]:
    """Return the last rows of the table of uses: homes that stand on no map, and all together."""
    if absent(frames, "in_building") or "demand.annual" not in show:
        return ()
    beyond = entries("Homes that no map shows", "", show("demand.off_map_annual"))
    return (
        *([beyond] if "demand.off_map_annual" in show else []),
        entries("All", show("buildings.count"), show("demand.annual")),
    )


def _use_note(frames: Mapping[str, pd.DataFrame], show: Printer) -> Sentence:
    left_out = told(
        "For {} buildings, mostly sheds, garages and buildings whose use nobody has mapped, it is left out rather than "
        "taken as nothing.", show("demand.unestimated_count"),
    )  # fmt: skip
    return joined([use_told(frames), left_out if show.value("demand.unestimated_count") else ""])


def use_told(frames: Mapping[str, pd.DataFrame]) -> str:
    """Return how use of electricity was found: whether homes are held to the area's meters."""
    ways = "" if absent(frames, "model_demand") else " ".join(frames["model_demand"]["method"].dropna().unique())
    began = "No building's own meter was read: use is worked out from kind and size of building. "
    if "meters" in ways or "metered" in ways:
        return began + "Homes are scaled so that they use, on average, what the area's meters say."
    return began + "Homes are scaled to a national mean; published totals of the area's meters would be better."


def tenure(show: Printer) -> dict[str, Any] | None:
    """Return households by tenure as a chart with its key; of a small group the share is left out."""
    whole = show.value("tenure.households")
    pieces: list[tuple[str, float, str]] = []
    keys: list[marks.Key] = []
    for key, (_, label) in TENURES.items():
        count = show.value(f"tenure.{key}")
        if count is None or not whole:
            continue
        few = count < words.FEWEST_PEOPLE
        pieces.append((label, max(count, words.FEWEST_PEOPLE) if few else count, _share(count / whole, few=few)))
        share = () if few else (", ", show(f"tenure.{key}_share"))
        colour = legend.SHARES[len(keys) % len(legend.SHARES)]
        keys.append(marks.Key(label, marks.patch(colour), said(": ", show(f"tenure.{key}"), *share)))
    if not pieces:
        return None
    return {
        "chart": charts.shares(pieces, name="chart-tenure", title="Households by tenure"),
        "keys": tuple(keys),
        "of": show("tenure.households"),
    }


def _share(share: float, *, few: bool) -> str:
    return _A_FEW if few else words.percent(share)


def housing(frames: Mapping[str, pd.DataFrame], show: Printer) -> list[dict[str, Any]]:
    """Return, for each topic held, a table of answers and shares, and what it is out of."""
    stock = frames.get("model_stock")
    if stock is None or stock.empty:
        return []
    return [_housing(stock, *topic, show) for topic in _held(stock)]


def _housing(stock: pd.DataFrame, topic: str, basis: str, title: str, show: Printer) -> dict[str, Any]:
    answers = stock[(stock["topic"] == topic) & (stock["basis"] == basis)]
    table = Table(
        table_id=f"homes-{words.slug(topic)}",
        columns=(Column(title), Column("Share of homes", number=True)),
        rows=tuple(
            entries(_answer(one.category), _A_FEW if one.hidden else show(f"stock.{topic}.{one.category}_share"))
            for one in each(answers)
            if (one.hidden or one.share >= _LEAST_SHARE) and one.category != "not_fuel_poor"
        ),
    )
    note = told("Of {} homes, by {}.", show(f"stock.{topic}.homes"), _BASES[basis])
    return {"title": title, "table": table, "note": note}


def _held(stock: pd.DataFrame) -> list[tuple[str, str, str]]:
    held = set(zip(stock["topic"], stock["basis"], strict=True))
    found: dict[str, tuple[str, str, str]] = {}
    for topic, basis, title in _TOPICS:
        if (topic, basis) in held:
            found.setdefault(topic, (topic, basis, title))
    return list(found.values())


def _answer(category: str) -> str:
    return _ANSWERS.get(category, category.replace("_", " "))


def _months_chart(frames: Mapping[str, pd.DataFrame]) -> str | None:
    if absent(frames, "model_month") or frames["model_month"]["demand_kwh"].isna().all():
        return None
    return charts.months(frames["model_month"], with_solar=False, name="chart-months")


def _days(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any] | None:
    """Return the average day of winter and of summer, on one scale, each with its highest draw."""
    if absent(frames, "model_profile"):
        return None
    profile = frames["model_profile"]
    top = float(profile.loc[profile["month"].isin([WINTER, SUMMER]), "demand_kw"].max())
    drawn = {
        season: {
            "chart": charts.day(profile, month=month, top=top, name=f"chart-{season}", with_solar=False),
            "caption": told("Highest: {}.", show(f"profile.{season}_demand_peak")),
        }
        for season, month in (("winter", WINTER), ("summer", SUMMER))
    }
    spikes = told(
        "An average day hides the spikes of real ones: {} is the top of the average January day, not the highest draw "
        "of the winter.", show("profile.winter_demand_peak"),
    )  # fmt: skip
    return {**drawn, "spikes": spikes}


def _sun(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Any] | None:
    """Return sunshine by month, for a place where no month of solar yield can be set against use."""
    months = sunshine_months(frames)
    if months is None:
        return None
    lede = told(
        "A square metre of level ground here receives {} of sunshine in a typical year.", show("sunshine.annual")
    )
    warm = told("The air is {} on average.", show("temperature.mean")) if "temperature.mean" in show else ""
    return {"told": joined([lede, warm]), "chart": charts.sunshine(months, name="chart-sunshine")}


def sunshine_months(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return sunshine by month where months of solar yield and use cannot be drawn; columns month, ghi_kwh_m2."""
    if not absent(frames, "model_month"):
        months = frames["model_month"]
        drawn = months["demand_kwh"].notna().any() and months["solar_kwh"].notna().any()
        return None if drawn else months
    if absent(frames, "in_weather"):
        return None
    hourly = frames["in_weather"].set_index("hour")["ghi_w_m2"].sort_index()
    sums = [float(hourly.loc[first : last - 1].sum()) / 1000 for first, last in words.MONTH_HOURS.values()]
    return pd.DataFrame({"month": list(words.MONTH_HOURS), "ghi_kwh_m2": sums})


def existing(frames: Mapping[str, pd.DataFrame], show: Printer) -> dict[str, Table]:
    """Return generation and storage by technology: in the area, nearby, and at places not known."""
    held = not absent(frames, "model_generation")
    kinds = sorted(frames["model_generation"]["technology"].unique()) if held else []
    return {place: _generation_table(place, kinds, show) for place in _PLACED}


def _generation_table(place: str, kinds: Iterable[str], show: Printer) -> Table:
    stems = {kind: [generator_stem(place, status, kind) for status in _STATUSES] for kind in kinds}
    return Table(
        table_id=f"generators-{place}",
        columns=(Column("Kind"), *(Column(title, short, number=True) for title, short in _STATUSES.values())),
        rows=tuple(
            entries(str(kind).capitalize(), *(_sites_and_size(stem, show) for stem in found))
            for kind, found in stems.items()
            if any(f"{stem}_count" in show for stem in found)
        ),
    )


def _sites_and_size(stem: str, show: Printer) -> Part:
    if f"{stem}_count" not in show:
        return "none registered"
    if f"{stem}_capacity" not in show:
        return show(f"{stem}_count")
    return told("{} ({})", show(f"{stem}_count"), show(f"{stem}_capacity"))


def _place(book: Book) -> None:
    book.count("buildings.count", "Buildings", "in_building", unit="buildings")
    buildings = book.layer("in_building")
    for use in sorted(buildings["use"].unique()) if buildings is not None else ():
        rows = where(use=use)
        book.count(f"buildings.{use}.count", f"Buildings used as {use}", "in_building", rows=rows, unit="buildings")
    sun = book.layer("model_month")
    weather = book.layer("in_weather")
    label = "Sunshine on level ground in a typical year"
    if sun is not None:
        value = sun["ghi_kwh_m2"].sum()
        book.add("sunshine.annual", label, value, "kWh/m2", layer="model_month", column="ghi_kwh_m2", method="sum")
    elif weather is not None:
        _weather_months(book, weather)
        value = weather["ghi_w_m2"].sum() / 1000
        column = "ghi_w_m2, summed over the hours, / 1000"
        book.add("sunshine.annual", label, value, "kWh/m2", layer="in_weather", column=column, method="calculation")


def _weather_months(book: Book, weather: pd.DataFrame) -> None:
    """Add sunshine by month straight from the weather, for a place whose balance cannot be worked out."""
    for month, (first, last) in words.MONTH_HOURS.items():
        rows = f"{first} <= hour < {last}"
        book.add(
            f"month.{month}.sunshine", f"Sunshine on level ground in {words.month(month)}",
            weather.query(rows)["ghi_w_m2"].sum() / 1000, "kWh/m2", layer="in_weather", rows=rows,
            column="ghi_w_m2, summed over the hours, / 1000", method="calculation",
        )  # fmt: skip
    book.add(
        "temperature.mean", "Mean air temperature of a typical year", weather["temp_air_c"].mean(), "degC",
        layer="in_weather", column="temp_air_c", method="mean",
    )  # fmt: skip


def _tenure(book: Book) -> None:
    stock = book.layer("model_stock")
    if stock is None:
        return
    counted = stock[(stock["basis"] == "census") & (stock["topic"] == "tenure")]
    for one in each(counted):
        book.add(
            f"tenure.{one.category}", TENURES[one.category][0], one.homes, "households", layer="model_stock",
            column="homes", method="value", confidence=one.confidence,
            rows=where(basis="census", topic="tenure", category=one.category),
        )  # fmt: skip
    if len(counted):
        book.add(
            "tenure.households", "Households", counted["of_homes"].max(), "homes", layer="model_stock",
            column="of_homes", method="max", confidence=counted["confidence"].iloc[0],
            rows=where(basis="census", topic="tenure"),
        )  # fmt: skip
    for column, (label, _) in TENURES.items():
        figure_id = f"tenure.{column}_share"
        book.ratio(figure_id, label, f"tenure.{column}", "tenure.households", ranged=False)


def _stock(book: Book) -> None:
    """Add the share of homes for each answer that is shown, and how many homes it is a share of."""
    stock = book.layer("model_stock")
    if stock is None:
        return
    for topic, basis, title in _held(stock):
        answers = stock[(stock["topic"] == topic) & (stock["basis"] == basis)]
        for one in each(answers):
            picked = where(basis=basis, topic=topic, category=one.category)
            label = f"{title}: {_answer(one.category)}, share of homes by {basis}"
            book.add(
                f"stock.{topic}.{one.category}_share", label, one.share, "share", layer="model_stock", column="share",
                method="value", rows=picked, assumptions=("privacy.least_count",) if basis == "certificates" else (),
                confidence=one.confidence,
            )  # fmt: skip
        book.add(
            f"stock.{topic}.homes", f"{title}: homes counted, by {basis}", answers["of_homes"].max(), "homes",
            layer="model_stock", column="of_homes", method="max", rows=where(basis=basis, topic=topic),
            confidence=answers["confidence"].iloc[0],
        )  # fmt: skip


def _homes(book: Book) -> None:
    """Add the one count of homes, and what map and census say where they are too far apart to be both right."""
    counted = book.layer("model_home")
    if counted is None:
        return
    area, rows = counted[counted["scope"] == "area"].iloc[0], where(scope="area")
    told_apart = area["won"] == "census" and abs(area["homes"] - area["mapped_homes"]) > _APART * area["homes"]
    for figure_id, label, column, unit in (
        ("homes.count", "Homes", "homes", "homes"),
        ("homes.mapped", "Homes on the map of buildings", "mapped_homes", "homes"),
        ("homes.census", "Households by the census", "households", "homes"),
    ):
        if column == "homes" or told_apart:
            book.add(
                figure_id, label, area[column], unit, layer="model_home", column=column, method="value", rows=rows,
                confidence=area["confidence"],
            )  # fmt: skip
    if map_ends(book.frames):
        book.add(
            "homes.map_share", "Land of the area as far as mapped buildings reach", area["map_share"], "share",
            layer="model_home", column="map_share", method="value", rows=rows, confidence="medium",
        )  # fmt: skip


def _demand(book: Book) -> None:
    demand = book.layer("model_demand")
    if demand is None:
        return
    book.total("demand.annual", "Electricity used in a year", "model_demand", "annual_kwh", "kWh", assumptions=DEMAND)
    homes = f"use in {json.dumps(HOME_USES)}"
    label = "Electricity homes use in a year"
    book.total("demand.homes_annual", label, "model_demand", "annual_kwh", "kWh", rows=homes, assumptions=DEMAND)
    label = "Electricity other buildings use in a year"
    book.total("demand.other_annual", label, "model_demand", "annual_kwh", "kWh", rows=f"not ({homes})")
    placed = demand["scope"].isin(["building"])
    for use in sorted(demand["use"].unique()):
        label = f"Electricity used in a year by buildings of use {use}"
        rows = where(use=use, **({"scope": "building"} if placed.any() else {}))
        book.total(f"demand.{use}.annual", label, "model_demand", "annual_kwh", "kWh", rows=rows)
    if placed.any() and not placed.all():
        label = "Electricity that homes use in a year which no map shows"
        book.total("demand.off_map_annual", label, "model_demand", "annual_kwh", "kWh", rows=where(scope="zone"))
        label = "Electricity used in a year by homes which no map shows, as a share of all"
        book.ratio("demand.off_map_share", label, "demand.off_map_annual", "demand.annual", ranged=False)
    book.ratio("demand.per_home", "Electricity an average home uses in a year", "demand.homes_annual", "homes.count",
               "kWh", ranged=False)  # fmt: skip
    unestimated = 'annual_kwh != annual_kwh and scope == "building"'
    label = "Buildings whose electricity use is not estimated"
    book.count("demand.unestimated_count", label, "model_demand", rows=unestimated, unit="buildings")


def _months(book: Book) -> None:
    months = book.layer("model_month")
    for row in each(months):
        name, rows = words.month(int(row.month)), f"month == {int(row.month)}"
        for column, stem, what in (
            ("demand_kwh", "demand", "Electricity used"),
            ("solar_kwh", "solar", "Yield of panels there today and on all suitable roofs"),
        ):
            book.add(
                f"month.{int(row.month)}.{stem}", f"{what} in {name}", getattr(row, column), "kWh",
                layer="model_month", rows=rows, column=column, method="value", confidence="medium",
            )  # fmt: skip
            book.total(f"month.all.{stem}", f"{what} in the year", "model_month", column, "kWh")
        book.add(
            f"month.{int(row.month)}.sunshine", f"Sunshine on level ground in {name}", row.ghi_kwh_m2, "kWh/m2",
            layer="model_month", rows=rows, column="ghi_kwh_m2", method="value",
        )  # fmt: skip
    profile = book.layer("model_profile")
    for month, season in ((1, "winter"), (6, "summer")) if profile is not None else ():
        rows = f"month == {month}"
        for column, stem, what in (("demand_kw", "demand", "electricity use"), ("solar_kw", "solar", "solar output")):
            peak = profile.query(rows)[column].max()  # type: ignore[union-attr]
            book.add(
                f"profile.{season}_{stem}_peak", f"Highest {what} on an average day in {words.month(month)}", peak,
                "kW", layer="model_profile", rows=rows, column=column, method="max", confidence="medium",
            )  # fmt: skip


def _existing(book: Book) -> None:
    """Add what generates and stores in the area, and apart from it what is nearby and what has no known place."""
    for row in each(book.layer("model_generation")):
        stem, kind = generator_stem(row.place, row.status, row.technology), str(row.technology).capitalize()
        rows = where(place=row.place, status=row.status, technology=row.technology)
        ends_in = f"{row.status}{_PLACED[row.place]}"
        book.add(
            f"{stem}_count", f"{kind} sites {ends_in}", row.generators, "sites",
            layer="model_generation", rows=rows, column="generators", method="sum",
        )  # fmt: skip
        book.add(
            f"{stem}_capacity", f"{kind} capacity {ends_in}", row.capacity_kw, "kW",
            layer="model_generation", rows=rows, column="capacity_kw", method="sum",
            assumptions=("pv.existing.home_kw",) if row.assumed else (),
            confidence="medium" if row.assumed else "high",
        )  # fmt: skip


def generator_stem(place: str, status: str, technology: str) -> str:
    """Return the start of the figure ids of generators; `place` is a key of `_PLACED`."""
    kind = "existing" if status == "connected" else words.slug(status)
    return ".".join(part for part in (place if place != "here" else "", kind, words.slug(technology)) if part)
