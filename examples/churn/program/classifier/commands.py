"""The command line: `train` and `serve`, the two words the platform passes."""

from __future__ import annotations

import signal
import sys
from typing import Any

from .contract import Paths, Problem, write_failure

USAGE = "usage: churn train | churn serve"


def main(arguments: list[str]) -> int:
    """Runs one command and returns the exit status: 0 done, 1 failed, 2 misused."""
    command = arguments[0] if len(arguments) == 1 else None
    if command == "train":
        return _train()
    if command == "serve":
        return _serve()
    print(USAGE, file=sys.stderr)
    return 2


def _train() -> int:
    from .training import train  # serving must not pay for importing this

    # As process 1 of a container, Python would otherwise ignore SIGTERM.
    signal.signal(signal.SIGTERM, _stopped)
    paths = Paths.from_environment()
    try:
        train(paths)
    except Problem as problem:
        return _failed(paths, str(problem))
    except Exception as error:  # SageMaker shows the file, not the traceback
        return _failed(paths, f"training failed: {type(error).__name__}: {error}")
    return 0


def _serve() -> int:
    from .serving import serve

    try:
        serve(Paths.from_environment())
    except Problem as problem:
        print(f"churn: {problem}", file=sys.stderr)
        return 1
    return 0


def _failed(paths: Paths, message: str) -> int:
    print(f"churn: {message}", file=sys.stderr)
    write_failure(paths.failure, message)
    return 1


def _stopped(number: int, frame: Any) -> None:
    print("churn: training stopped by SIGTERM", file=sys.stderr)
    sys.exit(128 + number)
