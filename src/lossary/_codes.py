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
        "Predictions and labels stand in each other's place: the first array holds nothing but labels or "
        "counts, and the second numbers that no label is; or Keras, scikit-learn's `make_scorer` or an "
        "estimator of XGBoost calls the loss, which pass the labels first. Losses here take predictions "
        "first, as in torch and optax. A swapped loss has a value, and a gradient that trains something "
        "else. Exchange the two, pass them by name, as in `labels=...`, or use the adapter that the message "
        "names. The caller is looked at only when a loss meets arrays of a kind for the first time, and "
        "values are no proof where there is another reading, so silence proves nothing.",
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
        "An argument is not an array that the loss can take: a list, None, a masked, sparse, nested or "
        "quantized array, a column of a table, numbers with a unit, complex numbers, text, random keys or "
        "long doubles, numbers where a boolean mask is due, or floating class ids. What is meant by it "
        "cannot be told safely: a list may be one array or many, the mask of a masked array would be lost, "
        "so would a unit or the index of a column, and an id of 1.7 is none. Convert it before the call; "
        "the message names the argument and the conversion.",
    ),
    "L006": Code(
        "no such derivative",
        "A derivative was asked for that the loss does not have in this form. Where each input takes "
        "part in the losses of all examples, the second derivative is a full matrix, and its diagonal "
        "would mislead; for some losses only a part of the second derivatives is known. Take "
        "`value_and_grad`, or let JAX or torch differentiate twice.",
    ),
    "L007": Code(
        "nothing to look at",
        "There is no example to say anything about: the arrays are empty, or `where` masks everything. A "
        "loss of nothing is 0 by its definition, but a diagnosis of nothing would be a guess. Mostly a "
        "filter let nothing through, or a mask was inverted.",
    ),
    "L008": Code(
        "a loss that does not fit there",
        "An adapter or a transformation was given a loss that it has no use for: one of probabilities where "
        "there are raw scores, one of two classes for an estimator of ten, one of several arrays where a "
        "framework passes two, or a function that is none of lossary's. The name of a loss says what it "
        "takes: `sigmoid_` and `softmax_` take logits. The message names what would fit. Two losses added in "
        "a lambda are no loss: `lossary.kernel.loss` makes one of a function that adds calls.",
    ),
    "L009": Code(
        "a loss that is declared wrongly",
        "A loss that was made with lossary.kernel does not do what its kernel declares: the signature is "
        "malformed or has another number of arrays than `takes`, or a formula cannot be called with them, "
        "does not know a parameter that it is given, or returns one number where there should be a loss for "
        "each example. The engine goes by the declaration: with a wrong one it would compute something else, "
        "silently. The message says which part it is.",
    ),
    "L010": Code(
        "NaN among the predictions",
        "Some predictions are NaN. A single one makes the mean loss NaN, and its gradient spoils every "
        "parameter at the next step, so a training never recovers from it. Look at the inputs of these "
        "examples first: NaN in, NaN out. If the inputs are fine, an overflow, a division by zero or a step "
        "that was too large made it, and diagnose_history shows at which step. The examples are left out of "
        "the rest of a report.",
    ),
    "L011": Code(
        "NaN among the targets",
        "Some targets are NaN, which often marks what is missing. An unknown target has no loss, and a mean "
        "over it is NaN. Mask such examples out by where=~np.isnan(targets); a loss then treats them as not "
        "there, in its value and in its gradient. Do not replace NaN by 0: that would be a label. The "
        "examples are left out of the rest of a report.",
    ),
    "L012": Code(
        "a derivative that is not finite",
        "A gradient or curvature is NaN or infinite. Boosting libraries add up derivatives in their leaves "
        "and take NaN without a word: the model stays constant, and nothing says why. Look for NaN in the "
        "targets and weights first. If the raw predictions ran away, the steps were too large: lower the "
        "learning rate, or start from `init_score`.",
    ),
    "L013": Code(
        "an array library that lacks what losses are written in",
        "Arrays of any library that follows the array API standard can go into a loss, which is computed "
        "by that library's functions. This one follows a version of the standard before 2023.12, in which no "
        "library says which dtypes it has, or lacks a function that this loss needs. Take a newer release of "
        "the library, if there is one; otherwise give the loss NumPy arrays, by `np.asarray(x)` or "
        "`np.from_dlpack(x)`.",
    ),
    "L014": Code(
        "a keyword that the loss does not have",
        "A loss was called with a keyword that it does not have, or with a number by position. Other "
        "libraries call the same things otherwise: `sample_weight` is `weights` here, `y_pred` the first "
        "argument, and what `ignore_index` leaves out `where` does. The message names what is meant. "
        "Parameters go by name, as others have another one in the same place.",
    ),
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
        "logits and is exact at their ends. The other way round, a boosting library gives a metric beside a "
        "built-in objective probabilities where the loss takes logits.",
    ),
    "L103": Code(
        "probabilities where logits are due",
        "The values given as logits all lie between 0 and 1, and the targets are far likelier if they are "
        "probabilities: the model ends in a sigmoid, and the loss applies another one. After two sigmoids "
        "no probability is below 0.5 or above 0.7311, so nothing can be predicted negative, and the loss "
        "has a floor of log(1 + 1/e) = 0.3133 for each positive and log 2 = 0.6931 for each negative "
        "target. Training works, slowly and badly, which is why it is seldom noticed. Remove the last "
        "sigmoid and keep the loss of logits, which is also the accurate one; or take the loss of "
        "probabilities.",
    ),
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
    "L112": Code(
        "softmax applied twice",
        "Each row of the logits sums to 1: the model ends in a softmax, and the loss applies another one. "
        "The largest probability that comes out of both is e/(e + K - 1) for K classes, so that the loss "
        "cannot fall below log(1 + (K - 1)/e) however good the model: 1.4612 for 10 classes, 3.6222 for 100 "
        "classes, 5.9095 for 1,000. Ranks, and so the accuracy, are not changed, which hides the mistake. "
        "Remove the last softmax and keep the loss of logits; or take the loss of probabilities.",
    ),
    "L113": Code(
        "predicted classes in the place of scores",
        "The predictions are classes, as `predict` or an argmax returns them, not scores or probabilities. A "
        "class says nothing of how sure the model is: there is no loss of it that a training could lower, "
        "and no ranking, only right and wrong. Pass what the class was taken from: `predict_proba`, "
        "`decision_function`, or the logits of a network.",
    ),
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
    "L201": Code(
        "probabilities of exactly 0 or 1",
        "Probabilities of exactly 0 or 1 are rounded certainty: in float32 every logit beyond 17 becomes "
        "one. If such a probability is wrong its loss is infinite, and libraries that print a finite number "
        "have clipped it: Keras at 1e-7 (16.1), scikit-learn at 2.2e-16 (36.0), torch at a loss of 100. "
        "Where a probability was rounded there is no gradient either. Pass logits and the loss that takes "
        "them. Of votes or leaves, which are honestly 0 of n, use (k + 1)/(n + 2).",
    ),
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
    "L303": Code(
        "weights whose mean is not 1",
        "The mean of the weights is not 1. A mean over examples then is larger or smaller by that factor "
        "than the weighted mean, and so are the gradient and the steps of the optimizer: the learning rate "
        "is in effect another one. It also makes losses incomparable with those of unweighted runs. Divide "
        'the weights by their mean, or use reduction="weighted_mean". The effective size, (Σw)²/Σw², says '
        "how many equally weighted examples would be worth as much.",
    ),
    "L401": Code(
        "one class only",
        "All targets are of one class, or, of several labels, some are. A constant then has the loss 0, so "
        "that no number says anything about the model: there are no pairs to rank, and no base rate to "
        "beat. It happens when data sorted by class are split without shuffling, when a filter has removed "
        "a class, or in small samples of a rare one. Split with shuffling, stratified by the targets. It is "
        "a warning if the model itself thinks so one-sided a sample nearly impossible, and a note "
        "otherwise.",
    ),
    "L402": Code(
        "a rare class",
        "Less than 5 % of the examples are of this class. Nothing is wrong with that, but small losses and "
        "high accuracies come for free: always saying the base rate has a loss far below log 2, and always "
        "saying no is right most of the time. Compare the loss with that of the base rate, and judge by "
        "average precision or by the costs of both mistakes. Start the last bias at the log-odds of the "
        "base rate. Reweighting changes the probabilities that the model gives; a threshold can be changed "
        "without.",
    ),
    "L403": Code(
        "the same prediction for all",
        "All predictions are the same: the model does not see its input. If the value is the base rate, it "
        "is what is best without input, and the loss is the entropy of the base rate; if it is ½, nothing "
        "was learnt at all. Look for dead units, saturated activations, inputs that are all equal or not "
        "scaled, gradients that were detached, or a learning rate that killed the network in the first "
        "steps. Training on ten examples until the loss is 0 tells whether the model can learn anything.",
    ),
    "L404": Code(
        "predictions the wrong way round",
        "Positives get lower predictions than negatives, by far more than chance; or, of several classes, "
        "another order of the columns would fit much better. The model has learnt something and says the "
        "opposite. Usually one side counts the other class as 1, the column of class 0 was taken for that "
        "of class 1, or names were mapped to ids in another order, such as alphabetical in one place and by "
        "appearance in the other. Find out where, and mend it there; do not only change the sign.",
    ),
    "L405": Code(
        "predictions unrelated to the targets",
        "The predictions claim to know something, but they fit these targets no better than those of other "
        "rows. The usual cause is that both are in different orders: a loader with shuffle=True was run "
        "twice, a table was sorted or filtered on one side, an index was lost in a join. A model that has "
        "learnt noise by heart looks the same on new examples: check on the training data which of both it "
        "is. The test compares ranks, so that single extreme predictions do not matter.",
    ),
    "L406": Code(
        "worse than a constant",
        "The loss is higher than that of always saying the base rate, by more than chance allows. Whatever "
        "the model has learnt, on these examples it does harm. If it is better on the training data, it has "
        "learnt those by heart, or these data come from elsewhere. If calibration were the cause, L407 "
        "would say so instead. Until it is mended, the base rate is the better model.",
    ),
    "L407": Code(
        "over- or underconfident",
        "Logits times a slope plus a shift, fitted to these targets, have a much lower loss. A slope below "
        "1 means that the probabilities are too extreme (overconfident, as long training makes them), one "
        "above 1 that they are too timid (strong regularisation, label smoothing, focal losses); a shift "
        "means too low or too high throughout, as after training on resampled or reweighted classes. Ranks "
        "do not change by this, so AUC and mostly accuracy do not show it. Fit the slope and the shift on "
        "held-out data and apply them, or train with early stopping. It is a note where the loss to be "
        "gained is below 1 % of what the model could gain at all.",
    ),
    "L408": Code(
        "few examples carry the loss",
        "Few examples carry much of the loss: the model gave their labels less than one chance in a "
        "thousand, far oftener than it expected to. If the model is good otherwise, most of these labels "
        "are wrong, or the examples are unlike the others. report.worst(20) lists them; look at them before "
        "changing the model. A few wrong labels also make a good model look overconfident, which is why "
        "L407 is hidden behind this.",
    ),
    "L409": Code(
        "too good to be true",
        "Every example is right, and the loss is next to nothing. Few problems are as easy. More often a "
        "feature holds the target, or something that is known only after it; examples, or others of the same "
        "patient, user or picture, are in the training set as well; or the predictions are those of the "
        "training set. Train without the most important feature: if the loss is what one would expect then, "
        "look at where that feature comes from. If the problem is as easy, ignore the code.",
    ),
    "L501": Code(
        "a negative loss",
        "The loss is negative. A cross-entropy with targets in [0, 1] is at least the entropy of the "
        "targets, so it never is, whatever the probabilities are; small probabilities cannot be the cause. "
        "The targets are outside [0, 1], most often {1, 2}, {-1, 1}, 0 to 255 or class ids, and the loss "
        "has no minimum: it will go on falling while the predictions run to infinity. diagnose(predictions, "
        "targets, ...) on one batch says which it is. Densities, as in gaussian_nll, may have negative "
        "losses: ignore the code for these.",
    ),
    "L502": Code(
        "NaN or infinity in the curve",
        "The loss is NaN or infinite from some step on, and NaN never goes away again. If the loss rose "
        "before, steps were too large until a number overflowed: a smaller learning rate, a warm-up or "
        "clipped gradients help. If it was fine one step before, a single batch did it: log(0) of rounded "
        "probabilities, 0/0 in a normalisation, or NaN in the data; losses of logits have no log(0). If it "
        "is NaN from the first step on, look at the inputs and the targets. In float16, that is all "
        "beyond 65,504.",
    ),
    "L503": Code(
        "a plateau at a well-known number",
        "The last third of the curve neither falls nor rises, and lies on a number that has a name. log 2 = "
        "0.6931 or log K: the model always says ½ or 1/K, and nothing is learnt. The entropy of the base "
        "rate: only the last bias is learnt, the input has no influence. log(1 + (K - 1)/e): softmax "
        "applied twice, with perfect predictions. The entropy of smoothed labels: this is the least that is "
        "possible, and all is well. `lossary explain 0.6931` names such numbers.",
    ),
    "L504": Code(
        "overfitting",
        "The validation loss was lowest some time ago and has risen since by more than its noise, while the "
        "training loss went on falling. From there on the model learns its examples by heart, first in that "
        "it becomes overconfident: the accuracy may still improve. Keep the parameters of the best epoch, "
        "stop earlier, or regularise. If the accuracy did improve, recalibrating the logits on held-out "
        "data gives the lost part of the loss back.",
    ),
    "L505": Code(
        "diverging",
        "The training loss ends far above its lowest value, by more than its noise, and stays there; or the "
        "validation loss ends above its start. Steps that overshoot make gradients larger, and these the "
        "next steps. Take a learning rate a third as large, a warm-up, or clip the norm of the gradients. A "
        "jump at one step points at one batch: look at its data. For the validation loss alone it means "
        "that the model is ever surer of what it gets wrong.",
    ),
}
