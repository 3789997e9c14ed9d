"""Small text files that a user names: read whole, if they are regular files of a sane size."""

from __future__ import annotations

import stat
from pathlib import Path

from metalearn.errors import InputError

__all__ = ["small_text"]

_MOST = 64 << 20  # bytes


def small_text(path: Path, what: str) -> str:
    """Return the text of a small UTF-8 file.

    Args:
        path: The file, or a link to one.
        what: What it should hold, for errors.

    Raises:
        InputError: If it is a folder, a pipe or a device, too large, or no text.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise InputError(f"{str(path)!r}: expected a file of {what}, got a folder, pipe or "
                             "device; write its content to a file and name that")  # fmt: skip
        if about.st_size > _MOST:
            raise InputError(f"{str(path)!r}: expected a file of {what}, got "
                             f"{about.st_size / 1e6:.0f} MB; name another file")  # fmt: skip
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{str(path)!r} is no text: {error.reason}; expected {what}") from error
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    except ValueError as error:  # a null byte in the name
        raise InputError(f"cannot read {str(path)[:200]!r}: {error}") from error
