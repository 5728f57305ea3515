"""Three ways of asking a model over HTTP, and of reading what it says; nothing is sent here.

Sources: OpenAI's Chat Completions, Anthropic's Messages (version 2023-06-01) and Google's
generateContent, as their references describe them. Chat Completions is what local servers speak.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regency.propose.model.heard import Heard
from regency.propose.model.settings import DEFAULT_URLS, Endpoint

Messages = Sequence[tuple[str, str]]  # (role, text): system first, then user and assistant in turn
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What to send: address, headers without the key, and the body."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one provider is spoken to.

    Attributes:
        request: Endpoint and messages → what to send.
        key_header: Key → the header that carries it.
        take: Adds an event of a stream, or a whole message, to what was heard.
    """

    request: Callable[[Endpoint, Messages], Request]
    key_header: Callable[[str], tuple[str, str]]
    take: Callable[[Event, Heard], None]


def _openai(endpoint: Endpoint, messages: Messages) -> Request:
    new = endpoint.url == DEFAULT_URLS["openai"]
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": role, "content": text} for role, text in messages],
        "max_completion_tokens" if new else "max_tokens": endpoint.max_output_tokens,
        "stream": endpoint.stream,
        **endpoint.options,
    }
    if endpoint.stream:
        body["stream_options"] = {"include_usage": True}
    return Request(f"{endpoint.url}/chat/completions", {}, body)


def _take_openai(event: Event, heard: Heard) -> None:
    _fault(event, heard)
    for choice in _list(event.get("choices"))[:1]:
        said = _dict(choice.get("delta") or choice.get("message"))
        content = said.get("content")
        heard.text += [content] if isinstance(content, str) else _texts(content)
        for number, call in enumerate(_list(said.get("tool_calls"))):
            place = _count(call.get("index"), number) or 0  # a stream says which call goes on
            arguments = _dict(call.get("function")).get("arguments")
            if isinstance(arguments, str):
                heard.calls[place] = heard.calls.get(place, "") + arguments
        if isinstance(finish := choice.get("finish_reason"), str):
            heard.finish, heard.cut = finish, finish == "length"
    usage = _dict(event.get("usage"))
    heard.tokens_in = _count(usage.get("prompt_tokens"), heard.tokens_in)
    heard.tokens_out = _count(usage.get("completion_tokens"), heard.tokens_out)


def _anthropic(endpoint: Endpoint, messages: Messages) -> Request:
    body: dict[str, Any] = {
        "model": endpoint.model,
        "max_tokens": endpoint.max_output_tokens,
        "system": "\n\n".join(text for role, text in messages if role == "system"),
        "messages": [{"role": r, "content": t} for r, t in messages if r != "system"],
        "stream": endpoint.stream,
        **endpoint.options,
    }
    headers = {"anthropic-version": "2023-06-01"}
    return Request(f"{endpoint.url}/v1/messages", headers, body)


def _take_anthropic(event: Event, heard: Heard) -> None:
    _fault(event, heard)
    message = _dict(event.get("message")) if event.get("type") == "message_start" else event
    for number, part in enumerate(_list(message.get("content"))):
        _anthropic_part(part, number, heard)
    if event.get("type") == "content_block_start":
        _anthropic_part(_dict(event.get("content_block")), event.get("index"), heard)
    delta = _dict(event.get("delta"))
    if isinstance(text := delta.get("text"), str):
        heard.text.append(text)
    place = event.get("index")
    if isinstance(place, int) and isinstance(piece := delta.get("partial_json"), str):
        heard.calls[place] = heard.calls.get(place, "") + piece
    if isinstance(finish := message.get("stop_reason") or delta.get("stop_reason"), str):
        heard.finish, heard.cut = finish, finish in ("max_tokens", "model_context_window_exceeded")
    usage = {**_dict(message.get("usage")), **_dict(event.get("usage"))}
    if "input_tokens" in usage:
        names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        heard.tokens_in = sum(_count(usage.get(name), 0) or 0 for name in names)
    heard.tokens_out = _count(usage.get("output_tokens"), heard.tokens_out)


def _anthropic_part(part: Event, place: object, heard: Heard) -> None:
    if part.get("type") == "text" and isinstance(text := part.get("text"), str):
        heard.text.append(text)
    if part.get("type") == "tool_use" and isinstance(place, int):
        given = part.get("input")
        heard.calls[place] = json.dumps(given) if given else ""


def _google(endpoint: Endpoint, messages: Messages) -> Request:
    verb = "streamGenerateContent?alt=sse" if endpoint.stream else "generateContent"
    roles = {"user": "user", "assistant": "model"}
    body: dict[str, Any] = {
        "systemInstruction": {"parts": [{"text": t} for r, t in messages if r == "system"]},
        "contents": [{"role": roles[r], "parts": [{"text": t}]} for r, t in messages if r in roles],
        "generationConfig": {"maxOutputTokens": endpoint.max_output_tokens, **endpoint.options},
    }
    return Request(f"{endpoint.url}/v1beta/models/{endpoint.model}:{verb}", {}, body)


def _take_google(event: Event, heard: Heard) -> None:
    _fault(event, heard)
    for candidate in _list(event.get("candidates"))[:1]:
        for part in _list(_dict(candidate.get("content")).get("parts")):
            if isinstance(text := part.get("text"), str) and not part.get("thought"):
                heard.text.append(text)
            if isinstance(call := part.get("functionCall"), dict):
                heard.calls[len(heard.calls)] = json.dumps(call.get("args"))
        if isinstance(finish := candidate.get("finishReason"), str):
            heard.finish, heard.cut = finish, finish == "MAX_TOKENS"
    usage = _dict(event.get("usageMetadata"))
    heard.tokens_in = _count(usage.get("promptTokenCount"), heard.tokens_in)
    said, thought = usage.get("candidatesTokenCount"), usage.get("thoughtsTokenCount")
    if said is not None or thought is not None:
        heard.tokens_out = (_count(said, 0) or 0) + (_count(thought, 0) or 0)
    blocked = _dict(event.get("promptFeedback")).get("blockReason")
    if isinstance(blocked, str):
        heard.finish = blocked


def _fault(event: Event, heard: Heard) -> None:
    fault = event.get("error")
    if fault and not heard.error:
        heard.error = str(_dict(fault).get("message") or fault)[:500]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [part["text"] for part in _list(value) if isinstance(part.get("text"), str)]


def _count(value: object, known: int | None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else known


DIALECTS = {
    "openai": Dialect(_openai, lambda key: ("Authorization", f"Bearer {key}"), _take_openai),
    "anthropic": Dialect(_anthropic, lambda key: ("x-api-key", key), _take_anthropic),
    "google": Dialect(_google, lambda key: ("x-goog-api-key", key), _take_google),
}
