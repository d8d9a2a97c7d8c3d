"""Losses as scikit-learn scorers, for `cross_val_score` and `GridSearchCV`."""

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._typing import Loss
from lossary.integrations._adapted import (
    check_options,
    complete,
    first_of,
    has_class_ids,
    loss_named,
    name_of,
)

try:
    from sklearn.utils.metadata_routing import MetadataRequest
except ImportError as missing:  # pragma: no cover - tried in a process of its own
    raise ImportError(
        "lossary.integrations.sklearn needs scikit-learn: pip install scikit-learn"
    ) from missing

Values = np.ndarray[Any, Any]

_METHODS = {
    "logits": "decision_function",
    "probs": "predict_proba",
    "log_probs": "predict_log_proba",
    "predictions": "predict",
    "rates": "predict",
    "log_rates": "predict",
    "log_means": "predict",
}
"""The estimator's method to call, by the loss's first argument."""

_NOT_OPTIONS = {
    "weights": "pass sample_weight, by metadata routing",
    "where": "drop the examples from X and y",
    "over": "leave it out: a score is one number",
    "reduction": "leave it out: a score is the weighted mean",
    "axis": "leave it out: examples come first and classes last",
}


def scorer(
    loss: Loss | str, *, pos_label: Any = None, response_method: str | None = None, **options: Any
) -> "Scorer":
    """Return a scorer for scikit-learn's ``scoring=``.

    Parameters
    ----------
    loss : function or str
        A loss on predictions, logits, probabilities or log-probabilities and their targets; its name; or a
        sum of such losses made with `lossary.kernel.loss`.
    pos_label : int or str, optional
        In a binary problem, the class that counts as 1; by default the second of the estimator's `classes_`.
    response_method : str, optional
        The estimator's method that returns the predictions. By default, ``decision_function`` for logits,
        ``predict_proba`` for probabilities, ``predict_log_proba`` for log-probabilities, else ``predict``.
    **options
        Options of the loss, such as ``gamma=2.0``. `class_weights` are in the order of `classes_`.

    Returns
    -------
    Scorer
        Called with an estimator, X and y, it returns the *negative* weighted mean of the loss, because
        scikit-learn considers the highest score the best.

    Raises
    ------
    LossInputError
        If the loss takes other inputs, or an option belongs to the data; on a call, if a label is not one of
        the estimator's classes.
    LossTypeError
        If an option is unknown, or the estimator does not have the method.

    Notes
    -----
    Nothing is clipped: a probability of 0 for what happens is an infinite loss, where scikit-learn's
    ``neg_log_loss`` has 36. `min_prob` sets a floor. A `decision_function` is a logit where the model says
    so: of `LogisticRegression`, of boosted trees. That of a support vector machine is made for `hinge`.

    Examples
    --------
    >>> import lossary
    >>> from lossary.integrations.sklearn import scorer
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> x, y = load_breast_cancer(return_X_y=True)
    >>> model = LogisticRegression(max_iter=10_000)
    >>> scores = cross_val_score(model, x[:, :5] / 100, y, scoring=scorer(lossary.sigmoid_focal, gamma=2.0))
    >>> bool((scores < 0).all())
    True
    """
    return Scorer(loss_named("scorer", loss), pos_label, response_method, options)


class Scorer:
    """The result of `scorer`."""

    def __init__(self, loss: Loss, pos_label: Any, response_method: str | None, options: Mapping[str, Any]):
        self._loss = loss
        self._has_class_ids = has_class_ids(loss)
        self._pos_label = pos_label
        self._options = dict(options)
        self._method = response_method or _method_of(loss)
        self._routes_weights: bool | str | None = None
        _check_options(loss, options)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._options.items())
        return f"scorer({name_of(self._loss)}{options})"

    def __call__(self, estimator: Any, X: Any, y_true: Any, *, sample_weight: Any = None) -> float:
        predictions = self._ask(estimator)(X)
        classes = getattr(estimator, "classes_", None)
        targets = _flat(np.asarray(y_true))
        if classes is None:
            predictions = np.asarray(predictions)
            if predictions.ndim == targets.ndim + 1 and predictions.shape[-1] == 1:
                predictions = predictions[..., 0]  # the estimator was trained on a column
        elif targets.ndim > 1:
            predictions, targets = self._of_labels(predictions, targets, classes)
        else:
            predictions, targets = self._of_classes(
                estimator, np.asarray(predictions), targets, np.asarray(classes)
            )
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        loss = complete(self._loss)
        options = {"weights": weights, "reduction": "weighted_mean", **self._options}
        return -float(loss(predictions, targets, **options))

    @property
    def _score_func(self) -> Any:
        """scikit-learn would call this with the decisions at each threshold."""
        raise mistake(
            "L008",
            f"{name_of(self._loss)}: a loss compares scores or probabilities, and has no best threshold",
            why="a threshold turns scores into decisions, which this loss does not take",
            fix='scoring="balanced_accuracy", or make_scorer(f) with the costs of right and wrong decisions',
            kind=LossTypeError,
        )

    def set_score_request(self, *, sample_weight: bool | str | None) -> "Scorer":
        """Set whether weights are routed to the loss, or under which name; for metadata routing."""
        self._routes_weights = sample_weight
        return self

    def get_metadata_routing(self) -> Any:
        """scikit-learn calls this if ``enable_metadata_routing`` is set."""
        request = MetadataRequest(owner=self)
        request.score.add_request(param="sample_weight", alias=self._routes_weights)
        return request

    def _ask(self, estimator: Any) -> Any:
        try:
            return getattr(estimator, self._method)
        except AttributeError:
            raise mistake(
                "L008",
                f"{name_of(self._loss)}: {type(estimator).__name__} has no `{self._method}`",
                fix="a loss on probabilities, such as binary_focal, if it has predict_proba; or"
                ' response_method="predict", if that returns what the loss takes',
                kind=LossTypeError,
            ) from None

    def _of_classes(
        self, estimator: Any, predictions: Values, y: Values, classes: Values
    ) -> tuple[Values, Values]:
        ids = _ids(name_of(self._loss), y, classes)
        self._must_not_predict_labels()
        if self._has_class_ids:
            return self._columns(estimator, predictions, len(classes)), ids
        if len(classes) != 2:
            raise mistake(
                "L008",
                f"{name_of(self._loss)}: is a loss for two classes, but the estimator has {len(classes)}",
                fix="softmax_cross_entropy or softmax_focal; categorical_focal for probabilities",
            )
        positive = 1 if self._pos_label is None else int(_ids("pos_label", [self._pos_label], classes)[0])
        labels = self._encoded(ids == positive)
        if predictions.ndim == 2:
            return predictions[:, positive], labels
        return predictions if positive else -predictions, labels

    def _of_labels(self, predictions: Any, y: Values, classes: Any) -> tuple[Values, Values]:
        """Predictions and labels for a multilabel problem, with one column per label."""
        self._must_not_predict_labels()
        if self._has_class_ids:
            raise mistake(
                "L008",
                f"{name_of(self._loss)}: needs one class per example, but y has {y.shape[1]} columns",
                fix="sigmoid_binary_cross_entropy or sigmoid_focal; binary_cross_entropy for probabilities",
            )
        if self._pos_label is not None:
            raise mistake("L130", f"{name_of(self._loss)}: `pos_label` needs two classes", fix="leave it out")
        bits = [np.asarray([0, 1])] * y.shape[1]
        columns = list(map(np.asarray, classes)) if isinstance(classes, list) else bits
        most = max(map(len, columns))
        if most > 2:
            raise mistake(
                "L008",
                f"{name_of(self._loss)}: is a loss for two classes, but a column of y has {most}",
                fix="a separate model and scorer for each column",
            )
        # A label that is missing from a fold counts as a label of 1 that is never predicted.
        ones = [c[1] if len(c) == 2 else 1 for c in columns]
        if isinstance(predictions, list):  # a table of the classes of each label
            predictions = np.stack(list(map(_of_class, predictions, columns, ones)), axis=-1)
        for k, c in enumerate(columns):
            _ids(name_of(self._loss), y[:, k], np.union1d(c, ones[k]) if len(c) < 2 else c)
        return np.asarray(predictions), self._encoded(y == np.asarray(ones))

    def _encoded(self, is_positive: Values) -> Values:
        labels = is_positive.astype(np.float64)
        return 2.0 * labels - 1.0 if self._options.get("labels_in") == "pm1" else labels

    def _must_not_predict_labels(self) -> None:
        if self._method == _METHODS.get(first_of(self._loss)) == "predict":
            raise mistake(
                "L008",
                f"{name_of(self._loss)}: a classifier predicts class labels, which have no distance",
                fix='response_method="predict_proba": with squared_error, this is the Brier score',
            )

    def _columns(self, estimator: Any, predictions: Values, classes: int) -> Values:
        """One column per class. For two classes, `decision_function` returns only the logits' difference."""
        if predictions.ndim < 2:
            return np.stack([np.zeros_like(predictions), predictions], axis=1)
        columns = predictions.shape[1]
        if columns != classes or (self._method == "decision_function" and _is_of_pairs(estimator)):
            raise mistake(
                "L001",
                f"{name_of(self._loss)}: the estimator gives {columns} columns for {classes} classes"
                f"{', one for each pair of them' if columns == classes else ''}",
                why="a score for a pair of classes is not a score for a class",
                fix='decision_function_shape="ovr" in the estimator',
            )
        return predictions


def _method_of(loss: Loss) -> str:
    first = first_of(loss)
    if first not in _METHODS:
        raise mistake(
            "L008",
            f"scorer: {name_of(loss)} takes `{first}` first, which estimators do not predict",
            fix="response_method=, if yours does",
        )
    return _METHODS[first]


def _check_options(loss: Loss, options: Mapping[str, Any]) -> None:
    check_options("scorer", loss, options, elsewhere=_NOT_OPTIONS)
    allowed = signature(loss).parameters
    if "axis" in allowed and allowed["axis"].default is Parameter.empty:
        raise mistake("L008", f"scorer: {name_of(loss)} does not have one loss per example")


def _ids(name: str, y: Any, classes: Values) -> Values:
    """The position of each label in `classes`; a fold may lack some classes."""
    matches = np.asarray(y)[:, None] == classes
    unknown = np.flatnonzero(~matches.any(axis=1))
    if unknown.size:
        raise mistake(
            "L110",
            f"{name}: {len(unknown)} labels are not among the estimator's classes {classes.tolist()}",
            f"[{unknown[0]}]={np.asarray(y)[unknown[0]]!r}",
        )
    return np.asarray(matches.argmax(axis=1))


def _flat(y: Values) -> Values:
    """A column as a flat array."""
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def _is_of_pairs(estimator: Any) -> bool:
    """Whether a support vector machine returns one column per pair of classes, as three for three classes."""
    while (inner := getattr(estimator, "best_estimator_", None)) or hasattr(estimator, "steps"):
        estimator = inner or estimator.steps[-1][1]
    return getattr(estimator, "decision_function_shape", "") == "ovo"


def _of_class(table: Any, classes: Values, one: Any) -> Values:
    """The probability of one class; 0 if the estimator does not know it."""
    found = np.flatnonzero(classes == one)
    table = np.asarray(table)
    return np.asarray(table[:, found[0]] if found.size else np.zeros(len(table)))
