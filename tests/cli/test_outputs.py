"""A place where nothing can be written is refused before the work begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalearn.cli.commands import CATALOGUE
from metalearn.cli.main import _parser as parser_of
from metalearn.cli.main import main


@pytest.mark.parametrize("option", ["--html", "--out", "--output"])
def test_every_command_with_an_output_refuses_a_missing_folder(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    place = tmp_path / ("file/out" if option == "--out" else "missing/page.html")
    for name in CATALOGUE.names():
        parser = parser_of(name)._subparsers._group_actions[0].choices[name]  # type: ignore[union-attr,index]
        if not any(option in action.option_strings for action in parser._actions):
            continue
        needed = [a for a in parser._actions if not a.option_strings and a.nargs is None]
        words = [f"no-such-{a.dest}" for a in needed]
        words += ["--target", "y"] if any("--target" in a.option_strings
                                          for a in parser._actions) else []  # fmt: skip
        assert main([name, *words, option, str(place)]) == 2
        told = capsys.readouterr().err
        assert option in told, name
        assert "folder" in told
        assert "no-such" not in told
    assert not (tmp_path / "missing").exists()


def test_a_folder_named_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", "t.csv", "--target", "y", "--html", str(tmp_path)]) == 2
    assert "name a file in it" in capsys.readouterr().err
