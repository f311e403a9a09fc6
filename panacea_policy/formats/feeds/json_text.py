"""JSON from strangers: bounded depth, no key twice, and lists of records read one record at a time.

The text is decoded so that bytes which are no UTF-8 survive as half characters; whoever asks for the text
that holds them gets a refusal, and the rest of the file is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import accumulate
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from panacea_policy.formats.feeds.intake import JsonObject, Refused, Where, pointer

_SPACE = re.compile(r"[ \t\n\r]*")
_KEPT = b'"[]{}'
_DROPPED = bytes(c for c in range(256) if c not in _KEPT)
_STRINGS = re.compile(rb'"[^"]*"')
_AGAIN = "get the file anew from its source"


class _Doubled(dict[str, Any]):
    """An object in which a key stands twice: nobody can say which of the two is meant."""


class Decoder:
    """A JSON decoder that remembers whether an object had a key twice; no reader takes its ``NaN``."""

    def __init__(self) -> None:
        self.doubled = False
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object)

    def value(self, text: str, at: int) -> tuple[Any, int]:
        """The value that begins there, and where it ends. Raises :class:`Refused` with line and column."""
        try:
            value, end = self._decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise Refused(
                f"line {error.lineno}, column {error.colno}", f"no valid JSON: {error.msg}", _AGAIN
            ) from None
        except RecursionError:
            raise Refused((), "nested too deeply", _AGAIN) from None
        except ValueError:  # a whole number of thousands of digits
            raise Refused(_place(text, at), "a number that is too long", _AGAIN) from None
        return value, int(end)

    def _object(self, pairs: list[tuple[str, Any]]) -> JsonObject:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.doubled = True
            return _Doubled(made)
        return made


def decoded(data: bytes, depth: int) -> str:
    """The text of a JSON file, without a byte order mark. Raises :class:`Refused` if it is too deep."""
    plain = data.replace(rb"\\", b"").replace(rb"\"", b"")
    brackets = _STRINGS.sub(b"", plain.translate(None, _DROPPED))
    if max(accumulate(1 if c in b"[{" else -1 for c in brackets), default=0) > depth:
        raise Refused((), f"nested deeper than {depth} levels", _AGAIN)
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def whole(text: str) -> Any:
    """The one value of a text. Raises :class:`Refused` if it is no JSON or an object has a key twice."""
    decoder = Decoder()
    value, end = decoder.value(text, _skip(text, 0))
    if (end := _skip(text, end)) != len(text):
        raise Refused(_place(text, end), "more text after the end of the JSON value", _AGAIN)
    if decoder.doubled:
        raise Refused(twice(value), "a key stands twice in this object", "keep one of the two")
    return value


class RecordList:
    """An object with one long list of records: its other members before the list, and the records one by one.

    ``head`` is filled up with the members after the list while :meth:`records` runs.
    """

    def __init__(self, text: str, key: str) -> None:
        self.head: JsonObject = {}
        self._text = text
        self._key = key
        self._decoder = Decoder()
        at = _skip(text, 0)
        if text[at : at + 1] != "{":
            raise Refused(_place(text, at), "an object is expected at the top", _AGAIN)
        self._start = self._members(at + 1)

    def first(self) -> Any:
        """The first record, or None if there is no list with that key or it is empty."""
        if self._start is None or self._text[self._start : self._start + 1] == "]":
            return None
        value, _ = self._decoder.value(self._text, self._start)
        self._decoder.doubled = False
        return value

    def records(self, damaged: Callable[[Where, str, str], None]) -> Iterator[tuple[JsonObject, Where]]:
        """The records with their places; those that are no objects, or have a key twice, go to ``damaged``.

        Raises :class:`Refused` where the text stops being JSON: what came before has been given then.
        """
        text, at, n = self._text, self._start, 0
        while at is not None and text[at : at + 1] != "]":
            self._decoder.doubled = False
            value, end = self._decoder.value(text, at)
            where = (((), self._key), n)
            if self._decoder.doubled:
                damaged(
                    pointer_chain(where, twice(value)),
                    "a key stands twice in this object",
                    "keep one of the two",
                )
            elif isinstance(value, dict):
                yield value, where
            else:
                damaged(where, "an object is expected", "")
            at, n = self._next(_skip(text, end), "]"), n + 1
        if at is not None:
            self._decoder.doubled = False
            self._finish(_skip(text, at + 1))

    def _members(self, at: int) -> int | None:
        """Read members into the head until the list begins; the place of its first record."""
        text = self._text
        at = _skip(text, at)
        while text[at : at + 1] != "}":
            if text[at : at + 1] != '"':
                raise Refused(_place(text, at), "no valid JSON: a key in quotes is expected", _AGAIN)
            try:
                key, at = scanstring(text, at + 1, True)
            except json.JSONDecodeError as error:
                raise Refused(_place(text, error.pos), f"no valid JSON: {error.msg}", _AGAIN) from None
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                raise Refused(_place(text, at), "no valid JSON: `:` is expected", _AGAIN)
            at = _skip(text, at + 1)
            if key in self.head:
                raise Refused(((), key), "this key stands twice", "keep one of the two")
            if key == self._key and text[at : at + 1] == "[":
                self.head[key] = None
                return _skip(text, at + 1)
            value, at = self._decoder.value(text, at)
            if self._decoder.doubled:
                raise Refused(pointer(((), key)) + twice(value), "a key stands twice in this object")
            self.head[key] = value
            at = self._next(_skip(text, at), "}")
        if (end := _skip(text, at + 1)) != len(text):
            raise Refused(_place(text, end), "more text after the end of the JSON value", _AGAIN)
        return None

    def _finish(self, at: int) -> None:
        """The members after the list. A second list of records is a key that stands twice."""
        at = self._next(at, "}")
        self._members(at)

    def _next(self, at: int, close: str) -> int:
        """Past a comma to what follows, or to the closing bracket."""
        text = self._text
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
            if text[at : at + 1] != close:
                return at
        elif text[at : at + 1] == close:
            return at
        raise Refused(_place(text, at), f"no valid JSON: `,` or `{close}` is expected", _AGAIN)


def pointer_chain(where: Where, inside: str) -> Where:
    """A place further in, given as a pointer."""
    for step in inside.split("/")[1:]:
        where = (where, step.replace("~1", "/").replace("~0", "~"))
    return where


def twice(value: Any) -> str:
    """The pointer to the first object in which a key stands twice."""
    stack: list[tuple[Any, Where]] = [(value, ())]
    while stack:
        value, where = stack.pop()
        if isinstance(value, _Doubled):
            return pointer(where)
        entries = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        stack.extend(reversed([(inner, (where, key)) for key, inner in entries]))
    return ""


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _place(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
