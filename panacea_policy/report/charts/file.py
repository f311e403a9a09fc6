"""A chart as a file of its own."""

from __future__ import annotations

from panacea_policy.report.html import Element, el, render
from panacea_policy.report.style import CHART_RULES, variables


def standalone(drawn: Element) -> str:
    """The SVG text of a chart with its own colours, for day and night."""
    style = (
        f"svg.chart {{ {variables(False)} background: var(--ground); "
        'font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }\n'
        f"@media (prefers-color-scheme: dark) {{ svg.chart {{ {variables(True)} }} }}\n" + CHART_RULES
    )
    known = dict(drawn.attributes)
    title, told, *rest = drawn.children
    attributes = {key.replace("-", "_") if key != "viewBox" else key: value for key, value in known.items()}
    return render(el(drawn.tag, title, told, el("style", style), rest, **attributes))
