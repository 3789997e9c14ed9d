"""The commands: one module each, with `add_arguments(parser)` and `run(arguments) -> int`."""

from __future__ import annotations

import argparse
from typing import Protocol

from metalearn.catalogue import Catalogue

__all__ = ["CATALOGUE", "HELP", "Command"]


class Command(Protocol):
    """A module of `metalearn.cli`, or of another package."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Run the command and return its exit code."""
        ...


_COMMANDS = {
    # name: (module, one line of help)
    "recommend": ("metalearn.cli.recommend", "configurations to try on a table, best first"),
    "fit": ("metalearn.cli.fit", "search, combine and fit within a time budget: AutoML"),
    "systems": ("metalearn.cli.systems", "the presets of fit, and what each is made of"),
    "predict": ("metalearn.cli.predict", "predictions of a fitted model for the rows of a table"),
    "leaderboard": (
        "metalearn.cli.leaderboard",
        "what is in a fitted model, and how it was found",
    ),
    "optimize": (
        "metalearn.cli.optimize",
        "search an algorithm's space, starting from runs on other tables",
    ),
    "describe": ("metalearn.cli.describe", "the meta-features of a table"),
    "similar": ("metalearn.cli.similar", "known tasks that a table resembles, and why"),
    "harvest": ("metalearn.cli.harvest", "bring a store up to date with what OpenML knows"),
    "importance": ("metalearn.cli.importance", "which hyperparameters of an algorithm matter"),
    "tunability": ("metalearn.cli.tunability", "what tuning gains over good defaults"),
    "priors": ("metalearn.cli.priors", "where good values lie, as densities to sample from"),
    "warm-start": ("metalearn.cli.warm_start", "a head start for an optimizer, as JSON"),
    "collect": ("metalearn.cli.collect", "evaluate configurations on your tables into a store"),
    "import": ("metalearn.cli.import_", "load a published meta-data set into a store"),
    "kb": ("metalearn.cli.kb", "look into, check, copy and merge stores"),
    "report": ("metalearn.cli.report", "the memory as a static site of pages"),
    "serve": ("metalearn.cli.serve", "the memory in a browser, on this machine"),
    "evaluate": ("metalearn.cli.evaluate", "recommenders, optimizers or AutoML systems, compared"),
}
HELP = {name: text for name, (_, text) in _COMMANDS.items()}
CATALOGUE: Catalogue[Command] = Catalogue(
    "command", {name: module for name, (module, _) in _COMMANDS.items()}
)
