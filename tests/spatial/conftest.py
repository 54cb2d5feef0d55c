"""Hand-made layers for the tests of geometry."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from laep import schema
from laep.spatial.network import substations


def _filling(column):
    return column.among[0] if column.among else "test"


def layer(layer_name, geometry=None, /, **columns):
    """Return a layer in its normal form; columns not given are missing, required text ones get a filler."""
    wanted = schema.LAYERS[layer_name].columns
    length = len(geometry) if geometry is not None else len(next(iter(columns.values())))
    filled = {
        column.name: columns.get(column.name, _filling(column) if column.required and column.type == "text" else None)
        for column in wanted
    }
    frame = pd.DataFrame(filled, index=range(length))
    if geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=list(geometry), crs=schema.CRS)
    return schema.conform(frame, layer_name)


@pytest.fixture(scope="session")
def known():
    """The substations of a list as every rule takes them: each once, none that only headroom tells of."""

    def prepared(listed, areas):
        once, _ = substations.prefer_published(listed)
        return substations.known(once, pd.DataFrame(once.iloc[:0]).drop(columns="geometry"), areas)

    return prepared


@pytest.fixture(scope="session")
def make_layer():
    return layer


@pytest.fixture(scope="session")
def make_buildings():
    def build(shapes, use="home", **columns):
        ids = columns.pop("building_id", [f"b{i}" for i in range(len(shapes))])
        area = shapely.area(list(shapes))
        return layer("in_building", shapes, building_id=ids, use=use, footprint_m2=area, **columns)

    return build


@pytest.fixture(scope="session")
def make_boundary():
    def build(shape):
        return layer("in_boundary", [shape], area_id=["here"], name=["Here"])

    return build


@pytest.fixture(scope="session")
def empty():
    return schema.empty
