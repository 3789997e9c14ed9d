"""The page on the tree of files shows the tree of today and its layers."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "decisions" / "014-the-house.md").read_text(encoding="utf-8")


def test_folders_and_files_are_there() -> None:
    rows = re.findall(r"^\| .* \| `([\w/]+)/`: `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert len(rows) > 20
    for folder, names in rows:
        for name in names.split(", "):
            assert (ROOT / "metalearn" / folder / f"{name}.py").is_file(), f"{folder}/{name}"


def test_layers_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [c["layers"] for c in contracts["contracts"] if c["type"] == "layers"]
    shown = re.search(r"```text\n(cli\n.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    plain = [re.sub(r"metalearn\.|[()]", "", layer) for layer in layers]
    assert shown[1].splitlines() == plain
