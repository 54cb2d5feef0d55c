"""The line to the hosts in one round: requests sent with manners, answers read to their end, and waiting with a bound.

A host that is silent twice, or cannot be connected to, counts as away for the rest of the round. What is waited for in
all of a round is bounded, counted by host, and shown at its end.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException, SSLError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from laep.errors import FetchFailed
from laep.ingest.net import keys, manners, refusals
from laep.ingest.net.archive import MOST_RATIO, RATIO_FROM_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from laep.ingest.net.ask import Ask
    from laep.ingest.net.cache import Cache

BLOCK = 1 << 16
"""What is read and written at once. [bytes]"""
_AGAIN = (408, 429, 500, 502, 503, 504, 529)
_BUSY = (429, 504, 529)
_LONGEST_WAIT_S = 60.0  # a server that asks for more, such as until tomorrow, is not waited for
_SILENCES = 2
_SLOWEST_BYTES_S = 500.0  # an answer that trickles more slowly than this never ends
_TRICKLES_AFTER_S = 60.0
_RUNS_S = 180.0  # as long as servers let a question run that laep has stopped waiting for


@dataclass
class Traffic:
    """What went over the line to one host: requests, bytes that came, and seconds waited for it."""

    requests: int = 0
    bytes: int = 0
    waited_s: float = 0.0


class Dropped(Exception):
    """A connection that ended before its answer did: worth another try."""


@dataclass(kw_only=True)
class Line:
    """
    Sends requests and reads what comes back.

    Parameters
    ----------
    cache : Cache
        Whose locks keep this laep and others from asking one host at once.
    pause_s : float
        Least time between two requests to one host, over all areas. [s]
    attempts, backoff_s : int, float
        How often a request is made before giving up, and the first wait between two. [-, s]
    timeout_s : tuple
        Longest wait for a connection, and for the next piece of an answer. [s]
    patience_s : float
        Longest that all waiting of the round together may last before answers are taken as they come. [s]

    Attributes
    ----------
    traffic : dict
        What went over the line, by host.
    """

    cache: Cache
    pause_s: float
    attempts: int
    backoff_s: float
    timeout_s: tuple[float, float]
    patience_s: float
    traffic: dict[str, Traffic] = field(default_factory=dict)
    _away: dict[str, str] = field(default_factory=dict)
    _silences: Counter[str] = field(default_factory=Counter)
    _session: requests.Session | None = None

    @contextmanager
    def turn(self, ask: Ask) -> Iterator[None]:
        """Hold what a request needs to be alone with its host, from the question to the end of the answer."""
        with ExitStack() as held:
            if ask.manners.alone:
                held.enter_context(self.cache.lock(f"alone-{ask.manners.alone}"))
            yield

    def send(self, ask: Ask, headers: Mapping[str, str]) -> requests.Response:
        """
        Return the answer to a request, asked again while the host is in trouble and says that it may be.

        Raises
        ------
        FetchFailed
            When no answer came. The library's own words could hold the whole address, and are not repeated.
        """
        attempts = ask.manners.attempts or self.attempts
        for tried in range(1, attempts + 1):
            wait = self.backoff_s * 2 ** (tried - 1)
            try:
                response = self._once(ask, headers)
            except Dropped:
                if tried == attempts or not self.wait(ask.host, wait):
                    raise FetchFailed(
                        f"no connection to {ask.host}. Is this computer connected to the internet?"
                    ) from None
                continue
            if response.status_code not in _AGAIN or tried == attempts:
                return response
            if response.status_code in _BUSY:
                wait = max(wait, ask.manners.busy_s)
            wait = max(wait, refusals.seconds_to_wait(response.headers))
            if wait > _LONGEST_WAIT_S or not self.wait(ask.host, wait):
                return response
            response.close()
        raise AssertionError  # the last try has returned or raised

    def blocks(self, ask: Ask, response: requests.Response) -> Iterator[bytes]:
        """
        Yield the body of an answer, unpacked where it came packed.

        Raises
        ------
        Dropped
            When it ended before it was whole, trickled, or fell silent.
        FetchFailed
            When it grows beyond reason, or is packed in a way laep did not ask for.
        """
        packed = response.headers.get("Content-Encoding", "").casefold()
        if packed not in {"", "identity", "gzip", "x-gzip"}:
            raise FetchFailed(f"{ask.host} sent {ask.name} packed as {packed!r}, which laep did not ask for.")
        pieces = self._pieces(ask, response)
        yield from _unzipped(ask, pieces) if "gzip" in packed else pieces

    def wait(self, host: str, seconds: float) -> bool:
        """Wait for a host and return True, or False at once where the round has waited long enough."""
        if sum(each.waited_s for each in self.traffic.values()) + seconds > self.patience_s:
            return False
        time.sleep(seconds)
        self._of(host).waited_s += seconds
        return True

    def _of(self, host: str) -> Traffic:
        return self.traffic.setdefault(host, Traffic())

    def _once(self, ask: Ask, headers: Mapping[str, str]) -> requests.Response:
        if ask.host in self._away:  # what is not there for one dataset is not there for the next
            raise FetchFailed(self._away[ask.host])
        self._wait_for_turn(ask.host)
        if self._session is None:
            self._session = _session()
        running = self._running(ask)
        self._of(ask.host).requests += 1
        try:
            response = self._session.request(
                ask.method or ("POST" if ask.form else "GET"), ask.url,
                params=list(ask.params), data=list(ask.form) or None,
                headers={**headers, "User-Agent": manners.agent(ask.manners), **keys.header(ask.key, ask.url)},
                timeout=self.timeout_s, stream=True, auth=_keep_header,
            )  # fmt: skip
        except (RequestException, LocationParseError, ValueError) as error:
            raise self._unreachable(ask, error, running) from None
        _done(running)
        if ask.url.startswith("https:") and not response.url.startswith("https:"):
            response.close()
            raise FetchFailed(f"{ask.host} leads to an unprotected address, which laep does not follow.")
        return response

    def _running(self, ask: Ask) -> Path | None:
        """Mark that a question is being worked on, until it is answered; refuse one that may still be."""
        if not ask.manners.runs_on:
            return None
        stamp = self.cache.part(ask.mark).with_suffix(".running")
        age_s = time.time() - stamp.stat().st_mtime if stamp.is_file() else _RUNS_S
        if age_s < _RUNS_S:
            raise FetchFailed(
                f"{ask.host} may still be working on the same question, asked {age_s:,.0f} seconds ago. Try again in "
                f"{_RUNS_S - age_s:,.0f} seconds."
            )
        stamp.touch()
        return stamp

    def _pieces(self, ask: Ask, response: requests.Response) -> Iterator[bytes]:
        """Yield the body as it comes over the line."""
        began, came = time.monotonic(), 0
        try:
            for piece in response.raw.stream(BLOCK, decode_content=False):
                came += len(piece)
                self._of(ask.host).bytes += len(piece)
                yield piece
                lasted = time.monotonic() - began
                if lasted > _TRICKLES_AFTER_S and came < lasted * _SLOWEST_BYTES_S:
                    response.close()
                    raise Dropped
        except ReadTimeoutError:
            self._silent(ask.host)
            raise Dropped from None
        except HTTPError:
            raise Dropped from None

    def _silent(self, host: str) -> FetchFailed:
        """Count a silence, and return what to say of it."""
        self._silences[host] += 1
        self._of(host).waited_s += self.timeout_s[1]
        said = f"{host} did not answer within {self.timeout_s[1]:g} seconds. Try again later."
        if self._silences[host] >= _SILENCES:
            self._away[host] = said
        return FetchFailed(said)

    def _unreachable(self, ask: Ask, error: Exception, running: Path | None) -> Exception:
        """Return the error for a request that got no answer; one that may be worked on all the same stays marked."""
        reason = _reason(error)
        late = isinstance(error, requests.Timeout) or isinstance(reason, ReadTimeoutError)
        if late and not isinstance(reason, ConnectTimeoutError):
            return self._silent(ask.host)
        _done(running)
        told = _told(ask.host, error, reason)
        if isinstance(reason, ConnectTimeoutError):  # that it cannot be reached at all is one of these too
            told = told or f"{ask.host} did not answer within {self.timeout_s[0]:g} seconds. Try again later."
            self._away[ask.host] = told
        return FetchFailed(told) if told else Dropped()

    def _wait_for_turn(self, host: str) -> None:
        """Wait until the host was left alone for `pause_s`, whichever area asked last."""
        if not self.pause_s:
            return
        mark = hashlib.sha256(host.encode()).hexdigest()[:16]
        with self.cache.lock(f"host-{mark}"):
            stamp = self.cache.folder / "lock" / f"host-{mark}.asked"
            if stamp.is_file():
                since = time.time() - stamp.stat().st_mtime
                time.sleep(min(max(self.pause_s - since, 0.0), self.pause_s))
            stamp.touch()


def _session() -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "gzip"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    return session


def _keep_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is; given as `auth`, this keeps requests from looking for passwords of its own."""
    return request


def _done(running: Path | None) -> None:
    if running is not None:
        running.unlink(missing_ok=True)


def _unzipped(ask: Ask, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what a gzip body holds; one whose stream has no end was cut, whatever its length header says."""
    member, came, grown = zlib.decompressobj(wbits=31), 0, 0
    try:
        for piece in pieces:
            came += len(piece)
            rest = piece
            while rest:
                if member.eof:  # gzip files may be joined
                    member = zlib.decompressobj(wbits=31)
                block = member.decompress(rest, BLOCK)
                grown += len(block)
                if grown > RATIO_FROM_BYTES and grown > MOST_RATIO * came:
                    raise FetchFailed(
                        f"{ask.host} sent {ask.name} packed so that it grows more than {MOST_RATIO} times."
                    )
                yield block
                rest = member.unused_data if member.eof else member.unconsumed_tail
        yield member.flush()
    except zlib.error:
        raise Dropped from None
    if not member.eof:
        raise Dropped


def _reason(error: Exception) -> Any:
    """Return what lies under the library's error."""
    cause: Any = error.args[0] if error.args else error
    return getattr(cause, "reason", cause)


def _told(host: str, error: Exception, reason: Any) -> str:
    """Return the words for a connection that could not be made; empty for one that broke and may work next time."""
    if isinstance(error, SSLError):
        return f"{host} cannot prove who it is (its certificate was refused), so laep leaves it."
    if isinstance(error, requests.TooManyRedirects):
        return f"{host} sends laep round in a circle of addresses. The publisher may have moved the data."
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy between this computer and {host} refuses. Ask whoever runs your network."
    if isinstance(reason, NameResolutionError):
        return f"{host} cannot be found. Is this computer connected to the internet?"
    if isinstance(error, LocationParseError | ValueError):
        return f"{host} leads to an address that is none. The publisher may have moved the data."
    if isinstance(reason, NewConnectionError):
        return f"no connection to {host}. Is this computer connected to the internet?"
    return ""
