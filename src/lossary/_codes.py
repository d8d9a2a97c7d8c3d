"""The stable codes of everything that lossary has to say about losses' inputs, and what each means.

0xx structure, 1xx ranges, 2xx precision, 3xx weights, 4xx the model, 5xx training curves. A code never
changes its meaning; one that is no longer needed is not used again.
"""

from typing import NamedTuple


class Code(NamedTuple):
    """What a code stands for: a title, and a paragraph that `lossary explain` prints."""

    title: str
    text: str


CODES = {
    "L001": Code(
        "shapes differ",
        "Arrays that belong together have different shapes. Array libraries would broadcast (N, 1) "
        "against (N,) to (N, N): every prediction would be compared with every label, and the result "
        "would look like a loss and be none. So the shapes of predictions and labels must be equal; "
        "class ids have the shape without the class axis. Weights and masks may have the shape of the "
        "loss, of its leading axes, or ones where they repeat. Index or reshape the array that came "
        "with an axis too many, as in `logits[..., 0]`.",
    ),
    "L002": Code(
        "arguments swapped",
        "Predictions and labels stand in each other's place: the first array holds nothing but labels, "
        "and the second numbers that no label is. Losses here take predictions first, as in torch and "
        "optax; Keras and scikit-learn take the labels first. A swapped loss has a value, and a "
        "gradient that trains nothing. Exchange the two, or pass them by name, as in `labels=...`. This "
        "is said only where there is no other reading, so silence proves nothing.",
    ),
    "L003": Code(
        "the class axis is elsewhere",
        "The classes are not on the axis where the loss looks for them, which is the last one unless "
        "`axis` says otherwise. Images and sequences in torch have them on axis 1. If the axes happen "
        "to have the same length, nothing can be noticed, and the loss compares pixels where it should "
        "compare classes. Name the axis by `axis=1`; nothing has to be moved.",
    ),
    "L004": Code(
        "arrays of different libraries",
        "The arrays of one call belong to different libraries. Converting one of them silently would "
        "copy it, perhaps from one device to another, and cut it off from automatic differentiation. "
        "Convert it where it comes from, by `from_dlpack` or `asarray`. JAX takes NumPy arrays as its "
        "own, so that pair is allowed; Python numbers and NumPy scalars go with every library.",
    ),
    "L005": Code(
        "not an array that a loss can take",
        "An argument is not an array that the loss can take: a list, None, a masked array, complex "
        "numbers or text, numbers where a boolean mask is due, or floating class ids. What is meant by "
        "it cannot be told safely: a list may be one array or many, the mask of a masked array would be "
        "lost, and an id of 1.7 is none. Convert it before the call; the message names the argument and "
        "the conversion.",
    ),
    "L006": Code(
        "no such derivative",
        "A derivative was asked for that the loss does not have in this form. Where each input takes "
        "part in the losses of all examples, the second derivative is a full matrix, and its diagonal "
        "would mislead; for some losses only a part of the second derivatives is known. Take "
        "`value_and_grad`, or let JAX or torch differentiate twice.",
    ),
    "L010": Code("NaN among the predictions", ""),
    "L011": Code("NaN among the targets", ""),
    "L101": Code(
        "labels outside [0, 1]",
        "A label is a probability, or one of two values, and this one is neither. Outside [0, 1] a "
        "cross-entropy is negative for confident predictions and has no minimum: training makes it fall "
        "without end while the model learns nothing. Common causes are labels of -1 and 1, labels that "
        "count from 1, masks from 0 to 255, and marks such as -1 for a missing label. Map the labels to "
        '0 and 1, or mask what has none by `where`. Losses that take `labels_in="pm1"` want labels '
        "between -1 and 1.",
    ),
    "L102": Code(
        "logits where probabilities are due",
        "A loss of probabilities, or of their logarithms, got numbers that are none. Mostly they are "
        "logits, the scores before a sigmoid or a softmax. Clipping them into range hides the mistake: "
        "what is clipped has no gradient, so the examples that are most wrong are those from which "
        "nothing is learnt. Use the loss whose name begins with `sigmoid` or `softmax`, which takes "
        "logits and is exact at their ends.",
    ),
    "L103": Code("probabilities where logits are due", ""),
    "L104": Code(
        "class ids given to a binary loss",
        "Labels that count classes went into a loss of two classes. One probability per example cannot "
        "tell ten classes apart: a label of 7 pushes it up seven times as hard, and the loss falls "
        "below zero without end. Use a softmax loss, with one score per class; or compare the labels "
        "with one class to ask whether an example belongs to it.",
    ),
    "L110": Code(
        "a class id that is none",
        "A class id is negative, or as large as the number of classes or larger. Array libraries differ "
        "on what happens then: some wrap around to another class, some read whatever is there, some "
        "give NaN. Ids that count from 1 need `labels - 1`; ids such as -100 that mark padding belong "
        "behind `where=labels != -100`; otherwise the class axis is too short.",
    ),
    "L111": Code(
        "rows that do not sum to 1",
        "Rows that should be distributions over the classes do not sum to 1. The cross-entropy of such "
        "rows is not least at the truth: predictions can lower it by shrinking or growing as a whole. "
        "Labels of several classes at once need a sigmoid loss, and rows that count differently need "
        "`weights`. Probabilities that do not sum to 1 were not normalised, or the classes are on "
        "another axis.",
    ),
    "L112": Code("softmax applied twice", ""),
    "L120": Code(
        "a quantity outside its domain",
        "A count, rate, variance, distance or amount is outside the range where the loss is defined: "
        "mostly it is negative. There the formula has no value, or no minimum. A logarithm may have "
        "been passed for the quantity itself, as a log-rate for a rate; a negative number may mark what "
        "is missing, which belongs behind `where`; or noise has carried an amount below zero.",
    ),
    "L130": Code(
        "a parameter outside its range",
        "A parameter has a value that it cannot have: a `label_smoothing` of 10 for ten per cent, a "
        "negative `gamma`, a `reduction` that does not exist, an axis that the array lacks. Some "
        "libraries compute something all the same; with a smoothing above 1, for example, classes "
        "change places. The message says which values are possible. Parameters that are arrays are "
        "checked like labels.",
    ),
    "L201": Code("probabilities of exactly 0 or 1", ""),
    "L202": Code(
        "beyond the range of the dtype",
        "A finite number is beyond the largest of the dtype in which the loss is computed, and would "
        "become infinite there. It concerns weights, parameters and labels of float64 beside "
        "predictions of lower precision; float16 and bfloat16 predictions are computed in float32, "
        "which reaches 3.4e38. An infinite weight makes every sum infinite or NaN. Scale the numbers, "
        "or pass predictions of float64.",
    ),
    "L203": Code(
        "unsigned integers, whose differences wrap around",
        "Predictions or targets are unsigned integers, such as the pixels of an image. In unsigned "
        "arithmetic 3 - 5 is 254, so an error computed outside of a loss is wrong wherever it should be "
        "negative. The losses here convert integers to floating numbers before they subtract. Convert "
        'pixels at the start, as in `image.astype("float32") / 255`.',
    ),
    "L301": Code(
        "negative weights",
        "A weight, or the weight of a class, is negative. An example of negative weight is rewarded for "
        "being wrong: the loss has no minimum, and training makes that example ever worse. Weights that "
        "come from a difference or a correlation are the usual cause. Shift or clip them before the "
        "call; what should not count at all belongs behind `where`.",
    ),
    "L302": Code(
        "weights that sum to 0",
        "The weights of all examples that count are 0, and a weighted mean divides by their sum. A "
        "weight of 0 is not a mask: it says that an example is there and matters nothing, so there is "
        "no mean to return. Mostly a mask was inverted, or class weights were looked up for the wrong "
        "classes. A selection that is empty by `where` is another matter: its mean is 0. Inside "
        "`jax.jit`, where weights cannot be read, the result is 0.",
    ),
    "L303": Code("weights whose mean is not 1", ""),
    "L401": Code("one class only", ""),
    "L402": Code("a rare class", ""),
    "L403": Code("the same prediction for all", ""),
    "L404": Code("predictions the wrong way round", ""),
    "L405": Code("predictions unrelated to the targets", ""),
    "L406": Code("worse than a constant", ""),
    "L407": Code("over- or underconfident", ""),
    "L408": Code("few examples carry the loss", ""),
    "L501": Code("a negative loss", ""),
    "L502": Code("NaN or infinity in the curve", ""),
    "L503": Code("a plateau at a well-known number", ""),
    "L504": Code("overfitting", ""),
    "L505": Code("diverging", ""),
}
