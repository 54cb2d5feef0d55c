"""Every dataset of every operator has a reader or a reason, and every real file loads to the normal form."""

import json
import warnings

import pytest

from docs import datasets
from laep import ingest
from laep.ingest.source import Request
from laep.schema import conform
from laep.schema.vocabulary import OPERATORS

REAL = [
    ("ssen_headroom", ["ssen/headroom-dashboard-data-march-2026.csv"], {"in_substation": 998, "in_headroom": 1996}),
    ("ssen_areas", ["ssen/sepd_primarysubstation_esa_2025_simplified.geojson"], {"in_supply_area": 442}),
    (
        "ssen_transformers",
        ["ssen/SEPD_transformers_open_data_with_nrn_head.csv"],
        {"in_substation": 5, "in_headroom": 10},
    ),
    ("nged_substations", ["nged/nged_substation_locations_2025.csv"], {"in_substation": 1452}),
    ("ukpn_sites", ["ukpn/grid-and-primary-sites_2025-08.csv"], {"in_substation": 1082}),
    (
        "npg_heatmap",
        ["npg/heatmapdatatable_excerpt.csv", "npg/heatmapsubstationareas_excerpt_no_geometry.csv"],
        {"in_substation": 9, "in_headroom": 18},
    ),
    ("npg_headroom", ["npg/npg_ndp_demand_headroom_excerpt_no_geometry.csv"], {"in_substation": 2, "in_headroom": 26}),
    ("npg_areas", ["npg/npg-primaries-polygons-unique-2023_BGC.geojson"], {"in_supply_area": 574}),
    (
        "enwl_headroom",
        ["enwl/ndp-pry-bsp-headroom_excerpt.csv", "enwl/ndp-pry-bsp-generation_excerpt.csv"],
        {"in_substation": 6, "in_headroom": 84},
    ),
    (
        "enwl_secondary",
        ["enwl/enwl_smart_meter_installation_by_distribution_substation_subset.geojson"],
        {"in_substation": 446},
    ),
    (
        "spen_headroom",
        ["spen/spm-nshr-data-workbook_excerpt.csv", "spen/spd-nshr-data-workbook_excerpt.csv"],
        {"in_headroom": 27},
    ),
]


def test_every_dataset_has_a_reader_or_a_reason():
    for dataset in datasets.DATASETS:
        assert dataset.operator in OPERATORS, dataset
        assert bool(dataset.sources) or dataset.reason, dataset
        assert bool(dataset.sources) == (dataset.tested in (datasets.REAL, datasets.EXCERPT, datasets.SCHEMA)), dataset
        for source in dataset.sources:
            assert ingest.load(source).SOURCE.operator in (dataset.operator, None), dataset
    named = [(dataset.operator, dataset.dataset) for dataset in datasets.DATASETS]
    assert len(named) == len(set(named))


def test_every_source_of_network_data_is_in_the_table():
    read = {source for dataset in datasets.DATASETS for source in dataset.sources}
    of_planners = {"repd"}
    assert {name for name, module in ingest.MODULES.items() if ".dso." in module} == read | of_planners


@pytest.mark.real
def test_the_table_names_every_dataset_of_the_notes(shared_data):
    notes = json.loads((shared_data / "dso" / "headers.json").read_text(encoding="utf-8"))
    published = {
        (operator.casefold(), dataset)
        for operator, datasets in notes.items()
        if operator != "evidence_levels"
        for dataset, told in datasets.items()
        if isinstance(told, dict)
    }
    assert published - {(dataset.operator, dataset.dataset) for dataset in datasets.DATASETS} == set()


@pytest.mark.real
@pytest.mark.parametrize(("name", "files", "rows"), REAL, ids=[name for name, _, _ in REAL])
def test_a_real_file_loads_to_the_normal_form(name, files, rows, shared_data):
    paths = tuple(shared_data / "dso" / file for file in files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an outline somebody left open is closed, with a warning
        found = ingest.load(name).read(Request(files=paths))
    for layer, frame in found.layers.items():
        conform(frame, layer)
    counted = {layer: len(frame) for layer, frame in found.layers.items() if len(frame)}
    print(f"{name}: {found.rows_read} rows read, {counted}")  # noqa: T201 - shown by pytest -s
    assert counted == rows
