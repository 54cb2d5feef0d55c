"""Where the files that ship with laep live: `templates/` and `sample_data/`, in a checkout or in an installed wheel."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """Return the folder of report and area-folder templates."""
    return _shipped("templates")


def sample_data() -> Path:
    """Return the folder of the sample village."""
    return _shipped("sample_data")


def package_data(name: str) -> Path:
    """Return the path of a data file inside the package, such as a profile table."""
    return _PACKAGE / "data" / name


def kernels_compiled() -> bool:
    """Return whether compiled kernels of an earlier run are kept, as far as can be told without loading a compiler."""
    kept = os.environ.get("NUMBA_CACHE_DIR")
    folders = [Path(kept)] if kept else [_PACKAGE]
    return any(next(folder.rglob("*.nbi"), None) is not None for folder in folders)


def _shipped(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name
