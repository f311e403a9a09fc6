"""The file of one system for people: a page with pictures, and a folder with every form of it."""

from __future__ import annotations

from panacea_policy.formats.design_markdown import to_markdown
from panacea_policy.formats.design_tables import disclosure_table, requirement_table
from panacea_policy.formats.reqif import to_reqif
from panacea_policy.report.design.page import to_html
from panacea_policy.report.design.pictures import view_svg
from panacea_policy.secure_design import DesignFile


def design_files(design: DesignFile) -> dict[str, str | bytes]:
    """Every file by name. The same design gives the same bytes."""
    return {
        "design.html": to_html(design),
        "design.md": to_markdown(design),
        "design.json": design.to_json(),
        "requirements.csv": requirement_table(design).to_csv(),
        "requirements.reqif": to_reqif(design),
        "mds2.csv": disclosure_table(design).to_csv(),
        **{f"views/{view.id}.svg": view_svg(view) for view in design.views if view.nodes},
    }


__all__ = ["design_files", "to_html", "view_svg"]
