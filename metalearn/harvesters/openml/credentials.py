"""Server, key and user agent, from the openml configuration that the user may already have.

The file is read without importing `openml`, which would create folders in the home directory.
"""

from __future__ import annotations

import configparser
import getpass
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from metalearn import __version__

__all__ = ["DEFAULT_SERVER", "api_key", "configured", "user_agent"]

DEFAULT_SERVER = "https://www.openml.org/api/v1/xml"


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
    """Return the API key for a server, or "": never the key of another server.

    `OPENML_APIKEY` in the environment wins over the configuration file.
    """
    key = os.environ.get("OPENML_APIKEY") or os.environ.get("OPENML_API_KEY")
    if key:
        return key.strip()
    settings = configured()
    home = urlsplit(settings.get("server") or DEFAULT_SERVER)
    return settings.get("apikey", "") if urlsplit(server).netloc == home.netloc else ""


def user_agent() -> str:
    """Return the user agent: project, version, and whom to ask about these requests.

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
