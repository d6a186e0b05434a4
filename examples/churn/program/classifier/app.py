"""The HTTP side of the hosting contract, as an ASGI application."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any, Awaitable, Callable

from . import codec
from .codec import RequestError
from .model import Answer, Model
from .trouble import Trouble

# Above this many rows a prediction takes long enough to hold up other
# connections, so it goes to a thread; below, the hand-over would cost more.
INLINE_ROWS = 256

# How many times the limit of a body is read before the connection is closed on it.
DRAINED_LIMITS = 4

Handler = Callable[[dict[str, Any], Callable[[], Awaitable[dict[str, Any]]]], Awaitable["Response"]]


@dataclass(frozen=True)
class Settings:
    """What an operator of the server may choose."""

    max_body_bytes: int
    default_accept: str
    workers: int
    drain_seconds: float


@dataclass(frozen=True)
class Response:
    """Status, media type and body of an answer."""

    status: int
    media_type: str
    body: bytes


class App:
    """Answers /ping, /invocations and /execution-parameters for one model."""

    def __init__(self, model: Model, trouble: Trouble, settings: Settings) -> None:
        self._model = model
        self._trouble = trouble
        self.settings = settings
        self.draining = False
        self._routes: dict[str, tuple[str, Handler]] = {
            "/ping": ("GET", self._ping),
            "/invocations": ("POST", self._invoke),
            "/execution-parameters": ("GET", self._execution_parameters),
        }

    def use_slot(self, worker: int) -> None:
        """Tells the request counter which worker process this is."""
        self._trouble.count.use_slot(worker)

    async def __call__(self, scope: dict[str, Any], receive, send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"this server speaks HTTP only, not {scope['type']}")
        try:
            response = await self._dispatch(scope, receive)
        except RequestError as error:
            response = _error(error.status, str(error))
        except Exception as error:  # the caller gets a status, the log the cause
            print(f"churn: {scope['path']}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            response = _error(500, "the server failed; its log says why")
        await self._send(response, send)

    async def _dispatch(self, scope: dict[str, Any], receive) -> Response:
        route = self._routes.get(scope["path"])
        if route is None:
            raise RequestError(404, f"no such path; known are {', '.join(self._routes)}")
        method, handler = route
        if scope["method"] != method:
            raise RequestError(405, f"{scope['path']} answers {method} only")
        return await handler(scope, receive)

    async def _ping(self, scope: dict[str, Any], receive) -> Response:
        """200 since the model is loaded before the socket opens; 503 while draining."""
        if self.draining:
            return _error(503, "the server is stopping")
        return Response(200, codec.JSON, b"{}")

    async def _execution_parameters(self, scope: dict[str, Any], receive) -> Response:
        """What a batch transform asks before it packs its first request."""
        parameters = {
            "MaxConcurrentTransforms": self.settings.workers,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": self.settings.max_body_bytes // 2**20,
        }
        return Response(200, codec.JSON, json.dumps(parameters).encode())

    async def _invoke(self, scope: dict[str, Any], receive) -> Response:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        body = await self._read_body(headers, receive)
        troubled = self._trouble.begins()
        if troubled:
            await self._suffer()
        media_type = codec.negotiate(headers.get(b"accept", ""), self.settings.default_accept)
        rows = codec.decode(headers.get(b"content-type", ""), body, self._model.width)
        answers = await self._predict(self._trouble.spoil(rows) if troubled else rows)
        return Response(200, media_type, codec.encode(media_type, answers))

    async def _suffer(self) -> None:
        delay = self._trouble.delay_seconds()
        if delay > 0:
            await asyncio.sleep(delay)
        if self._trouble.fails():
            raise RequestError(500, "CHURN_VARIANT=failing: this answer fails on purpose")

    async def _predict(self, rows) -> list[Answer]:
        try:
            if len(rows) <= INLINE_ROWS:
                return self._model.predict(rows)
            return await asyncio.to_thread(self._model.predict, rows)
        except ValueError as error:
            raise RequestError(400, f"the model refused the rows: {error}") from error

    async def _read_body(self, headers: dict[bytes, str], receive) -> bytes:
        """Reads the body, of which no more than the limit is kept.

        A little more than the limit is read and dropped before it is refused: a
        connection closed while its caller still writes is reset, and the caller
        never sees why.
        """
        limit = self.settings.max_body_bytes
        too_large = RequestError(413, f"the body is larger than {limit} bytes")
        if int(headers.get(b"content-length") or 0) > DRAINED_LIMITS * limit:
            raise too_large
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestError(400, "the caller went away before its body was complete")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > DRAINED_LIMITS * limit:
                raise too_large
            if not message.get("more_body", False):
                break
        if size > limit:
            raise too_large
        return b"".join(chunks)

    async def _send(self, response: Response, send) -> None:
        headers = [
            (b"content-type", response.media_type.encode()),
            (b"content-length", str(len(response.body)).encode()),
        ]
        # A refused body is still on its way, and a stopping server wants its
        # callers elsewhere: both end the connection.
        if self.draining or response.status == 413:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


def _error(status: int, message: str) -> Response:
    return Response(status, codec.JSON, json.dumps({"error": message}).encode())
