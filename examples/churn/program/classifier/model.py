"""The model artifact: what training leaves in /opt/ml/model and serving loads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn

from .contract import Problem

MODEL_FILE = "model.joblib"
METADATA_FILE = "metadata.json"

# Fixed, so that the same model is the same bytes whatever Python's default is.
PICKLE_PROTOCOL = 5

# Answers carry this many decimal places: enough to see a regression, few enough
# that the order of a sum inside BLAS (one row or many) cannot show.
PROBABILITY_DECIMALS = 6


@dataclass(frozen=True)
class Metadata:
    """What a reader of the artifact needs to know without unpickling it."""

    sklearn_version: str
    algorithm: str
    feature_names: list[str]
    classes: list[str]
    seed: int
    source: str


@dataclass(frozen=True)
class Answer:
    """The predicted class of one row and the probability the model gives it."""

    label: str
    probability: float


@dataclass(frozen=True)
class Model:
    """A fitted pipeline with its metadata."""

    pipeline: Any
    metadata: Metadata

    @property
    def width(self) -> int:
        """How many features a row has."""
        return len(self.metadata.feature_names)

    def predict(self, rows: np.ndarray) -> list[Answer]:
        """Answers one row each; raises ValueError when the model refuses the rows."""
        with np.errstate(over="ignore", invalid="ignore"):
            probabilities = self.pipeline.predict_proba(rows)
        if not np.isfinite(probabilities).all():
            raise ValueError("the values are so large that the model's arithmetic overflows")
        best = probabilities.argmax(axis=1)
        classes = self.metadata.classes
        return [
            Answer(classes[index], round(float(row[index]), PROBABILITY_DECIMALS))
            for index, row in zip(best, probabilities)
        ]


def save(model: Model, directory: Path) -> None:
    """Writes the artifact; the same model gives the same bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    joblib.dump(model.pipeline, directory / MODEL_FILE, compress=0, protocol=PICKLE_PROTOCOL)
    text = json.dumps(asdict(model.metadata), indent=2, sort_keys=True) + "\n"
    (directory / METADATA_FILE).write_text(text, encoding="utf-8")


def load(directory: Path) -> Model:
    """Loads the artifact. It is a pickle: load only what you trained or trust."""
    metadata = _load_metadata(directory / METADATA_FILE)
    path = directory / MODEL_FILE
    try:
        pipeline = joblib.load(path)
    except FileNotFoundError as error:
        raise Problem(f"{path} is missing; unpack model.tar.gz into {directory}") from error
    except Exception as error:  # a damaged pickle raises almost anything
        raise Problem(
            f"{path} cannot be unpickled ({type(error).__name__}: {error}); "
            f"it was written by scikit-learn {metadata.sklearn_version}, this is {sklearn.__version__}"
        ) from error
    if list(getattr(pipeline, "classes_", [])) != metadata.classes:
        raise Problem(f"{path} does not have the classes {METADATA_FILE} names: {metadata.classes}")
    if getattr(pipeline, "n_features_in_", None) != len(metadata.feature_names):
        raise Problem(f"{path} does not take the {len(metadata.feature_names)} features {METADATA_FILE} names")
    return Model(pipeline, metadata)


def _load_metadata(path: Path) -> Metadata:
    try:
        return Metadata(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise Problem(f"{path} is missing; unpack model.tar.gz into {path.parent}") from error
    except (OSError, ValueError, TypeError) as error:
        raise Problem(f"{path} is not this program's metadata: {error}") from error
