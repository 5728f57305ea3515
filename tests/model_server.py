"""A server on loopback that answers as OpenAI, Anthropic or Google would, as a script says.

Real HTTP, real sockets, no model: each request takes the next step of the script, the last step
again and again. `Server.seen` is what came in.
"""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """The server; ``steps`` are functions that are given the request's handler and its body."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.seen = []
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.http.daemon_threads = True
        self.http.owner = self
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def next_step(self, request):
        with self.lock:
            self.seen.append(request)
            return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        request = {"path": self.path, "headers": dict(self.headers), "body": body}
        step = self.server.owner.next_step(request)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            step(self, body)

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=(), kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def events(self, events, *, cut=False):
        """Send a stream of events; ``cut``: end it in the middle, without a last chunk."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events:
            text = event if isinstance(event, str) else f"data: {json.dumps(event)}\n\n"
            data = text.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()
        if cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    @property
    def speaks(self):
        if self.path.endswith("/chat/completions"):
            return "openai"
        return "anthropic" if self.path.endswith("/v1/messages") else "google"


# ── steps ────────────────────────────────────────────────────────────────────────────────────────


def says(text, *, finish=None, usage=(100, 50), cut=False, wait_s=0.0):
    """Answer with ``text``, as a stream where one is asked for."""

    def step(handler, body):
        time.sleep(wait_s)
        streams = body.get("stream") or "stream" in handler.path
        make = {"openai": _openai, "anthropic": _anthropic, "google": _google}[handler.speaks]
        whole, events = make(text, finish, usage)
        if streams:
            handler.events(events[: len(events) // 2] if cut else events, cut=cut)
        elif cut:
            data = json.dumps(whole).encode()
            handler.send_response(200)
            handler.send_header("content-length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data[: len(data) // 2])
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        else:
            handler.reply(200, whole)

    return step


def calls_tool(arguments, usage=(100, 50)):
    """Answer with a tool call."""

    def step(handler, body):
        text = json.dumps(arguments)
        half = len(text) // 2
        if handler.speaks == "openai":
            part = {"index": 0, "id": "t", "function": {"name": "edit", "arguments": text}}
            message = {"content": "Because.", "tool_calls": [part]}
            pieces = [
                {"content": "Because.", "tool_calls": [_piece("edit", text[:half])]},
                {"tool_calls": [_piece(None, text[half:])]},
            ]
            events = [{"choices": [{"delta": piece}]} for piece in pieces]
            events += [_openai_end("tool_calls", usage), "data: [DONE]\n\n"]
            whole = {"choices": [{"message": message, "finish_reason": "tool_calls"}]}
            whole["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
        else:
            block = {"type": "tool_use", "id": "t", "name": "edit"}
            events = [
                {"type": "message_start", "message": {"usage": {"input_tokens": usage[0]}}},
                {"type": "content_block_start", "index": 0,
                 "content_block": {**block, "input": {}}},
                *(_json_delta(piece) for piece in (text[:half], text[half:])),
                {"type": "message_delta", "delta": {"stop_reason": "tool_use"},
                 "usage": {"output_tokens": usage[1]}},
            ]  # fmt: skip
            whole = {"content": [{**block, "input": arguments}], "stop_reason": "tool_use"}
            whole["usage"] = {"input_tokens": usage[0], "output_tokens": usage[1]}
        if body.get("stream"):
            handler.events(events)
        else:
            handler.reply(200, whole)

    return step


def fails(status, message="overloaded", headers=()):
    """Answer with an error."""
    return lambda handler, _: handler.reply(status, {"error": {"message": message}}, headers)


def raw(data, kind="application/json", status=200):
    """Answer with any bytes."""
    return lambda handler, _: handler.reply(status, data, kind=kind)


def hangs(begun, release):
    """Take the request, say so, and answer nothing until let go."""

    def step(handler, _):
        begun.set()
        release.wait(120)
        handler.close_connection = True

    return step


def drops(handler, _):
    """Cut the connection before any answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def echoes_key(handler, _):
    """Send the key back, in an error, as a careless server might."""
    key = handler.headers.get("authorization", "") + handler.headers.get("x-api-key", "")
    handler.reply(401, {"error": {"message": f"no such key: {key}"}})


def _openai(text, finish, usage):
    half = len(text) // 2
    whole = {"choices": [{"message": {"content": text}, "finish_reason": finish or "stop"}]}
    events = [
        ": keep-alive\n\n",
        {"choices": [{"delta": {"role": "assistant", "content": text[:half]}}]},
        {"choices": [{"delta": {"content": text[half:]}}]},
        _openai_end(finish or "stop", None),
    ]
    if usage:
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
        whole["usage"] = counted
        events.append({"choices": [], "usage": counted})
    return whole, [*events, "data: [DONE]\n\n"]


def _openai_end(finish, usage):
    end = {"choices": [{"delta": {}, "finish_reason": finish}]}
    if usage:
        end["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return end


def _anthropic(text, finish, usage):
    half, (one, other) = len(text) // 2, usage or (0, 0)
    finish = finish or "end_turn"
    whole = {
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}],
        "stop_reason": finish,
        "usage": {"input_tokens": one, "output_tokens": other},
    }
    events = [
        {
            "type": "message_start",
            "message": {"content": [], "usage": {"input_tokens": one, "output_tokens": 1}},
        },
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}
            for t in (text[:half], text[half:])
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": finish},
            "usage": {"output_tokens": other},
        },
        {"type": "message_stop"},
    ]
    return whole, events


def _google(text, finish, usage):
    half, (one, other) = len(text) // 2, usage or (0, 0)
    counted = {
        "promptTokenCount": one,
        "candidatesTokenCount": other - 10,
        "thoughtsTokenCount": 10,
    }
    parts = [{"text": "hm", "thought": True}, {"text": text}]
    end = {"content": {"parts": parts}, "finishReason": finish or "STOP"}
    whole = {"candidates": [end], "usageMetadata": counted}
    events = [
        {"candidates": [{"content": {"parts": [{"text": text[:half]}]}}]},
        {
            "candidates": [
                {"content": {"parts": [{"text": text[half:]}]}, "finishReason": finish or "STOP"}
            ],
            "usageMetadata": counted,
        },
    ]
    return whole, events


def _piece(name, arguments):
    return {"index": 0, "function": {"name": name, "arguments": arguments}}


def _json_delta(text):
    delta = {"type": "input_json_delta", "partial_json": text}
    return {"type": "content_block_delta", "index": 0, "delta": delta}
