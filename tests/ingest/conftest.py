"""Fixtures of live access: a server on this computer, and a fetcher with a cache of its own."""

import live_server
import pytest


@pytest.fixture
def server():
    with live_server.running() as running:
        yield running


@pytest.fixture
def fetcher(tmp_path):
    return live_server.fetcher_in(tmp_path / "cache")
