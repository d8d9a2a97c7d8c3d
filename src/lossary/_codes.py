"""The stable codes of all errors and findings, and what each one means.

0xx structure, 1xx ranges, 2xx precision, 3xx weights, 4xx the model, 5xx training curves. A code never
changes its meaning, and a retired code is never reused.
"""

from typing import NamedTuple


class Code(NamedTuple):
    """A title, and the paragraph that `lossary explain` prints."""

    title: str
    text: str


CODES = {
    "L001": Code(
        "shapes differ",
        "Arrays that belong together have different shapes. Array libraries would broadcast (N, 1) against "
        "(N,) to (N, N) and compare every prediction with every label. The result would look like a loss, "
        "but it is not one. Predictions and labels must therefore have the same shape; class ids have the "
        "shape without the class axis. Weights and masks may have the shape of the loss or of its leading "
        "axes, with length 1 wherever they repeat. Index or reshape the array that has the extra axis, as "
        "in `logits[..., 0]`.",
    ),
    "L002": Code(
        "arguments swapped",
        "Predictions and labels are in each other's position. Either the first array holds only labels or "
        "counts while the second holds values that no label can have; or the loss is called by Keras, by "
        "scikit-learn's `make_scorer` or by an XGBoost estimator, which pass the labels first. Losses here "
        "take predictions first, as in torch and optax. A swapped loss still returns a value, but its "
        "gradient trains the wrong thing. Swap the two, pass them by name, as in `labels=...`, or use the "
        "adapter that the message names. The absence of an error proves nothing: the caller is checked "
        "only on the first call with each kind of array, and values are not reported when they could be "
        "correct.",
    ),
    "L003": Code(
        "the class axis is elsewhere",
        "The classes are not on the axis where the loss expects them: the last one, unless `axis` names "
        "another. In torch, images and sequences have their classes on axis 1. If the two axes happen to "
        "have the same length, the mistake cannot be detected, and the loss compares pixels where it "
        "should compare classes. Pass `axis=1`; there is no need to move the axis.",
    ),
    "L004": Code(
        "arrays from different libraries",
        "The arrays of one call come from different libraries. Converting one of them silently would copy "
        "it, perhaps across devices, and detach it from automatic differentiation. Convert it yourself "
        "with `from_dlpack` or `asarray`. JAX accepts NumPy arrays, so that pair is allowed; Python "
        "numbers and NumPy scalars work with every library.",
    ),
    "L005": Code(
        "not an array that a loss can take",
        "An argument is not an array that the loss can take: a list, None, a masked, sparse, nested or "
        "quantized array, a column of a table, numbers with a unit, complex numbers, text, random keys or "
        "long doubles; or it holds numbers where a boolean mask is expected, or floating-point class ids. "
        "Guessing the intent is not safe: a list may be one array or several, a masked array would lose "
        "its mask, a column its index and a quantity its unit, and 1.7 is not a class id. Convert the "
        "argument before the call; the message names it and the conversion.",
    ),
    "L006": Code(
        "no such derivative",
        "The loss does not have the requested derivative in this form. If every input affects the losses "
        "of all examples, the second derivative is a full matrix, and its diagonal would mislead; for some "
        "losses only part of the second derivative is implemented. Use `value_and_grad`, or let JAX or "
        "torch differentiate twice.",
    ),
    "L007": Code(
        "no examples",
        "There are no examples to diagnose: the arrays are empty, or `where` masks out everything. A loss "
        "over no examples is 0 by definition, but a diagnosis would be a guess. Usually a filter removed "
        "every row, or a mask was inverted.",
    ),
    "L008": Code(
        "the wrong kind of loss",
        "An adapter or a transformation cannot use this loss: it takes probabilities where raw scores are "
        "passed, it is for two classes and the estimator has ten, it takes more than the two arrays that a "
        "framework passes, or it is not a lossary function at all. A loss's name tells you what it takes: "
        "`sigmoid_` and `softmax_` losses take logits. The message names losses that fit. A lambda that "
        "adds two losses is not a loss; wrap a function that adds calls in `lossary.kernel.loss`.",
    ),
    "L009": Code(
        "a loss declared incorrectly",
        "A loss made with lossary.kernel does not do what its kernel declares. Its signature is malformed "
        "or does not match the number of arrays in `takes`; or a formula cannot be called with these "
        "arrays, does not accept a parameter, or returns one number instead of one loss per example. The "
        "engine relies on the declaration, so a wrong one would silently compute something else. The "
        "message names the part that is wrong.",
    ),
    "L010": Code(
        "NaN among the predictions",
        "Some predictions are NaN. One NaN makes the mean loss NaN, and its gradient turns every parameter "
        "into NaN at the next step, so training never recovers. Check the inputs of these examples first: "
        "NaN in, NaN out. If the inputs are fine, the cause is an overflow, a division by zero or a step "
        "that was too large, and diagnose_history shows at which step. The rest of the report leaves these "
        "examples out.",
    ),
    "L011": Code(
        "NaN among the targets",
        "Some targets are NaN, which often marks missing values. An unknown target has no loss, and a mean "
        "over it is NaN. Mask these examples out with where=~np.isnan(targets); the loss then ignores "
        "them, in its value and in its gradient. Do not replace NaN by 0, which would be a label. The rest "
        "of the report leaves these examples out.",
    ),
    "L012": Code(
        "a derivative that is not finite",
        "A gradient or curvature is NaN or infinite. Boosting libraries sum derivatives in their leaves "
        "and accept NaN silently: the model stays constant, and nothing tells you why. First look for NaN "
        "in the targets and weights. If the raw predictions diverged, the steps were too large: lower the "
        "learning rate, or start from `init_score`.",
    ),
    "L013": Code(
        "an array library that lacks what losses need",
        "A loss accepts arrays of any library that follows the array API standard, and computes with that "
        "library's own functions. This library follows a version of the standard older than 2023.12, in "
        "which libraries cannot report their dtypes, or it lacks a function that this loss needs. Upgrade "
        "the library if a newer release exists; otherwise pass NumPy arrays, made with `np.asarray(x)` or "
        "`np.from_dlpack(x)`.",
    ),
    "L014": Code(
        "a keyword that the loss does not have",
        "A loss was called with a keyword that it does not have, or with a parameter by position. Other "
        "libraries use other names: `sample_weight` is `weights` here, `y_pred` is the first argument, and "
        "`where` does what `ignore_index` does. The message names the equivalent. Parameters are passed by "
        "name, because other libraries have different parameters in the same position.",
    ),
    "L101": Code(
        "labels outside [0, 1]",
        "A label must be a probability, or one of two values, and this one is neither. Outside [0, 1] a "
        "cross-entropy is negative for confident predictions and has no minimum: training lowers it "
        "forever while the model learns nothing. Common causes are labels of -1 and 1, labels that count "
        "from 1, masks from 0 to 255, and markers such as -1 for a missing label. Map the labels to 0 and "
        '1, or mask missing labels out with `where`. Losses that have `labels_in="pm1"` accept labels '
        "between -1 and 1 with that option.",
    ),
    "L102": Code(
        "logits where probabilities are expected",
        "A loss on probabilities, or on their logarithms, got values that are not probabilities. Usually "
        "they are logits, the scores before a sigmoid or a softmax. Clipping them into range hides the "
        "mistake: clipped values have no gradient, so the model learns nothing from the examples it gets "
        "most wrong. Use the loss whose name begins with `sigmoid` or `softmax`; it takes logits and stays "
        "accurate for extreme ones. The reverse also happens: with a built-in objective, a boosting "
        "library passes probabilities to a metric that takes logits.",
    ),
    "L103": Code(
        "probabilities where logits are expected",
        "The values passed as logits all lie between 0 and 1, and the targets are far more likely if these "
        "values are probabilities: the model ends in a sigmoid, and the loss applies another one. After "
        "two sigmoids every probability lies between 0.5 and 0.7311, so nothing can be predicted negative, "
        "and the loss has a floor: log(1 + 1/e) = 0.3133 for each positive and log 2 = 0.6931 for each "
        "negative target. Training still works, but slowly and badly, so the mistake is easy to miss. "
        "Remove the last sigmoid and keep the loss on logits, which is also more accurate; or use the loss "
        "on probabilities.",
    ),
    "L104": Code(
        "class ids passed to a binary loss",
        "A binary loss got labels that are class ids. One probability per example cannot tell ten classes "
        "apart: a label of 7 pushes it up seven times as hard, and the loss falls below zero without end. "
        "Use a softmax loss, with one score per class; or compare the labels with one class to predict "
        "whether an example belongs to it.",
    ),
    "L110": Code(
        "a class id that does not exist",
        "A class id is negative, or not less than the number of classes. Array libraries handle this "
        "differently: some wrap around to another class, some read arbitrary memory, some return NaN. If "
        "ids count from 1, use `labels - 1`; if ids such as -100 mark padding, pass `where=labels != "
        "-100`; otherwise the class axis is too short.",
    ),
    "L111": Code(
        "rows that do not sum to 1",
        "Rows that should be distributions over the classes do not sum to 1. The cross-entropy of such "
        "rows is not lowest at the true distribution: the model can lower it by scaling all predictions up "
        "or down. If an example may have several labels, use a sigmoid loss; if rows should count "
        "differently, use `weights`. If predicted probabilities do not sum to 1, they were not normalized, "
        "or the classes are on another axis.",
    ),
    "L112": Code(
        "softmax applied twice",
        "Each row of the logits sums to 1: the model ends in a softmax, and the loss applies another one. "
        "After both, the largest possible probability is e/(e + K - 1) for K classes, so the loss cannot "
        "fall below log(1 + (K - 1)/e), however good the model: 1.4612 for 10 classes, 3.6222 for 100 "
        "classes, 5.9095 for 1,000. The ranking of the classes, and so the accuracy, does not change, "
        "which hides the mistake. Remove the last softmax and keep the loss on logits; or use the loss on "
        "probabilities.",
    ),
    "L113": Code(
        "predicted classes instead of scores",
        "The predictions are classes, as returned by `predict` or an argmax, not scores or probabilities. "
        "A class does not tell how confident the model is. Such predictions have no gradient and no "
        "ranking; they are only right or wrong. Pass the scores that the class was chosen from: "
        "`predict_proba`, `decision_function`, or a network's logits.",
    ),
    "L120": Code(
        "a quantity outside its domain",
        "A count, rate, variance, distance or amount is outside the range where the loss is defined; "
        "usually it is negative. There the formula has no value or no minimum. Common causes are a "
        "logarithm passed instead of the quantity itself, such as a log-rate for a rate; a negative marker "
        "for missing values, which `where` should mask out; or noise that pushed an amount below zero.",
    ),
    "L130": Code(
        "a parameter outside its range",
        "A parameter has an invalid value: a `label_smoothing` of 10 meant as ten percent, a negative "
        "`gamma`, a `reduction` that does not exist, an axis that the array does not have. Some libraries "
        "compute something anyway; with a smoothing above 1, for example, they swap the classes. The "
        "message lists the valid values. Parameters that are arrays are checked like labels.",
    ),
    "L201": Code(
        "probabilities of exactly 0 or 1",
        "Probabilities of exactly 0 or 1 usually come from rounding: in float32, the sigmoid of every "
        "logit above 17 is 1. If such a probability is wrong, its loss is infinite; libraries that report "
        "a finite number have clipped it: Keras at 1e-7 (16.1), scikit-learn at 2.2e-16 (36.0), torch at a "
        "loss of 100. A rounded probability also has no gradient. Use a loss on logits. For votes or tree "
        "leaves, where 0 of n is a real count, use (k + 1)/(n + 2).",
    ),
    "L202": Code(
        "beyond the range of the dtype",
        "A finite number exceeds the largest value of the dtype in which the loss is computed, and would "
        "become infinite. This happens with float64 weights, parameters or labels next to predictions of "
        "lower precision; float16 and bfloat16 predictions are computed in float32, which reaches 3.4e38. "
        "An infinite weight makes every sum infinite or NaN. Scale the numbers, or pass float64 "
        "predictions.",
    ),
    "L203": Code(
        "unsigned integers, whose differences wrap around",
        "Predictions or targets are unsigned integers, such as image pixels. In unsigned arithmetic 3 - 5 "
        "is 254, so an error that you compute outside a loss is wrong wherever it should be negative. The "
        "losses here convert integers to floating-point numbers before they subtract. Convert pixels "
        'early, as in `image.astype("float32") / 255`.',
    ),
    "L301": Code(
        "negative weights",
        "The weight of an example or of a class is negative. An example with a negative weight is rewarded "
        "for being wrong: the loss has no minimum, and training makes that example worse and worse. "
        "Usually the weights come from a difference or a correlation. Shift or clip them before the call; "
        "mask out examples that should not count with `where`.",
    ),
    "L302": Code(
        "weights that sum to 0",
        "All weights that are not masked out are 0, and a weighted mean divides by their sum. A weight of "
        "0 is not a mask: the example is present but does not matter, so there is no mean to return. "
        "Usually a mask was inverted, or class weights were looked up for the wrong classes. An empty "
        "selection by `where` is different: its mean is 0. Inside `jax.jit`, where weights cannot be read, "
        "the result is 0.",
    ),
    "L303": Code(
        "weights whose mean is not 1",
        "The mean of the weights is not 1. A plain mean then differs from the weighted mean by that "
        "factor, and so do the gradient and the optimizer's steps: in effect, the learning rate changes. "
        "It also makes losses incomparable with unweighted runs. Divide the weights by their mean, or use "
        'reduction="weighted_mean". The effective size, (Σw)²/Σw², is the number of equally weighted '
        "examples that would carry as much information.",
    ),
    "L401": Code(
        "only one class",
        "All targets belong to one class; in multilabel data, this holds for at least one label. A "
        "constant prediction then has a loss of 0, so no number says anything about the model: there are "
        "no pairs to rank and no base rate to beat. This happens when data sorted by class are split "
        "without shuffling, when a filter removes a class, or in small samples with a rare class. Shuffle "
        "before splitting, and stratify by the targets. The finding is a warning if the model itself "
        "considers so one-sided a sample nearly impossible, and a note otherwise.",
    ),
    "L402": Code(
        "a rare class",
        "Less than 5 % of the examples belong to this class. That is not a mistake, but low losses and "
        "high accuracies come for free: always predicting the base rate has a loss far below log 2, and "
        'always predicting "no" is right most of the time. Compare the loss with that of the base rate, '
        "and judge by average precision or by the costs of both kinds of mistakes. Initialize the last "
        "bias to the log-odds of the base rate. Reweighting distorts the predicted probabilities; moving "
        "the decision threshold does not.",
    ),
    "L403": Code(
        "the same prediction for all examples",
        "All predictions are the same: the model ignores its input. If the value is the base rate, it is "
        "the best possible prediction without input, and the loss is the entropy of the base rate; if it "
        "is ½, the model has learned nothing at all. Look for dead units, saturated activations, inputs "
        "that are all equal or not scaled, detached gradients, or a learning rate that killed the network "
        "in the first steps. Train on ten examples until the loss is 0 to see whether the model can learn "
        "anything.",
    ),
    "L404": Code(
        "predictions reversed",
        "Positives get lower predictions than negatives, by far more than chance; or, with several "
        "classes, the columns would fit much better in another order. The model has learned something and "
        "predicts the opposite. Usually one side counts the other class as 1, the column of class 0 was "
        "taken for that of class 1, or names were mapped to ids in different orders, such as "
        "alphabetically in one place and by appearance in the other. Find the cause and fix it there; do "
        "not just flip the sign.",
    ),
    "L405": Code(
        "predictions unrelated to the targets",
        "The predictions are confident, but they fit these targets no better than those of other rows. "
        "Usually the two are in different orders: a loader with shuffle=True was run twice, a table was "
        "sorted or filtered on one side, or a join lost an index. A model that has memorized noise looks "
        "the same on new examples: check on the training data which of the two it is. The test compares "
        "ranks, so a single extreme prediction does not matter.",
    ),
    "L406": Code(
        "worse than a constant",
        "The loss is higher than that of always predicting the base rate, by more than chance. Whatever "
        "the model has learned, it does harm on these examples. If the model does better on the training "
        "data, it has memorized them, or these examples come from another distribution. If calibration "
        "were the cause, you would see L407 instead. Until this is fixed, the base rate is the better "
        "model.",
    ),
    "L407": Code(
        "over- or underconfident",
        "Scaling and shifting the logits, with values fitted to these targets, lowers the loss "
        "significantly. A slope below 1 means that the probabilities are too extreme (overconfident, as "
        "after long training). A slope above 1 means that they are too close to the base rate "
        "(underconfident, as after strong regularization, label smoothing or focal losses). A shift means "
        "that they are too low or too high throughout, as after training on resampled or reweighted "
        "classes. None of this changes the ranking, so AUC, and usually accuracy, do not show it. Fit "
        "slope and shift on held-out data and apply them, or stop training earlier. The finding is only a "
        "note if the possible gain is below 1 % of the difference between the base rate's loss and the "
        "best possible loss.",
    ),
    "L408": Code(
        "few examples carry the loss",
        "A few examples account for much of the loss: the model gave their labels a probability below one "
        "in a thousand, far more often than it expected to. If the model is good otherwise, most of these "
        "labels are wrong, or the examples are unlike the others. report.worst(20) lists them; look at "
        "them before you change the model. A few wrong labels also make a good model look overconfident, "
        "so this finding hides L407.",
    ),
    "L409": Code(
        "too good to be true",
        "Every example is right, and the loss is close to 0. Few problems are that easy. More often a "
        "feature contains the target or something that is known only afterward; the training set contains "
        "some of these examples, or others of the same patient, user or picture; or these are predictions "
        "on the training set. Train without the most important feature: if the loss is then as high as you "
        "would expect, find out where that feature comes from. If the problem really is that easy, ignore "
        "the code.",
    ),
    "L501": Code(
        "a negative loss",
        "The loss is negative. A cross-entropy with targets in [0, 1] is at least the entropy of the "
        "targets, so it is never negative, whatever the probabilities; small probabilities cannot be the "
        "cause. The targets are outside [0, 1], usually {1, 2}, {-1, 1}, 0 to 255 or class ids, and the "
        "loss has no minimum: it keeps falling while the predictions run to infinity. Call "
        "diagnose(predictions, targets, ...) on one batch to find out which it is. Negative losses are "
        "valid for densities, as in gaussian_nll: ignore the code for these.",
    ),
    "L502": Code(
        "NaN or infinity in the curve",
        "The loss becomes NaN or infinite at some step, and NaN never goes away again. If the loss rose "
        "before, the steps were too large until a number overflowed: lower the learning rate, add a "
        "warm-up, or clip the gradients. If it was fine one step earlier, a single batch caused it: log(0) "
        "of a rounded probability, 0/0 in a normalization, or NaN in the data; losses on logits have no "
        "log(0). If it is NaN from the first step, check the inputs and the targets. float16 overflows "
        "above 65,504.",
    ),
    "L503": Code(
        "a plateau at a well-known number",
        "The last third of the curve is flat, at a number with a known meaning. log 2 = 0.6931 or log K: "
        "the model always predicts ½ or 1/K, and learns nothing. The entropy of the base rate: only the "
        "last bias is learned, and the input has no influence. log(1 + (K - 1)/e): softmax applied twice, "
        "with perfect predictions. The entropy of smoothed labels: this is the lowest possible loss, and "
        "all is well. `lossary explain 0.6931` explains such numbers.",
    ),
    "L504": Code(
        "overfitting",
        "The validation loss has risen above its minimum by more than its noise, while the training loss "
        "kept falling. From the minimum on, the model memorizes its examples. The first sign is "
        "overconfidence: the accuracy may still improve. Keep the parameters of the best epoch, stop "
        "earlier, or regularize. If the accuracy did improve, recalibrating the logits on held-out data "
        "brings the loss back down.",
    ),
    "L505": Code(
        "diverging",
        "The training loss ends far above its lowest value, by more than its noise, and stays there; or "
        "the validation loss ends above its start. Steps that overshoot make the gradients larger, which "
        "makes the next steps larger still. Divide the learning rate by three, add a warm-up, or clip the "
        "gradient norm. If the loss jumps at one step, look at the data of that batch. If only the "
        "validation loss diverges, the model is growing more and more confident in its mistakes.",
    ),
}
