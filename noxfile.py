"""One session per array library, on the same tests; and what reads the code instead of running it.

`nox` runs them all. In the sessions of the matrix a library that is missing fails: nothing is skipped for
want of an installation.
"""

import os

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = True

GROUPS = nox.project.load_toml("pyproject.toml")["dependency-groups"]
PAGES_OF_INTEGRATIONS = ("boosting", "huggingface", "jax", "sharding", "sklearn", "torch")
"""Their examples run in the session of what they show."""
PAGES_OF_TENSORFLOW = ("docs/tensorflow.md", "docs/why/negative-loss-tensorflow.md", "README.md")
DIAGNOSIS = (
    *("tests/test_diagnose.py", "tests/test_diagnose_history.py", "tests/test_check_loss.py"),
    *("tests/test_cli_diagnose.py", "tests/test_cli_words.py"),
)
PYTEST = ("python", "-m", "pytest", "-n", os.environ.get("LOSSARY_TEST_WORKERS", "2"), "-q")
PAGES = (*PYTEST, "--dist", "loadfile")
"""The examples of a page follow on each other."""


def install(session: nox.Session, group: str) -> None:
    # Compiling all that is in torch takes three times as long as unpacking it; little of it is imported.
    packages = nox.project.dependency_groups({"dependency-groups": GROUPS}, group)
    session.install("--no-compile", "-e", ".", *packages)


def matrix(session: nox.Session, libraries: str, *paths: str, **environment: str) -> None:
    session.run(
        *PYTEST,
        *(session.posargs or paths or ("tests",)),
        env={"LOSSARY_TEST_BACKENDS": libraries, "LOSSARY_REQUIRE_BACKEND": "1", **environment},
    )


@nox.session(name="tests-numpy")
def tests_numpy(session: nox.Session) -> None:
    """NumPy alone: the core needs nothing else."""
    install(session, "numpy")
    matrix(session, "numpy")


@nox.session(name="tests-strict")
def tests_strict(session: nox.Session) -> None:
    """Only what the standard promises, also on a second device and without float64."""
    install(session, "strict")
    matrix(session, "array_api_strict")


@nox.session(name="tests-jax")
def tests_jax(session: nox.Session) -> None:
    """JAX in single precision, and with 64 bits switched on; one row of each loss."""
    install(session, "jax")
    matrix(session, "jax", JAX_ENABLE_X64="0")
    numbers = [f"tests/test_{part}.py" for part in ("values", "libraries", "math", "precision")]
    matrix(session, "jax", *numbers, "-k", "not jit", JAX_ENABLE_X64="1")


@nox.session(name="tests-full", default=False)
def tests_full(session: nox.Session) -> None:
    """JAX on all rows of all losses, in both precisions: most of an hour."""
    install(session, "jax")
    for x64 in ("0", "1"):
        matrix(session, "jax", JAX_ENABLE_X64=x64, LOSSARY_TEST_FULL="1")


@nox.session(name="tests-torch")
def tests_torch(session: nox.Session) -> None:
    """Torch, eager and compiled."""
    install(session, "torch")
    matrix(session, "torch")


@nox.session(name="tests-dask")
def tests_dask(session: nox.Session) -> None:
    """The same on dask, which stays lazy."""
    install(session, "dask")
    matrix(session, "dask.array", "tests", "--ignore=tests/test_properties.py")


@nox.session(name="tests-tensorflow")
def tests_tensorflow(session: nox.Session) -> None:
    """TensorFlow: what is its own, and its pages; `-- tests` for one row of each loss, traced and by XLA."""
    install(session, "tensorflow")
    parts = ("tensorflow", "libraries", "codes", "linear_cross_entropy", "pairs")
    own = [f"tests/test_{part}.py" for part in parts]
    matrix(session, "tensorflow", *own, TF_CPP_MIN_LOG_LEVEL="3")
    if not session.posargs:
        environment = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
        session.run(*PAGES, *PAGES_OF_TENSORFLOW, env=environment)


@nox.session(name="tests-minimum")
def tests_minimum(session: nox.Session) -> None:
    """The lowest versions that are supported."""
    install(session, "minimum")
    matrix(session, "numpy")
    errors = ("tests/test_errors.py", "tests/test_codes.py", "tests/test_reading.py")
    numbers = ("tests/test_libraries.py", "tests/test_autodiff.py", "-k", "not every_transformation")
    matrix(session, "jax", *errors, *numbers)


@nox.session(name="tests-demo")
def tests_demo(session: nox.Session) -> None:
    """The command line, and the demo on real data."""
    install(session, "demo")
    session.run(*PYTEST, "tests/test_cli.py")


def integration(session: nox.Session, *paths: str, **environment: str) -> None:
    """Adapters with what they adapt to, and their pages."""
    install(session, str(session.name))
    environment["LOSSARY_REQUIRE_BACKEND"] = "1"
    session.run(*PAGES, "--doctest-modules", *(session.posargs or paths), env=environment)


@nox.session(name="integrations-boosting")
def integrations_boosting(session: nox.Session) -> None:
    """Objectives of XGBoost, LightGBM and CatBoost."""
    tests = [f"tests/integrations/test_boosting{part}.py" for part in ("", "_libraries", "_estimators")]
    integration(session, "src/lossary/integrations/boosting", *tests, "docs/boosting.md")


@nox.session(name="integrations-sklearn")
def integrations_sklearn(session: nox.Session) -> None:
    """Scorers of scikit-learn."""
    tests = ("src/lossary/integrations/sklearn.py", "tests/integrations/test_sklearn.py")
    integration(session, *tests, "docs/sklearn.md")


@nox.session(name="integrations-torch")
def integrations_torch(session: nox.Session) -> None:
    """Modules of torch, in skorch and Lightning; the Trainer of transformers; DTensors in two processes."""
    code = ("src/lossary/integrations/torch.py", "src/lossary/integrations/huggingface.py")
    tests = [f"tests/integrations/test_{part}.py" for part in ("torch", "torch_sharding", "huggingface")]
    integration(session, *code, *tests, "docs/torch.md", "docs/huggingface.md")


@nox.session(name="integrations-jax")
def integrations_jax(session: nox.Session) -> None:
    """Recipes for flax, equinox, optax; several devices, which one CPU plays, and several processes."""
    devices = "--xla_force_host_platform_device_count=8"
    parts = ("", "_sharding", "_contrastive", "_linear", "_example")
    tests = [f"tests/integrations/test_jax{part}.py" for part in parts]
    integration(session, *tests, "docs/jax.md", "docs/sharding.md", XLA_FLAGS=devices)


@nox.session(name="tests-diagnosis")
def tests_diagnosis(session: nox.Session) -> None:
    """What reads predictions, files and other people's losses: with the libraries that these come from."""
    install(session, "diagnosis")
    session.run(*PYTEST, *DIAGNOSIS)


@nox.session
def peers(session: nox.Session) -> None:
    """Every loss beside the same one of optax, torch, Keras and scikit-learn; Keras' models."""
    install(session, "peers")
    keras = "tests/integrations/test_keras.py"  # in models, on the quickest of its backends
    session.run(*PYTEST, "tests/test_peers.py", keras, env={"KERAS_BACKEND": "jax"})


@nox.session(name="integrations-keras", default=False)
@nox.parametrize("backend", ["jax", "torch", "tensorflow"])
def integrations_keras(session: nox.Session, backend: str) -> None:
    """Losses in models of Keras, on each of its backends, and the pages on Keras and TensorFlow."""
    install(session, "keras")
    paths = ["tests/integrations/test_keras.py", "docs/keras.md"]
    if backend == "tensorflow":
        paths += PAGES_OF_TENSORFLOW
    environment = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "LOSSARY_REQUIRE_BACKEND": "1"}
    session.run(*PAGES, *paths, env=environment)


@nox.session
def docs(session: nox.Session) -> None:
    """The site, in build/site, and whether it hangs together."""
    install(session, "docs")
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-E", "docs", "build/site")
    session.run(*PYTEST, "tests/site/test_built.py")


@nox.session(name="docs-browser", default=False)
def docs_browser(session: nox.Session) -> None:
    """The site that `docs` built, in Chromium, as wide as a telephone."""
    session.install("pytest", "playwright")
    session.run("python", "-m", "pytest", "-q", "--confcutdir=tests/site", "tests/site/test_browser.py")


@nox.session(name="docs-examples")
def docs_examples(session: nox.Session) -> None:
    """Every example in the README, the pages and the docstrings."""
    install(session, "docs-examples")
    docstrings = ("src/lossary", "--ignore=src/lossary/_backend", "--ignore=src/lossary/integrations")
    session.run(*PAGES, "--doctest-modules", *docstrings)
    pages = ["README.md", "docs", *(f"--ignore=docs/{page}.md" for page in PAGES_OF_INTEGRATIONS)]
    environment = {"LOSSARY_REQUIRE_BACKEND": "1", "KERAS_BACKEND": "jax"}
    session.run(*PAGES, *pages, env=environment)


@nox.session(default=False)
def accuracy(session: nox.Session) -> None:
    """Every loss in ULP, beside optax, torch, Keras and scikit-learn; `-- --quick` is short."""
    install(session, "accuracy")
    session.run("python", "-m", "bench.accuracy", *session.posargs, env={"KERAS_BACKEND": "jax"})


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Time and memory beside what users write and other libraries; `-- --quick` is short."""
    install(session, "bench")
    session.run("python", "-m", "bench.speed", *session.posargs, env={"KERAS_BACKEND": "jax"})


@nox.session(default=False)
def aot(session: nox.Session) -> None:
    """Memory and collectives of large losses on a TPU and an H100, as their compilers say; needs neither."""
    install(session, "aot")
    for compiler in nox.project.dependency_groups({"dependency-groups": GROUPS}, "accelerators"):
        # Not for every system: what is missing is left out, and said so.
        session.run("python", "-m", "pip", "install", "-q", compiler, success_codes=[0, 1])
    session.run("python", "-m", "bench.aot", *(session.posargs or ["--check"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    session.install(*GROUPS["lint"])
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """The types, strictly."""
    install(session, "typing")
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Imports point down, families do not know each other, frameworks stay where they belong."""
    install(session, "imports")
    session.run("lint-imports")
