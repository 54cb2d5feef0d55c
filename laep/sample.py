"""The sample village that ships with laep, as an area with every file of its own named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep import area, files, init, resources
from laep.ingest.place import boundary

if TYPE_CHECKING:
    from pathlib import Path

    from laep.area import Area

NAME = "Barrowmere"
POSTCODE = "OX29 9ZC"
FILES = {
    "osm": ["osm_buildings.geojson", "osm_landuse.geojson", "osm_points.geojson", "osm_roads.geojson"],
    "constraints": ["constraints.geojson"],
    "zones": ["zones.geojson"],
    "tenure": ["census_tenure_ts054.csv"],
    "census": ["census_accommodation_ts044.csv", "census_cars_ts045.csv", "census_heating_ts046.csv"],
    "metered": [
        "lsoa_electricity_2024.csv", "lsoa_gas_2024.csv", "postcode_electricity_2024.csv", "postcode_gas_2024.csv",
    ],
    "fuel_poverty": ["fuel_poverty_lsoa_2024.csv"],
    "uprn": ["os_open_uprn.csv"],
    "homes": ["epc_certificates.csv"],
    "elevation": ["dsm_1m.tif", "dtm_1m.tif"],
    "ssen_headroom": ["ssen_headroom_march_2026.csv"],
    "ssen_areas": ["ssen_primary_areas.geojson"],
    "ssen_transformers": ["ssen_transformers.csv"],
    "ssen_feeder_lookup": ["lv_feeder_lookup.csv"],
    "feeder_usage": ["lv_feeder_usage.csv"],
    "spen_headroom": ["nshr_scenarios.csv"],
    "ecr": ["ecr.csv"],
    "repd": ["repd_q1_2026.csv"],
}  # fmt: skip
"""Sources of the sample village and their files in `sample_data/`."""


def create(parent: Path) -> Area:
    """Make the area folder of the sample village inside `parent`, its sources named and its answers filled in."""
    village = resources.sample_data()
    place = boundary.from_file(village / "boundary.geojson")
    made = init.create(NAME, place, parent=parent, postcode=POSTCODE)
    for source, names in FILES.items():
        area.remember_files(made, source, [village / name for name in names])
    files.write_text(made.answers, files.read_text(village / "answers.toml"))
    return area.load(made.folder)
