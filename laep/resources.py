"""Where the files that ship with laep live: `templates/` and `sample_data/`, in a checkout or in an installed wheel."""

import contextlib
import os
from pathlib import Path

from laep import files
from laep.version import __version__

_PACKAGE = Path(__file__).resolve().parent
_KERNELS_VARIABLE = "NUMBA_CACHE_DIR"


def templates() -> Path:
    """Return the folder of report and area-folder templates."""
    return _shipped("templates")


def sample_data() -> Path:
    """Return the folder of the sample village."""
    return _shipped("sample_data")


def package_data(name: str) -> Path:
    """Return the path of a data file inside the package, such as a profile table."""
    return _PACKAGE / "data" / name


def keep_kernels() -> None:
    """
    Have compiled kernels kept in laep's own cache where the folder of their code cannot be written.

    It takes effect only before the compiler is loaded. A folder given in `NUMBA_CACHE_DIR` stays.
    """
    if _KERNELS_VARIABLE not in os.environ and not os.access(_PACKAGE, os.W_OK):
        os.environ[_KERNELS_VARIABLE] = str(files.cache_folder() / "kernels" / __version__)


def kernels_kept() -> bool:
    """Return whether compiled kernels of an earlier run are kept, as far as can be told without loading a compiler."""
    elsewhere = os.environ.get(_KERNELS_VARIABLE)
    return next((Path(elsewhere) if elsewhere else _PACKAGE).rglob("*.nbi"), None) is not None


def drop_old_kernels() -> None:
    """
    Delete the compiled kernels kept beside their code when one is older than the code of any.

    One holds what it took from the others, while the compiler looks at the age of its own code alone. Those in a
    folder named for them are left alone.
    """
    if os.environ.get(_KERNELS_VARIABLE):
        return
    kept = [path for kind in ("*.nbi", "*.nbc") for path in _PACKAGE.rglob(kind)]
    code = {path.parents[1] / f"{path.name.split('.')[0]}.py" for path in kept}
    changed = max((path.stat().st_mtime for path in code if path.is_file()), default=0.0)
    if all(path.stat().st_mtime > changed for path in kept):
        return
    with contextlib.suppress(OSError):
        for path in kept:
            path.unlink()


def _shipped(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent / name
