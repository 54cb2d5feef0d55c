"""Write the generated docs (commands and their JSON, layers, assumptions, sources, datasets), or `--check` them."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click
import typer
from datasets import DATASETS

from laep import ingest, results
from laep.assumptions import CONFIDENCES, shipped
from laep.cli import app
from laep.gather import catalogue
from laep.pipeline import writers
from laep.schema import LAYERS
from laep.schema.vocabulary import OPERATORS
from laep.steps import STEPS

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py from the code. Change the code, then run `make docs`. -->"


def commands() -> str:
    """Return every command with its help, arguments and options."""
    root = typer.main.get_command(app)
    context = click.Context(root, info_name="laep")
    parts = ["# Commands", NOTE, "`laep --help` and `laep COMMAND --help` say the same."]
    for name in root.list_commands(context):
        parts += _command(root.get_command(context, name), click.Context(root, info_name="laep"), name, depth=2)
    return _page(parts)


def _command(command: click.Command, above: click.Context, name: str, *, depth: int) -> list[str]:
    """Return one command, and under it those of its group."""
    context = click.Context(command, parent=above, info_name=name)
    usage = command.get_usage(context).removeprefix("Usage: ")
    text = "\n\n".join(" ".join(block.split()) for block in (command.help or "").split("\n\n"))
    parts = [f"{'#' * depth} {context.command_path}", f"`{usage}`", text, _options(command)]
    for inner in command.list_commands(context) if hasattr(command, "list_commands") else ():
        parts += _command(command.get_command(context, inner), context, inner, depth=depth + 1)
    return parts


def layers() -> str:
    """Return every layer with its columns."""
    parts = ["# Layers of the area GeoPackage", NOTE, "Geometry is EPSG:27700. Missing stays missing, never zero."]
    for layer in LAYERS.values():
        parts += [
            f"## {layer.name}",
            (
                f"{layer.meaning}. {layer.geometry or 'Table without geometry'}; key: {', '.join(layer.key)}; "
                f"written by: {', '.join(writers(layer.name, STEPS))}."
            ),
            _table(
                ("column", "type", "unit", "allowed", "meaning"),
                [(c.name, c.type, c.unit, c.held_to, c.meaning) for c in layer.columns],
            ),
        ]
    return _page(parts)


def assumptions() -> str:
    """Return every assumption with value, range, unit, source and confidence."""
    key = _table(("confidence", "means"), list(CONFIDENCES.items()))
    rows = [
        (
            f"`{a.key}`",
            f"{a.value:g}",
            f"{a.low:g} to {a.high:g}",
            a.unit,
            a.meaning,
            a.year,
            a.source,
            a.confidence,
            a.valid_from,
            a.review_by,
        )
        for a in shipped().values()
    ]
    headings = ("key", "value", "range", "unit", "meaning", "year", "source", "confidence", "valid from", "review by")
    return _page(["# Assumptions", NOTE, key, _table(headings, rows)])


def sources() -> str:
    """Return every source with what it fills and where to get it."""
    rows = [
        (f"[{s.name}](#{s.name})", *catalogue.cells(catalogue.described(s, state=False))[1:], s.tested_on)
        for s in catalogue.sources()
    ]
    parts = [
        "# Sources",
        NOTE,
        (
            "`laep ingest` fetches what applies to the place; `laep ingest NAME --file PATH` reads a file of your own. "
            "`laep ingest --list` shows those that apply to an area, `laep sources NAME` all of one. "
            "[Live access](live.md) says how fetching works. The last column says what the reader was tested against."
        ),
        _table((*catalogue.HEADINGS, "tested on"), rows),
    ]
    for name in ingest.MODULES:
        source = ingest.load(name).SOURCE
        rows = [
            ("publisher", source.publisher),
            ("licence", source.licence),
            ("attribution", source.attribution),
            ("get it from", source.url),
            ("takes", source.accepts),
            ("fills", ", ".join(source.writes)),
            ("for", catalogue.where(source)),
            ("fetched by laep", catalogue.fetched(source)),
            ("key", catalogue.key(source, state=False)),
            ("keys in laep.toml", ", ".join(("file", "files", *source.options))),
        ]
        parts += [f"## {name}", source.title + ".", _table(("", ""), rows)]
    return _page(parts)


def json_results() -> str:
    """Return what every command prints with `--json`, field by field."""
    parts = [
        "# Results as JSON",
        NOTE,
        (
            f"With `--json` a command prints one object. Its `schema_version`, now {results.SCHEMA_VERSION}, is raised "
            "when a field goes or changes its name, type or meaning; new fields may come at any time. In Python the "
            "verbs of a [`Plan`](notebook.md) give the same objects as frozen dataclasses (`laep.results`)."
        ),
    ]
    seen: list[type] = []
    for command, kind in results.OF_COMMAND.items():
        parts += [f"## laep {command}", kind.__doc__ or "", _fields(kind)]
        seen += [inner for inner in _inside(kind) if inner not in seen]
    for kind in seen:
        parts += [f"## {kind.__name__}", (kind.__doc__ or "").split("\n")[0], _fields(kind)]
    return _page(parts)


def _fields(kind: type) -> str:
    """Return the fields of a result as a table of name, type and meaning."""
    hints = get_type_hints(kind, include_extras=True)
    rows = []
    for one in fields(kind):
        told, meaning = get_args(hints[one.name])
        kind_told = _json_type(told)
        if one.default is None:
            kind_told = kind_told.removesuffix(" or null") + ", or left out"
        rows.append((f"`{one.name}`", kind_told, meaning))
    return _table(("field", "type", "meaning"), rows)


def _json_type(kind: Any) -> str:
    """Return the JSON type of a Python one, with a link where it is an object of its own."""
    inner = [_json_type(one) for one in get_args(kind) if one is not ...]
    if is_dataclass(kind):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    if get_origin(kind) in (tuple, Sequence):
        return f"list of {inner[0]}"
    if get_origin(kind) is Mapping:
        return f"object of {inner[1]}"
    if inner:
        return " or ".join(inner)
    return {str: "text", int: "whole number", float: "number", Path: "text", type(None): "null"}.get(kind, "any")


def _inside(kind: type) -> list[type]:
    """Return the dataclasses that the fields of one hold, and those that theirs hold."""
    found: list[type] = []
    for hint in get_type_hints(kind).values():
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner):
                found += [inner, *_inside(inner)]
    return found


def dso_datasets() -> str:
    """Return every operator's datasets with the source that reads each, or why none does."""
    read = [dataset for dataset in DATASETS if dataset.sources]
    parts = [
        "# Datasets of the network operators",
        NOTE,
        (
            f"{len(read)} of {len(DATASETS)} datasets have a reader. Tested on: a real file, an excerpt of one (its "
            "header and a few rows), or a file made from the published column names (schema only)."
        ),
    ]
    for operator, name in OPERATORS.items():
        rows = [
            (f"`{d.dataset}`", ", ".join(f"`{source}`" for source in d.sources) or "not read", d.tested, d.reason)
            for d in DATASETS
            if d.operator == operator
        ]
        parts += [f"## {name}", _table(("dataset", "read by", "tested on", "remark"), rows)]
    return _page(parts)


def main() -> int:
    """Write the pages, or return 1 when `--check` finds one that is not true."""
    pages = {
        "commands.md": commands,
        "layers.md": layers,
        "assumptions.md": assumptions,
        "sources.md": sources,
        "json.md": json_results,
        "dso-datasets.md": dso_datasets,
    }
    stale = []
    for name, make in pages.items():
        path, text = HERE / name, make()
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.stderr.write(f"docs/{', docs/'.join(stale)}: not what the code says. Run `make docs`.\n")
    return 1 if stale else 0


def _options(command: click.Command) -> str:
    rows = []
    for parameter in command.params:
        option = parameter.param_type_name == "option"
        names = ", ".join(parameter.opts) if option else (parameter.metavar or "").upper()
        rows.append((f"`{names or parameter.name.upper()}`", getattr(parameter, "help", None) or ""))
    return _table(("option", "meaning"), rows) if rows else ""


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    lines += [
        "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines)


def _page(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


if __name__ == "__main__":
    sys.exit(main())
