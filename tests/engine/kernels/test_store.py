"""What is kept of the kernels is run, so only what this user has compiled is taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from panacea_policy.engine.kernels import store
from panacea_policy.engine.kernels.build import Library

pytest.importorskip("llvmlite")

LIBRARY = Library({"find": "a symbol"}, bytes(range(256)) * 4)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "state"))
    return tmp_path


def kept(cache: Path) -> Path:
    (file,) = (file for file in (cache / "cache" / "kernels").iterdir() if file.suffix == ".kernels")
    return file


def test_what_is_kept_comes_back(cache: Path) -> None:
    assert store.read_library() is None
    assert store.can_write()
    assert store.write_library(LIBRARY)
    assert store.read_library() == LIBRARY
    assert store.write_library(LIBRARY)
    assert store.read_library() == LIBRARY


@pytest.mark.parametrize("place", [0, 31, 32, 40, 500, -1])
def test_a_changed_byte_is_noticed(cache: Path, place: int) -> None:
    store.write_library(LIBRARY)
    data = bytearray(kept(cache).read_bytes())
    data[place] ^= 1
    kept(cache).write_bytes(data)
    assert store.read_library() is None


@pytest.mark.parametrize("length", [0, 10, 32, 33, 600])
def test_a_cut_file_is_noticed(cache: Path, length: int) -> None:
    store.write_library(LIBRARY)
    kept(cache).write_bytes(kept(cache).read_bytes()[:length])
    assert store.read_library() is None


def test_a_cache_from_elsewhere_is_not_run(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_library(LIBRARY)
    monkeypatch.setenv("XDG_STATE_HOME", str(cache / "another user"))
    monkeypatch.setenv("LOCALAPPDATA", str(cache / "another user"))
    assert store.read_library() is None
    assert store.write_library(LIBRARY)
    assert store.read_library() == LIBRARY


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_a_key_that_others_may_read_is_not_used(cache: Path) -> None:
    store.write_library(LIBRARY)
    (cache / "state" / "panacea-policy" / "kernels.key").chmod(0o644)
    assert store.read_library() is None
    assert not store.write_library(LIBRARY)
    assert not store.can_write()


@pytest.mark.parametrize("folder", ["cache", "state"])
def test_a_folder_that_cannot_be_made(cache: Path, folder: str) -> None:
    (cache / folder).write_text("a file")
    assert store.read_library() is None
    assert not store.can_write()
    assert not store.write_library(LIBRARY)
    assert store.read_library() is None
