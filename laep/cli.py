"""The front door: the commands by name, and what becomes of a fault."""

from __future__ import annotations

import gc
import signal
import sys
import warnings
from pathlib import Path
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
    publish,
    report,
    run,
    screen,
    solar,
    sources,
    status,
)  # fmt: skip
from laep.errors import MachineRefused, UserFault
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
    init.init, ingest.ingest, run.run, solar.solar, report.report, publish.publish, status.status, layers.layers,
    sources.sources, assumptions.assumptions, explain.explain, demo.demo, doctor.doctor,
):  # fmt: skip
    app.command()(_command)
app.add_typer(headroom.app, name="headroom")

_GC_OBJECTS = 50_000
"""New objects before Python looks for rubbish: starting makes many and none; at 700 short commands take 6 % more."""


def main() -> None:
    """Run the command line; the user's mistakes end with exit code 2, ours with 1."""
    gc.set_threshold(_GC_OBJECTS)
    screen.fit_streams()
    if not sys.warnoptions:  # `python -W default` shows them all the same
        # libraries warn whoever writes the program; what the user must know of a file, laep says in its notes
        warnings.simplefilter("ignore")
    for ends in ("SIGTERM", "SIGHUP"):  # a closed window or `timeout` ends laep as Ctrl-C does; Windows has no SIGHUP
        if hasattr(signal, ends):
            signal.signal(getattr(signal, ends), signal.default_int_handler)
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the last boundary: whatever happened, the user reads a sentence
        sys.exit(_failed(error))
    except KeyboardInterrupt:
        screen.note("Stopped. Nothing is half-written; the same command goes on from here.")
        sys.exit(130)


def _failed(error: Exception) -> int:
    """Say what went wrong and return the exit code."""
    from laep import faults  # noqa: PLC0415 - only a fault needs it

    fault = faults.told(error, doing="a command", folder=Path.cwd())
    screen.fault(fault, ours=not isinstance(fault, UserFault | MachineRefused))
    return 2 if isinstance(fault, UserFault) else 1


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"laep {__version__}")
        raise typer.Exit


if __name__ == "__main__":
    main()
