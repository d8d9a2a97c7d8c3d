"""Losses of each kind on two replicas, which `test_tensorflow` starts: devices come before TensorFlow does.

It fails if a gradient in a variable of all replicas is not what differences of the loss say.
"""

from typing import Any

import tensorflow as tf

from tests.contract.of_tensorflow import NEAR, given, traced
from tests.contract.subjects import Subject, close, slope, subjects


def check(subject: Subject, strategy: tf.distribute.Strategy) -> None:
    """The losses of the second replica count twice."""
    first, *others = given(subject)
    with strategy.scope():
        variable = tf.Variable(first)

    def step() -> Any:
        replica = tf.distribute.get_replica_context()
        weight = tf.cast(replica.replica_id_in_sync_group + 1, tf.float64)
        with tf.GradientTape() as tape:
            loss = subject(variable, *others, weights=weight, reduction="sum")
        return replica.all_reduce(tf.distribute.ReduceOp.SUM, tape.gradient(loss, variable))

    for how in (strategy.run, traced(strategy.run)):
        for found in strategy.experimental_local_results(how(step)):
            close(found, 3.0 * slope(subject), NEAR, subject.name)


def main() -> None:
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    for subject in (*subjects()[::4], *subjects()[-10:]):  # the last have rules of their own
        check(subject, strategy)


if __name__ == "__main__":
    main()
