"""Deliberate faults, chosen by environment variables, to rehearse a bad rollout.

An image that goes bad on request lets a demonstration and a test show what the
router and the operator do about it. Without CHURN_VARIANT nothing here acts.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .contract import Problem, integer_from_environment, number_from_environment

GOOD, WRONG, SLOW, FAILING, CRASH = "good", "wrong", "slow", "failing", "crash"
VARIANTS = (GOOD, WRONG, SLOW, FAILING, CRASH)

# The preprocessing slip of the wrong variant: these two columns change places.
# On the stand-in data they are the neighbours "mean_concave_points" and
# "mean_symmetry"; swapping them flips about 4 % of the labels, few enough for
# a health check to miss and many enough for a comparison to find.
SWAPPED_COLUMNS = (7, 8)

_SLOTS = 64
_SLOT = struct.Struct("<Q")


class SharedCount:
    """Requests counted across worker processes.

    Every process adds to its own slot of one anonymous shared mapping made
    before the fork, so no lock is needed; the total is the sum of the slots.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SLOTS * _SLOT.size)
        self._offset = 0

    def use_slot(self, worker: int) -> None:
        """Names this process's slot; two live workers must not share one."""
        self._offset = worker % _SLOTS * _SLOT.size

    def add(self) -> int:
        """Counts one request and returns how many were counted before it."""
        (own,) = _SLOT.unpack_from(self._memory, self._offset)
        before = sum(value for (value,) in _SLOT.iter_unpack(self._memory))
        _SLOT.pack_into(self._memory, self._offset, own + 1)
        return before


@dataclass
class Trouble:
    """The configured fault and when it begins."""

    variant: str
    slow_ms: float
    fail_percent: float
    after_requests: int
    file: Path | None
    count: SharedCount
    _failing_seen: int = 0

    def begins(self) -> bool:
        """Counts one invocation and says whether it meets the fault."""
        if self.variant == GOOD:
            return False
        before = self.count.add()
        return before >= self.after_requests and (self.file is None or self.file.exists())

    def delay_seconds(self) -> float:
        """How long a troubled invocation waits before it is answered."""
        return self.slow_ms / 1000 if self.variant == SLOW else 0.0

    def fails(self) -> bool:
        """Whether this troubled invocation answers 500.

        Failures are spread evenly instead of drawn at random, so that the share
        is exact over any long run.
        """
        if self.variant != FAILING:
            return False
        seen = self._failing_seen
        self._failing_seen = seen + 1
        return int((seen + 1) * self.fail_percent / 100) > int(seen * self.fail_percent / 100)

    def spoil(self, rows: np.ndarray) -> np.ndarray:
        """Applies the preprocessing slip of the wrong variant."""
        if self.variant != WRONG:
            return rows
        first, second = SWAPPED_COLUMNS if rows.shape[1] > max(SWAPPED_COLUMNS) else (0, -1)
        spoiled = rows.copy()
        spoiled[:, [first, second]] = rows[:, [second, first]]
        return spoiled


def from_environment() -> Trouble:
    """Reads CHURN_VARIANT, CHURN_SLOW_MS, CHURN_FAIL_PERCENT, CHURN_TROUBLE_AFTER
    and CHURN_TROUBLE_FILE."""
    variant = os.environ.get("CHURN_VARIANT") or GOOD
    if variant not in VARIANTS:
        raise Problem(f"CHURN_VARIANT is {variant!r}; known are {', '.join(VARIANTS)}")
    file = os.environ.get("CHURN_TROUBLE_FILE")
    return Trouble(
        variant=variant,
        slow_ms=number_from_environment("CHURN_SLOW_MS", 250, 0, 60_000),
        fail_percent=number_from_environment("CHURN_FAIL_PERCENT", 20, 0, 100),
        after_requests=integer_from_environment("CHURN_TROUBLE_AFTER", 0, 0, 2**53),
        file=Path(file) if file else None,
        count=SharedCount(),
    )
