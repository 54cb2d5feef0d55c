"""UK Power Networks capacity heat map -> `in_substation`, `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso import ltds
from laep.ingest.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="ukpn_ltds",
    title="UK Power Networks LTDS capacity heat map",
    publisher="UK Power Networks",
    licence="CC BY 4.0",
    attribution="Contains data from UK Power Networks, CC BY 4.0",
    url="https://ukpowernetworks.opendatasoft.com/explore/dataset/ukpn-capacity-heatmap",
    writes=("in_substation", "in_headroom"),
    accepts="the CSV export of `ukpn-capacity-heatmap`",
    options=ltds.OPTIONS,
    nations=("england",),
    operator="ukpn",
    live=Opendatasoft(host=HOSTS["ukpn"], dataset="ukpn-capacity-heatmap"),
    key="LAEP_UKPN_KEY",
    tested_on="schema only",
)
COLUMNS = ltds.COLUMNS


def read(request: Request) -> Ingested:
    """Return the substations near the area and today's headroom; see `ltds.read`."""
    return ltds.read(request, SOURCE, operator="ukpn", unit="MW")
