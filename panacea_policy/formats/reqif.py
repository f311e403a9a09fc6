"""Security requirements as ReqIF 1.2 (OMG, Requirements Interchange Format), for tools that manage them.

One specification with three chapters (threats, duties of law, controls) as a hierarchy of requirements.
Types, attributes and identifiers are stable: the same file gives the same bytes, and a second import
updates the first. Texts are plain strings, so that no tool has to trust markup of ours.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from panacea_policy.secure_design import DesignFile, Requirement

NAMESPACE = "http://www.omg.org/spec/ReqIF/20110401/reqif.xsd"
#: What XML 1.0 cannot contain, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: The space of names that identifiers are made in.
_SPACE = uuid.UUID("3f1d4c0a-8a57-5d7e-9f43-6f3f6a1c52d8")

_STATES = ("open", "unknown", "waived", "candidate", "planned", "met")
_PRIORITIES = ("critical", "high", "medium", "low", "info")
_CHAPTERS = (
    ("threat", "Requirements against threats"),
    ("clause", "Requirements of laws and standards"),
    ("control", "Controls"),
)
#: Attributes that are texts: name in the file, and what gives its value. ReqIF.* are the names that the
#: implementation guide of the ReqIF forum reserves.
_TEXTS = (
    "ReqIF.ForeignID",
    "ReqIF.Name",
    "ReqIF.Text",
    "Subject",
    "Threats",
    "Risks",
    "Controls",
    "Clauses",
    "Test idea",
    "Remedy",
    "Rule",
    "Waiver",
)


def to_reqif(design: DesignFile) -> str:
    """The file as XML text."""
    writer = _Writer(design)
    return "\n".join(writer.lines()) + "\n"


class _Writer:
    """Writes one design file."""

    def __init__(self, design: DesignFile) -> None:
        self._design = design
        self._subject = design.subject.name
        #: Files have no time of making: the model's day stands for it, so that bytes stay the same.
        self._when = f"{design.as_of.isoformat()}T00:00:00Z"

    def lines(self) -> Iterator[str]:
        design = self._design
        title = f"Security requirements of {design.subject.title}"
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        yield f'<REQ-IF xmlns="{NAMESPACE}">'
        yield "  <THE-HEADER>"
        yield f'    <REQ-IF-HEADER IDENTIFIER="{self._id("header")}">'
        yield f"      <COMMENT>{_text(f'{title}, as of {design.as_of.isoformat()}')}</COMMENT>"
        yield f"      <CREATION-TIME>{self._when}</CREATION-TIME>"
        yield f"      <REQ-IF-TOOL-ID>Panacea Policy {_text(design.version)}</REQ-IF-TOOL-ID>"
        yield "      <REQ-IF-VERSION>1.0</REQ-IF-VERSION>"
        yield f"      <SOURCE-TOOL-ID>Panacea Policy {_text(design.version)}</SOURCE-TOOL-ID>"
        yield f"      <TITLE>{_text(title)}</TITLE>"
        yield "    </REQ-IF-HEADER>"
        yield "  </THE-HEADER>"
        yield "  <CORE-CONTENT>"
        yield "    <REQ-IF-CONTENT>"
        yield from self._datatypes()
        yield from self._types()
        yield from self._objects()
        yield from self._specification(title)
        yield "    </REQ-IF-CONTENT>"
        yield "  </CORE-CONTENT>"
        yield "</REQ-IF>"

    # ------------------------------------------------------------------------------------------ types

    def _datatypes(self) -> Iterator[str]:
        yield "      <DATATYPES>"
        yield (
            f'        <DATATYPE-DEFINITION-STRING {self._head("datatype text", "Text")} MAX-LENGTH="32000"/>'
        )
        for name, words in (("State", _STATES), ("Priority", _PRIORITIES)):
            yield f"        <DATATYPE-DEFINITION-ENUMERATION {self._head(f'datatype {name}', name)}>"
            yield "          <SPECIFIED-VALUES>"
            for key, word in enumerate(words):
                yield f"            <ENUM-VALUE {self._head(f'{name} {word}', word)}>"
                yield "              <PROPERTIES>"
                yield f'                <EMBEDDED-VALUE KEY="{key}" OTHER-CONTENT={quoteattr(word)}/>'
                yield "              </PROPERTIES>"
                yield "            </ENUM-VALUE>"
            yield "          </SPECIFIED-VALUES>"
            yield "        </DATATYPE-DEFINITION-ENUMERATION>"
        yield "      </DATATYPES>"

    def _types(self) -> Iterator[str]:
        yield "      <SPEC-TYPES>"
        yield f"        <SPEC-OBJECT-TYPE {self._head('type requirement', 'Security requirement')}>"
        yield "          <SPEC-ATTRIBUTES>"
        for name in _TEXTS:
            yield from self._text_attribute(f"attribute {name}", name)
        for name in ("State", "Priority"):
            yield (
                f"            <ATTRIBUTE-DEFINITION-ENUMERATION {self._head(f'attribute {name}', name)} "
                'MULTI-VALUED="false">'
            )
            yield "              <TYPE>"
            yield (
                "                <DATATYPE-DEFINITION-ENUMERATION-REF>"
                f"{self._id(f'datatype {name}')}</DATATYPE-DEFINITION-ENUMERATION-REF>"
            )
            yield "              </TYPE>"
            yield "            </ATTRIBUTE-DEFINITION-ENUMERATION>"
        yield "          </SPEC-ATTRIBUTES>"
        yield "        </SPEC-OBJECT-TYPE>"
        yield f"        <SPEC-OBJECT-TYPE {self._head('type chapter', 'Chapter')}>"
        yield "          <SPEC-ATTRIBUTES>"
        yield from self._text_attribute("attribute chapter", "ReqIF.ChapterName")
        yield "          </SPEC-ATTRIBUTES>"
        yield "        </SPEC-OBJECT-TYPE>"
        yield f"        <SPECIFICATION-TYPE {self._head('type specification', 'Specification')}/>"
        yield "      </SPEC-TYPES>"

    def _text_attribute(self, what: str, name: str) -> Iterator[str]:
        yield f"            <ATTRIBUTE-DEFINITION-STRING {self._head(what, name)}>"
        yield "              <TYPE>"
        yield (
            "                <DATATYPE-DEFINITION-STRING-REF>"
            f"{self._id('datatype text')}</DATATYPE-DEFINITION-STRING-REF>"
        )
        yield "              </TYPE>"
        yield "            </ATTRIBUTE-DEFINITION-STRING>"

    # ------------------------------------------------------------------------------------------ content

    def _objects(self) -> Iterator[str]:
        yield "      <SPEC-OBJECTS>"
        for source, chapter in self._chapters():
            yield f"        <SPEC-OBJECT {self._own_head(f'chapter {source}')}>"
            yield "          <VALUES>"
            yield from self._string("chapter", chapter)
            yield "          </VALUES>"
            yield "          <TYPE>"
            yield f"            <SPEC-OBJECT-TYPE-REF>{self._id('type chapter')}</SPEC-OBJECT-TYPE-REF>"
            yield "          </TYPE>"
            yield "        </SPEC-OBJECT>"
        for each in self._design.requirements:
            yield from self._requirement(each)
        yield "      </SPEC-OBJECTS>"

    def _requirement(self, each: Requirement) -> Iterator[str]:
        clauses = "; ".join(clause.label for clause in each.clauses)
        values = (
            each.id, f"{each.id} {each.subject.title}", each.text, each.subject.name, " ".join(each.threats),
            " ".join(each.risks), " ".join(each.controls), clauses, each.test_idea, each.remedy, each.rule,
            each.waiver,
        )  # fmt: skip
        yield f"        <SPEC-OBJECT {self._own_head(f'requirement {each.fingerprint}')}>"
        yield "          <VALUES>"
        for name, value in zip(_TEXTS, values, strict=True):
            if value:
                yield from self._string(name, value)
        for name, word in (("State", each.state), ("Priority", each.priority)):
            yield "            <ATTRIBUTE-VALUE-ENUMERATION>"
            yield "              <VALUES>"
            yield f"                <ENUM-VALUE-REF>{self._id(f'{name} {word}')}</ENUM-VALUE-REF>"
            yield "              </VALUES>"
            yield "              <DEFINITION>"
            yield (
                "                <ATTRIBUTE-DEFINITION-ENUMERATION-REF>"
                f"{self._id(f'attribute {name}')}</ATTRIBUTE-DEFINITION-ENUMERATION-REF>"
            )
            yield "              </DEFINITION>"
            yield "            </ATTRIBUTE-VALUE-ENUMERATION>"
        yield "          </VALUES>"
        yield "          <TYPE>"
        yield f"            <SPEC-OBJECT-TYPE-REF>{self._id('type requirement')}</SPEC-OBJECT-TYPE-REF>"
        yield "          </TYPE>"
        yield "        </SPEC-OBJECT>"

    def _string(self, name: str, value: str) -> Iterator[str]:
        yield f"            <ATTRIBUTE-VALUE-STRING THE-VALUE={_attribute(value)}>"
        yield "              <DEFINITION>"
        yield (
            "                <ATTRIBUTE-DEFINITION-STRING-REF>"
            f"{self._id(f'attribute {name}')}</ATTRIBUTE-DEFINITION-STRING-REF>"
        )
        yield "              </DEFINITION>"
        yield "            </ATTRIBUTE-VALUE-STRING>"

    def _specification(self, title: str) -> Iterator[str]:
        yield "      <SPECIFICATIONS>"
        yield f"        <SPECIFICATION {self._own_head('specification', title)}>"
        yield "          <TYPE>"
        yield f"            <SPECIFICATION-TYPE-REF>{self._id('type specification')}</SPECIFICATION-TYPE-REF>"
        yield "          </TYPE>"
        yield "          <CHILDREN>"
        for source, _ in self._chapters():
            yield from self._place(f"chapter {source}", self._of(source))
        yield "          </CHILDREN>"
        yield "        </SPECIFICATION>"
        yield "      </SPECIFICATIONS>"

    def _place(self, what: str, below: Iterable[Requirement]) -> Iterator[str]:
        yield f"            <SPEC-HIERARCHY {self._own_head(f'place {what}')}>"
        yield "              <OBJECT>"
        yield f"                <SPEC-OBJECT-REF>{self._own_id(what)}</SPEC-OBJECT-REF>"
        yield "              </OBJECT>"
        children = list(below)
        if children:
            yield "              <CHILDREN>"
            for each in children:
                yield from self._place(f"requirement {each.fingerprint}", ())
            yield "              </CHILDREN>"
        yield "            </SPEC-HIERARCHY>"

    def _chapters(self) -> list[tuple[str, str]]:
        return [(source, title) for source, title in _CHAPTERS if self._of(source)]

    def _of(self, source: str) -> list[Requirement]:
        return [each for each in self._design.requirements if each.source == source]

    # ------------------------------------------------------------------------------------------ names

    def _id(self, what: str) -> str:
        """An identifier that every file of ours has in common: XML wants a letter first."""
        return f"_{uuid.uuid5(_SPACE, what)}"

    def _own_id(self, what: str) -> str:
        """An identifier of this system's file."""
        return self._id(f"{self._subject}\x1f{what}")

    def _head(self, what: str, name: str) -> str:
        return f'IDENTIFIER="{self._id(what)}" LAST-CHANGE="{self._when}" LONG-NAME={_attribute(name)}'

    def _own_head(self, what: str, name: str = "") -> str:
        long = f" LONG-NAME={_attribute(name)}" if name else ""
        return f'IDENTIFIER="{self._own_id(what)}" LAST-CHANGE="{self._when}"{long}'


def _text(value: str) -> str:
    return escape(_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value))


def _attribute(value: str) -> str:
    """An attribute's value; line ends and tabs stay as references, since XML would make spaces of them."""
    cleaned = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value)
    return quoteattr(cleaned, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
