r"""Escapes control characters in everything that is printed.

A name in a store or table may hold control characters, and a terminal would obey them: move the
cursor, change the title, hide text. They are printed escaped (`\x1b`), in the output of every
command. Only the colours and bars that we draw ourselves pass.

Standard output belongs to the thread of the command, whose document may be read by a program: what
threads of libraries print there (Ray's messages about workers) goes to standard error.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["escaped_output", "new_console", "printable"]

# C0 but tab and line feed, DEL, C1, and the marks that turn the direction of text around.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Return a text with its control characters escaped; tabs and line feeds stay.

    >>> print(printable("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    return _CONTROL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    # The long form is also valid in JSON, whose strings hold no shorter codes.
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"


class _Escaping:
    """A text stream that escapes what is written; everything else is that of the stream.

    Args:
        stream: The stream that the thread which makes this object writes to.
        of_others: The stream that other threads write to.
    """

    def __init__(self, stream: TextIO, of_others: TextIO) -> None:
        self.unescaped = stream
        self._of_others = of_others
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        is_own = threading.get_ident() == self._thread
        return (self.unescaped if is_own else self._of_others).write(printable(text))

    def writelines(self, lines: Any) -> None:  # Any: as in typing.TextIO
        for text in lines:
            self.write(text)

    def __getattr__(self, name: str) -> Any:  # Any: whatever the stream has
        return getattr(self.unescaped, name)


@contextmanager
def escaped_output() -> Iterator[None]:
    """Escape control characters in what is printed inside the block; see the module."""
    out, errors = (
        cast("TextIO", _Escaping(stream, sys.stderr)) for stream in (sys.stdout, sys.stderr)
    )
    with redirect_stdout(out), redirect_stderr(errors):
        yield


def new_console(
    *, stderr: bool = False, width: int | None = None, markup: bool = False, highlight: bool = True
) -> Console:
    """Return a rich console that draws on the terminal itself, but escapes the texts it is given.

    Args:
        stderr: Whether it writes to standard error.
        width: Columns; None for the width of the terminal.
        markup: Whether square brackets in texts are styles; texts from files must be escaped then.
        highlight: Whether numbers are coloured.
    """
    from rich.console import Console
    from rich.text import Text

    class Escaped(Console):
        def render_str(self, text: str, **options: Any) -> Text:  # Any: as in rich
            return super().render_str(printable(text), **options)

    stream = sys.stderr if stderr else sys.stdout
    return Escaped(
        file=getattr(stream, "unescaped", stream),
        width=width,
        markup=markup,
        highlight=highlight,
    )
