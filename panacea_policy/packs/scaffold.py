"""A new pack: the smallest one that `pack check` accepts, to be filled by its author."""

from __future__ import annotations

from pathlib import Path

from panacea_policy.compiler.installed import NAME
from panacea_policy.packs.project import PackError

_PACK = """\
## What this pack is about, for whom, and where its verdicts end.
pack {name} "{title}" {{
  version: "0.1.0"
  source: "Name of the law or standard"
  status: guidance
  jurisdiction: [international]
  licence: "Apache-2.0"
  authors: ["Your name"]
}}

requirement clause_1 "Every network zone has an owner" of {name} {{
  clause: "1"
  addressees: [hospital]
  decided_by: rules
  strength: partial
}}
"""
_RULES = """\
# One file for each topic.

## Shows that somebody is named; not that this person knows.
rule {name}_01_owner "A network zone has no owner" {{
  severity: medium
  category: governance
  satisfies: [clause_1]
  references: ["Clause 1"]
  for zone z
  require z.owner != none
  report z "{{z}} belongs to nobody"
  remedy "Set `owner` of the zone to a role, person or department."
}}
"""
_TESTS = """\
# What the rules flag, what they let pass, and what they ask about.

test "{name}_01: zones have owners" {{
  given {{
    role network_lead {{}}
    zone owned {{ owner: network_lead }}
    zone orphaned {{ owner: none }}
    zone unsaid {{}}
  }}
  expect {name}_01_owner met on owned
  expect {name}_01_owner on orphaned
  expect {name}_01_owner unknown on unsaid
  expect nothing else
}}
"""
_README = """\
# {title}

What the pack checks, for whom, and what a verdict means; what is attested, and what is out of reach.

    use packs.{name}

Tests: `panacea test`. Before publishing: `panacea pack check`.
"""


def scaffold(name: str, folder: Path) -> tuple[Path, ...]:
    """Write a new pack into ``folder``, which must be new or empty. Raises PackError."""
    if not NAME.fullmatch(name):
        raise PackError(f"`{name}` cannot be the name of a pack", "small letters, digits and underscores")
    if folder.exists() and any(folder.iterdir()):
        raise PackError(f"`{folder}` is not empty", "choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    title = name.replace("_", " ").capitalize()
    written = []
    texts = {
        "pack.panacea": _PACK,
        "zones.panacea": _RULES,
        "tests_zones.panacea": _TESTS,
        "README.md": _README,
    }
    for file, text in texts.items():
        path = folder / file
        path.write_text(text.format(name=name, title=title), encoding="utf-8")
        written.append(path)
    return tuple(written)
