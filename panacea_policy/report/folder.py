"""The report folder: every file is the old one or the new one, never half of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from panacea_policy.errors import PanaceaError
from panacea_policy.report.assess import Assessment
from panacea_policy.storage import write_atomically


def write_folder(
    assessment: Assessment, folder: str | Path, *, extra: Mapping[str, str] | None = None
) -> tuple[Path, ...]:
    """Write the report into ``folder`` (made if missing) and return the paths written.

    ``extra`` are further files, name to text. Raises PanaceaError as `write_files` does.
    """
    return write_files({**assessment.files(), **(extra or {})}, folder)


def write_files(files: Mapping[str, str | bytes], folder: str | Path) -> tuple[Path, ...]:
    """Write files, name to content, below ``folder`` (made if missing) and return the paths written.

    Names stay below the folder; others are refused. Raises :class:`~panacea_policy.errors.PanaceaError` where
    the folder cannot be written.
    """
    root = Path(folder)
    written = []
    try:
        for name, content in files.items():
            path = root / _inside(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
            written.append(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PanaceaError(
            f"the report cannot be written to {root}: {reason}", "Choose another folder with -o."
        ) from None
    return tuple(written)


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise PanaceaError(f"`{name}` is no name for a file of the report")
    return path
