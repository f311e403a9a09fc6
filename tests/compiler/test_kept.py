"""Programs kept on disk: with the cache, without it and with a bad one a check says the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from panacea_policy import caches
from panacea_policy.compiler import Finding, Workspace, kept, packages, stages, workspace
from panacea_policy.compiler.places import builtin_folder

DAY = date(2026, 11, 28)
MODEL = """use std.healthcare, packs.common
organisation clinic { country: IE  currency: EUR }
role nurse "Nurse" {}
zone ward { trust: 3 }
zone guest { trust: 0 }
device pump : infusion_pump in ward { keeps_health_data: true }
device scale in guest { keeps_health_data: false }
system ehr "Records" in ward { stores: [health_record] }
flow pump -> ehr over http { carries: [health_record] }
"""
RULES = """use std.healthcare
## Near the door.
relation beside(device, zone)
beside(d, z) if d.zone = z and z.trust < 1
rule apart "Apart" { severity: high  for device d, zone z where beside(d, z) report d "{d} is near {z}" }
rule named "Named" { severity: low  for device d require d.owner = nurse report d "{d} has no nurse" }
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "clinic.panacea").write_text(MODEL)
    (folder / "rules.panacea").write_text(RULES)
    return folder


def told(opened: Workspace) -> object:
    """All that a check says, in its order."""
    diagnostics = [str(each) for each in opened.diagnostics()]
    if not opened.ok:
        return diagnostics
    found = [
        (each.rule.id, each.rule.title, each.names, each.verdict, each.witnesses, asked(each))
        for each in opened.findings()
    ]
    tallies = [(each.rule.id, dict(each.counts), each.met) for each in opened.tallies()]
    return diagnostics, found, tallies


def asked(finding: Finding) -> list[tuple[str, str, str]]:
    return [(each.entity.name, each.attribute, each.text) for each in finding.questions]


def fresh(folder: Path) -> object:
    return told(Workspace.open(folder, as_of=DAY, cache=False))


def cached(folder: Path) -> tuple[object, bool]:
    """What a check says, and whether the program came from the cache."""
    opened = Workspace.open(folder, as_of=DAY)
    return told(opened), opened._program.is_sound


def entries(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache" / "programs").glob("*"))


def test_the_second_process_finds_what_the_first_one_kept(model: Path) -> None:
    expected = fresh(model)
    assert entries(model) == []
    assert cached(model) == (expected, False)
    assert len(entries(model)) == 1
    assert cached(model) == (expected, True)
    clinic = model / "clinic.panacea"
    clinic.write_text(MODEL.replace("trust: 0", "trust: 2"))
    changed = fresh(model)
    assert changed != expected
    assert cached(model) == (changed, True), "no rule and no name is another one"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules.panacea", "z.trust < 1", "z.trust < 4"),
        ("rules.panacea", "severity: low", "severity: medium"),
        ("rules.panacea", "is near", "is too near"),
        ("rules.panacea", "## Near the door.\n", ""),
        ("clinic.panacea", "role nurse", "department nurse"),
        ("clinic.panacea", 'role nurse "Nurse" {}\n', ""),
        ("clinic.panacea", "currency: EUR", "currency: USD"),
        ("clinic.panacea", "use std.healthcare, packs.common", "use std.healthcare"),
    ],
)
def test_what_a_program_is_made_of_makes_another_one(model: Path, file: str, old: str, new: str) -> None:
    cached(model)
    path = model / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert cached(model) == (fresh(model), False)


def damaged(data: bytes) -> Iterator[bytes]:
    yield b""
    yield b"nothing of ours"
    yield data[:-1]
    yield data[: len(data) // 2]
    yield data[:-200] + bytes([data[-200] ^ 1]) + data[-199:]
    yield data.replace(b"panacea program 1", b"panacea program 0", 1)
    yield resealed(data, b"\x90")
    yield resealed(data, b"\xff" * 40)
    yield resealed(data, b"\x91" * 5_000)


def resealed(data: bytes, payload: bytes) -> bytes:
    """A well-sealed entry with another content."""
    del data
    return kept._MARK + caches._seal(payload) + payload


def test_a_damaged_entry_is_no_program(model: Path) -> None:
    expected = fresh(model)
    cached(model)
    (path,) = entries(model)
    sound = path.read_bytes()
    for data in damaged(sound):
        path.write_bytes(data)
        assert cached(model) == (expected, False)
        assert cached(model) == (expected, True), "and it is mended"


def test_a_program_that_fits_no_package_is_none(model: Path) -> None:
    expected = fresh(model)
    opened = Workspace.open(model, as_of=DAY)
    assert opened.ok
    (path,) = entries(model)
    (model / "rules.panacea").write_text(RULES.replace("rule named", "rule called"))
    cached(model)
    (other,) = set(entries(model)) - {path}
    path.write_bytes(other.read_bytes())
    (model / "rules.panacea").write_text(RULES)
    assert cached(model) == (expected, False)


@pytest.mark.parametrize("what", ["version", "code"])
def test_another_version_keeps_its_own(model: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cached(model)
    if what == "version":
        monkeypatch.setattr(kept, "__version__", "0.0.1")
    else:
        monkeypatch.setattr(kept, "code_digest", lambda: "another")
    assert cached(model)[1] is False
    assert len(entries(model)) == 2


def test_a_cache_that_cannot_be_written_costs_time_alone(model: Path) -> None:
    expected = fresh(model)
    (model.parent / "cache").write_text("a file where the folder would be")
    assert cached(model) == (expected, False)
    assert cached(model) == (expected, False)


@pytest.mark.parametrize("edited", ["models/std", "rules/common"])
def test_an_edited_library_is_compiled_again(
    model: Path, edited: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = model.parent / "installation"
    for part in ("models/std", "rules/common"):
        shutil.copytree(builtin_folder() / part, copy / part)
    for module in (packages, stages, workspace):
        monkeypatch.setattr(module, "builtin_folder", lambda: copy)
    cached(model)
    assert cached(model) == (fresh(model), True)
    with (copy / edited / "more.panacea").open("w") as file:
        file.write('rule told "Told" {\n  severity: high\n  for device d\n')
        file.write('  where d.own_authentication = false\n  report d "{d}"\n}\n')
        file.write("role another {}\n")
    found, restored = cached(model)
    assert (found, restored) == (fresh(model), False)
    assert "P0" not in str(found)
    assert cached(model) == (found, True)


def test_what_has_a_mistake_is_not_kept(model: Path) -> None:
    (model / "rules.panacea").write_text(RULES.replace("d.zone = z", "d.zoone = z"))
    assert cached(model) == (fresh(model), False)
    assert entries(model) == []


def test_warnings_are_told_each_time(model: Path) -> None:
    (model / "rules.panacea").write_text(
        RULES.replace("## Near the door.\n", "").replace("where beside(d, z)", "where d.zone = z")
    )
    expected = fresh(model)
    assert "P0705" in str(expected)
    assert cached(model) == (expected, False)
    assert cached(model) == (expected, True)


def test_several_processes_at_once(model: Path) -> None:
    expected = fresh(model)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: cached(model)[0], range(8)))
    assert results == [expected] * 8
    assert not [path for path in entries(model) if path.name.startswith(".")]


def questions(opened: Workspace) -> object:
    return str(opened.query("device d, zone z where beside(d, z)").rows)


def explained(opened: Workspace) -> object:
    return [str(opened.explain(each)) for each in opened.findings()][:5]


def attacked(opened: Workspace) -> object:
    graph = opened.attack()
    return len(graph.facts), len(graph.steps)


def tried(opened: Workspace) -> object:
    from panacea_policy.compiler import Delta

    done = opened.apply(Delta("set scale.zone: ward"))
    return [each.fingerprint for each in done.gone], told(opened)


def ruled(opened: Workspace) -> object:
    from panacea_policy.compiler import Delta

    rules = 'rule other "Other" { severity: low  for device d, zone z where not beside(d, z) report d "{d}" }'
    opened.apply(Delta("", rules))
    return told(opened)


def known(opened: Workspace) -> object:
    use = opened.attribute("device", "zone")
    return str(use)


@pytest.mark.parametrize("ask", [questions, explained, attacked, tried, ruled, known])
def test_whatever_is_asked_of_a_restored_program_is_the_same(
    model: Path, ask: Callable[[Workspace], object]
) -> None:
    (model / "clinic.panacea").write_text(MODEL.replace("packs.common", "packs.design, packs.attack"))
    expected = ask(Workspace.open(model, as_of=DAY, cache=False))
    assert Workspace.open(model, as_of=DAY).ok
    restored = Workspace.open(model, as_of=DAY)
    assert restored.ok
    assert restored._program.is_sound
    assert ask(restored) == expected
