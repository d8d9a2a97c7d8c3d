"""`lossary explain`, `list`, `show` and `doctor` as processes."""

import importlib.util
import re

import numpy as np
import pytest

import lossary as library
from lossary._codes import CODES
from lossary.cli import main
from lossary.cli._list import FAMILIES, members, summary
from lossary.cli._show import _blocks
from lossary.cli._show_formula import readable
from lossary.cli._show_lines import curves
from tests.catalogue import losses
from tests.test_cli_diagnose import lossary


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        ("0.6931", "= log 2: a model that always predicts ½"),
        ("0.693147", "= log 2:"),
        ("0.69", "= log 2:"),
        ("2.3026", "= log 10: a model that always predicts 1/10 for each of 10 classes"),
        ("6.9078", "= log 1000:"),
        ("1.4612", "softmax applied twice, with 10 classes"),
        ("3.6222", "softmax applied twice, with 100 classes"),
        ("0.5032", "sigmoid applied twice, with 50 % positive targets"),
        ("0.1985", "label_smoothing=0.1 and 2 classes"),
        ("0.1567", "always predicts the base rate, if 3.65 % are positive"),
        ("16.118", "clipped at 1e-7, as in Keras"),
        ("36.0437", "scikit-learn's log_loss"),
        ("100", "torch's binary_cross_entropy"),
        ("0.25", "Brier"),
        ("-1.5", "L501: a negative loss"),
        ("7.77", "is not a value at which losses are known to get stuck"),
        ("L103", "L103: probabilities where logits are expected"),
        ("l103", "the last sigmoid"),
    ],
)
def test_explain(capsys, number, meaning):
    assert main(["explain", number]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert meaning in " ".join(out.split())


@pytest.mark.parametrize("what", ["L999", "flocal", "nan", "inf", "1e400"])
def test_explain_what_it_does_not_know(tmp_path, what):
    done = lossary(tmp_path, "explain", what)
    assert done.returncode == (2 if what in ("L999", "flocal") else 0)
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert f"{what!r} is not a number, a code or a name from another library; codes: L001" in done.stderr


@pytest.mark.parametrize("code", CODES)
def test_numbers_in_the_texts_of_codes_are_right(code):
    """Each of the four-digit numbers is one that `explain` knows as well."""
    from lossary.diagnosis import known_losses

    for number in re.findall(r"\b\d\.\d{4}\b", CODES[code].text):
        assert number == "0.7311" or number == "0.3133" or list(known_losses(float(number), 6e-5))


def test_list_names_every_loss(tmp_path):
    done = lossary(tmp_path, "list", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    listed = set(re.findall(r"^  (\w+)  +\w", done.stdout, re.MULTILINE))
    assert listed >= {name for family in losses().values() for name in family}
    done = lossary(tmp_path, "list", "--family", "lists")
    assert done.stdout.startswith("lists\n  cox  ")
    assert lossary(tmp_path, "list", "--family", "nothing").returncode == 2


@pytest.mark.parametrize("name", [name for family in FAMILIES for name in members(family)])
def test_every_loss_can_be_shown(name):
    """No LaTeX and no markup is left in the text."""
    loss = getattr(library, name)
    text = "\n".join([*_blocks(name, loss), summary(loss)])
    assert text.startswith(f"lossary.{name}(")
    assert not re.search(r"\\[a-zA-Z]|:math:|`|⟨", text), text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\ell = \tfrac12 (x - y)^2", "ℓ = ½ (x - y)²"),
        (r"\sum_j t_j \log\frac{t_j}{p_j}", "Σⱼ tⱼ log(tⱼ / pⱼ)"),
        (r"\max\bigl(0,\, m - d\bigr)", "max(0, m - d)"),
        (r"e^{\gamma x}", "e^{γ x}"),
        (r"\begin{cases} a & x \le 0 \\ b & x > 0 \end{cases}", "a   if x ≤ 0\n    b   if x > 0"),
    ],
)
def test_formulas_as_text(latex, text):
    assert readable(latex) == text


@pytest.mark.parametrize("name", [name for family in losses().values() for name in family])
def test_every_loss_can_be_drawn(name):
    """Gradient and curvature along a line are the derivatives of what is drawn there, but at kinks."""
    for curve in curves(name, getattr(library, name)):
        assert np.isfinite(curve.value).all()
        for function, derivative in ((curve.value, curve.grad), (curve.grad, curve.hess)):
            if derivative is not None:
                error = np.abs(np.gradient(function, curve.x) - derivative) / (np.abs(derivative) + 1e-3)
                assert np.median(error) < 5e-3


def test_show(tmp_path):
    done = lossary(tmp_path, "show", "huber")
    assert (done.returncode, done.stderr) == (0, "")
    assert "lossary.huber(predictions, targets, delta=1.0)" in done.stdout
    assert "ℓ = ½ e²   if |e| ≤ δ" in done.stdout
    assert "F.huber_loss(x, y, delta=delta, reduction=reduction)" in done.stdout
    done = lossary(tmp_path, "show", "binary_foc")
    assert "(1-p)ᵞ" in done.stdout
    done = lossary(tmp_path, "show", "focal")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "did you mean binary_focal, categorical_focal, sigmoid_focal, sigmoid_quality_focal," in done.stderr
    )
    assert "`lossary list` shows all" in lossary(tmp_path, "show", "qqqqq").stderr


@pytest.mark.skipif(not importlib.util.find_spec("matplotlib"), reason="matplotlib is not installed")
@pytest.mark.parametrize("name", ["binary_focal", "softmax_cross_entropy", "nt_xent"])
def test_pictures(tmp_path, name):
    done = lossary(tmp_path, "show", name, "-o", "a.svg")
    assert (done.returncode, done.stdout) == (0, "written: a.svg\n")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count("<path") > 10
    done = lossary(tmp_path, "show", name, "-o", "a.svg")
    assert (done.returncode, done.stderr) == (2, "lossary show: a.svg exists; use --force to overwrite it\n")


@pytest.mark.skipif(not importlib.util.find_spec("matplotlib"), reason="matplotlib is not installed")
def test_what_has_no_picture(tmp_path):
    done = lossary(tmp_path, "show", "smooth_labels", "-o", "a.svg")
    assert done.returncode == 2
    assert "smooth_labels cannot be plotted over one number" in done.stderr
    assert "the name must end in .svg" in lossary(tmp_path, "show", "huber", "-o", "a.gif").stderr
    assert not list(tmp_path.iterdir())


def test_doctor(tmp_path):
    done = lossary(tmp_path, "doctor")
    assert done.returncode == 0, done.stdout
    assert f"lossary {library.__version__}, Python 3." in done.stdout
    for module in ("jax", "torch", "dask.array", "array_api_strict"):
        works = importlib.util.find_spec(module.partition(".")[0]) is not None
        assert re.search(rf"^{module} .*{'works' if works else 'not installed'}", done.stdout, re.MULTILINE)


def test_a_console_without_unicode(tmp_path):
    done = lossary(tmp_path, "explain", "0.6931", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "always predicts ?" in done.stdout
