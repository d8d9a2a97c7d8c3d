"""The objective: one object for every XGBoost and LightGBM interface, with variants for other uses."""

from inspect import signature
from typing import Any, Literal

import numpy as np

from lossary import value_grad_hess
from lossary._check import choice, mistake
from lossary._typing import Loss
from lossary.integrations._adapted import complete, first_of, has_class_ids, loss_named, name_of
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

    Pass the object itself to XGBoost and LightGBM, in their native and scikit-learn interfaces, and its
    `catboost` to CatBoost. It can be pickled, cloned, and used in a parameter search.

    .. math:: \text{leaf} = -\frac{\sum_i w_i\,\ell'(x_i, y_i)}{\sum_i w_i\,h_i + \lambda}

    Parameters
    ----------
    loss : function or str
        A loss on logits or predictions, one per target, such as `sigmoid_focal`, `huber` or `log_poisson`; or
        on class scores and class ids, such as `softmax_cross_entropy`; its name; or a sum of such losses made
        with `lossary.kernel.loss`.
    curvature : {"upper", "exact", "step"}
        The value of :math:`h`. ``"exact"`` is :math:`\ell''`, which is negative where a focal loss is not
        convex, and 0 where a loss is linear: such leaves move the wrong way or much too far. ``"upper"`` is
        an upper bound, twice the diagonal for class scores; losses without one use ``"step"``,
        :math:`\max(\ell'', |\ell'|)`, with which no leaf moves by more than 1.
    missing : float, optional
        The value that marks a missing target, such as -1. Its loss and derivatives are 0. The libraries
        reject NaN targets, or turn them into 0.
    **options
        Options of the loss: ``gamma=2.0``, ``quantile=0.9``.

    Raises
    ------
    LossInputError
        If the loss does not take logits or predictions, an option is out of range or is set per row (weights
        belong in the data set); on a call, if labels are outside their domain, or a derivative is not finite,
        which the libraries would silently accept.

    Notes
    -----
    Derivatives are computed and weighted in float64, and returned in float32, which the libraries use.

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

    def __init__(
        self,
        loss: Loss | str,
        *,
        curvature: Curvature = "upper",
        missing: float | None = None,
        **options: Any,
    ):
        choice("Objective", "curvature", curvature, ("upper", "exact", "step"))
        self.loss = loss_named("Objective", loss)
        self.curvature = curvature
        self.missing = missing
        self.options = options
        check_loss(self.loss, options)
        self._has_class_ids = has_class_ids(self.loss)

    @property
    def _kind(self) -> Kind:
        return KINDS.get(self.loss, Kind())

    @property
    def name(self) -> str:
        return name_of(self.loss)

    @property
    def _first(self) -> str:
        """The name of the loss's first argument."""
        return first_of(self.loss)

    def __repr__(self) -> str:
        given = self.options if self.missing is None else {"missing": self.missing, **self.options}
        options = "".join(f", {name}={value!r}" for name, value in given.items())
        return f"Objective({self.name}, curvature={self.curvature!r}{options})"

    def __call__(self, targets: Any, raw: Any, sample_weight: Any = None) -> tuple[Values, Values]:
        """Gradient and curvature, for XGBoost and LightGBM.

        Their scikit-learn interfaces pass targets, raw predictions and weights; their native ones pass raw
        predictions and a data set. XGBoost and LightGBM pass weights only because there is a third argument
        with this name.
        """
        if hasattr(raw, "get_label"):
            raw, (targets, sample_weight) = targets, labels_and_weights(raw)
        raw = np.asarray(raw)
        if not self._has_class_ids:
            warn_of_default_start(self.name, raw, "objective.init_score(targets)")
        elif self._kind.has_thresholds:  # a softmax ignores a constant added to all scores
            warn_of_default_start(self.name, raw, "0.0")
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
        raw : array, shape (n,), or (n, K) for class scores or several targets
        targets : array, shape (n,), or (n, K) for several targets
        weights : array, shape (n,), optional

        Returns
        -------
        grad, hess : array, shape of `raw`
        """
        at = self._evaluate(raw, targets, weights)
        return at.grad, self._curvature(at)

    def value(self, raw: Any, targets: Any, weights: Any = None) -> float:
        """The weighted mean of the loss over the rows."""
        raw, targets, how = self._prepare(raw, targets, weights)
        loss = complete(self.loss)
        return float(loss(raw, targets, reduction="weighted_mean", **how, **self.options))

    def init_score(self, targets: Any, weights: Any = None) -> Any:
        """The best constant raw prediction to start from: one number, or one per class or target.

        For a cross-entropy, it is the log-odds of the base rate; for a focal loss, it is not.
        """
        targets, weights = _array(targets), None if weights is None else _array(weights)
        if targets.ndim > 1 and not self._has_class_ids:
            return np.asarray([self.init_score(column, weights) for column in targets.T])
        known = self._known(targets)
        if known is not None:
            targets, weights = targets[known], None if weights is None else weights[known]
        if not self._has_class_ids:
            is_log = self._first != "predictions"
            return best_constant(self.name, self._evaluate, targets, weights, is_log=is_log)
        if self._kind.link != "softmax":
            raise mistake(
                "L008",
                f"{self.name}: with class scores, the best constant is implemented only for softmax losses",
                fix="start at 0, as without init_score",
            )
        return best_row(self.name, self._evaluate, self._curvature, targets, weights)

    def probabilities(self, raw: Any) -> Any:
        """The probabilities for raw predictions: their sigmoid, or their softmax along the last axis.

        Raises
        ------
        LossInputError
            If the loss's predictions are not logits, as in a hinge or regression loss.
        """
        link = self._kind.link
        if link is None:
            raise mistake(
                "L008",
                f"{self.name}: its raw predictions are not logits",
                fix="use them as the predictions; numpy.exp(raw), if they are log-rates",
            )
        return getattr(kinds, link)(_array(raw))[()]

    @property
    def xgboost_metric(self) -> XGBoostMetric:
        """The loss for ``custom_metric=`` of `xgboost.train` and ``eval_metric=`` of its estimators."""
        return XGBoostMetric(self.name, self._first, self.value)

    @property
    def lightgbm_metric(self) -> LightGBMMetric:
        """The loss for ``feval=`` of `lightgbm.train` and ``eval_metric=`` of its estimators' `fit`."""
        return LightGBMMetric(self.name, self._first, self.value)

    @property
    def catboost(self) -> CatBoostObjective:
        """The loss for both ``loss_function=`` and ``eval_metric=`` of CatBoost."""
        return CatBoostObjective(self)

    def _prepare(self, raw: Any, targets: Any, weights: Any) -> tuple[Values, Values, dict[str, Any]]:
        """Predictions, targets, and weights and mask of missing targets for the loss."""
        raw, targets = _array(raw), _array(targets)
        known = self._known(targets)
        if known is not None:
            targets = np.where(known, targets, 0.0)
        if self._has_class_ids:
            targets = class_ids(self.name, raw, targets)
        elif targets.ndim == 1 < raw.ndim and targets.size == raw.size:
            targets = targets.reshape(raw.shape)  # XGBoost flattens several targets
            known = None if known is None else known.reshape(raw.shape)
        return raw, targets, {"weights": None if weights is None else _array(weights), "where": known}

    def _known(self, targets: Values) -> Values | None:
        """Which targets are not missing; None if `missing` is not set."""
        if self.missing is None:
            return None
        return ~np.isnan(targets) if np.isnan(self.missing) else targets != self.missing

    def _evaluate(self, raw: Any, targets: Any, weights: Any = None) -> Point:
        raw, targets, how = self._prepare(raw, targets, weights)
        derivatives = value_grad_hess(complete(self.loss))
        at = derivatives(raw, targets, reduction="none", **how, **self.options)
        counts = np.ones(1) if how["weights"] is None else how["weights"]
        counts = counts[:, None] if raw.ndim > 1 else counts
        if how["where"] is not None:
            known = how["where"]
            counts = counts * (known[:, None] if known.ndim < raw.ndim else known)
        return Point(raw, *at, weights=counts)

    def _curvature(self, at: Point) -> Values:
        if self.curvature == "exact":
            return at.hess
        upper = self._kind.upper if self.curvature == "upper" else None
        defaults = {name: p.default for name, p in signature(self.loss).parameters.items()}
        return (upper or kinds.step)(at, {**defaults, **self.options})


def _array(x: Any) -> Values:
    return np.asarray(x, dtype=np.float64)
