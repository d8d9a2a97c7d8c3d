"""Losses on vectors and on distances."""

from lossary.losses.metric._barlow_twins import barlow_twins
from lossary.losses.metric._circle import circle
from lossary.losses.metric._contrastive import contrastive
from lossary.losses.metric._cosine_distance import cosine_distance
from lossary.losses.metric._cosine_embedding import cosine_embedding
from lossary.losses.metric._cosine_similarity import cosine_similarity
from lossary.losses.metric._hinge_embedding import hinge_embedding
from lossary.losses.metric._info_nce import info_nce
from lossary.losses.metric._margin_ranking import margin_ranking
from lossary.losses.metric._multi_similarity import multi_similarity
from lossary.losses.metric._nt_xent import nt_xent
from lossary.losses.metric._sigmoid_contrastive import sigmoid_contrastive
from lossary.losses.metric._supervised_contrastive import supervised_contrastive
from lossary.losses.metric._triplet import triplet
from lossary.losses.metric._triplet_margin import triplet_margin
from lossary.losses.metric._vicreg import vicreg

__all__ = [
    "barlow_twins",
    "circle",
    "contrastive",
    "cosine_distance",
    "cosine_embedding",
    "cosine_similarity",
    "hinge_embedding",
    "info_nce",
    "margin_ranking",
    "multi_similarity",
    "nt_xent",
    "sigmoid_contrastive",
    "supervised_contrastive",
    "triplet",
    "triplet_margin",
    "vicreg",
]
