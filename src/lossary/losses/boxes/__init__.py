"""Losses on bounding boxes."""

from lossary.losses.boxes._complete_iou import complete_iou
from lossary.losses.boxes._distance_iou import distance_iou
from lossary.losses.boxes._generalized_iou import generalized_iou
from lossary.losses.boxes._iou import iou

__all__ = ["complete_iou", "distance_iou", "generalized_iou", "iou"]
