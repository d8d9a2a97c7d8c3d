"""Negative log-likelihoods."""

import math

from tests.peers import Differs, Equal

REDUCTIONS = ["mean", "sum", "none"]
RATES = {"x": [0.5, 1.0, 2.5, 30.0, 7.0], "y": [0.0, 1.0, 4.0, 28.0, 0.0]}
LOG_RATES = {"x": [-3.0, 0.0, 0.5, 3.5, 2.0], "y": [0.0, 1.0, 4.0, 28.0, 0.0]}
NORMAL = {"x": [-1.0, 0.5, 2.0, 3.0], "y": [0.0, 0.5, -2.0, 2.5], "v": [0.25, 1.0, 4.0, 0.01]}
AMOUNTS = {"x": [0.5, 2.0, 8.0, 30.0], "y": [0.75, 1.0, 12.0, 10.0], "w": [1.0, 0.5, 2.0, 0.0]}
ONE = {"x": [1.0], "y": [2.0]}
_CLAMPED = "Variances are clamped at 1e-6 (`eps`)"

EQUALS = [
    Equal(
        "F.poisson_nll_loss(x, y, reduction=reduction)",
        "lossary.log_poisson(x, y, reduction=reduction)",
        LOG_RATES,
        {"reduction": REDUCTIONS},
        note="The default takes logarithms of rates, unlike `keras.losses.poisson`.",
    ),
    Equal(
        "F.poisson_nll_loss(x, y, log_input=False, reduction=reduction)",
        "lossary.poisson(x, y, reduction=reduction)",
        RATES,
        {"reduction": REDUCTIONS},
        note="Adds 1e-8 (`eps`) to the rates. For `full=True` use `constant=True`, which is exact.",
    ),
    Equal(
        "F.gaussian_nll_loss(x, y, v, full=full, reduction=reduction)",
        "lossary.gaussian_nll(x, y, v, constant=full, reduction=reduction)",
        NORMAL,
        {"full": [False, True], "reduction": REDUCTIONS},
        note=f"{_CLAMPED}.",
    ),
    Equal(
        "keras.losses.poisson(y, x)",
        "lossary.poisson(x, y, over=-1)",
        RATES,
        note="Targets come first, and the function averages over the last axis only. Adds 1e-7 to the rates.",
    ),
    Equal(
        "sklearn.metrics.mean_poisson_deviance(y, x, sample_weight=w)",
        "2 * (lossary.poisson(x, y, weights=w, reduction='weighted_mean')"
        " - lossary.poisson(y, y, weights=w, reduction='weighted_mean'))",
        {**RATES, "w": [1.0, 0.5, 2.0, 0.0, 3.0]},
        note="Targets come first. Twice the difference from the loss of a perfect prediction.",
        rtol=1e-5,
    ),
]

_DISTRIBUTION = "torch has the distribution but no loss. `constant=False` keeps only what training needs."
EQUALS += [
    Equal(
        "sklearn.metrics.mean_gamma_deviance(y, x, sample_weight=w)",
        "2 * (lossary.log_gamma_nll(np.log(x), y, weights=w, reduction='weighted_mean')"
        " - lossary.log_gamma_nll(np.log(y), y, weights=w, reduction='weighted_mean'))",
        AMOUNTS,
        note="Targets come first. Twice the difference from the loss of a perfect prediction.",
        rtol=1e-5,
    ),
    Equal(
        "sklearn.metrics.mean_tweedie_deviance(y, x, power=power, sample_weight=w)",
        "2 * (lossary.log_tweedie(np.log(x), y, variance_power=power, weights=w, reduction='weighted_mean')"
        " - lossary.log_tweedie(np.log(y), y, variance_power=power, weights=w, reduction='weighted_mean'))",
        AMOUNTS,
        {"power": [1.25, 1.5, 1.75]},
        note="Targets come first. Twice the difference from the loss of a perfect prediction.",
        rtol=3e-5,  # of losses of 20, in float32
    ),
    Equal(
        "torch.distributions.NegativeBinomial(1 / a, logits=(a * x).log()).log_prob(y).neg()",
        "lossary.negative_binomial(x, y, a, constant=True, reduction='none')",
        {**RATES, "a": [0.5, 1.0, 0.25, 2.0, 0.1]},
        note=" Its first parameter is the inverse of the dispersion. Its logits are those of SciPy's 1 - p.",
        rtol=1e-5,
    ),
    Equal(
        "torch.distributions.StudentT(df, x, v).log_prob(y).neg()",
        "lossary.student_t_nll(x, y, v, df=df, constant=True, reduction='none')",
        NORMAL,
        {"df": [1.0, 4.0]},
        note=_DISTRIBUTION,
    ),
    Equal(
        "torch.distributions.Laplace(x, v).log_prob(y).neg()",
        "lossary.laplace_nll(x, y, v, constant=True, reduction='none')",
        NORMAL,
        note=_DISTRIBUTION,
    ),
    Equal(
        "torch.distributions.kl_divergence(torch.distributions.Normal(x, v.sqrt()),"
        " torch.distributions.Normal(0.0, 1.0))",
        "lossary.gaussian_kl_divergence(x, v, reduction='none')",
        NORMAL,
        note="lossary takes variances, torch standard deviations.",
        rtol=1e-5,
    ),
]

DIFFERS = [
    Differs(
        "torch.distributions.NegativeBinomial(1 / a, logits=(a * x).log()).log_prob(y).neg()",
        "lossary.negative_binomial(x, y, a, constant=True)",
        {"x": [2.0], "y": [3.0], "a": [1e-8]},
        1.7123179375482190,
        "Large log-gammas are subtracted: near the Poisson distribution, the difference has no"
        " correct digits.",
    ),
    Differs(
        "torch.distributions.StudentT(df, x, v).log_prob(y).neg()",
        "lossary.student_t_nll(x, y, v, df=df, constant=True)",
        {"x": [3.0], "y": [0.0], "v": [2.0], "df": 1e8},
        2.7370857148583681,
        "Large log-gammas are subtracted: near the normal distribution, the difference has no"
        " correct digits.",
    ),
    Differs(
        "F.poisson_nll_loss(x, y, log_input=False, full=True)",
        "lossary.poisson(x, y, constant=True)",
        ONE,
        1 + math.log(2),
        "The constant is Stirling's approximation without its correction, and 0 for counts up to 1.",
    ),
    Differs(
        "F.poisson_nll_loss(x, y, full=True)",
        "lossary.log_poisson(x, y, constant=True)",
        {"x": [0.0], "y": [3.0]},
        1 + math.log(6),
        "The constant is Stirling's approximation without its correction, and 0 for counts up to 1.",
    ),
    Differs(
        "F.poisson_nll_loss(x, y, log_input=False)",
        "lossary.poisson(x, y)",
        {"x": [1e-30], "y": [1.0]},
        30 * math.log(10),
        "1e-8 is added to the rates inside the logarithm, so no count is very unlikely.",
    ),
    Differs(
        "keras.losses.poisson(y, x)",
        "lossary.poisson(x, y)",
        {"x": [0.0], "y": [1.0]},
        math.inf,
        "1e-7 is added to the rates inside the logarithm, so an impossible count costs 16.",
    ),
    Differs(
        "F.gaussian_nll_loss(x, y, v)",
        "lossary.gaussian_nll(x, y, v)",
        {"x": [1.0], "y": [0.0], "v": [1e-10]},
        0.5 * (1e10 - 10 * math.log(10)),
        f"{_CLAMPED}, so the loss does not show how wrong an overconfident prediction is.",
    ),
    Differs(
        "F.gaussian_nll_loss(x, y, v)",
        "lossary.gaussian_nll(x, y, v, reduction='sum')",
        {"x": [1.0], "y": [0.0], "v": [1e-10]},
        [1e10],
        f"{_CLAMPED}, so the gradient in the prediction is 10,000 times too small.",
        gradient=True,
    ),
    Differs(
        "F.gaussian_nll_loss(x, y, v)",
        "lossary.gaussian_nll(x, y, v)",
        {"x": [1.0], "y": [0.0], "v": [0.0]},
        math.inf,
        f"{_CLAMPED}, so a certain and wrong prediction costs only 499,993.",
    ),
]
