"""UK Power Networks capacity heat map -> `in_substation`, `in_headroom`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.ingest.dso.form import ltds
from laep.ingest.net.opendatasoft import HOSTS, Opendatasoft
from laep.ingest.net.ways import Several
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
    private=(),
    accepts="the CSV export of `ukpn-capacity-heatmap`, or its JSON releases for London, the East and the South East",
    options=ltds.OPTIONS,
    nations=("england",),
    operator="ukpn",
    live=Several(
        ways=tuple(
            Opendatasoft(host=HOSTS["ukpn"], dataset="ukpn-capacity-heatmap", attachment=rf"heat.?map.*{area}")
            for area in ("lpn", "epn", "spn")
        )
    ),
    tested_on="schema only",
)
COLUMNS = ltds.COLUMNS


def read(request: Request) -> Ingested:
    """
    Return the substations near the area and today's headroom; see `ltds.read`.

    Notes
    -----
    The table needs an account; the releases it is made of, one a licence area, are attached to it and open to all.
    """
    return ltds.read(request, SOURCE, operator="ukpn", unit="MW")
