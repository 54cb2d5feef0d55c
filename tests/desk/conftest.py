"""A headroom store of the sample village, built once."""

import pytest

from laep.desk import build, recognise, settings, store
from laep.resources import sample_data

FILES = ("ssen_headroom_march_2026.csv", "ssen_primary_areas.geojson", "ecr.csv", "ssen_transformers.csv")


@pytest.fixture(scope="session")
def village(tmp_path_factory):
    """Path of the store."""
    path = tmp_path_factory.mktemp("desk") / "village.gpkg"
    build.build(path, recognise.choose([sample_data() / name for name in FILES]))
    return path


@pytest.fixture
def held(village):
    with store.HeadroomStore.open(village) as opened:
        yield opened


@pytest.fixture(scope="session")
def numbers():
    return settings.shipped()
