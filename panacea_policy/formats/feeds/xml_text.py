"""XML from strangers: no entities, no DTD, bounded depth, and records given one by one.

nmap begins its files with ``<!DOCTYPE nmaprun>``: that bare line, which declares nothing, it alone may have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from panacea_policy.formats.feeds.intake import Intake, Refused

if TYPE_CHECKING:
    from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

_CHUNK = 64 * 1024
_AGAIN = "get the file anew from its source"
_HARMLESS_DOCTYPES = ("nmaprun",)


class Found:
    """A record: its element, the attributes of the elements around it by their names, and its line."""

    __slots__ = ("around", "element", "line")

    def __init__(self, element: Element, around: dict[str, dict[str, str]], line: int) -> None:
        self.element = element
        self.around = around
        self.line = line

    @property
    def place(self) -> str:
        """Where it begins, for people."""
        return f"line {self.line}"


class _Target:
    """Builds elements inside of records only; whatever else the file holds takes no memory."""

    def __init__(self, records: Collection[str], depth: int) -> None:
        self.found: list[Found] = []
        self.root: str | None = None
        self.line = 0
        self._records = records
        self._depth = depth
        self._outer: list[tuple[str, dict[str, str]]] = []
        self._inner: list[Element] = []
        self._began = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._outer) + len(self._inner) >= self._depth:
            raise Refused(f"line {self.line}", f"nested deeper than {self._depth} levels", _AGAIN)
        self.root = self.root or tag
        if self._inner:
            element = Element(tag, attributes)
            self._inner[-1].append(element)
            self._inner.append(element)
        elif local(tag) in self._records:
            self._inner.append(Element(tag, attributes))
            self._began = self.line
        else:
            self._outer.append((local(tag), attributes))

    def data(self, text: str) -> None:
        if not self._inner:
            return
        element = self._inner[-1]
        if len(element):
            element[-1].tail = (element[-1].tail or "") + text
        else:
            element.text = (element.text or "") + text

    def end(self, tag: str) -> None:
        if not self._inner:
            self._outer.pop()
            return
        element = self._inner.pop()
        if not self._inner:
            self.found.append(Found(element, dict(self._outer), self._began))

    def close(self) -> None:
        """Nothing is left to give."""


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def root(data: bytes) -> str:
    """The name of the first element, its namespace in braces. Raises :class:`Refused` if there is none."""
    target = _Target((), 2)
    parser = _parser(target)
    for start in range(0, len(data), 1024):
        _feed(parser, target, data[start : start + 1024], stop_at_root=True)
        if target.root:
            return target.root
    raise Refused((), "no XML element", _AGAIN)


def records(data: bytes, names: Collection[str], intake: Intake) -> Iterator[Found]:
    """The outermost elements of those names, each when it is complete.

    Raises :class:`Refused` where the text stops being XML: what came before has been given then.
    """
    target = _Target(names, intake.limits.depth)
    parser = _parser(target)
    for start in range(0, len(data), _CHUNK):
        refusal = None
        try:
            _feed(parser, target, data[start : start + _CHUNK])
        except Refused as raised:
            refusal = raised
        yield from target.found
        target.found.clear()
        if refusal is not None:
            raise refusal
    _feed(parser, target, None)


def _parser(target: _Target) -> DefusedXMLParser:
    from defusedxml.common import DTDForbidden  # type: ignore[import-untyped]
    from defusedxml.ElementTree import DefusedXMLParser

    class Parser(DefusedXMLParser):  # type: ignore[misc]
        def defused_start_doctype_decl(
            self, name: str, sysid: str | None, pubid: str | None, has_internal_subset: int
        ) -> None:
            if name not in _HARMLESS_DOCTYPES or has_internal_subset:
                raise DTDForbidden(name, sysid, pubid)

    parser = Parser(target=target, forbid_dtd=True)
    expat = parser.parser
    begin = expat.StartElementHandler

    def start(tag: str, attributes: list[str]) -> None:
        target.line = expat.CurrentLineNumber
        begin(tag, attributes)

    expat.StartElementHandler = start
    return parser


def _feed(
    parser: DefusedXMLParser, target: _Target, chunk: bytes | None, *, stop_at_root: bool = False
) -> None:
    from defusedxml.common import DefusedXmlException

    try:
        if chunk is None:
            parser.close()
        else:
            parser.feed(chunk)
    except Refused:
        if not (stop_at_root and target.root):
            raise
    except ParseError as error:
        if stop_at_root and target.root:
            return
        line, column = error.position
        raise Refused(f"line {line}, column {column + 1}", "no well-formed XML", _AGAIN) from None
    except DefusedXmlException:
        reason = "a document type or entities are declared; that is not read"
        raise Refused(f"line {target.line or 1}", reason, "take the declaration out") from None
    except (ValueError, LookupError, UnicodeError):
        raise Refused((), "an unknown or damaged character encoding", "write the file as UTF-8") from None


def child_text(element: Element, name: str) -> str:
    """The text of the first child of that name (its namespace does not matter), or an empty one."""
    for child in element:
        if local(child.tag) == name:
            return (child.text or "").strip()
    return ""


def children(element: Element, *path: str) -> Iterator[Element]:
    """The elements at the end of a path of names, whatever their namespace."""
    for child in element:
        if local(child.tag) == path[0]:
            if len(path) == 1:
                yield child
            else:
                yield from children(child, *path[1:])
