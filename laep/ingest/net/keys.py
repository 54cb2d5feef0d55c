"""Keys of data portals: read from the environment or the user's own file, sent in one header, and shown to nobody.

A key is named like an environment variable. Without one it is looked for in `keys.toml` in the user's configuration
folder, a line each: `LAEP_UKPN_KEY = "..."`.
"""

from __future__ import annotations

import base64
import os
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from laep.errors import UserFault

CONFIG_VARIABLE = "LAEP_CONFIG"
HIDDEN = "***"
_LEAST_HIDDEN = 6  # characters: masking anything shorter would mangle ordinary words


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key: the word before it in `Authorization`, the host it goes to, whose it is, and where people get one."""

    scheme: str
    host: str
    holder: str
    page: str


KEYS: dict[str, Key] = {
    "LAEP_UKPN_KEY": Key(
        scheme="Apikey",
        host="ukpowernetworks.opendatasoft.com",
        holder="UK Power Networks open data",
        page="https://ukpowernetworks.opendatasoft.com/signup/",
    ),
    "LAEP_NPG_KEY": Key(
        scheme="Apikey",
        host="northernpowergrid.opendatasoft.com",
        holder="Northern Powergrid open data",
        page="https://northernpowergrid.opendatasoft.com/signup/",
    ),
    "LAEP_ENWL_KEY": Key(
        scheme="Apikey",
        host="electricitynorthwest.opendatasoft.com",
        holder="SP Electricity North West open data",
        page="https://electricitynorthwest.opendatasoft.com/signup/",
    ),
    "LAEP_SPEN_KEY": Key(
        scheme="Apikey",
        host="spenergynetworks.opendatasoft.com",
        holder="SP Energy Networks open data",
        page="https://spenergynetworks.opendatasoft.com/signup/",
    ),
    "LAEP_NGED_KEY": Key(
        scheme="",
        host="connecteddata.nationalgrid.co.uk",
        holder="National Grid connected data",
        page="https://connecteddata.nationalgrid.co.uk/user/register",
    ),
}
"""Every key laep can send, by the name of its environment variable."""


def value(name: str) -> str | None:
    """
    Return the key of this name from the environment, else from the user's file, else None.

    Raises
    ------
    UserFault
        When it holds a sign that no key has, such as the curly quotes of a word processor.
    """
    found = _given(name)
    if odd := sorted({sign for sign in found if not "!" <= sign <= "~" or sign in "\"'"}):
        signs = ", ".join(unicodedata.name(sign, "a line break or other unseen sign").lower() for sign in odd)
        raise UserFault(
            f"{name} holds what no key has: {signs}. Programs that write letters put such signs in; copy the key anew "
            "from the publisher's page, without quotes round it."
        )
    return found or None


def is_set(name: str) -> bool:
    """Return whether there is a key of this name."""
    return value(name) is not None


def header(name: str | None, url: str) -> dict[str, str]:
    """
    Return the header that carries a key to an address: none when it is not set, or the address is not the key's own.

    A key goes only to the host it was given for, and only where nobody on the way can read it.
    """
    held = value(name) if name else None
    if not name or not held or not goes_to(name, url):
        return {}
    scheme = KEYS[name].scheme if name in KEYS else ""
    return {"Authorization": f"{scheme} {held}".strip()}


def goes_to(name: str, url: str) -> bool:
    """Return whether a key may go to an address; that of a package of one's own to any that is protected."""
    there = urlsplit(url)
    if name not in KEYS:
        return there.scheme == "https"
    own = urlsplit(base(KEYS[name].host))
    return (there.scheme, there.netloc.casefold()) == (own.scheme, own.netloc)


def base(host: str) -> str:
    """Return the address of a host; one that already begins with http:// or https:// stays as it is."""
    return host.rstrip("/") if "://" in host else f"https://{host}"


def hide(text: str) -> str:
    """Return a text with every key in it, plain or as base64, replaced by stars."""
    for name in KEYS:
        held = _given(name)
        if len(held) >= _LEAST_HIDDEN:
            text = text.replace(held, HIDDEN).replace(base64.b64encode(held.encode()).decode(), HIDDEN)
    return text


def how_to_set(name: str) -> str:
    """Return how a person gets and sets a key, as a sentence."""
    known = KEYS.get(name)
    get = f"Get a free one at {known.page}" if known else "Get one from the publisher"
    return f'{get}, then set the environment variable {name}, or write `{name} = "..."` in {file()}.'


def file() -> Path:
    """Return the path of the user's key file, whether or not it is there."""
    folder = os.environ.get(CONFIG_VARIABLE)
    return (Path(folder) if folder else platformdirs.user_config_path("laep", appauthor=False)) / "keys.toml"


def _given(name: str) -> str:
    """Return what stands for a key, right or not; the environment goes before the file."""
    return (os.environ.get(name) or _from_file().get(name) or "").strip()


def _from_file() -> dict[str, str]:
    path = file()
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # the parser's own message could repeat the line, and with it the key
        raise UserFault(f'{path} cannot be read. Write each key on a line of its own, as in NAME = "...".') from None
    return {name: held for name, held in table.items() if isinstance(held, str)}
