"""Exit codes and messages: 0 done, 1 failed, 2 usage; a traceback only with --debug."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from metalearn import __version__
from metalearn.catalogue import Catalogue
from metalearn.cli import main as entry
from metalearn.errors import InputError, StoreError, UnknownNameError, UsageError


@pytest.fixture
def command(monkeypatch):
    """Return a function that makes the command `try` do something."""

    def install(run) -> None:
        module = SimpleNamespace(add_arguments=lambda parser: None, run=run)
        monkeypatch.setitem(sys.modules, "tried", module)
        catalogue = Catalogue("command", {"try": "tried"})
        monkeypatch.setattr(sys.modules["metalearn.cli.main"], "CATALOGUE", catalogue)

    return install


def raising(error: BaseException):
    def run(arguments: object) -> int:
        raise error

    return run


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_command_decides(command, code, capsys):
    command(lambda arguments: code)
    assert entry(["try"]) == code
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("no such thing; look"), 1, "metalearn try: no such thing; look\n"),
        (StoreError("broken"), 1, "metalearn try: broken\n"),
        (UsageError("not so"), 2, "metalearn try: not so\n"),
        (UnknownNameError("tool", "x", ("a",)), 2, "metalearn try: unknown tool 'x'; known: a\n"),
        (KeyboardInterrupt(), 130, "metalearn: interrupted\n"),
    ],
)
def test_errors_are_messages(command, capsys, error, code, message):
    command(raising(error))
    assert entry(["try"]) == code
    assert capsys.readouterr() == ("", message)


def test_the_unexpected_says_how_to_see_more(command, capsys):
    command(raising(ZeroDivisionError("by zero")))
    assert entry(["try"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("metalearn try: ZeroDivisionError: by zero\n")
    assert "--debug" in err
    assert "Traceback" not in err


def test_a_traceback_on_demand(command, capsys):
    command(raising(InputError("no such thing")))
    assert entry(["try", "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("metalearn try: no such thing\n")


def test_without_a_command_there_is_help(capsys):
    assert entry([]) == 2
    out = capsys.readouterr().out
    assert "recommend" in out
    assert "collect" in out


@pytest.mark.parametrize("words", [["no-such-command"], ["--no-such-flag"]])
def test_unknown_words(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        entry(words)
    assert stopped.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        entry(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"metalearn {__version__}\n"


def test_a_reader_that_went_away_is_no_traceback():
    """`metalearn try | head -1`: the pipe is closed while there is more to print."""
    script = (
        "import sys, types, metalearn.cli\n"
        "m = sys.modules['metalearn.cli.main']\n"
        "def run(arguments):\n"
        "    for i in range(100000): print('x' * 100)\n"
        "    return 0\n"
        "sys.modules['tried'] = types.SimpleNamespace(add_arguments=lambda p: None, run=run)\n"
        "m.CATALOGUE = type(m.CATALOGUE)('command', {'try': 'tried'})\n"
        "sys.exit(m.main(['try']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert error == b""
