"""One session per array library, all on the same tests; other sessions read the code without running it.

`nox` runs them all. In the library sessions a missing library is an error: nothing is skipped because it is
not installed. Most sessions share one environment with every library. NumPy alone, the lowest versions, the
site, and the sessions that read the code have environments of their own.
"""

import os
import shutil
from functools import partial
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False  # nox names it and goes on

# Keep what Python compiled and pytest rewrote; otherwise each of a hundred processes does it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PROJECT = Path("pyproject.toml").read_text(encoding="utf-8")
GROUPS = nox.project.load_toml("pyproject.toml")["dependency-groups"]
PROGRAMS = "Scripts" if os.name == "nt" else "bin"
PAGES_OF_INTEGRATIONS = ("boosting", "huggingface", "jax", "sharding", "sklearn", "torch")
"""Their examples run in the session of the library they show."""
PAGE_OF_MLX = "docs/mlx.md"
PAGE_OF_CUBED = "docs/guides/larger-than-memory.md"
PAGES_OF_TENSORFLOW = ("docs/tensorflow.md", "docs/why/negative-loss-tensorflow.md", "README.md")
PAGE_OF_ONNX = "docs/guides/onnx.md"
DIAGNOSIS = (
    *("tests/test_diagnose.py", "tests/test_diagnose_history.py", "tests/test_check_loss.py"),
    *("tests/test_cli_diagnose.py", "tests/test_cli_words.py"),
)
PROSE = ("src", "docs", "tests", "bench", "noxfile.py", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""In American spelling, and without the words in docs/words.txt."""
NUMBERS = [f"tests/test_{part}.py" for part in ("values", "libraries", "math", "precision")]
READ_OR_DERIVED = (
    *("tests/test_errors.py", "tests/test_codes.py", "tests/test_reading.py"),
    *("tests/test_libraries.py", "tests/test_autodiff.py", "-k", "not every_transformation"),
)
"""What a JAX version may change."""
WORKERS = ("-n", os.environ.get("LOSSARY_TEST_WORKERS", "2"))
PYTEST = ("-m", "pytest", *WORKERS, "--dist", "worksteal")
PAGES = ("-m", "pytest", *WORKERS, "--dist", "loadfile")
"""The examples on a page depend on each other."""
FAST_XLA = " ".join(
    [
        "--xla_backend_optimization_level=0",
        "--xla_cpu_use_fusion_emitters=false",
        "--xla_cpu_parallel_codegen_split_count=1",
    ]
)
"""Compiles in a fifth of the time, to other bits than users get: not for tests that count in ULP."""

MUTMUT = """
[mutmut]
source_paths = src/
only_mutate =
    {files}
also_copy =
    docs
    CHANGELOG.md
    CONTRIBUTING.md
    README.md
# Prose: no test should repeat what a message says.
do_not_mutate_patterns =
    "[^"]* [^"]*"
pytest_add_cli_args_test_selection =
    tests/test_aggregation.py
    tests/test_codes.py
    tests/test_ctc.py
    tests/test_errors.py
    tests/test_explain.py
    tests/test_large_calls.py
    tests/test_libraries.py
    tests/test_linear_cross_entropy.py
    tests/test_pairs.py
    tests/test_reading.py
    tests/test_rnnt.py
    tests/test_row_axes.py
    tests/test_values.py
"""
"""The tests that exercise the code most, and take seconds."""


def install(session: nox.Session, group: str) -> None:
    """Install a group of dependencies unless it is installed; pip takes seconds to find that out."""
    installed = Path(session.virtualenv.location, "installed.toml")
    if installed.exists() and installed.read_text(encoding="utf-8") == PROJECT:
        return
    packages = nox.project.dependency_groups({"dependency-groups": GROUPS}, group)
    # Compiling all of torch takes three times as long as unpacking it, and little of it is imported.
    session.install("--no-compile", "-e", ".", *packages)
    installed.write_text(PROJECT, encoding="utf-8")


@nox.session(default=False)
def environment(session: nox.Session) -> None:
    """Every library, in the environment that most sessions share."""
    install(session, "all")


sharing = partial(nox.session, requires=["environment"], venv_backend="none")


def python(session: nox.Session, *command: str, **environment: str) -> None:
    """Run the Python of the session, or of the shared environment."""
    program = "python"
    if session.venv_backend == "none":
        program = str(session.cache_dir.parent / "environment" / PROGRAMS / program)
    session.run(program, *command, env=environment)


def matrix(session: nox.Session, libraries: str, *paths: str, **environment: str) -> None:
    environment |= {"LOSSARY_TEST_BACKENDS": libraries, "LOSSARY_REQUIRE_BACKEND": "1"}
    python(session, *PYTEST, *(session.posargs or paths or ("tests",)), **environment)


@nox.session(name="tests-numpy")
def tests_numpy(session: nox.Session) -> None:
    """NumPy alone: the core needs nothing else."""
    install(session, "numpy")
    matrix(session, "numpy")


@sharing(name="tests-strict")
def tests_strict(session: nox.Session) -> None:
    """Only what the standard promises; also on a second device and without float64."""
    matrix(session, "array_api_strict")


@sharing(name="tests-jax")
def tests_jax(session: nox.Session) -> None:
    """JAX in single precision, then with 64 bits enabled; one row of each loss."""
    matrix(session, "jax", *NUMBERS, "tests/test_autodiff.py", JAX_ENABLE_X64="0")
    turns = {
        "LOSSARY_TEST_TURNS": "test_values test_precision"
    }  # as nothing depends on the precision but digits
    matrix(session, "jax", *NUMBERS, "-k", "not jit", JAX_ENABLE_X64="1", **turns)
    if not session.posargs:
        rest = [f"--ignore={path}" for path in (*NUMBERS, "tests/test_autodiff.py")]
        matrix(session, "jax", "tests", *rest, JAX_ENABLE_X64="0", XLA_FLAGS=FAST_XLA)


@sharing(name="tests-full", default=False)
def tests_full(session: nox.Session) -> None:
    """JAX on all rows of all losses, in both precisions: most of an hour."""
    for x64 in ("0", "1"):
        matrix(session, "jax", JAX_ENABLE_X64=x64, LOSSARY_TEST_FULL="1")


@sharing(name="tests-torch")
def tests_torch(session: nox.Session) -> None:
    """torch, eager and compiled."""
    matrix(session, "torch")


@sharing(name="tests-dask")
def tests_dask(session: nox.Session) -> None:
    """dask, which must stay lazy."""
    turns = {"LOSSARY_TEST_TURNS": "test_pairs"}
    matrix(session, "dask.array", "tests", "--ignore=tests/test_properties.py", **turns)


@sharing(name="tests-tensorflow")
def tests_tensorflow(session: nox.Session) -> None:
    """TensorFlow's own tests and pages; `-- tests` for one row of each loss, traced and by XLA."""
    parts = ("tensorflow", "libraries", "codes", "linear_cross_entropy", "pairs")
    own = [f"tests/test_{part}.py" for part in parts]
    matrix(session, "tensorflow", *own, "tests/contract", TF_CPP_MIN_LOG_LEVEL="3")
    if not session.posargs:
        python(session, *PAGES, *PAGES_OF_TENSORFLOW, KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")


@nox.session(name="tests-ndonnx")
def tests_ndonnx(session: nox.Session) -> None:
    """Losses as ONNX graphs for batches of unknown size: one row of each, and the page about it."""
    install(session, "ndonnx")
    matrix(
        session,
        "ndonnx",
        "tests/test_ndonnx.py",
        "tests/test_values.py",
        "-k",
        "test_ndonnx or (curvature and graph and float32 and not complete_iou)",
    )
    if not session.posargs:
        python(session, *PAGES, PAGE_OF_ONNX, LOSSARY_REQUIRE_BACKEND="1")


@nox.session(name="tests-holders")
def tests_holders(session: nox.Session) -> None:
    """Columns, units, sparse and ragged arrays, parameters: accepted with a gradient, or refused by name."""
    install(session, "holders")
    python(session, *PYTEST, "tests/integrations/test_holders.py", LOSSARY_REQUIRE_BACKEND="1")


@nox.session(name="peers-elsewhere", default=False)
def peers_elsewhere(session: nox.Session) -> None:
    """Peers for survival, ranking, forecasting and vision, which need an environment of their own."""
    install(session, "peers")
    alone = nox.project.dependency_groups({"dependency-groups": GROUPS}, "peers-alone")
    session.install("--no-deps", "--no-compile", *alone)
    python(session, *PYTEST, "tests/test_peers_elsewhere.py", LOSSARY_REQUIRE_BACKEND="1")


@nox.session(name="tests-mlx")
def tests_mlx(session: nox.Session) -> None:
    """MLX on the CPU, also compiled, and its page. Its wheels are small."""
    install(session, "mlx")
    matrix(session, "mlx.core")
    if not session.posargs:
        python(session, *PAGES, PAGE_OF_MLX)


@nox.session(name="tests-cubed")
def tests_cubed(session: nox.Session) -> None:
    """Larger than memory: one row of each loss on cubed, dask with two workers, and the page about both."""
    install(session, "cubed")
    sorting = "(sparsemax or crps_ensemble or lovasz or cox or list_mle)"  # cubed cannot sort
    rows = f"not test_values or (value_gradient_and_curvature and float64 and not {sorting})"
    turns = {"LOSSARY_TEST_TURNS": "test_value_gradient_and_curvature"}
    matrix(session, "cubed", "tests/test_cubed.py", "tests/test_values.py", "-k", rows, **turns)
    if not session.posargs:
        integration(session, "tests/integrations/test_dask_workers.py", PAGE_OF_CUBED)


@nox.session(name="tests-minimum")
def tests_minimum(session: nox.Session) -> None:
    """The lowest supported versions."""
    install(session, "minimum")
    matrix(session, "numpy", "tests", "--ignore=tests/contract")
    matrix(session, "jax", *READ_OR_DERIVED)


@nox.session(name="tests-python", python=["3.12", "3.13"])
def tests_python(session: nox.Session) -> None:
    """Later Pythons, with the newest NumPy and JAX."""
    install(session, "pythons")
    matrix(session, "numpy")
    if not session.posargs:
        matrix(session, "jax", *READ_OR_DERIVED)


@sharing(name="tests-demo")
def tests_demo(session: nox.Session) -> None:
    """The command line, and the demo on real data."""
    python(session, *PAGES, "tests/test_cli.py")


def integration(session: nox.Session, *paths: str, **environment: str) -> None:
    """Run adapters with the libraries they adapt to, and their pages."""
    environment |= {"LOSSARY_REQUIRE_BACKEND": "1"}
    python(session, *PAGES, "--doctest-modules", *(session.posargs or paths), **environment)


@sharing(name="integrations-boosting")
def integrations_boosting(session: nox.Session) -> None:
    """Objectives for XGBoost, LightGBM and CatBoost."""
    tests = [
        f"tests/integrations/test_boosting{part}.py" for part in ("", "_libraries", "_estimators", "_metrics")
    ]
    integration(session, "src/lossary/integrations/boosting", *tests, "docs/boosting.md")


@sharing(name="integrations-sklearn")
def integrations_sklearn(session: nox.Session) -> None:
    """Scorers for scikit-learn."""
    tests = ("src/lossary/integrations/sklearn.py", "tests/integrations/test_sklearn.py")
    integration(session, *tests, "docs/sklearn.md")


@sharing(name="integrations-torch")
def integrations_torch(session: nox.Session) -> None:
    """torch modules, in skorch and Lightning; the transformers Trainer; DTensors in two processes."""
    code = ("src/lossary/integrations/torch.py", "src/lossary/integrations/huggingface.py")
    tests = [f"tests/integrations/test_{part}.py" for part in ("torch", "torch_sharding", "huggingface")]
    integration(session, *code, *tests, "docs/torch.md", "docs/huggingface.md")


@sharing(name="integrations-jax")
def integrations_jax(session: nox.Session) -> None:
    """Recipes for flax, equinox and optax; several devices, simulated on one CPU; several processes."""
    devices = "--xla_force_host_platform_device_count=8"
    parts = ("", "_sharding", "_sharded_programs", "_contrastive", "_linear", "_example")
    tests = [f"tests/integrations/test_jax{part}.py" for part in parts]
    integration(session, *tests, "docs/jax.md", "docs/sharding.md", XLA_FLAGS=devices)


@sharing(name="tests-diagnosis")
def tests_diagnosis(session: nox.Session) -> None:
    """Diagnosis of predictions, files and user-written losses, with the libraries they come from."""
    python(session, *PYTEST, *DIAGNOSIS, XLA_FLAGS=FAST_XLA)


@sharing()
def peers(session: nox.Session) -> None:
    """Every loss against its equivalent in optax, torch, Keras and scikit-learn; Keras models."""
    keras = ("", "_targets")  # in models, on Keras' fastest backend
    tests = ["tests/test_peers.py", *[f"tests/integrations/test_keras{part}.py" for part in keras]]
    python(session, *PYTEST, *tests, KERAS_BACKEND="jax", XLA_FLAGS=FAST_XLA)


@sharing(name="integrations-keras", default=False)
@nox.parametrize("backend", ["jax", "torch", "tensorflow"])
def integrations_keras(session: nox.Session, backend: str) -> None:
    """Losses in Keras models, on each backend, and the pages on Keras and TensorFlow."""
    tests = [f"tests/integrations/test_keras{part}.py" for part in ("", "_targets")]
    paths = [*tests, "docs/keras.md"]
    if backend == "tensorflow":
        paths += PAGES_OF_TENSORFLOW
    environment = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "LOSSARY_REQUIRE_BACKEND": "1"}
    python(session, *PAGES, *paths, **environment)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site in build/site, and check that it is consistent."""
    install(session, "docs")
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-E", "docs", "build/site")
    python(session, *PYTEST, "tests/site/test_built.py")


@nox.session(name="docs-browser", default=False)
def docs_browser(session: nox.Session) -> None:
    """The site that `docs` built, in Chromium, at the width of a phone."""
    session.install("pytest", "playwright")
    session.run("python", "-m", "pytest", "-q", "--confcutdir=tests/site", "tests/site/test_browser.py")


@sharing(name="docs-examples")
def docs_examples(session: nox.Session) -> None:
    """Every example in the README, the pages and the docstrings."""
    docstrings = ("src/lossary", "--ignore=src/lossary/_backend", "--ignore=src/lossary/integrations")
    python(session, *PAGES, "--doctest-modules", *docstrings, XLA_FLAGS=FAST_XLA)
    others = [f"docs/{page}.md" for page in PAGES_OF_INTEGRATIONS]
    others += [*PAGES_OF_TENSORFLOW, PAGE_OF_MLX, PAGE_OF_CUBED, PAGE_OF_ONNX]
    pages = ["docs", *[f"--ignore={page}" for page in others]]
    environment = {"LOSSARY_REQUIRE_BACKEND": "1", "KERAS_BACKEND": "jax", "XLA_FLAGS": FAST_XLA}
    python(session, *PAGES, *pages, **environment)


@sharing(default=False)
def accuracy(session: nox.Session) -> None:
    """Errors of every loss in ULP, next to optax, torch, Keras and scikit-learn; `-- --quick` is short."""
    python(session, "-m", "bench.accuracy", *session.posargs, KERAS_BACKEND="jax")


@sharing(default=False)
def bench(session: nox.Session) -> None:
    """Time and memory, next to hand-written formulas and other libraries; `-- --quick` is short."""
    python(session, "-m", "bench.speed", *session.posargs, KERAS_BACKEND="jax")


@nox.session(default=False)
def aot(session: nox.Session) -> None:
    """Memory and collectives of large losses on a TPU and an H100, from their compilers alone."""
    install(session, "aot")
    for compiler in nox.project.dependency_groups({"dependency-groups": GROUPS}, "accelerators"):
        # Not available for every system: a missing one is left out, with a message.
        session.run("python", "-m", "pip", "install", "-q", compiler, success_codes=[0, 1])
    session.run("python", "-m", "bench.aot", *(session.posargs or ["--check"]))


@nox.session
def package(session: nox.Session) -> None:
    """The package as published: a wheel, built from the source distribution, runs the demo on its own."""
    session.install(*GROUPS["package"])
    built = Path("build", "dist").absolute()
    shutil.rmtree(built, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(built), silent=True)
    session.run("twine", "check", "--strict", *[str(path) for path in built.iterdir()])
    (wheel,) = built.glob("*.whl")
    clean = Path(session.create_tmp(), "clean").absolute()
    session.run("python", "-m", "virtualenv", "-q", "--clear", str(clean))
    program = str(clean / PROGRAMS / "python")
    session.run(program, "-m", "pip", "install", "-q", "--no-compile", f"{wheel}[demo]", external=True)
    session.chdir(clean)  # where the sources are not found
    session.run(program, "-m", "lossary", "demo", "--epochs", "2", external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting and spelling."""
    session.install(*GROUPS["lint"])
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell", *PROSE)


@sharing()
def typing(session: nox.Session) -> None:
    """Strict typing of the library, and what two type checkers report about users' code."""
    python(session, "-m", "mypy")
    python(session, "-m", "tests.typing")


@nox.session
def imports(session: nox.Session) -> None:
    """Imports point down, families do not import each other, frameworks stay in their backends."""
    install(session, "imports")
    session.run("lint-imports")


@nox.session(default=False)
def quick(session: nox.Session) -> None:
    """After changing one loss, `-- -k huber`: NumPy, one row on other libraries, style and types."""
    install(session, "quick")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    python(session, *PYTEST, "tests", *session.posargs, XLA_FLAGS=FAST_XLA)


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Changes to a file that no test notices: `-- src/lossary/_program/_weigh.py`."""
    if not session.posargs:
        session.error("name the files to change: nox -s mutants -- src/lossary/_program/_weigh.py")
    install(session, "mutants")
    here, copy = Path.cwd(), Path(session.create_tmp(), "mutants")
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("src", "tests", "docs"):
        shutil.copytree(here / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "gallery"))
    for page in here.glob("*.md"):
        shutil.copy(page, copy)
    (copy / "setup.cfg").write_text(MUTMUT.format(files="\n    ".join(session.posargs)), encoding="utf-8")
    session.chdir(copy)
    session.run("mutmut", "run", env={"LOSSARY_TEST_BACKENDS": "numpy,array_api_strict"})
    said = session.run("mutmut", "results", silent=True) or ""
    for line in said.splitlines():
        name, _, what = line.strip().partition(": ")
        if what == "survived":
            session.run("mutmut", "show", name)
