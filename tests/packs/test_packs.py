"""Packs of others, from the first line to a model that uses them; and what is refused on the way."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import semver

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.compiler import Workspace
from panacea_policy.compiler.installed import LOCK, content_digest, read_lock
from panacea_policy.evidence import EvidenceError, SigningKey
from panacea_policy.packs import (
    Archive,
    PackError,
    build,
    check,
    install,
    listed,
    open_project,
    read_archive,
    removed,
    scaffold,
    sign,
    signer_of,
)
from panacea_policy.packs.project import read_requires

ROOT = Path(__file__).parents[2]
OUR_PACKS = sorted(each.name for each in (ROOT / "rules").iterdir() if any(each.glob("*.panacea")))


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANACEA_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.new()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new pack."""
    scaffold("house_law", tmp_path / "house_law")
    return tmp_path / "house_law"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that uses it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "m.panacea").write_text("use packs.house_law\nzone red { owner: none }\n")
    return tmp_path / "model"


def archive(folder: Path) -> Archive:
    return read_archive(build(open_project(folder))[1])


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def faults(folder: Path) -> list[str]:
    return [f"{fault.about}: {fault.message}" for fault in check(open_project(folder)).faults]


# ------------------------------------------------------------------------------------------ check


def test_a_new_pack_may_be_published_and_is_in_standard_form(folder: Path) -> None:
    report = check(open_project(folder))
    assert (report.faults, report.rules, report.requirements, report.tests) == ([], 1, 1, 1)
    assert main(["fmt", "--check", str(folder)]) == exits.OK
    assert main(["check", str(folder)]) == exits.OK


@pytest.mark.slow
@pytest.mark.parametrize("name", OUR_PACKS)
def test_our_own_packs_go_through_the_same_door(name: str) -> None:
    project = open_project(ROOT / "rules" / name)
    assert project.name == name
    assert faults(ROOT / "rules" / name) == []
    file, data = build(project)
    assert read_archive(data).file_name == file


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("pack.panacea", '  clause: "1"\n', "", "clause_1: the requirement does not say `clause`"),
        ("pack.panacea", "  status: guidance\n", "", "clause_1: the requirement does not say `status`"),
        (
            "pack.panacea",
            "  addressees: [hospital]\n",
            "",
            "clause_1: the requirement does not say `addressees`",
        ),
        (
            "pack.panacea",
            "  jurisdiction: [international]\n",
            "",
            "clause_1: the requirement does not say `jurisdiction`",
        ),
        (
            "pack.panacea",
            "status: guidance",
            "status: in_force",
            "clause_1: the requirement does not say `effective`",
        ),
        ("pack.panacea", "  decided_by: rules\n", "", "clause_1: the requirement does not say `decided_by`"),
        ("pack.panacea", '"Every network zone has an owner" ', "", "clause_1: the requirement has no title"),
        ("pack.panacea", '"0.1.0"', '"first"', "house_law: the pack `house_law` has no semantic version"),
        (
            "pack.panacea",
            '  source: "Name of the law or standard"\n',
            "",
            "house_law: the pack names no source",
        ),
        (
            "pack.panacea",
            "  authors:",
            '  requires: ["nis2 about 1"]\n  authors:',
            "house_law: `about 1` of `nis2 about 1` is no bound of a version",
        ),
        (
            "zones.panacea",
            "  satisfies: [clause_1]\n",
            "",
            "clause_1: it is decided by rules, but no rule satisfies it",
        ),
        (
            "tests_zones.panacea",
            "expect house_law_01_owner on orphaned",
            "expect house_law_01_owner met on orphaned",
            "house_law_01: zones have owners: the test fails",
        ),
        (
            "tests_zones.panacea",
            "  expect house_law_01_owner met on owned\n",
            "",
            "house_law_01_owner: no test shows it met",
        ),
    ],
)
def test_a_broken_pack_is_refused_with_the_reason(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    edit(folder, file, old, new)
    assert any(each.startswith(told) for each in faults(folder)), faults(folder)
    assert main(["pack", "check", str(folder)]) == exits.FOUND
    assert main(["pack", "build", str(folder), "-o", str(folder.parent / "out")]) == exits.WRONG


def test_a_rule_without_a_test_is_refused(folder: Path) -> None:
    (folder / "tests_zones.panacea").unlink()
    assert faults(folder) == ["house_law_01_owner: no test shows it violated and met"]


def test_a_clause_declared_twice_is_refused(folder: Path) -> None:
    text = 'requirement again "The same" of house_law { clause: "1"  addressees: []  decided_by: nobody }\n'
    (folder / "more.panacea").write_text(text)
    assert faults(folder) == ["1: the clause is declared twice: again, clause_1"]


def test_what_is_told_of_a_pack_obeys_no_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'requirement {} "The same" of house_law {{ clause: "2\\u{{1b}}[2J"  decided_by: nobody }}\n'
    (folder / "more.panacea").write_text(text.format("one") + text.format("two"))
    assert main(["pack", "check", str(folder)]) == exits.FOUND
    told = capsys.readouterr().out
    assert "2\\x1b[2J: the clause is declared twice: one, two" in told
    assert "\x1b" not in told


def test_a_clause_is_decided_by_what_is_part_of_it(folder: Path) -> None:
    text = 'requirement chapter "Zones" of house_law { clause: "I"  addressees: []  decided_by: rules }\n'
    (folder / "more.panacea").write_text(text)
    assert faults(folder) == ["chapter: it is decided by rules, but no rule satisfies it"]
    edit(folder, "pack.panacea", '  clause: "1"\n', '  clause: "1"\n  parent: chapter\n')
    assert faults(folder) == []


def test_a_duplicate_id_is_an_error_of_the_language(folder: Path) -> None:
    (folder / "more.panacea").write_text('requirement clause_1 "The same" of house_law { clause: "2" }\n')
    with pytest.raises(PackError, match="declared twice"):
        open_project(folder)


def test_a_pack_without_a_readme_or_declaration_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "README.md").unlink()
    assert faults(folder) == ["house_law: there is no README.md"]
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.panacea").write_text("zone a {}\n")
    with pytest.raises(PackError, match="declares no pack"):
        open_project(tmp_path / "empty")
    with pytest.raises(PackError, match="no folder"):
        open_project(tmp_path / "absent")
    with pytest.raises(PackError, match="cannot be the name"):
        scaffold("House Law", tmp_path / "x")
    with pytest.raises(PackError, match="not empty"):
        scaffold("house_law", folder)


@pytest.mark.parametrize(
    ("text", "version", "met"),
    [
        ("nis2", "0.0.1", True),
        ("nis2 >=1.0.0,<2.0.0", "1.9.9", True),
        ("nis2 >=1.0.0,<2.0.0", "2.0.0", False),
        ("nis2 >=1.0.0", "1.0.0-rc.1", False),
        ("nis2 == 1.2.3", "1.2.3", True),
    ],
)
def test_bounds_of_versions(text: str, version: str, met: bool) -> None:
    assert read_requires(text).met_by(version) is met


# ------------------------------------------------------------------------------------------ build, sign


def test_the_same_pack_gives_the_same_file_and_signature(
    folder: Path, tmp_path: Path, key: SigningKey
) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    first, second = (build(open_project(each)) for each in (folder, tmp_path / "copy"))
    assert first == second
    assert first[0] == "house_law-0.1.0.zip"
    made = read_archive(first[1])
    assert sign(made, key).data == sign(made, key).data


def test_nothing_but_plain_texts_goes_into_a_pack(folder: Path) -> None:
    (folder / "tool.py").write_text("print('x')")
    with pytest.raises(PackError, match=r"`tool\.py` cannot be in a pack"):
        build(open_project(folder))
    (folder / "tool.py").unlink()
    (folder / "link.md").symlink_to("/etc/passwd")
    with pytest.raises(PackError, match=r"`link\.md` cannot be in a pack"):
        build(open_project(folder))
    (folder / "link.md").unlink()
    (folder / "more").symlink_to(folder.parent)
    with pytest.raises(PackError, match="`more` cannot be in a pack"):
        build(open_project(folder))
    (folder / "more").unlink()
    (folder / "panacea-pack.json").write_text("{}")
    with pytest.raises(PackError, match="is written when a pack is built"):
        build(open_project(folder))


def test_a_signature_is_of_one_file_one_version_and_one_key(folder: Path, key: SigningKey) -> None:
    first = archive(folder)
    signature = sign(first, key).data
    assert signer_of(first, signature, [SigningKey.new().public, key.public]).id == key.public.id
    with pytest.raises(PackError, match="not signed by a key that you trust"):
        signer_of(first, signature, [SigningKey.new().public])
    with pytest.raises(PackError, match="cannot be read"):
        signer_of(first, b"{}", [key.public])
    edit(folder, "zones.panacea", "severity: medium", "severity: low")
    with pytest.raises(PackError, match="is not of this file"):
        signer_of(archive(folder), signature, [key.public])
    unsigned = json.loads(signature)
    unsigned["signatures"] = []
    with pytest.raises(PackError, match="unsigned"):
        signer_of(first, json.dumps(unsigned).encode(), [key.public])


def repacked(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        files = {name: source.read(name) for name in source.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.update({"zones.panacea": b"zone a {}"}), "was altered"),
        (lambda f: f.update({"../escape.panacea": b""}), "no place in the pack"),
        (lambda f: f.update({".hidden/a.panacea": b""}), "no place in the pack"),
        (lambda f: f.update({"/etc/a.panacea": b""}), "no place in the pack"),
        (lambda f: f.update({"run.exe": b""}), "no place in the pack"),
        (lambda f: f.update({"a.md": b"", "a.md/b.md": b""}), "a file and a folder `a.md`"),
        (lambda f: f.update({"ZONES.panacea": b""}), "two files"),
        (lambda f: f.pop("panacea-pack.json"), "manifest"),
        (lambda f: f.pop("zones.panacea"), "was altered"),
    ],
)
def test_a_hostile_file_is_refused(
    folder: Path, change: Callable[[dict[str, bytes]], object], told: str
) -> None:
    data = build(open_project(folder))[1]
    with pytest.raises((EvidenceError, PackError), match=told):
        read_archive(repacked(data, lambda files: (change(files), None)[1]))


# ------------------------------------------------------------------------------------------ install


def findings(model: Path) -> list[str]:
    workspace = Workspace.open(model, cache=None)
    assert [d.message for d in workspace.diagnostics()] == []
    return [finding.rule.id for finding in workspace.findings()]


def test_an_installed_pack_is_used_by_name(folder: Path, model: Path, key: SigningKey) -> None:
    made = archive(folder)
    locked = install(model, made, sign(made, key).data, [key.public])
    assert findings(model) == ["house_law.house_law_01_owner"]
    assert (locked.version, locked.signed_by) == ("0.1.0", key.public.id)
    assert locked.digest == content_digest(model / ".panacea" / "packs" / "house_law")
    (mine,) = (each for each in listed(model) if each.name == "house_law")
    assert (mine.version, mine.state) == ("0.1.0", "installed")


def test_an_installed_pack_need_not_be_in_use(
    folder: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "m.panacea").write_text("zone red { owner: none }\n")
    install(model, archive(folder), None, [], unsigned=True)
    asked = ["comply", str(model), "--pack", "house_law"]
    assert main([*asked, "--fail-on", "medium"]) == exits.FOUND
    assert "✗ 1  Every network zone has an owner" in capsys.readouterr().out
    edit(model / ".panacea" / "packs" / "house_law", "zones.panacea", "z.owner != none", "z.owner = z.owner")
    assert main(asked) == exits.WRONG
    assert "P0211" in capsys.readouterr().err
    (model / LOCK).write_text("{}")
    assert main(asked) == exits.WRONG
    assert f"{LOCK} is not of the form" in capsys.readouterr().err


def test_an_unsigned_pack_is_refused_unless_asked_for(folder: Path, model: Path, key: SigningKey) -> None:
    made = archive(folder)
    with pytest.raises(PackError, match="is unsigned"):
        install(model, made, None, [key.public])
    assert not (model / LOCK).exists()
    assert install(model, made, None, [], unsigned=True).signed_by is None
    assert findings(model) == ["house_law.house_law_01_owner"]


def test_a_foreign_signature_is_refused_and_nothing_changes(
    folder: Path, model: Path, key: SigningKey
) -> None:
    made = archive(folder)
    with pytest.raises(PackError, match="not signed by a key that you trust"):
        install(model, made, sign(made, SigningKey.new()).data, [key.public])
    assert not (model / LOCK).exists()
    assert [each.name for each in model.iterdir()] == ["m.panacea"]


def test_a_manifest_that_keeps_quiet_about_needs_is_refused_and_nothing_changes(
    folder: Path, model: Path
) -> None:
    edit(folder, "pack.panacea", "  authors:", '  requires: ["nis2 >=1.0.0"]\n  authors:')
    silent = replace(archive(folder), requires=())
    with pytest.raises(PackError, match="does not name the packs that it needs"):
        install(model, silent, None, [], unsigned=True)
    assert [each.name for each in model.iterdir()] == ["m.panacea"]
    assert install(model, archive(folder), None, [], unsigned=True).requires == ("nis2 >=1.0.0",)


def test_a_folder_that_is_not_there_has_no_packs(folder: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    for call in (
        lambda: install(absent, archive(folder), None, [], unsigned=True),
        lambda: removed(absent, "house_law"),
        lambda: listed(absent),
    ):
        with pytest.raises(PackError, match="there is no folder"):
            call()
    assert not absent.exists()


def test_packs_that_are_installed_at_once_are_all_there(folder: Path, model: Path) -> None:
    made = []
    for number in range(4):
        copy = shutil.copytree(folder, folder.parent / f"law_{number}")
        for file in copy.iterdir():
            file.write_text(file.read_text().replace("house_law", copy.name))
        made.append(archive(copy))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: install(model, each, None, [], unsigned=True), made))
    assert {each.name for each in made} <= {each.name for each in listed(model)}
    assert len(json.loads((model / LOCK).read_text())["packs"]) == len(made)


def test_what_was_altered_after_it_was_installed_is_not_used(folder: Path, model: Path) -> None:
    install(model, archive(folder), None, [], unsigned=True)
    file = model / ".panacea" / "packs" / "house_law" / "zones.panacea"
    file.write_text(file.read_text().replace("z.owner != none", "z.owner = z.owner"))
    codes = [(d.code, d.message) for d in Workspace.open(model, cache=None).diagnostics()]
    assert ("P0211", f"the pack `house_law` is not what was installed: {LOCK} names another content") in codes
    assert next(each for each in listed(model) if each.name == "house_law").state == "altered"
    shutil.rmtree(file.parent)
    assert "P0211" in [d.code for d in Workspace.open(model, cache=None).diagnostics()]
    assert main(["pack", "list", "--model", str(model)]) == exits.FOUND


def locked(**said: object) -> str:
    sound = {"version": "1.0.0", "digest": "0" * 64, "archive": "0" * 64, "signedBy": None, "requires": []}
    return json.dumps({"schema": "panacea/lock/v1", "packs": {"house_law": {**sound, **said}}})


def test_versions_of_a_lock_are_those_that_can_be_ordered(model: Path) -> None:
    for version in ("1.0.0", "1.0.0-rc.1+5", "10.20.30-a-b.0x"):
        (model / LOCK).write_text(locked(version=version))
        assert read_lock(model)["house_law"].version == str(semver.Version.parse(version))


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "{}",
        '{"schema": "panacea/lock/v1", "packs": {}, "packs": {}}',
        '{"schema": "panacea/lock/v1", "packs": {"a/b": {}}}',
        locked(version="1"),
        locked(version="01.0.0"),
        locked(version="1.0.0\x1b[2J"),
        locked(version="\ud800"),
        locked(digest="../.."),
        locked(signedBy="nobody"),
        locked(requires=["\x1b[2J"]),
        locked(requires=[5]),
    ],
)
def test_a_broken_lock_is_a_diagnostic(model: Path, text: str) -> None:
    (model / LOCK).write_text(text)
    assert "P0210" in [d.code for d in Workspace.open(model, cache=None).diagnostics()]
    with pytest.raises(PackError, match=LOCK):
        listed(model)


def test_versions_go_up_and_back_on_purpose_only(folder: Path, model: Path) -> None:
    first = archive(folder)
    edit(folder, "pack.panacea", "0.1.0", "0.2.0")
    second = archive(folder)
    install(model, second, None, [], unsigned=True)
    with pytest.raises(PackError, match=r"0.2.0 is installed, and this is 0.1.0"):
        install(model, first, None, [], unsigned=True)
    assert install(model, first, None, [], unsigned=True, older=True).version == "0.1.0"
    assert install(model, second, None, [], unsigned=True).version == "0.2.0"
    assert findings(model) == ["house_law.house_law_01_owner"]


def test_where_the_lock_cannot_be_written_everything_is_as_it_was(
    folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from panacea_policy.packs import installing

    def full(*_: object) -> None:
        raise OSError("no space")

    write = installing.write_atomically
    monkeypatch.setattr(installing, "write_atomically", full)
    with pytest.raises(OSError, match="no space"):
        install(model, archive(folder), None, [], unsigned=True)
    assert not (model / ".panacea" / "packs" / "house_law").exists()
    monkeypatch.setattr(installing, "write_atomically", write)
    install(model, archive(folder), None, [], unsigned=True)
    edit(folder, "pack.panacea", "0.1.0", "0.2.0")
    monkeypatch.setattr(installing, "write_atomically", full)
    with pytest.raises(OSError, match="no space"):
        install(model, archive(folder), None, [], unsigned=True)
    assert findings(model) == ["house_law.house_law_01_owner"]
    assert next(each for each in listed(model) if each.name == "house_law").version == "0.1.0"


def test_what_a_pack_needs_must_be_there(folder: Path, model: Path, tmp_path: Path) -> None:
    edit(folder, "pack.panacea", "  authors:", '  requires: ["other >=1.0.0", "nis2 >=1.0.0"]\n  authors:')
    with pytest.raises(PackError, match=r"needs `other >=1\.0\.0`"):
        install(model, archive(folder), None, [], unsigned=True)
    scaffold("other", tmp_path / "other")
    install(model, archive(tmp_path / "other"), None, [], unsigned=True)
    with pytest.raises(PackError, match=r"and 0.1.0 is installed"):
        install(model, archive(folder), None, [], unsigned=True)
    edit(tmp_path / "other", "pack.panacea", "0.1.0", "1.0.0")
    install(model, archive(tmp_path / "other"), None, [], unsigned=True)
    install(model, archive(folder), None, [], unsigned=True)
    with pytest.raises(PackError, match="`other` is needed by house_law"):
        removed(model, "other")
    removed(model, "house_law")
    removed(model, "other")
    with pytest.raises(PackError, match="not installed here"):
        removed(model, "other")


def test_a_faulty_pack_is_refused_at_the_door(folder: Path, model: Path) -> None:
    (folder / "tests_zones.panacea").unlink()
    with pytest.raises(PackError, match=r"has faults \(1\), such as house_law_01_owner"):
        install(model, archive(folder), None, [], unsigned=True)
    assert not (model / LOCK).exists()


def test_one_of_our_packs_can_be_brought_up_to_date(model: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules" / "nis2", tmp_path / "nis2")
    edit(tmp_path / "nis2", "pack.panacea", 'version: "1.0.0"', 'version: "1.0.1"')
    install(model, archive(tmp_path / "nis2"), None, [], unsigned=True)
    (model / "m.panacea").write_text(
        "use packs.nis2\norganisation a { partner: false  management_body: none }\n"
    )
    assert "nis2.nis2_01_body" in findings(model)
    versions = {each.name: each.version for each in listed(model)}
    assert versions["nis2"] == "1.0.1"


def test_the_whole_way_by_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> int:
        return main(["pack", *words])

    pack, out = tmp_path / "ward_law", tmp_path / "out"
    assert run("new", "ward_law", str(pack)) == exits.OK
    assert run("check", str(pack)) == exits.OK
    assert "✓ ward_law: 1 clause, 1 rule, 1 test: may be published\n" in capsys.readouterr().out
    assert main(["evidence", "keygen", str(tmp_path / "keys")]) == exits.OK
    assert run("build", str(pack), "-o", str(out)) == exits.OK
    file = str(out / "ward_law-0.1.0.zip")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "m.panacea").write_text("use packs.ward_law\n")
    into = ["install", file, "--model", str(tmp_path / "m")]
    assert run(*into) == exits.WRONG
    assert run("sign", file, "--key", str(tmp_path / "keys/attester.pem")) == exits.OK
    assert run(*into, "--key", str(tmp_path / "keys/log.pub.pem")) == exits.WRONG
    assert run(*into, "--key", str(tmp_path / "keys/attester.pub.pem")) == exits.OK
    assert "use packs.ward_law" in capsys.readouterr().out
    assert run("list", "--model", str(tmp_path / "m")) == exits.OK
    assert "ward_law" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "m")]) == exits.OK
    assert run("remove", "ward_law", "--model", str(tmp_path / "m")) == exits.OK
