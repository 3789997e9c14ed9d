"""A key goes to the server that it was made for, encrypted, and to no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalearn.errors import UsageError
from metalearn.harvesters.openml.credentials import api_key, withheld_key

KEY = "0123456789abcdef0123456789abcdef"
OPENML = "https://www.openml.org/api/v1/xml"


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("OPENML_API_KEY", raising=False)

    def write(*, server: str = "", key: str = "", environment: str = "") -> None:
        lines = [f"{n} = {v}" for n, v in (("server", server), ("apikey", key)) if v]
        (tmp_path / "openml").mkdir(exist_ok=True)
        (tmp_path / "openml" / "config").write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setenv("OPENML_APIKEY", environment)

    return write


@pytest.mark.parametrize("where", ["key", "environment"])
@pytest.mark.parametrize(
    ("home", "server", "is_sent"),
    [
        ("", OPENML, True),
        ("", "https://WWW.OpenML.org:443/api/v1/xml", True),
        ("", "http://www.openml.org/api/v1/xml", False),
        ("", "https://www.openml.org:8443/api/v1/xml", False),
        ("", "https://www.openml.org.example.net/api/v1/xml", False),
        ("", "https://openml.example.net/api/v1/xml", False),
        ("", "http://127.0.0.1:8000/api/v1/xml", False),
        ("https://test.openml.org/api/v1/xml", "https://test.openml.org/api/v1/xml", True),
        ("https://test.openml.org/api/v1/xml", OPENML, False),
        ("http://www.openml.org/api/v1/xml", OPENML, True),  # the same, and safer
        ("http://www.openml.org/api/v1/xml", "http://www.openml.org/api/v1/xml", False),
        ("http://127.0.0.1:8000/api", "http://127.0.0.1:8000/api", True),
        ("http://127.0.0.1:8000/api", "http://127.0.0.1:8001/api", False),
        ("http://intranet:8000/api", "http://intranet:8000/api", False),
    ],
)
def test_a_key_goes_to_its_own_server_only(
    configure, where: str, home: str, server: str, is_sent: bool
) -> None:
    configure(server=home, **{where: KEY})
    assert api_key(server) == (KEY if is_sent else "")
    assert bool(withheld_key(server)) != is_sent
    assert KEY not in withheld_key(server)


@pytest.mark.parametrize("key", ["schlüssel", "a key", "a\nHost: b", "\u200babc", "x" * 1000])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(configure, key: str) -> None:
    configure(environment=key)
    with pytest.raises(UsageError, match="expected an API key of ASCII") as caught:
        api_key(OPENML)
    assert key not in str(caught.value)
    assert api_key("https://elsewhere.example.net/api") == ""


def test_without_a_key_nothing_is_said(configure) -> None:
    configure()
    assert api_key(OPENML) == withheld_key("https://elsewhere.example.net") == ""
