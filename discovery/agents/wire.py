"""The bounds of a call where it meets the network: requests, seconds, bytes; and what it took.

The HTTP client's own timeout counts from byte to byte, so a server that drips would hold a worker
for ever: here the whole call has an end, at which its sockets are shut.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Any, Final, Self

import httpx
import orjson

from discovery.agents.outcomes import Outcome
from discovery.agents.port import AgentFailed, Bounds, Usage

_BROKEN: Final = (
    "The language model's server answered {}. Its log tells why; where nothing changes, check "
    "LLM_MODEL and LLM_ANSWER_TOKENS."
)
_CHARACTERS: Final = 4  # of a token, as a rule of thumb where the server does not count
_MOST_CHARACTERS: Final = 16  # of a token, on the average of a question
_REFUSED: Final = {
    401: "The language model's server refused the key. Set LLM_API_KEY to a valid one.",
    402: "The language model's server wants to be paid first.",
    403: "The language model's server does not let this key use the model LLM_MODEL.",
    404: "There is no such model or address. Check LLM_MODEL and LLM_BASE_URL.",
}
_LIMITED: Final = (
    "The language model's server takes no more requests for now. Retry the flow later."
)
_TOO_SLOW: Final = "The language model did not answer within {} seconds (LLM_TIMEOUT)."
_TOO_LONG: Final = "The language model's server sent more than {} bytes."
_TOO_OFTEN: Final = "The call would have taken more than {} requests."
_NONSENSE: Final = "The language model's server broke the call off, or answered nonsense."
_NO_SERVER: Final = "The language model's server cannot be reached. Check LLM_BASE_URL."


class Meter:
    """Counts and bounds one call. After the first failure no further request leaves."""

    def __init__(self, bounds: Bounds) -> None:
        self.usage = Usage()
        self._bounds = bounds
        self._failure: tuple[Outcome, str] | None = None
        self._sent = 0  # bytes of the last request
        self._sockets: list[socket.socket] = []
        self._started = time.monotonic()
        self._timer = threading.Timer(bounds.seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._sockets.clear()
        self.usage.seconds = time.monotonic() - self._started

    def outbound(self, request: httpx.Request) -> httpx.Request:
        """A connection of its own for each request, lest an old one is none of this call's."""
        if self._failure is None and self.usage.requests >= self._bounds.requests:
            self._fail(Outcome.INVALID, _TOO_OFTEN.format(self._bounds.requests))
        self._go_on()
        self.usage.requests += 1
        request.headers["Connection"] = "close"
        request.extensions["trace"] = self._trace
        self._sent = len(request.content)
        self.usage.input_tokens += self._sent // _CHARACTERS
        return request

    def inbound(self, response: httpx.Response) -> httpx.Response:
        """The response, whole, but for its usage: crewai would stumble over a wrong one.

        Raises when it is no success, no JSON object, or too much.
        """
        content = self._body(response)
        if not response.is_success:
            self._fail(*_meaning(response.status_code))
        self._go_on()
        said = _object(content)
        self._count(said.pop("usage", None), len(content))
        if not said:
            self._fail(Outcome.FAILED, _NONSENSE)
        return httpx.Response(response.status_code, json=said)

    @property
    def has_failed(self) -> bool:
        """Whether the server, or its slowness, ended the call."""
        return self._failure is not None and self._failure[0] != Outcome.INVALID

    def failed(self, error: BaseException | None, text: str = "") -> AgentFailed:
        """What ended the call, in a sentence; `error` tells it where nothing here did."""
        if self._failure is None:
            self._failure = _cause(error, self._bounds)
        return AgentFailed(*self._failure, self.usage, text)

    def _body(self, response: httpx.Response) -> bytes:
        chunks, size = [], 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._bounds.response_bytes:
                self._fail(Outcome.FAILED, _TOO_LONG.format(self._bounds.response_bytes))
            chunks.append(chunk)
        response.close()
        return b"".join(chunks)

    def _count(self, usage: object, size: int) -> None:
        """As the server says, if that can be: a lie must not open the budget.

        A token of a question has a byte at least; of an answer there may be more than one sees.
        """
        said = usage if isinstance(usage, dict) else {}
        sent, most = self._sent, self._bounds.answer_tokens
        known = sent // _CHARACTERS  # and counted, when it was sent
        asked = _sane(said.get("prompt_tokens"), sent // _MOST_CHARACTERS, sent)
        self.usage.input_tokens += (asked or known) - known
        answered = _sane(said.get("completion_tokens"), 1, most)
        self.usage.output_tokens += answered or size // _CHARACTERS

    def _go_on(self) -> None:
        if self._failure:
            raise ConnectionAbortedError(self._failure[1])

    def _fail(self, outcome: Outcome, detail: str) -> None:
        """Not as an HTTP error, which crewai would repeat after a sleep."""
        self._failure = self._failure or (outcome, detail)
        self._go_on()

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Learns of each socket as it is connected (httpcore's trace extension)."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            opened = info["return_value"].get_extra_info("socket")
            self._sockets.append(opened)
            if self._failure:
                _shut(opened)

    def _expire(self) -> None:
        detail = _TOO_SLOW.format(f"{self._bounds.seconds:g}")
        self._failure = self._failure or (Outcome.TIMEOUT, detail)
        for opened in list(self._sockets):
            _shut(opened)


def _shut(opened: socket.socket) -> None:
    with suppress(OSError):  # it may be closed by now
        opened.shutdown(socket.SHUT_RDWR)


def _meaning(status: int) -> tuple[Outcome, str]:
    """In our words: a server may answer with the prompt, or with the key."""
    if status in _REFUSED:
        return Outcome.REFUSED, _REFUSED[status]
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Outcome.LIMITED, _LIMITED
    return Outcome.FAILED, _BROKEN.format(status)


def _cause(error: BaseException | None, bounds: Bounds) -> tuple[Outcome, str]:
    for each in _chain(error):
        if isinstance(each, httpx.TimeoutException):
            return Outcome.TIMEOUT, _TOO_SLOW.format(f"{bounds.seconds:g}")
        if isinstance(each, httpx.ConnectError):
            return Outcome.UNREACHABLE, _NO_SERVER
    return Outcome.FAILED, _NONSENSE


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error and what led to it. crewai ties some of its errors into rings."""
    chain: list[BaseException] = []
    each = error
    while each is not None and each not in chain:
        chain.append(each)
        each = each.__cause__ or each.__context__
    return chain


def _object(content: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _sane(tokens: object, least: int, most: int) -> int | None:
    """The figure, if it is one that can be."""
    if not isinstance(tokens, int) or isinstance(tokens, bool):
        return None
    return tokens if least <= tokens <= most else None
