"""`churn serve`: worker processes around one loaded model.

gunicorn owns the socket and the processes, uvicorn the connections. The model is
loaded once, before the socket opens and before the fork: a connection is
therefore only accepted once the model can answer, and the workers share its pages.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from uvicorn.main import Server
from uvicorn.workers import UvicornWorker

from . import codec, model, trouble
from .app import App, Settings
from .contract import Paths, Problem, integer_from_environment, number_from_environment

# SageMaker gives a container 30 s between SIGTERM and SIGKILL: the drain below
# and this limit together stay within them.
GRACEFUL_SECONDS = 25

# Longer than the pools of the usual proxies keep an idle connection, so that
# the caller and not the server closes it first.
KEEP_ALIVE_SECONDS = 120

MAX_DEFAULT_WORKERS = 4


class DrainingServer(Server):
    """Keeps accepting for a moment after SIGTERM.

    Kubernetes signals a pod and withdraws its address at the same time, so
    requests still arrive. They are answered, each with `Connection: close`, and
    /ping says 503; only then does the server stop.
    """

    def handle_exit(self, sig: signal.Signals, frame: Any) -> None:
        app = self.config.app
        if app.draining:
            return
        app.draining = True
        asyncio.get_running_loop().call_later(app.settings.drain_seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


class Worker(UvicornWorker):
    """A uvicorn worker for gunicorn that drains before it stops."""

    CONFIG_KWARGS = {"loop": "uvloop", "http": "httptools", "lifespan": "off", "interface": "asgi3", "ws": "none"}

    async def _serve(self) -> None:
        app = self.wsgi
        app.use_slot(self.age)
        self.config.app = app
        await DrainingServer(config=self.config).serve(sockets=self.sockets)


class Supervisor(BaseApplication):
    """gunicorn configured by us alone: no file, flag or GUNICORN_* is read."""

    def __init__(self, app: App, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> App:
        return self._app


def serve(paths: Paths) -> None:
    """Loads the model and serves until SIGTERM; raises Problem if it cannot."""
    faults = trouble.from_environment()
    settings = _settings()
    port = integer_from_environment("SAGEMAKER_BIND_TO_PORT", 8080, 1, 65535)
    options = _options(port, settings.workers)
    app = App(_load(paths, faults), faults, settings)
    print(f"churn: serving {paths.model} on port {port}, variant {faults.variant}", flush=True)
    Supervisor(app, options).run()


def _load(paths: Paths, faults: trouble.Trouble) -> model.Model:
    if faults.variant == trouble.CRASH:
        raise Problem("cannot load the model: CHURN_VARIANT=crash asks for this failure")
    try:
        loaded = model.load(paths.model)
    except Problem as problem:
        raise Problem(f"cannot load the model: {problem}") from problem
    return loaded


def _settings() -> Settings:
    default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or codec.JSON
    if default_accept not in codec.MEDIA_TYPES:
        known = ", ".join(codec.MEDIA_TYPES)
        raise Problem(f"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT is {default_accept!r}; known are {known}")
    return Settings(
        max_body_bytes=integer_from_environment("SAGEMAKER_MAX_PAYLOAD_IN_MB", 6, 1, 1024) * 2**20,
        default_accept=default_accept,
        workers=integer_from_environment("SAGEMAKER_MODEL_SERVER_WORKERS", _default_workers(), 1, 32),
        drain_seconds=number_from_environment("CHURN_DRAIN_SECONDS", 2, 0, 20),
    )


def _options(port: int, workers: int) -> dict[str, Any]:
    return {
        "bind": f"0.0.0.0:{port}",
        "workers": workers,
        "worker_class": f"{__name__}.{Worker.__name__}",
        "worker_tmp_dir": _scratch_directory(),
        "timeout": integer_from_environment("SAGEMAKER_MODEL_SERVER_TIMEOUT", 60, 5, 3600),
        "graceful_timeout": GRACEFUL_SECONDS,
        "keepalive": KEEP_ALIVE_SECONDS,
        "backlog": 2048,
        "preload_app": True,
        "loglevel": "warning",
    }


def _scratch_directory() -> str:
    """gunicorn's heartbeat files need a writable directory; under a read-only
    root /dev/shm usually is one even where /tmp is not."""
    for directory in (os.environ.get("TMPDIR") or "/dev/shm", "/dev/shm", "/tmp"):
        if os.access(directory, os.W_OK | os.X_OK):
            return directory
    raise Problem("no writable directory: mount one at /tmp")


def _default_workers() -> int:
    """One per CPU this container may use, at least 1 and at most 4."""
    cpus = min(len(os.sched_getaffinity(0)), math.ceil(_cpu_limit()))
    return max(1, min(MAX_DEFAULT_WORKERS, cpus))


def _cpu_limit() -> float:
    """The CPU quota of the control group, version 2 or 1; infinity is MAX_DEFAULT_WORKERS."""
    root = Path("/sys/fs/cgroup")
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return MAX_DEFAULT_WORKERS
    if quota == "max" or int(quota) <= 0:
        return MAX_DEFAULT_WORKERS
    return int(quota) / int(period)
