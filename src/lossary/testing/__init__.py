"""For authors of custom losses: does the loss behave as a loss should?"""

from lossary.testing._check_loss import check_loss

__all__ = ["check_loss"]
