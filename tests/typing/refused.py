"""Mistakes that type checkers must see: each line below the marker is one, and no other line is."""

import numpy as np

import lossary
from lossary.kernel import call

x = np.zeros(3)
derive = lossary.value_and_grad(lossary.huber)

# Mistakes:
lossary.huber("a", x)
lossary.huber({"b": 1}, x)
lossary.huber([1.0], x)
lossary.huber(x)
lossary.huber(x, x, x)
lossary.huber(x, x, reduction="avg")
lossary.huber(x, x, reduction="total")
lossary.huber(x, x, detla=2.0)
lossary.huber(x, x, delta="2")
lossary.huber(x, x, weights=object())
lossary.huber(x, x, over="all")
lossary.softmax_cross_entropy(x, x, axis="last")
lossary.hinge(x, x, labels_in="pm2")
lossary.info_nce(x, x, directions="three")
derive(x, x, detla=2.0)
derive("a", x)
lossary.value_and_grad(lossary.huber, wrt=3)
lossary.total(lossary.huber)(x, x).median()
call(lossary.huber, x, x, detla=1.0)
lossary.check(lossary.huber)(x)
