"""SSEN overhead lines -> `in_line`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import lines
from laep.ingest.net.ckan import HOSTS, Ckan
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="ssen_lines",
    title="SSEN overhead lines",
    publisher="Scottish and Southern Electricity Networks Distribution",
    licence="CC BY 4.0",
    attribution="Supported by Scottish and Southern Electricity Networks open data",
    url="https://data.ssen.co.uk/@ssen-distribution/ssen_overhead_lines",
    writes=("in_line",),
    accepts="the CSV `ssen_overhead_lines`, whose shapes are well-known text",
    options=lines.OPTIONS,
    nations=("england", "scotland"),
    operator="ssen",
    live=Ckan(host=HOSTS["ssen"], package="ssen_overhead_lines", resource=r"overhead"),
    on_request=True,
    tested_on="schema only",
)
COLUMNS = {
    "line_id": ("id",),
    "voltage": ("nominal_voltage_pp",),
    "level": ("network_type",),
    "circuit": ("circuit_nrn", "circuit_id"),
}
"""Our name -> spellings of the published one. The shape is in `route_lat_long`, or on the grid in `route`."""


def read(request: Request) -> Ingested:
    """Return the overhead lines near the area; see `lines.read`. Voltages are text such as `33.000 kV`, `230.000 V`."""
    return lines.read(request, SOURCE, COLUMNS, operator="ssen", kind="overhead", needs=("voltage",))
