"""The only way laep reaches the network: polite, resumable, checked, and kept for every other area.

A request is asked again after a week, and then only whether it has changed. What comes is written beside its final
place, checked, and moved there in one step: a file in the cache is whole. Keys go out in one header and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, RequestException, SSLError
from urllib3.exceptions import (
    ConnectTimeoutError,
    InvalidHeader,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    ResponseError,
)
from urllib3.util import Retry

from laep.errors import FetchFailed, NotCached
from laep.files import now, replacing, sha256
from laep.ingest.net import archive, keys, refusals
from laep.ingest.net.cache import Cache, Origin, tidy_name
from laep.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from laep.ingest.net.refusals import Kind

OFFLINE_VARIABLE = "LAEP_OFFLINE"
USER_AGENT = f"Mozilla/5.0 (compatible; laep/{__version__}; local area energy plans)"
"""Says who asks, in the form that portals which turn away unknown programs let through."""

_WEEK_S = 7 * 24 * 3600.0
_AGAIN = (429, 500, 502, 503, 504)
_LONGEST_WAIT_S = 60.0  # a server that asks for more, such as until tomorrow, is not waited for
_BLOCK = 1 << 16  # what came after the last whole block of a broken connection is asked for again
_SPARE_BYTES = 200_000_000
_ERROR_BODY = 20_000
_SECRET = re.compile(r"key|token|secret|passw|signature|^sig$|^auth|credential", re.IGNORECASE)


def offline_by_environment() -> bool:
    """Return whether `LAEP_OFFLINE` keeps laep off the network."""
    return os.environ.get(OFFLINE_VARIABLE, "") not in {"", "0"}


@dataclass(frozen=True, kw_only=True)
class _Ask:
    """One request, and how its answer is called and checked."""

    url: str
    params: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    key: str | None
    name: str
    kind: Kind
    check: Callable[[Path], None] | None
    size_bytes: int | None = None
    md5: str | None = None
    licence: str = ""
    edition: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url

    @property
    def shown(self) -> str:
        """The address with its parameters, without anything secret."""
        parts = urlsplit(self.url)
        query = [pair for pair in (*parse_qsl(parts.query), *self.params) if not _SECRET.search(pair[0])]
        where = parts.netloc.rpartition("@")[2]
        return keys.hide(urlunsplit((parts.scheme, where, parts.path, urlencode(query), "")))

    @property
    def mark(self) -> str:
        """The name of this request in the cache; what a key opens is kept apart from what anyone may see."""
        said = [self.url, self.params, self.form, self.name, bool(self.key and keys.is_set(self.key))]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:40]


@dataclass(kw_only=True)
class Fetcher:
    """
    Fetches into the shared cache.

    Parameters
    ----------
    cache : Cache
        Where files are kept.
    offline : bool
        Use the cache alone; `LAEP_OFFLINE=1` says the same.
    again : bool
        Ask the server about files fetched within the last week too.
    pause_s : float
        Least time between two requests to one host, over all areas. [s]
    attempts, backoff_s : int, float
        How often a request is made before giving up, and the first wait between two. [-, s]
    timeout_s : tuple
        Longest wait for a connection, and for the next piece of an answer. [s]
    on_progress : callable
        Called as `on_progress(name, bytes so far, bytes in all or None)`.

    Attributes
    ----------
    notes : list of str
        What the user should know of files that were served from the cache because the server failed.
    """

    cache: Cache = field(default_factory=Cache)
    offline: bool = field(default_factory=offline_by_environment)
    again: bool = False
    pause_s: float = 1.0
    attempts: int = 4
    backoff_s: float = 1.0
    timeout_s: tuple[float, float] = (15.0, 180.0)
    on_progress: Callable[[str, int, int | None], None] = lambda *_: None
    notes: list[str] = field(default_factory=list)
    _origins: dict[Path, Origin] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _away: dict[str, str] = field(default_factory=dict)
    _session: requests.Session | None = None

    def get(
        self,
        url: str,
        *,
        name: str,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        key: str | None = None,
        kind: Kind = "any",
        check: Callable[[Path], None] | None = None,
        size_bytes: int | None = None,
        md5: str | None = None,
        licence: str = "",
        edition: str = "",
    ) -> Path:
        """
        Return the file that a request gives, from the cache where it is new enough.

        Parameters
        ----------
        url, params, form : str, mapping, mapping
            The address, its parameters, and fields to post; none of them may hold a key.
        name : str
            File name to keep it under; the ending tells readers the format.
        key : str, optional
            Name of the key sent in the header `Authorization` when it is set (see `laep.ingest.net.keys`).
        kind : str
            What must have come, known by its first bytes.
        check : callable, optional
            Looks at the file before it is kept, and raises `FetchFailed` when it is not the data.
        size_bytes, md5 : int, str, optional
            What the publisher says of the file.
        licence, edition : str, optional
            What the portal says of the dataset, kept with the file.

        Raises
        ------
        FetchFailed
            Saying what happened. A copy from an earlier day is used in its place where there is one, with a note.
        """
        ask = _Ask(
            url=url, params=_pairs(params), form=_pairs(form), key=key, name=tidy_name(name), kind=kind, check=check,
            size_bytes=size_bytes, md5=md5, licence=licence, edition=edition,
        )  # fmt: skip
        with self.cache.lock(ask.mark):
            held = self.cache.find(ask.mark)
            if held is None or not (self.offline or self._new_enough(ask, held)):
                held = self._asked_for(ask, held)
        self._asked.add(ask.mark)
        path = self.cache.path(held)
        self._origins[path] = held
        return path

    def json(self, url: str, *, name: str = "answer.json", **more: Any) -> Any:
        """Return the JSON that a request gives; an error told in it with status 200 is raised and not kept."""
        host = urlsplit(url).hostname or url
        path = self.get(url, name=name, kind="json", check=lambda file: _check_json(host, file), **more)
        return json.loads(path.read_bytes())

    def keep(self, name: str, content: bytes, *, of: Iterable[Path]) -> Path:
        """Keep a file made of fetched ones, such as pages joined; its origin is theirs."""
        sources = [self._origins[path] for path in of]
        digest = hashlib.sha256(content).hexdigest()
        origin = replace(
            min(sources, key=lambda origin: origin.retrieved_at), name=tidy_name(name), sha256=digest,
            size_bytes=len(content),
        )  # fmt: skip
        path = self.cache.path(origin)
        if not (path.is_file() and path.stat().st_size == len(content) and sha256(path) == digest):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                part.write_bytes(content)
        self._origins[path] = origin
        return path

    def unpack(self, path: Path, *, keep: str = "") -> tuple[Path, ...]:
        """Return the members of a fetched zip whose path matches `keep`, unpacked into the cache."""
        origin = self._origins[path]
        folder = self.cache.unpacked(origin.sha256, keep)
        with self.cache.lock(folder.name):
            members = archive.unpack(path, folder, keep=keep)
        for member in members:
            size = member.stat().st_size
            self._origins[member] = replace(origin, name=member.name, sha256=sha256(member), size_bytes=size)
        return members

    def origin(self, path: Path) -> Origin:
        """Return where a file that this fetcher gave came from."""
        return self._origins[path]

    def _new_enough(self, ask: _Ask, held: Origin) -> bool:
        return ask.mark in self._asked or (not self.again and held.age_s() < _WEEK_S)

    def _asked_for(self, ask: _Ask, held: Origin | None) -> Origin:
        """Return the newest content, or what is held where the server does not give it."""
        if self.offline:
            raise NotCached(f"laep is offline and has no copy of {ask.name} from {ask.host}.")
        try:
            return self._download(ask, held)
        except FetchFailed as fault:
            if held is None:
                raise
            self.notes.append(f"{ask.name}: the copy fetched on {held.retrieved_at[:10]} is used, because {fault}")
            return held

    def _download(self, ask: _Ask, held: Origin | None) -> Origin:
        part = self.cache.part(ask.mark)
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(min(self.backoff_s * 2 ** (attempt - 1), _LONGEST_WAIT_S))
            transfer = self._transfer(ask, part, held)
            if transfer is None:
                continue
            if transfer.unchanged and held is not None:
                return self.cache.confirm(ask.mark, held)
            return self._finish(ask, part, transfer)
        got = part.stat().st_size if part.is_file() else 0
        raise FetchFailed(
            f"the connection to {ask.host} broke off {self.attempts} times after {got / 1e6:,.1f} MB. The same command "
            "goes on from there."
        )

    def _transfer(self, ask: _Ask, part: Path, held: Origin | None) -> _Transfer | None:
        """Make one request and write what comes to `part`; None where the body broke off and should be tried again."""
        begun = _read_begun(part)
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", **keys.header(ask.key)}
        if begun:
            headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": begun, "Accept-Encoding": "identity"}
        elif held is not None:
            headers |= _only_if_changed(held)
        with self._send(ask, headers) as response:
            if response.status_code == 304 and held is not None:
                return _Transfer(unchanged=True)
            if response.status_code == 416 or (response.status_code == 206 and not _continues(response, part)):
                _forget(part)
                return None
            if response.status_code >= 400:
                raise refusals.refused(ask.host, response.status_code, response.headers, _body(response), ask.key)
            return self._write(ask, response, part)

    def _send(self, ask: _Ask, headers: Mapping[str, str]) -> requests.Response:
        if ask.host in self._away:  # what is not there for one dataset is not there for the next
            raise FetchFailed(self._away[ask.host])
        self._wait_for_turn(ask.host)
        if self._session is None:
            self._session = _session(self.attempts, self.backoff_s)
        method = "POST" if ask.form else "GET"
        try:
            response = self._session.request(
                method, ask.url, params=list(ask.params), data=list(ask.form) or None, headers=dict(headers),
                timeout=self.timeout_s, stream=True, auth=_keep_header,
            )  # fmt: skip
        except RequestException as error:
            fault = _unreachable(ask.host, error, self.timeout_s)
            if isinstance(_reason(error), NewConnectionError | ConnectTimeoutError):
                self._away[ask.host] = str(fault)
            raise fault from None
        if ask.url.startswith("https:") and not response.url.startswith("https:"):
            response.close()
            raise FetchFailed(f"{ask.host} leads to an unprotected address, which laep does not follow.")
        return response

    def _write(self, ask: _Ask, response: requests.Response, part: Path) -> _Transfer | None:
        resumed = response.status_code == 206
        done = part.stat().st_size if resumed else 0
        total = _total(response, done)
        _check_room(part, total, done)
        stamp = _validator(response)
        if not resumed:
            _forget(part)
            if stamp and "Content-Encoding" not in response.headers:
                part.with_suffix(".stamp").write_text(stamp, encoding="utf-8")
        broken = False
        try:
            with part.open("ab" if resumed else "wb") as file:
                for block in response.iter_content(_BLOCK):
                    file.write(block)
                    done += len(block)
                    self.on_progress(ask.name, done, total)
        except (ChunkedEncodingError, ContentDecodingError, requests.ConnectionError):
            broken = True
        except OSError as error:
            raise FetchFailed(f"{ask.name} cannot be written to {part.parent} ({error.strerror}).") from error
        if broken or (total is not None and done < total):
            if not part.with_suffix(".stamp").is_file():
                _forget(part)  # without a mark of its version a half cannot be joined to another half
            return None
        return _Transfer(etag=response.headers.get("ETag", ""), last_modified=response.headers.get("Last-Modified", ""))

    def _finish(self, ask: _Ask, part: Path, transfer: _Transfer) -> Origin:
        """Check a whole download and put it in its place; what is not the data is thrown away."""
        try:
            refusals.check(ask.host, part, ask.kind)
            _check_sum(ask, part)
            if ask.check is not None:
                ask.check(part)
        except FetchFailed:
            _forget(part)
            raise
        moment = now()
        origin = Origin(
            url=ask.shown, name=ask.name, sha256=sha256(part), size_bytes=part.stat().st_size, retrieved_at=moment,
            checked_at=moment, etag=transfer.etag, last_modified=transfer.last_modified, licence=ask.licence,
            edition=ask.edition,
        )  # fmt: skip
        self.cache.keep(ask.mark, part, origin)
        part.with_suffix(".stamp").unlink(missing_ok=True)
        return origin

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


@dataclass(frozen=True, kw_only=True)
class _Transfer:
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = False


class _Patience(Retry):
    """Retries that wait as long as a server asks, up to a minute; beyond that its answer is taken as final."""

    def get_retry_after(self, response: Any) -> float | None:
        """Return the seconds asked for, None where the header is missing or not to be understood."""
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            return None

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        """Count one more try, or stop where the server wants a longer wait or has no address."""
        if isinstance(error, NameResolutionError):
            raise MaxRetryError(_pool, url or "", error)
        if response is not None and (self.get_retry_after(response) or 0) > _LONGEST_WAIT_S:
            raise MaxRetryError(_pool, url or "", ResponseError("asked to come back later"))
        return super().increment(method, url, response, error, _pool, _stacktrace)


def _session(attempts: int, backoff_s: float) -> requests.Session:
    session = requests.Session()
    retry = _Patience(
        total=attempts - 1, backoff_factor=backoff_s, backoff_max=_LONGEST_WAIT_S, status_forcelist=_AGAIN,
        allowed_methods=frozenset({"GET", "POST"}), raise_on_status=False, respect_retry_after_header=True,
    )  # fmt: skip
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session


def _keep_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is; given as `auth`, this keeps requests from looking for passwords of its own."""
    return request


def _pairs(mapping: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in (mapping or {}).items() if value is not None)


def _only_if_changed(held: Origin) -> dict[str, str]:
    headers = {}
    if held.etag:
        headers["If-None-Match"] = held.etag
    if held.last_modified:
        headers["If-Modified-Since"] = held.last_modified
    return headers


def _validator(response: requests.Response) -> str:
    """Return the mark by which a later part can be told to be of the same version; weak marks do not tell."""
    etag = response.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return "" if etag else response.headers.get("Last-Modified", "")


def _read_begun(part: Path) -> str:
    """Return the version mark of a download begun earlier, empty when there is none to go on with."""
    stamp = part.with_suffix(".stamp")
    if part.is_file() and part.stat().st_size and stamp.is_file():
        return stamp.read_text(encoding="utf-8")
    return ""


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_suffix(".stamp").unlink(missing_ok=True)


def _continues(response: requests.Response, part: Path) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return bool(found) and part.is_file() and int(found.group(1)) == part.stat().st_size  # type: ignore[union-attr]


def _total(response: requests.Response, done: int) -> int | None:
    """Return the bytes of the whole file; unknown where it is sent compressed or in pieces."""
    length = response.headers.get("Content-Length", "")
    if not length.isdigit() or "Content-Encoding" in response.headers:
        return None
    return done + int(length)


def _check_room(part: Path, total: int | None, done: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if total is not None and total - done + _SPARE_BYTES > free:
        raise FetchFailed(
            f"the download needs {(total - done) / 1e6:,.0f} MB and {part.parent} has {free / 1e6:,.0f} MB free."
        )


def _check_sum(ask: _Ask, path: Path) -> None:
    size = path.stat().st_size
    if ask.size_bytes is not None and size != ask.size_bytes:
        raise FetchFailed(f"{ask.host} sent {size:,} bytes of {ask.name} and promises {ask.size_bytes:,}.")
    if ask.md5:
        with path.open("rb") as file:
            got = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if got != ask.md5.lower():
            raise FetchFailed(f"{ask.host} sent {ask.name} damaged: its MD5 sum is not the one it publishes.")


def _check_json(host: str, path: Path) -> None:
    try:
        answer = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise FetchFailed(f"{host} sent JSON that breaks off or is damaged.") from None
    if wrong := refusals.error_in(answer):
        raise FetchFailed(f"{host} answered with an error: {wrong}.")


def _body(response: requests.Response) -> bytes:
    """Return the beginning of an error's body, empty where it cannot be read."""
    try:
        return next(response.iter_content(_ERROR_BODY), b"")
    except (ChunkedEncodingError, ContentDecodingError, requests.ConnectionError):
        return b""


def _reason(error: RequestException) -> Any:
    """Return what lies under the library's error."""
    cause: Any = error.args[0] if error.args else error
    return getattr(cause, "reason", cause)


def _unreachable(host: str, error: RequestException, timeout_s: tuple[float, float]) -> FetchFailed:
    """Return the error for a request that got no answer; the library's own text could hold the whole address."""
    reason = _reason(error)
    if isinstance(error, SSLError):
        return FetchFailed(f"{host} cannot prove who it is (its certificate was refused), so laep leaves it.")
    if isinstance(error, requests.TooManyRedirects):
        return FetchFailed(f"{host} sends laep round in a circle of addresses. The publisher may have moved the data.")
    if isinstance(error, requests.exceptions.ProxyError):
        return FetchFailed(f"the proxy between this computer and {host} refuses. Ask whoever runs your network.")
    if isinstance(reason, NameResolutionError):
        return FetchFailed(f"{host} cannot be found. Is this computer connected to the internet?")
    late = isinstance(error, requests.Timeout) or isinstance(reason, ReadTimeoutError | ConnectTimeoutError)
    if late and not isinstance(reason, NewConnectionError):  # which the library counts among the late ones
        return FetchFailed(f"{host} did not answer within {timeout_s[1]:g} seconds. Try again later.")
    return FetchFailed(f"no connection to {host}. Is this computer connected to the internet?")
