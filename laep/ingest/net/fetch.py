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
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError

from laep.errors import FetchFailed, NotCached
from laep.files import now, replacing, sha256
from laep.ingest.net import archive, manners, refusals, whole
from laep.ingest.net.ask import Ask, pairs
from laep.ingest.net.cache import Cache, Origin, tidy_name
from laep.ingest.net.line import Dropped, Line, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from laep.ingest.net.manners import Manners
    from laep.ingest.net.refusals import Kind

OFFLINE_VARIABLE = "LAEP_OFFLINE"
LARGE_BYTES = 100_000_000
"""Before more than this is fetched, laep says how much it is, and what for."""

_WEEK_S = 7 * 24 * 3600.0
_SPARE_BYTES = 200_000_000
_ERROR_BODY = 20_000


def offline_by_environment() -> bool:
    """Return whether `LAEP_OFFLINE` keeps laep off the network."""
    return os.environ.get(OFFLINE_VARIABLE, "") not in {"", "0"}


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
    patience_s : float
        Longest that all waiting together may last. [s]
    on_progress : callable
        Called as `on_progress(name, bytes so far, bytes in all or None)`.
    on_large : callable
        Told, in a sentence, before much is fetched.

    Attributes
    ----------
    purpose : str
        What files are fetched for, in words, such as the title of a source.
    notes : list of str
        What the user should know of files that were served from the cache because the server failed.
    """

    cache: Cache = field(default_factory=Cache)
    offline: bool = field(default_factory=offline_by_environment)
    again: bool = False
    pause_s: float = 1.0
    attempts: int = 4
    backoff_s: float = 1.0
    timeout_s: tuple[float, float] = (15.0, 60.0)
    patience_s: float = 900.0
    on_progress: Callable[[str, int, int | None], None] = lambda *_: None
    on_large: Callable[[str], None] = lambda _: None
    purpose: str = ""
    notes: list[str] = field(default_factory=list)
    _origins: dict[Path, Origin] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _made_of: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    _marks: dict[Path, str] = field(default_factory=dict)
    _expected: dict[str, float] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _line: Line | None = None

    @property
    def line(self) -> Line:
        """The line to the hosts, one in a round."""
        if self._line is None:
            self._line = Line(
                cache=self.cache, pause_s=self.pause_s, attempts=self.attempts, backoff_s=self.backoff_s,
                timeout_s=self.timeout_s, patience_s=self.patience_s,
            )  # fmt: skip
        return self._line

    @property
    def traffic(self) -> Mapping[str, Traffic]:
        """What went over the line so far, by host."""
        return self.line.traffic

    def get(
        self,
        url: str,
        *,
        name: str,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        key: str | None = None,
        kind: Kind = "any",
        check: Callable[[Path], object] | None = None,
        size_bytes: int | None = None,
        md5: str | None = None,
        licence: str = "",
        edition: str = "",
        accept: str = "*/*",
        polite: Manners | None = None,
    ) -> Path:
        """
        Return the file that a request gives, from the cache where it is new enough.

        Parameters
        ----------
        url, params, form : str, mapping, mapping
            The address, its parameters, and fields to post; none of them may hold a key. A list of values gives its
            name several times.
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
        accept : str
            The form asked for, where one address gives several.
        polite : Manners, optional
            What this kind of host wants of those who ask; None goes by its name.

        Raises
        ------
        FetchFailed
            Saying what happened. A copy from an earlier day is used in its place where there is one, with a note.
        """
        ask = Ask(
            url=url, params=pairs(params), form=pairs(form), key=key, name=tidy_name(name), kind=kind, check=check,
            size_bytes=size_bytes, md5=md5, licence=licence, edition=edition, accept=accept,
            manners=polite or manners.of(urlsplit(url).hostname or ""),
        )  # fmt: skip
        with self.cache.lock(ask.mark):
            held = self.cache.find(ask.mark)
            if held is None or not (self.offline or self._new_enough(ask, held)):
                held = self._asked_for(ask, held)
        self._asked.add(ask.mark)
        path = self.cache.path(held)
        self._origins[path], self._marks[path] = held, ask.mark
        return path

    def json(self, url: str, *, name: str = "answer.json", **more: Any) -> Any:
        """Return the JSON that a request gives; an error told in it with status 200 is raised and not kept."""
        host = urlsplit(url).hostname or url
        path = self.get(
            url,
            name=name,
            kind="json",
            check=lambda file: refusals.raise_if_error(host, refusals.loaded(host, file)),
            **more,
        )
        return json.loads(path.read_bytes())

    def there(self, url: str, *, params: Mapping[str, Any] | None = None, key: str | None = None) -> Mapping[str, str]:
        """
        Return what a server says of a file, without the file; nothing of it is kept.

        Raises
        ------
        FetchFailed
            When it says that the file is not there, or nothing at all.
        """
        if self.offline:
            raise NotCached(f"laep is offline, so {urlsplit(url).hostname} is not asked.")
        ask = Ask(
            url=url, params=pairs(params), form=(), key=key, name="head", kind="any", check=None, method="HEAD",
            manners=manners.of(urlsplit(url).hostname or ""),
        )  # fmt: skip
        with self.line.send(ask, {}) as response:
            if response.status_code >= 400:
                raise refusals.refused(ask.host, response.status_code, response.headers, b"", key)
            return dict(response.headers)

    def keep(self, name: str, content: bytes, *, of: Iterable[Path], edition: str = "") -> Path:
        """Keep a file made of fetched ones, such as pages joined; its origin is theirs."""
        made_of = tuple(of)
        sources = [self._origins[path] for path in made_of]
        digest = hashlib.sha256(content).hexdigest()
        origin = replace(
            min(sources, key=lambda origin: origin.retrieved_at), name=tidy_name(name), sha256=digest,
            size_bytes=len(content), edition=edition or sources[0].edition,
        )  # fmt: skip
        path = self.cache.path(origin)
        if not (path.is_file() and path.stat().st_size == len(content) and sha256(path) == digest):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                part.write_bytes(content)
        self._origins[path], self._made_of[path] = origin, made_of
        return path

    def unpack(self, path: Path, *, keep: str = "") -> tuple[Path, ...]:
        """Return members of a fetched zip whose path matches `keep`, in the cache; else those of zips within it."""
        origin = self._origins[path]
        folder = self.cache.unpacked(origin.sha256, keep)
        if not archive.names(path, keep) and archive.names(path, r"\.zip$"):
            zips = self.unpack(path, keep=r"\.zip$")
            return tuple(member for packed in zips for member in self.unpack(packed, keep=keep))
        with self.cache.lock(folder.name):
            members = archive.unpack(path, folder, keep=keep)
        for member in members:
            size = member.stat().st_size
            self._origins[member] = replace(origin, name=member.name, sha256=sha256(member), size_bytes=size)
            self._made_of[member] = (path,)
        return members

    def drop(self, paths: Iterable[Path]) -> None:
        """Forget files whose reader refused them, and what they were made of, so that they are asked for anew."""
        for path in paths:
            mark = self._marks.pop(path, None)
            if mark is not None:
                self._asked.discard(mark)
                self.cache.forget(mark)
            made_of = self._made_of.pop(path, ())
            self.drop(made_of)
            for packed in made_of:  # a member alone cannot be put back: all of them are unpacked again
                self.cache.forget_unpacked(self._origins[packed].sha256)

    def expect(self, size_bytes: float) -> None:
        """Count what is about to come for the present purpose, and say so once where it is much."""
        self._expected[self.purpose] = self._expected.get(self.purpose, 0.0) + size_bytes
        self._say_large(self._expected[self.purpose])

    def _say_large(self, size_bytes: float) -> None:
        if size_bytes > LARGE_BYTES and self.purpose not in self._said:
            self._said.add(self.purpose)
            what = f" for {self.purpose}" if self.purpose else ""
            self.on_large(f"About {size_bytes / 1e6:,.0f} MB come now{what}. Ctrl-C stops, and what has come stays.")

    def origin(self, path: Path) -> Origin:
        """Return where a file that this fetcher gave came from."""
        return self._origins[path]

    def _new_enough(self, ask: Ask, held: Origin) -> bool:
        return ask.mark in self._asked or (not self.again and held.age_s() < _WEEK_S)

    def _asked_for(self, ask: Ask, held: Origin | None) -> Origin:
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

    def _download(self, ask: Ask, held: Origin | None) -> Origin:
        part = self.cache.part(ask.mark)
        attempts = ask.manners.attempts or self.attempts
        for tried in range(1, attempts + 1):
            try:
                with self.line.turn(ask):
                    transfer = self._transfer(ask, part, held)
                if transfer.unchanged and held is not None:
                    return self.cache.confirm(ask.mark, held)
                return self._finish(ask, part, transfer)
            except (Dropped, refusals.Busy) as fault:
                wait = max(self.backoff_s * 2 ** (tried - 1), ask.manners.busy_s * isinstance(fault, refusals.Busy))
                if tried == attempts or not self.line.wait(ask.host, wait):
                    if isinstance(fault, refusals.Busy):
                        raise
                    break
        got = part.stat().st_size if part.is_file() else 0
        raise FetchFailed(
            f"the connection to {ask.host} broke off {tried} times after {got / 1e6:,.1f} MB. The same command "
            "goes on from there."
        )

    def _transfer(self, ask: Ask, part: Path, held: Origin | None) -> _Transfer:
        """Make one request and write what comes to `part`; raises `Dropped` where the body broke off."""
        begun = _read_begun(part)
        headers = {"Accept": ask.accept}
        if begun:
            headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": begun, "Accept-Encoding": "identity"}
        elif held is not None:
            headers |= _only_if_changed(held)
        with self.line.send(ask, headers) as response:
            if response.status_code == 304 and held is not None:
                return _Transfer(unchanged=True)
            if response.status_code == 416 or (response.status_code == 206 and not _continues(response, part, begun)):
                _forget(part)
                raise Dropped
            if response.status_code >= 400:
                raise refusals.refused(ask.host, response.status_code, response.headers, _body(response), ask.key)
            return self._write(ask, response, part)

    def _write(self, ask: Ask, response: requests.Response, part: Path) -> _Transfer:
        resumed = response.status_code == 206
        done = part.stat().st_size if resumed else 0
        total = _total(response)
        room = _room(part, total, done)
        if total is not None:
            self._say_large(total - done)
        stamp = _validator(response)
        if not resumed:
            _forget(part)
            if stamp and "Content-Encoding" not in response.headers:
                part.with_suffix(".stamp").write_text(stamp, encoding="utf-8")
        try:
            with part.open("ab" if resumed else "wb") as file:
                self._fill(file, ask, response, done, total, room)
        except Dropped:
            if not part.with_suffix(".stamp").is_file():
                _forget(part)  # without a mark of its version a half cannot be joined to another half
            raise
        except FetchFailed:
            _forget(part)
            raise
        except OSError as error:
            _forget(part)  # a full disk is not kept full
            raise FetchFailed(f"{ask.name} cannot be written to {part.parent} ({error.strerror}).") from error
        return _Transfer(etag=response.headers.get("ETag", ""), last_modified=response.headers.get("Last-Modified", ""))

    def _fill(
        self, file: BinaryIO, ask: Ask, response: requests.Response, done: int, total: int | None, room: int
    ) -> None:
        """Write what comes; raises `Dropped` where less came than the server promised."""
        for block in self.line.blocks(ask, response):
            file.write(block)
            done += len(block)
            self.on_progress(ask.name, done, total)
            if done > room:
                raise FetchFailed(f"{ask.name} is larger than there is room for on this computer.")
        if total is not None and done < total:
            raise Dropped

    def _finish(self, ask: Ask, part: Path, transfer: _Transfer) -> Origin:
        """Check a whole download and put it in its place; what is not the data is thrown away."""
        try:
            refusals.check(ask.host, part, ask.kind)
            _check_sum(ask, part)
            whole.check(ask.host, ask.name, part, ask.kind)
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


@dataclass(frozen=True, kw_only=True)
class _Transfer:
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = False


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


_SPAN = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)", re.ASCII)


def _continues(response: requests.Response, part: Path, begun: str) -> bool:
    """Return whether a part of a file goes on where `part` ends, and is of the version that `part` is of."""
    span = _SPAN.match(response.headers.get("Content-Range", ""))
    stamp = _validator(response)
    return bool(begun and span and stamp in {"", begun} and part.is_file() and int(span[1]) == part.stat().st_size)


def _total(response: requests.Response) -> int | None:
    """Return the bytes of the whole file; unknown where it is sent compressed or in pieces."""
    if response.status_code == 206 and (span := _SPAN.match(response.headers.get("Content-Range", ""))):
        return int(span[3]) if span[3] != "*" else int(span[2]) + 1
    length = response.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()) or "Content-Encoding" in response.headers:
        return None
    return int(length)


def _room(part: Path, total: int | None, done: int) -> int:
    """Return how large the part may grow; refuse what is known not to fit."""
    free = shutil.disk_usage(part.parent).free
    if total is not None and total - done + _SPARE_BYTES > free:
        raise FetchFailed(
            f"the download needs {(total - done) / 1e6:,.0f} MB and {part.parent} has {free / 1e6:,.0f} MB free."
        )
    return min(done + free - _SPARE_BYTES, archive.MOST_BYTES)


def _check_sum(ask: Ask, path: Path) -> None:
    size = path.stat().st_size
    if ask.size_bytes is not None and size != ask.size_bytes:
        raise FetchFailed(f"{ask.host} sent {size:,} bytes of {ask.name} and promises {ask.size_bytes:,}.")
    if ask.md5:
        with path.open("rb") as file:
            got = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if got != ask.md5.lower():
            raise FetchFailed(f"{ask.host} sent {ask.name} damaged: its MD5 sum is not the one it publishes.")


def _body(response: requests.Response) -> bytes:
    """Return the beginning of an error's body, empty where it cannot be read."""
    try:
        return next(response.iter_content(_ERROR_BODY), b"")
    except (ChunkedEncodingError, ContentDecodingError, requests.ConnectionError):
        return b""
