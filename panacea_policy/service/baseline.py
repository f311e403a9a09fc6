"""What was found of a model before: the findings that a ratchet passes over, and how each clause stood."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from panacea_policy.compiler import Workspace, WorkspaceError
from panacea_policy.compliance import Compliance, assess
from panacea_policy.errors import PanaceaError

SCHEMA = "panacea/baseline/v1"
#: Files that a model is made of; inventories of other names are found by the present model's.
SUFFIXES = frozenset({".panacea", ".csv", ".json", ".yaml", ".yml", ".lock"})
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Baseline:
    """The violations there were, by fingerprint, each with a line that tells people what it was, and the
    verdict on each clause.

    ``sound`` is False where the model had errors, so that nothing is known of it.
    """

    violated: Mapping[str, str] = field(default_factory=dict)
    clauses: Mapping[str, str] = field(default_factory=dict)
    sound: bool = True

    @classmethod
    def of(cls, compliance: Compliance) -> Baseline:
        """What an assessment found, law that does not bind included: it may tomorrow."""
        told = {
            finding.fingerprint: " ".join([finding.rule.id, *(each.name for each in finding.subjects)])
            for finding in (*compliance.findings, *compliance.unbound)
            if finding.verdict == "violated"
        }
        return cls(dict(sorted(told.items())), {each.id: str(each.verdict) for each in compliance.clauses})

    def to_json(self) -> str:
        """The file of a baseline: one line for each finding, in order, so that it merges and diffs well."""
        document = {
            "schema": SCHEMA,
            "sound": self.sound,
            "violated": dict(self.violated),
            "clauses": dict(self.clauses),
        }
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str) -> Baseline:
        """A baseline from its file. Raises PanaceaError for anything else."""
        help = "`panacea check --write-baseline FILE` writes one"
        try:
            found: Any = json.loads(text)
        except (ValueError, RecursionError):
            raise PanaceaError(f"{source} is no baseline: it is no JSON", help) from None
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            raise PanaceaError(f"{source} is no baseline of this version ({SCHEMA})", help)
        violated, clauses = _texts(found.get("violated")), _texts(found.get("clauses"))
        if violated is None or clauses is None:
            raise PanaceaError(f"{source} is no baseline: `violated` and `clauses` hold texts by name", help)
        return cls(violated, clauses, found.get("sound") is True)


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises PanaceaError where there is none."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise PanaceaError(f"`{path}` is too large to be a baseline")
        return Baseline.from_json(path.read_text("utf-8"), f"`{path}`")
    except (OSError, UnicodeDecodeError) as error:
        help = "`panacea check --write-baseline FILE` writes one"
        raise PanaceaError(f"the baseline `{path}` cannot be read: {error}", help) from None


def judged_before(
    workspace: Workspace, chosen: Sequence[Path], files: Mapping[str, bytes], packs: Collection[str] = ()
) -> tuple[Baseline, frozenset[Path]]:
    """What is found of a model in another state of its files, on the same day; and the files of the
    installation that it used.

    ``files``: contents by path below the workspace's folder. ``chosen``: the files that the workspace was
    narrowed to, if it was. ``packs``: further packs of the installation, whose clauses are judged too.
    """
    if not any(name.endswith(".panacea") and not name.startswith(".") for name in files):
        return Baseline(), frozenset()
    with TemporaryDirectory(prefix="panacea-") as place:
        root = Path(place).resolve() / (workspace.root.name or "model")
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        narrowed = [root / path.relative_to(workspace.root) for path in chosen]
        there = [path for path in narrowed if path.exists()]
        if narrowed and not there:
            return Baseline(), frozenset()
        before = workspace.with_texts(root, there or None, {})
        if packs:
            before = using(before, packs)
        baseline = _found(before)
        read, _ = before.inputs()
        return baseline, frozenset(path for path in read if not path.is_relative_to(place))


def using(workspace: Workspace, packs: Collection[str]) -> Workspace:
    """The same model with packs of the installation in use beside its own."""
    words = ", ".join(f"packs.{name}" for name in sorted(packs))
    return workspace.beside(workspace.root / "packs asked for.panacea", f"use {words}\n")


def _found(workspace: Workspace) -> Baseline:
    try:
        return Baseline.of(assess(workspace)) if workspace.ok else Baseline(sound=False)
    except WorkspaceError:
        return Baseline(sound=False)


def _texts(found: Any) -> dict[str, str] | None:
    texts = isinstance(found, dict) and all(isinstance(each, str) for each in found.values())
    return found if texts else None
