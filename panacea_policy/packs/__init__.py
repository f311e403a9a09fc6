"""Packs that others publish: made, checked, built, signed, installed. Ours go through the same door."""

from __future__ import annotations

from panacea_policy.packs.archive import Archive, build, read_archive
from panacea_policy.packs.checking import Fault, PackReport, check
from panacea_policy.packs.installing import Installed, install, listed, removed
from panacea_policy.packs.project import PackError, PackProject, open_project
from panacea_policy.packs.scaffold import scaffold
from panacea_policy.packs.signing import sign, signer_of

__all__ = [
    "Archive",
    "Fault",
    "Installed",
    "PackError",
    "PackProject",
    "PackReport",
    "build",
    "check",
    "install",
    "listed",
    "open_project",
    "read_archive",
    "removed",
    "scaffold",
    "sign",
    "signer_of",
]
