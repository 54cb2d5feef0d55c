"""Northern Powergrid capacity heat map -> `in_substation`, `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import ltds
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="npg_ltds",
    title="Northern Powergrid LTDS capacity heat map",
    publisher="Northern Powergrid",
    licence="Northern Powergrid Open Data Licence v1.0",
    attribution="Supported by Northern Powergrid Open Data",
    url="https://northernpowergrid.opendatasoft.com/explore/dataset/ltds-capacity-heatmap",
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV export of `ltds-capacity-heatmap`",
    options=ltds.OPTIONS,
    nations=("england",),
    operator="npg",
    live=Opendatasoft(host=HOSTS["npg"], dataset="ltds-capacity-heatmap"),
    tested_on="schema only",
)
COLUMNS = ltds.COLUMNS


def read(request: Request) -> Ingested:
    """Return the substations near the area and today's headroom; see `ltds.read`."""
    return ltds.read(request, SOURCE, operator="npg")
