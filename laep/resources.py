"""Where the files that ship with laep live: `templates/` and `sample_data/`, in a checkout or in an installed wheel."""

import contextlib
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
    """
    Return whether compiled kernels of an earlier run are kept, as far as can be told without loading a compiler.

    Those older than the code of any kernel are deleted first: one holds what it took from the others, while the
    compiler looks at the age of its own code alone.
    """
    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    if elsewhere:
        return next(Path(elsewhere).rglob("*.nbi"), None) is not None
    kept = [path for kind in ("*.nbi", "*.nbc") for path in _PACKAGE.rglob(kind)]
    code = {path.parents[1] / f"{path.name.split('.')[0]}.py" for path in kept}
    changed = max((path.stat().st_mtime for path in code if path.is_file()), default=0.0)
    if all(path.stat().st_mtime > changed for path in kept):
        return bool(kept)
    with contextlib.suppress(OSError):
        for path in kept:
            path.unlink()
    return False


def _shipped(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name
