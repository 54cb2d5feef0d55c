"""Step that counts the homes of the area by what certificates and the census say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laep.errors import LayerMissing
from laep.models.energy.stock import stock
from laep.pipeline import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from laep.pipeline import Inputs


def _stock(inputs: Inputs) -> Mapping[str, pd.DataFrame]:
    homes, census, poverty = (inputs.get(layer) for layer in ("in_home", "in_census", "in_fuel_poverty"))
    counted = stock(
        homes, census, poverty, least_count=inputs.assumptions.value("privacy.least_count", "homes")
    )  # fmt: skip
    if counted.empty:
        raise LayerMissing(
            "How homes are built and heated is not known. Run `laep ingest homes --file PATH` with energy "
            "certificates, or `laep ingest census --file PATH`."
        )
    if hidden := int(counted["hidden"].sum()):
        inputs.notes.append(f"Counts hidden because they are small, or would give a small one away: {hidden}")
    return {"model_stock": counted}


STOCK = Step(
    "stock",
    "Counting homes by rating, heating and kind",
    ("in_home", "in_census", "in_fuel_poverty"),
    ("model_stock",),
    _stock,
)
