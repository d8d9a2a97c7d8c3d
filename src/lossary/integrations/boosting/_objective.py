"""The objective: one object for every interface of XGBoost and LightGBM, and its other forms."""

from inspect import signature
from typing import Any, Literal

import numpy as np

from lossary import value_grad_hess
from lossary._check import choice, mistake
from lossary._typing import Loss
from lossary.integrations._classes import OF_CLASSES, name_of
from lossary.integrations.boosting import _kinds as kinds
from lossary.integrations.boosting._catboost import CatBoostObjective
from lossary.integrations.boosting._check import (
    check_finite,
    check_loss,
    class_ids,
    warn_of_default_start,
)
from lossary.integrations.boosting._kinds import KINDS, Kind, Point, Values
from lossary.integrations.boosting._metric import LightGBMMetric, XGBoostMetric, labels_and_weights
from lossary.integrations.boosting._start import best_constant, best_row

Curvature = Literal["upper", "exact", "step"]


class Objective:
    r"""A loss as the objective of gradient boosting.

    The object itself is what XGBoost and LightGBM take, in their native interfaces and in those of
    scikit-learn; `catboost` is what CatBoost takes. It can be pickled and cloned, and searched over.

    .. math:: \text{leaf} = -\frac{\sum_i w_i\,\ell'(x_i, y_i)}{\sum_i w_i\,h_i + \lambda}

    Parameters
    ----------
    loss : function
        A loss of logits or predictions, one for each target, such as `sigmoid_focal`, `huber` or
        `log_poisson`; or one of class scores and class ids, such as `softmax_cross_entropy`.
    curvature : {"upper", "exact", "step"}
        What takes the place of :math:`h`. ``"exact"`` is :math:`\ell''`, which is negative where a focal loss
        is not convex, and 0 where a loss is straight: such leaves go the wrong way or far too far.
        ``"upper"`` is an upper bound of it, twice the diagonal for class scores; losses that have none take
        ``"step"``, :math:`\max(\ell'', |\ell'|)`, by which no leaf moves further than 1.
    **options
        Options of the loss: ``gamma=2.0``, ``quantile=0.9``.

    Raises
    ------
    LossInputError
        If the loss takes something else than logits or predictions, an option is out of its range or is set
        for each row (weights belong to the data set); when it is called, if labels are outside their domain,
        or a derivative is not finite, which the libraries would take without a word.

    Notes
    -----
    Derivatives are computed in float64, weighted, and passed on in float32, which the libraries keep.

    Examples
    --------
    >>> import numpy as np, lossary
    >>> from lossary.integrations.boosting import Objective
    >>> objective = Objective(lossary.sigmoid_focal, gamma=2.0)
    >>> y = np.array([0.0] * 97 + [1.0] * 3)
    >>> start = objective.init_score(y)
    >>> print(f"{start:.4f} {objective.probabilities(start):.4f}")
    -1.2944 0.2151
    >>> grad, hess = objective.grad_hess(np.full(100, start), y)
    >>> print(f"{grad[0]:.4f} {grad[-1]:.4f} {hess[0]:.4f} {hess[-1]:.4f}")
    0.0275 -0.8908 0.0667 0.6953
    """

    def __init__(self, loss: Loss, *, curvature: Curvature = "upper", **options: Any):
        choice("Objective", "curvature", curvature, ("upper", "exact", "step"))
        self.loss = loss
        self.curvature = curvature
        self.options = options
        check_loss(loss, options)

    @property
    def _kind(self) -> Kind:
        return KINDS.get(self.loss, Kind())

    @property
    def name(self) -> str:
        return name_of(self.loss)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"Objective({self.name}, curvature={self.curvature!r}{options})"

    def __call__(self, targets: Any, raw: Any, sample_weight: Any = None) -> tuple[Values, Values]:
        """Gradient and curvature, for XGBoost and LightGBM.

        Their interfaces for scikit-learn pass targets, raw predictions and weights, their native ones raw
        predictions and a data set. The name of the last argument, and that there are three, is what XGBoost
        and LightGBM go by to pass weights at all.
        """
        if hasattr(raw, "get_label"):
            raw, (targets, sample_weight) = targets, labels_and_weights(raw)
        raw = np.asarray(raw)
        if self.loss not in OF_CLASSES:  # a softmax does not see a constant added to all scores
            warn_of_default_start(self.name, raw)
        grad, hess = self.grad_hess(raw, targets, sample_weight)
        with np.errstate(over="ignore"):
            grad, hess = grad.astype(np.float32), hess.astype(np.float32)
        check_finite(self.name, "gradient", grad)
        check_finite(self.name, "curvature", hess)
        return grad, hess

    def grad_hess(self, raw: Any, targets: Any, weights: Any = None) -> tuple[Values, Values]:
        """Gradient and curvature of each raw prediction, times its weight, in float64.

        Parameters
        ----------
        raw : array, shape (n,), or (n, K) of class scores
        targets : array, shape (n,)
        weights : array, shape (n,), optional

        Returns
        -------
        grad, hess : array, of the shape of `raw`
        """
        at = self._evaluate(raw, targets, weights)
        return at.grad, self._curvature(at)

    def value(self, raw: Any, targets: Any, weights: Any = None) -> float:
        """The weighted mean of the loss over the rows."""
        raw, targets, weights = self._prepare(raw, targets, weights)
        return float(self.loss(raw, targets, weights=weights, reduction="weighted_mean", **self.options))

    def init_score(self, targets: Any, weights: Any = None) -> Any:
        """The best constant raw prediction, to start boosting from: a number, or one for each class.

        That of a cross-entropy is the log-odds of the base rate. That of a focal loss is not.
        """
        targets, weights = _array(targets), None if weights is None else _array(weights)
        if self.loss not in OF_CLASSES:
            is_log = next(iter(signature(self.loss).parameters)) != "predictions"
            return best_constant(self.name, self._evaluate, targets, weights, is_log=is_log)
        if self._kind.link != "softmax":
            raise mistake(
                "L008",
                f"{self.name}: the best constant is sought for a softmax only",
                fix="start at 0, as without init_score",
            )
        return best_row(self.name, self._evaluate, self._curvature, targets, weights)

    def probabilities(self, raw: Any) -> Any:
        """The probabilities for raw predictions: their sigmoid, or their softmax along the last axis.

        Raises
        ------
        LossInputError
            If the predictions of the loss are no logits of probabilities: of a hinge or a regression.
        """
        link = self._kind.link
        if link is None:
            raise mistake(
                "L008",
                f"{self.name}: its raw predictions are no logits of probabilities",
                fix="they are the predictions already; numpy.exp(raw), if they are logarithms of rates",
            )
        return getattr(kinds, link)(_array(raw))[()]

    @property
    def xgboost_metric(self) -> XGBoostMetric:
        """The loss for ``custom_metric=`` of `xgboost.train` and ``eval_metric=`` of its estimators."""
        return XGBoostMetric(self.name, self.value)

    @property
    def lightgbm_metric(self) -> LightGBMMetric:
        """The loss for ``feval=`` of `lightgbm.train` and ``eval_metric=`` of its estimators' `fit`."""
        return LightGBMMetric(self.name, self.value)

    @property
    def catboost(self) -> CatBoostObjective:
        """The loss for both ``loss_function=`` and ``eval_metric=`` of CatBoost."""
        return CatBoostObjective(self)

    def _prepare(self, raw: Any, targets: Any, weights: Any) -> tuple[Values, Values, Values | None]:
        raw, targets = _array(raw), _array(targets)
        if self.loss in OF_CLASSES:
            targets = class_ids(self.name, raw, targets)
        return raw, targets, None if weights is None else _array(weights)

    def _evaluate(self, raw: Any, targets: Any, weights: Any = None) -> Point:
        raw, targets, weights = self._prepare(raw, targets, weights)
        derivatives = value_grad_hess(self.loss)
        at = derivatives(raw, targets, weights=weights, reduction="none", **self.options)
        weights = np.ones(1) if weights is None else weights
        return Point(raw, *at, weights=weights[:, None] if raw.ndim > 1 else weights)

    def _curvature(self, at: Point) -> Values:
        if self.curvature == "exact":
            return at.hess
        upper = self._kind.upper if self.curvature == "upper" else None
        defaults = {name: p.default for name, p in signature(self.loss).parameters.items()}
        return (upper or kinds.step)(at, {**defaults, **self.options})


def _array(x: Any) -> Values:
    return np.asarray(x, dtype=np.float64)
