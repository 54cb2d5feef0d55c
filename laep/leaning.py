"""What of laep's own code and shipped tables a step or source leans on, as hashes: when those change, it is due again.

A source leans on its module and on every laep module that one imports, and so on. A step is a function, and only what
that function uses of the modules beside its own counts, so a change in one step does not touch its neighbours. Of the
schema only the layers at hand count. Tables (`questions.toml`, `data/*.csv` and the like) belong to the modules that
name them. Assumptions are left out: steps record which they used (`laep.assumptions`).
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from laep.schema import LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_PACKAGE = Path(__file__).resolve().parent
_ROOT = __name__.partition(".")[0]
_BY_VALUE = "assumptions.toml"
_NOT_BY_TEXT = ("laep.version", "laep.schema.layers")
"""Modules whose text does not count: a new version alone changes nothing, and layers count one by one."""
_TYPING = re.compile(r"^if TYPE_CHECKING:\n(?:(?:[ \t]+.*)?\n)+", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*from ([\w.]+) import (\([^)]*\)|[^\n]+)|^[ \t]*import ([\w.]+)", re.MULTILINE)
_COMMENT = re.compile(r"#.*")


@dataclass(frozen=True)
class Leans:
    """A hash of the code leaned on, and one of each shipped table, by file name."""

    code: str
    data: Mapping[str, str]


def on_module(name: str, *, layers: Iterable[str] = ()) -> Leans:
    """Return what a module leans on, such as that of a source; `layers` are those it writes."""
    return _leans({}, _reached([name]), tuple(layers))


def on_function(function: Callable[..., object], *, layers: Iterable[str] = ()) -> Leans:
    """Return what a function leans on, such as that of a step; `layers` are those it reads and writes."""
    pieces, others = _parts(function.__module__, getattr(function, "__qualname__", ""))
    return _leans(pieces, _reached(others), tuple(layers))


def _leans(pieces: Mapping[str, str], modules: Iterable[str], layers: tuple[str, ...]) -> Leans:
    texts = {**pieces, **{name: _text(name) for name in modules}, **{name: repr(LAYERS[name]) for name in layers}}
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    tables = {path for name, text in texts.items() for path in _tables(name.partition(":")[0], text)}
    return Leans(digest.hexdigest(), {path.name: _sha256(path) for path in sorted(tables)})


@cache
def _parts(module: str, name: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the source of `name` and of all it uses in modules beside its own, and the other modules it uses."""
    beside = module.rpartition(".")[0]
    pieces: dict[str, str] = {}
    others: set[str] = set()
    todo = [(module, name)]
    while todo:
        where, what = todo.pop()
        key = f"{where}:{what}"
        if key in pieces:
            continue
        made, imported = _outline(where)
        if what not in made:  # a lambda, or a name that is made in some other way: all of the module, then
            pieces[key] = _text(where)
            others.update(_imports(where))
            continue
        pieces[key], uses = made[what]
        others.update(_imported(pieces[key], module))
        for used, attribute in sorted(uses):
            source, original = imported.get(used, ("", ""))
            if used in made:
                todo.append((where, used))
            elif source and beside and source.rpartition(".")[0] == beside:
                todo.append((source, original or attribute))
            elif source:
                others.add(source)
    return pieces, tuple(sorted(others))


@cache
def _outline(module: str) -> tuple[dict[str, tuple[str, set[tuple[str, str]]]], dict[str, tuple[str, str]]]:
    """
    Return what a module makes at its top, and where the names it imports come from.

    The first by name: the source, and the names it uses, each with the attribute taken of it ("" for none). The second
    by name: the module, and the name there ("" for the module itself).
    """
    text = _text(module)
    lines = text.splitlines()
    made: dict[str, tuple[str, set[tuple[str, str]]]] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and _followed(node.module or "", module):
            imported |= {alias.asname or alias.name: _origin(str(node.module), alias.name) for alias in node.names}
            continue
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        piece = "\n".join(lines[first - 1 : node.end_lineno])
        for name in _names(node):
            made[name] = piece, _uses(node)
    return made, imported


def _origin(module: str, name: str) -> tuple[str, str]:
    return (f"{module}.{name}", "") if _file(f"{module}.{name}") else (module, name)


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _uses(node: ast.stmt) -> set[tuple[str, str]]:
    taken = {
        (each.value.id, each.attr)
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)
    }
    return taken | {(each.id, "") for each in ast.walk(node) if isinstance(each, ast.Name)} - {
        (name, "") for name, _ in taken
    }


def _reached(modules: Iterable[str]) -> list[str]:
    found: set[str] = set()
    todo = list(modules)
    while todo:
        name = todo.pop()
        if name not in found and name not in (_ROOT, *_NOT_BY_TEXT):
            found.add(name)
            todo += _imports(name)
    return sorted(found)


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Return laep's modules that a module imports, at its top or in a function, but for its annotations."""
    return tuple(sorted(set(_imported(_TYPING.sub("", _text(module)), module))))


def _imported(text: str, module: str) -> Iterator[str]:
    for source, names, plain in _IMPORT.findall(text):
        if plain and _followed(plain, module):
            yield plain
        if source and _followed(source, module):
            for name in re.findall(r"(\w+)(?: as \w+)?", _COMMENT.sub("", names)):
                yield _origin(source, name)[0]


def _followed(imported: str, module: str) -> bool:
    """Return whether an import leads to laep, or stays in the package of the module that has it."""
    return imported.partition(".")[0] in {_ROOT, module.partition(".")[0]}


@cache
def _file(module: str) -> Path | None:
    if module.partition(".")[0] != _ROOT:
        origin = getattr(sys.modules.get(module), "__file__", None)
        return Path(origin) if origin else None
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)


@cache
def _text(module: str) -> str:
    path = _file(module)
    return path.read_text(encoding="utf-8") if path else ""


@cache
def _shipped() -> tuple[Path, ...]:
    return tuple(
        sorted(path for kind in ("*.toml", "*.csv") for path in _PACKAGE.rglob(kind) if path.name != _BY_VALUE)
    )


def _tables(module: str, text: str) -> list[Path]:
    """Return the shipped tables that a module names, by their own names or by that of a folder beside it."""
    path = _file(module) if "." in module else None
    folder = path.parent if path else None
    return [
        table
        for table in _shipped()
        if f'"{table.name}"' in text or (table.parent.parent == folder and f'"{table.parent.name}"' in text)
    ]


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
