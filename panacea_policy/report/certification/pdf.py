"""The certification file as PDF, set by typst from the same data as the page."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from panacea_policy.errors import PanaceaError
from panacea_policy.report.certification.content import Json

TEMPLATE = Path(__file__).with_name("certificate.typ")


def to_pdf(content: Json) -> bytes:
    """The PDF; the same content gives the same bytes.

    Texts reach typst as data, never as markup: what a model is called cannot run. Raises PanaceaError where
    typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise PanaceaError(
            "PDF needs the package `typst`", "In the checkout: pip install '.[certify]'"
        ) from None
    with tempfile.TemporaryDirectory(prefix="panacea-") as folder:
        root = Path(folder)
        (root / "content.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        (root / "certificate.typ").write_bytes(TEMPLATE.read_bytes())
        made = typst.compile(str(root / "certificate.typ"), root=str(root), ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made
