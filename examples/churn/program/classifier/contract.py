"""Paths and settings that the SageMaker container contract prescribes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

# SageMaker reports the first 1,024 characters of /opt/ml/output/failure.
MAX_FAILURE_CHARACTERS = 1024


class Problem(Exception):
    """Something the person who runs the container can put right, in one line."""


@dataclass(frozen=True)
class Paths:
    """Where the platform puts inputs and collects outputs, below /opt/ml."""

    base: Path

    @staticmethod
    def from_environment() -> Paths:
        """SAGEMAKER_BASE_DIR moves the tree, for runs outside a container."""
        return Paths(Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"))

    @property
    def hyperparameters(self) -> Path:
        return self.base / "input/config/hyperparameters.json"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def output_data(self) -> Path:
        return self.base / "output/data"

    @property
    def failure(self) -> Path:
        return self.base / "output/failure"

    def channel(self, name: str) -> Path:
        return self.base / "input/data" / name


def read_hyperparameters(path: Path) -> dict[str, str]:
    """Reads the flat string-to-string object; a missing file means none were set.

    The SageMaker SDK encodes every value as JSON ("\\"lbfgs\\""), the API and
    Landfall do not ("lbfgs"), so a value that decodes to a string or a number is
    decoded and any other is taken as it stands.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise Problem(f"cannot read {path}: it is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise Problem(f"cannot read {path}: it holds a {type(raw).__name__}, not an object")
    for name, value in raw.items():
        if not isinstance(value, str):
            raise Problem(f"hyperparameter {name} is {value!r}: every value must be a string")
    return {name: _decoded(value) for name, value in raw.items()}


def _decoded(value: str) -> str:
    try:
        decoded = json.loads(value)
    except ValueError:
        return value
    return decoded if isinstance(decoded, str) else value


def write_failure(path: Path, message: str) -> None:
    """Leaves the reason where the platform looks for it; best effort, as the
    process is about to report the same reason on its standard error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(message[:MAX_FAILURE_CHARACTERS], encoding="utf-8")
    except OSError:
        pass


def number_from_environment(name: str, default: float, minimum: float, maximum: float) -> float:
    """Reads a number from the environment; empty and unset mean the default."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not minimum <= value <= maximum:
        raise Problem(f"{name} is {text!r}: it must be a number from {minimum:g} to {maximum:g}")
    return value


def integer_from_environment(name: str, default: int, minimum: int, maximum: int) -> int:
    """Like number_from_environment, for whole numbers."""
    value = number_from_environment(name, default, minimum, maximum)
    if value != int(value):
        raise Problem(f"{name} is {os.environ[name]!r}: it must be a whole number")
    return int(value)
