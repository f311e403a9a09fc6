"""``panacea explain --check``: works a proof out again without the engine, and compares it with a model."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from panacea_policy.cli import exits
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.cli.session import plural, refusing, require_exists, sound_workspace
from panacea_policy.closurecheck import REFUSES
from panacea_policy.errors import PanaceaError
from panacea_policy.language.diagnostics import visible

#: A larger file is no proof of anything that a person would ask about.
MAX_BYTES = 256_000_000


def check_proof(
    path: Path,
    paths: Sequence[Path],
    as_of: datetime.date | None,
    output: Path | None,
    terminal: Terminal,
) -> int:
    """Check a file. Exit code 1 when it is no proof, or not one of this model."""
    proof = _read(path)
    if isinstance(proof, dict) and proof.get("schema") == "panacea/absence/v1":
        from panacea_policy.cli.prove_absent import check_absence

        return check_absence(path, proof, paths, as_of, output, terminal)
    known: Mapping[str, Any] = {}
    if paths:
        found = _known(proof, paths, as_of, terminal)
        if isinstance(found, int):
            return found
        known = found
    from panacea_policy.proofcheck import Check

    try:
        _compare(proof, known)
        checked = Check(proof, known)
    except REFUSES as error:
        note(f"{path}: refused: {visible(str(error))}")
        return exits.FOUND
    lines = [f"{path}: holds ({plural(len(checked.steps), 'step')}, {plural(len(checked.rules), 'rule')})"]
    lines += [f"  taken on trust: {visible(each)}" for each in sorted(checked.trusted)]
    if paths:
        lines.append("  rules, facts and the rows of every relation named are those of the model")
    write_result("\n".join(lines), output)
    return exits.OK


def _read(path: Path) -> Any:
    require_exists(path)
    if path.stat().st_size > MAX_BYTES:
        raise PanaceaError(f"`{path}` is larger than a proof can be", "256 MB are the most")
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        help_text = "`panacea explain SUBJECT --format json -o FILE` writes one"
        raise PanaceaError(f"`{path}` is no proof: {error}", help_text) from error


def _known(
    proof: Any, paths: Sequence[Path], as_of: datetime.date | None, terminal: Terminal
) -> Mapping[str, Any] | int:
    """What the model says of the subject of a proof: rules, facts and digests of rows; or an exit code."""
    from panacea_policy.cli.explain import answer_of
    from panacea_policy.engine.certificate import extension, known_of
    from panacea_policy.formats.places import Places

    try:
        subject = str(proof["subject"])
        day = datetime.date.fromisoformat(proof["as_of"])
        named = sorted(map(str, proof["extensions"]))
    except (LookupError, TypeError, ValueError) as error:
        raise PanaceaError(f"the file says no subject, day or relation: {error!r}") from error
    workspace = sound_workspace(paths, as_of or day, terminal)
    with refusing(workspace, terminal):
        answer = answer_of(Places(workspace.root, Path.cwd()), workspace, subject)
    if answer.proved is None:
        note(f"refused: in this model, {visible(answer.told[0].text)}")
        return exits.FOUND
    result = answer.proved.result
    held = {name: extension(result, name)["sha256"] for name in named if name in result.relations}
    return {**known_of(result, proof), "held": held}


def _compare(proof: Any, known: Mapping[str, Any]) -> None:
    """Raises ValueError where a relation has other rows in the model than the proof says."""
    for name, digest in known.get("held", {}).items():
        if proof["extensions"][name]["sha256"] != digest:
            raise ValueError(f"the model has other rows of {name} than the proof says")
    missing = sorted(set(proof["extensions"]) - known.get("held", {}).keys()) if "held" in known else []
    if missing:
        raise ValueError(f"the model has no relation {missing[0]}")
