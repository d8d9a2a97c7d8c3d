"""Losses on lists of items."""

from lossary.losses.ranking._softmax_ranking import softmax_ranking

__all__ = ["softmax_ranking"]
