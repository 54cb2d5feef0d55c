"""SP Energy Networks capacity heat map -> `in_substation`, `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import ltds
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
from laep.ingest.source import Source

if TYPE_CHECKING:
    from laep.ingest.source import Ingested, Request

SOURCE = Source(
    name="spen_ltds",
    title="SP Energy Networks distribution capacity heat maps",
    publisher="SP Energy Networks",
    licence="See the dataset page",
    attribution="Contains data from SP Energy Networks",
    url=(
        "https://spenergynetworks.opendatasoft.com (distribution-capacity-heatmaps-spd, "
        "distribution-capacity-heatmaps-spm)"
    ),
    writes=("in_substation", "in_headroom"),
    private=(),
    accepts="the CSV export of `distribution-capacity-heatmaps-spd`, `-spm`, or both",
    options=ltds.OPTIONS,
    nations=("england", "wales", "scotland"),
    operator="spen",
    live=Several(
        ways=(
            Opendatasoft(host=HOSTS["spen"], dataset="distribution-capacity-heatmaps-spd"),
            Opendatasoft(host=HOSTS["spen"], dataset="distribution-capacity-heatmaps-spm"),
        )
    ),
    key="LAEP_SPEN_KEY",
    tested_on="schema only",
)
COLUMNS = ltds.COLUMNS


def read(request: Request) -> Ingested:
    """Return the substations near the area and today's headroom; see `ltds.read`."""
    return ltds.read(request, SOURCE, operator="spen")
