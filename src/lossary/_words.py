"""What other libraries call things: the names of their losses, and their keywords.

Nothing here is used until a name or a call has failed.
"""

import difflib
import inspect
import json
import sys
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, cast

from lossary._check import LossTypeError, mistake

_SHORT = {
    "bce": "binarycrossentropy",
    "bcewithlogits": "binarycrossentropywithlogits",
    "sigmoidcrossentropy": "binarycrossentropywithlogits",
    "sigmoidcrossentropywithlogits": "binarycrossentropywithlogits",
    "ce": "crossentropy",
    "softmaxcrossentropywithlogits": "crossentropy",
    "sparsesoftmaxcrossentropywithlogits": "crossentropy",
    "mae": "meanabsoluteerror",
    "mape": "meanabsolutepercentageerror",
    "msle": "meansquaredlogerror",
    "rmse": "rootmeansquarederror",
    "quantile": "meanpinball",
    "kl": "kldiv",
    "clip": "infonce",
    "siglip": "sigmoidcontrastive",
    "supcon": "supervisedcontrastive",
    "giou": "generalizediou",
    "diou": "distanceiou",
    "ciou": "completeiou",
    "boxiou": "iou",
    "smape": "symmetricabsolutepercentageerror",
    "svr": "epsiloninsensitive",
    "barron": "generalrobust",
    "cauchy": "generalrobust",
    "welsch": "generalrobust",
    "gemanmcclure": "generalrobust",
    "charbonnier": "pseudohuber",
    "winkler": "intervalscore",
    "zip": "zeroinflatedpoisson",
    "vae": "gaussiankldivergence",
    "asl": "sigmoidasymmetric",
    "asymmetric": "sigmoidasymmetric",
    "qfl": "sigmoidqualityfocal",
    "qualityfocal": "sigmoidqualityfocal",
    "dfl": "softmaxdistributionfocal",
    "twohot": "softmaxdistributionfocal",
    "coral": "sigmoidordinal",
    "corn": "sigmoidconditionalordinal",
    "ordinal": "sigmoidordinal",
    "ldam": "cosface",
    "amsoftmax": "cosface",
    "additivemarginsoftmax": "cosface",
    "additiveangularmargin": "arcface",
    "oddsratio": "orpo",
    "distillation": "softmaxkldivergence",
}
"""Short names of losses in other libraries, without underscores and "loss"."""


def equal_calls() -> dict[str, list[tuple[str, str]]]:
    """For each of our losses, pairs of their call and ours, written by `python -m tests.peers`."""
    text = files("lossary").joinpath("equal_calls.json").read_text(encoding="utf-8")
    found: dict[str, list[tuple[str, str]]] = json.loads(text)
    return found


def losses_like(word: str, own: tuple[str, ...]) -> dict[str, tuple[str, str] | None]:
    """Our losses that go by this name, each with their call and ours; None if the name is our own."""
    short = _bare(word)
    wanted = {short, _SHORT.get(short, short)}
    calls = equal_calls()
    for compare in (str.__eq__, str.__contains__):
        matches = partial(_matches, wanted, compare)
        found: dict[str, tuple[str, str] | None] = {}
        for name, pairs in calls.items():
            of_theirs = [pair for pair in pairs if matches(_function(pair[0]))]
            if of_theirs:
                found[name] = of_theirs[0]
        found |= {name: None for name in own if name not in found and matches(name)}
        if found:
            return found
    return {}


def _matches(wanted: set[str], compare: Callable[[str, str], bool], name: str) -> bool:
    return any(compare(_bare(name), one) for one in wanted)


def _function(call: str) -> str:
    return call.partition("(")[0].rpartition(".")[2]


def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower().removesuffix("loss")


def no_such_name(name: str, own: tuple[str, ...]) -> Exception:
    """What `lossary.<name>` raises, and ``from lossary import <name>``."""
    error: Exception = AttributeError(f"module 'lossary' has no attribute {name!r}", name=name)
    meant = [] if name[0] == "_" or _is_module(name) else losses_meant(name, own)
    # An import statement replaces an AttributeError with its own ImportError, which has no notes.
    if meant and sys._getframe(2).f_code.co_name == "_handle_fromlist":
        error = ImportError(f"cannot import name {name!r} from 'lossary'", name=name)
    for line in meant:
        error.add_note(f"  = fix: {line}")
    return error


def _is_module(name: str) -> bool:
    return find_spec(f"lossary.{name}") is not None


def losses_meant(word: str, own: tuple[str, ...]) -> list[str]:
    """Our calls that replace a loss of theirs."""
    return [
        f"lossary.{ours}" if pair is None else f"{pair[1]}     # {pair[0]}"
        for ours, pair in losses_like(word, own).items()
    ]


_EXAMPLES, _REDUCTION = "weights=, one number per example", "reduction='mean', 'sum' or 'none'"
_FIRST, _SECOND = "{0}, the first argument", "{1}, the second argument"
_KEYWORDS: dict[str, str] = {
    **dict.fromkeys(("y_pred", "input", "inputs", "preds", "predicted", "y_prob", "outputs"), _FIRST),
    **dict.fromkeys(("y_true", "target", "label", "y"), _SECOND),
    **dict.fromkeys(("ignore_index", "ignore_class", "ignore_label"), "where=labels != {value}"),
    **dict.fromkeys(("sample_weight", "sample_weights", "weight"), _EXAMPLES),
    **dict.fromkeys(("size_average", "reduce", "normalize"), _REDUCTION),
    "class_weight": _EXAMPLES,
    "mask": "where=, True for elements that count",
    "from_logits": "leave it out: the loss's name tells what it takes",
    "smoothing": "label_smoothing=",
    "num_classes": "leave it out: it follows from the array's shape",
    "log_input": "log_poisson takes log-rates, poisson takes rates",
    "log_target": "labels_in='log_probs'",
    "full": "constant=",
    "dim": "over=, the axes of the losses to sum over",
    **dict.fromkeys(("eps", "epsilon", "clip"), "leave it out: nothing is clipped, and nothing overflows"),
    **dict.fromkeys(("p", "ord"), "order="),
    **dict.fromkeys(("q", "tau", "alpha"), "quantile="),
    **dict.fromkeys(("name", "dtype"), "leave it out"),
}
"""Our equivalents; ``{0}`` and ``{1}`` are the names of the first two arguments."""


_RENAMED = {
    ("epsilon", "tolerance"): "tolerance=",
    ("tau", "level"): "level=",
    ("alpha", "level"): "level=",
    ("alpha", "coverage"): "coverage=1 - alpha",
    ("power", "variance_power"): "variance_power=",
    ("p", "variance_power"): "variance_power=",
    ("alpha", "shape"): "shape=",
    ("nu", "df"): "df=",
    ("kappa", "delta"): "delta=",
    ("gamma_pos", "positive_gamma"): "positive_gamma=",
    ("gamma_neg", "negative_gamma"): "negative_gamma=",
    ("clip", "shift"): "shift=",
    ("margin", "shift"): "shift=",
    ("margin", "angular_margin"): "angular_margin=, in radians",
    ("m", "angular_margin"): "angular_margin=, in radians",
    ("s", "scale"): "scale=",
    ("T", "temperature"): "temperature=",
}
"""Equivalents of their keyword in losses that have one of our keywords."""


def keyword_meant(word: str) -> str | None:
    """Our equivalent, in any loss, of a keyword of another library."""
    if word == "weight":
        return f"class_weights=, one number per class; {_EXAMPLES}"
    if word == "dim":
        return f"axis=, the axis of one example; {_KEYWORDS[word]}"
    fix = _KEYWORDS.get(word) or (REDUCTIONS.get(word) if word in REDUCTIONS else None)
    return fix and fix.format("the predictions", "the labels or targets", value=-100)


def miscalled(function: Callable[..., Any], args: Any, kwargs: Any, error: TypeError) -> TypeError:
    """A better error for a call that does not fit the signature; else the same error."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        parameters = signature.parameters
        unknown = [name for name in kwargs if name not in parameters]
        places = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        if unknown:
            return _unknown_keyword(function.__name__, unknown[0], kwargs[unknown[0]], places, parameters)
        if len(args) > len(places):
            return _too_many(function.__name__, args, places, parameters)
    return error


def _unknown_keyword(loss: str, word: str, value: Any, places: list[str], parameters: Any) -> LossTypeError:
    own = [name for name in parameters if name not in places]
    here = next(
        (fix for (theirs, ours), fix in _RENAMED.items() if theirs == word and ours in parameters), None
    )
    near = difflib.get_close_matches(word, own, n=1)
    fix = here or _KEYWORDS.get(word)
    if word in ("weight", "class_weight") and "class_weights" in parameters:
        fix = f"class_weights=, one number per class; {_EXAMPLES}"
    elif word == "alpha" and "class_weights" in parameters:
        fix = "class_weights=, one number per class"
    elif word == "dim" and "axis" in parameters:
        fix = f"axis=, the axis of one example; {fix}"
    elif fix and "=" in fix and fix.partition("=")[0] not in parameters:
        fix = None
    if fix is None:
        fix = f"{near[0]}=" if near else f"one of {', '.join(own)}"
    else:
        fix = fix.format(*places, *("", ""), value=value if isinstance(value, int) else "the label")
    what = f"{loss}: there is no keyword `{word}`"
    return cast(LossTypeError, mistake("L014", what, fix=fix, kind=LossTypeError))


def _too_many(loss: str, args: Any, places: list[str], parameters: Any) -> LossTypeError:
    own = [name for name in parameters if name not in places]
    count = len(args)
    fix = f"pass the rest by name: {', '.join(f'{name}=' for name in own)}"
    if callable(getattr(args[0], "predict", None)):  # as scikit-learn calls `scoring=`
        fix = f'lossary.integrations.sklearn.scorer("{loss}")'
    error = mistake(
        "L014",
        f"{loss}: it takes {len(places)} positional arguments ({', '.join(places)}), got {count}",
        why="other libraries have different parameters in that position",
        fix=fix,
        kind=LossTypeError,
    )
    return cast(LossTypeError, error)


REDUCTIONS = {
    None: "reduction='none'",
    "batchmean": "reduction='mean': each row is one example, already summed over its classes",
    "sum_over_batch_size": "reduction='mean'",
    "mean_with_sample_weight": "reduction='weighted_mean'",
    "elementwise_mean": "reduction='mean'",
    "auto": "reduction='mean'",
}
"""Other libraries' names for reductions."""
