"""What a loss is made of, for those who write one outside of the library.

A :class:`Kernel` is a formula with its derivatives. The decorator :func:`loss` makes a loss of a function
that returns the :class:`Call` of one, or a sum of what :func:`call` makes of other losses. The guide *Writing
a loss* has an example from the formula to the tests.
"""

from lossary._engine import Call, call, loss
from lossary._kernel import Argument, Domain, Kernel

__all__ = ["Argument", "Call", "Domain", "Kernel", "call", "loss"]
