"""Server, key and user agent, from the openml configuration that the user may already have.

The file is read without importing `openml`, which would create folders in the home directory.
"""

from __future__ import annotations

import configparser
import getpass
import os
import re
import socket
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from metalearn import __version__
from metalearn.errors import UsageError

__all__ = ["DEFAULT_SERVER", "api_key", "configured", "user_agent", "withheld_key"]

DEFAULT_SERVER = "https://www.openml.org/api/v1/xml"
_KEY = re.compile("[!-~]{1,256}")
_LOCAL = ("127.0.0.1", "::1", "localhost")


def configured() -> dict[str, str]:
    """Return the settings of the openml configuration file; empty if there is none."""
    base = os.environ.get("XDG_CONFIG_HOME")
    folders = [Path(base) / "openml"] if base else [Path("~/.config/openml").expanduser()]
    folders.append(Path("~/.openml").expanduser())
    for folder in folders:
        file = folder / "config"
        if file.is_file():
            parser = configparser.RawConfigParser()
            try:
                parser.read_string("[openml]\n" + file.read_text(encoding="utf-8"))
            except (OSError, ValueError, configparser.Error):
                return {}
            return {name: value.strip().strip("'\"") for name, value in parser["openml"].items()}
    return {}


def api_key(server: str) -> str:
    """Return the API key for a server; "" if the key belongs to another server.

    `OPENML_APIKEY` in the environment takes precedence over the configuration file. Either key
    belongs to the server named in the configuration file, by default www.openml.org, and never
    leaves this machine unencrypted.

    Raises:
        UsageError: If the key cannot be one of OpenML.
    """
    key = _key()
    if not key or not _is_home(server):
        return ""
    if not _KEY.fullmatch(key):
        raise UsageError(
            "expected an API key of ASCII letters, digits and signs without blanks, got one with "
            f"other characters ({len(key)} in all); copy it anew from your OpenML profile into "
            "OPENML_APIKEY or `apikey` in the openml configuration, or remove it: no key is "
            "needed to read public data"
        )
    return key


def withheld_key(server: str) -> str:
    """Return a note for the user if the API key is not sent to a server; otherwise ""."""
    if not _key() or _is_home(server):
        return ""
    return (
        f"the API key was not sent to {urlsplit(server).hostname}: it belongs to {_home()}; to "
        "use it there, name that server in the openml configuration (https, or on this machine)"
    )


def _key() -> str:
    names = ("OPENML_APIKEY", "OPENML_API_KEY")
    given = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return (given or configured().get("apikey", "")).strip()


def _home() -> str:
    return configured().get("server") or DEFAULT_SERVER


def _is_home(server: str) -> bool:
    """Return whether the key belongs to a server and the connection to it is safe."""
    address, home = urlsplit(server), urlsplit(_home())
    is_safe = address.scheme == "https" or address.hostname in _LOCAL
    return is_safe and address.hostname == home.hostname and _port(address) == _port(home)


def _port(parts: SplitResult) -> int | None:
    """Return the port; None for the default one, so that http and https addresses compare."""
    return None if parts.port == {"http": 80, "https": 443}.get(parts.scheme) else parts.port


def user_agent() -> str:
    """Return the user agent: project, version, and contact.

    The contact is `METALEARN_CONTACT` (a mail address, say), else the local user and host.
    """
    contact = os.environ.get("METALEARN_CONTACT", "").strip() or _local_contact()
    safe = "".join(c for c in contact if 32 <= ord(c) < 127 and c not in "()")[:120]
    return f"metalearn/{__version__} (OpenML harvester; contact: {safe})"


def _local_contact() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"unknown@{socket.gethostname()}"
