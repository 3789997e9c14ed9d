"""Names from files never steer the terminal, in any command."""

from __future__ import annotations

import io
import json
import threading
from contextlib import redirect_stdout
from pathlib import Path

import duckdb
import pytest

from metalearn.cli.main import main
from metalearn.cli.terminal import escaped_output, new_console, printable
from metalearn.store import writing
from tests.store.worlds import batch


def test_control_characters_are_escaped() -> None:
    assert printable("a\tb\n") == "a\tb\n"
    assert printable("\x1b]0;t\x07\r\x9b\u202e") == "\\x1b]0;t\\x07\\x0d\\u009b\\u202e"
    text = json.dumps({"name": "\x1b\x7f\x9b"}, ensure_ascii=False)
    assert json.loads(printable(text)) == {"name": "\x1b\x7f\x9b"}


def test_our_own_colours_pass_and_those_of_texts_do_not() -> None:
    from rich.console import Console

    stream = io.StringIO()
    with redirect_stdout(stream), escaped_output():
        console = new_console(markup=True)
        console._force_terminal, console._color_system = True, None
        console.print("[bold]a\x1b[31m[/bold]")
        print("b\x1b[31m")
    assert isinstance(console, Console)
    assert "\\x1b[31m" in stream.getvalue()
    assert "\x1b[31m" not in stream.getvalue()


def test_what_other_threads_print_does_not_mix_with_the_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with escaped_output():
        thread = threading.Thread(target=print, args=["(raylet) a worker died\x07"])
        thread.start()
        thread.join()
        print("{}")
    out, errors = capsys.readouterr()
    assert (out, errors) == ("{}\n", "(raylet) a worker died\\x07\n")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose names steer terminals; the commands only read it."""
    kb = tmp_path_factory.mktemp("hostile") / "kb.duckdb"
    with writing(kb) as writer:
        writer.load(batch(n_tasks=3))
    with duckdb.connect(str(kb)) as connection:
        connection.execute(
            "UPDATE task SET name = '\x1b[2J\x9b' || name, task = '\x1b[1m' || task"
        )
        connection.execute("UPDATE source SET name = '\x1b[31m' || name")
        connection.execute("UPDATE algorithm SET algorithm = '\x1b[31m' || algorithm")
    return kb


@pytest.mark.parametrize(
    "words",
    [
        ["kb", "info"], ["kb", "sql", "FROM task"], ["kb", "sql", "FROM task", "--json"],
        ["kb", "verify"], ["kb", "sql", "SELECT 1 AS \"\x1b[2J\""],
        ["kb", "sql", "SELECT '[bold]' AS \"[red]\""],
        ["evaluate", "--recommenders", "random", "-k", "1"], ["evaluate", "--metric", "\x1b[2J"],
        ["importance", "\x1b[2J"],
    ],
)  # fmt: skip
def test_names_from_a_store(
    words: list[str], hostile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*words, "--kb", str(hostile)])
    printed = "".join(capsys.readouterr())
    assert printed
    assert not {"\x1b", "\x9b", "\r"} & set(printed)
    if "[red]" in words[-1]:
        assert "[red]" in printed
        assert "[bold]" in printed
