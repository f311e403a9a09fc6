"""The workspace: edits redo only what they touch, and nothing depends on order, cache or earlier runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace, packages
from panacea_policy.language import Source, TreeCache
from tests.compiler.workspaces import AS_OF, codes, good_model, lay_out, open_model

FILES = {
    "a.panacea": "zone ward { trust: 1 }\nzone hall { trust: 2 }\n",
    "b.panacea": "use part\nsystem pacs in ward { owner: it }\nsystem gate in hall {}\nrole it {}\n",
    "c.panacea": 'rule low { for system s where s.zone.trust < 2 report s "in {s.zone}" }\n',
    "part/p.panacea": 'rule owned { for asset a require a.owner != none report a "x" }\n',
}
EDITS = (
    ("a.panacea", "zone ward { trust: 3 }\nzone hall { trust: 1 }\n"),
    ("a.panacea", "zone ward {}\nzone hall {}\n"),
    ("a.panacea", "zone ward { trust: 1\n"),
    ("b.panacea", "use part\nsystem pacs in hall { owner: none }\nsystem gate in hall {}\nrole it {}\n"),
    ("b.panacea", "system pacs in nowhere {}\n"),
    ("b.panacea", ""),
    ("c.panacea", 'rule low { for system s where s.zone.trust < 5 report s "low" }\n'),
    ("c.panacea", "rule low { for system s where s.trst < 5 report s }\n"),
    ("d.panacea", "system extra in ward {}\n"),
    ("part/p.panacea", "zone deep {}\n"),
    ("a.panacea", None),
    ("b.panacea", None),
    ("c.panacea", None),
    ("d.panacea", None),
)


def picture(workspace: Workspace) -> tuple[object, ...]:
    """Everything that a workspace says, in order."""
    diagnostics = [(d.code, d.message, d.span, d.help) for d in workspace.diagnostics()]
    findings = [
        (
            *(
                f.rule.id,
                [s.name for s in f.subjects],
                f.verdict,
                f.message,
                f.witnesses,
                f.span,
                f.fingerprint,
            ),
            *((q.entity.name, q.attribute) for q in f.questions),
        )
        for f in workspace.findings()
    ]
    entities = [(e.name, e.kind.name, sorted(e.own)) for e in workspace.model.entities()]
    tallies = [(t.rule.id, sorted(t.counts.items()), t.met) for t in workspace.tallies()]
    return diagnostics, findings, entities, tallies


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are parsed, as it happens."""
    names: list[str] = []
    load = packages.load_tree

    def counting(source: Source, cache: TreeCache | None) -> object:
        names.append(source.name)
        return load(source, cache)

    monkeypatch.setattr(packages, "load_tree", counting)
    return names


def test_an_edit_parses_that_file_alone(tmp_path: Path, parsed: list[str]) -> None:
    workspace = good_model(tmp_path, FILES)
    workspace.findings()
    assert sorted(parsed) == sorted(FILES)
    parsed.clear()
    workspace.update("a.panacea", "zone ward { trust: 0 }\nzone hall {}\n")
    workspace.findings()
    assert parsed == ["a.panacea"]


def test_a_scenario_parses_nothing(tmp_path: Path, parsed: list[str]) -> None:
    workspace = good_model(tmp_path, {**FILES, "s.panacea": "scenario s { set ward.trust: 4 }"})
    workspace.findings()
    parsed.clear()
    workspace.with_scenario("s").findings()
    assert parsed == []


def test_libraries_are_parsed_once_whatever_is_edited(tmp_path: Path, parsed: list[str]) -> None:
    workspace = good_model(tmp_path, {"m.panacea": "use std.healthcare\nzone ward {}\n"})
    workspace.diagnostics()
    parsed.clear()
    workspace.update("m.panacea", "use std.healthcare\nzone ward { trust: 2 }\n")
    assert workspace.diagnostics() == ()
    assert parsed == ["m.panacea"]


def test_an_edit_is_taken_back(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, FILES)
    before = picture(workspace)
    workspace.update("a.panacea", "zone ward {")
    assert not workspace.ok
    workspace.update("a.panacea", None)
    assert picture(workspace) == before


@settings(max_examples=25)
@given(edits=st.lists(st.sampled_from(EDITS), min_size=1, max_size=5))
def test_after_any_edits_it_says_what_a_fresh_one_says(
    tmp_path_factory: pytest.TempPathFactory, edits: Sequence[tuple[str, str | None]]
) -> None:
    folder = lay_out(tmp_path_factory.mktemp("edits"), FILES)
    workspace = Workspace.open(folder, as_of=AS_OF, cache=None)
    texts: dict[str, str | None] = {}
    for name, text in edits:
        workspace.update(name, text)
        texts[name] = text
        picture(workspace)
    fresh = Workspace.open(folder, as_of=AS_OF, cache=None)
    for name, text in texts.items():
        fresh.update(name, text)
    assert picture(workspace) == picture(fresh)


def test_two_runs_say_the_same(tmp_path: Path) -> None:
    good_model(tmp_path, FILES)
    assert picture(open_model(tmp_path, {})) == picture(open_model(tmp_path, {}))


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    one = good_model(tmp_path / "m" / "one", FILES)
    swapped = {"a.panacea": "y", "b.panacea": "z", "c.panacea": "x"}
    other = good_model(
        tmp_path / "m2" / "one",
        {
            f"{swapped.get(name, name)}.panacea" if name in swapped else name: text
            for name, text in FILES.items()
        },
    )
    assert [(f.rule.id, f.message, f.fingerprint) for f in one.findings()] == [
        (f.rule.id, f.message, f.fingerprint) for f in other.findings()
    ]


def test_hash_seeds_do_not_matter(tmp_path: Path) -> None:
    good_model(tmp_path, FILES)
    said = {seed: _run_apart(tmp_path, tmp_path / "cache", seed) for seed in ("1", "2", "77")}
    assert len(set(said.values())) == 1
    assert "owned gate unknown" in said["1"]


def test_processes_share_a_cache(tmp_path: Path) -> None:
    good_model(tmp_path / "m", FILES)
    cache = tmp_path / "cache"
    running = [_start(tmp_path / "m", cache, "0") for _ in range(4)]
    said = {process.communicate()[0] for process in running}
    assert all(process.returncode == 0 for process in running)
    assert len(said) == 1
    assert _run_apart(tmp_path / "m", cache, "0") in said


def test_a_damaged_cache_is_no_cache(tmp_path: Path) -> None:
    lay_out(tmp_path / "m", FILES)
    cache = TreeCache(tmp_path / "cache")
    first = picture(Workspace.open(tmp_path / "m", as_of=AS_OF, cache=cache))
    damaged = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert damaged
    for path in damaged:
        path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    assert picture(Workspace.open(tmp_path / "m", as_of=AS_OF, cache=TreeCache(tmp_path / "cache"))) == first


_PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from panacea_policy.compiler import Workspace
from panacea_policy.language import TreeCache
workspace = Workspace.open(sys.argv[1], as_of=date(2026, 11, 1), cache=TreeCache(Path(sys.argv[2])))
for f in workspace.findings():
    print(f.rule.name, f.subjects[0].name, f.verdict, f.message)
    print([(q.entity.name, q.attribute) for q in f.questions])
print([e.name for e in workspace.model.entities()])
"""


def _start(folder: Path, cache: Path, seed: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _PROGRAM, str(folder), str(cache)]
    root = Path(packages.__file__).parents[2]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=root, env={"PYTHONHASHSEED": seed, "PATH": ""}
    )


def _run_apart(folder: Path, cache: Path, seed: str) -> str:
    process = _start(folder, cache, seed)
    said = process.communicate()[0]
    assert process.returncode == 0
    return said


def test_files_may_be_opened_instead_of_a_folder(tmp_path: Path) -> None:
    lay_out(tmp_path, FILES)
    workspace = Workspace.open(tmp_path / "a.panacea", as_of=AS_OF, cache=None)
    assert [e.name for e in workspace.model.entities()] == ["ward", "hall"]
    both = Workspace.open(tmp_path / "a.panacea", tmp_path / "c.panacea", as_of=AS_OF, cache=None)
    assert [r.name for r in both.rules()] == ["low"]


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Workspace.open(tmp_path / "nothing")


def test_an_empty_folder_is_a_model(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path, cache=None)
    assert codes(workspace) == []
    assert workspace.findings() == ()
    assert workspace.model.entities() == []


def test_an_edit_without_rules_or_names_compiles_no_rule_again(tmp_path: Path) -> None:
    (tmp_path / "rules.panacea").write_text(
        'rule r "R" { severity: low  for zone z where z.trust < 2 report z "{z} is weak" }\n'
    )
    (tmp_path / "model.panacea").write_text("zone ward { trust: 1 }\n")
    workspace = Workspace.open(tmp_path, cache=None)
    assert len(workspace.findings()) == 1
    compiled = workspace._program.compiled
    workspace.update("model.panacea", "zone ward { trust: 3 }\n")
    assert workspace.findings() == ()
    assert workspace._program.compiled is compiled
    workspace.update("model.panacea", "zone ward { trust: 3 }\nzone hall { trust: 1 }\n")
    assert [each.subjects[0].name for each in workspace.findings()] == ["hall"]
