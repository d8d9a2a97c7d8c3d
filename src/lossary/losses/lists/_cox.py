"""The partial likelihood of Cox's proportional hazards; its formulas and derivatives are in `_risk_sets`."""

from math import nan
from typing import Any, Literal

from lossary._arguments import EVENTS, LOG_HAZARDS, TIMES
from lossary._check import choice
from lossary._engine import Call, loss
from lossary._kernel import Argument
from lossary._typing import AnyArray, Array, ArrayT, Axes, Reduction, RowAxes
from lossary.losses.lists._beside import PER_LIST, PerList, beside
from lossary.losses.lists._risk_sets import kernels

Ties = Literal["breslow", "efron"]
_TIES: tuple[Ties, ...] = ("breslow", "efron")
_NAME = "cox"
_TAKES = (LOG_HAZARDS, TIMES, EVENTS)
_UNCHECKED = (LOG_HAZARDS, TIMES, Argument("events"))


def _read(times: Array, events: Array, *, xp: Any) -> tuple[Array, Array]:
    return times, xp.where((events < 0) | (events > 1), nan, events)


BRESLOW = kernels(_NAME, _TAKES, _UNCHECKED, _read)
_KERNELS = {
    ("breslow", "sum"): BRESLOW,
    ("breslow", "mean"): kernels(_NAME, _TAKES, _UNCHECKED, _read, mean=True),
    ("efron", "sum"): kernels(_NAME, _TAKES, _UNCHECKED, _read, efron=True),
    ("efron", "mean"): kernels(_NAME, _TAKES, _UNCHECKED, _read, efron=True, mean=True),
}


@loss
def cox(
    log_hazards: ArrayT,
    times: AnyArray | float,
    events: AnyArray | float,
    items: AnyArray | None = None,
    segments: AnyArray | None = None,
    *,
    ties: Ties = "breslow",
    per_list: PerList = "sum",
    axis: RowAxes = -1,
    weights: AnyArray | float | None = None,
    where: AnyArray | bool | None = None,
    over: Axes = None,
    reduction: Reduction = "mean",
) -> Call[ArrayT]:
    r"""Negative log partial likelihood of survival times, some of them censored: Cox's regression.

    Each event is compared with everyone who was still at risk: those whose time is not before it. A batch is
    one list of people, and has one loss.

    .. math:: \ell = \sum_{i:\,\delta_i = 1} \Bigl(\ln \sum_{j:\,t_j \ge t_i} e^{\eta_j} - \eta_i\Bigr)

    Parameters
    ----------
    log_hazards : array, shape (..., N, ...)
        Unbounded scores :math:`\eta` of the N people of a list, on `axis`: the higher, the earlier.
    times : array, shape (..., N, ...)
        When the event happened, or when the person was last seen, in any unit: only their order counts.
    events : array, shape (..., N, ...)
        Whether it happened, :math:`\delta`: booleans, or 1 and 0. 0 is censored.
    items : array, shape (..., N, ...), optional
        Who is there: booleans, or 0 for padding, which is at risk of nothing and of which no number is looked
        at. Default: everyone.
    segments : array of integers, shape (..., N, ...), optional
        The stratum of each person, by any number from 0 to 2^24: risk sets do not cross strata. The loss is
        the sum of those of the strata. Default: one stratum.
    ties : "breslow" or "efron"
        What events at the same time are compared with: Breslow's has the whole risk set for each, which is
        the formula above; Efron's takes out of it, for the event :math:`l` of :math:`d` from 0 on,
        :math:`l/d` of what is tied, as R does.
    per_list : "sum" or "mean"
        `"mean"` divides the loss of a list by the number of its events.
    axis : int or tuple of int
        The axis of the people, or several that make one list.

    Returns
    -------
    array
        In nats; unreduced it has the shape of the log hazards without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ or `events` is not between 0 and 1, as when it changed places with `times`. With
        `items` or `segments` such events give NaN.

    Notes
    -----
    Lists without events cost 0. `weights`, `where` and `reduction` are those of lists; `items` leaves a
    person out of all sums. A mean over the events of each list, and over the lists that have any, is
    ``per_list="mean", where=events.any(axis)``.

    A row is sorted, and its sums take :math:`\log_2 N` steps, without a largest number that is subtracted
    from all. On dask it takes memory of N² numbers. The gradient is minus the martingale residual.

    References
    ----------
    D. R. Cox, *Regression models and life-tables*, J. R. Stat. Soc. B 34 (1972); N. Breslow, *Covariance
    analysis of censored survival data*, Biometrics 30 (1974); B. Efron, *The efficiency of Cox's likelihood
    function for censored data*, JASA 72 (1977).

    Examples
    --------
    >>> import numpy as np, lossary
    >>> log_hazards, times = np.array([0.5, -0.2, 1.0, 0.3]), np.array([2.0, 3.0, 3.0, 5.0])
    >>> events = np.array([True, True, True, False])
    >>> print(f"{lossary.cox(log_hazards, times, events):.4f}")
    3.7504
    >>> print(f"{lossary.cox(log_hazards, times, events, ties='efron'):.4f}")
    3.3011
    """
    choice(_NAME, "ties", ties, _TIES)
    choice(_NAME, "per_list", per_list, PER_LIST)
    more = beside(items, segments)
    return Call(
        _KERNELS[ties, per_list][len(more)],
        log_hazards,
        times,
        events,
        *more,
        axis=axis,
        weights=weights,
        where=where,
        over=over,
        reduction=reduction,
    )
