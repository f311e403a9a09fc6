"""The first look at the trees: which declarations there are, of which kind, under which name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.language import Label, Span, suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, Dimension, Kind, MapType, Registry, StructureType

#: A part of an automatic name that the head did not say, with the word that leads to it.
_UNSAID = re.compile(r"(_[a-z]+)?_?\{[a-z_]+\}")

#: Items of the language that are declarations of these kinds without being written as `KIND NAME { … }`.
ITEM_KINDS: Mapping[type[tree.Node], str] = {
    tree.RuleItem: "rule",
    tree.StepItem: "step",
    tree.RelationItem: "relation",
    tree.ScenarioItem: "scenario",
    tree.TestItem: "test",
}


class Part(msgspec.Struct):
    """A nested declaration, a structure or a map entry: becomes an entity of its own, `owner.name`."""

    name: str
    kind: Kind
    slot: str
    listed: bool
    node: tree.Declaration | None
    entries: tuple[tree.Entry, ...]
    span: tuple[int, int]


class Declared(msgspec.Struct):
    """One declaration as written, its kind known, its values not yet looked at."""

    name: str
    kind: Kind
    template: bool
    package: Package
    unit: FileUnit
    node: tree.Declaration | None
    start: int
    end: int
    title: str | None = None
    doc: str | None = None
    subject: tree.Path | None = None
    parents: tuple[tree.Path, ...] = ()
    attributes: tuple[tree.Attribute, ...] = ()
    item: tree.Item | None = None

    @property
    def span(self) -> Span:
        """Where its name (or, unnamed, its head) stands."""
        return Span(self.unit.name, self.start, self.end)

    @property
    def place(self) -> tree.Path:
        """A node that stands for the name, for problems that have no node of their own."""
        return tree.Path(self.start, self.end, self.name)

    @property
    def qualified(self) -> str:
        """Its name for the whole workspace."""
        return self.package.qualify(self.name)


class Names(msgspec.Struct):
    """The declarations of one package by name; several kinds may share a name."""

    package: Package
    items: dict[str, list[Declared]] = msgspec.field(default_factory=dict)
    tables: dict[str, tree.Declaration] = msgspec.field(default_factory=dict)
    table_units: dict[str, FileUnit] = msgspec.field(default_factory=dict)
    priors: list[tuple[tree.Typically, FileUnit]] = msgspec.field(default_factory=list)
    derivations: list[tuple[tree.DerivationItem, FileUnit]] = msgspec.field(default_factory=list)


def declare_package(package: Package, registry: Registry, report: Report) -> Names:
    """Everything that a package declares. Unknown kinds and repeated names are reported."""
    names = Names(package)
    collector = _Collector(names, registry, report)
    for unit in package.files:
        for item in unit.tree.items:
            collector.item(unit, item)
    return names


def add_declarations(
    names: Names, unit: FileUnit, entries: Iterable[tree.Entry], registry: Registry, report: Report
) -> None:
    """Add a scenario's own declarations to its package."""
    collector = _Collector(names, registry, report)
    for entry in entries:
        if isinstance(entry, tree.Declaration):
            collector.item(unit, entry)


class _Collector:
    def __init__(self, names: Names, registry: Registry, report: Report) -> None:
        self._names = names
        self._registry = registry
        self._report = report

    def item(self, unit: FileUnit, item: tree.Item) -> None:
        if isinstance(item, tree.Declaration):
            if item.kind.name == "table" and item.name is not None:
                self._table(unit, item)
            else:
                self._declaration(unit, item)
        elif isinstance(item, tree.Typically):
            self._names.priors.append((item, unit))
        elif isinstance(item, tree.DerivationItem):
            self._names.derivations.append((item, unit))
        elif type(item) in ITEM_KINDS:
            self._language_item(unit, item)

    def _table(self, unit: FileUnit, node: tree.Declaration) -> None:
        assert node.name is not None
        if node.name.name in self._names.tables:
            span = Span(unit.name, node.name.start, node.name.end)
            self._report.error(
                "P0204", span, f"the table `{node.name.name}` is declared twice", help="rename one"
            )
            return
        self._names.tables[node.name.name] = node
        self._names.table_units[node.name.name] = unit

    def _language_item(self, unit: FileUnit, item: tree.Item) -> None:
        kind = self._registry.kinds.get(ITEM_KINDS[type(item)])
        if kind is None or isinstance(item, tree.TestItem):
            return
        assert isinstance(item, tree.RuleItem | tree.StepItem | tree.RelationItem | tree.ScenarioItem)
        title = None if isinstance(item, tree.RelationItem) else item.title
        attributes = item.attributes if isinstance(item, tree.RuleItem | tree.StepItem) else ()
        if isinstance(item, tree.ScenarioItem):
            attributes = tuple(entry for entry in item.entries if isinstance(entry, tree.Attribute))
        declared = Declared(
            item.name.name,
            kind,
            False,
            self._names.package,
            unit,
            None,
            item.name.start,
            item.name.end,
            title.value if title else None,
            item.doc,
            attributes=attributes,
            item=item,
        )
        self._enter(declared, named=True)

    def _declaration(self, unit: FileUnit, node: tree.Declaration) -> None:
        kind = self._kind(unit, node.kind, self._registry.keywords)
        if kind is None:
            return
        if kind.abstract and not node.template:
            concrete = [
                name
                for name in self._registry.descendants(kind.name)
                if not self._registry.kind(name).abstract
            ]
            self._report.error(
                "P0301",
                Span(unit.name, node.kind.start, node.kind.end),
                f"`{kind.name}` is a family of kinds, not a kind that can be declared",
                help="declare one of its kinds: " + ", ".join(concrete[:8]),
            )
            return
        subject, name_node, parents = _subject_and_name(kind, node)
        place = name_node or subject or node.kind
        name = name_node.name if name_node else _auto_name(kind, node, subject)
        declared = Declared(
            name,
            kind,
            node.template,
            self._names.package,
            unit,
            node,
            place.start,
            place.end,
            node.title.value if node.title else None,
            node.doc,
            subject,
            parents,
            tuple(e for e in node.body.entries if isinstance(e, tree.Attribute)) if node.body else (),
        )
        if kind.subject is not None and subject is None:
            self._report.error(
                "P0307",
                Span(unit.name, node.kind.start, node.kind.end),
                f"a `{kind.name}` must say of what: its `{kind.subject}` is missing",
                help=f"write `{kind.name} NAME …`",
            )
            return
        self._enter(declared, named=name_node is not None)

    def _kind(self, unit: FileUnit, path: tree.Path, known: Mapping[str, Kind]) -> Kind | None:
        kind = known.get(path.name)
        if kind is None:
            near = suggest(
                path.name, [*known, "table", "rule", "step", "test", "relation", "scenario", "use"]
            )
            self._report.error(
                "P0301",
                Span(unit.name, path.start, path.end),
                f"there is no kind of declaration called `{path.name}`",
                help=f"did you mean `{near}`?" if near else "`panacea schema --kinds` lists all kinds",
            )
        return kind

    def _enter(self, declared: Declared, *, named: bool) -> None:
        same_name = self._names.items.setdefault(declared.name, [])
        root = self._root(declared.kind)
        for other in same_name:
            if self._root(other.kind) == root and other.template == declared.template:
                self._report.error(
                    "P0204",
                    declared.span,
                    f"`{declared.name}` is declared twice",
                    labels=(Label(other.span, "first declared here"),),
                    help="rename one of them"
                    if named
                    else f"both are unnamed and got this name: name one, `{declared.kind.name} my_name: …`",
                )
                return
        same_name.append(declared)

    def _root(self, kind: Kind) -> str:
        """The family within which a name must be unique: the highest ancestor below the common root."""
        line = self._registry.ancestors(kind.name)
        return line[-2] if len(line) > 1 else line[0]


def _subject_and_name(
    kind: Kind, node: tree.Declaration
) -> tuple[tree.Path | None, tree.Path | None, tuple[tree.Path, ...]]:
    """What the head's name means: for a kind with a subject it is a reference, and `NAME: SUBJECT` names
    it.
    """
    if kind.subject is None:
        return None, node.name, node.parents
    if node.parents:
        return node.parents[0], node.name, node.parents[1:]
    return node.name, None, ()


def _auto_name(kind: Kind, node: tree.Declaration, subject: tree.Path | None) -> str:
    """The name of an unnamed declaration, made of what it speaks about, so that it survives edits
    elsewhere.
    """
    parts: dict[str, str] = {}
    if subject is not None and kind.subject is not None:
        parts[kind.subject] = _plain(subject)
    if node.arrow is not None and kind.arrow is not None:
        parts[kind.arrow[0]] = _plain(node.arrow.source)
        parts[kind.arrow[1]] = _plain(node.arrow.target)
    for clause in node.clauses:
        attribute = kind.clauses.get(clause.word)
        if attribute is not None and clause.values and isinstance(clause.values[0], tree.Path):
            parts[attribute] = _plain(clause.values[0])
    pattern = kind.auto_name or "_".join([kind.name, *(f"{{{name}}}" for name in parts)])
    for name, text in parts.items():
        pattern = pattern.replace(f"{{{name}}}", text)
    name = _UNSAID.sub("", pattern)
    # A name made of the subject alone would be the subject's own.
    return f"{name}_{kind.name}" if name in parts.values() else name


def _plain(path: tree.Path) -> str:
    return path.name.replace(".", "_") + (f"_{path.key}" if path.key else "")


def parts_of(
    kind: Kind, entries: Iterable[tree.Entry], unit: FileUnit, registry: Registry, report: Report
) -> Iterator[Part]:
    """The nested declarations, structures and map entries of a body."""
    for entry in entries:
        if isinstance(entry, tree.Declaration):
            part = _nested_part(kind, entry, unit, registry, report)
            if part is not None:
                yield part
        elif isinstance(entry, tree.Attribute):
            attribute = kind.attributes.get(entry.key)
            if attribute is None:
                continue
            if isinstance(attribute.type, StructureType):
                yield from _structures(attribute, entry, registry)
            elif isinstance(attribute.type, MapType) and isinstance(entry.value, tree.Body):
                for pair in entry.value.entries:
                    if isinstance(pair, tree.Attribute):
                        name = f"{entry.key}.{pair.key}"
                        yield Part(
                            name,
                            registry.kind("entry"),
                            entry.key,
                            True,
                            None,
                            (pair,),
                            (pair.start, pair.end),
                        )


def _structures(attribute: Attribute, entry: tree.Attribute, registry: Registry) -> Iterator[Part]:
    """The bodies of a structured attribute: one, several in a list, or a sum of quantities that stands for
    one.
    """
    assert isinstance(attribute.type, StructureType)
    kind = registry.kind(attribute.type.kind)
    span = (entry.start, entry.end)
    value = entry.value
    if isinstance(value, tree.Body):
        yield Part(entry.key, kind, entry.key, attribute.many, None, value.entries, span)
    elif isinstance(value, tree.ListOf):
        for number, item in enumerate(value.items, start=1):
            if isinstance(item, tree.Body):
                place = (item.start, item.end)
                yield Part(
                    f"{entry.key}.{number}", kind, entry.key, attribute.many, None, item.entries, place
                )
    elif kind.summands and not isinstance(value, tree.Nothing):
        named = {_summand(kind, term) for term in _terms(value)}
        # A sum is one value: what it does not name is none, whatever a template says.
        missing = tuple(
            tree.Attribute(entry.start, entry.end, name, entry.start, tree.Nothing(entry.start, entry.end))
            for name in kind.summands.values()
            if name not in named
        )
        entries = missing + tuple(
            tree.Attribute(term.start, term.end, _summand(kind, term), term.start, term)
            for term in _terms(value)
        )
        yield Part(entry.key, kind, entry.key, attribute.many, None, entries, span)


def _terms(value: tree.Expression) -> Iterator[tree.Expression]:
    if isinstance(value, tree.Binary) and value.operator == "+":
        yield from _terms(value.left)
        yield from _terms(value.right)
    else:
        yield value


def _summand(kind: Kind, term: tree.Expression) -> str:
    """Which attribute of a structure a summand fills: an amount over time is another one than an amount."""
    per = isinstance(term, tree.Quantity | tree.Call) and term.per is not None
    for dimension, name in kind.summands.items():
        if (dimension in (Dimension.MONEY_RATE, Dimension.RATE)) == per:
            return name
    return next(iter(kind.summands.values()))


def _nested_part(
    kind: Kind, node: tree.Declaration, unit: FileUnit, registry: Registry, report: Report
) -> Part | None:
    span = Span(unit.name, node.kind.start, node.kind.end)
    nested = registry.keywords.get(node.kind.name)
    slot = None
    if nested is not None:
        slot = next(
            (kind.nested[each] for each in registry.ancestors(nested.name) if each in kind.nested), None
        )
    if nested is None or slot is None:
        near = suggest(node.kind.name, list(kind.nested))
        inside = ", ".join(sorted(kind.nested)) or "nothing"
        attribute = kind.attributes.get(node.kind.name)
        help_text = f"did you mean `{near}`?" if near else f"inside a `{kind.name}` one may declare: {inside}"
        if attribute is not None:
            help_text = f"`{attribute.name}` is an attribute: write `{attribute.name}: …`"
        report.error("P0301", span, f"a `{kind.name}` cannot contain a `{node.kind.name}`", help=help_text)
        return None
    name = node.name.name if node.name is not None else _auto_name(nested, node, None)
    entries = node.body.entries if node.body else ()
    place = node.name or node.kind
    return Part(name, nested, slot, True, node, entries, (place.start, place.end))
