"""Trees on disk: right when there, harmless when not."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.language import Source, TreeCache, load_tree, parse, store
from panacea_policy.language.syntax import File
from tests.language.programs import programs

ROOT = Path(__file__).parents[2]
TEXT = "zone imaging in clinical { trust: 3 }  # a comment\n"


def entry(cache: TreeCache) -> Path:
    (path,) = (path for path in cache.folder.iterdir() if not path.name.startswith("."))
    return path


def test_a_tree_comes_back_as_it_was(tmp_path: Path) -> None:
    cache = TreeCache(tmp_path / "trees")
    source = Source("a.panacea", TEXT)
    first = load_tree(source, cache)
    assert load_tree(source, TreeCache(tmp_path / "trees")) == first == parse(source)
    assert cache.get(TEXT) == first.file


@given(programs())
@settings(max_examples=40)
def test_every_tree_survives_encoding(text: str) -> None:
    file = parse(Source("", text)).file
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(file), type=File) == file


def test_other_texts_are_other_entries(tmp_path: Path) -> None:
    cache = TreeCache(tmp_path)
    load_tree(Source("", TEXT), cache)
    assert cache.get(TEXT + " ") is None


def test_files_with_mistakes_are_not_kept(tmp_path: Path) -> None:
    cache = TreeCache(tmp_path / "trees")
    assert load_tree(Source("", "zone a { trust 3 }"), cache).diagnostics
    assert not cache.folder.exists()


def test_without_a_cache() -> None:
    assert load_tree(Source("", TEXT), None) == parse(Source("", TEXT))


@given(st.data())
@settings(max_examples=60)
def test_damage_is_noticed_and_repaired(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    cache = TreeCache(tmp_path_factory.mktemp("cache"))
    source = Source("", TEXT)
    whole = load_tree(source, cache)
    path = entry(cache)
    sound = path.read_bytes()
    at = data.draw(st.integers(0, len(sound) - 1))
    changed = bytearray(sound)
    changed[at] ^= data.draw(st.integers(1, 255))
    damaged = data.draw(st.sampled_from([bytes(changed), sound[:at], b"", b"\x00" * 100, sound + b"x"]))
    path.write_bytes(damaged)
    assert cache.get(TEXT) is None
    assert load_tree(source, cache) == whole
    assert path.read_bytes() == sound


def test_a_valid_message_of_another_type_is_no_tree(tmp_path: Path) -> None:
    cache = TreeCache(tmp_path)
    load_tree(Source("", TEXT), cache)
    path = entry(cache)
    sound = path.read_bytes()
    for payload in (msgspec.msgpack.encode(["Use", 0, 0]), b"\x91" * 5000 + b"\xc0"):
        from panacea_policy.language.cache import _check

        path.write_bytes(sound[:15] + _check(payload) + payload)
        assert cache.get(TEXT) is None


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = TreeCache(blocked / "trees")
    assert load_tree(Source("", TEXT), cache) == parse(Source("", TEXT))
    assert cache.get(TEXT) is None
    assert blocked.read_text() == "in the way"


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="needs a folder that is read-only for this user"
)
def test_a_read_only_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert load_tree(Source("", TEXT), TreeCache(tmp_path)) == parse(Source("", TEXT))
    finally:
        tmp_path.chmod(0o700)


def test_no_traces_of_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: object) -> None:
        raise PermissionError(source)

    monkeypatch.setattr(os, "replace", refuse)
    assert not store.write_blob("name", b"data", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_entries_make_room(tmp_path: Path) -> None:
    texts = [f"zone z{number} {{ trust: {number} }}\n" for number in range(30)]
    for number, text in enumerate(texts):
        cache = TreeCache(tmp_path)
        before = set(tmp_path.iterdir())
        load_tree(Source("", text), cache)
        (path,) = set(tmp_path.iterdir()) - before
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    size = path.stat().st_size
    small = TreeCache(tmp_path, size=10 * size)
    for number in range(200):
        load_tree(Source("", f"zone other{number}\n"), small)
    load_tree(Source("", "zone last\n"), small)
    used = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert used <= 10 * size
    assert small.get(texts[0]) is None
    assert small.get("zone last\n") is not None


def test_several_writers_at_once(tmp_path: Path) -> None:
    sources = [Source("", f"zone z{number % 5}\n") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda source: load_tree(source, TreeCache(tmp_path, size=2000)), sources))
    assert results == [parse(source) for source in sources]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PANACEA_CACHE_DIR": "/chosen", "XDG_CACHE_HOME": "/xdg"}, Path("/chosen")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/panacea-policy")),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/x"}, Path("/home/x/.cache/panacea-policy")),
        ({"HOME": "/home/x"}, Path("/home/x/.cache/panacea-policy")),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="places of POSIX systems")
def test_where_the_cache_is(
    variables: dict[str, str], expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PANACEA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert store.cache_folder() == expected


def test_cached_trees_need_no_lark(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from panacea_policy.language import Source, TreeCache, load_tree\n"
        f"result = load_tree(Source('', {TEXT!r}), TreeCache())\n"
        "assert result.file.items and not result.diagnostics\n"
        "print('lark' in sys.modules)\n"
    )
    environment = {**os.environ, "PANACEA_CACHE_DIR": str(tmp_path)}
    run = [sys.executable, "-c", code]
    answers = [
        subprocess.run(
            run, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert answers == ["True", "False"]
