"""Fetching: what is asked, kept, resumed, asked again, refused, and what is never written down."""

import gzip
import hashlib
import json
import os
import re
import socket
import stat
import threading
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_server import KEY, Answer, as_json, fetcher_in, gzipped, static, zipped

from laep.errors import FetchFailed, NotCached, SourceInvalid, UserFault
from laep.ingest.net import archive, keys, line, manners, refusals
from laep.ingest.net.cache import Cache, tidy_name

BIG = bytes(range(256)) * 4000


def test_a_file_is_fetched_once_and_then_taken_from_the_cache(server, fetcher, tmp_path):
    url = server.on("/a.csv", Answer(b"id\n1\n"))
    first = fetcher.get(url, name="a.csv", kind="csv")
    assert first.read_bytes() == b"id\n1\n"
    assert first.name == "a.csv"
    assert fetcher_in(tmp_path / "cache").get(url, name="a.csv", kind="csv") == first
    assert len(server.asked) == 1


def test_the_origin_says_address_moment_and_hash(server, fetcher):
    path = fetcher.get(server.on("/a.csv", Answer(b"id\n1\n")), name="a.csv", params={"where": "x=1"}, licence="CC BY")
    origin = fetcher.origin(path)
    assert origin.url.endswith("/a.csv?where=x%3D1")
    assert origin.sha256 == hashlib.sha256(b"id\n1\n").hexdigest()
    assert origin.retrieved_at.endswith("+00:00")
    assert origin.licence == "CC BY"


def test_laep_says_who_it_is_in_the_form_each_host_wants(server, fetcher, monkeypatch):
    """F1: Overpass turns away who looks like a browser, SSEN's edge who does not."""
    monkeypatch.setenv("LAEP_CONTACT", "https://example.org/plan (Ann)\n")
    fetcher.get(server.on("/a", Answer(b"x")), name="a")
    agent = server.asked[0].headers["User-Agent"]
    assert re.fullmatch(
        r"laep/[\d.]+ \(local area energy plans from open data; \+https://example.org/planAnn.*\)", agent
    )
    assert manners.agent(manners.OVERPASS) == agent
    assert manners.agent(manners.of("data-api.ssen.co.uk")).startswith("Mozilla/5.0 (compatible; laep/")


def test_asking_again_only_asks_whether_it_has_changed(server, tmp_path):
    url = server.on("/a.bin", static(BIG))
    first = fetcher_in(tmp_path).get(url, name="a.bin")
    again = fetcher_in(tmp_path, again=True)
    assert again.get(url, name="a.bin") == first
    assert server.asked[-1].headers["If-None-Match"] == '"v1"'
    server.on("/a.bin", static(b"new", '"v2"'))
    assert fetcher_in(tmp_path, again=True).get(url, name="a.bin").read_bytes() == b"new"


def test_one_round_asks_a_server_once_even_when_told_to_ask_again(server, tmp_path):
    url = server.on("/a.bin", static(BIG))
    fetcher = fetcher_in(tmp_path, again=True)
    fetcher.get(url, name="a.bin")
    fetcher.get(url, name="a.bin")
    assert len(server.asked) == 1


def test_a_copy_older_than_a_week_is_asked_about(server, fetcher, tmp_path):
    url = server.on("/a.bin", static(BIG))
    fetcher.get(url, name="a.bin")
    (entry,) = (tmp_path / "cache" / "index").glob("*.json")
    held = json.loads(entry.read_text())
    entry.write_text(json.dumps({**held, "checked_at": "2020-01-01T00:00:00+00:00"}))
    fetcher_in(tmp_path / "cache").get(url, name="a.bin")
    assert len(server.asked) == 2
    assert json.loads(entry.read_text())["checked_at"] > "2021"
    assert json.loads(entry.read_text())["retrieved_at"] == held["retrieved_at"]


def test_content_that_was_tampered_with_is_fetched_anew(server, fetcher, tmp_path):
    url = server.on("/a.csv", Answer(b"id\n1\n"))
    path = fetcher.get(url, name="a.csv")
    path.write_bytes(b"id\n2\n")
    assert fetcher_in(tmp_path / "cache").get(url, name="a.csv").read_bytes() == b"id\n1\n"


def test_a_download_that_broke_off_goes_on_from_there(server, fetcher):
    url = server.on("/big.bin", static(BIG, cuts=[300_000, 200_000]))
    assert fetcher.get(url, name="big.bin").read_bytes() == BIG
    ranges = [asked.headers.get("Range") for asked in server.asked]
    assert ranges == [None, "bytes=300000-", "bytes=500000-"]
    assert server.asked[1].headers["If-Range"] == '"v1"'


def test_a_part_left_by_an_earlier_run_is_used(server, tmp_path):
    url = server.on("/big.bin", static(BIG, cuts=[100_000]))
    with pytest.raises(FetchFailed, match=r"broke off 1 times after 0\.1 MB.*goes on from there"):
        fetcher_in(tmp_path, attempts=1).get(url, name="big.bin")
    assert [path.suffix for path in (tmp_path / "part").iterdir() if path.suffix == ".part"] == [".part"]
    assert not (tmp_path / "files").exists()
    assert fetcher_in(tmp_path).get(url, name="big.bin").read_bytes() == BIG
    assert server.asked[-1].headers["Range"] == "bytes=100000-"
    assert list((tmp_path / "part").iterdir()) == []


def test_halves_of_different_editions_are_not_joined(server, tmp_path):
    url = server.on("/big.bin", static(BIG, '"v1"', cuts=[100_000]))
    with pytest.raises(FetchFailed):
        fetcher_in(tmp_path, attempts=1).get(url, name="big.bin")
    server.on("/big.bin", static(BIG[::-1], '"v2"'))
    assert fetcher_in(tmp_path).get(url, name="big.bin").read_bytes() == BIG[::-1]


def test_a_server_without_ranges_starts_over(server, fetcher):
    url = server.on("/big.bin", static(BIG, cuts=[100_000], ranges=False))
    assert fetcher.get(url, name="big.bin").read_bytes() == BIG


def test_a_part_without_a_version_is_thrown_away(server, tmp_path):
    url = server.on("/big.bin", [Answer(BIG, cut=1000), Answer(BIG)])
    assert fetcher_in(tmp_path).get(url, name="big.bin").read_bytes() == BIG
    assert "Range" not in server.asked[1].headers


def test_an_interrupt_leaves_only_a_part(server, tmp_path):
    url = server.on("/big.bin", static(BIG))

    def stop(name, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetcher_in(tmp_path, on_progress=stop).get(url, name="big.bin")
    assert not (tmp_path / "files").exists()
    assert any(path.suffix == ".part" for path in (tmp_path / "part").iterdir())
    assert fetcher_in(tmp_path).get(url, name="big.bin").read_bytes() == BIG


def test_progress_is_told_in_bytes(server, tmp_path):
    told = []
    url = server.on("/big.bin", static(BIG))
    fetcher_in(tmp_path, on_progress=lambda *at: told.append(at)).get(url, name="big.bin")
    assert told[-1] == ("big.bin", len(BIG), len(BIG))


@pytest.mark.parametrize("cut", [0.5, 0.99])
def test_a_packed_answer_cut_short_is_not_whole(server, fetcher, cut):
    """Torture 13: its length header right, 60,863 of 200,001 lines were kept for a week."""
    packed = gzip.compress("".join(f"{n},{n * n % 997}\n" for n in range(20_000)).encode())
    half = Answer(packed[: int(len(packed) * cut)], 200, {"Content-Encoding": "gzip"})
    with pytest.raises(FetchFailed, match="broke off 3 times"):
        fetcher.get(server.on("/a.csv", half), name="a.csv")
    url = server.on("/b.csv", [half, Answer(packed, 200, {"Content-Encoding": "gzip"})])
    assert len(fetcher.get(url, name="b.csv").read_text().splitlines()) == 20_000


def test_joined_packings_are_read_to_the_end_and_bombs_are_not(server, fetcher):
    url = server.on("/a.csv", Answer(gzip.compress(b"id\n") + gzip.compress(b"1\n"), 200, {"Content-Encoding": "gzip"}))
    assert fetcher.get(url, name="a.csv").read_bytes() == b"id\n1\n"
    with pytest.raises(FetchFailed, match="grows more than 250 times"):
        fetcher.get(server.on("/b", gzipped(bytes(40_000_000))), name="b")
    with pytest.raises(FetchFailed, match="packed as 'br'"):
        fetcher.get(server.on("/c", Answer(b"x", 200, {"Content-Encoding": "br"})), name="c")
    assert not list((fetcher.cache.folder / "part").iterdir())


@pytest.mark.parametrize("headers", [{"ETag": '"v2"'}, {"Content-Range": "bytes 90000-1023999/1024000"}])
def test_a_part_of_another_version_or_place_is_not_joined(server, tmp_path, headers):
    """Torture 13: a 206 with another ETag was joined to the old half."""

    def answer(asked):
        if "Range" not in asked.headers:
            return Answer(BIG, 200, {"ETag": '"v1"'}, 100_000 if len(server.asked) == 1 else None)
        span = {"ETag": '"v1"', "Content-Range": f"bytes 100000-{len(BIG) - 1}/{len(BIG)}"}
        return Answer(b"?" * (len(BIG) - 100_000), 206, span | headers)

    assert fetcher_in(tmp_path).get(server.on("/big.bin", answer), name="big.bin").read_bytes() == BIG


def test_a_part_that_brings_less_than_it_says_is_not_the_end(server, tmp_path):
    """Torture 13: 197,608 of 300,000 bytes were kept as whole."""

    def answer(asked):
        start = int(asked.headers.get("Range", "bytes=0-")[6:-1])
        sent = BIG[start : start + 400_000]
        span = {"ETag": '"v1"', "Content-Range": f"bytes {start}-{start + len(sent) - 1}/{len(BIG)}"}
        return Answer(sent, 206, span) if start else Answer(BIG, 200, {"ETag": '"v1"'}, 400_000)

    assert fetcher_in(tmp_path).get(server.on("/big.bin", answer), name="big.bin").read_bytes() == BIG


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("json", b'{"type": "FeatureCollection", "features": [{"type": "Feature"', "its brackets do not close"),
        ("zip", zipped({"a.csv": os.urandom(3000)})[:2000], "the list at its end is missing"),
        ("parquet", b"PAR1" + bytes(500), "its footer is missing"),
        ("xml", b"<osm><node id='1'/>\n<no", "its last tag does not close"),
        ("csv", b'id,name\n1,a\n{"error_code": 500, "message": "timeout"}', "its last line is an error"),
    ],
)
def test_half_a_file_that_came_with_status_200_is_not_kept(server, fetcher, kind, content, said):
    """F5: only the head of a file was looked at, and half a file stayed for a week."""
    with pytest.raises(FetchFailed, match=said):
        fetcher.get(server.on("/a", Answer(content)), name="a", kind=kind)
    assert not (fetcher.cache.folder / "index").exists()


@pytest.mark.parametrize("profile", [{}, {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}, {"BIGTIFF": "YES"}])  # fmt: skip
def test_a_raster_whose_strips_lie_beyond_its_end_is_not_kept(server, fetcher, tmp_path, profile):
    import numpy as np
    import rasterio

    path = tmp_path / "whole.tif"
    with rasterio.open(path, "w", driver="GTiff", width=200, height=150, count=1, dtype="float32", **profile) as raster:
        raster.write(np.random.default_rng(1).random((1, 150, 200), dtype="float32"))
    content = path.read_bytes()
    assert fetcher.get(server.on("/a", Answer(content)), name="a.tif", kind="tiff").read_bytes() == content
    with pytest.raises(FetchFailed, match=r"broken off: it(s directory lies beyond| ends after)"):
        fetcher.get(server.on("/b", Answer(content[:40_000])), name="b.tif", kind="tiff")


def test_compressed_answers_are_unpacked(server, fetcher):
    assert fetcher.get(server.on("/a.csv", gzipped(b"id\n1\n")), name="a.csv").read_bytes() == b"id\n1\n"


def test_a_server_in_trouble_is_tried_again(server, fetcher):
    url = server.on("/a", [Answer(b"oops", 500), Answer(b"oops", 503, {"Retry-After": "0"}), Answer(b"fine")])
    assert fetcher.get(url, name="a").read_bytes() == b"fine"
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [408, 529])
def test_servers_that_are_overloaded_are_asked_again(server, fetcher, status):
    """F9: PVGIS says 529 when it has too much to do."""
    assert fetcher.get(server.on("/a", [Answer(b"", status), Answer(b"fine")]), name="a").read_bytes() == b"fine"


def test_trouble_told_inside_status_200_is_asked_again(server, fetcher):
    """F9: ArcGIS writes its 504 into an answer of 200."""
    late = as_json({"error": {"code": 504, "message": "Gateway timeout"}})
    assert fetcher.json(server.on("/a", [late, as_json({"fine": 1})])) == {"fine": 1}
    with pytest.raises(FetchFailed, match="answered with an error 504: Gateway timeout"):
        fetcher.json(server.on("/b", late))
    assert server.paths().count("/b") == 3


def test_overpass_is_left_alone_for_half_a_minute_when_it_is_busy(server, tmp_path, monkeypatch):
    """F1: after 429 the first repeat came at once."""
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    url = server.on("/a", [Answer(b"rate_limited", 429), Answer(b"fine")])
    fetcher = fetcher_in(tmp_path, patience_s=100.0)
    assert fetcher.get(url, name="a", polite=manners.OVERPASS).read_bytes() == b"fine"
    assert slept == [30.0]
    assert fetcher.traffic["127.0.0.1"].waited_s == 30.0


def test_a_question_that_may_still_be_worked_on_is_not_asked_again(server, tmp_path):
    """F1: the heaviest query was sent four times, each holding a slot."""
    url, asked = server.on("/a", Answer(b"x", delay_s=1.0)), {"name": "a", "polite": manners.OVERPASS}
    with pytest.raises(FetchFailed, match="did not answer"):
        fetcher_in(tmp_path, timeout_s=(0.2, 0.2)).get(url, **asked)
    with pytest.raises(FetchFailed, match=r"may still be working on the same question.*Try again in 1[78]\d seconds"):
        fetcher_in(tmp_path).get(url, **asked)
    assert len(server.asked) == 1


def test_overpass_is_asked_one_question_at_a_time(server, tmp_path):
    running, most = [], []

    def answer(asked):
        running.append(asked)
        most.append(len(running))
        time.sleep(0.1)
        running.pop()
        return Answer(b"x")

    urls = [server.on(f"/{n}", answer) for n in range(3)]
    ask = [threading.Thread(target=lambda u=u: fetcher_in(tmp_path).get(u, name="a", polite=manners.OVERPASS)) for u in urls]  # fmt: skip
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join(10)
    assert most == [1, 1, 1]


def test_waiting_has_a_bound_over_all_of_a_round(server, tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    fetcher = fetcher_in(tmp_path, backoff_s=10.0, attempts=4, patience_s=45.0)
    for name in "abc":
        with pytest.raises(FetchFailed, match="503"):
            fetcher.get(server.on(f"/{name}", Answer(b"", 503)), name=name)
    assert sum(slept) <= 45.0
    assert fetcher.traffic["127.0.0.1"].waited_s == sum(slept)


def test_much_is_said_before_it_comes(server, tmp_path, monkeypatch):
    monkeypatch.setattr("laep.ingest.net.fetch.LARGE_BYTES", 1_000_000)
    said = []
    fetcher = fetcher_in(tmp_path, on_large=said.append, purpose="lines")
    fetcher.get(server.on("/small", Answer(b"x")), name="small")
    fetcher.get(server.on("/big.bin", static(BIG * 2)), name="big.bin")
    assert said == ["About 2 MB come now for lines. Ctrl-C stops, and what has come stays."]


def test_a_server_that_asks_to_wait_until_tomorrow_is_not_waited_for(server, fetcher, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    url = server.on("/a", Answer(b"{}", 429, {"Retry-After": "86400"}))
    with pytest.raises(FetchFailed, match=r"asked too often \(429\).*Try again after"):
        fetcher.get(url, name="a")
    assert slept == []
    assert len(server.asked) == 1


def test_a_retry_after_that_makes_no_sense_is_ignored(server, fetcher):
    url = server.on("/a", [Answer(b"", 503, {"Retry-After": "soon"}), Answer(b"fine")])
    assert fetcher.get(url, name="a").read_bytes() == b"fine"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"", 401), r"does not let laep in \(401\)"),
        (as_json({"error_code": "ForbiddenAccess", "message": "No permission"}, 403), r"refuses this dataset \(403\): No permission"),
        (Answer(b"<html><title>Gone fishing</title></html>", 404), r"no such dataset any more \(404\).*Gone fishing"),
        (as_json({"message": "ODSQL error near x", "error_code": "ODSQLError"}, 400), r"did not understand the question \(400\): ODSQL error"),
        (as_json({"errorcode": 10002, "reset_time": "2026-12-01T00:00:00Z", "error": "Too many requests"}, 429), r"Too many requests\. Try again after 01 December 2026"),
        (Answer(b"Bad gateway", 502), r"is in trouble \(502\): Bad gateway\. Try again in an hour"),
        (Answer(b"", 200), "empty file"),
        (Answer(b"\xef\xbb\xbf  <!DOCTYPE html><html><title>Sign in</title>"), r"a web page in place of a table.*Sign in"),
        (as_json({"error": {"message": "internal"}}), "an error in place of a table: internal"),
    ],
)  # fmt: skip
def test_each_refusal_has_its_own_words(server, fetcher, answer, said):
    with pytest.raises(FetchFailed, match=said):
        fetcher.get(server.on("/a.csv", answer), name="a.csv", kind="csv")
    assert not (fetcher.cache.folder / "index").exists()


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("zip", b"not a zip", "something other than a zip file"),
        ("tiff", b"<ServiceException>no</ServiceException>", "something other than a GeoTIFF"),
        ("json", b"id,name\n", "something other than JSON"),
        ("xml", b"id,name\n", "something other than XML"),
        ("parquet", b"id,name\n", "something other than a Parquet file"),
    ],
)
def test_what_is_not_of_its_kind_is_not_kept(server, fetcher, kind, content, said):
    with pytest.raises(FetchFailed, match=said):
        fetcher.get(server.on("/a", Answer(content)), name="a", kind=kind)


def test_json_that_tells_of_an_error_with_status_200_is_refused(server, fetcher):
    url = server.on("/a", as_json({"success": False, "error": {"message": "Access denied"}}))
    with pytest.raises(FetchFailed, match="answered with an error: Access denied"):
        fetcher.json(url)
    with pytest.raises(FetchFailed, match="broken off"):
        fetcher.json(server.on("/b", Answer(b'{"a": [1, 2')))


def test_a_size_or_sum_that_does_not_match_is_refused(server, fetcher):
    url = server.on("/a", Answer(b"abc"))
    with pytest.raises(FetchFailed, match="3 bytes of a and promises 4"):
        fetcher.get(url, name="a", size_bytes=4)
    with pytest.raises(FetchFailed, match="MD5"):
        fetcher.get(url, name="a", md5="0" * 32)
    assert fetcher.get(url, name="a", md5="900150983cd24fb0d6963f7d28e17f72", size_bytes=3).read_bytes() == b"abc"


def test_a_silent_server_is_asked_twice_and_then_left_for_the_round(server, tmp_path):
    """F8: a server that hung cost two hours of heights."""
    fetcher = fetcher_in(tmp_path, timeout_s=(0.2, 0.2), attempts=4)
    for name in "abcd":
        with pytest.raises(FetchFailed, match=r"did not answer within 0\.2 seconds"):
            fetcher.get(server.on(f"/{name}", Answer(b"x", delay_s=1.0)), name=name)
    assert server.paths() == ["/a", "/b"]
    assert fetcher.traffic["127.0.0.1"].waited_s == pytest.approx(0.4)


def test_an_answer_that_trickles_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(line, "_TRICKLES_AFTER_S", 0.0)
    monkeypatch.setattr(line, "_SLOWEST_BYTES_S", 1e12)
    with pytest.raises(FetchFailed, match="broke off"):
        fetcher_in(tmp_path, attempts=1).get(server.on("/a", Answer(BIG)), name="a")


@pytest.mark.parametrize("where", ["http://[::1", f"http://{'a' * 70}.example/"])
def test_a_redirect_to_no_address_is_told(server, fetcher, where):
    """Torture 13: a traceback."""
    with pytest.raises(FetchFailed, match="leads to an address that is none"):
        fetcher.get(server.on("/a", Answer(b"", 302, {"Location": where})), name="a")


def test_no_connection_is_said_plainly(fetcher):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchFailed, match=r"no connection to 127\.0\.0\.1"):
        fetcher.get(f"http://127.0.0.1:{port}/secret-path?token=abc", name="a")


def test_a_host_that_is_not_there_is_asked_once_a_round(server, tmp_path, monkeypatch):
    fetcher = fetcher_in(tmp_path, attempts=2)
    tried = []

    def nowhere(*args, **more):
        tried.append(args)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    for name in "ab":
        with pytest.raises(FetchFailed, match=r"portal\.invalid cannot be found"):
            fetcher.get(f"http://portal.invalid/{name}", name=name)
    assert len(tried) == 1


def test_a_circle_of_addresses_ends(server, fetcher):
    url = server.on("/a", Answer(b"", 302, {"Location": "/a"}))
    with pytest.raises(FetchFailed, match="in a circle"):
        fetcher.get(url, name="a")


def test_an_old_copy_serves_when_the_server_fails_and_says_so(server, tmp_path):
    url = server.on("/a.csv", [Answer(b"id\n1\n"), Answer(b"", 503)])
    fetcher_in(tmp_path).get(url, name="a.csv")
    again = fetcher_in(tmp_path, again=True)
    assert again.get(url, name="a.csv").read_bytes() == b"id\n1\n"
    assert "a.csv: the copy fetched on 20" in again.notes[0]
    assert "(503)" in again.notes[0]


def test_offline_uses_the_cache_alone(server, tmp_path, monkeypatch):
    url = server.on("/a.csv", Answer(b"id\n1\n"))
    fetcher_in(tmp_path).get(url, name="a.csv")
    offline = fetcher_in(tmp_path, offline=True)
    assert offline.get(url, name="a.csv").read_bytes() == b"id\n1\n"
    with pytest.raises(NotCached, match=r"offline and has no copy of b\.csv"):
        offline.get(f"{server.url}/b.csv", name="b.csv")
    assert len(server.asked) == 1
    monkeypatch.setenv("LAEP_OFFLINE", "0")
    from laep.ingest.net.fetch import Fetcher

    assert not Fetcher().offline
    monkeypatch.setenv("LAEP_OFFLINE", "1")
    assert Fetcher().offline


def test_a_host_is_left_alone_between_two_requests(server, tmp_path, monkeypatch):
    fetcher, slept = fetcher_in(tmp_path, pause_s=3600.0), []
    monkeypatch.setattr(time, "sleep", slept.append)
    for name in "ab":
        fetcher.get(server.on(f"/{name}", Answer(b"x")), name=name)
    assert len(slept) == 1  # the first request waits for nobody
    assert 0.0 < slept[0] <= 3600.0


def test_areas_that_want_the_same_file_at_once_fetch_it_once(server, tmp_path):
    url = server.on("/big.bin", Answer(BIG, delay_s=0.2))
    got = []
    threads = [
        threading.Thread(target=lambda: got.append(fetcher_in(tmp_path).get(url, name="big.bin"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(got) == 4
    assert len(server.asked) == 1


def test_a_key_is_sent_in_its_header_and_written_nowhere(server, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("LAEP_UKPN_KEY", KEY)
    caplog.set_level("DEBUG")
    fetcher = fetcher_in(tmp_path)
    fetcher.get(server.on("/a.csv", Answer(b"id\n1\n")), name="a.csv", key="LAEP_UKPN_KEY")
    assert server.asked[0].headers["Authorization"] == f"Apikey {KEY}"
    with pytest.raises(FetchFailed) as caught:
        fetcher.get(server.on("/b", as_json({"message": f"no such key {KEY}"}, 401)), name="b", key="LAEP_UKPN_KEY")
    assert "key in LAEP_UKPN_KEY was sent and not accepted" in str(caught.value)
    everything = [
        str(caught.value),
        caplog.text,
        *(p.read_text(errors="replace") for p in tmp_path.rglob("*") if p.is_file()),
    ]
    assert not [text for text in everything if KEY in text]
    assert not [path for path in tmp_path.rglob("*") if KEY in str(path)]


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("https://connecteddata.nationalgrid.co.uk/d/a.csv", True),
        ("http://connecteddata.nationalgrid.co.uk/d/a.csv", False),
        ("https://connecteddata.nationalgrid.co.uk:8443/a.csv", False),
        ("https://connecteddata.nationalgrid.co.uk.example/a.csv", False),
        ("https://files.example/a.csv", False),
    ],
)
def test_a_key_goes_to_its_own_host_and_only_where_nobody_can_read_it(monkeypatch, url, goes):
    monkeypatch.setenv("LAEP_NGED_KEY", KEY)
    assert bool(keys.header("LAEP_NGED_KEY", url)) is goes


@pytest.mark.parametrize(("held", "said"), [(f"\u201c{KEY}\u201d", "left double quotation mark"), (f"{KEY[:9]}\n{KEY[9:]}", "line break"), (f'"{KEY}"', "quotation mark"), (f"{KEY} {KEY}", "space")])  # fmt: skip
def test_a_key_with_signs_of_a_word_processor_is_met_with_a_sentence(server, fetcher, monkeypatch, held, said):
    """Torture 13: UnicodeEncodeError, or `is this computer connected to the internet?`."""
    monkeypatch.setenv("LAEP_NGED_KEY", held)
    with pytest.raises(UserFault, match=f"LAEP_NGED_KEY holds what no key has: .*{said}") as caught:
        fetcher.get(server.on("/a", Answer(b"x")), name="a", key="LAEP_NGED_KEY")
    assert KEY not in str(caught.value)
    assert not server.asked


def test_a_key_does_not_follow_to_another_host(server, tmp_path, monkeypatch):
    monkeypatch.setenv("LAEP_NGED_KEY", KEY)
    elsewhere = server.on("/store.csv", Answer(b"id\n1\n")).replace("127.0.0.1", "localhost")
    url = server.on("/download", Answer(b"", 302, {"Location": elsewhere}))
    fetcher_in(tmp_path).get(url, name="store.csv", key="LAEP_NGED_KEY")
    assert [asked.headers.get("Authorization") for asked in server.asked] == [KEY, None]


def test_what_a_key_opens_is_not_served_to_those_without(server, tmp_path, monkeypatch):
    url = server.on("/a.csv", lambda asked: Answer(b"id\n1\n" if "Authorization" in asked.headers else b"id\n"))
    monkeypatch.setenv("LAEP_UKPN_KEY", KEY)
    assert fetcher_in(tmp_path).get(url, name="a.csv", key="LAEP_UKPN_KEY").read_bytes() == b"id\n1\n"
    monkeypatch.delenv("LAEP_UKPN_KEY")
    assert fetcher_in(tmp_path).get(url, name="a.csv", key="LAEP_UKPN_KEY").read_bytes() == b"id\n"


def test_secrets_in_an_address_are_not_kept(server, fetcher):
    url = server.on("/a", Answer(b"x")).replace("http://", "http://user:pass@")
    path = fetcher.get(url, name="a", params={"apikey": "SECRET", "token": "SECRET", "x": "1"})
    assert "SECRET" not in fetcher.origin(path).url
    assert "pass" not in fetcher.origin(path).url
    assert fetcher.origin(path).url.endswith("/a?x=1")


def test_keys_come_from_the_environment_or_the_users_file(tmp_path, monkeypatch):
    monkeypatch.setenv("LAEP_CONFIG", str(tmp_path))
    monkeypatch.delenv("LAEP_SPEN_KEY", raising=False)
    assert keys.value("LAEP_SPEN_KEY") is None
    assert "LAEP_SPEN_KEY" in keys.how_to_set("LAEP_SPEN_KEY")
    (tmp_path / "keys.toml").write_text(f'LAEP_SPEN_KEY = "{KEY}"\n')
    assert keys.header("LAEP_SPEN_KEY", "https://spenergynetworks.opendatasoft.com/x") == {
        "Authorization": f"Apikey {KEY}"
    }
    assert keys.hide(f"a {KEY} b") == "a *** b"
    monkeypatch.setenv("LAEP_SPEN_KEY", "other-key-123")
    assert keys.value("LAEP_SPEN_KEY") == "other-key-123"
    (tmp_path / "keys.toml").write_text(f"LAEP_SPEN_KEY = {KEY}\n")
    with pytest.raises(UserFault) as caught:
        keys.value("LAEP_NPG_KEY")
    assert KEY not in str(caught.value)


def test_a_cache_that_cannot_be_written_is_named(tmp_path, server):
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    blocked.chmod(0o500)
    if os.access(blocked, os.W_OK):
        pytest.skip("runs as a user whom no folder refuses")
    with pytest.raises(FetchFailed, match="LAEP_CACHE"):
        fetcher_in(blocked).get(server.on("/a", Answer(b"x")), name="a")


def test_the_cache_folder_can_be_set(tmp_path, monkeypatch):
    monkeypatch.setenv("LAEP_CACHE", str(tmp_path / "mine"))
    assert Cache().folder == tmp_path / "mine"
    assert not (tmp_path / "mine").exists()


def test_a_zip_is_unpacked_once_and_only_what_is_wanted(server, fetcher):
    url = server.on("/a.zip", Answer(zipped({"data/one.csv": "id\n1\n", "data/readme.txt": "hello"})))
    path = fetcher.get(url, name="a.zip", kind="zip")
    (member,) = fetcher.unpack(path, keep=r"\.csv$")
    assert member.read_text() == "id\n1\n"
    assert fetcher.origin(member).url == fetcher.origin(path).url
    assert fetcher.unpack(path, keep=r"\.csv$") == (member,)


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "a/../../out.csv", "C:/out.csv", "..\\out.csv"])
def test_an_archive_cannot_write_elsewhere(tmp_path, name):
    (tmp_path / "a.zip").write_bytes(zipped({name: "x"}))
    with pytest.raises(SourceInvalid, match="outside its folder"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "in" / "side")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.zip"]


def test_an_archive_cannot_burst(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped({"zeros.csv": "0" * 20_000_000}))
    with pytest.raises(SourceInvalid, match="grow more than 250 times"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "in")
    with pytest.raises(SourceInvalid, match=r"more than 0\.0 GB"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "in", most_bytes=1_000_000, most_ratio=10**9)
    assert not (tmp_path / "in").exists()


def test_an_archive_holds_no_links(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        link = zipfile.ZipInfo("link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(SourceInvalid, match="is a link"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "in")


def test_a_damaged_archive_leaves_nothing(tmp_path):
    whole = zipped({"a.csv": os.urandom(5000)})
    (tmp_path / "a.zip").write_bytes(whole[:1000] + b"\x00" * 500 + whole[1500:])
    with pytest.raises(SourceInvalid, match="damaged"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    (tmp_path / "b.zip").write_bytes(whole)
    with pytest.raises(SourceInvalid, match=r"holds no file laep looks for; it has a\.csv"):
        archive.unpack(tmp_path / "b.zip", tmp_path / "in", keep=r"\.tif$")


def test_no_depth_of_brackets_and_no_date_breaks_the_telling(server, fetcher):
    """Torture 13: three tracebacks."""
    for body, headers in ((b"[" * 16_000, {}), (b"{}", {"Retry-After": "0001-01-01T00:00:00+23:59"}), (b"{}", {"X-RateLimit-Reset": "9999-12-31T23:59:59-12:00"})):  # fmt: skip
        with pytest.raises(FetchFailed, match="429"):
            fetcher.get(server.on("/a", Answer(body, 429, headers)), name="a")
    assert fetcher.get(server.on("/b", Answer(b"x", headers={"X": "1"})), name="b").read_bytes() == b"x"
    (entry,) = (fetcher.cache.folder / "index").glob("*.json")
    entry.write_text(entry.read_text().replace("+00:00", ""))
    assert fetcher_in(fetcher.cache.folder).get(f"{server.url}/b", name="b").read_bytes() == b"x"


def test_a_zip_within_a_zip_is_unpacked_too(server, fetcher):
    """F4: the transformer load model comes so."""
    inner = zipped({"SEPD_transformers.csv": "full_nrn\n1\n"})
    path = fetcher.get(
        server.on("/a.zip", Answer(zipped({"inner.zip": inner, "about.txt": "x"}))), name="a.zip", kind="zip"
    )
    (member,) = fetcher.unpack(path, keep=r"\.csv$")
    assert member.read_text() == "full_nrn\n1\n"
    with pytest.raises(SourceInvalid, match="holds no file laep looks for"):
        fetcher.unpack(path, keep=r"\.tif$")


@given(st.text(max_size=200))
def test_any_name_becomes_one_that_a_folder_takes(text):
    name = tidy_name(text)
    assert 0 < len(name) <= 80
    assert "/" not in name
    assert name not in {".", ".."}


@given(st.binary(max_size=300), st.integers(400, 599))
def test_no_body_of_an_error_breaks_the_telling(body, status):
    said = str(refusals.refused("host", status, {}, body, None))
    assert said.startswith("host ")
    assert "\n" not in said


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda c: st.lists(c, max_size=3) | st.dictionaries(st.sampled_from(["error", "message", "success", "errors", "x"]), c, max_size=3), max_leaves=8))  # fmt: skip
def test_no_json_breaks_the_looking_for_errors(answer):
    assert isinstance(refusals.error_in(answer), str)
