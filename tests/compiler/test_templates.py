# The texts of models keep their lines.
# ruff: noqa: E501
"""Templates: what a member has from whom, in which order, and what is its own."""

from __future__ import annotations

from pathlib import Path

from panacea_policy.compiler import UNKNOWN
from tests.compiler.workspaces import codes, entity, good_model, marked, open_model, value

DIAMOND = """
template system base { rto: 4 h  rpo: 1 h  interactive: true }
template system left : base { rto: 3 h }
template system right : base { rto: 2 h  rpo: 30 min }
system both : left, right {}
system other : right, left {}
system own : left { rto: 1 h }
"""


def test_the_nearest_template_says_it(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, DIAMOND)
    assert value(workspace, "both", "rto") == 3 * 3600
    assert value(workspace, "other", "rto") == 2 * 3600
    assert value(workspace, "own", "rto") == 3600


def test_a_grandparent_says_what_no_parent_said(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, DIAMOND)
    assert value(workspace, "both", "interactive") is True
    assert value(workspace, "both", "rpo") == 1800, "the second parent is nearer than the first one's parent"


def test_a_member_is_what_its_templates_are(tmp_path: Path) -> None:
    rules = 'rule r { for system s where s is base, not s is right report s "x" }'
    workspace = good_model(tmp_path, DIAMOND + rules)
    assert [f.subjects[0].name for f in workspace.findings()] == ["own"]
    assert [t.name for t in entity(workspace, "both").lines()] == ["left", "right", "base"]


def test_what_nobody_says_is_unknown_and_none_is_a_statement(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        "role it {}\ntemplate system t { owner: it }\nsystem a : t {}\nsystem b : t { owner: none }\nsystem c {}",
    )
    assert value(workspace, "a", "owner") == "it"
    assert value(workspace, "b", "owner") is None
    assert value(workspace, "c", "owner") is UNKNOWN


def test_an_inheritance_circle_is_shown_once_and_cut(tmp_path: Path) -> None:
    workspace = open_model(
        tmp_path,
        "template system a : b {}\ntemplate system b : c {}\ntemplate system c : a { rto: 1 h }\nsystem s : a {}",
    )
    assert codes(workspace) == ["P0205"]
    assert "→" in workspace.diagnostics()[0].message
    assert value(workspace, "s", "rto") == 3600


def test_a_circle_through_a_second_parent_is_cut_too(tmp_path: Path) -> None:
    workspace = open_model(
        tmp_path,
        "template system x {}\ntemplate system a : x, b {}\ntemplate system b : x, a {}\nsystem s : a {}",
    )
    assert codes(workspace) == ["P0205"]
    assert [t.name for t in entity(workspace, "s").lines()] == ["a", "x", "b"]


def test_a_template_of_another_kind_is_refused(tmp_path: Path) -> None:
    assert marked(open_model(tmp_path, "template device pump {}\nzone ward : pump {}")) == [("P0316", "pump")]


def test_a_template_of_a_kind_above_fits(tmp_path: Path) -> None:
    workspace = good_model(tmp_path, "template asset thing { rto: 1 h }\ndevice pump : thing {}")
    assert value(workspace, "pump", "rto") == 3600


def test_templates_give_parts_and_members_refine_them(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        """
        protocol https {}
        protocol ssh {}
        template system web {
          endpoint page { protocol: https  ports: 443 }
          endpoint shell { protocol: ssh }
          backup: { every: 1 d  offsite: true }
        }
        system plain : web {}
        system mine : web { endpoint page { ports: 8443 }  endpoint extra { protocol: ssh }  backup: { every: 1 h } }
        """,
    )
    assert value(workspace, "plain", "endpoints") == ("plain.page", "plain.shell")
    assert value(workspace, "mine", "endpoints") == ("mine.page", "mine.extra", "mine.shell")
    assert value(workspace, "mine.page", "protocol") == "https"
    assert value(workspace, "mine.page", "ports") == ((8443, 8443),)
    assert value(workspace, "plain.page", "ports") == ((443, 443),)
    assert value(workspace, "mine.backup", "every") == 3600
    assert value(workspace, "mine.backup", "offsite") is True
    assert value(workspace, "plain.backup", "every") == 86400


def test_priors_are_no_facts(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        """
        typically system { patch_delay: 30 d }
        template system slow { typically { patch_delay: 180 d } }
        system a : slow {}
        system b {}
        system c { patch_delay: 1 d }
        """,
    )
    model = workspace.model
    assert value(workspace, "a", "patch_delay") is UNKNOWN
    of_a, of_b = (model.prior(entity(workspace, name), "patch_delay") for name in "ab")
    assert of_a is not None
    assert of_b is not None
    assert (of_a.value, of_a.source) == (180 * 86400, "slow")
    assert (of_b.value, of_b.source) == (30 * 86400, "typically system")
    assert value(workspace, "c", "patch_delay") == 86400


def test_a_prior_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    workspace = open_model(tmp_path, "typically sytem { rto: 1 h }")
    assert marked(workspace) == [("P0301", "sytem")]
    assert workspace.diagnostics()[0].help == "did you mean `system`?"
