"""What is installed from a wheel works without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import panacea_policy

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, codes: tuple[int, ...] = (0,)) -> str:
    """The output of a command that knows nothing of this checkout."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode in codes, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation", "--no-index",
        "--wheel-dir", folder, ROOT, cwd=folder,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment; dependencies come from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = programs / "python"
    run(python, "-m", "pip", "--quiet", "install", "--no-deps", "--no-index", wheel, cwd=folder)
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    # A path line adds the folder alone, not the .pth files in it: the editable install stays out of sight.
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


@pytest.mark.slow
def test_the_wheel_holds_grammar_rules_models_and_the_example(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = [
        "panacea_policy/py.typed",
        "panacea_policy/cli/example/inventory/pumps.csv",
        *(
            f"panacea_policy/{path.relative_to(ROOT)}"
            for folder in ("grammars", "rules", "models", "integrations")
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        ),
    ]
    assert [name for name in expected if name not in names] == []
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]


@pytest.mark.slow
def test_an_installed_panacea_checks_a_model(installed: Path, tmp_path: Path) -> None:
    panacea = installed / "panacea"
    assert run(panacea, "--version", cwd=tmp_path) == f"panacea {panacea_policy.__version__}\n"
    where = run(
        installed / "python", "-c", "import panacea_policy; print(panacea_policy.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(installed.parent)
    run(panacea, "init", "clinic", cwd=tmp_path)
    run(panacea, "fmt", "--check", "clinic", cwd=tmp_path)
    run(panacea, "test", "clinic", cwd=tmp_path)
    document = json.loads(run(panacea, "check", "clinic", "--format", "json", cwd=tmp_path, codes=(0, 1)))
    assert document["diagnostics"] == []
    assert {rule.split(".")[0] for finding in document["findings"] if (rule := finding["rule"])} >= {"nis2"}
