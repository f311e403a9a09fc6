"""Certificates of absence in `panacea evidence`: read from files, and held against a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panacea_policy.cli.prove_absent import NOT_BORNE_OUT, day_of, model_says
from panacea_policy.cli.session import contents, open_workspace
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace


def certificates(paths: Sequence[Path]) -> dict[str, bytes]:
    """The certificates in some files by the names that they get in a bundle.

    Raises PanaceaError for a file that cannot be read or holds no certificate, and for equal names.
    """
    from panacea_policy.evidence.absences import read_certificate
    from panacea_policy.evidence.canonical import MOST_BYTES

    found: dict[str, bytes] = {}
    for path in paths:
        data = contents(path, MOST_BYTES)
        name = re.sub(r"[^A-Za-z0-9._-]", "-", path.stem).lstrip("._-")[:100] or "absence"
        if name in found:
            raise PanaceaError(f"two certificates are called `{name}`", "rename one of the files")
        read_certificate(data)
        found[name] = data
    return found


def require_borne_out(workspace: Workspace, found: Mapping[str, bytes]) -> None:
    """Raise PanaceaError for a certificate that is not closed, or not about this model as it is now."""
    from panacea_policy.evidence.absences import closed, read_certificate
    from panacea_policy.evidence.errors import EvidenceError

    for name, data in found.items():
        told = read_certificate(data)
        known = model_says(workspace, told["claim"])
        try:
            if known is None:
                raise EvidenceError(f"refused: {NOT_BORNE_OUT}")
            closed(told, known)
        except EvidenceError as error:
            raise PanaceaError(
                f"the certificate `{name}`: {error.message}",
                "`panacea prove --absent CLAIM --certificate FILE` makes one of the model as it is",
            ) from None


def knows(models: Sequence[Path]) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """What a model says of a certificate, on the day of the certificate; see `Trust`."""
    opened: dict[object, Workspace] = {}

    def asked(told: Mapping[str, Any]) -> Mapping[str, Any]:
        from panacea_policy.compiler import QueryError, WorkspaceError
        from panacea_policy.evidence.errors import EvidenceError

        try:
            day = day_of(told)
            if day not in opened:
                opened[day] = open_workspace(models, day)
            known = model_says(opened[day], told["claim"])
        except (QueryError, WorkspaceError) as error:
            raise EvidenceError(f"refused: the model does not understand the claim: {error}") from None
        except PanaceaError as error:
            raise EvidenceError(f"refused: {error.message}") from None
        if known is None:
            raise EvidenceError(f"refused: {NOT_BORNE_OUT}")
        return known

    return asked
