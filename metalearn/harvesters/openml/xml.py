"""Safe reading of OpenML's XML: no entities, no document types, bounded, record by record.

OpenML prints some texts unescaped (dataset, flow and user names, error messages) and some with
HTML entities; `records` reads a page strictly first and, only if that fails, once more with the
free texts escaped. A page that was cut short fails both times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar
from xml.parsers import expat
from xml.sax.saxutils import escape

from metalearn.errors import HarvestError

__all__ = ["Element", "PageError", "read_page", "read_records"]

_MAX_DEPTH, _MAX_TEXT, _MAX_MENDED, _CHUNK = 40, 1 << 20, 32 << 20, 1 << 20
_FREE = frozenset({
    "error_message", "run_details", "data_name", "flow_name", "full_name", "name", "message",
    "description", "additional_information", "custom_name", "class_name", "value",
    "default_value", "dependencies", "creator", "tag",
})  # fmt: skip
# Free texts have no child elements; an error answer has the first of these as its root.
_FREE_LEAVES = frozenset({"error", "setup_string"})
_ROWS = frozenset({"run", "evaluation", "setup", "flow", "task", "dataset", "parameter"})
_TAG = re.compile(r"<(/?)oml:(\w{1,60})(?: [^<>]{0,2000})?>")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)(\w{1,32};)?")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONG_NUMBER = re.compile(r"&(?=#[xX]?[0-9a-fA-F]{8})")


T = TypeVar("T")


class PageError(HarvestError):
    """A body is not the expected XML: cut short, HTML, entities, too deep, too long."""


class _IllFormedError(PageError):
    """Not well-formed; escaping the free texts may help."""


@dataclass(slots=True)
class Element:
    """An XML element: tag without prefix, attributes, own text, child elements."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def find(self, tag: str) -> str | None:
        """Return the stripped text of the first child of that tag; None if absent."""
        for child in self.children:
            if child.tag == tag:
                return child.text.strip()
        return None

    def all(self, tag: str) -> Iterator[Element]:
        """Yield the children of that tag."""
        return (child for child in self.children if child.tag == tag)


class _Builder:
    """Builds the tree below the root; can hand out and discard each child of the root."""

    def __init__(self, emit: Callable[[Element], None] | None = None) -> None:
        self.root: Element | None = None
        self._emit = emit
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._length = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._forbidden
        parser.EntityDeclHandler = self._forbidden
        parser.ExternalEntityRefHandler = self._forbidden
        self._parser = parser

    def feed(self, body: bytes) -> Element:
        view = memoryview(body)
        try:
            for at in range(0, len(view), _CHUNK):
                self._parser.Parse(bytes(view[at : at + _CHUNK]), False)
                if at - self._parser.CurrentByteIndex > _CHUNK:  # expat reads it again per chunk
                    raise PageError(f"an XML tag longer than {_CHUNK:,} bytes")
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _IllFormedError(f"not well-formed XML ({error})") from None
        assert self.root is not None  # expat refuses a document without root
        return self.root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name.rpartition(":")[2], attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        if len(self._open) >= _MAX_DEPTH:
            raise PageError(f"XML nested deeper than {_MAX_DEPTH}")
        self._open.append(element)
        self._texts.append([])
        self._length = 0

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.text = "".join(self._texts.pop())
        self._length = 0
        if self._emit is not None and len(self._open) == 1:
            self._open[0].children.clear()
            self._emit(element)

    def _characters(self, text: str) -> None:
        self._length += len(text)
        if self._length > _MAX_TEXT:
            raise PageError(f"XML text longer than {_MAX_TEXT:,} characters")
        self._texts[-1].append(text)

    def _forbidden(self, *_: object) -> int:
        raise PageError("XML with a document type or entities, which no OpenML answer has")


def read_page(body: bytes) -> Element:
    """Return the root element of a page.

    Args:
        body: The decompressed body.

    Raises:
        PageError: If it is not one complete and safe XML document.
    """
    return _twice(body, lambda text: _Builder().feed(text))


def read_records(body: bytes, convert: Callable[[Element], T]) -> tuple[Element, list[T]]:
    """Return the root without children, and every child converted during parsing.

    Args:
        body: The decompressed body; only one record at a time is held as a tree.
        convert: Called in document order; its `PageError` is propagated.

    Raises:
        PageError: If the body is not one complete and safe XML document.
    """
    found: list[T] = []

    def read(text: bytes) -> Element:
        found.clear()
        return _Builder(lambda element: found.append(convert(element))).feed(text)

    return _twice(body, read), found


def _twice(body: bytes, read: Callable[[bytes], Element]) -> Element:
    start = _document_start(body)
    try:
        return read(body[start:] if start else body)
    except _IllFormedError:
        if len(body) > _MAX_MENDED:
            raise
        return read(_mended(body[start:]))


def _document_start(body: bytes) -> int:
    """Return where the XML begins, after a PHP warning if there is one."""
    if body.lstrip()[:1] == b"<" and body.lstrip()[:5] in (b"<?xml", b"<oml:"):
        return len(body) - len(body.lstrip())
    found = [at for at in (body.find(b"<?xml"), body.find(b"<oml:")) if at >= 0]
    if not found:
        raise PageError("not XML of OpenML (an HTML page, or nothing)")
    start = min(found)
    if b"<!" in body[:start]:
        raise PageError("XML with a document type, which no OpenML answer has")
    return start


def _mended(body: bytes) -> bytes:
    """Return the page with free texts escaped and unknown entities replaced, in one pass."""
    text = _NOT_XML.sub("\ufffd", body.decode("utf-8", errors="replace"))
    pieces: list[str] = []
    done = 0
    for start, end in _free_texts(text):
        pieces += [text[done:start], _escaped(text[start:end])]
        done = end
    text = _BARE.sub(_known_entity, "".join(pieces) + text[done:])
    if text.startswith("<?xml"):
        text = text[max(0, text.find("?>") + 2) :]
    return text.encode()


def _free_texts(text: str) -> Iterator[tuple[int, int]]:
    """Yield the positions of free texts: from a free tag to its end tag, without row tags."""
    tag, start = "", 0  # the free tag that is open
    for match in _TAG.finditer(text):
        is_end, name = bool(match[1]), match[2]
        if tag and is_end and name == tag:
            yield start, match.start()
            tag = ""
        elif tag and name not in _ROWS and tag not in _FREE_LEAVES:
            continue  # a tag within a free text is part of the text
        elif not is_end and (name in _FREE or name in _FREE_LEAVES):
            tag, start = name, match.end()
        else:  # an unclosed element is not repaired
            tag = ""


def _escaped(text: str) -> str:
    """Return a free text as XML; invalid character references stay unchanged."""
    return escape(html.unescape(_LONG_NUMBER.sub("&amp;", text)))


def _known_entity(match: re.Match[str]) -> str:
    return escape(html.unescape(match[0])) if match[1] else "&amp;"
