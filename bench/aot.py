"""What large losses need on accelerators, according to their compilers: `python -m bench.aot`.

No accelerator is needed. Compiles value and gradients, and reads how much memory the program sets aside in
addition to its arguments and results, and what it sends between devices. Fails if that is more than
necessary. A target whose compiler is not installed is left out, with a message. Writes `docs/_data/aot.json`
and the tables in the guides if all targets are there; with `--check`, neither.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import lossary
from bench import _child, _marks
from bench._aot_targets import TARGETS
from bench._contrastive_calls import NAIVE, OURS, naive_jax, ours
from tests.programs import SENDING, made

DOCS = Path(__file__).parents[1] / "docs"
TOKENS, WIDTH, CLASSES = 8192, 1024, 128256
PAIRS, FEATURES = 32768, 768
_MIB = 2**20
MAY_BE_SENT = {"all-reduce": 4 * TOKENS, "collective-permute": 4 * PAIRS * FEATURES // 8}
"""In bytes, for one collective."""
OPTAX = "optax, logits in float32"


class Row(NamedTuple):
    target: str
    program: str
    devices: int
    mib: float
    limit: int | None
    """In MiB; None for the functions it is compared with."""
    sent: dict[str, int]
    """The largest of each kind of collective, in bytes."""

    def wrong(self) -> str:
        """What exceeds its limit; empty if all is well."""
        if self.limit is None:
            return ""
        if self.mib > self.limit:
            return f"{self.target}, {self.program}: {self.mib:.0f} MiB, of {self.limit}"
        # Sums of rows, and vectors that travel around a ring.
        too_much = {kind for kind, size in self.sent.items() if size > MAY_BE_SENT.get(kind, 0)}
        return f"{self.target}, {self.program}: sends {self.sent}" if too_much else ""


def rows(target: str) -> Iterator[Row]:
    """Compiled one after another."""
    devices = TARGETS[target].devices()
    for name, limits in LINEAR.items():
        yield _linear(target, devices[0], name, limits[target])
    for count in (1, 8):
        yield from _contrastive(target, devices[:count])
    yield _sharded(target, devices)


LINEAR: dict[str, dict[str, int | None]] = {
    "vocab, chunks of 2048": {"TPU v5e": 80, "H100": 190},
    "vocab, chunks of 4096": {"TPU v5e": 170, "H100": 270},
    "token, chunks of 512": {"TPU v5e": 800, "H100": 800},
    OPTAX: {"TPU v5e": None, "H100": None},
}
"""The ways through the logits, and how many MiB each may need."""


def _linear(target: str, device: Any, name: str, limit: int | None) -> Row:
    import jax
    import jax.numpy as jnp

    place = jax.sharding.SingleDeviceSharding(device)
    shapes = [((TOKENS, WIDTH), jnp.bfloat16), ((CLASSES, WIDTH), jnp.bfloat16), ((TOKENS,), jnp.int32)]
    arrays = [jax.ShapeDtypeStruct(shape, dtype, sharding=place) for shape, dtype in shapes]

    def materialised(hidden: Any, weight: Any, labels: Any) -> Any:
        import optax

        logits = jnp.matmul(hidden, weight.T, preferred_element_type=jnp.float32)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    if name == OPTAX:
        loss = materialised
    else:
        strategy, _, chunk = name.partition(", chunks of ")
        loss = partial(lossary.linear_cross_entropy, strategy=strategy, chunk=int(chunk))
    return _compiled(target, name, limit, 1, jax.value_and_grad(loss, argnums=(0, 1)), *arrays)


def _contrastive(target: str, devices: list[Any]) -> Iterator[Row]:
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mesh, share = Mesh(devices, ("data",)), PartitionSpec("data")
    x = jax.ShapeDtypeStruct((PAIRS, FEATURES), "bfloat16", sharding=NamedSharding(mesh, share))
    programs = [(NAIVE, naive_jax, None)]
    for chunk, limits in CONTRASTIVE.items():
        loss = partial(ours, chunk=chunk)
        if len(devices) > 1:
            around = partial(loss, axis_name="data")
            loss = jax.shard_map(around, mesh=mesh, in_specs=(share, share), out_specs=PartitionSpec())
        programs.append((f"`{OURS}`, chunks of {chunk}", loss, limits[target] if len(devices) == 1 else 80))
    for name, loss, limit in programs:
        yield _compiled(target, name, limit, len(devices), jax.value_and_grad(loss, argnums=(0, 1)), x, x)


CONTRASTIVE = {128: {"TPU v5e": 400, "H100": 400}, 512: {"TPU v5e": 300, "H100": 460}}
"""How many MiB a call may need on one device, by chunk size; the default there is 512."""


def _sharded(target: str, devices: list[Any]) -> Row:
    """Logits sharded along tokens and classes: three numbers per row are sent, and no logits are copied."""
    import jax
    import numpy as np
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mesh = Mesh(np.array(devices).reshape(2, 4), ("data", "model"))
    logits = jax.ShapeDtypeStruct(
        (TOKENS, CLASSES), "float32", sharding=NamedSharding(mesh, PartitionSpec("data", "model"))
    )
    labels = jax.ShapeDtypeStruct((TOKENS,), "int32", sharding=NamedSharding(mesh, PartitionSpec("data")))
    derived = jax.value_and_grad(lossary.softmax_cross_entropy)
    return _compiled(target, "`softmax_cross_entropy`", 2, 8, derived, logits, labels)


def _compiled(target: str, name: str, limit: int | None, devices: int, function: Any, *arrays: Any) -> Row:
    import jax

    program = jax.jit(function).lower(*arrays).compile()
    found = program.memory_analysis().temp_size_in_bytes / _MIB
    return Row(target, name, devices, round(found, 1), limit, _sent(program.as_text()))


def _sent(program: str) -> dict[str, int]:
    largest: dict[str, int] = {}
    for x in made(program, SENDING):
        largest[x.instruction] = max(largest.get(x.instruction, 0), x.elements * x.bits // 8)
    return largest


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.aot", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    given = parser.parse_args(arguments)
    found: list[Row] = []
    for name, target in TARGETS.items():
        if target.is_installed():
            # Each compiler wants its own environment.
            found += [Row(*fields) for fields in _child.ask("bench.aot", name, **target.environment())]
        else:
            print(f"{name}: skipped, because these are missing: {' and '.join(target.wheels)}")
    print(*tables(found).values(), sep="\n\n")
    print(*[f"{r.target}, {r.program}, {r.devices}: {r.sent}" for r in found if r.sent], sep="\n")
    if {row.target for row in found} == set(TARGETS) and not given.check:
        write(found)
    wrong = [text for row in found if (text := row.wrong())]
    print(*wrong, sep="\n")
    return int(bool(wrong))


def tables(found: list[Row]) -> dict[str, str]:
    return {
        "accelerators": _table([r for r in found if r.program in LINEAR], "strategy"),
        "temporaries": _table([r for r in found if OURS in r.program or r.program == NAIVE], ""),
    }


def _table(rows: list[Row], title: str) -> str:
    """A row for each program, a column for each target."""
    names = list(dict.fromkeys(row.target for row in rows))
    lines = [
        f"| Devices | {title} | {' | '.join(f'{n}, MiB' for n in names)} |",
        "|---|---|" + "---:|" * len(names),
    ]
    for devices, program in dict.fromkeys((row.devices, row.program) for row in rows):
        cells = [f"{r.mib:.0f}" for r in rows if (r.devices, r.program) == (devices, program)]
        lines.append(f"| {devices} | {program} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write(found: list[Row]) -> None:
    text = ",\n".join(f" {json.dumps(row._asdict())}" for row in found)
    (DOCS / "_data" / "aot.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
    for page, (name, table) in zip(("large-vocabularies", "contrastive"), tables(found).items(), strict=True):
        _marks.replace(DOCS / "guides" / f"{page}.md", {name: table}, "python -m bench.aot")


def _answer(target: str) -> list[Row]:
    return list(rows(target))


if __name__ == "__main__" and not _child.answered(_answer):
    sys.exit(main())
