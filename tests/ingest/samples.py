"""A small sample of every source in its true published form: rows a test can write with other headers, or files."""

import csv
import json
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from laep import ingest

DATA = Path(__file__).resolve().parents[2] / "sample_data"
CLIP = shapely.box(440_000, 200_000, 450_000, 210_000)
_POINT = {"x": "443000", "y": "205000", "lat": "51.742", "lon": "-1.378"}
_DEGREES = gpd.GeoSeries([shapely.box(442_000, 204_000, 444_000, 206_000)], crs=27700).to_crs(4326)[0]
_LINE = shapely.LineString(_DEGREES.exterior.coords[:3])


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows under published names, with a shape each for a map; or `files` that are written in no such form."""

    file: str = "table-2026.csv"
    rows: tuple[dict, ...] = ()
    shapes: tuple = ()
    files: tuple[Path, ...] = ()
    clip: object = CLIP
    layers: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)

    def write(self, folder, *, rename=str, more=None, turned=False, mark=""):
        """Return the files, their columns called `rename(name)`, in the other order, or with others (`more`)."""
        if not self.rows:
            return self.files
        rows = [{rename(name): cell for name, cell in row.items()} | (more or {}) for row in self.rows]
        rows = [dict(reversed(row.items())) for row in rows] if turned else rows
        path = folder / self.file
        if self.shapes:
            features = [
                {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
                for row, shape in zip(rows, self.shapes, strict=True)
            ]
            path.write_text(
                mark + json.dumps({"type": "FeatureCollection", "features": features}, default=str), encoding="utf-8"
            )
            return (path,)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(mark)
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return (path,)


_USUAL = {
    "substation_id": "1001", "name": "Eynsham 33/11kV", "substation_name": "Eynsham", "type": "Primary",
    "easting": _POINT["x"], "northing": _POINT["y"], "latitude": _POINT["lat"], "longitude": _POINT["lon"],
    "lat_lon": f"{_POINT['lat']}, {_POINT['lon']}", "position": f"{_POINT['lat']}, {_POINT['lon']}",
    "voltage": "33", "voltages": "33;11", "lower": "11", "upper": "33", "year": "2030", "upstream_gsp": "Cowley",
    "upstream_bsp": "Yarnton", "scenario": "Holistic Transition", "line_id": "l-1", "circuit": "Eynsham 4",
    "status": "In service", "transformers": "2", "customers": "120", "grid_reference": "SP 43000 05000",
    "supply_area_id": "0614", "primary": "Eynsham",
}  # fmt: skip
"""Cells by our name; a name that is not among them, nor its source's own below, is a figure."""
_OWN = {
    "nged_substations": {"type": "Primary Substation"},
    "ukpn_sites": {"type": "Primary Substation"},
    "enwl_headroom": {"type": "PRIMARY"},
    "ssen_substations": {"type": "Primary Substation", "class": "Secondary", "owner": "SEPD"},
    "ukpn_headroom": {"category": "Demand Headroom", "type": "Primary"},
    "ukpn_secondary": {"headroom_band": "20-40%", "utilisation_band": "60-80%", "reinforcement": "2030"},
    "npg_headroom": {"scenario": "DFES 2026 - Holistic Transition"},
    "repd": {
        "technology": "Solar Photovoltaics", "state": "Operational", "country": "England", "region": "South East",
        "updated": "01/02/2026", "operating_on": "01/02/2020",
    },
    "ukpn_low_carbon": {"kind": "Solar", "status": "Connected"},
    "dfes": {"level": "Primary", "measure": "Solar capacity (MW)", "licence_area": "NPg Northeast"},
    "nged_requests": {"status": "Connection offers accepted"},
    "enwl_heatmap": {"class": "Primary"},
    "ukpn_areas": {"rag": "Green", "season": "winter"},
}  # fmt: skip
_MORE = {
    "npg_headroom": {"demand_headroom_capacity_mw_2026": "4", "demand_headroom_capacity_mw_2030": "2"},
    "enwl_secondary": {"best_view_2030": "40"},
    "dfes": {"2030": "4.5", "2035": "7"},
}
"""Columns that `COLUMNS` cannot name, such as one a year."""
_AREA = ("primary", "primary_id", "winter", "summer", "season", "rag", "upstream_gsp")
"""The columns of one of the maps `ukpn_areas` reads; a map may lack any."""
_OF_FORM = {
    "flexibility requirements": {"starts": "01/04/2027", "product": "Peak reduction"},
    "flexibility dnoa": {"constraint": "Thermal", "season": "Winter", "outcome": "Flexibility"},
    "curtailment events": {"starts": "2025-03-01T10:00:00", "cause": "Thermal"},
    "curtailment breaches": {"starts": "2025-03-01T10:00:00", "description": "Over its limit"},
    "curtailment lost": {"starts": "2025-03-01"},
    "load_monitor transformers": {"stamp": "2025-03-01T10:00:00Z", "asset": "eynsham_t1"},
    "load_monitor monitor": {
        "stamp": "2025-03-01T10:00:00Z", "asset": "721030 - Chestnut Drive", "what": "L1 Active Power",
    },
    "tenure bulk": {"zone_id": "E01999001"},
    "tenure pivoted": {"zone_id": "E01999001"},
}  # fmt: skip
_POLYGONS = ("nged_areas", "ukpn_areas", "npg_areas", "enwl_areas", "spen_areas")
_LINES = ("ssen_lines", "ukpn_lines", "npg_lines", "enwl_lines", "spen_lines")


def forms():
    """Return every source, and of one that is published in several forms each of them, as `source form`."""
    every = {name: getattr(ingest.load(name), "FORMS", None) for name in ingest.MODULES}
    return [
        case for name, forms in every.items() for case in ([f"{name} {form}" for form in forms] if forms else [name])
    ]


def sample(case):
    """Return the sample of a source, in the form named after it."""
    name, _, form = case.partition(" ")
    if name in _MADE:
        return _MADE[name]()
    module = ingest.load(name)
    columns = module.FORMS[form] if form else module.COLUMNS
    cells = {**_USUAL, **_OWN.get(name, {}), **_OF_FORM.get(case, {})}
    row = {next(iter(columns[ours])): cells.get(ours, "3") for ours in (_AREA if name == "ukpn_areas" else columns)}
    row |= _MORE.get(name, {})
    shapes = (_DEGREES,) if name in _POLYGONS else (_LINE,) if name in _LINES else ()
    file = "Area Primary 2026.geojson" if shapes else "table-2026.csv"
    layers = {"in_substation": pd.DataFrame({"name": ["Eynsham"], "level": ["primary"]}), "in_zone": _codes()}
    taken = {layer: layers[layer] for layer in module.SOURCE.takes if layer in layers}
    return Sample(file=file, rows=(row,), shapes=shapes, layers=taken)


def _village():
    return gpd.read_file(DATA / "boundary.geojson").to_crs(27700).union_all()


def _table(file, most=None, *, above=0, **given):
    """Return rows of a table of the sample village, without what stands above its header."""
    with (DATA / file).open(encoding="utf-8-sig", newline="") as lines:
        deque(islice(lines, above), maxlen=0)
        rows = tuple(csv.DictReader(lines))
    return Sample(file=file, rows=rows[:most], **{"clip": _village(), **given})


def _map(file, **given):
    frame = gpd.read_file(DATA / file).to_crs(4326)
    rows = frame.drop(columns="geometry").astype(object).where(lambda cells: cells.notna(), None).to_dict("records")
    return Sample(file=file, rows=tuple(rows), shapes=tuple(frame.geometry), clip=_village(), **given)


def _whole(*files, **given):
    return Sample(files=tuple(DATA / file for file in files), **{"clip": _village(), **given})


def _zones():
    return {"in_zone": _codes()}


def _codes():
    zones = gpd.read_file(DATA / "zones.geojson")
    code = next(name for name in zones if name.casefold().endswith("cd"))
    return pd.DataFrame({"zone_id": zones[code].astype("string"), "share_in_area": 1.0})


def _features(source, **cells):
    return Sample(
        file=f"{source}.geojson", rows=({**cells, "name": "The place", "osm_ref": "way/1"},), shapes=(_DEGREES,)
    )


_MADE = {
    "boundary": lambda: _whole("boundary.geojson", clip=None),
    "licence_areas": Sample,
    "weather": Sample,
    "osm": lambda: _whole("osm_buildings.geojson", "osm_roads.geojson"),
    "elevation": lambda: _whole("dsm_1m.tif", options={"dtm": [str(DATA / "dtm_1m.tif")]}),
    "places": lambda: _features("places", kind="school"),
    "land": lambda: _features("land", kind="park"),
    "buildings": lambda: _features("buildings", use="house", height_m=6.0),
    "constraints": lambda: _map("constraints.geojson"),
    "zones": lambda: _map("zones.geojson"),
    "census": lambda: _table("census_cars_ts045.csv", layers=_zones()),
    "metered": lambda: _table("lsoa_electricity_2024.csv", layers=_zones()),
    "fuel_poverty": lambda: _table("fuel_poverty_lsoa_2024.csv", above=2, layers=_zones()),
    "uprn": lambda: _table("os_open_uprn.csv"),
    "homes": lambda: _table("epc_certificates.csv", 40, options={"postcodes": _postcodes()}),
    "ssen_headroom": lambda: _table("ssen_headroom_march_2026.csv"),
    "ssen_areas": lambda: _map("ssen_primary_areas.geojson"),
    "ssen_transformers": lambda: _table("ssen_transformers.csv"),
    "ssen_feeder_lookup": lambda: _table(
        "lv_feeder_lookup.csv", layers={"in_building": pd.DataFrame({"postcode": _postcodes("postcode")})}
    ),
    "feeder_usage": lambda: _table("lv_feeder_usage.csv", 200, clip=None),
    "ecr": lambda: _table("ecr.csv"),
    "spen_headroom": lambda: _table("nshr_scenarios.csv"),
    "meter": lambda: Sample(
        rows=tuple({"Start": f"2025-03-01T{hour:02d}:00:00Z", "kWh": "0.4"} for hour in range(4)), clip=None
    ),
}


def _postcodes(column="POSTCODE"):
    file = "epc_certificates.csv" if column == "POSTCODE" else "lv_feeder_lookup.csv"
    return sorted(set(pd.read_csv(DATA / file, dtype="string")[column].dropna()))
