"""Inputs of which others make a number, and which are an error here."""

from tests.peers import Refused

REFUSED = [
    Refused(
        "A label row of zeros",
        "optax.softmax_cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y)",
        {"x": [[2.0, 0.0], [1.0, 3.0]], "y": [[1.0, 0.0], [0.0, 0.0]]},
        "L111",
        "It costs 0 and counts in the mean. Leave it out with `where=y.any(-1)`.",
    ),
    Refused(
        "Labels that do not sum to 1",
        "F.cross_entropy(x, y)",
        "lossary.softmax_cross_entropy(x, y)",
        {"x": [[2.0, 0.0]], "y": [[1.0, 1.0]]},
        "L111",
        "Use a sigmoid loss for several labels per example, and weights to make rows count differently.",
    ),
    Refused(
        "Probabilities that do not sum to 1",
        "keras.losses.categorical_crossentropy(y, p)",
        "lossary.categorical_cross_entropy(p, y)",
        {"p": [[0.5, 0.25]], "y": [[1.0, 0.0]]},
        "L111",
        "Keras divides each row by its sum. Divide before the call, or pass logits.",
    ),
    Refused(
        "Positive log-probabilities",
        "F.nll_loss(l, y)",
        "lossary.negative_log_likelihood(l, y)",
        {"l": [[2.0, 0.5]], "y": [0]},
        "L102",
        "These are logits. The loss is negative and has no minimum.",
    ),
    Refused(
        "Negative weights",
        "F.cross_entropy(x, y, weight=w)",
        "lossary.softmax_cross_entropy(x, y, class_weights=w)",
        {"x": [[2.0, 0.0]], "y": [0], "w": [-1.0, 1.0]},
        "L301",
        "An example with a negative weight is rewarded for its error, without bound.",
    ),
    Refused(
        "Overlap losses on values outside [0, 1]",
        "keras.losses.dice(y, x)",
        "lossary.dice(x, y, axis=(0, 1))",
        {"x": [[2.0, -3.0]], "y": [[1.0, 0.0]]},
        "L102",
        "The Dice loss of logits can have any sign. `sigmoid_dice` takes logits.",
    ),
    Refused(
        "Values of -1 or less in a logarithmic error",
        "keras.losses.mean_squared_logarithmic_error(y, x)",
        "lossary.squared_log_error(x, y)",
        {"x": [[2.0]], "y": [[-3.0]]},
        "L120",
        "Keras replaces them with 1e-7. log(1 + y) is undefined there.",
    ),
]
