"""Northern Powergrid high and low voltage feeders -> `in_line`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import lines
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="npg_lines",
    title="Northern Powergrid overhead feeders",
    publisher="Northern Powergrid",
    licence="Northern Powergrid Open Data Licence v1.0",
    attribution="Supported by Northern Powergrid Open Data",
    url="https://northernpowergrid.opendatasoft.com (npg_hv_oh_feeders, lv_oh_feeders)",
    writes=("in_line",),
    accepts="the GeoJSON or CSV export of one or both datasets",
    options=lines.OPTIONS,
    nations=("england",),
    operator="npg",
    live=Several(
        ways=(
            Opendatasoft(
                host=HOSTS["npg"], dataset="npg_hv_oh_feeders", format="geojson", near="geo_shape", margin_m=500.0
            ),
            Opendatasoft(
                host=HOSTS["npg"], dataset="lv_oh_feeders", format="geojson", near="geo_shape", margin_m=500.0
            ),
        )
    ),
    key="LAEP_NPG_KEY",
    tested_on="schema only",
)
COLUMNS = {
    "line_id": ("line_id", "asset_id", "feeder_id"),
    "voltage": ("operating_voltage", "voltage"),
    "kind": ("line_situation_actual", "line_situation"),
    "circuit": ("feeder", "feeder_name", "circuit_name"),
    "status": ("status",),
}
"""Our name -> spellings of the published one; only the voltage and the situation have been seen in use."""


def read(request: Request) -> Ingested:
    """Return the lines near the area; see `lines.read`. Voltages are published in volts."""
    return lines.read(request, SOURCE, COLUMNS, operator="npg")
