"""Python programs laep is compared with but does not depend on: found here, or in an environment named by the user."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

VARIABLE = "LAEP_PEERS_PYTHON"
"""Environment variable with the Python of an environment that holds them (scikit-learn, polars, DuckDB, PyPSA ...)."""


INSTALL = "`make peers` installs it"


@cache
def python_with(module: str) -> str | None:
    """Return a Python that can import `module`, or None after saying that it is not installed."""
    for python in (sys.executable, os.environ.get(VARIABLE)):
        if (
            python
            and subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
        ):
            return python
    print(
        f"{module} is not installed: left out. {INSTALL}, or set {VARIABLE} to a Python that has it.", file=sys.stderr
    )
    return None
