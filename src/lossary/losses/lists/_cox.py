"""The partial likelihood of Cox's proportional hazards: the formulas are in `_risk_sets`."""

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
    r"""Cox regression loss: the negative log partial likelihood of survival times, with censoring.

    Each event is compared with everyone still at risk: the people whose time is not before the event. A batch
    is one list of people and has one loss.

    .. math:: \ell = \sum_{i:\,\delta_i = 1} \Bigl(\ln \sum_{j:\,t_j \ge t_i} e^{\eta_j} - \eta_i\Bigr)

    Parameters
    ----------
    log_hazards : array, shape (..., N, ...)
        Unbounded scores :math:`\eta`, the N people of a list on `axis`. Higher scores predict earlier events.
    times : array, shape (..., N, ...)
        The time of the event, or when the person was last seen, in any unit. Only the order of times matters.
    events : array, shape (..., N, ...)
        :math:`\delta`, whether the event happened: booleans, or 1 and 0. 0 means censored.
    items : array, shape (..., N, ...), optional
        True or nonzero where there is a person; 0 is padding. Numbers of absent people are ignored. Default:
        everywhere.
    segments : array of integers, shape (..., N, ...), optional
        The stratum of each person, as any number from 0 to 2^24. Risk sets do not cross strata, and the loss
        is the sum over strata. Default: one stratum.
    ties : "breslow" or "efron"
        How to treat events at the same time. Breslow compares each with the whole risk set, as in the formula
        above. Efron, as in R, removes the fraction :math:`l/d` of the tied events from the risk set of event
        :math:`l` of :math:`d`, counted from 0.
    per_list : "sum" or "mean"
        `"mean"` divides the loss of a list by its number of events.
    axis : int or tuple of int
        The axis of the people, or a tuple of axes that together form one list.

    Returns
    -------
    array
        In nats; without reduction, it has the shape of the log hazards without `axis`. At least float32.

    Raises
    ------
    LossInputError
        If the shapes differ, or `events` is not between 0 and 1, for example if swapped with `times`. With
        `items` or `segments`, such events give NaN.

    Notes
    -----
    Lists without events cost 0. `weights`, `where` and `reduction` apply to lists; to exclude a person from
    all sums, use `items`. To average over the events of each list and over the lists that have events, pass
    ``per_list="mean", where=events.any(axis)``.

    Each row is sorted and summed in :math:`2 \log_2 N` steps; no maximum is subtracted from all scores. On
    dask, this takes memory for N² numbers. The gradient is the negative martingale residual.

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
