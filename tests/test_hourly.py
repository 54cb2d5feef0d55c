"""The hourly file of roofs: suitable planes alone, with the energy of their yearly yields."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from laep import answers, hourly, schema
from laep import area as areas
from laep.assumptions import Assumptions
from laep.ingest.weather import climate
from laep.models.energy import solar
from laep.models.time.clock import HOURS
from laep.pipeline import Inputs
from laep.steps import kit
from laep.store import Store

PLACE = {"latitude": 51.78, "longitude": -1.48}


def written(store, layer, **columns):
    """Write a layer with the columns given; the rest are missing."""
    shape = columns.pop("geometry", None)
    frame = pd.DataFrame(columns).reindex(columns=[one.name for one in schema.LAYERS[layer].columns])
    if shape is not None:
        frame = schema.empty(layer).__class__(frame, geometry=shape, crs=schema.CRS)
    with store.edit() as edit:
        edit.write(layer, schema.conform(frame, layer), step="test")


@pytest.fixture
def area(tmp_path):
    (tmp_path / "laep.toml").write_text('[area]\nname = "x"\n', encoding="utf-8")
    found = areas.load(tmp_path)
    store = Store.create(found.gpkg, found.area_id)
    circle = shapely.MultiPolygon([shapely.Point(435_900, 209_000).buffer(300)])
    written(store, "in_boundary", area_id=["x"], found_by=["file"], source_id=["boundary"], geometry=[circle])
    weather = climate.typical_year(1, **PLACE)
    written(
        store,
        "in_weather",
        **{name: weather[name] for name in weather},
        **({} if "source_id" in weather else {"source_id": "weather"}),
    )
    return found, store


def with_roofs(store, **columns):
    """Write four roof planes; what is not given is filled in."""
    required = {
        one.name: [{"float64": 20.0, "bool": False, "boolean": False}.get(str(one.dtype), "x")] * 4
        for one in schema.LAYERS["roof_plane"].columns if one.required
    }  # fmt: skip
    squares = [shapely.Polygon(shapely.box(x, 0, x + 5, 5)) for x in (0, 10, 20, 30)]
    named = {"roof_id": list("abcd"), "building_id": list("mmno"), "confidence": ["high"] * 4}
    written(store, "roof_plane", **required | named | columns, geometry=squares)


def test_suitable_planes_alone_with_the_energy_of_their_year(area, tmp_path, monkeypatch):
    found, store = area
    monkeypatch.setattr(hourly, "PLANES_AT_ONCE", 2)  # three planes in two lots
    suitable = [True, False, True, True]
    roofs = {"tilt_deg": [35.0, 35.0, 10.0, 40.0], "azimuth_deg": [180.0, 180.0, 90.0, 225.0]}
    with_roofs(store, **roofs, capacity_kwp=[4.0, 4.0, 2.0, 3.0], suitable=suitable)
    path = tmp_path / "deep" / "roofs.parquet"
    assert hourly.write(found, store, path) == 3
    table = pq.read_table(path)
    assert table.schema.equals(hourly.SCHEMA)
    assert table["roof_id"].to_pylist() == ["a", "c", "d"]
    kw = np.array(table["kw"].to_pylist())
    assert kw.shape == (3, HOURS)
    sky = solar.prepare(store.read("in_weather"), latitude=51.77914, longitude=-1.48)
    year = solar.annual_yield(pd.DataFrame(roofs)[suitable], sky, system=kit.system_from(Assumptions(found.overrides)))
    np.testing.assert_allclose(kw.sum(axis=1), year * [4.0, 2.0, 3.0], rtol=5e-3)  # the grid's north is 0.4 degrees off
    assert {one.name for one in path.parent.iterdir()} <= {"roofs.parquet", ".roofs.parquet.lock"}


def test_a_plane_that_no_survey_shows_has_the_usual_skyline_and_a_winter(area):
    found, store = area
    with_roofs(
        store, tilt_deg=[35.0] * 4, azimuth_deg=[180.0] * 4, covered_share=[0.1, 0.1, 0.5, None], panel_tilt_deg=[None, 10.0, None, None]
    )  # fmt: skip
    one = " ".join(["12.0"] * 36)
    written(store, "roof_shade", roof_id=["a"], sky_view=[0.9], horizon_mean_deg=[12.0], horizon_deg=[one],
            horizon_spread_deg=[one], cells=[9], method=["test"], confidence=["high"])  # fmt: skip
    inputs = Inputs(
        area=found, store=store, assumptions=Assumptions(found.overrides), answers=answers.read(found.answers), reads=hourly.READS
    )  # fmt: skip
    roof_id = inputs["roof_plane"]["roof_id"]
    shade, high = (kit.shade_on(inputs, roof_id, end=end) for end in (kit.CENTRAL, kit.HIGH))
    assert shade.horizon_deg[0].tolist() == [12.0] * 36  # as surveyed
    open_deg, covered_deg = (Assumptions().value(f"pv.skyline.{name}", "deg") for name in ("open_deg", "covered_deg"))
    assert shade.horizon_deg[1:3, 0] == pytest.approx([open_deg + n * covered_deg for n in (0.1, 0.5)], rel=0.03)
    assert shade.sky_view[1] > shade.sky_view[2] > high.sky_view[2]
    assert np.isnan(shade.sky_view[3])  # nothing is known of the land round it
    by_month = solar.monthly_yield(
        inputs["roof_plane"], kit.sky_over(inputs), system=kit.system_from(Assumptions()), shade=shade
    )
    assert by_month.loc[2, 12] / by_month.loc[3, 12] < 0.8
    assert by_month.loc[2, 6] / by_month.loc[3, 6] > 0.93
