"""The files of a YAHPO scenario, known by their names or by what they hold, gzipped or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from metalearn.harvesters.files import named_in
from metalearn.harvesters.finding import files_in, json_objects, the_one

__all__ = ["INACTIVE", "encoding_in", "is_scenario", "network_bytes", "networks_in", "space_in"]

INACTIVE = "#na#"
_SPACE, _ENCODING = "config_space.json", "encoding.json"
_ONNX_START = b"\x08"  # field 1 of the protocol buffer: the version of the format
_LARGEST = 1 << 28  # bytes; published networks have up to 20 MB


def is_scenario(folder: Path) -> bool:
    """Return whether a folder holds the description of a space, readable or not."""
    if named_in(folder, _SPACE) is not None:
        return True
    return space_in(folder) is not None and bool(networks_in(folder))


def space_in(folder: Path) -> Path | None:
    """Return the description of the space."""
    return _json_in(
        folder, _SPACE, lambda content: isinstance(content.get("hyperparameters"), list)
    )


def encoding_in(folder: Path) -> Path | None:
    """Return the codes of categories."""
    return _json_in(folder, _ENCODING, _holds_codes)


def networks_in(folder: Path) -> list[Path]:
    """Return the networks of a folder, the plainest name first."""
    files = files_in(folder)
    named = [p for p in files if p.name.lower().removesuffix(".gz").endswith(".onnx")]
    found = named or [p for p in files if _read(p, 1) == _ONNX_START]
    return sorted(found, key=lambda p: (len(p.name), p.name))


def network_bytes(path: Path) -> bytes:
    """Return a network, unpacked; empty if it is damaged or unreasonably large."""
    found = _read(path, _LARGEST + 1)
    return found if len(found) <= _LARGEST else b""


def _read(path: Path, n: int) -> bytes:
    """Return the first `n` bytes of a file, unpacked; empty if it is damaged."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as stream:
            return stream.read(n)
    except (OSError, EOFError, zlib.error):
        return b""


def _json_in(folder: Path, name: str, fits: Callable[[dict[str, Any]], bool]) -> Path | None:
    if (found := named_in(folder, name)) is not None:
        return found
    return the_one([p for p, content in json_objects(folder).items() if fits(content)], name)


def _holds_codes(content: dict[str, Any]) -> bool:
    return bool(content) and all(
        isinstance(codes, dict) and INACTIVE in codes for codes in content.values()
    )
