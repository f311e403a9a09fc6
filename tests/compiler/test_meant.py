"""Which declarations a program is compiled from: those that its rules may mean, and no others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace
from tests.compiler.test_kept import DAY, cached, fresh, told
from tests.compiler.test_kept_run import process
from tests.compiler.workspaces import lay_out

MODEL = """organisation clinic { country: IE  currency: EUR  exchange_rates: { USD: 0.5 } }
role nurse "Nurse" {}
zone ward { trust: 3 }
zone guest { trust: 0 }
template device scanner { keeps_health_data: true }
device pump : scanner in ward { owner: nurse }
device tag from inventory("tags.csv") { id: column("tag")  hostname: column("host")  zone: guest }
system ehr in ward { software records { version: "1" } }
"""
RULES = """## Near the door.
relation beside(device, zone)
beside(d, z) if d.zone = z and z.trust < 1
## Nothing asks this but questions.
relation inside(device)
inside(d) if beside(d, _z)
rule apart "Apart" { severity: high  for device d, zone z where beside(d, z) report d "{d} is near {z}" }
rule named "Named" { severity: low  for device d require d.owner = nurse report d "{d} has no nurse" }
rule kept "Kept" { severity: low  for device d where d is scanner and d.zone = ward report d "{d}" }
rule row "Row" { severity: low  for system s where tag["A-1"] in s.depends_on report s "{s}" }
rule part "Part" { severity: low  for system s where ehr.records in s.software report s "{s}" }
"""
FILES = {
    "clinic.panacea": MODEL,
    "rules.panacea": RULES,
    "tags.csv": "tag,host\nA-1,a\nB-2,b\n",
}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    return lay_out(tmp_path / "model", FILES)


def edited(folder: Path, old: str, new: str, file: str = "clinic.panacea") -> str:
    """Change the text of a file on the disk, and give the new one."""
    text = (folder / file).read_text()
    assert old in text
    text = text.replace(old, new, 1)
    (folder / file).write_text(text)
    return text


ROWS = 'device more from inventory("tags.csv") { id: column("tag")  hostname: column("host") }\n'

#: Changes of the model that mean nothing to its rules.
OTHERS = [
    ("device pump", "device extra {}\ndevice pump"),
    ("device pump : scanner in ward { owner: nurse }\n", ""),
    ("device pump", "device infusion"),
    ("zone guest", "zone other { trust: 2 }\nzone guest"),
    ("template device", "template device printer {}\ntemplate device"),
    ("software records", "software browser {} software records"),
    ("role nurse", "role doctor {}\nrole nurse"),
    ("system ehr", 'scenario move "Move" { set pump.zone: guest }\nsystem ehr'),
    ("system ehr", ROWS + "system ehr"),
    ("trust: 0", "trust: 2"),
]

#: Changes of what its rules name, or may name.
NAMED = [
    ('role nurse "Nurse" {}\n', ""),
    ("role nurse", "department nurse"),
    ("role nurse", "role carer"),
    ("role nurse", "zone nurse { trust: 1 }\nrole nurse"),
    ("template device scanner", "template device reader"),
    ("template device scanner", "template system scanner {}\ntemplate device scanner"),
    ("template device scanner", "template system scanner"),
    ("zone ward", "zone hall"),
    ("zone ward", "device d {}\nzone ward"),
    ("software records", "software files"),
    ("system ehr", "system emr"),
    ("device tag from", "device label from"),
    ("currency: EUR", "currency: USD"),
]


@pytest.mark.parametrize(("old", "new"), OTHERS)
def test_what_no_rule_names_keeps_the_program(model: Path, old: str, new: str) -> None:
    assert cached(model) == (fresh(model), False)
    opened = Workspace.open(model, as_of=DAY, cache=False)
    assert opened.ok
    compiled = opened._program.compiled
    opened.update("clinic.panacea", edited(model, old, new))
    expected = fresh(model)
    assert cached(model) == (expected, True)
    assert told(opened) == expected
    assert opened._program.compiled is compiled


@pytest.mark.parametrize(("old", "new"), NAMED)
def test_what_a_rule_may_name_makes_another_program(model: Path, old: str, new: str) -> None:
    before = fresh(model)
    assert cached(model) == (before, False)
    opened = Workspace.open(model, as_of=DAY, cache=False)
    assert opened.ok
    compiled = opened._program.compiled
    text = edited(model, old, new)
    opened.update("clinic.panacea", text)
    expected = fresh(model)
    assert cached(model) == (expected, False)
    assert told(opened) == expected
    assert opened._program.compiled is not compiled
    # And back again: the first program is still there.
    (model / "clinic.panacea").write_text(MODEL)
    opened.update("clinic.panacea", MODEL)
    assert cached(model) == (before, True)
    assert told(opened) == before


@pytest.mark.parametrize("written", ['tag["A-1"]', r'tag["A\u{2d}1"]'])
@pytest.mark.parametrize("other", ["B-2,b\nC-3,c\n", "B-3,b\n"])
@pytest.mark.parametrize("gone", ["", "A-2,a\n"])
def test_a_row_of_an_inventory_that_a_rule_names(model: Path, written: str, other: str, gone: str) -> None:
    edited(model, 'tag["A-1"]', written, "rules.panacea")
    assert cached(model) == (fresh(model), False)
    edited(model, "B-2,b\n", other, "tags.csv")
    assert cached(model) == (fresh(model), True)
    edited(model, "A-1,a\n", gone, "tags.csv")
    expected = fresh(model)
    assert "P0501" in str(expected)
    assert cached(model) == (expected, False)


def test_a_name_that_becomes_ambiguous(model: Path) -> None:
    lay_out(model, {"lab/lab.panacea": "role chief {}\n", "ops/ops.panacea": "role porter {}\n"})
    edited(model, "organisation", "use lab, ops\norganisation")
    edited(model, "d.owner = nurse", "d.owner = chief", "rules.panacea")
    before = fresh(model)
    assert cached(model) == (before, False)
    opened = Workspace.open(model, as_of=DAY, cache=False)
    assert told(opened) == before
    (model / "ops" / "ops.panacea").write_text("role porter {}\nrole watch {}\n")
    assert cached(model) == (fresh(model), True)
    text = "role porter {}\nrole chief {}\n"
    (model / "ops" / "ops.panacea").write_text(text)
    opened.update("ops/ops.panacea", text)
    expected = fresh(model)
    assert "P0203" in str(expected)
    assert cached(model) == (expected, False)
    assert told(opened) == expected
    # The root's own name hides both.
    opened.update("clinic.panacea", edited(model, "role nurse", "role chief {}\nrole nurse"))
    hidden = fresh(model)
    assert "P0203" not in str(hidden)
    assert cached(model) == (hidden, False)
    assert told(opened) == hidden


def test_the_full_name_of_what_a_used_folder_declares(model: Path) -> None:
    lay_out(model, {"lab/lab.panacea": "role chief {}\n"})
    edited(model, "organisation", "use lab\norganisation")
    edited(model, "d.owner = nurse", "d.owner = lab.chief", "rules.panacea")
    assert cached(model) == (fresh(model), False)
    (model / "lab" / "lab.panacea").write_text("role head {}\n")
    expected = fresh(model)
    assert "P0501" in str(expected)
    assert cached(model) == (expected, False)


def test_others_may_use_what_a_pack_leaves_open(model: Path) -> None:
    """Whether warnings are due depends on a declaration that no rule names."""
    edited(model, "relation inside", "relation opened(device)\nrelation inside", "rules.panacea")
    edited(model, "where beside(d, z)", "where beside(d, z), opened(d)", "rules.panacea")
    bare = fresh(model)
    assert "P0703" in str(bare)
    edited(model, "organisation", 'pack clinic_rules "Rules" { version: "1" }\norganisation')
    expected = fresh(model)
    assert "P0703" not in str(expected)
    assert cached(model) == (expected, False)
    (model / "clinic.panacea").write_text(MODEL)
    assert cached(model) == (bare, False)
    assert cached(model) == (bare, True)


def test_questions_are_read_in_the_model_as_it_is(model: Path) -> None:
    opened = Workspace.open(model, as_of=DAY, cache=False)
    assert opened.ok
    opened.update("clinic.panacea", edited(model, "pump : scanner in ward", "pump : scanner in guest"))
    again = Workspace.open(model, as_of=DAY, cache=False)
    question = "device d where inside(d)"
    rows = [str(each) for each in opened.query(question).rows]
    assert rows == [str(each) for each in again.query(question).rows]
    assert len(rows) == 3
    assert str(opened.offered()) == str(again.offered())


def test_amounts_follow_the_rates_of_the_organisation(model: Path) -> None:
    condition = "for organisation o where o.turnover > 100M USD per year"
    (model / "rules.panacea").write_text(
        f'{RULES}rule rich "Rich" {{ severity: low {condition} report o "!" }}\n'
    )
    edited(model, "country: IE", "country: IE  turnover: 80M EUR per year")
    before = fresh(model)
    opened = Workspace.open(model, as_of=DAY, cache=False)
    assert told(opened) == before
    assert cached(model) == (before, False)
    opened.update("clinic.panacea", edited(model, "USD: 0.5", "USD: 0.9"))
    expected = fresh(model)
    assert "Rich" in str(before)
    assert "Rich" not in str(expected[1])
    assert told(opened) == expected
    assert cached(model) == (expected, False)


STEPS = """relation held(system)
step exploit "Exploit" { layer: network
  for system s from s.internet_facing to held(s) chance 10 % effort 1 h  hindered by watching on s }
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("level: per_organisation", "level: per_account", "P0520"),
        ("control watching", "control watchings", "P0202"),
        ("control watching", "control other", "P0202"),
    ],
)
def test_controls_that_a_step_names(model: Path, old: str, new: str, code: str) -> None:
    (model / "rules.panacea").write_text(STEPS)
    base = MODEL + "template control watching { level: per_organisation }\n"
    (model / "clinic.panacea").write_text(base)
    before = fresh(model)
    opened = Workspace.open(model, as_of=DAY, cache=False)
    assert told(opened) == before
    opened.update("clinic.panacea", base.replace(old, new))
    (model / "clinic.panacea").write_text(base.replace(old, new))
    expected = fresh(model)
    assert code in str(expected)
    assert told(opened) == expected
    # The nearest name is told: it need not be one that the step speaks of.
    more = base.replace(old, new) + "template control watchin {}\n"
    opened.update("clinic.panacea", more)
    (model / "clinic.panacea").write_text(more)
    assert told(opened) == fresh(model)
    opened.update("clinic.panacea", base)
    assert told(opened) == before


DECLARED = [
    "role nurse {}",
    "person nurse { role: doctor }",
    "department nurse {}",
    "role doctor {}",
    "zone nurse { trust: 0 }",
    "zone ward { trust: 3 }",
    "zone guest { trust: 0 }",
    "zone d { trust: 0 }",
    "device pump in ward { owner: nurse }",
    "device scale in guest {}",
    "device guest {}",
    "device extra {}",
    "device spare : scanner in guest {}",
    "template device scanner { keeps_health_data: true }",
    "template system scanner {}",
    "template device printer {}",
    "system ehr in guest { depends_on: [scale] software records {} }",
    "system ehr in ward { software files {} }",
    "system low { software records {} }",
    "role named {}",
    'scenario beside "Beside" { }',
    'pack rules "Rules" { version: "1" }',
    'device tag from inventory("tags.csv") { id: column("tag")  hostname: column("host")  zone: guest }',
    'device tag from inventory("more.csv") { id: column("tag")  hostname: column("host")  zone: guest }',
]
OF_LAB = [
    "role chief {}",
    "role nurse {}",
    "template device scanner {}",
    "zone door { trust: 0 }",
    "zone q {}",
]
RULES_OF = [
    'rule near "Near" { severity: low  for device d, zone z where beside(d, z) report d "{d} {z}" }',
    'rule named "Named" { severity: low  for device d require d.owner = nurse report d "{d}" }',
    'rule headed "Headed" { severity: low  for device d require d.owner = chief report d "{d}" }',
    'rule made "Made" { severity: low  for device d where d is scanner report d "{d}" }',
    'rule away "Away" { severity: low  for device d where not d.zone = lab.door report d "{d}" }',
    'rule row "Row" { severity: low  for system s where tag["A-1"] in s.depends_on report s "{s}" }',
    'rule part "Part" { severity: low  for system s where ehr.records in s.software report s "{s}" }',
    'rule open "Open" { severity: low  for device d where d.zone = guest, inside(d) report d "{d}" }',
]
RELATIONS = """relation beside(device, zone)
beside(d, z) if d.zone = z and z.trust < 1
relation inside(device)
inside(d) if beside(d, guest)
"""


@st.composite
def models(draw: st.DrawFn) -> tuple[list[str], list[list[int]]]:
    """Rules, and models that follow each other: the declarations that each has, by number."""
    rules = draw(st.lists(st.sampled_from(RULES_OF), min_size=1, max_size=6, unique=True))
    every = st.integers(0, len(DECLARED) + len(OF_LAB) - 1)
    at = draw(st.sets(every, min_size=4, max_size=14))
    found = [sorted(at)]
    for _ in range(draw(st.integers(1, 4))):
        at = at ^ draw(st.sets(every, min_size=1, max_size=4))
        found.append(sorted(at))
    return rules, found


def files_of(rules: list[str], chosen: list[int]) -> Iterator[tuple[str, str]]:
    own = [DECLARED[each] for each in chosen if each < len(DECLARED)]
    lab = [OF_LAB[each - len(DECLARED)] for each in chosen if each >= len(DECLARED)]
    yield "rules.panacea", RELATIONS + "\n".join(rules) + "\n"
    yield "a.panacea", "use lab\n" + "\n".join(own) + "\n"
    yield "lab/lab.panacea", "\n".join(["role porter {}", *lab]) + "\n"


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(models())
def test_any_declarations_come_and_go(drawn: tuple[list[str], list[list[int]]]) -> None:
    rules, steps = drawn
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PANACEA_CACHE_DIR", f"{name}/cache")
        folder = Path(name, "model")
        lay_out(folder, {"tags.csv": "tag,host\nA-1,a\n", "more.csv": "tag,host\nB-1,a\n"})
        lay_out(folder, dict(files_of(rules, steps[0])))
        opened = Workspace.open(folder, as_of=DAY, cache=False)
        for chosen in [*steps, steps[0]]:
            for file, text in files_of(rules, chosen):
                (folder / file).write_text(text)
                opened.update(file, text)
            expected = fresh(folder)
            assert told(opened) == expected
            # Programs and runs of the models before are on the disk, and then those of this one too.
            assert process(folder)[0] == expected
            assert process(folder)[0] == expected
