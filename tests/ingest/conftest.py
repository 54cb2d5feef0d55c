"""Fixtures of live access: a server on this computer, and a fetcher with a cache of its own."""

from dataclasses import replace

import live_server
import pytest

from laep.ingest.net import keys


@pytest.fixture
def server(monkeypatch):
    """Run a server, to which keys may go as they may to the portals it stands for."""
    with live_server.running() as running:
        own = {name: replace(key, host=running.url) for name, key in keys.KEYS.items()}
        monkeypatch.setattr(keys, "KEYS", own)
        yield running


@pytest.fixture
def fetcher(tmp_path):
    return live_server.fetcher_in(tmp_path / "cache")
