"""`laep headroom build | check | map`: can it connect, where, until when, and what binds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from laep import plain
from laep.commands import screen
from laep.commands.options import AskedAreaOption, JsonOption, StoreOption
from laep.errors import UserFault

if TYPE_CHECKING:
    from laep.desk.settings import Settings
    from laep.desk.store import HeadroomStore

app = typer.Typer(
    name="headroom",
    help="Ask what the network has left: for one proposal, for many, or as a map.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DEFAULT_STORE = Path("headroom.gpkg")
"""Asked when neither a store nor an area is named."""
_SHOWN_BAD = 10
_WIDTH = 110


@app.command()
def build(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Operators' files, recognised.")] = None,
    into: Annotated[Path, typer.Option(help="The store to make or to add to.")] = DEFAULT_STORE,
    source: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="A file with its source named; repeatable.")
    ] = None,
    postcodes: Annotated[list[Path] | None, typer.Option(help="Code-Point Open, or a CSV of postcodes.")] = None,
    licence_areas: Annotated[
        Path | None, typer.Option(help="A map of the licence areas of Great Britain, to settle whose network it is.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Read operators' files, whole, into one indexed headroom store.

    What the store holds stays, but for a file of the same name, or one that told of the same things: a new edition
    takes its place. What is added and replaced is printed.

    Example: laep headroom build headroom-dashboard-data-march-2026.csv areas.geojson ecr.csv

    Example: laep headroom build --into gb.gpkg --source ecr=register.csv --postcodes codepo_gb.zip
    """
    from laep.desk import build as building
    from laep.desk import recognise
    from laep.results import StoreBuilt

    chosen = recognise.choose(files or [], source or [])
    made = building.build(
        into, chosen, postcode_files=postcodes or [], licence_map=licence_areas,
        on_source=lambda name: screen.note(f"reading {name}"),
    )  # fmt: skip
    counts = ", ".join(f"{number:,} {table.replace('_', ' ')} rows" for table, number in made.rows.items() if number)
    notes = [f"  {name}: {note}" for name, said in made.read.items() for note in said]
    screen.show(
        StoreBuilt(made.path, made.rows, made.read, made.changes, made.notes),
        f"{made.path}: {counts}.",
        notes=[*notes, *(f"  {note}" for note in (*made.changes, *made.notes))],
        as_json=as_json,
    )


@app.command()
def check(
    at: Annotated[str | None, typer.Option(help="LAT,LON or EASTING,NORTHING, a grid reference or a postcode.")] = None,
    asset: Annotated[str | None, typer.Option(help="Id or name of a substation, instead of a place.")] = None,
    generation_kw: Annotated[float | None, typer.Option(help="Inverter or generator rating. [kW]")] = None,
    demand_kw: Annotated[float | None, typer.Option(help="Most it draws. [kW]")] = None,
    storage_kw: Annotated[float | None, typer.Option(help="Battery rating, both ways. [kW]")] = None,
    export_limit_kw: Annotated[float | None, typer.Option(help="Most that leaves the site. [kW]")] = None,
    existing_kw: Annotated[
        float | None, typer.Option(help="Rating of what generates or stores there already. [kW]")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year to look at; today's position otherwise.")] = None,
    scenario: Annotated[str | None, typer.Option(help="A scenario the operator publishes.")] = None,
    technology: Annotated[str, typer.Option(help="inverter (solar, wind, battery) or synchronous.")] = "inverter",
    phases: Annotated[int | None, typer.Option(help="1 or 3; one up to the limit of the short form otherwise.")] = None,
    file: Annotated[Path | None, typer.Option(help="Many proposals: CSV, GeoPackage or Excel.")] = None,
    cumulative: Annotated[
        str | None, typer.Option(metavar="queue|prorata", help="Proposals of the file share the room.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write results of --file to a .csv, .gpkg or .xlsx.")] = None,
    postcodes: Annotated[Path | None, typer.Option(help="Code-Point Open, or a CSV of postcodes.")] = None,
    store: StoreOption = None,
    area: AskedAreaOption = None,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
) -> None:
    """
    Say whether a proposal can connect, where, until when, and what binds it.

    Example: laep headroom check --at 51.78,-1.37 --generation-kw 250

    Example: laep headroom check --asset "E - AMEM - 01" --demand-kw 500 --area eynsham

    Example: laep headroom check --file proposals.csv --cumulative queue --out verdicts.gpkg
    """
    if as_json and as_csv:
        raise UserFault("Give --json or --csv, not both.")
    if file is None and (cumulative or out):
        raise UserFault("--cumulative and --out go with --file. For one proposal use --json or --csv.")
    if file is not None:
        sizes = {"--at": at, "--asset": asset, "--generation-kw": generation_kw, "--demand-kw": demand_kw,
                 "--storage-kw": storage_kw, "--export-limit-kw": export_limit_kw, "--existing-kw": existing_kw,
                 "--phases": phases}  # fmt: skip
        if given := [name for name, value in sizes.items() if value is not None]:
            raise UserFault(f"With --file, places and sizes stand in the file: leave out {', '.join(given)}.")
        _check_file(
            file, store, area, out=out, as_json=as_json, as_csv=as_csv, scenario=scenario, year=year,
            technology=technology, cumulative=cumulative, postcode_file=postcodes,
        )  # fmt: skip
        return
    from laep.checked import Proposal
    from laep.desk import check as checking
    from laep.desk import tell

    proposal = Proposal(
        at=at, asset=asset, generation_kw=generation_kw, demand_kw=demand_kw, storage_kw=storage_kw,
        export_limit_kw=export_limit_kw, existing_kw=existing_kw, year=year, scenario=scenario,
        technology=technology, phases=phases,
    )  # fmt: skip
    with _held(store, area) as (held, numbers):
        found = checking.check(held, proposal, numbers, postcode_file=postcodes)
    if as_json:
        screen.show(found, as_json=True)
    elif as_csv:
        screen.csv_text(tell.rows(found))
    else:
        screen.text(tell.text(found, width=_WIDTH))


@app.command("map")
def draw(
    into: Annotated[Path, typer.Option(help="Folder for headroom.html and headroom.gpkg.")] = Path("headroom-map"),
    store: StoreOption = None,
    area: AskedAreaOption = None,
    as_json: JsonOption = False,
) -> None:
    """
    Draw remaining headroom: a map page that needs nothing else, and a layer that opens drawn in QGIS.

    Example: laep headroom map --store headroom.gpkg --into map
    """
    from laep.desk import map as mapping
    from laep.results import MapDrawn

    with _held(store, area) as (held, numbers):
        made = mapping.draw(held, into, numbers)
    drawn = MapDrawn(made.page, made.layer, made.substations, made.areas)
    screen.show(drawn, f"{made.page}\n{made.layer}", as_json=as_json)


def _check_file(
    file: Path, store: Path | None, area: Path | None, *, out: Path | None, as_json: bool, as_csv: bool, **options: Any
) -> None:
    from laep.desk import bulk
    from laep.results import FileChecked

    if out is not None:
        bulk.refuse_out(out)
    with _held(store, area) as (held, numbers):
        checked = bulk.check_file(held, file, numbers, on_stage=screen.note, **options)
    if out is not None:
        screen.note(f"writing {out}")
        bulk.write(checked, out)
    bad = [f"row {row}: {reason}" for row, reason in zip(checked.bad["row"], checked.bad["reason"], strict=True)]
    if as_json:
        listed = checked.rows() if out is None else ()
        screen.show(FileChecked(checked.counts(), tuple(bad), out, listed), as_json=True)
        return
    if as_csv or out is None:
        screen.text(plain.table(checked.table).to_csv(index=False), end="")
    else:
        counts = [f"  {number:>9,}  {name.replace('_', ' ')}" for name, number in checked.counts().items()]
        screen.text("\n".join([f"{out}: {len(checked.table):,} proposals.", *counts]))
    if bad:
        more = [f"  and {len(bad) - _SHOWN_BAD:,} more, all in the result."] if len(bad) > _SHOWN_BAD else []
        shown = [f"  {line}" for line in bad[:_SHOWN_BAD]]
        screen.note("\n".join([f"{len(bad):,} rows could not be checked:", *shown, *more]))


@contextmanager
def _held(store: Path | None, area: Path | None) -> Iterator[tuple["HeadroomStore", "Settings"]]:
    """Open the store, or what an area holds, with the assumptions that go with it."""
    if store is not None and area is not None:
        raise UserFault("Give --store or --area, not both.")
    if area is not None:
        from laep import plan

        with plan.open_folder(area).desk() as both:
            yield both
        return
    from laep.desk import settings
    from laep.desk.store import HeadroomStore

    if store is None and not DEFAULT_STORE.is_file():
        raise UserFault(
            f"There is no {DEFAULT_STORE} here. Name a store with --store PATH, an area with --area FOLDER, "
            "or make a store: `laep headroom build FILE...`."
        )
    with HeadroomStore.open(store or DEFAULT_STORE) as held:
        yield held, settings.shipped()
