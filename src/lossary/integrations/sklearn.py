"""Losses as scorers of scikit-learn, for `cross_val_score` and `GridSearchCV`."""

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

import numpy as np

from lossary._check import LossTypeError, mistake
from lossary._typing import Loss
from lossary.integrations._classes import OF_CLASSES, name_of
from lossary.integrations._options import check_options

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
"""What an estimator is asked for, by what the loss takes."""

_NOT_OPTIONS = {
    "weights": "sample_weight, by metadata routing",
    "where": "leave the examples out",
    "over": "a score is one number",
    "reduction": "a score is the weighted mean",
    "axis": "examples come first and classes last",
}


def scorer(
    loss: Loss, *, pos_label: Any = None, response_method: str | None = None, **options: Any
) -> "Scorer":
    """Return a loss as what scikit-learn takes for ``scoring=``.

    Parameters
    ----------
    loss : function
        A loss of predictions, logits, probabilities or log-probabilities and what they should be.
    pos_label : int or str, optional
        Of two classes the one that counts as 1; the second of the estimator's `classes_` if not given.
    response_method : str, optional
        The method of the estimator that gives the predictions. If not given, ``decision_function`` for
        logits, ``predict_proba`` for probabilities, ``predict_log_proba`` for their logarithms, else
        ``predict``.
    **options
        Options of the loss, such as ``gamma=2.0``. `class_weights` are in the order of `classes_`.

    Returns
    -------
    Scorer
        Called with an estimator, X and y, it returns *minus* the weighted mean of the loss: scikit-learn
        takes the highest score for the best.

    Raises
    ------
    LossInputError
        If the loss takes something else, or an option belongs to the data; when it is called, if a label is
        none of the estimator's classes.
    LossTypeError
        If an option is unknown, or the estimator has not the method.

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
    return Scorer(loss, pos_label, response_method, options)


class Scorer:
    """What `scorer` returns."""

    def __init__(self, loss: Loss, pos_label: Any, response_method: str | None, options: Mapping[str, Any]):
        self._loss = loss
        self._pos_label = pos_label
        self._options = dict(options)
        self._method = response_method or _method_of(loss)
        self._routes_weights: bool | str | None = None
        _check_options(loss, options)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._options.items())
        return f"scorer({name_of(self._loss)}{options})"

    def __call__(self, estimator: Any, X: Any, y_true: Any, *, sample_weight: Any = None) -> float:
        predictions = np.asarray(self._ask(estimator)(X))
        classes = getattr(estimator, "classes_", None)
        targets = np.asarray(y_true)
        if classes is not None:
            predictions, targets = self._of_classes(predictions, targets, np.asarray(classes))
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        loss = self._loss(predictions, targets, weights=weights, reduction="weighted_mean", **self._options)
        return -float(loss)

    def set_score_request(self, *, sample_weight: bool | str | None) -> "Scorer":
        """Say whether weights are routed to the loss, or under which name; for metadata routing."""
        self._routes_weights = sample_weight
        return self

    def get_metadata_routing(self) -> Any:
        """What scikit-learn asks where ``enable_metadata_routing`` is set."""
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
                fix="a loss of what it has: of probabilities, such as binary_focal, if it has predict_proba;"
                ' or response_method="predict", if it predicts what the loss takes',
                kind=LossTypeError,
            ) from None

    def _of_classes(self, predictions: Values, y: Values, classes: Values) -> tuple[Values, Values]:
        ids = _ids(name_of(self._loss), y, classes)
        if self._method == _METHODS.get(next(iter(signature(self._loss).parameters))) == "predict":
            raise mistake(
                "L008",
                f"{name_of(self._loss)}: a classifier predicts labels, which are no numbers to measure",
                fix='response_method="predict_proba": with squared_error that is the Brier score',
            )
        if self._loss in OF_CLASSES:
            return _columns(predictions), ids
        if len(classes) != 2:
            raise mistake(
                "L008",
                f"{name_of(self._loss)}: is a loss of two classes, the estimator has {len(classes)}",
                fix="softmax_cross_entropy or softmax_focal; categorical_focal for probabilities",
            )
        positive = 1 if self._pos_label is None else int(_ids("pos_label", [self._pos_label], classes)[0])
        labels = (ids == positive).astype(np.float64)
        if self._options.get("labels_in") == "pm1":
            labels = 2.0 * labels - 1.0
        if predictions.ndim == 2:
            return predictions[:, positive], labels
        return predictions if positive else -predictions, labels


def _method_of(loss: Loss) -> str:
    first = next(iter(signature(loss).parameters))
    if first not in _METHODS:
        raise mistake(
            "L008",
            f"scorer: {name_of(loss)} takes `{first}` first, which no estimator predicts",
            fix="response_method=, if one does",
        )
    return _METHODS[first]


def _check_options(loss: Loss, options: Mapping[str, Any]) -> None:
    check_options("scorer", loss, options, elsewhere=_NOT_OPTIONS)
    allowed = signature(loss).parameters
    if "axis" in allowed and allowed["axis"].default is Parameter.empty:
        raise mistake("L008", f"scorer: {name_of(loss)} has no loss for each example")


def _ids(name: str, y: Any, classes: Values) -> Values:
    """Where each label stands in `classes`: a fold may lack some of them."""
    matches = np.asarray(y)[:, None] == classes
    unknown = np.flatnonzero(~matches.any(axis=1))
    if unknown.size:
        raise mistake(
            "L110",
            f"{name}: {len(unknown)} labels are none of the estimator's classes {classes.tolist()}",
            f"[{unknown[0]}]={np.asarray(y)[unknown[0]]!r}",
        )
    return np.asarray(matches.argmax(axis=1))


def _columns(predictions: Values) -> Values:
    """A column for each class. Of two, `decision_function` gives the difference of the logits alone."""
    if predictions.ndim == 2:
        return predictions
    return np.stack([np.zeros_like(predictions), predictions], axis=1)
