"""What a loss is made of, for those who write one outside of the library.

A :class:`Kernel` is a formula with its derivatives, :func:`evaluate` what every loss of the library calls
with it. The guide *Writing a loss* has an example from the formula to the tests.
"""

from lossary._engine import evaluate
from lossary._kernel import Argument, Domain, Kernel

__all__ = ["Argument", "Domain", "Kernel", "evaluate"]
