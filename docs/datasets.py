"""Which published dataset of which network operator laep reads, with what it was tested on, or why it does not."""

from __future__ import annotations

from dataclasses import dataclass

REAL, EXCERPT, SCHEMA = "real file", "excerpt", "schema only"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """
    One dataset of a network operator.

    `tested` is what its reader was tested on: a real file, an excerpt of one, or a file made from its published column
    names. `reason` says why there is no reader, or what a reader needs to be told.
    """

    operator: str
    dataset: str
    sources: tuple[str, ...] = ()
    tested: str = ""
    reason: str = ""


_UNSEEN = "its columns are not known outside the portal"
_LIKE_OTHERS = f"{_UNSEEN}: read by the names of the other registers"
_BIDS = "bids and dispatches of past flexible use, not where use is sought"

_SPEN_DG = (
    "distributed-generation-sp-distribution-heat-maps-spd-primary-substations / "
    "distributed-generation-sp-manweb-heat-maps-spm-primary-substations"
)


def _rows(operator: str, *rows: tuple[str, str, str, str]) -> tuple[Dataset, ...]:
    return tuple(
        Dataset(operator=operator, dataset=name, sources=tuple(sources.split()), tested=tested, reason=reason)
        for name, sources, tested, reason in rows
    )


DATASETS = (
    *_rows(
        "ukpn",
        ("grid-and-primary-sites", "ukpn_sites", REAL, ""),
        ("ukpn-capacity-heatmap", "ukpn_ltds", SCHEMA, ""),
        ("dfes-network-headroom-report", "ukpn_headroom", SCHEMA, ""),
        ("ukpn_primary_postcode_area", "ukpn_areas", SCHEMA, ""),
        ("ukpn-grid-postcode-area", "ukpn_areas", SCHEMA, ""),
        ("ukpn_secondary_postcode_area", "ukpn_areas", SCHEMA, ""),
        ("ukpn-secondary-sites", "ukpn_secondary", SCHEMA, ""),
        ("ukpn-secondary-site-transformers", "ukpn_secondary", SCHEMA, ""),
        ("ukpn-secondary-site-utilisation", "ukpn_secondary", SCHEMA, "holds no positions: give it beside the sites"),
        ("ukpn-lv-overhead-lines-shapefile", "ukpn_lines", SCHEMA, ""),
        ("ukpn-hv-overhead-lines-shapefile", "ukpn_lines", SCHEMA, ""),
        ("ukpn-low-carbon-technologies-secondary", "ukpn_low_carbon", REAL, ""),
        ("ukpn-embedded-capacity-register", "ecr", REAL, ""),
        ("ukpn-embedded-capacity-register-1-under-1mw", "ecr", SCHEMA, ""),
        ("ukpn-smart-meter-consumption-lv-feeder", "feeder_usage", SCHEMA, ""),
        ("ukpn-smart-meter-consumption-substation", "feeder_usage", SCHEMA, ""),
        ("ukpn-flexibility-tender-data", "flexibility", SCHEMA, ""),
        ("ukpn-flexibility-dispatches", "", "", _BIDS),
        ("ukpn-dnoa", "flexibility", SCHEMA, ""),
        ("ukpn-low-voltage-dnoa", "flexibility", SCHEMA, ""),
        ("ukpn-curtailment-events-site-specific", "curtailment", REAL, ""),
        ("ukpn-constraint-breaches-history", "curtailment", REAL, ""),
    ),
    *_rows(
        "npg",
        ("ltds-capacity-heatmap", "npg_ltds", SCHEMA, ""),
        ("heatmapdatatable", "npg_heatmap", EXCERPT, ""),
        ("heatmapsubstationareas", "npg_heatmap", EXCERPT, "the excerpt has no shapes: tested on a made file"),
        ("npg_ndp_demand_headroom", "npg_headroom", EXCERPT, ""),
        ("npg_ndp_generation_headroom", "npg_headroom", SCHEMA, ""),
        ("primary areas of 2023 (odileeds)", "npg_areas", REAL, "not a dataset of the portal: the copy others publish"),
        ("distribution-substation-service-areas", "npg_areas", SCHEMA, f"{_UNSEEN}: the options name and level say it"),
        ("npg_hv_oh_feeders", "npg_lines", SCHEMA, ""),
        ("lv_oh_feeders", "npg_lines", SCHEMA, f"{_UNSEEN}: shapes are read, the level comes from the file's name"),
        ("npg-site-utilisation", "", "", _UNSEEN),
        ("embedded-capacity-register", "ecr", SCHEMA, _LIKE_OTHERS),
        ("ecr_manual_combine_test", "ecr", SCHEMA, _LIKE_OTHERS),
        ("aggregated-smart-metering-data", "feeder_usage", SCHEMA, ""),
        ("npg-flexibility-dispatch-ehv-zone", "", "", _UNSEEN),
        ("curtailment-events-site-specific", "", "", _UNSEEN),
    ),
    *_rows(
        "enwl",
        ("ndp-pry-bsp-headroom", "enwl_headroom", EXCERPT, ""),
        ("ndp-pry-bsp-generation", "enwl_headroom", EXCERPT, ""),
        ("enwl-pry-heatmap", "enwl_heatmap", SCHEMA, ""),
        ("enwl-bsp-heatmap", "enwl_heatmap", SCHEMA, ""),
        ("ndp-pry-voronoi", "enwl_areas", SCHEMA, ""),
        ("dfes-lv-headroom-monitored", "enwl_secondary", SCHEMA, ""),
        ("smart meters by distribution substation", "enwl_secondary", REAL, "a part that others publish, altered"),
        ("enwl-lv-overhead-conductors", "enwl_lines", SCHEMA, ""),
        ("sp-enw-gis-conductor-<local authority>", "enwl_lines", SCHEMA, ""),
        ("enwl-embedded-capacity-register-1-under-1mw", "ecr", SCHEMA, _LIKE_OTHERS),
        ("enwl-embedded-capacity-register-2-1mw-and-above", "ecr", SCHEMA, _LIKE_OTHERS),
        ("enwl-flexibility-tender-site-requirements", "flexibility", REAL, ""),
        ("enwl-flexibility-tender-postcode-data", "", "", _UNSEEN),
    ),
    *_rows(
        "spen",
        ("spm-nshr-data-workbook", "spen_headroom", EXCERPT, ""),
        ("spd-nshr-data-workbook", "spen_headroom", EXCERPT, ""),
        ("distribution-capacity-heatmaps-spd / -spm", "spen_ltds", SCHEMA, ""),
        (_SPEN_DG, "spen_primaries", SCHEMA, ""),
        ("ndp-spd-primary-substation-polygons", "spen_areas", SCHEMA, ""),
        ("ndp-spm-primary-group-polygons", "spen_areas", SCHEMA, ""),
        ("spm-dfes-substation-polygons-pss", "spen_areas", SCHEMA, ""),
        ("spd_spt_gis_shapefiles_line_assets / spm_gis_shapefiles_line_assets", "spen_lines", SCHEMA, ""),
        ("embedded-capacity-register", "ecr", SCHEMA, ""),
        ("flexibility_competitions", "", "", _UNSEEN),
        ("flexibility_bids", "", "", _BIDS),
        ("flexibility-dispatch", "", "", _BIDS),
        ("capacity-management-system", "curtailment", SCHEMA, ""),
        (
            "spd-dg-connections-network-info", "", "",
            "firm and non-firm capacity share one cell whose form nobody has written down, at grid supply points only",
        ),
    ),
    *_rows(
        "nged",
        ("primary substation locations", "nged_substations", REAL, ""),
        ("nged-network-capacity", "nged_capacity", SCHEMA, ""),
        ("network-opportunity-map-headroom", "nged_capacity", SCHEMA, ""),
        ("wpd-network-capacity-map (2021 to 2025, superseded)", "nged_capacity", SCHEMA, ""),
        ("spatial-datasets", "nged_areas", SCHEMA, ""),
        ("distribution-substations (package 29d435c2-0cbe-442d-96fe-a229a0307fba)", "nged_secondary", SCHEMA, ""),
        ("embedded-capacity-register", "ecr", SCHEMA, ""),
        ("aggregated-smart-meter-data-lv-feeder", "feeder_usage", EXCERPT, ""),
        ("new connections by substation", "nged_requests", REAL, ""),
        ("low-voltage load monitors", "load_monitor", REAL, "altered by the repository it came from"),
        ("flexibility-trades-data-and-results", "", "", _UNSEEN),
        ("flexibility-reports", "", "", _UNSEEN),
        ("flexibility-forecasts", "", "", _UNSEEN),
    ),
    *_rows(
        "ssen",
        ("generation-availability-and-network-capacity", "ssen_headroom", REAL, ""),
        ("primary-substation-boundaries", "ssen_areas", REAL, "altered (simplified) by the repository it came from"),
        ("transformer load model (package d1c4009b-4386-4208-a14f-cc09aeeb4777)", "ssen_transformers", EXCERPT, ""),
        ("ssen-substation-data", "ssen_substations", SCHEMA, "the header is put together from programs that read it"),
        ("ssen_overhead_lines", "ssen_lines", SCHEMA, ""),
        ("ssen_smart_meter_prod_lv_feeder", "feeder_usage ssen_feeder_lookup", EXCERPT, ""),
        ("embedded_capacity_register", "ecr", SCHEMA, ""),
        ("DFES 2025 by primary", "dfes", REAL, "altered by the repository it came from"),
        ("flexibility-services-contract-register", "", "", _UNSEEN),
        ("flexibility-dispatch-report", "", "", _BIDS),
        ("long-term-bidding", "", "", _UNSEEN),
    ),
)  # fmt: skip
"""Every dataset looked at, by operator: first what laep needs most."""
