"""The front door: the commands by name, and what becomes of a fault."""

from __future__ import annotations

import gc
import sys
import warnings
from typing import Annotated

import typer

from laep.commands import (
    assumptions,
    demo,
    doctor,
    explain,
    headroom,
    ingest,
    init,
    layers,
    report,
    run,
    screen,
    solar,
    sources,
    status,
)  # fmt: skip
from laep.errors import LaepError, UserFault
from laep.version import __version__

app = typer.Typer(
    name="laep",
    help="Local Area Energy Plans for places in Great Britain, from open data.\n\n"
    "Start with [bold]laep demo[/bold], or: laep init, laep ingest, laep report.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (
    init.init, ingest.ingest, run.run, solar.solar, report.report, status.status, layers.layers, sources.sources,
    assumptions.assumptions, explain.explain, demo.demo, doctor.doctor,
):  # fmt: skip
    app.command()(_command)
app.add_typer(headroom.app, name="headroom")

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
    except LaepError as fault:
        ours = not isinstance(fault, UserFault)
        screen.fault(fault, ours=ours)
        sys.exit(1 if ours else 2)
    except KeyboardInterrupt:
        screen.note("Stopped. Nothing is half-written; the same command goes on from here.")
        sys.exit(130)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"laep {__version__}")
        raise typer.Exit


if __name__ == "__main__":
    main()
