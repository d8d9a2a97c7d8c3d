"""Any library that conforms to the array API standard: no more is known of it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lossary._program._check_values import check_values
from lossary._program._library import Library
from lossary._program._plan import Operands, Plan
from lossary._program._steps import evaluate


class Generic(Library):
    def lower(self, plan: Plan) -> Callable[[Operands, bool], Any]:
        def program(operands: Operands, thorough: bool) -> Any:
            unread = check_values(plan, operands, thorough)
            # The untaken side of a `where` and the right answer log(0) = -inf would both make NumPy, and what
            # is built on it, warn.
            with np.errstate(all="ignore"):
                return evaluate(self, plan, unread, operands)

        return program
