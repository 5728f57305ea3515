"""One HTTP exchange with a model's server: what it said, or what went wrong and whether to wait.

Keys are read from the environment for each exchange, go into one header, and are struck out of
everything that comes back. Redirects are not followed, so that a key goes to its own server alone.
"""

import contextlib
import email.utils
import json
import os
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2

from regency.propose.model.dialects import DIALECTS, Messages
from regency.propose.model.heard import Heard
from regency.propose.model.settings import Endpoint

_PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529}
_MOST_BYTES = 16 << 20
_CHARACTERS_PER_TOKEN = 32  # more than any tokeniser's mean: beyond it a server is not counting
_SPARE_CHARACTERS = 1 << 16
HIDDEN = "[key]"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of one exchange.

    Attributes:
        heard: What was said, possibly in part.
        fault: Why it is no whole answer; empty if it is one.
        passing: Whether trying again may help.
        paid: Whether it may cost money: the server had begun to answer.
        wait_s: How long the server asks to wait; None where it does not say.
        wall_s: How long it took.
    """

    heard: Heard = field(default_factory=Heard)
    fault: str = ""
    passing: bool = False
    paid: bool = True
    wait_s: float | None = None
    wall_s: float = 0.0


class Wire:
    """Exchanges with one endpoint, which `close` ends from another thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the endpoint; nothing is opened yet."""
        self.endpoint = endpoint
        self.dialect = DIALECTS[endpoint.provider]
        self._client: httpx2.Client | None = None
        self._answers: list[queue.SimpleQueue[Exchange]] = []
        self._closed = threading.Event()

    def exchange(self, messages: Messages) -> Exchange:
        """Ask once and wait for what comes of it, never longer than the endpoint's ``timeout_s``.

        The exchange has a thread of its own, so that the run can end while a server is silent.
        """
        answers: queue.SimpleQueue[Exchange] = queue.SimpleQueue()
        self._answers = [answers]
        if self._closed.is_set():
            return Exchange(fault="the run ended", paid=False)
        started = time.monotonic()
        asking = (answers, messages, started)
        threading.Thread(target=self._answered, args=asking, daemon=True).start()
        try:
            return answers.get(timeout=self.endpoint.timeout_s)
        except queue.Empty:
            self._drop()
            fault = f"no whole answer in {self.endpoint.timeout_s:g} s"
            return Exchange(fault=fault, passing=True, wall_s=time.monotonic() - started)

    def close(self) -> None:
        """End what is under way."""
        self._closed.set()
        for answers in self._answers:
            answers.put(Exchange(fault="the run ended"))
        self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:  # closing waits for nobody, but may meet the thread that reads
            threading.Thread(target=_close, args=(client,), daemon=True).start()

    def _answered(
        self, answers: "queue.SimpleQueue[Exchange]", messages: Messages, started: float
    ) -> None:
        try:
            answers.put(self._exchange(messages, started))
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            answers.put(Exchange(fault=self._hide(f"{type(error).__name__}: {error}")[:600]))

    def _exchange(self, messages: Messages, started: float) -> Exchange:
        heard, begun, status, wait_s = Heard(), False, 0, None
        try:
            with self._sent(messages) as response:
                status, wait_s = response.status_code, _asked_wait(response.headers)
                if status == httpx2.codes.OK:
                    begun = True
                    self._listen(response, heard)
                else:
                    heard.error = self._error_text(response)
            fault = heard.error or ("" if heard.finish else "the answer was cut off")
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError) as error:
            fault = f"{type(error).__name__}: {error}"
            begun = begun or not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
        except RecursionError:
            fault = "the answer is nested too deeply"
        if status not in (0, httpx2.codes.OK):
            fault = f"status {status}: {fault}"
        passing = status in (0, httpx2.codes.OK) or status in _PASSING
        self._strike_out(heard)
        wall_s = time.monotonic() - started
        return Exchange(heard, self._hide(fault)[:600], passing, begun, wait_s, wall_s)

    def _sent(self, messages: Messages) -> "contextlib.AbstractContextManager[httpx2.Response]":
        request = self.dialect.request(self.endpoint, messages)
        headers = dict(request.headers)
        if key := self.key():
            name, value = self.dialect.key_header(key)
            headers[name] = value
        if self._client is None:
            timeout = httpx2.Timeout(self.endpoint.idle_s, connect=min(30, self.endpoint.idle_s))
            self._client = httpx2.Client(timeout=timeout, follow_redirects=False)
        return self._client.stream("POST", request.url, headers=headers, json=request.body)

    def key(self) -> str:
        """Return the key, empty where the endpoint names none."""
        name = self.endpoint.key_env
        return os.environ.get(name, "").strip() if name else ""

    def _listen(self, response: httpx2.Response, heard: Heard) -> None:
        if "text/event-stream" not in response.headers.get("content-type", ""):
            event = json.loads(_body(response))
            if not isinstance(event, dict):
                raise ValueError("the answer is no JSON object")
            self.dialect.take(event, heard)
            return
        most = self.endpoint.max_output_tokens * _CHARACTERS_PER_TOKEN + _SPARE_CHARACTERS
        for event in _events(response):
            self.dialect.take(event, heard)
            if heard.size > most:
                raise ValueError("the answer is far longer than was asked for")

    def _error_text(self, response: httpx2.Response) -> str:
        text = _body(response).decode(errors="replace")
        heard = Heard()
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(text)
            for part in event if isinstance(event, list) else [event]:
                if isinstance(part, dict):
                    self.dialect.take(part, heard)
        return heard.error or " ".join(text.split())[:300]

    def _strike_out(self, heard: Heard) -> None:
        """Strike the key out of an answer, where a server sends it back."""
        if (key := self.key()) and key in (whole := "".join(heard.text)):
            heard.text = [whole.replace(key, HIDDEN)]
        heard.calls = {place: self._hide(text) for place, text in heard.calls.items()}

    def _hide(self, text: str) -> str:
        key = self.key()
        return text.replace(key, HIDDEN) if key else text


def _events(response: httpx2.Response) -> Iterator[dict[str, object]]:
    """Yield the JSON objects of a stream of server-sent events (WHATWG HTML, 9.2)."""
    data: list[str] = []
    size = 0
    for line in response.iter_lines():
        size += len(line) + 1
        if size > _MOST_BYTES:
            raise ValueError("the answer is larger than 16 MiB")
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            text, data = "\n".join(data), []
            if text.strip() == "[DONE]":
                return
            event = json.loads(text)
            if isinstance(event, dict):
                yield event


def _body(response: httpx2.Response) -> bytes:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise ValueError("the answer is larger than 16 MiB")
    return body


def _asked_wait(headers: httpx2.Headers) -> float | None:
    """Return the seconds of ``Retry-After`` (RFC 9110, 10.2.3) or ``retry-after-ms``."""
    with contextlib.suppress(ValueError, KeyError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    given = headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(given))
    with contextlib.suppress(ValueError):
        return max(0.0, email.utils.parsedate_to_datetime(given).timestamp() - time.time())
    return None


def _close(client: httpx2.Client) -> None:
    with contextlib.suppress(Exception):
        client.close()
