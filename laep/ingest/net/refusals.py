"""What a server's answer means when it is not the data, in words that say what to do."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from laep.errors import FetchFailed, NotCached
from laep.ingest.net import keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from laep.errors import SourceInvalid

Kind = Literal["csv", "json", "xml", "zip", "tiff", "parquet", "xlsx", "any"]

_HEAD_BYTES = 4096
_SAID_CHARS = 200  # as much of a server's own words as fits two lines of a terminal
_MAGIC: dict[str, tuple[bytes, ...]] = {
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "xlsx": (b"PK\x03\x04",),
    "tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "parquet": (b"PAR1",),
}
_NAMES = {
    "csv": "a table",
    "json": "JSON",
    "xml": "XML",
    "zip": "a zip file",
    "tiff": "a GeoTIFF",
    "xlsx": "a workbook",
    "parquet": "a Parquet file",
}
_WORDS = (
    "message",
    "error_message",
    "detail",
    "details",
    "description",
    "title",
    "__type",
    "error",
    "errors",
    "reason",
    "msg",
    "exceptions",
    "exceptionText",
    "text",
)


class Refused(FetchFailed):
    """A server answered with a status of 400 or more."""

    status = 0


class Busy(FetchFailed):
    """A server told of trouble of its own inside an answer of status 200: worth another try."""


def refused(host: str, status: int, headers: Mapping[str, str], body: bytes, key: str | None) -> Refused:
    """Return the error for an HTTP status of 400 or more."""
    fault = Refused(_about_status(host, status, headers, body, key))
    fault.status = status
    return fault


def _about_status(host: str, status: int, headers: Mapping[str, str], body: bytes, key: str | None) -> str:
    said = _said(body)
    if status == 401:
        return f"{host} does not let laep in (401){said}. {_about_key(key)}"
    if status == 403:
        hint = _about_key(key) if key else "It may want an account, a browser, or a computer in the United Kingdom."
        return f"{host} refuses this dataset (403){said}. {hint}"
    if status in {404, 410}:
        return f"{host} has no such dataset any more ({status}){said}. The publisher may have renamed it."
    if status == 406:
        return f"{host} turns away programs that name themselves as laep does (406){said}."
    if status == 429:
        return f"{host} says laep has asked too often (429){said}. {_when(headers, body)}"
    if status == 408 or status >= 500:
        return f"{host} is in trouble ({status}){said}. Try again in an hour."
    return f"{host} did not understand the question ({status}){said}."


def together(faults: Sequence[SourceInvalid]) -> FetchFailed:
    """Return one fault for several ways that were tried; not cached only where nothing but the network was missing."""
    kind = NotCached if all(isinstance(fault, NotCached) for fault in faults) else FetchFailed
    return kind(" ".join(dict.fromkeys(map(str, faults))))


def check(host: str, path: Path, kind: Kind) -> None:
    """Raise `FetchFailed` when a file that came with status 200 is not of its kind."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        raise FetchFailed(f"{host} answered with an empty file.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head")) and kind != "any":
        raise FetchFailed(
            f"{host} sent a web page in place of {_NAMES[kind]}{_page_title(head)}. It may want a login, or be closed "
            "for maintenance."
        )
    if kind in _MAGIC and not head.startswith(_MAGIC[kind]):
        raise FetchFailed(f"{host} sent something other than {_NAMES[kind]}{_said(head)}.")
    if kind == "json" and start[:1] not in {b"{", b"["}:
        raise FetchFailed(f"{host} sent something other than JSON{_said(head)}.")
    if kind == "xml" and start[:1] != b"<":
        raise FetchFailed(f"{host} sent something other than XML{_said(head)}.")
    if kind == "csv" and start[:1] in {b"{", b"<"}:
        raise FetchFailed(f"{host} sent an error in place of a table{_said(head)}.")


def error_in(answer: Any) -> str:
    """Return what a JSON answer with status 200 says went wrong, or an empty text when it does not say so."""
    if isinstance(answer, dict):
        if answer.get("success") is False or isinstance(answer.get("error"), dict | str):
            return short(_words(answer) or "it gives no reason")
        if {"error_code", "errorcode", "exception", "exceptions"} & answer.keys():
            return short(_words(answer) or "it gives no reason")
    return ""


def raise_if_error(host: str, answer: Any) -> None:
    """
    Raise what a JSON answer with status 200 says went wrong.

    Raises
    ------
    Busy
        When the server says that it was in trouble or overloaded.
    FetchFailed
        For any other error.
    """
    if not (said := error_in(answer)):
        return
    error = answer.get("error")
    code = error.get("code") if isinstance(error, dict) else answer.get("code")
    number = f" {code}" if isinstance(code, int) else ""
    kind = Busy if isinstance(code, int) and (code >= 500 or code in {408, 429}) else FetchFailed
    raise kind(f"{host} answered with an error{number}: {said}.")


def loaded(host: str, path: Path) -> Any:
    """
    Return the JSON in a file.

    Raises
    ------
    FetchFailed
        When it breaks off or is damaged.
    """
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise FetchFailed(f"{host} sent JSON that is broken off or damaged.") from None


def check_json(host: str, path: Path) -> None:
    """Refuse a file that is no JSON, or tells of an error."""
    raise_if_error(host, loaded(host, path))


def collection(host: str, path: Path, *, of: str = "features") -> dict[str, Any]:
    """
    Return a GeoJSON or ArcGIS answer; errors come with status 200, so as a check of one it tells them.

    Raises
    ------
    FetchFailed
        When it tells of an error, with the server's words, or has no list of features.
    """
    answer = loaded(host, path)
    raise_if_error(host, answer)
    if not isinstance(answer, dict) or not isinstance(answer.get("features"), list):
        raise FetchFailed(f"{host} answered without {of}.")
    return answer


def short(text: str) -> str:
    """Return a server's words on one line, cut to a readable length, with no key in them."""
    line = " ".join(keys.hide(text).split())
    return line if len(line) <= _SAID_CHARS else line[:_SAID_CHARS] + " ..."


def _about_key(key: str | None) -> str:
    if key is None:
        return "It wants an account."
    if keys.is_set(key):
        return (
            f"The key in {key} was sent and not accepted: it may be mistyped, have run out, or not cover this dataset."
        )
    return f"It wants a key. {keys.how_to_set(key)}"


def _said(body: bytes) -> str:
    """Return the server's own words as `: ...`, or nothing where they are a web page or unreadable."""
    text = body[: _HEAD_BYTES * 4].decode("utf-8", errors="replace").strip()
    try:
        words = _words(json.loads(text))
    except (ValueError, RecursionError):
        if re.match(r"<(?:!doctype html|html|head)", text, re.IGNORECASE):
            return _page_title(body)
        words = re.sub(r"<[^>]*>", " ", text) if text.startswith("<") else text if text.isprintable() else ""
    return f": {line}" if (line := short(words)) else ""


def _page_title(body: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
    line = short(found.group(1).decode("utf-8", errors="replace")) if found else ""
    return f" ({line!r})" if line else ""


def _words(answer: Any) -> str:
    """Return the first telling text in an error body, however deep."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return next((words for each in answer if (words := _words(each))), "")
    if isinstance(answer, dict):
        found = [words for name in _WORDS if name in answer and (words := _words(answer[name]))]
        return " ".join(dict.fromkeys(found[:2] if "details" in answer else found[:1]))
    return ""


def _when(headers: Mapping[str, str], body: bytes) -> str:
    """Return when to try again, from the headers or the body of a 429."""
    try:
        reset = json.loads(body).get("reset_time", "")
    except (ValueError, AttributeError, RecursionError):
        reset = ""
    moment = (
        _moment(str(reset)) or _moment(headers.get("X-RateLimit-Reset", "")) or _moment(headers.get("Retry-After", ""))
    )
    if moment is None:
        return "Try again in some minutes."
    return f"Try again after {moment.astimezone(UTC):%d %B %Y %H:%M} UTC."


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return how long a server asks to be left alone, 0 where it does not say so in a way that makes sense. [s]."""
    moment = _moment(headers.get("Retry-After", ""))
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0) if moment else 0.0


def _moment(text: str) -> datetime | None:
    """Return a moment written as a number of seconds, an ISO date or an HTTP date."""
    text = text.strip()
    now = datetime.now(UTC)
    if re.fullmatch(r"\d{1,10}", text, re.ASCII):
        number = int(text)
        return datetime.fromtimestamp(number if number > now.timestamp() / 2 else now.timestamp() + number, UTC)
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None
