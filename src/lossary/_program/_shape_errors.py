"""Error messages for shapes that do not match: which they are, and the likely intention."""

from math import prod

from lossary._check import mistake
from lossary._kernel import Kernel
from lossary._typing import RowAxes

Shape = tuple[int, ...]


def elements_differ(kernel: Kernel, shapes: list[Shape]) -> Exception:
    """The error for an elementwise loss whose arrays have different shapes."""
    a = next(shape for shape in shapes if shape)
    i, j = shapes.index(a), next(k for k, shape in enumerate(shapes) if shape and shape != a)
    first, second, b = kernel.takes[i].name, kernel.takes[j].name, shapes[j]
    facts, fix = [], ""
    why = f"each element of `{first}` is compared with the element of `{second}` at the same position"
    spread = _broadcast(a, b)
    if spread is not None:
        pairs, examples = prod(spread), max(prod(a), prod(b))
        if pairs > examples:
            facts.append(f"broadcasting would compare {pairs:,} pairs instead of {examples:,}")
        why = "broadcasting would compare numbers that do not belong together"
    if a == (*b, 1):
        fix = f"{first}[..., 0]   or   {second}[..., None]"
    elif b == (*a, 1):
        fix = f"{second}[..., 0]   or   {first}[..., None]"
    what = f"{kernel.name}: `{first}` {a} and `{second}` {b} do not have the same shape"
    return mistake("L001", what, *facts, why=why, fix=fix)


def rows_differ(kernel: Kernel, shapes: list[Shape], wanted: list[Shape], axis: RowAxes) -> Exception:
    """The error for a loss on rows along `axis`, counted from the front, where another shape was expected."""
    a = shapes[0]
    other = next((i for i, shape in enumerate(shapes) if shape and shape != wanted[i]), 1)
    first, second, b = kernel.takes[0].name, kernel.takes[other].name, shapes[other]
    what = f"{kernel.name}: `{first}` {a} and `{second}` {b} do not fit"
    takes_ids = not isinstance(axis, tuple) and kernel.takes[other].domain.is_class_id
    fits = [i for i in range(len(a)) if takes_ids and a[:i] + a[i + 1 :] == b]
    if fits:
        found = 1 if 1 in fits else fits[0]
        facts = f"they fit if the classes are on axis {found}, not on axis {axis}"
        return mistake("L003", what, facts, fix=f"axis={found}")
    axes = axis if isinstance(axis, tuple) else (axis,)
    if kernel.cores[0] == ("t", "c") and b[:1] == a[1:2]:
        why = "frames come first in torch and TensorFlow; here the batch comes first"
        return mistake("L001", what, why=why, fix=f"{first}.swapaxes(0, 1)")
    rows = tuple([n for i, n in enumerate(a) if i not in axes])
    domain = kernel.takes[other].domain
    fix = ""
    if b == (*rows, 1) or b == (*a, 1):
        fix = f"{second}[..., 0]"
    elif a[-1:] == (1,) and b in (a[:-1], a[:-2]):
        fix = f"{first}[..., 0]"
    if second == "labels" and (domain.is_class_id or domain.sums_to_one):
        needed = (
            f"with the classes on axis {axis}, labels are ids of shape {rows} or distributions of shape {a}"
        )
    else:
        needed = f"with an example along axis {axis}, `{second}` has shape {wanted[other]}"
    return mistake("L001", what, needed, fix=fix)


REGION = "s"
"""The name of a region's axis in the signatures of losses on regions."""


def of_elements(kernel: Kernel, name: str, given: Shape, shape: Shape) -> Exception:
    """The error for per-element weights or masks where each region has one loss."""
    first, second = (argument.name for argument in kernel.takes[:2])
    left_out = (
        f"{first} * {name}" if kernel.takes[0].domain.low == 0 else f"np.where({name}, {first}, -np.inf)"
    )
    return mistake(
        "L001",
        f"{kernel.name}: `{name}` of shape {given} fits no leading axes of the loss, which has shape {shape}",
        why="there is one loss per region, not one per element",
        fix=f"{kernel.name}({left_out}, {second} * {name}, ...) leaves elements out"
        if name == "where"
        else f"shape {shape}; an elementwise loss, such as sigmoid_binary_cross_entropy, weights elements",
    )


def wrong_length(kernel: Kernel, full: Shape, axis: RowAxes, length: str) -> Exception:
    """The error for an example whose length differs from the signature."""
    name = kernel.takes[0].name
    fits = [i for i, n in enumerate(full) if n == int(length)]
    return mistake(
        "L003" if fits else "L001",
        f"{kernel.name}: `{name}` {full} must have length {length} along axis {axis}",
        fix=f"axis={fits[0]}" if fits else f"`{name}` of shape {(*full[:-1], int(length))}",
    )


def not_one_more(kernel: Kernel, shapes: list[Shape], size: int, other: int) -> Exception:
    """The error for rows of states between, before and after the elements of another row."""
    first, second = (argument.name for argument in kernel.takes[:2])
    return mistake(
        "L001",
        f"{kernel.name}: `{first}` {shapes[0]} and `{second}` {shapes[1]} do not fit",
        f"{other} {second} have {other + 1} states, not {size}",
        why=f"there is one state before each of the {second}, and one after the last",
        fix=f"{second}[..., 1:], if the first is a start symbol; else let the model begin with a start symbol"
        if size == other
        else "",
    )


def are_swapped(kernel: Kernel, shapes: list[Shape]) -> bool:
    """Whether the first array, known to be integers, is shaped like ids and the second like scores."""
    a, b = shapes[:2]
    labels = kernel.takes[1].domain
    takes_labels = kernel.cores[0] == ("c",) and (labels.is_class_id or labels.sums_to_one)
    return takes_labels and any(b[:i] + b[i + 1 :] == a for i in range(len(b)))


def swapped_shapes(kernel: Kernel, shapes: list[Shape]) -> Exception:
    first, second = kernel.takes[0].name, kernel.takes[1].name
    return mistake(
        "L002",
        f"{kernel.name}: `{first}` {shapes[0]} are integers and `{second}` {shapes[1]} have one more axis:"
        " are they swapped?",
        why="Keras and scikit-learn use the opposite order",
        fix=f"{kernel.name}({first}, {second}), or by name: {second}=...",
    )


def _broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape that both would broadcast to, or None."""
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    sides = [n if m == 1 else m if n in (1, m) else None for m, n in pairs]
    return None if None in sides else tuple(n for n in sides if n is not None)


def size_unknown(what: str, why: str) -> Exception:
    """The error for a size that must be known before anything is computed."""
    return mistake(
        "L001",
        f"{what} must be known",
        why=why,
        fix="set it: tf.ensure_shape(x, [None, 10]), ndonnx.reshape(x, (-1, 10))",
    )
