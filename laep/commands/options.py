"""Options that several commands take, declared once."""

from pathlib import Path
from typing import Annotated

import typer

HERE = Path()
AreaOption = Annotated[
    Path, typer.Option("--area", "-a", help="The area folder.", show_default="this folder", file_okay=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Use files and what was fetched before.")]
StoreOption = Annotated[Path | None, typer.Option("--store", "-s", help="Headroom store, from `laep headroom build`.")]
AskedAreaOption = Annotated[Path | None, typer.Option("--area", "-a", help="Area folder to ask instead of a store.")]
