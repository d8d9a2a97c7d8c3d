"""`lossary diagnose predictions.csv --target y --pred p --kind probs`: for data files, and as a CI gate."""

import argparse
from typing import Any

from lossary._check import LossInputError, LossTypeError
from lossary.cli._columns import load
from lossary.cli._terminal import UsageError, add_output, claim, is_colored, width, write
from lossary.diagnosis import Finding, Report, Values, diagnose

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "diagnose",
        help="find out what is wrong with the predictions or targets in a file",
        description="Reads predictions and targets from a file (.csv, .tsv, .txt, .json or .jsonl, also "
        "gzipped as .gz; .npy, .npz, .parquet) and reports what is wrong with them, the cause first. The "
        "exit code is 1 if a finding is at least as severe as --fail-on, and 2 if the file cannot be read.",
    )
    parser.add_argument("file", metavar="FILE", help="a file with one row per example")
    parser.add_argument(
        "--target",
        required=True,
        metavar="NAME",
        help="the target column, by name or by position, counted from 0",
    )
    parser.add_argument(
        "--pred",
        required=True,
        metavar="NAMES",
        help="the prediction column; for several classes, the columns in order, such as p0,p1,p2 or 'p*'",
    )
    parser.add_argument("--kind", required=True, choices=("logits", "probs"), help="what the predictions are")
    parser.add_argument(
        "--task",
        default="binary",
        choices=("binary", "multiclass", "multilabel"),
        help="the kind of task (default: %(default)s)",
    )
    parser.add_argument("--weight", metavar="NAME", help="the weight column")
    parser.add_argument("--positive", metavar="VALUE", help="the target value that counts as 1, others as 0")
    parser.add_argument("--label-smoothing", type=float, default=0.0, metavar="E", help="as used in training")
    parser.add_argument("--ignore", default="", metavar="CODES", help="codes to leave out, such as L402,L303")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="list N rows with the highest loss")
    parser.add_argument("--format", default="text", choices=("text", "json", "html", "github"))
    parser.add_argument(
        "--fail-on",
        default="error",
        choices=("error", "warning"),
        help="the lowest severity that makes the exit code 1 (default: %(default)s)",
    )
    add_output(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.output is not None:
        claim(arguments.output, arguments.force)  # before the work, not after
    columns = load(arguments)
    try:
        report = diagnose(
            columns.predictions,
            columns.targets,
            kind=arguments.kind,
            task=arguments.task,
            weights=columns.weights,
            label_smoothing=arguments.label_smoothing,
            ignore=[code for code in arguments.ignore.split(",") if code],
        )
    except (LossInputError, LossTypeError) as error:
        raise UsageError(str(error)) from error
    kept = columns.kept
    if kept.step > 1:
        report.title += (
            f"; every {kept.step}th of {kept.rows:,} rows, and the lowest and highest values of all rows"
        )
    write(_formatted(report, arguments, kept.numbers), arguments.output, arguments.force)
    fails = report.count("error") + (report.count("warning") if arguments.fail_on == "warning" else 0)
    return 1 if fails else 0


def _formatted(report: Report, arguments: argparse.Namespace, rows: Values) -> str:
    if arguments.format == "json":
        return report.to_json()
    if arguments.format == "html":
        return report.to_html()
    if arguments.format == "github":
        return "\n".join(_annotation(one, arguments.file) for one in report.findings) or "no problems found"
    to_terminal = arguments.output is None
    text = report.text(width=width() if to_terminal else 100, color=to_terminal and is_colored())
    worst = report.worst(max(0, arguments.worst))
    if worst:
        text += "\n\nrows with the highest loss, counted from 0\n" + "\n".join(
            f"  row {rows[one.position[0]]:<10,} loss {one.loss:<9.4f} target {one.target:<6g} "
            f"prediction {one.prediction}"
            for one in worst
        )
    return text


def _annotation(one: Finding, file: str) -> str:
    """A line that GitHub Actions shows as an annotation."""
    message = "\n".join(one.lines()) or one.title
    title = f"{one.code}: {one.title}"
    return f"::{_COMMANDS[one.severity]} file={_property(file)},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
