"""Check that your own loss keeps the promises of a loss."""

from lossary.testing._check_loss import check_loss

__all__ = ["check_loss"]
