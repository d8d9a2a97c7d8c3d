"""Losses of margins."""

from tests.peers import Differs, Equal

EQUALS: list[Equal] = []

DIFFERS: list[Differs] = []
