"""How pictures look. Colours are CSS variables, so that a page can set them; standalone pictures bring their
own.
"""

from __future__ import annotations

#: Per tone: line and fill by daylight, line and fill in the dark. All lines reach 3:1 on their ground (WCAG
#: 1.4.11).
_TONES = {
    "danger": ("#b3261e", "#fdf1f0", "#ff8a80", "#3a1d1c"),
    "warning": ("#9a6700", "#fff8e6", "#e3b341", "#352a12"),
    "care": ("#0b7285", "#eef8fa", "#66d9e8", "#14313a"),
    "device": ("#1c5fa8", "#eff5fc", "#79b8ff", "#16283f"),
    "admin": ("#6b46a8", "#f6f2fc", "#c4a7ff", "#2b2140"),
    "neutral": ("#5c6773", "#f6f7f9", "#9aa5b1", "#23282f"),
    "data": ("#7a5a00", "#fdf9ec", "#d8b74a", "#302a17"),
    "good": ("#2b7a3f", "#eff8f1", "#7ee2a0", "#17301f"),
}


def variables(dark: bool) -> str:
    """The colour variables of one mode, as CSS declarations."""
    made = [f"--{t}: {c[2 if dark else 0]}; --{t}-fill: {c[3 if dark else 1]};" for t, c in _TONES.items()]
    ground = (
        "--ink: #e6e9ed; --soft: #aab4bf; --ground: #14181d; --panel: #1c2127; --line: #39424c; "
        "--thread: #ff8a80;"
        if dark
        else "--ink: #17202a; --soft: #52606d; --ground: #ffffff; --panel: #ffffff; --line: #d5dbe1; "
        "--thread: #b3261e;"
    )
    return " ".join([ground, *made])


PICTURE_RULES = (
    """
svg.picture text {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  fill: var(--ink); font-size: 11.5px; }
svg.picture .ground { fill: var(--ground); }
svg.picture .title { font-size: 13px; font-weight: 600; }
svg.picture .small { font-size: 10.5px; fill: var(--soft); }
svg.picture .mark { font-size: 10.5px; font-weight: 600; fill: var(--soft); }
svg.picture .end { text-anchor: end; }
svg.picture .link { fill: none; stroke: var(--soft); stroke-width: 1.3; }
svg.picture .link.strong { stroke: var(--thread); stroke-width: 2.2; }
svg.picture .link.dashed { stroke-dasharray: 5 4; }
svg.picture .arrow { fill: var(--soft); }
svg.picture .arrow.strong { fill: var(--thread); }
svg.picture .lane { fill: var(--line); opacity: 0.28; }
svg.picture .rule { stroke: var(--line); stroke-width: 0.8; }
svg.picture .body { stroke-width: 1.2; }
svg.picture rect.label { fill: var(--ground); opacity: 0.94; }
svg.picture rect.number { fill: var(--ink); }
svg.picture .label-text { font-size: 10.5px; text-anchor: middle; fill: var(--soft); }
svg.picture .number-text { font-size: 10.5px; font-weight: 600; text-anchor: middle; fill: var(--ground); }
"""
    + "\n".join(
        f"svg.picture .tone-{t} .body {{ fill: var(--{t}-fill); stroke: var(--{t}); }} "
        f"svg.picture .tone-{t} .band {{ fill: var(--{t}); }}"
        for t in _TONES
    )
    + "\n"
)

CHART_RULES = """
svg.chart text { fill: var(--soft); font-size: 11.5px; font-family: inherit; }
svg.chart text.small { font-size: 10.5px; }
svg.chart .axis { stroke: var(--soft); stroke-width: 1; }
svg.chart .grid { stroke: var(--line); stroke-width: 1; }
svg.chart .curve { fill: none; stroke: var(--danger); stroke-width: 2; }
svg.chart .curve.second { stroke: var(--device); stroke-dasharray: 7 3; }
svg.chart .curve.front { stroke: var(--device); }
svg.chart .curve.third { stroke: var(--good); stroke-dasharray: 2 3; }
svg.chart .curve.fourth { stroke: var(--admin); stroke-dasharray: 9 3 2 3; }
svg.chart .band, svg.chart .band.second, svg.chart .band.third, svg.chart .band.fourth {
  stroke: none; opacity: 0.3; }
svg.chart .band { fill: var(--danger); } svg.chart .band.second { fill: var(--device); }
svg.chart .band.third { fill: var(--good); } svg.chart .band.fourth { fill: var(--admin); }
svg.chart .amount.first { fill: var(--danger); } svg.chart .amount.second { fill: var(--device); }
svg.chart .under { fill: var(--danger-fill); }
svg.chart .whisker { stroke: var(--device); stroke-width: 6; opacity: 0.25; }
svg.chart .dot { fill: var(--danger); stroke: none; }
svg.chart .dot.other, svg.chart .dot.second { fill: var(--device); }
svg.chart .dot.third { fill: var(--good); } svg.chart .dot.fourth { fill: var(--admin); }
svg.chart text.on-dot { fill: var(--ground); font-size: 9.5px; font-weight: 700; }
svg.chart text.strong { fill: var(--ink); font-weight: 600; }
svg.chart .swings text { paint-order: stroke; stroke: var(--ground); stroke-width: 3;
  stroke-linejoin: round; }
svg.chart .swing { fill: var(--device); } svg.chart .swing.low {
  fill-opacity: 0.35; stroke: var(--device); stroke-width: 1; }
svg.chart .good { fill: var(--good); } svg.chart .bad { fill: var(--danger); }
svg.chart .open { fill: var(--warning); } svg.chart .rest {
  fill: var(--line); stroke: var(--soft); stroke-width: 0.75; }
"""

SVG_STYLE = (
    f"svg.picture {{ {variables(False)} }}\n"
    f"@media (prefers-color-scheme: dark) {{ svg.picture {{ {variables(True)} }} }}\n" + PICTURE_RULES
)
