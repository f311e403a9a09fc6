"""What everybody needs who does not see, point or have a colour screen: names, headings, frames, contrast."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from panacea_policy.feeds.store import Moment, ProcessChange
from panacea_policy.report import AssessOptions, assess
from panacea_policy.report.charts import State, compared
from panacea_policy.report.charts.axes import LEFT, MARGIN, WIDE
from panacea_policy.report.graphs.picture import Link, Node, Picture
from panacea_policy.report.graphs.svg import svg_element
from panacea_policy.report.html import Element, code, el, prose, render
from panacea_policy.report.metrics import width
from panacea_policy.report.page import document, picture_page
from panacea_policy.report.plates import figure
from panacea_policy.report.style import PICTURE_RULES, variables
from tests.report.test_charts import curve
from tests.risk.clinic import clinic

_VOID = {"meta", "wbr", "br", "path", "rect", "line", "circle", "use"}


@dataclass
class Tag:
    """An element as a browser would see it."""

    name: str
    attributes: dict[str, str]
    parent: Tag | None = None
    children: list[Tag] = field(default_factory=list)
    text: str = ""

    def every(self, *names: str) -> Iterator[Tag]:
        """The elements below this one, in order, of these names or all."""
        for child in self.children:
            if not names or child.name in names:
                yield child
            yield from child.every(*names)

    def above(self) -> Iterator[Tag]:
        """The elements around this one, the nearest first."""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.above()

    def said(self) -> str:
        """Its text with that of the elements below."""
        return self.text + "".join(child.said() for child in self.children)


class Tree(HTMLParser):
    """Builds the tree of a page; an end without its beginning is an error."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.root = self.at = Tag("", {})
        self.feed(markup)
        self.close()
        assert self.at is self.root, f"{self.at.name} is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Tag(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(made)
        if tag not in _VOID:
            self.at = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Tag(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.at.name == tag
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.text += data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Tag:
    moved = ProcessChange(process="ward", title="Ward care", before=0.03, after=0.05, path="")
    moments = [
        Moment(at=datetime(2026, 11, day, tzinfo=UTC), what=f"ADV-{day}", line="", processes=(moved,))
        for day in (1, 9)
    ]
    options = AssessOptions(trials=512, moments=moments)
    return Tree(assess(clinic(tmp_path_factory.mktemp("clinic")), options).html()).root


def test_the_page_names_its_language_and_itself(page: Tag) -> None:
    (html,) = page.every("html")
    assert html.attributes["lang"] == "en"
    (title,) = (t for t in page.every("title") if t.parent and t.parent.name == "head")
    assert title.said()
    assert len(list(page.every("main"))) == 1


def test_headings_start_at_one_and_skip_no_level(page: Tag) -> None:
    levels = [int(h.name[1]) for h in page.every("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(h.said().strip() for h in page.every("h1", "h2", "h3", "h4"))


def test_every_name_is_unique_and_every_reference_has_its_target(page: Tag) -> None:
    names = [t.attributes["id"] for t in page.every() if "id" in t.attributes]
    assert len(names) == len(set(names))
    for tag in page.every():
        asked = [tag.attributes[a] for a in ("aria-labelledby", "aria-describedby") if a in tag.attributes]
        asked += [v[1:] for k, v in tag.attributes.items() if k == "href" and v.startswith("#")]
        asked += [found for v in tag.attributes.values() for found in re.findall(r"url\(#([^)]+)\)", v)]
        assert set(asked) <= set(names)


def test_every_picture_has_a_title_and_says_what_it_shows(page: Tag) -> None:
    pictures = [s for s in page.every("svg") if not _hidden(s)]
    assert len(pictures) >= 6
    for picture in pictures:
        assert picture.attributes["role"] == "img"
        title, told = picture.children[:2]
        assert (title.name, told.name) == ("title", "desc")
        assert title.said().strip()
        assert len(told.said()) > len(title.said())


def _hidden(tag: Tag) -> bool:
    return any(t.attributes.get("aria-hidden") == "true" for t in (tag, *tag.above()))


def test_every_table_has_a_caption_and_its_headings_a_scope(page: Tag) -> None:
    tables = list(page.every("table"))
    assert len(tables) >= 8
    for table in tables:
        assert table.children[0].name == "caption"
        assert table.children[0].said().strip()
        assert {h.attributes.get("scope") for h in table.every("th")} == {"col", "row"}


def test_what_may_scroll_can_be_reached_and_has_a_name(page: Tag) -> None:
    frames = [
        t for t in page.every("div") if {"table", "scroll"} & set(t.attributes.get("class", "").split())
    ]
    assert len(frames) == len(list(page.every("table"))) + len(list(page.every("figure")))
    for frame in frames:
        assert frame.attributes["tabindex"] == "0"
        assert frame.attributes["role"] in ("region", "group")
        assert frame.attributes["aria-label"]


def test_folds_are_the_browser_s_own_and_nothing_takes_the_keyboard_away(page: Tag) -> None:
    folds = list(page.every("details"))
    assert folds
    for fold in folds:
        assert fold.children[0].name == "summary"
        assert fold.children[0].said().strip()
    assert not list(page.every("script"))
    assert {t.attributes["tabindex"] for t in page.every() if "tabindex" in t.attributes} == {"0"}
    first = next(page.every("a"))
    assert (first.attributes["href"], first.attributes["class"]) == ("#content", "skip")


# ---------------------------------------------------------------------------------------------- contrast


def _palette(dark: bool) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", variables(dark)))


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _over(top: str, below: str, opacity: float) -> str:
    mixed = (
        round(int(top[n : n + 2], 16) * opacity + int(below[n : n + 2], 16) * (1 - opacity))
        for n in (1, 3, 5)
    )
    return "#" + "".join(f"{m:02x}" for m in mixed)


def test_the_measure_of_contrast_is_that_of_wcag() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
def test_every_text_has_enough_contrast(dark: bool) -> None:
    colours = _palette(dark)
    tones = [name for name in colours if f"{name}-fill" in colours]
    assert len(tones) == 8
    found = re.search(r"\.lane \{ fill: var\(--line\); opacity: ([\d.]+);", PICTURE_RULES)
    assert found
    lane = _over(colours["line"], colours["ground"], float(found[1]))
    pairs = [(colours[a], colours[b]) for a in ("ink", "soft", "device") for b in ("ground", "panel")]
    pairs += [(colours["ground"], colours[b]) for b in ("ink", "danger")]
    pairs += [(colours["soft"], lane)]
    for tone in tones:
        pairs += [(colours[a], colours[f"{tone}-fill"]) for a in ("ink", "soft", tone)]
    assert [pair for pair in pairs if _contrast(*pair) < 4.5] == []


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
def test_every_line_and_bar_stands_out_from_its_ground(dark: bool) -> None:
    colours = _palette(dark)
    for name in ("soft", "danger", "device", "good", "admin", "warning", "thread"):
        assert _contrast(colours[name], colours["ground"]) >= 3.0


# ---------------------------------------------------------------------------------------------- pictures


def test_legends_stay_within_their_chart() -> None:
    names = [
        "as it is",
        "Medical devices in segments of their own",
        "All that is planned",
        "Badge everywhere",
    ]
    drawn = compared([State(name, curve(1 / n)) for n, name in enumerate(names, 1)], "EUR")
    assert drawn is not None
    svg = next(Tree(render(drawn)).root.every("svg"))
    high = float(svg.attributes["viewbox"].split()[3])
    said = [t for t in svg.every("text") if t.said() in names]
    assert len(said) == len(names)
    for text in said:
        assert float(text.attributes["x"]) + width(text.said(), 11.5) <= LEFT + WIDE + MARGIN
        assert float(text.attributes["y"]) < high
    dots = [c.attributes["class"] for c in svg.every("circle")]
    assert dots == ["dot", "dot second", "dot third", "dot fourth"]


def _drawing(wide: float, high: float) -> Element:
    size = f"0 0 {wide:.0f} {high:.0f}"
    return el("svg", el("title", "Zones"), el("desc", "Many"), viewBox=size, class_="picture", role="img")


def _parts(drawing: Element) -> list[tuple[float, ...]]:
    tree = Tree(render(figure(drawing, "Seen"))).root
    assert {u.attributes["href"] for u in tree.every("use")} <= {"#picture-zones"}
    return [tuple(map(float, p.attributes["viewbox"].split())) for p in tree.every("svg")][1:]


def test_a_large_picture_is_printed_in_parts_that_can_be_read_and_miss_nothing() -> None:
    parts = _parts(_drawing(1808, 3629))
    assert len(parts) == 6
    for _, _, wide, high in parts:
        assert min(672 / wide, 880 / high) >= 0.64
    assert min(x for x, _, _, _ in parts) == min(y for _, y, _, _ in parts) == 0
    assert max(x + wide for x, _, wide, _ in parts) == pytest.approx(1808, abs=0.2)
    assert max(y + high for _, y, _, high in parts) == pytest.approx(3629, abs=0.2)
    columns = sorted({(x, x + wide) for x, _, wide, _ in parts})
    rows = sorted({(y, y + high) for _, y, _, high in parts})
    assert all(b[0] < a[1] for each in (columns, rows) for a, b in itertools.pairwise(each))


def test_a_picture_that_a_page_holds_is_printed_once() -> None:
    assert _parts(_drawing(664, 412)) == []


def test_arrows_of_two_pictures_on_a_page_do_not_share_their_heads() -> None:
    nodes, links = (Node("a", "A"), Node("b", "B")), (Link("a", "b", "https", strong=True),)
    drawn = [svg_element(Picture(title, nodes, links)) for title in ("One", "Two")]
    tree = Tree(render(el("div", drawn))).root
    names = [m.attributes["id"] for m in tree.every("marker")]
    assert len(names) == len(set(names)) == 4
    assert [d.said() for d in tree.every("desc")] == ["2 boxes, 1 arrows. A → B (https)."] * 2


@pytest.mark.parametrize("title", ["Operations", "Mail and calendar", "Imaging", "Bloods"])
@pytest.mark.parametrize("mark", ["33 % a year", "0.76 % a year", ""])
def test_a_short_title_is_never_cut_by_its_mark(title: str, mark: str) -> None:
    drawn = render(svg_element(Picture("P", (Node("a", title, mark=mark),), ())))
    assert "…" not in drawn


def test_a_page_with_one_picture_is_a_page_like_any_other() -> None:
    tree = Tree(picture_page("Zones of <us>", _drawing(1808, 3629))).root
    assert [h.said() for h in tree.every("h1")] == ["Zones of <us>"]
    assert not list(tree.every("figcaption"))
    assert len(list(tree.every("use"))) == 6


# ---------------------------------------------------------------------------------------------- texts


def test_names_in_texts_are_code_and_places_may_break_at_their_folders() -> None:
    assert render(el("p", prose("Set `owner` of `ehr`."))) == (
        "<p>Set <code>owner</code> of <code>ehr</code>.</p>\n"
    )
    assert render(el("p", prose("a ` b"))) == "<p>a ` b</p>\n"
    assert render(code("models/a/b.panacea:7")) == "<code>models/<wbr>a/<wbr>b.panacea:7</code>"
    assert render(code("by_night")) == "<code>by_<wbr>night</code>"
    assert render(code("")) == "<code></code>"


@pytest.mark.parametrize("title", ['"; } body { display: none', "</style><script>", "\\", "Ünïted\nHospital"])
def test_a_title_at_the_foot_of_paper_cannot_leave_its_string(title: str) -> None:
    made = document(title, [])
    style = made[made.index("<style>") : made.index("</style>")]
    foot, first = re.findall(r'@bottom-left \{ content: "((?:[A-Za-z0-9 ]|\\[0-9a-f]+ )*)"; \}', style)
    assert re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), foot) == title
    assert first == ""
    assert made.count("</style>") == 1
