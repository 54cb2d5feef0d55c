"""Make the sample village again: `python sample_data/make.py [FOLDER]`. Same seed, same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent))

from village import (
    certificates,
    elevation,
    land,
    layout,
    maps,
    network,
    operator_files,
    people,
    roads,
    statistics,
    truth,
)


def make(folder: Path, *, rasters: bool = True) -> dict[str, int]:
    """Write every file of the sample into `folder`; return a few counts."""
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    buildings, gardens = layout.build()
    bare = elevation.ground()
    elevation.set_bases(buildings, bare)
    maps.name_buildings(buildings)
    people.number(buildings)
    homes = people.homes(buildings, np.array([b.outline.area for b in buildings]))
    net = network.build(buildings)
    kwh = operator_files.building_kwh(buildings, homes)
    newer = layout.newer_blocks(buildings)

    maps.write_zones(folder)
    maps.write_buildings(folder / "osm_buildings.geojson", buildings, net)
    maps.write_land(folder / "osm_landuse.geojson", gardens, buildings)
    maps.write_roads(folder / "osm_roads.geojson")
    mapped = maps.write_points(folder / "osm_points.geojson", buildings, homes)
    maps.write_constraints(folder / "constraints.geojson", buildings)
    operator_files.write_headroom(folder / "ssen_headroom_march_2026.csv")
    operator_files.write_areas(folder / "ssen_primary_areas.geojson")
    operator_files.write_transformers(folder / "ssen_transformers.csv", net, kwh)
    operator_files.write_scenarios(folder / "nshr_scenarios.csv")
    operator_files.write_register(folder / "ecr.csv")
    operator_files.write_planning(folder / "repd_q1_2026.csv")
    operator_files.write_lookup(folder / "lv_feeder_lookup.csv", net, homes)
    operator_files.write_usage(folder / "lv_feeder_usage.csv", net, homes)
    count = certificates.write_certificates(folder / "epc_certificates.csv", homes, buildings)
    certificates.write_tenure(folder / "census_tenure_ts054.csv", homes, buildings)
    statistics.write_uprns(folder / "os_open_uprn.csv", homes, buildings)
    statistics.write_census(folder, homes, buildings)
    statistics.write_meters(folder, homes, buildings)
    statistics.write_fuel_poverty(folder / "fuel_poverty_lsoa_2024.csv", homes, buildings)
    planes = truth.write_planes(folder / "truth" / "roof_planes.csv", buildings, newer)
    truth.write_links(folder / "truth" / "links.csv", buildings, net)
    truth.write_demand(folder / "truth" / "demand.csv", buildings, homes, kwh)
    truth.write_panels(folder / "truth" / "existing_pv.csv", buildings, homes, mapped)
    if rasters:
        trees = land.plant(shapely.union_all([b.outline for b in buildings]), roads.tarmac(), gardens)
        top = elevation.surface(bare, buildings, trees, newer)
        elevation.write(folder / "dtm_1m.tif", elevation.surveyed(bare.z, noise_m=0.02, stream="dtm"))
        elevation.write(folder / "dsm_1m.tif", elevation.surveyed(top, noise_m=0.02, stream="dsm"))
    return {
        "buildings": len(buildings), "homes": len(homes), "substations": len(net.substations), "certificates": count,
        "planes": planes, "kWh a year": int(kwh.sum()), "homes with panels": sum(h.pv_kw > 0 for h in homes),
    }  # fmt: skip


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    for name, value in make(target).items():
        print(f"{name}: {value:,}")
