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
DIAGNOSIS = (
    *("tests/test_diagnose.py", "tests/test_diagnose_history.py", "tests/test_check_loss.py"),
    *("tests/test_cli_diagnose.py", "tests/test_cli_words.py"),
)
PYTEST = ("python", "-m", "pytest", "-n", os.environ.get("LOSSARY_TEST_WORKERS", "2"), "-q")


def install(session: nox.Session, group: str) -> None:
    session.install("-e", ".", *nox.project.dependency_groups({"dependency-groups": GROUPS}, group))


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
    numbers = ("tests/test_values.py", "tests/test_autodiff.py", "tests/test_libraries.py")
    matrix(session, "jax", *numbers, "-k", "not jit", JAX_ENABLE_X64="1")
    matrix(session, "jax", "tests/test_math.py", "tests/test_precision.py", JAX_ENABLE_X64="1")


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


@nox.session(name="tests-minimum")
def tests_minimum(session: nox.Session) -> None:
    """The lowest versions that are supported."""
    install(session, "minimum")
    matrix(session, "numpy")
    matrix(session, "jax", "tests/test_libraries.py", "tests/test_errors.py", "tests/test_autodiff.py")


@nox.session(name="tests-demo")
def tests_demo(session: nox.Session) -> None:
    """The command line, and the demo on real data."""
    install(session, "demo")
    session.run(*PYTEST, "tests/test_cli.py")


@nox.session(name="tests-diagnosis")
def tests_diagnosis(session: nox.Session) -> None:
    """What reads predictions, files and other people's losses: with the libraries that these come from."""
    install(session, "diagnosis")
    session.run(*PYTEST, *DIAGNOSIS)


@nox.session
def peers(session: nox.Session) -> None:
    """Every loss beside the same one of optax, torch, Keras and scikit-learn."""
    install(session, "peers")
    session.run(*PYTEST, "tests/test_peers.py", env={"KERAS_BACKEND": "jax"})


@nox.session
def docs(session: nox.Session) -> None:
    """Every example in the README, the pages and the docstrings."""
    install(session, "docs")
    session.run(
        "python", "-m", "pytest", "-q", "--doctest-modules", "src/lossary", "--ignore=src/lossary/_backend"
    )
    # Without xdist: the examples of a page follow on each other.
    session.run("python", "-m", "pytest", "-q", "docs", "README.md", env={"LOSSARY_REQUIRE_BACKEND": "1"})


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


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    session.install(*GROUPS["lint"])
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """The types, strictly."""
    session.install("-e", ".", *GROUPS["typing"])
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Imports point down, families do not know each other, frameworks stay where they belong."""
    session.install("-e", ".", *GROUPS["imports"])
    session.run("lint-imports")
