"""Losses on lists: rankings and survival times."""

from lossary.losses.lists._cox import cox
from lossary.losses.lists._list_mle import list_mle
from lossary.losses.lists._pairwise_logistic import pairwise_logistic
from lossary.losses.lists._softmax_ranking import softmax_ranking

__all__ = ["cox", "list_mle", "pairwise_logistic", "softmax_ranking"]
