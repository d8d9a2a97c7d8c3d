"""Losses of logits."""

from tests.peers import Differs, Equal

EQUALS: list[Equal] = []

DIFFERS: list[Differs] = []
