"""
How right light and yields are, against pvlib, PVGIS, weather stations and measured arrays.

`make validate` writes what is found to docs/validation.md. The files it reads lie beside the project; a row whose file
is not there says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pvlib

from benchmarks import Figure, _heat_truth, _reference, _roof_truth, _sample_truth, _skylines
from benchmarks._report import ROOT
from laep.assumptions import Assumptions
from laep.ingest.weather import climate, epw
from laep.models.energy import solar
from laep.spatial.roofs import typical_skyline
from laep.steps import kit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SUMMARY = "yields and weather against pvlib, PVGIS, weather stations and measured arrays"
DATA = ROOT.parent / "shared" / "data" / "weather"
PAGE = ROOT / "docs" / "validation.md"
PVGIS = "pvgis/PVGIS_22deg_-5deg_2007_2016_lat51.790_lon-1.393.csv"
EYNSHAM = (51.79, -1.393)
_DARTMOOR = (
    "no surface model of the place: hills at the edge of Dartmoor and trees are not seen; worst in winter, level in "
    "April; the month means are those of all Devon and Cornwall"
)
STATIONS = {
    "espr/GBR_Channel_Islands.a": "Jersey 1996 IWEC", "epw/GBR_London.Gatwick.037760_IWEC.epw": "Gatwick 1991 IWEC",
    "epw/GBR_ENG_London.City.AP.037683_TMYx.2007-2021.epw": "London City TMYx 2007-2021",
    "epw/HEM_Northolt_London_2003base.epw": "Northolt HEM", "espr/GBR_Birmingham.a": "Birmingham 1995 IWEC",
    "espr/GBR_Hemsby.a": "Hemsby 1995 IWEC", "espr/GBR_Aughton.a": "Aughton 1995", "espr/dundee80.a": "Dundee 1980",
    "espr/GBR_Aberdeen.Dyce.a": "Aberdeen 1994", "espr/GBR_lerwick.a": "Lerwick 1978",
}  # fmt: skip
"""Station years from south to north."""
SITES = {
    "openlv_marshfield": ("Marshfield, 3.99 kWp", 5, 0.07, ""),
    "openlv_abbey_garden_machinery": (
        "Abbey Garden, Tavistock, 50 kWp", 4, None,
        _DARTMOOR,
    ),
    "openlv_mount_kelly_senior": (
        "Mount Kelly, Tavistock, 50 kWp", 4, None,
        "as Abbey Garden, and the record has months in which the array stood still",
    ),
}  # fmt: skip
"""Measured arrays: name, SAP climate region, target, and why there is none."""
SMALL: dict[str, object] = {"STATIONS": {}, "SITES": {}}
_VILLAGE_COVERED = 0.1
"""Share of land that buildings cover in a village, for arrays round which no map is held; Toft has 9 %. [-]"""
_LEAST_HEIGHT = 0.02
"""Sine of the sun's height below which direct light is not worked out from level light."""
LOW_SUN_DEG = 10.0
"""Hours with a lower sun are left out of histograms: their clearness is mostly noise."""


@dataclass(frozen=True)
class Row:
    """One check: what was found, what was aimed at (text), whether it holds (None where nothing was aimed at)."""

    check: str
    value: str
    target: str
    holds: bool | None
    note: str = ""


@dataclass(frozen=True)
class Year:
    """A station year beside the year drawn for its place."""

    name: str
    region: int
    place: tuple[float, float]
    station: pd.DataFrame
    drawn: pd.DataFrame
    sun: climate.HourSun


def run() -> list[Figure]:
    """Return the checks that have a number to meet."""
    checks = [figure for figure, _ in (*_fast(), *_pvgis(), *_in_plane(), *_measured()) if figure is not None]
    village = [_of_village(one) for one in _sample_truth.measure() if one.within is not None]
    return [*checks, *village, *(_of_heat(one) for one in _heat_truth.measure() if one.within is not None)]


def write(page: Path = PAGE) -> list[Row]:
    """Write every check and the comparison of weather to `page`; return the checks."""
    rows = [row for _, row in (*_fast(), *_pvgis(), *_in_plane(), *_measured())] + _roofs()
    years = [_year(*one) for one in STATIONS.items() if (DATA / one[0]).is_file()]
    page.write_text(_page(rows, years, _sample_truth.measure(), _heat_truth.measure()), "utf-8")
    return rows


def _fast() -> list[tuple[Figure | None, Row]]:
    """Hold the compiled loop to pvlib's functions on the drawn year at Eynsham, over 48 orientations."""
    weather = climate.typical_year(1, latitude=EYNSHAM[0], longitude=EYNSHAM[1])
    steps = solar.stepped(weather, latitude=EYNSHAM[0], longitude=EYNSHAM[1], per_hour=2)
    sky = solar.prepare(weather, latitude=EYNSHAM[0], longitude=EYNSHAM[1])
    tilt, azimuth = (part.ravel() for part in np.meshgrid([0.0, 15.0, 35.0, 60.0], np.arange(0.0, 360.0, 30.0)))
    each = zip(tilt, azimuth, strict=True)
    plain = np.array([_reference.plain_power(steps, *one, system=_system()) for one in each]).T
    planes = pd.DataFrame({"tilt_deg": tilt, "azimuth_deg": azimuth})
    year = solar.annual_yield(planes, sky, system=_system()).to_numpy()
    annual = float(np.abs(year / (plain.sum(axis=0) / 2) - 1).max())
    moment = float(np.abs(_reference.unit_power(sky, tilt, azimuth, system=_system()) - plain).max() / plain.max())
    return [
        _at_most("fast path against plain pvlib, annual (48 orientations)", annual, 0.005),
        _at_most("fast path against plain pvlib, any half-hour, of the peak", moment, 0.01),
    ]


def _pvgis() -> list[tuple[Figure | None, Row]]:
    """Compare the drawn year on a plane of 22 deg at Eynsham with ten years of PVGIS."""
    name = "drawn year against PVGIS at Eynsham (22 deg, 5 deg east of south, 2007-2016)"
    if not (DATA / PVGIS).is_file():
        return [_absent(name, "7 %")]
    sheet = pd.read_csv(DATA / PVGIS, skiprows=10, usecols=["Date", "G_i"]).dropna()
    sheet = sheet[sheet["Date"].str.match(r"\d{8}:\d{4}")]
    years = sheet["G_i"].astype(float).groupby(sheet["Date"].str[:4]).sum() / 1000
    weather = climate.typical_year(1, latitude=EYNSHAM[0], longitude=EYNSHAM[1])
    steps = solar.stepped(weather, latitude=EYNSHAM[0], longitude=EYNSHAM[1], per_hour=2)
    ours = _on_plane(steps, 22.0, 175.0).sum() / 2000
    off = float(ours / years.mean() - 1)
    note = (
        f"{ours:,.0f} beside {years.mean():,.0f} ({years.min():,.0f} to {years.max():,.0f}) kWh/m2; the month means "
        "(SAP 2012) have 4.5 % less sunshine on level ground than PVGIS, most of it in March and April; 0.7 % is "
        "left to the hours"
    )
    return [_at_most(name, off, 0.07, signed=True, note=note)]


def _in_plane() -> list[tuple[Figure | None, Row]]:
    """Compare light on a plane with pvlib's own on the hours of each EPW station as they stand."""
    found: list[tuple[Figure | None, Row]] = []
    for path in (path for path in STATIONS if path.endswith(".epw")):
        name = f"in-plane light against pvlib on {STATIONS[path]}, 35 deg south"
        if not (DATA / path).is_file():
            found.append(_absent(name, "0.5 %"))
            continue
        year = epw.read(DATA / path, (DATA / path).read_text("utf-8", "replace"))
        latitude, longitude, frame = year.station.latitude, year.station.longitude, year.frame
        steps = solar.stepped(frame, latitude=latitude, longitude=longitude, per_hour=2)
        ours = _on_plane(steps, 35.0, 180.0).sum() / 2
        sun = climate.hour_sun(latitude, longitude)
        level = np.maximum(frame["ghi_w_m2"].to_numpy() - frame["dhi_w_m2"].to_numpy(), 0)
        beam = np.divide(level, sun.cos_zenith, out=np.zeros(len(level)), where=sun.cos_zenith > _LEAST_HEIGHT)
        want = _by_hours(frame.assign(dni_w_m2=beam), latitude, longitude).sum()
        other = _by_hours(frame, latitude, longitude).sum()
        note = (
            f"{ours / 1000:,.1f} beside {want / 1000:,.1f} kWh/m2; pvlib by whole hours, direct light from the file's "
            f"global less diffuse; with its direct column, which does not quite add up with the others: "
            f"{ours / other - 1:+.1%}"
        )
        found.append(_at_most(name, float(ours / want - 1), 0.005, signed=True, note=note))
    return found


def _measured() -> list[tuple[Figure | None, Row]]:
    """Compare yields under the drawn year with arrays whose meters were read."""
    path = DATA / "pv_measured" / "pv_measured_sites.csv"
    if not path.is_file():
        return [_absent(f"{name}, measured", "7 %") for name, *_ in SITES.values()]
    sites = pd.read_csv(path, dtype={"slope_deg": str, "azimuth_deg_from_north": str}).set_index("site")
    found: list[tuple[Figure | None, Row]] = []
    months_read = pd.read_csv(path.with_name("pv_measured_monthly.csv"))
    metered_by_month = months_read.set_index(["site", "month"])["measured_kwh"]
    take = Assumptions()
    base, rise = (take.value(f"pv.skyline.{name}", "deg") for name in ("open_deg", "covered_deg"))
    for key, (name, region, target, why) in SITES.items():
        site = sites.loc[key]
        latitude, longitude, metered = (float(str(site[name])) for name in ("lat", "lon", "measured_kwh_per_kwp"))
        planes = pd.DataFrame(
            {
                "tilt_deg": [float(part) for part in str(site["slope_deg"]).split(";")],
                "azimuth_deg": [float(part) for part in str(site["azimuth_deg_from_north"]).split(";")],
            }
        )
        year = climate.typical_year(region, latitude=latitude, longitude=longitude)
        sky = solar.prepare(year, latitude=latitude, longitude=longitude)
        ours = float(solar.annual_yield(planes, sky, system=_system()).mean())
        off = ours / metered - 1
        note = f"{ours:,.0f} beside {metered:,.0f} kWh/kWp" + (f"; {why}" if why else "")
        check = f"{name}: drawn year against the meter"
        if target is None:
            found.append((None, Row(check, f"{off:+.1%}", "reported", None, note)))
        else:
            found.append(_at_most(check, off, target, signed=True, note=note))
        typical = np.full(len(planes), base + rise * _VILLAGE_COVERED)
        skyline = typical_skyline.around(planes["tilt_deg"].to_numpy(), typical)
        shaded = solar.monthly_yield(planes, sky, system=_system(), shade=solar.Shade(**skyline._asdict())).mean()
        flat = solar.monthly_yield(planes, sky, system=_system()).mean()
        months = metered_by_month.loc[key] / float(str(site["kwp"]))
        found.append((None, _with_skyline(name, shaded, flat, months)))
    return found


def _with_skyline(name: str, shaded: pd.Series[float], flat: pd.Series[float], metered: pd.Series[float]) -> Row:
    """Return the year under the skyline that is usual in a village, and what it does to the months of low sun."""
    low = [11, 12, 1]
    winter = [f"{one[low].sum() / metered[low].sum() - 1:+.1%}" for one in (flat, shaded)]
    note = (
        f"{_VILLAGE_COVERED:.0%} of land covered, as in a village; November to January {winter[0]} with a flat loss, "
        f"{winter[1]} under the skyline"
    )
    off = f"{shaded.sum() / metered.sum() - 1:+.1%}"
    return Row(
        f"the same array ({name.split(',', maxsplit=1)[0]}) under the usual skyline", off, "reported", None, note
    )


def _roofs() -> list[Row]:
    """Return the scores of roof planes against the truth of the sample village."""
    score = _roof_truth.sample_score()
    whose = f"of {score.buildings:,} buildings, {score.planes:,} true planes of {_roof_truth.COUNTED_M2:g} m2 or more"
    return [
        Row(
            "sample village, 1 m surface model: right number of planes", f"{score.right_number:.1%}", "at least 95 %",
            score.right_number >= 0.95, f"{whose}; one within {_roof_truth.AT_BAR_M2:g} m2 of the bar may count or not",
        ),
        Row(
            "the same: slope of matched planes, root mean square error", f"{score.tilt_rmse_deg:.2f} deg",
            "at most 2 deg", score.tilt_rmse_deg <= 2, f"{score.matched:.1%} of true planes are matched",
        ),
        Row(
            "the same: direction of matched planes, root mean square error", f"{score.azimuth_rmse_deg:.2f} deg",
            "at most 3 deg", score.azimuth_rmse_deg <= 3,
        ),
        Row(
            "the same: area of matched planes, median error", f"{score.area_median_error:.1%}", "at most 5 %",
            score.area_median_error <= 0.05,
        ),
    ]  # fmt: skip


def _year(path: str, name: str) -> Year:
    """Read a station year and draw one for its place."""
    if path.endswith(".epw"):
        read = epw.read(DATA / path, (DATA / path).read_text("utf-8", "replace"))
        latitude, longitude, station = read.station.latitude, read.station.longitude, read.frame
    else:
        latitude, longitude, station = _espr(DATA / path)
    sun = climate.hour_sun(latitude, longitude)
    region, _ = climate.nearest_region(latitude, longitude)
    drawn = climate.typical_year(region, latitude=latitude, longitude=longitude)
    return Year(name, region, (latitude, longitude), station, drawn, sun)


def _espr(path: Path) -> tuple[float, float, pd.DataFrame]:
    """Read an ESP-r year: diffuse, temperature, direct normal ... by hour, global from the mean sun of the hour."""
    lines = [line for line in path.read_text("latin-1").splitlines() if line.strip() and line[0] not in "#*"]
    _, latitude, longitude = (float(part) for part in lines[1].split("#")[0].split(",")[:3])
    cells = np.array([[float(part) for part in line.split(",")[:3]] for line in lines[3:]])
    sun = climate.hour_sun(latitude, longitude)
    frame = pd.DataFrame({"dhi_w_m2": cells[:, 0], "dni_w_m2": cells[:, 2]})
    return latitude, longitude, frame.assign(ghi_w_m2=cells[:, 0] + cells[:, 2] * sun.cos_zenith)


def _on_plane(steps: pd.DataFrame, tilt_deg: float, azimuth_deg: float) -> Array:
    """Return light on a plane in each half-hour by Perez. [W/m2]."""
    lit = steps[(steps["ghi_w_m2"] > 0) & (steps["zenith_deg"] < 90)]
    light = pvlib.irradiance.get_total_irradiance(
        tilt_deg, azimuth_deg, lit["zenith_deg"], lit["azimuth_deg"], lit["dni_w_m2"], lit["ghi_w_m2"],
        lit["dhi_w_m2"], dni_extra=lit["dni_extra_w_m2"], model="perez", albedo=_system().albedo,
        airmass=pvlib.atmosphere.get_relative_airmass(lit["zenith_deg"]),
    )  # fmt: skip
    return np.asarray(light["poa_global"], dtype="float64")


def _by_hours(year: pd.DataFrame, latitude: float, longitude: float) -> Array:
    """Return light on 35 deg south by pvlib from the hours of a file as they stand. [W/m2]."""
    times = pd.date_range(f"{climate.YEAR}-01-01 00:30", periods=climate.HOURS, freq="h", tz="UTC")
    at = pvlib.solarposition.get_solarposition(times, latitude, longitude)
    light = pvlib.irradiance.get_total_irradiance(
        35.0, 180.0, at["apparent_zenith"].to_numpy(), at["azimuth"].to_numpy(), year["dni_w_m2"].to_numpy(),
        year["ghi_w_m2"].to_numpy(), year["dhi_w_m2"].to_numpy(), model="perez", albedo=_system().albedo,
        dni_extra=pvlib.irradiance.get_extra_radiation(times).to_numpy(),
        airmass=pvlib.atmosphere.get_relative_airmass(at["apparent_zenith"].to_numpy()),
    )  # fmt: skip
    total: Array = np.nan_to_num(np.asarray(light["poa_global"], dtype="float64"))
    return total


def _system() -> solar.System:
    return kit.system_from(Assumptions())


def _at_most(check: str, value: float, target: float, *, signed: bool = False, note: str = "") -> tuple[Figure, Row]:
    figure = Figure(
        name=check, value=abs(value), unit="of the reference", target=target, sense="at most",
        ours="laep less reference", ours_value=value, peer="reference", peer_value=0.0, runs_unit="of the reference",
    )  # fmt: skip
    said = f"{value:+.1%}" if signed else f"{value:.1e}"
    return figure, Row(check, said, f"within {target:.1%}", figure.ok, note)


def _absent(check: str, target: str) -> tuple[None, Row]:
    return None, Row(check, "the file is not here", f"within {target}", None)


_HEAD = """# Is it right?

`make validate` writes this page: what laep finds, beside what others measured or calculated. Yields here are of open
roofs with the shipped assumptions. The drawn year is the one laep makes where it has no weather file: see
`docs/methods-weather.md`.
"""
_YEARS = """# The drawn year beside station years

Each drawn year is for the station's own place and SAP climate region. A station year is one year, or a mixture of
months from several, so sums differ. IWEC years have sunshine modelled from cloud reports. Dundee and Lerwick have light
in hours with the sun down: their clocks are off by about half an hour, which spoils clearness near sunrise and sunset.
The last column is the standard deviation of the twelve monthly differences over the mean month.
"""
_TILTED = """## The same on a roof

Light on a plane of 35 degrees facing south, by pvlib from the hours of each year, kWh/m2. The difference is that of
level light by month, carried to the plane, and what is left: how the hours are mixed, clear and cloudy, direct and
diffuse.
"""
_SKYLINES = """# The skyline assumed where no survey is held

Light that real skylines take from roofs that panels could stand on (planes weighed by area, one sky for all), in per
cent of an open plane's, beside what the usual skyline takes for the same planes: `pv.skyline.open_deg` and, for the
share of land within 50 m that buildings cover, `pv.skyline.covered_deg`. The flat loss it took the place of is 3 % in
every month. Toft has no footprints: its roofs are those its own surface suggests. Rotterdam's surface is drawn from
buildings. Trees of Gothenburg are few. What single roofs lose differs far more than places do: the range of the
assumptions spans them.
"""
_HOURS = f"""## Clear and cloudy hours

Share of hours by clearness (light over that outside the air), sun above {LOW_SUN_DEG:.0f} degrees: station year, then
drawn year. The last columns are the largest distance between the two cumulative distributions (0 to 1), and the share
of diffuse light in hours of middling clearness, 0.35 to 0.65.
"""


_VILLAGE = """# The sample village beside its truth

The village is drawn by a script, so that what is true of it is known: homes, electricity of every building, panels,
fuel-poor homes. laep reads the files that publishers would give, never the truth. Sums over homes and over all other
buildings have a target; single kinds have none, since an intensity per floor area says little of one building. Until
each kind had a ratio of its own from median to mean, one of 1.6 stood for all: other buildings -14.9 %, schools +106 %,
farms +174 %, industry -44 %. No means by kind are published that laep could read, so the ratios are working values. The
pumping station is mapped as a factory; panels that nobody gives a size have an assumed one, and some nobody tells of.
"""


_WHOLE = 100.0
"""Numbers above this are printed without decimals."""
_HEAT = """# The heat of homes beside meters, trials and statistics

Each zone, or postcode, is left out of the fit in turn and its gas worked out from the others. Of Leeds nothing but
floor area is known of each postcode, so its homes count as the nation's, and a postcode of some 25 meters is off by
what its homes differ in: its four zones have the target. The village's gas is drawn from age, form and floor area by
its script, with a spread from home to home. NEED's tables by kind and age of home are not held, so no row stands
beside them.
"""


def _of_village(one: _sample_truth.Held) -> Figure:
    return Figure(
        name=f"sample village: {one.what.lower()}", value=abs(one.error), unit="of the truth", target=one.within or 0.0,
        sense="at most", ours="found", ours_value=one.found, peer="true", peer_value=one.true, runs_unit=one.unit,
    )  # fmt: skip


def _page(rows: list[Row], years: list[Year], village: list[_sample_truth.Held], heat: list[_heat_truth.Held]) -> str:
    """Return docs/validation.md."""
    marks = {True: "yes", False: "no", None: "-"}
    checks = [(row.check, row.value, row.target, marks[row.holds], row.note) for row in rows]
    sums = ("station year", "region", "light, kWh/m2", "drawn", "difference", "diffuse share", "drawn", "months")
    tilted = ("station year", "station", "drawn", "difference", "by level light", "by the mix")
    hours = ("station year", "below 0.2", "0.2-0.4", "0.4-0.6", "0.6-0.7", "above 0.7", "distance", "diffuse share")
    parts = [
        _HEAD,
        _table(("check", "found", "target", "met", "remark"), checks),
        _VILLAGE,
        _table(("figure", "true", "found", "error", "target", "met"), [_held(one) for one in village]),
        _HEAT,
        _table(("check", "found", "beside", "off", "target", "met", "remark"), [_heat(one) for one in heat]),
        _SKYLINES,
        _table(("place", "planes", "covered", "", *"JFMAMJJASOND", "year"), list(_lost(_skylines.measure()))),
        _YEARS,
        _table(sums, [_sums(year) for year in years]),
        _TILTED,
        _table(tilted, [_tilted(year) for year in years]),
        "## Light by month, drawn over station year\n",
        _table(("station year", *"JFMAMJJASOND"), [_months(year) for year in years]),
        _HOURS,
        _table(hours, [_clearness(year) for year in years]),
    ]
    return "\n".join(parts)


def _of_heat(one: _heat_truth.Held) -> Figure:
    return Figure(
        name=f"heat of homes: {one.what}", value=abs(one.off), unit="-", target=one.within or 0.0, sense="at most",
        ours="found", ours_value=one.found, peer="beside", peer_value=one.other, runs_unit=one.unit,
    )  # fmt: skip


def _heat(one: _heat_truth.Held) -> tuple[str, ...]:
    share = one.unit == "-"
    target = "reported" if one.within is None else f"within {one.within:.0%}"
    met = {True: "yes", False: "no", None: "-"}[one.ok]
    size = "" if one.unit == "share" else f" {one.unit}"
    numbers = (
        ("", "")
        if share
        else tuple(f"{value:,.{0 if value > _WHOLE else 2}f}{size}" for value in (one.found, one.other))
    )
    return (one.what, *numbers, f"{one.off:+.1%}", target, met, one.note)


def _held(one: _sample_truth.Held) -> tuple[str, ...]:
    target = "reported" if one.within is None else f"within {one.within:.0%}"
    met = {True: "yes", False: "no", None: "-"}[one.ok]
    return one.what, f"{one.true:,.0f} {one.unit}", f"{one.found:,.0f} {one.unit}", f"{one.error:+.1%}", target, met


def _sums(year: Year) -> tuple[str, ...]:
    station, drawn = (frame["ghi_w_m2"].sum() / 1000 for frame in (year.station, year.drawn))
    share = [f"{frame['dhi_w_m2'].sum() / frame['ghi_w_m2'].sum():.2f}" for frame in (year.station, year.drawn)]
    months = np.bincount(climate.MONTH, year.drawn["ghi_w_m2"] - year.station["ghi_w_m2"]) / 1000
    spread = f"{months.std() / (station / 12):.0%}"
    return (
        year.name,
        str(year.region),
        f"{station:,.0f}",
        f"{drawn:,.0f}",
        f"{drawn / station - 1:+.1%}",
        *share,
        spread,
    )


def _tilted(year: Year) -> tuple[str, ...]:
    """Return light on a roof in a station year and the drawn year, and what of the difference is level light's."""
    scale = np.bincount(climate.MONTH, year.station["ghi_w_m2"]) / np.bincount(climate.MONTH, year.drawn["ghi_w_m2"])
    light = [f"{name}_w_m2" for name in ("ghi", "dni", "dhi")]
    level = year.drawn.assign(**{name: year.drawn[name] * scale[climate.MONTH] for name in light})
    station, drawn, same = (_by_hours(one, *year.place).sum() / 1000 for one in (year.station, year.drawn, level))
    off, mix = drawn / station - 1, same / station - 1
    return year.name, f"{station:,.0f}", f"{drawn:,.0f}", f"{off:+.1%}", f"{off - mix:+.1%}", f"{mix:+.1%}"


def _lost(places: list[_skylines.Skyline]) -> Iterator[tuple[str, ...]]:
    """Yield two rows a place: light lost to its skyline as found, and as assumed. [%]."""
    for one in places:
        for said, lost in (("found", one.found), ("assumed", one.assumed)):
            head = (one.place, f"{one.planes:,}", f"{one.covered:.0%}") if said == "found" else ("", "", "")
            yield *head, said, *(f"{100 * value:.0f}" for value in lost)


def _months(year: Year) -> tuple[str, ...]:
    ratio = np.bincount(climate.MONTH, year.drawn["ghi_w_m2"]) / np.bincount(climate.MONTH, year.station["ghi_w_m2"])
    return year.name, *(f"{one:.2f}" for one in ratio)


def _clearness(year: Year) -> tuple[str, ...]:
    high = year.sun.elevation_deg > LOW_SUN_DEG
    clear = [
        np.clip(f["ghi_w_m2"].to_numpy()[high] / year.sun.extra_w_m2[high], 0, 1) for f in (year.station, year.drawn)
    ]
    shares = [np.histogram(one, [0, 0.2, 0.4, 0.6, 0.7, 1.01])[0] / len(one) for one in clear]
    grid = np.linspace(0, 1, 201)
    apart = np.abs(np.subtract(*(np.searchsorted(np.sort(one), grid) / len(one) for one in clear))).max()
    middling = [
        frame["dhi_w_m2"].to_numpy()[high][some].sum() / frame["ghi_w_m2"].to_numpy()[high][some].sum()
        for frame, some in zip((year.station, year.drawn), ((one > 0.35) & (one < 0.65) for one in clear), strict=True)
    ]
    pairs = [f"{one:.2f} / {two:.2f}" for one, two in zip(*shares, strict=True)]
    return year.name, *pairs, f"{apart:.2f}", f"{middling[0]:.2f} / {middling[1]:.2f}"


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "".join("| " + " | ".join(row) + " |\n" for row in (headings, ("---",) * len(headings), *rows))


if __name__ == "__main__":
    for found in write():
        print(f"{found.check}: {found.value} ({found.target})")
