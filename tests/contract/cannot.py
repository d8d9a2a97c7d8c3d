"""What a loss cannot do, and why: L006 says so, or the library itself. Whatever is not here, it can do."""

from typing import NamedTuple


class Cannot(NamedTuple):
    """A demand that some losses do not meet."""

    library: str
    demand: str
    losses: tuple[str, ...]
    why: str
    says: str = ""
    """What a library says of it itself, as a `TypeError`, where lossary is not asked."""


_TWICE_ON_TORCH = (
    "hessian",
    "gradient_penalty",
    "third_derivatives",
    "checked_twice_by_torch",
    "penalties_through_checkpoints",
    "tangents_over_gradients",
    "nested_in_func",
    "autocast_of_second_derivatives",
    "penalties_under_modes",
)
"""What asks for derivatives of gradients."""

_TWICE_ON_MLX = ("second_derivatives", "compiled_second_derivatives", "hessians")

BY_A_RULE = (
    *("info_nce", "sigmoid_contrastive", "nt_xent", "supervised_contrastive", "circle"),
    *("multi_similarity", "barlow_twins", "vicreg"),
    *("linear_cross_entropy", "linear_arcface"),
)
OF_SEQUENCES = ("ctc", "rnnt")
_DIAGONAL = "only the diagonal of its second derivative is known"

CANNOT: tuple[Cannot, ...] = (
    *[Cannot("torch", demand, OF_SEQUENCES, _DIAGONAL) for demand in _TWICE_ON_TORCH],
    Cannot("jax", "second_derivatives", OF_SEQUENCES, _DIAGONAL),
    Cannot(
        "jax",
        "forward_mode",
        BY_A_RULE,
        "JAX has no forward mode of a function that has a rule for reverse mode",
        says="can't apply forward-mode",
    ),
    Cannot("tensorflow", "second_derivatives", OF_SEQUENCES, _DIAGONAL),
    Cannot("tensorflow", "hessians", OF_SEQUENCES, _DIAGONAL),
    Cannot("tensorflow", "forward_over_reverse", OF_SEQUENCES, _DIAGONAL),
    Cannot("tensorflow", "saved_gradients", OF_SEQUENCES, _DIAGONAL),
    *[Cannot("mlx.core", demand, OF_SEQUENCES, _DIAGONAL) for demand in _TWICE_ON_MLX],
)


def reason(library: str, demand: str, loss: str) -> Cannot | None:
    """Why a loss does not meet a demand; None if it does."""
    return next((c for c in CANNOT if (c.library, c.demand) == (library, demand) and loss in c.losses), None)
