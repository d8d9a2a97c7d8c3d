"""For those who write a loss of their own: does it keep what a loss promises?"""

from lossary.testing._check_loss import check_loss

__all__ = ["check_loss"]
