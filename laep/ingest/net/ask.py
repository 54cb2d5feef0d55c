"""One request: where it goes, how its answer is called and checked, and how it is shown without anything secret."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from laep.ingest.net import keys
from laep.ingest.net.manners import USUAL, Manners

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from laep.ingest.net.refusals import Kind

_SECRET = re.compile(r"key|token|secret|passw|signature|^sig$|^auth|credential", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request, and how its answer is called and checked."""

    url: str
    params: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    key: str | None
    name: str
    kind: Kind
    check: Callable[[Path], object] | None
    size_bytes: int | None = None
    md5: str | None = None
    licence: str = ""
    edition: str = ""
    accept: str = "*/*"
    method: str = ""
    manners: Manners = field(default=USUAL)

    @property
    def host(self) -> str:
        """The host, as messages name it."""
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


def pairs(mapping: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Return parameters as texts; a list gives its name several times, and None leaves one out."""
    listed = ((name, each) for name, value in (mapping or {}).items() for each in _each(value))
    return tuple((name, str(value)) for name, value in listed if value is not None)


def _each(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
