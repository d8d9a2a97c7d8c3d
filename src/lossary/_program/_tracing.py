"""Whether `torch.compile` is tracing: then nothing may depend on values, and sizes may be symbols."""

import sys


def tracing() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and torch.compiler.is_compiling()
