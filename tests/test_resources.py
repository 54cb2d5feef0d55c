"""Compiled kernels are kept between runs, but not past a change of the code they were made from."""

import os

import pytest

from laep import resources


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    kept = tmp_path / "spatial" / "__pycache__"
    kept.mkdir(parents=True)
    for name, age in (("a_kernel", 50), ("b_kernel", 40), ("words", 0)):
        write(tmp_path / "spatial" / f"{name}.py", age)
    for name in ("a_kernel.fit-3.py311.nbi", "a_kernel.fit-3.py311.1.nbc", "b_kernel.add-9.py311.nbi"):
        write(kept / name, 10)
    return tmp_path


def write(path, age):
    path.write_text("")
    os.utime(path, (1e9 - age, 1e9 - age))


def compiled(package):
    return sorted(path.name for path in package.rglob("*.nb?"))


def test_nothing_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert not resources.kernels_kept()


def test_kernels_younger_than_their_code_stay(package):
    resources.drop_old_kernels()
    assert resources.kernels_kept()
    assert len(compiled(package)) == 3


def test_a_change_of_one_kernel_drops_all(package):
    write(package / "spatial" / "b_kernel.py", 5)
    assert resources.kernels_kept()
    assert len(compiled(package)) == 3
    resources.drop_old_kernels()
    assert compiled(package) == []
    assert not resources.kernels_kept()


def test_a_folder_named_for_them_is_only_looked_at(package, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "spatial"))
    write(package / "spatial" / "b_kernel.py", 5)
    resources.drop_old_kernels()
    assert resources.kernels_kept()
    assert len(compiled(package)) == 3


def test_an_installed_laep_that_nobody_may_write_keeps_kernels_in_the_cache(package, tmp_path, monkeypatch):
    monkeypatch.setenv("LAEP_CACHE", str(tmp_path / "cache"))
    resources.keep_kernels()
    assert "NUMBA_CACHE_DIR" not in os.environ
    monkeypatch.setattr(os, "access", lambda path, _mode: path != package)
    resources.keep_kernels()
    assert os.environ["NUMBA_CACHE_DIR"].startswith(str(tmp_path / "cache" / "kernels"))
    monkeypatch.delenv("NUMBA_CACHE_DIR")
