"""Training data: a CSV channel when there is one, else a data set from scikit-learn."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

from .contract import Problem

# The stand-in keeps its measurements and borrows its two classes: "malignant"
# (index 0) plays a customer who leaves, "benign" one who stays.
STAND_IN_CLASSES = ("churn", "stay")


@dataclass(frozen=True)
class Table:
    """Rows of features with one label each."""

    features: np.ndarray
    labels: np.ndarray
    feature_names: tuple[str, ...]
    source: str


def load(channel: Path, target: str) -> Table:
    """Reads every *.csv of the channel, or the stand-in where there is no channel."""
    files = sorted(channel.glob("*.csv")) if channel.is_dir() else []
    if files:
        return _from_csv(files, target)
    if channel.is_dir() and any(channel.iterdir()):
        raise Problem(f"channel {channel} holds no *.csv file; this trainer reads CSV with a header")
    return _stand_in()


def _stand_in() -> Table:
    bunch = load_breast_cancer()
    names = tuple(str(name).replace(" ", "_") for name in bunch.feature_names)
    labels = np.array(STAND_IN_CLASSES)[bunch.target]
    return Table(bunch.data, labels, names, "scikit-learn breast_cancer")


def _from_csv(files: list[Path], target: str) -> Table:
    rows: list[list[float]] = []
    labels: list[str] = []
    header: list[str] | None = None
    for path in files:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            names = next(reader, [])
            if header is not None and names != header:
                raise Problem(f"{path.name} has other columns than {files[0].name}")
            header = names
            _append_rows(path.name, reader, header, target, rows, labels)
    assert header is not None  # files is never empty
    if len(set(labels)) < 2:
        raise Problem(f"column {target!r} holds {len(set(labels))} class; a classifier needs at least 2")
    names = tuple(name for name in header if name != target)
    return Table(np.array(rows), np.array(labels), names, f"{len(files)} files of the channel")


def _append_rows(file: str, reader, header: list[str], target: str, rows: list[list[float]], labels: list[str]) -> None:
    if header.count(target) != 1:
        raise Problem(f"{file} needs exactly one column {target!r} (hyperparameter target); it has {header}")
    at = header.index(target)
    for record in reader:
        if not record:
            continue
        where = f"{file} line {reader.line_num}"
        if len(record) != len(header):
            raise Problem(f"{where} has {len(record)} values; the header names {len(header)}")
        labels.append(record[at])
        rows.append([_number(value, where) for value in record[:at] + record[at + 1 :]])


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Problem(f"{where}: {text!r} is not a finite number")
    return value
