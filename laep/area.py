"""The area folder: `laep.toml` becomes a frozen `Area`; a typo is met with its line and the nearest right key."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomlkit

from laep import ingest
from laep.assumptions import Override, impossible, shipped
from laep.errors import AreaInvalid
from laep.files import locked, read_text, write_text
from laep.hints import did_you_mean, toml_line, toml_mend

TOML_NAME = "laep.toml"
_AREA_KEYS: dict[str, type] = {
    "name": str, "postcode": str, "start": dt.date, "found_by": str, "live": bool, "without": list,
}  # fmt: skip
_KINDS = {
    dt.date: "a date such as 2027-01-01, without quotes",
    bool: "true or false, without quotes",
    list: "a list of sources in quotes",
}
_SECTIONS = ("area", "sources", "assumptions")


@dataclass(frozen=True)
class SourceChoice:
    """What laep.toml says about one source: local files, and further keys the source understands."""

    files: tuple[Path, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """Return a hash of the options, for staleness."""
        return hashlib.sha256(json.dumps(self.options, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Area:
    """One area: its folder, what laep.toml says, and where its files are."""

    folder: Path
    name: str
    postcode: str | None = None
    start: dt.date | None = None
    sources: Mapping[str, SourceChoice] = field(default_factory=dict)
    overrides: Mapping[str, float | Override] = field(default_factory=dict)
    live: bool = False
    without: tuple[str, ...] = ()
    """Sources that were taken out, and are not fetched unasked again."""

    @property
    def area_id(self) -> str:
        """Return the short name: that of the area GeoPackage, which stays when the folder is renamed."""
        return self.gpkg.stem

    @property
    def begins(self) -> dt.date:
        """Return when the roadmap begins: the date in laep.toml, else the first day of the next quarter."""
        if self.start:
            return self.start
        today = dt.datetime.now(dt.UTC).date()
        quarter = (today.month - 1) // 3 + 1
        return dt.date(today.year + quarter // 4, quarter % 4 * 3 + 1, 1)

    @property
    def toml(self) -> Path:
        """Return the path of laep.toml."""
        return self.folder / TOML_NAME

    @property
    def answers(self) -> Path:
        """Return the path of answers.toml."""
        return self.folder / "answers.toml"

    @property
    def boundary(self) -> Path:
        """Return the path of the boundary that `laep init` wrote."""
        return self.folder / "boundary.geojson"

    @property
    def gpkg(self) -> Path:
        """Return the path of the area GeoPackage: named after the folder, or after what that was called before."""
        own = self.folder / f"{self.folder.name}.gpkg"
        if own.exists():
            return own
        from laep.store import is_area_file  # noqa: PLC0415 - only a new or a renamed folder asks

        there = [path for path in self.folder.glob("[!.]*.gpkg") if is_area_file(path)]
        return there[0] if len(there) == 1 else own

    @property
    def report(self) -> Path:
        """Return the folder of the report."""
        return self.folder / "report"

    def line_of(self, key: str, section: str) -> int | None:
        """Return the line of laep.toml on which `key` stands in `section`."""
        return toml_line(read_text(self.toml), key, section)


def load(folder: Path) -> Area:
    """
    Read the area in `folder`.

    Raises
    ------
    AreaInvalid
        With every fault of laep.toml in one message, each with its line.
    """
    folder = folder.resolve()
    path = folder / TOML_NAME
    if not path.is_file():
        raise AreaInvalid(
            f"{folder} is not an area folder: it has no {TOML_NAME}. Make one with `laep init NAME --boundary FILE`, "
            f"or name the folder with `--area FOLDER`."
        )
    text = read_text(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AreaInvalid(f"{path} cannot be read: {error}.{toml_mend(text, str(error))}") from error
    faults = _faults(table, text)
    if faults:
        raise AreaInvalid(
            f"{path} has {len(faults)} fault{'s' * (len(faults) > 1)}:\n" + "\n".join(f"  {f}" for f in faults)
        )
    area = table["area"]
    return Area(
        folder=folder,
        name=area["name"],
        postcode=area.get("postcode"),
        start=area.get("start"),
        sources={name: _choice(folder, entry) for name, entry in table.get("sources", {}).items()},
        overrides={key: _override(value) for key, value in table.get("assumptions", {}).items()},
        live=area.get("live", False),
        without=tuple(area.get("without", ())),
    )


def remember_files(area: Area, source: str, files: list[Path]) -> None:
    """Write the files of `source` into laep.toml, keeping its comments, so that the next `laep ingest` finds them."""
    with _editing(area) as document:
        sources = document.setdefault("sources", tomlkit.table(is_super_table=True))
        entry = sources.setdefault(source, tomlkit.table())
        shown = [_shown(area.folder, path) for path in files]
        entry.pop("file", None)
        entry.pop("files", None)
        if len(shown) == 1:
            entry["file"] = shown[0]
        else:
            entry["files"] = shown


def forget_source(area: Area, source: str) -> None:
    """Take what laep.toml says about a source out of it; where sources are fetched, say that this one is not to be."""
    with _editing(area) as document:
        document.get("sources", {}).pop(source, None)
        if area.live:
            document["area"]["without"] = sorted({*area.without, source})


def take_back(area: Area, sources: Iterable[str]) -> Area:
    """Return the area with sources that were taken out and are asked for again; laep.toml says so."""
    left = tuple(name for name in area.without if name not in {*sources})
    if left == area.without:
        return area
    with _editing(area) as document:
        if left:
            document["area"]["without"] = list(left)
        else:
            document["area"].pop("without")
    return replace(area, without=left)


def override(area: Area, changes: Mapping[str, float | None], *, source: str = "") -> None:
    """Write assumptions into laep.toml, with where they come from if that is said, and remove those that are None."""
    with _editing(area) as document:
        table = document.setdefault("assumptions", tomlkit.table())
        for key, value in changes.items():
            if value is None:
                table.pop(key, None)
            elif source:
                table[key] = tomlkit.inline_table() | {"value": value, "source": source}
            else:
                table[key] = value


@contextmanager
def _editing(area: Area) -> Iterator[tomlkit.TOMLDocument]:
    """Yield laep.toml to change, its comments kept; it is written at the end, and nobody else writes meanwhile."""
    with locked(area.toml):
        document = tomlkit.parse(read_text(area.toml))
        yield document
        write_text(area.toml, tomlkit.dumps(document))


def path_from(folder: Path, name: str) -> Path:
    """Return the path that laep.toml in `folder` names: from that folder on, `~` the user's home."""
    return (folder / Path(name).expanduser()).resolve()


def _faults(table: Mapping[str, Any], text: str) -> list[str]:
    faults = [
        f"{_at(text, key, '')}unknown section [{key}]. {did_you_mean(key, _SECTIONS)}"
        for key in table
        if key not in _SECTIONS
    ]
    area = table.get("area")
    if not isinstance(area, Mapping) or "name" not in area:
        faults.append('no name: it needs [area] with name = "..."')
    for key, value in (area or {}).items() if isinstance(area, Mapping) else ():
        faults += _area_fault(key, value, text)
    for name, entry in table.get("sources", {}).items():
        faults += _source_faults(name, entry, text)
    for key, value in table.get("assumptions", {}).items():
        faults += _assumption_faults(key, value, text)
    return faults


def _area_fault(key: str, value: object, text: str) -> list[str]:
    at = _at(text, key, "area")
    if key not in _AREA_KEYS:
        return [f"{at}unknown key {key!r} in [area]. {did_you_mean(key, _AREA_KEYS)}"]
    wanted = _AREA_KEYS[key]
    if not isinstance(value, wanted):
        return [f"{at}{key} must be {_KINDS.get(wanted, 'text in quotes')}, not {value!r}"]
    odd = [name for name in value if name not in ingest.names()] if isinstance(value, list) else []
    return [f"{at}unknown source {name!r} in {key}. {did_you_mean(str(name), ingest.names())}" for name in odd]


def _source_faults(name: str, entry: object, text: str) -> list[str]:
    section = f"sources.{name}"
    if name not in ingest.names():
        return [f"{_at(text, section, '')}unknown source {name!r}. {did_you_mean(name, ingest.names())}"]
    if not isinstance(entry, Mapping):
        return [f'{_at(text, name, "sources")}write [sources.{name}] with file = "..." below it']
    faults = []
    if "file" in entry and not isinstance(entry["file"], str):
        faults.append(f"{_at(text, 'file', section)}file must be one path in quotes, not {entry['file']!r}")
    files = entry.get("files", [])
    if not isinstance(files, list) or not all(isinstance(item, str) for item in files):
        faults.append(f"{_at(text, 'files', section)}files must be a list of paths in quotes, not {files!r}")
    return faults


def _assumption_faults(key: str, value: object, text: str) -> list[str]:
    at = _at(text, key, "assumptions")
    if key not in shipped():
        hint = 'An assumption key goes in quotes, as in "pv.system.loss" = 0.12.' if isinstance(value, Mapping) else ""
        return [f"{at}unknown assumption {key!r}. {hint or did_you_mean(key, shipped())}"]
    if isinstance(value, Mapping) and (value.keys() != {"value", "source"} or not isinstance(value["source"], str)):
        return [f'{at}assumption {key} takes a number, or {{value = 0.12, source = "where it comes from"}}']
    why = impossible(shipped()[key], value["value"] if isinstance(value, Mapping) else value)
    return [f"{at}assumption {key} {why}"] if why else []


def _override(value: float | Mapping[str, Any]) -> float | Override:
    return Override(float(value["value"]), value["source"]) if isinstance(value, Mapping) else float(value)


def _choice(folder: Path, entry: Mapping[str, Any]) -> SourceChoice:
    named = [entry["file"]] if "file" in entry else []
    files = tuple(path_from(folder, name) for name in [*named, *entry.get("files", [])])
    return SourceChoice(files, {key: value for key, value in entry.items() if key not in ("file", "files")})


def _at(text: str, key: str, section: str) -> str:
    line = toml_line(text, key, section)
    return f"line {line}: " if line else ""


def _shown(folder: Path, path: Path) -> str:
    """Return how laep.toml names a file: from the area folder on where it lies in it or beside it, else in full."""
    resolved = path.resolve()
    if resolved.is_relative_to(folder):
        return resolved.relative_to(folder).as_posix()
    beside = folder.parent
    if beside != beside.parent and resolved.is_relative_to(beside):
        return f"../{resolved.relative_to(beside).as_posix()}"
    return str(resolved)
