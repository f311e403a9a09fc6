"""A git repository in a folder, for tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Repository:
    """Runs git there, whatever the user of this machine has set up."""

    def __init__(self, top: Path) -> None:
        self.top = top
        top.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Tess Ter")
        self.git("config", "user.email", "tess@example.org")

    @property
    def environment(self) -> dict[str, str]:
        """The environment without what a hook that runs these tests may have set."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(self, *words: str) -> str:
        """What git prints; fails where it does."""
        call = ["git", "-C", str(self.top), *words]
        return subprocess.run(call, check=True, capture_output=True, text=True, env=self.environment).stdout

    def tried(self, *words: str) -> tuple[int, str]:
        """The exit code of git, and all that it and its hooks print."""
        call = ["git", "-C", str(self.top), *words]
        done = subprocess.run(
            call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environment
        )
        return done.returncode, done.stdout

    def write(self, **texts: str) -> None:
        """Write files; ``__`` in a name stands for a slash, and the suffix is that of models."""
        for name, text in texts.items():
            path = self.top / f"{name.replace('__', '/')}.panacea"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, message: str = "a change") -> str:
        """Commit everything; gives the commit's name."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()
