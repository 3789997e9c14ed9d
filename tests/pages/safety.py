"""What every page must hold: only our own script and style, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

__all__ = ["assert_safe"]

VOID = {"meta", "link", "br", "input", "hr", "img"}
ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href")


class Reader(HTMLParser):
    """Collects what could load or run something, and whether elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.policy = ""
        self.bad: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.bad += [name for name in found if name.startswith("on") or name == "style"]
        self.addresses += [found[name] or "" for name in ADDRESSES if name in found]
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""
        if tag in self.inline:
            self.inline[tag].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"</{tag}>")

    def handle_data(self, data):
        if self.open and self.open[-1] in self.inline:
            self.inline[self.open[-1]][-1] += data


def assert_safe(page: str, *, links: str = r"#.*|data:text/csv;base64,.*|data:,") -> None:
    """Check a page: closed elements, no handlers, only allowed addresses, scripts by digest."""
    assert page.startswith("<!doctype html>")
    reader = Reader()
    reader.feed(page)
    assert not reader.bad
    assert not reader.open
    assert "default-src 'none'" in reader.policy
    for address in reader.addresses:
        assert re.fullmatch(links, address), address
    for texts in reader.inline.values():
        for text in texts:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in reader.policy
    assert "unsafe" not in reader.policy
    assert len(page.encode()) < 300_000
