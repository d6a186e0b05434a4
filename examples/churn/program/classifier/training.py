"""`churn train`: fit, evaluate, write the artifact and rows to ask it about."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from . import data, model
from .contract import Paths, Problem, read_hyperparameters

CHANNEL = "training"


@dataclass(frozen=True)
class Settings:
    """The hyperparameters, parsed; every default is the one the README lists."""

    algorithm: str = "logistic_regression"
    seed: int = 7
    test_fraction: float = 0.3
    c: float = 1.0
    max_iterations: int = 1000
    target: str = "label"


def parse_settings(raw: dict[str, str]) -> Settings:
    """Turns strings into Settings and refuses names that nothing reads.

    Names the platform adds for itself (`_tuning_objective_metric`,
    `sagemaker_program`) are passed over.
    """
    parsers: dict[str, Callable[[str, str], Any]] = {
        "algorithm": _algorithm,
        "seed": _whole(0, 2**32 - 1),
        "test_fraction": _real(0.05, 0.9),
        "c": _real(1e-6, 1e6),
        "max_iterations": _whole(1, 100_000),
        "target": lambda _, value: value,
    }
    own = {k: v for k, v in raw.items() if not k.startswith(("_", "sagemaker_"))}
    unknown = sorted(set(own) - set(parsers))
    if unknown:
        raise Problem(f"unknown hyperparameter {unknown[0]!r}; known are {', '.join(sorted(parsers))}")
    return Settings(**{name: parsers[name](name, value) for name, value in own.items()})


def train(paths: Paths) -> None:
    """Runs one training job; raises Problem for what the user can put right."""
    settings = parse_settings(read_hyperparameters(paths.hyperparameters))
    table = data.load(paths.channel(CHANNEL), settings.target)
    print(f"training {settings.algorithm} on {table.source}: {len(table.labels)} rows, {len(table.feature_names)} features")
    fit_rows, held_rows, fit_labels, held_labels = _split(table, settings)
    pipeline = _pipeline(settings).fit(fit_rows, fit_labels)
    fitted = model.Model(pipeline, _metadata(pipeline, table, settings))
    metrics = _metrics(fitted, held_rows, held_labels)
    for name, value in metrics.items():
        print(f"validation:{name}={value:.6f};", flush=True)
    model.save(fitted, paths.model)
    _write_outputs(paths.output_data, held_rows, metrics)


def _split(table: data.Table, settings: Settings) -> list[np.ndarray]:
    try:
        return train_test_split(
            table.features,
            table.labels,
            test_size=settings.test_fraction,
            random_state=settings.seed,
            stratify=table.labels,
        )
    except ValueError as error:
        raise Problem(f"cannot split the rows into training and held-out parts: {error}") from error


def _pipeline(settings: Settings) -> Any:
    if settings.algorithm == "hist_gradient_boosting":
        return make_pipeline(HistGradientBoostingClassifier(random_state=settings.seed))
    regression = LogisticRegression(C=settings.c, max_iter=settings.max_iterations, random_state=settings.seed)
    return make_pipeline(StandardScaler(), regression)


def _metadata(pipeline: Any, table: data.Table, settings: Settings) -> model.Metadata:
    return model.Metadata(
        sklearn_version=sklearn.__version__,
        algorithm=settings.algorithm,
        feature_names=list(table.feature_names),
        classes=[str(name) for name in pipeline.classes_],
        seed=settings.seed,
        source=table.source,
    )


def _metrics(fitted: model.Model, rows: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    predicted = [answer.label for answer in fitted.predict(rows)]
    metrics = {"accuracy": float(accuracy_score(labels, predicted))}
    if len(fitted.metadata.classes) == 2:
        positive = fitted.metadata.classes[1]
        scores = fitted.pipeline.predict_proba(rows)[:, 1]
        metrics["auc"] = float(roc_auc_score(labels == positive, scores))
    return metrics


def _write_outputs(directory: Path, rows: np.ndarray, metrics: dict[str, float]) -> None:
    """Held-out rows become the requests of a load test: no header, no label."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "requests.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows.tolist())
    (directory / "evaluation.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")


def _algorithm(name: str, value: str) -> str:
    known = ("logistic_regression", "hist_gradient_boosting")
    if value not in known:
        raise Problem(f"hyperparameter {name} is {value!r}; known are {', '.join(known)}")
    return value


def _whole(minimum: int, maximum: int) -> Callable[[str, str], int]:
    def parse(name: str, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = minimum - 1
        if not minimum <= value <= maximum:
            raise Problem(f"hyperparameter {name} is {text!r}: it must be a whole number from {minimum} to {maximum}")
        return value

    return parse


def _real(minimum: float, maximum: float) -> Callable[[str, str], float]:
    def parse(name: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not minimum <= value <= maximum:
            raise Problem(f"hyperparameter {name} is {text!r}: it must be a number from {minimum:g} to {maximum:g}")
        return value

    return parse
