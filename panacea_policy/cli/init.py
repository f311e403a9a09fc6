"""``panacea init``: a model folder with a worked example, a pre-commit hook and a CI snippet."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import click

from panacea_policy.cli import exits
from panacea_policy.cli.output import note
from panacea_policy.errors import PanaceaError
from panacea_policy.storage import write_atomically
from panacea_policy.version import __version__

_EXAMPLE = Path(__file__).parent / "example"

#: Where each CI system looks for its file, seen from the root of the repository.
_CI_FILES = {
    "github": ".github/workflows/panacea.yml",
    "gitlab": "panacea.gitlab-ci.yml",
}
#: What a model is made of, inventories included.
_MODEL_FILES = r"(\.(panacea|csv|json|ya?ml)|panacea\.lock)$"
_HOOKS_FILE = ".pre-commit-config.yaml"


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--ci", type=click.Choice([*_CI_FILES, "none"]), default="github", show_default=True)
@click.option(
    "--no-example", is_flag=True, help="Only the hook and the CI snippet: the model is there already."
)
@click.option("--force", is_flag=True, help="Replace files that exist with other content.")
def command(folder: Path, ci: str, no_example: bool, force: bool) -> int:
    """Start a model folder: a worked example, a hook and a CI snippet.

    In a git repository the hooks and the snippet go to its root; of violations only new ones block a commit.
    A file that exists is kept, unless --force is given; a .pre-commit-config.yaml is extended, its comments
    and order being kept.
    """
    root = _repository(folder)
    model = _relative(folder, root)
    plan: dict[Path, str] = {} if no_example else dict(_example(folder))
    if ci != "none":
        plan[root / _CI_FILES[ci]] = _snippet(ci, model)
    kept = [_write(path, text, force=force) for path, text in plan.items()]
    _add_hooks(root / _HOOKS_FILE, model)
    if ci == "gitlab":
        note(f"GitLab reads it once .gitlab-ci.yml says: include: [{{ local: {_CI_FILES[ci]} }}]")
    if any(kept):
        note("kept files were not changed; --force replaces them")
    note(f"next: panacea check {folder}")
    note("the hooks run at each commit after: pre-commit install")
    return exits.OK


def _example(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(_EXAMPLE.rglob("*")):
        if path.is_file():
            yield folder / path.relative_to(_EXAMPLE), path.read_text(encoding="utf-8")


def _snippet(ci: str, model: str) -> str:
    text = (_integrations() / ci / "panacea.yml").read_text(encoding="utf-8")
    pinned = f"panacea-policy=={__version__}"
    return text.replace("MODEL", shlex.quote(model)).replace("install panacea-policy", f"install {pinned}")


def _integrations() -> Path:
    """The snippets: inside the installed package, or at the root of a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "integrations", package.parent / "integrations"):
        if folder.is_dir():
            return folder
    raise PanaceaError("the installation lacks its integrations", "install panacea-policy again")


def _write(path: Path, text: str, *, force: bool) -> bool:
    """Write one file and say so; True when another content was found and kept."""
    exists = path.exists()
    if exists and path.read_bytes() == text.encode():
        note(f"  same     {_shown(path)}")
        return False
    if exists and not force:
        note(f"  kept     {_shown(path)}")
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
    note(f"  {'replaced' if exists else 'created '} {_shown(path)}")
    return False


def _add_hooks(path: Path, model: str) -> None:
    from panacea_policy.formats.yaml_edit import add_hooks

    before = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        after = add_hooks(before, {"repo": "local"}, _hooks(model))
    except PanaceaError as error:
        raise PanaceaError(f"{path}: {error.message}", error.help) from error
    if after == before:
        note(f"  same     {_shown(path)}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, after)
    note(f"  {'extended' if before else 'created '} {_shown(path)}")


def _hooks(model: str) -> list[dict[str, object]]:
    """The hooks of `.pre-commit-hooks.yaml` for one model, run by the panacea on the path.

    A model is a whole: but for the format, which is that of each file, no file names are passed. Of what is
    checked only what is new decides; CI looks at all.
    """
    system: dict[str, object] = {"language": "system", "require_serial": True}
    common = {**system, "pass_filenames": False}
    below = "" if model == "." else f"^{re.escape(model)}/.*"
    return [
        {
            "id": "panacea-fmt",
            "name": "panacea fmt",
            "entry": "panacea fmt",
            "files": below + r"\.panacea$",
            **system,
        },
        {
            "id": "panacea-test",
            "name": "panacea test",
            "entry": f"panacea test {shlex.quote(model)}",
            "files": below + _MODEL_FILES,
            **common,
        },
        {
            "id": "panacea-check-new",
            "name": "panacea check (new violations and certified claims)",
            "entry": f"panacea check --new {shlex.quote(model)}",
            # A commit that only takes files away has none for pre-commit.
            "always_run": True,
            **common,
        },
    ]


def _repository(folder: Path) -> Path:
    """The root of the git repository around the folder; the folder itself where there is none."""
    here = folder.resolve()
    for candidate in (here, *here.parents):
        if (candidate / ".git").exists():
            return candidate if candidate != here else folder
    return folder


def _shown(path: Path) -> str:
    """The path as seen from the current folder, where it is below it."""
    absolute, here = path.resolve(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)


def _relative(folder: Path, root: Path) -> str:
    return str(PurePosixPath(Path(os.path.relpath(folder.resolve(), root.resolve()))))
