"""Building blocks for writing your own losses.

A :class:`Kernel` is a formula with its derivatives. The decorator :func:`loss` turns a function into a loss;
the function returns a :class:`Call` of a kernel, or a sum of :func:`call` results of other losses. The guide
*Writing a loss* walks through an example from the formula to the tests.
"""

from lossary._engine import Call, call, loss
from lossary._kernel import Argument, Domain, Kernel

__all__ = ["Argument", "Call", "Domain", "Kernel", "call", "loss"]
