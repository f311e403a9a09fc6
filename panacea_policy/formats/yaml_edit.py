"""Edits to YAML files of other tools that keep comments, order and quoting as people wrote them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from panacea_policy.errors import PanaceaError


def add_hooks(text: str, repository: Mapping[str, str], hooks: Sequence[Mapping[str, Any]]) -> str:
    """A ``.pre-commit-config.yaml`` with these hooks of this repository added; the rest stays as it is.

    ``repository`` has ``repo`` and, unless that is ``local``, ``rev``. Hooks that are already there by id are
    left alone, so that a second run changes nothing. Raises PanaceaError when the text is not such a file.
    """
    yaml = _round_trip(text)
    document = _load(yaml, text)
    repositories = document.setdefault("repos", []) if isinstance(document, dict) else None
    if not isinstance(repositories, list):
        raise PanaceaError("the file has no list `repos`", "is it a pre-commit configuration?")
    same = [
        each for each in repositories if isinstance(each, dict) and each.get("repo") == repository["repo"]
    ]
    known = {hook.get("id") for each in same for hook in each.get("hooks") or () if isinstance(hook, dict)}
    missing = [dict(hook) for hook in hooks if hook["id"] not in known]
    if not missing:
        return text
    if same and isinstance(same[0].get("hooks"), list):
        same[0]["hooks"].extend(missing)
    else:
        repositories.append({**repository, "hooks": missing})
    return _dump(yaml, document)


def _round_trip(text: str) -> YAML:
    """A reader and writer that keeps comments and quotes, indented as the lists of ``text`` are."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    indented = any(line.startswith(("  - ", "    - ")) and "repo:" in line for line in text.splitlines())
    yaml.indent(mapping=2, sequence=4 if indented else 2, offset=2 if indented else 0)
    return yaml


def _load(yaml: YAML, text: str) -> Any:
    try:
        document = yaml.load(text)
    except MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise PanaceaError(f"the file is not valid YAML{line}: {error.problem}") from error
    except YAMLError as error:
        raise PanaceaError(f"the file is not valid YAML: {error}") from error
    return {} if document is None else document


def _dump(yaml: YAML, document: Any) -> str:
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()
