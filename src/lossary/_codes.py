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
    "L001": Code("shapes differ", ""),
    "L002": Code("arguments swapped", ""),
    "L003": Code("the class axis is elsewhere", ""),
    "L004": Code("arrays of different libraries", ""),
    "L005": Code("not an array that a loss can take", ""),
    "L010": Code("NaN among the predictions", ""),
    "L011": Code("NaN among the targets", ""),
    "L101": Code("labels outside [0, 1]", ""),
    "L102": Code("logits where probabilities are due", ""),
    "L103": Code("probabilities where logits are due", ""),
    "L104": Code("class ids given to a binary loss", ""),
    "L110": Code("a class id that is none", ""),
    "L111": Code("rows that do not sum to 1", ""),
    "L112": Code("softmax applied twice", ""),
    "L120": Code("a quantity outside its domain", ""),
    "L130": Code("a parameter outside its range", ""),
    "L201": Code("probabilities of exactly 0 or 1", ""),
    "L202": Code("beyond the range of the dtype", ""),
    "L203": Code("unsigned integers, whose differences wrap around", ""),
    "L301": Code("negative weights", ""),
    "L302": Code("weights that sum to 0", ""),
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
