"""The front door: one small function per command. Results go to stdout, progress and faults to stderr."""

from __future__ import annotations

import gc
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from laep import __version__, cli_headroom
from laep.errors import LaepError, UserFault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from laep.events import Event
    from laep.ingest.net.fetch import Fetcher

app = typer.Typer(
    name="laep",
    help="Local Area Energy Plans for places in Great Britain, from open data.\n\n"
    "Start with [bold]laep demo[/bold], or: laep init, laep ingest, laep report.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_headroom.app, name="headroom")

AreaOption = Annotated[
    Path, typer.Option("--area", "-a", help="The area folder.", show_default="this folder", file_okay=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

_GC_OBJECTS = 50_000
"""New objects before Python looks for rubbish: starting makes many and none; at 700 short commands take 6 % more."""


def main() -> None:
    """Run the command line; the user's mistakes end with exit code 2, ours with 1."""
    gc.set_threshold(_GC_OBJECTS)
    if not sys.warnoptions:  # `python -W default` shows them all the same
        # libraries warn whoever writes the program; what the user must know of a file, laep says in its notes
        warnings.simplefilter("ignore")
    try:
        app()
    except UserFault as fault:
        _say(f"[bold red]laep:[/bold red] {_plain(fault)}")
        sys.exit(2)
    except LaepError as fault:
        _say(f"[bold red]laep went wrong:[/bold red] {_plain(fault)}\nThis is our fault, not yours.")
        sys.exit(1)
    except KeyboardInterrupt:
        _say("Stopped. Nothing is half-written; the same command goes on from here.")
        sys.exit(130)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"laep {__version__}")
        raise typer.Exit


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="Name of the area as people say it; the folder is named after it.")],
    boundary: Annotated[Path | None, typer.Option(help="A boundary file in any GIS vector format.")] = None,
    where: Annotated[
        str | None, typer.Option(help="Picks one feature of the file, as in \"WD13NM = 'Graig'\".")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of the file, when it has several.")] = None,
    code: Annotated[str | None, typer.Option(help="An ONS code of a ward, parish, district or LSOA.")] = None,
    place: Annotated[str | None, typer.Option(help="The name of a parish, ward or district.")] = None,
    postcode: Annotated[str | None, typer.Option(help="A postcode; alone it is the centre.")] = None,
    at: Annotated[str | None, typer.Option(help="Latitude,longitude of the centre, as in 51.78,-1.37.")] = None,
    radius: Annotated[float, typer.Option(help="Metres round the postcode or point.")] = 500.0,
    from_: Annotated[
        Path | None, typer.Option("--from", help="File to look the code, name or postcode up in, not the network.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network, now or in `laep ingest`.")] = False,
    into: Annotated[Path, typer.Option(help="Folder to make the area folder in.", show_default="this folder")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """
    Make the folder of a new area.

    The place is a code or name, a circle round a postcode or point, or a boundary file. Codes, names and postcodes are
    looked up at the Office for National Statistics, or in a file.

    Example: laep init "Eynsham" --place Eynsham

    Example: laep init "Eynsham" --boundary wards.geojson --where "WD13NM = 'Eynsham and Cassington'"

    Example: laep init "Mill Street" --at 51.7800,-1.3745 --radius 400
    """
    from laep import init as founding

    fetcher = _fetcher(offline=offline)
    found = founding.find_place(
        boundary=boundary, where=where, layer=layer, code=code, place=place, postcode=postcode, at=at,
        radius_m=radius, lookup=from_, fetcher=fetcher,
    )  # fmt: skip
    made = founding.create(name, found, parent=into, postcode=postcode, live=not fetcher.offline)
    first = "`laep ingest osm --file MAP` (see `laep sources`)" if fetcher.offline else "`laep ingest`"
    hectares = found.geometry.area / 1e4
    _result(
        {"folder": str(made.folder), "name": made.name, "found_by": found.found_by, "hectares": round(hectares, 1)},
        f"Made {made.folder} ({found.found_by}; {hectares:,.0f} hectares).\n"
        f"Next: cd {made.folder.name}, then {first}, then `laep report`.",
        as_json=as_json,
    )


@app.command()
def ingest(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources; none means all.")] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="Local file of the one source named; repeatable.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read sources that have not changed, and ask for newer ones, as well.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use files and what was fetched before.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show every source and whether this area has it.")] = False,
    area: AreaOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """
    Gather sources into the area GeoPackage: fetch what applies to the place, read what has changed.

    With no source named: all that laep.toml names and, where it says `live = true`, all that can be fetched for the
    place without a key or with a key that is set. A source named without a file is fetched. A file given here is
    remembered in laep.toml.

    Example: laep ingest

    Example: laep ingest osm --file newport.osm.pbf

    Example: laep ingest --list
    """
    from laep.area import load
    from laep.gather import gather

    if list_:
        _list_sources(area, as_json=as_json)
        return
    found = load(area)
    with _Progress("source") as progress:
        results = gather.read(
            found, names or [], files=file or [], again=again, on_event=progress.source,
            fetcher=_fetcher(offline=offline, again=again, on_progress=progress.bytes),
        )  # fmt: skip
    data = {
        name: {"rows_read": r.rows_read, "rows_kept": r.rows_kept, "edition": r.edition, "notes": list(r.notes)}
        for name, r in results.items()
    }
    lines = [f"{name}: {gather.rows_kept(r)}" for name, r in results.items()]
    notes = [f"  {name}: {note}" for name, r in results.items() for note in r.notes]
    without = progress.without()
    _result(
        {**data, "not_gathered": progress.missed} if progress.missed else data,
        "\n".join([*(lines or ["Nothing has changed since the last ingest."]), *notes, *without]),
        as_json=as_json,
    )


@app.command()
def run(
    explain: Annotated[bool, typer.Option("--explain", help="Say why each step ran.")] = False,
    area: AreaOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """
    Run every step whose inputs, assumptions or answers have changed.

    Example: laep run --explain
    """
    happened, reasons = _run_steps(area)
    rows = [
        (item.step.name, item.state, reasons.get(item.step.name, "") if explain else item.reason) for item in happened
    ]
    data = [{"step": name, "state": state, "reason": reason} for name, state, reason in rows]
    _result(data, _table("Steps", ("step", "state", "why" if explain else "note"), rows), as_json=as_json)


@app.command()
def solar(
    hourly: Annotated[Path, typer.Option(metavar="FILE.parquet", help="Where to write every plane's hourly power.")],
    area: AreaOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """
    Write the power of each suitable roof plane in every hour of the year, shade included.

    One row a plane, with its panel capacity and 8,760 means in kW from 1 January 00:00 UTC. Yearly and monthly sums are
    always in the layers model_plane and model_yield.

    Example: laep solar --hourly roofs.parquet
    """
    from laep import hourly as series
    from laep.area import load
    from laep.store import Store

    _run_steps(area)
    found = load(area)
    planes = series.write(found, Store(found.gpkg), hourly)
    _result({"file": str(hourly), "planes": planes}, f"{hourly}: {planes:,} roof planes.", as_json=as_json)


@app.command()
def report(area: AreaOption = Path(), as_json: JsonOption = False) -> None:
    """
    Run what is stale and write the plan to report/index.html.

    Example: laep report
    """
    from laep.area import load
    from laep.publish import write
    from laep.store import Store

    _run_steps(area)
    found = load(area)
    path = write(found, Store(found.gpkg))
    _result({"report": str(path)}, str(path), as_json=as_json)


@app.command()
def status(area: AreaOption = Path(), as_json: JsonOption = False) -> None:
    """
    Show sources, steps and layers: fresh, stale or missing, and how old the data is.

    Example: laep status
    """
    from laep import pipeline, steps
    from laep.area import load
    from laep.gather import gather
    from laep.store import Store

    found = load(area)
    store = Store(found.gpkg)
    read_at = store.provenance().set_index("source_id")["retrieved_at"].to_dict()
    sources = [(s.name, s.state, read_at.get(s.name, "")[:10], s.reason) for s in gather.status(found, store)]
    standing = [(s.step.name, s.state, s.reason) for s in pipeline.status(found, store, steps.STEPS)]
    layers = [(s.layer, str(s.rows), s.step, s.written_at[:16].replace("T", " ")) for s in store.layers().values()]
    data = {
        "area": found.name,
        "sources": [dict(zip(("source", "state", "read", "reason"), row, strict=True)) for row in sources],
        "steps": [dict(zip(("step", "state", "reason"), row, strict=True)) for row in standing],
        "layers": [dict(zip(("layer", "rows", "written_by", "written_at"), row, strict=True)) for row in layers],
    }
    _result(
        data,
        _table(f"Sources of {found.name}", ("source", "state", "read on", "note"), sources),
        _table("Steps", ("step", "state", "note"), standing),
        _table("Layers", ("layer", "rows", "written by", "written at"), layers),
        as_json=as_json,
    )


@app.command()
def layers(
    name: Annotated[str | None, typer.Argument(help="One layer, to see its columns.")] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Describe the layers of an area GeoPackage, or the columns of one.

    Example: laep layers in_building
    """
    from laep.area import nearest
    from laep.schema import LAYERS

    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    if name is None:
        rows = [(layer.name, layer.geometry or "table", layer.written_by, layer.meaning) for layer in LAYERS.values()]
        headings = ("layer", "geometry", "written_by", "meaning")
    elif name in LAYERS:
        rows = [(c.name, c.type, c.unit, c.allowed, c.meaning) for c in LAYERS[name].columns]
        headings = ("column", "type", "unit", "allowed", "meaning")
    else:
        raise UserFault(f"There is no layer {name!r}. {nearest(name, LAYERS)}")
    data = [dict(zip(headings, row, strict=True)) for row in rows]
    _result(data, _table(name or "Layers", headings, rows), as_json=as_json)


@app.command()
def sources(as_json: JsonOption = False) -> None:
    """
    List every source laep reads: what it fills, what file it takes, and where to get it.

    Example: laep sources
    """
    from laep import ingest as ingests

    found = [ingests.load(name).SOURCE for name in ingests.MODULES]
    data = [
        {"source": s.name, "title": s.title, "publisher": s.publisher, "licence": s.licence, "accepts": s.accepts,
         "layers": list(s.writes), "options": list(s.options), "url": s.url}
        for s in found
    ]  # fmt: skip
    rows = [(s.name, s.title, s.accepts, s.url) for s in found]
    _result(data, _table("Sources", ("source", "what", "takes", "get it from"), rows), as_json=as_json)


@app.command()
def assumptions(
    search: Annotated[str | None, typer.Option(help="Words to look for in key, meaning, unit and source.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set a value for this area.")
    ] = None,
    unset: Annotated[list[str] | None, typer.Option(help="Go back to the value laep ships.")] = None,
    area: AreaOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """
    List assumptions with value, range, unit, source and confidence; set one for this area.

    Example: laep assumptions --search battery

    Example: laep assumptions --set tariff.retail.elec_p_kwh=25.5
    """
    from laep import area as areas
    from laep.assumptions import Assumptions

    for pair in set_ or []:
        key, value = _key_and_number(pair)
        areas.override(areas.load(area), Assumptions({key: value})[key].key, value)
    for key in unset or []:
        areas.override(areas.load(area), Assumptions()[key].key, None)
    here = (area / areas.TOML_NAME).is_file()
    table = Assumptions(areas.load(area).overrides if here else {})
    changed = {pair.partition("=")[0].strip() for pair in set_ or []} | set(unset or [])
    shown = [a for a in (table.search(search) if search else table) if not changed or a.key in changed]
    if not shown:
        raise UserFault(f"No assumption matches {search!r}. Run `laep assumptions` to see them all.")
    rows = [(a.key, f"{a.value:g}", f"{a.low:g} to {a.high:g}", a.unit, a.confidence, a.meaning) for a in shown]
    data = [vars(a) for a in shown]
    _result(
        data, _table("Assumptions", ("key", "value", "range", "unit", "confidence", "meaning"), rows), as_json=as_json
    )


@app.command()
def explain(
    what: Annotated[str, typer.Argument(metavar="ID", help="A figure, rule, assumption, layer or source.")],
    area: AreaOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """
    Trace anything in the report back to its source rows and assumptions.

    Example: laep explain solar.annual

    Example: laep explain VP-C09
    """
    from laep import explain as tracing
    from laep.area import load
    from laep.store import Store

    found = load(area)
    story = tracing.trace(found, Store(found.gpkg), what)
    tables = [_table(t.title, t.headings, t.rows) for t in story.tables]
    _result(story.as_dict(), story.text, *tables, as_json=as_json)


@app.command()
def demo(
    into: Annotated[Path, typer.Option(help="Folder to make the sample area in.")] = Path("demo"),
    as_json: JsonOption = False,
) -> None:
    """
    Make a plan of the sample village, from place to report, with no data of your own.

    Example: laep demo --into /tmp/demo
    """
    from laep import sample
    from laep.gather import gather
    from laep.publish import write
    from laep.store import Store

    made = sample.create(into)
    with _Progress("source") as progress:
        gather.read(made, on_event=progress.source)
    _run_steps(made.folder)
    path = write(made, Store(made.gpkg))
    _result({"report": str(path), "area": str(made.folder)}, str(path), as_json=as_json)


@app.command()
def doctor(area: AreaOption = Path(), as_json: JsonOption = False) -> None:
    """
    Check this computer and this area, and say what is missing.

    Example: laep doctor
    """
    from laep import doctor as surgery

    findings = surgery.examine(area)
    marks = {"good": "ok", "warn": "look", "bad": "WRONG"}
    rows = [(marks[f.state], f.topic, f.found, f.advice) for f in findings]
    _result([vars(f) for f in findings], _table("Doctor", ("", "what", "found", "do"), rows), as_json=as_json)
    if any(f.state == "bad" for f in findings):
        raise typer.Exit(1)


def _fetcher(*, offline: bool, **more: Any) -> Fetcher:
    from laep.ingest.net.fetch import Fetcher, offline_by_environment

    return Fetcher(offline=offline or offline_by_environment(), **more)


def _list_sources(folder: Path, *, as_json: bool) -> None:
    """Show every source; outside an area folder, without whether it is here."""
    from laep.area import TOML_NAME, load
    from laep.gather import catalogue
    from laep.store import Store

    gpkg = load(folder).gpkg if (folder / TOML_NAME).is_file() else None
    rows = catalogue.rows(Store(gpkg) if gpkg and gpkg.is_file() else None)
    keys = [heading.replace(" ", "_") for heading in catalogue.HEADINGS]
    data = [dict(zip(keys, row, strict=True)) for row in rows]
    _result(data, _table("Sources", catalogue.HEADINGS, rows), as_json=as_json)


def _run_steps(folder: Path) -> tuple[list[Any], dict[str, str]]:
    from laep import pipeline, steps
    from laep.area import load
    from laep.resources import kernels_compiled
    from laep.store import Store

    found = load(folder)
    if not kernels_compiled():
        _say("The first run on this computer takes a minute or two longer: fast code is prepared once, and kept.")
    with _Progress("step") as progress:
        happened = pipeline.run(found, Store(found.gpkg), steps.STEPS, on_event=progress.step)
    return happened, progress.reasons


class _Progress:
    """Progress on stderr: a moving line where there is a terminal, a plain line a step where there is none."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._console = _console(sys.stderr)
        self._spinner = self._console.status("")
        self.reasons: dict[str, str] = {}
        self.missed: dict[str, str] = {}
        self._locked: dict[str, str] = {}
        self._uncached: list[str] = []

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._spinner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner.stop()

    def source(self, event: Event) -> None:
        """Show one event of `gather.read`."""
        if event.happened == "missed":
            self.missed[event.name] = event.note
        if event.happened == "uncached":
            self._uncached.append(event.name)
        if event.happened == "locked":
            self._locked[event.name] = event.note
            return
        told = f", {event.note}" if event.note and event.happened == "done" else ""  # faults are told at the end
        self._show(f"reading {event.name}", event.happened == "begins", f"{event.name}: {event.happened}{told}")

    def bytes(self, name: str, done: int, total: int | None) -> None:
        """Show how far a download is."""
        share = f" of {total / 1e6:,.1f}" if total else ""
        self._spinner.update(f"fetching {name}: {done / 1e6:,.1f}{share} MB ...")

    def without(self) -> list[str]:
        """Return lines on what the place has to do without for now, each with the way to get it."""
        lines = [f"Could not be had now ({len(self.missed)}); the rest is kept:"] if self.missed else []
        lines += [f"  {name}: {note}" for name, note in self.missed.items()]
        if self._uncached:
            lines.append(f"Offline, and never fetched before: {', '.join(self._uncached)}.")
        if self._locked:
            keys = ", ".join(sorted(set(self._locked.values())))
            lines.append(
                f"Not fetched without a key ({keys}): {', '.join(self._locked)}. `laep doctor` says where to get keys."
            )
        return lines

    def step(self, event: Event) -> None:
        """Show one event of `pipeline.run`."""
        if event.happened == "begins":
            self.reasons[event.name] = event.note
        done = f"{event.title}: {event.happened}" + (f" ({event.note})" if event.happened == "skipped" else "")
        self._show(event.title, event.happened == "begins", done)

    def _show(self, doing: str, begins: bool, done: str) -> None:
        if begins:
            self._spinner.update(f"{doing} ...")
        elif not self._console.is_terminal and not done.endswith(": fresh"):
            self._console.print(done, highlight=False, markup=False)


def _result(data: Any, *shown: str | Table, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
        return
    console = _console(sys.stdout)
    for part in shown:
        console.print(part, highlight=False, markup=not isinstance(part, str), soft_wrap=isinstance(part, str))


def _table(title: str, headings: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    return table


def _console(stream: Any) -> Console:
    from rich.console import Console

    terminal = stream.isatty()
    return Console(file=stream, width=None if terminal else 160, soft_wrap=False)


def _say(text: str) -> None:
    _console(sys.stderr).print(text, highlight=False, soft_wrap=True)


def _plain(fault: LaepError) -> str:
    from rich.markup import escape

    return escape(str(fault))


def _key_and_number(pair: str) -> tuple[str, float]:
    key, sign, value = pair.partition("=")
    try:
        return key.strip(), float(value)
    except ValueError:
        missing = "no `=`" if not sign else f"{value!r} is not a number"
        raise UserFault(f"--set {pair}: {missing}. Write --set KEY=NUMBER.") from None


if __name__ == "__main__":
    main()
