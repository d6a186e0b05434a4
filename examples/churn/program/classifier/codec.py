"""Request bodies to rows and answers to response bodies, by media type.

It refuses what it cannot read with the status SageMaker's own containers use:
400 for a bad body, 406 for an Accept it cannot meet, 415 for a Content-Type it
does not know.
"""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any, Callable, Iterable

import numpy as np

from .model import Answer

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"
MEDIA_TYPES = (JSON, CSV, JSON_LINES)


class RequestError(Exception):
    """A request that cannot be answered, with the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def decode(content_type: str, body: bytes, width: int) -> np.ndarray:
    """Reads a body of rows with width features each."""
    media_type = content_type.partition(";")[0].strip().lower()
    decoder = _DECODERS.get(media_type)
    if decoder is None:
        raise RequestError(415, f"Content-Type is {content_type!r}; known are {', '.join(MEDIA_TYPES)}")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is not UTF-8: {error}") from error
    rows = [_checked(row, number, width) for number, row in enumerate(decoder(text), start=1)]
    if not rows:
        raise RequestError(400, "the body holds no row")
    return np.array(rows, dtype=np.float64)


def negotiate(accept: str, default: str) -> str:
    """Chooses the response's media type from an Accept header.

    The highest quality wins and the default wins a tie, as RFC 9110 section
    12.5.1 leaves open; an empty header accepts anything.
    """
    if not accept.strip():
        return default
    candidates = [default, *(name for name in MEDIA_TYPES if name != default)]
    ranges = [_media_range(part) for part in accept.split(",")]
    best = max(candidates, key=lambda name: _quality(name, ranges))
    if _quality(best, ranges) <= 0:
        raise RequestError(406, f"Accept is {accept!r}; known are {', '.join(MEDIA_TYPES)}")
    return best


def encode(media_type: str, answers: list[Answer]) -> bytes:
    """Writes one answer per row, in the order of the rows."""
    if media_type == CSV:
        return _encode_csv(answers)
    objects = [{"label": answer.label, "probability": answer.probability} for answer in answers]
    if media_type == JSON_LINES:
        return "".join(json.dumps(one) + "\n" for one in objects).encode()
    return json.dumps({"predictions": objects}).encode()


def _encode_csv(answers: list[Answer]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows((answer.label, answer.probability) for answer in answers)
    return out.getvalue().encode()


def _decode_csv(text: str) -> Iterable[Any]:
    try:
        for row, record in enumerate(csv.reader(io.StringIO(text), strict=True), start=1):
            if record:
                yield [_csv_number(value, row, column) for column, value in enumerate(record, start=1)]
    except csv.Error as error:
        raise RequestError(400, f"the body is not CSV: {error}") from error


def _csv_number(text: str, row: int, column: int) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise RequestError(400, f"row {row} column {column}: {text!r} is not a number") from error


def _decode_json(text: str) -> Iterable[Any]:
    value = _json(text, "the body")
    if isinstance(value, dict):
        if "instances" not in value:
            raise RequestError(400, 'the JSON object has no "instances"; send {"instances": [[...]]} or an array')
        value = value["instances"]
    if not isinstance(value, list):
        raise RequestError(400, f"the rows are a JSON {type(value).__name__}; they must be an array")
    if value and all(_is_number(item) for item in value):
        return [value]  # a plain array of numbers is one row
    return value


def _decode_json_lines(text: str) -> Iterable[Any]:
    return [_json(line, f"line {n}") for n, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, f"{what} is not JSON: {error}") from error


def _checked(row: Any, number: int, width: int) -> list[float]:
    if isinstance(row, dict) and "features" in row:
        row = row["features"]
    if not isinstance(row, list):
        raise RequestError(400, f'row {number} is not an array of numbers, nor an object with "features"')
    if len(row) != width:
        raise RequestError(400, f"row {number} has {len(row)} values; the model takes {width}")
    for column, value in enumerate(row, start=1):
        if not _is_number(value) or not _is_finite(value):
            raise RequestError(400, f"row {number} column {column}: {repr(value)[:40]} is not a finite number")
    return row


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)  # a bool is an int to isinstance


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the range of a double
        return False


def _media_range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError as error:
                raise RequestError(406, f"Accept has the quality {value!r}; it must be from 0 to 1") from error
    return name.lower(), quality


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """The most specific range that matches decides, not the most generous one."""
    family = media_type.partition("/")[0] + "/*"
    for pattern in (media_type, family, "*/*"):
        matching = [quality for name, quality in ranges if name == pattern]
        if matching:
            return max(matching)
    return 0.0


_DECODERS: dict[str, Callable[[str], Iterable[Any]]] = {
    CSV: _decode_csv,
    JSON: _decode_json,
    JSON_LINES: _decode_json_lines,
}
