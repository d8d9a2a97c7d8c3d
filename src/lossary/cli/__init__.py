"""The command line."""

from lossary.cli._main import main

__all__ = ["main"]
