"""What `panacea check` imports when all files but one come from the cache: a hook waits for every module."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.test_check_new import CALM, RULES

#: Libraries that a check has no use for: other formats, the network, the terminal, graphs, grammars, what
#: only mistakes need.
FOREIGN = {
    "asyncio", "bz2", "defusedxml", "difflib", "highspy", "http", "jsonschema", "lark", "lzma",
    "multiprocessing", "networkx", "numba", "numpy.ma", "ortools", "prompt_toolkit", "pydantic", "rich",
    "ruamel", "scipy", "shutil", "socket", "sqlalchemy", "sqlite3", "ssl", "subprocess", "tempfile",
    "unittest", "xml", "yaml", "z3",
}  # fmt: skip
#: Parts of the program that serve other commands, and those that a program which was kept makes needless.
OWN = {
    "cli.check_new", "cli.warm", "compiler.attack", "compiler.attribute_use", "compiler.delta",
    "compiler.explain", "compiler.lint", "compiler.live", "compiler.query", "compiler.rules.comparisons",
    "compiler.rules.compile", "compiler.rules.conditions", "compiler.rules.steps", "compiler.rules.terms",
    "compiler.testing", "compiler.trial", "compiler.why_not", "compiler.witness", "engine.certificate",
    "engine.increment", "engine.live", "engine.rederive", "engine.why_not", "evidence", "feeds",
    "formats.oscal", "formats.sarif", "language.codes", "language.format", "language.recovery",
    "language.table_compiler",
    "model.schema", "packs", "report", "risk", "secure_design", "service", "verification",
}  # fmt: skip

RUN = """
import json, sys
from panacea_policy.cli.main import main
code = main(["check", sys.argv[1], "--quiet"])
own = [module for name, module in sys.modules.items() if name.startswith("panacea_policy")]
slow = sorted(
    f"{module.__name__}.{name}"
    for module in own for name, each in vars(module).items() if hasattr(each, "__dataclass_fields__")
)
print(json.dumps([code, sorted(sys.modules), slow]))
"""


def run(model: Path, cache: Path) -> tuple[int, set[str], list[str]]:
    """A check's exit code, the modules that it imports, and the data classes that these hold."""
    environment = {**os.environ, "PANACEA_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(model)], check=True, capture_output=True, text=True, env=environment
    )
    code, modules, slow = json.loads(done.stdout.splitlines()[-1])
    return code, set(modules), slow


def test_a_hook_imports_what_a_check_needs(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "rules.panacea").write_text(RULES)
    (model / "clinic.panacea").write_text(CALM)
    assert "panacea_policy.compiler.rules.compile" in run(model, tmp_path / "cache")[1]
    (model / "clinic.panacea").write_text(CALM + "\n# touched\n")
    code, modules, slow = run(model, tmp_path / "cache")
    assert code == 1, "one zone is not trusted"
    assert "panacea_policy.engine.evaluate" in modules, "it was checked, not answered from the cache"
    tops = modules | {name.partition(".")[0] for name in modules}
    assert not tops & FOREIGN
    assert not modules & {f"panacea_policy.{name}" for name in OWN}
    assert not slow, (
        "the methods of a data class are compiled when it is defined: a msgspec.Struct takes a fiftieth"
    )


@pytest.mark.parametrize(
    "name", ["compiler", "compiler.attack", "compiler.testing", "compliance", "engine", "language"]
)
def test_packages_give_all_that_they_offer(name: str) -> None:
    package = import_module(f"panacea_policy.{name}")
    for each in package.__all__:
        assert not isinstance(getattr(package, each), types.ModuleType), each
    with pytest.raises(AttributeError, match="nothing"):
        package.nothing  # noqa: B018
