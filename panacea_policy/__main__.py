"""``python -m panacea_policy`` is the ``panacea`` command."""

from __future__ import annotations

from panacea_policy.cli.main import run

if __name__ == "__main__":
    run()
