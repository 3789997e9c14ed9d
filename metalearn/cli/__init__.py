"""The command line: one file a command, each parses, calls one workflow, prints."""
# PYTHON_ARGCOMPLETE_OK

from metalearn.cli.main import main

__all__ = ["main"]
