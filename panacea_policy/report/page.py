"""Self-contained pages: one file, readable offline, on paper, by day and night, and with a screen reader."""

from __future__ import annotations

import re
from collections.abc import Sequence

from panacea_policy.report.html import Child, Element, el, render
from panacea_policy.report.plates import figure
from panacea_policy.report.style import CHART_RULES, PICTURE_RULES, variables

_RULES = """
* { box-sizing: border-box; }
html { color-scheme: light dark; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.55; font-size: 16px;
  overflow-wrap: break-word;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header.cover, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.5rem; }
header.cover { padding-top: 3.5rem; padding-bottom: 1.5rem; }
header.cover .over { color: var(--soft); margin: 0 0 .4rem; font-size: .95rem; }
h1 { font-size: 2.1rem; line-height: 1.2; font-weight: 650; margin: 0 0 .6rem; letter-spacing: -.01em; }
h2 { font-size: 1.5rem; line-height: 1.25; font-weight: 650; margin: 3.2rem 0 .8rem; padding-top: 1.4rem;
  border-top: 1px solid var(--line); letter-spacing: -.005em; }
h3 { font-size: 1.12rem; font-weight: 650; margin: 2rem 0 .5rem; }
h4 { font-size: 1rem; font-weight: 650; margin: 1.4rem 0 .3rem; }
p { margin: .5rem 0 .9rem; max-width: 46rem; }
p.lead { font-size: 1.15rem; line-height: 1.5; }
.note, .quiet { color: var(--soft); }
.note { font-size: .88rem; }
a { color: var(--device); text-underline-offset: 2px; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .86em;
  color: var(--soft);
  overflow-wrap: break-word; }
nav.contents ol { columns: 2; column-gap: 2.5rem; padding-left: 1.7rem; margin: .5rem 0 0; }
nav.contents li { break-inside: avoid; padding: .1rem 0; }
.figures { display: flex; flex-wrap: wrap; gap: 1px; margin: 1.5rem 0;
  background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.figures div { flex: 1 1 10.4rem; background: var(--panel); padding: 1rem; }
.figures dt { color: var(--soft); font-size: .88rem; margin: 0; }
.figures dd { white-space: nowrap; margin: .15rem 0 0; font-size: 1.45rem; font-weight: 620;
  letter-spacing: -.01em;
  line-height: 1.25; }
.figures dd.sub { white-space: normal; font-size: .86rem; font-weight: 400; color: var(--soft);
  letter-spacing: 0; }
.table, .scroll { overflow-x: auto; max-width: 100%; position: relative; }
.table { margin: 1rem 0 1.6rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 620; padding: .2rem 0 .5rem; }
caption .note { display: block; font-weight: 400; }
caption .stays { display: block; position: sticky; left: 0; width: fit-content;
  max-width: min(100%, calc(100vw - 3rem)); }
th, td { text-align: left; vertical-align: top; padding: .5rem .9rem .5rem 0;
  border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: .82rem; font-weight: 600; color: var(--soft); border-bottom: 1.5px solid var(--soft);
  vertical-align: bottom; }
tbody th { font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; }
thead th.number { white-space: normal; }
.id { white-space: nowrap; }
td.wide { min-width: 16rem; } tbody th.wide { min-width: 13rem; }
.sub { display: block; color: var(--soft); font-size: .86rem; font-weight: 400; }
.badge { display: inline-block; padding: .05rem .5rem; border-radius: 4px; font-size: .82rem;
  font-weight: 600;
  border: 1px solid currentColor; white-space: nowrap; }
.badge.critical, .badge.high, .badge.violated { color: var(--danger); background: var(--danger-fill); }
.badge.medium, .badge.unknown { color: var(--warning); background: var(--warning-fill); }
.badge.good, .badge.met, .badge.attested { color: var(--good); background: var(--good-fill); }
.badge.low, .badge.info, .badge.quiet, .badge.waived, .badge.not-applicable, .badge.planned, .badge.candidate
  { color: var(--neutral); background: var(--neutral-fill); }
.badge.in-place { color: var(--good); background: var(--good-fill); }
figure { margin: 1.2rem 0 1.8rem; }
figure svg { display: block; }
figure.broad .scroll { max-width: none; margin-inline: calc(50% - 50vw + 1.5rem); }
figure.broad .scroll > svg { margin: 0 auto; }
.sheets { display: none; }
figcaption { color: var(--soft); font-size: .88rem; margin-top: .5rem; max-width: 46rem; }
ol.steps { list-style: none; margin: 1rem 0; padding: 0; }
ol.steps > li { padding: .9rem 0 .9rem 3rem; border-top: 1px solid var(--line); position: relative; }
ol.steps > li > .count { position: absolute; left: 0; top: .95rem; width: 1.9rem; height: 1.9rem;
  border-radius: 50%;
  background: var(--ink); color: var(--ground); font-weight: 600; font-size: .9rem; text-align: center;
  line-height: 1.9rem; }
ol.steps > li.certain > .count { background: var(--neutral-fill); color: var(--neutral);
  border: 1px solid var(--neutral); line-height: 1.75rem; }
ol.steps h4 { margin: .15rem 0 .2rem; }
ol.steps dl { display: grid; grid-template-columns: 7.5rem 1fr; gap: .15rem .8rem; margin: .3rem 0 0;
  font-size: .92rem; }
ol.steps dt { color: var(--soft); } ol.steps dd { margin: 0; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: .8rem 0 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; }
ul.plain { list-style: none; padding: 0; margin: .3rem 0; } ul.plain li { padding: .15rem 0; }
dd > ul.plain { margin: 0; } dd > ul.plain li { padding: 0; } dd > ul.plain li + li { padding-top: .15rem; }
.bar { display: block; height: 6px; margin-top: .35rem; width: 100%; min-width: 5rem; }
.bar .back { fill: var(--line); } .bar .range { fill: var(--danger); opacity: .3; }
  .bar .value { fill: var(--danger); }
.heat table { table-layout: fixed; min-width: 46rem; } .heat td, .heat th { padding: .5rem .6rem; }
.heat tbody td { border: 1px solid var(--ground); height: 3.2rem; }
.heat .cool { background: var(--good-fill); } .heat .warm { background: var(--warning-fill); }
.heat .hot { background: var(--danger-fill); }
details { margin: .6rem 0 1.2rem; } summary { cursor: pointer; font-weight: 600; padding: .3rem 0; }
footer { color: var(--soft); font-size: .86rem; padding-top: 2rem; padding-bottom: 3rem; }
.skip { position: absolute; left: -999rem; } .skip:focus { left: 1rem; top: 1rem;
  background: var(--panel); padding: .5rem 1rem; }
:focus-visible { outline: 2px solid var(--device); outline-offset: 2px; }
@media (max-width: 40rem) { nav.contents ol { columns: 1; } ol.steps dl { grid-template-columns: 1fr; }
  main, header.cover, footer { padding-inline: 1rem; } ol.steps dd + dt { margin-top: .4rem; }
  caption .stays { max-width: min(100%, calc(100vw - 2rem)); } tbody th { min-width: 9rem; }
  figure.broad .scroll { margin-inline: calc(50% - 50vw + 1rem); } .heat tbody th { min-width: 0; } }
"""

_PRINT = """
@page { size: A4; margin: 18mm 16mm 20mm;
  font-family: system-ui, sans-serif; font-size: 8pt; color: #52606d;
  @bottom-right { content: counter(page) " / " counter(pages); } }
@media print {
  html { color-scheme: light; font-size: 12px; }
  td.wide, tbody th.wide { min-width: 0; } p, figcaption { max-width: none; }
  body { font-size: 10pt; line-height: 1.42; }
  main, header.cover, footer { max-width: none; padding: 0; }
  header.cover { padding-top: 12mm; }
  h1 { font-size: 22pt; } h2 { font-size: 15pt; break-before: page; border-top: 0; margin-top: 0;
  padding-top: 0; }
  h2.follows { break-before: auto; margin-top: 8mm; }
  h2, h3, h4, summary, caption, thead { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  tr, li, figure > .scroll, .figures, .sheet, .heat, caption, .stays { break-inside: avoid; }
  .heat table { min-width: 0; }
  figcaption, .table + p.note { break-before: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
  .skip { display: none; }
  .figures div { flex-basis: 8rem; padding: .6rem .7rem; }
  .figures dd { font-size: 14pt; }
  .table, .scroll { overflow: visible; max-width: none; }
  caption .stays { position: static; max-width: none; }
  figure.broad .scroll { margin-inline: 0; }
  figure svg { max-width: 100%; height: auto; max-height: 215mm; }
  .sheets { display: block; } .sheet { break-before: page; } .sheet p { margin: 0 0 2mm; }
  .sheet svg { max-height: 238mm; width: 100%; }
  details > summary { list-style: none; } details:not([open]) > * { display: block; }
  details::details-content { content-visibility: visible; block-size: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def style() -> str:
    """The style sheet of every page. It holds no character that markup would have to escape but quotes and
    >.
    """
    return (
        f":root {{ {variables(False)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {variables(True)} }} }}\n"
        + PICTURE_RULES
        + CHART_RULES
        + _RULES
        + _PRINT
    )


def running_foot(title: str) -> str:
    """The rule that prints the title at the foot of every page but the first.

    Every character of the title that is not a plain letter or digit is written as its number, so that no
    title can end the string, the rule or the element.
    """
    said = re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found[0]):x} ", title)
    return (
        f'@page {{ @bottom-left {{ content: "{said}"; }} }}\n'
        '@page :first { @bottom-left { content: ""; } @bottom-right { content: ""; } }\n'
    )


def document(title: str, body: Sequence[Child], *, language: str = "en") -> str:
    """A whole HTML document. The style sheet is ours alone; everything else went through the builders."""
    head = render(
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="referrer", content="no-referrer"),
            el(
                "meta",
                http_equiv="Content-Security-Policy",
                content="default-src 'none'; style-src 'unsafe-inline'",
            ),
            el("title", title),
        )
    )
    # The style sheet goes in beside the tree, because the text of a style element must not be escaped.
    styled = head.replace("</head>", f"<style>{style()}{running_foot(title)}</style>\n</head>")
    content = render(el("body", el("a", "Skip to the content", href="#content", class_="skip"), list(body)))
    return f'<!DOCTYPE html>\n<html lang="{language}">\n{styled}{content}</html>\n'


def picture_page(title: str, picture: Element) -> str:
    """A page with one picture."""
    cover = el("header", el("h1", title), class_="cover")
    return document(title, [cover, el("main", figure(picture, None), id="content")])
