"""A graph that follows the changes of a model equals one built afresh."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import AttackGraph, Delta, DeltaError, Workspace
from panacea_policy.compiler.attack import live as following
from panacea_policy.engine import increment, live, relation
from tests.compiler.attack.compare import afresh, told
from tests.compiler.workspaces import good_model
from tests.engine.programs import LONG
from tests.engine.test_random_programs import QUIET, REPEATABLE

MODEL = """
organisation clinic { currency: EUR }
privilege user "User" {}
privilege root "Administrator" {}
protocol https {}
protocol rdp {}
zone internet { type: internet }
zone hall {}
zone ward in hall {}
zone lab in hall {}
conduit c1: internet -> ward { allow: [https] }
conduit c2: ward <-> lab { allow: [https, rdp] }
typically system { patch_delay: 45 d }
typically vulnerability { exploit_probability: 15 %  gives: user }
template system old { typically { patch_delay: 90 d } }
template system box { product: cpe("cpe:2.3:a:maker:box:1:*:*:*:*:*:*:*") }
system portal : old, box in ward { endpoint web { protocol: https } }
system ehr in lab { endpoint web { protocol: https }  redundant_with: [spare] }
system spare in lab { endpoint desk { protocol: rdp } }
system pacs : box in ward { endpoint web { protocol: https }  depends_on: [ehr] }
flow f1: portal -> ehr {}
vulnerability v1 { vector: network  affects: [portal, pacs]  gives: root  exploit_probability: 40 % }
vulnerability v2 { vector: local  affects: [ehr] }
role nurse { uses: [portal, ehr] }
role clerk { uses: [pacs] }
process care { needs: ehr or pacs }
process theatre { needs: (portal and ehr) or spare }
threat_actor gang { attempts: 3 per year }
threat_actor kid { attempts: 9 per year }
template control patching {}
template control watching {}
control patch : patching { protects: [portal, ehr]  status: in_place  effectiveness: 60 % }
control watch : watching { protects: [ward]  effectiveness: 30 % }
control all : watching { protects: [hall]  status: planned }

relation attempts(threat_actor)
attempts(t) if t is threat_actor
relation intends(threat_actor)
intends(t) if attempts(t), t.attempts > 4 per year
relation at(zone)
relation controls(asset, privilege)
relation contacts(asset, protocol)
relation fails(node)
relation lonely(asset)
lonely(h) if h is asset, no asset b in h.redundant_with
relation doubled(asset)
doubled(h) if h is asset, count of asset b in h.redundant_with > 0
relation stands_in(asset, asset)
stands_in(b, h) if b in h.redundant_with
relation joined(conduit, zone, zone)
joined(c, x, y) if c.source = x, c.target = y
joined(c, x, y) if c.both_ways, c.source = y, c.target = x
relation passes(conduit, protocol)
passes(c, p) if p in c.allow
relation listens(endpoint, asset, protocol)
listens(e, h, p) if e.asset = h, e.protocol = p
relation weak(asset, vulnerability)
weak(h, v) if h in v.affects
relation quiet(asset)
quiet(h) if h is asset, not weak(h, _v)
at(z) if controls(h, user), h.zone = z
controls(h, user) if controls(h, root)
contacts(h, p) if at(x), joined(c, x, y), passes(c, p), h.zone = y, listens(_e, h, p)
step enter "Come in" { layer: network
  for threat_actor t, zone z from attempts(t), z.type = internet to at(z)  chance 100 %  effort 1 h }
step exploit "Exploit" { layer: network  common: vulnerability
  for asset h, protocol p, vulnerability v
  from contacts(h, p), weak(h, v), v.vector = network
  to controls(h, v.gives)
  chance v.exploit_probability  effort lognormal(p5: 4 h, p95: 30 d)  hindered by patching, watching on h }
step guess "Guess" { common: role
  for role r, system h from contacts(h, _p), h in r.uses, quiet(h) to controls(h, user), fails(h)
  chance 3 %  effort 2 h  hindered by watching on h }
step wait "Wait" { common: product
  for system h from controls(h, user), h.patch_delay > 30 d to controls(h, root)
  chance 10 %  effort h.patch_delay  hindered by patching on h }
step move "Move" {
  for flow f, asset a, asset b from controls(a, root), f.source = a, f.target = b to controls(b, user)
  chance 50 %  effort 3 d  hindered by watching on b }
step stop "Stop" {
  for threat_actor t, asset h from intends(t), controls(h, root) to fails(h)  chance 80 %  effort 1 d }
step starve "Starve" {
  for asset h, asset b from fails(b), b in h.depends_on, lonely(h) to fails(h)  chance 70 %  effort 1 h }
relation gone(asset)
gone(h) if fails(h), lonely(h)
gone(h) if fails(h), doubled(h), stands_in(b, h), fails(b)
fails(n) if any_of(n, l, r), fails(l), fails(r)
fails(n) if all_of(n, l, _r), fails(l)
fails(n) if all_of(n, _l, r), fails(r)
relation down(process)
down(p) if p.needs = n, fails(n)
"""

_PRODUCT = 'cpe("cpe:2.3:a:maker:box:1:*:*:*:*:*:*:*")'
NAMES = ("portal", "ehr", "spare", "pacs", "s1", "s2", "s3")
ZONES = ("internet", "hall", "ward", "lab")
assets, zones = st.sampled_from(NAMES), st.sampled_from(ZONES)
several = st.lists(assets, max_size=3, unique=True).map(", ".join)
protected = st.lists(st.sampled_from((*NAMES[:5], *ZONES)), min_size=1, max_size=2, unique=True).map(
    ", ".join
)
vulnerabilities = st.sampled_from(["v1", "v2", "v3", "v4"])
rights = st.sampled_from(["user", "root"])
percent = st.integers(1, 99)

changes = st.one_of(
    st.builds(
        "vulnerability {} {{ vector: network  affects: [{}]  gives: {}  exploit_probability: {} % }}".format,
        st.sampled_from(["v3", "v4"]),
        several,
        rights,
        percent,
    ),
    st.builds("vulnerability {} {{ vector: network  affects: [{}] }}".format, st.just("v4"), several),
    st.builds("remove {}".format, vulnerabilities),
    st.builds("set {}.affects: [{}]".format, vulnerabilities, several),
    st.builds("set {}.gives: {}".format, vulnerabilities, rights),
    st.builds("set {}.exploit_probability: {} %".format, vulnerabilities, percent),
    st.builds("set {}.vector: {}".format, vulnerabilities, st.sampled_from(["network", "local"])),
    st.builds("set {}.status: {}".format, st.sampled_from(["patch", "watch", "all"]), st.just("in_place")),
    st.builds("set {}.effectiveness: {} %".format, st.sampled_from(["patch", "watch", "all"]), percent),
    st.builds("set {}.coverage: {} %".format, st.sampled_from(["patch", "watch"]), percent),
    st.builds("set {}.failure: {} %".format, st.sampled_from(["patch", "watch"]), percent),
    st.builds("set {}.protects: [{}]".format, st.sampled_from(["patch", "watch", "all"]), protected),
    st.builds("control more : watching {{ protects: [{}] }}".format, protected),
    st.builds(
        "remove {}".format, st.sampled_from(["patch", "more", "c1", "c2", "f1", "nurse", "gang", "kid"])
    ),
    st.builds("remove {}".format, assets),
    st.builds(
        "set {}.allow: [{}]".format, st.sampled_from(["c1", "c2"]), st.sampled_from(["https", "rdp", ""])
    ),
    st.builds("conduit c3: {} -> {} {{ allow: [https] }}".format, zones, zones),
    st.builds(
        "system {} : old in {} {{ endpoint web {{ protocol: https }}  depends_on: [{}] }}".format,
        st.sampled_from(["s1", "s2", "s3"]),
        zones,
        several,
    ),
    st.builds("set {}.zone: {}".format, assets, zones),
    st.builds("set {}.redundant_with: [{}]".format, assets, several),
    st.builds("set {}.product: {}".format, assets, st.sampled_from(["none", _PRODUCT])),
    st.builds("set {}.patch_delay: {} d".format, assets, st.integers(1, 200)),
    st.builds("set nurse.uses: [{}]".format, several),
    st.builds("set {}.attempts: {} per year".format, st.sampled_from(["gang", "kid"]), st.integers(1, 9)),
    st.builds("set care.needs: {} {} {}".format, assets, st.sampled_from(["and", "or"]), assets),
    st.builds("threat_actor spy {{ attempts: {} per year }}".format, st.integers(1, 9)),
    st.builds("flow f2: {} -> {} {{ }}".format, assets, assets),
)


def apply(workspace: Workspace, change: str) -> bool:
    """Whether a change could be made."""
    try:
        workspace.apply(Delta(change=change))
    except DeltaError:
        return False
    return True


def check_changed(before: AttackGraph, after: AttackGraph) -> None:
    """What a graph says of how it differs from the one before."""
    if after.changed is None:
        return
    for was, now, added, removed in (
        (before.present, after.present, after.changed.added, after.changed.removed),
        (before.facts.present, after.facts.present, after.changed.facts_added, after.changed.facts_removed),
    ):
        assert np.array_equal(added, np.arange(len(was), len(now)))
        there = np.concatenate([was, np.zeros(len(now) - len(was), np.bool_)])
        assert np.array_equal(np.flatnonzero(there & ~now), removed)
        there[removed] = False
        there[added] = True
        assert np.array_equal(there, now)
    size = len(before.key)
    assert np.array_equal(before.key, after.key[:size])
    gone = ~after.present
    assert not after.chance[gone].any()
    assert not after.initial[~after.facts.present].any()
    still = np.flatnonzero(after.present[:size])
    assert np.array_equal(before.chance[still], after.chance[still])
    assert np.array_equal(before.common_cause[still], after.common_cause[still])


histories = st.lists(st.lists(changes, min_size=1, max_size=2), min_size=1, max_size=5)


def check_history(steps: Sequence[Sequence[str]]) -> None:
    """After each step, of one or two changes, the graph equals one built afresh; those before stay."""
    with tempfile.TemporaryDirectory() as folder, patch.object(following, "_MOST_HOLES", 1):
        workspace = good_model(Path(folder), MODEL)
        graph, said = workspace.attack(), told(workspace.attack())
        for some in steps:
            if not sum([apply(workspace, each) for each in some]):
                continue
            now = workspace.attack()
            assert told(now) == told(afresh(workspace))
            if len(some) == 1:
                check_changed(graph, now)
            assert told(graph) == said
            graph, said = now, told(now)


@given(histories)
@settings(REPEATABLE, max_examples=15)
def test_a_graph_that_follows_equals_one_built_afresh(steps: Sequence[Sequence[str]]) -> None:
    with patch.object(increment, "_LITTLE_WORK", 0):
        check_history(steps)


@given(histories)
@settings(REPEATABLE, max_examples=10)
def test_a_graph_follows_strata_that_are_derived_anew(steps: Sequence[Sequence[str]]) -> None:
    check_history(steps)


@pytest.mark.slow
@given(histories, st.sampled_from([0, 512]), st.sampled_from([1, 4]), st.sampled_from([-1, 3_000, 40_000]))
@settings(QUIET, max_examples=LONG)
def test_histories_at_length(steps: Sequence[Sequence[str]], small: int, dead: int, work: int) -> None:
    """Also with the kernels for large relations, and with relations that are rid of dead rows each time."""
    with (
        patch.object(relation, "SMALL", small),
        patch.object(live, "_MOST_DEAD", dead),
        patch.object(increment, "_LITTLE_WORK", work),
    ):
        check_history(steps)


@pytest.mark.parametrize("anew", [False, True], ids=["carried", "anew"])
@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ("set v1.gives: user", True),
        ("set v1.exploit_probability: 7 %", True),
        ("set v1.vector: local", True),
        ("remove v1", True),
        (
            "vulnerability v3 { vector: network  affects: [portal]  gives: root  exploit_probability: 9 % }",
            True,
        ),
        ("vulnerability v3 { vector: network  affects: [spare] }", True),
        ("vulnerability v3 { vector: local  affects: [pacs] }", False),
        ("set watch.protects: [lab]", True),
        ("set watch.effectiveness: 12 %", True),
        ("set watch.coverage: 40 %", True),
        ("set watch.failure: 20 %", True),
        ("set patch.status: planned", False),
        ("control more : watching { protects: [portal] }", True),
        ("remove patch", True),
        ("set portal.zone: hall", True),
        ("set pacs.zone: lab", True),
        ("set pacs.patch_delay: 3 d", True),
        ('set pacs.product: cpe("cpe:2.3:a:maker:box:2:*:*:*:*:*:*:*")', True),
        ("set pacs.product: none", True),
        ("set portal.patch_delay: 77 d", True),
        ("remove c1", True),
        ("set c1.allow: [rdp]", True),
        ("remove portal", True),
        ("remove f1", True),
        ("remove gang", True),
        ("set gang.attempts: 5 per year", True),
        ("system s1 : old in ward { endpoint web { protocol: https } }", True),
        ("set care.needs: portal and spare", True),
        ("set nurse.uses: []", False),
        ("set nurse.uses: [spare]", True),
    ],
)
def test_a_graph_follows_each_kind_of_change(anew: bool, change: str, differs: bool, tmp_path: Path) -> None:
    with patch.object(increment, "_LITTLE_WORK", increment._LITTLE_WORK if anew else 0):
        workspace = good_model(tmp_path, MODEL)
        before = workspace.attack()
        was = told(before)
        assert apply(workspace, change)
        now = workspace.attack()
        assert told(now) == told(afresh(workspace))
        without = {**was, "assumptions": None}
        assert ({**told(now), "assumptions": None} != without) == differs
        assert told(before) == was
        check_changed(before, now)


def test_a_graph_with_many_holes_is_built_afresh(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    workspace.attack()
    for _ in range(8):
        for probability in (11, 12):
            assert apply(workspace, f"set v1.exploit_probability: {probability} %")
            graph = workspace.attack()
            assert graph.present.mean() > 0.5
    assert told(graph) == told(afresh(workspace))


def test_changes_taken_in_one_after_another_are_followed_at_once(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    workspace.attack()
    for change in ("set v1.gives: user", "remove c1", "conduit c1: internet -> ward { allow: [https] }"):
        assert apply(workspace, change)
    assert told(workspace.attack()) == told(afresh(workspace))


def test_new_steps_are_followed(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, MODEL)
    workspace.attack()
    jump = """step jump "Jump" {
      for system h, system g from controls(h, user), h.zone = z, g.zone = z to controls(g, user)
      chance 2 %  effort 1 h }"""
    workspace.apply(Delta(rules=jump))
    graph = workspace.attack()
    assert "jump" in {graph.steps[each].name for each in graph.step[graph.present]}
    assert told(graph) == told(afresh(workspace))
    assert apply(workspace, "remove c1")
    assert told(workspace.attack()) == told(afresh(workspace))
