"""A server on loopback that speaks like OpenAI, Anthropic and Google, and always says the same.

It calls the client's shell tool once, with the command that it was given, then ends; a client
without tools gets a text. Enough to drive real coding agents without a model. Streams or not, as it
is asked: chat completions, responses, messages.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHELLS = ("bash", "shell", "shell_command", "exec_command", "run_shell_command", "local_shell")
USAGE = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}


@dataclass
class Script:
    """What is said.

    Attributes:
        command: Makes the shell command from all that the client said.
        text: What a client without tools is told.
        seen: Every request: path, the key it came with, body.
        last: Last command, for clients that must say that they are done.
        calls: Tools to call one after another instead, each once: end of the name, arguments.
    """

    command: Callable[[str], str]
    text: str
    seen: list[tuple[str, str, dict]] = field(default_factory=list)
    last: str = ""
    calls: list[tuple[str, dict]] | None = None


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    script: Script

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._send(200, b"")

    def do_GET(self) -> None:
        self._json({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.loads(raw or b"{}")
        names = ("authorization", "x-api-key", "x-goog-api-key")
        key = " ".join(self.headers.get(name, "") for name in names)
        self.script.seen.append((self.path, key, body))
        path = self.path.split("?")[0]
        if path.endswith("/chat/completions"):
            self._chat(body)
        elif path.endswith("/responses"):
            self._responses(body)
        elif path.endswith("/messages"):
            self._messages(body)
        elif path.endswith(("enerateContent", ":generateContent")):
            self._google(body, stream="stream" in path)
        elif path.endswith("ountTokens"):
            self._json({"totalTokens": 1000})
        elif path.endswith("/count_tokens"):
            self._json({"input_tokens": 1000})
        else:
            self._json({})

    # ── chat completions ────────────────────────────────────────────────────────────────────────

    def _chat(self, body: dict) -> None:
        said = json.dumps(body["messages"])
        call = self._call([t["function"] for t in body.get("tools", [])], said, _results(body))
        message: dict = {"role": "assistant", "content": None if call else self.script.text}
        if call:
            name, arguments = call
            function = {"name": name, "arguments": json.dumps(arguments)}
            called = {"id": f"call_{len(self.script.seen)}", "type": "function"}
            message["tool_calls"] = [{**called, "function": function}]
        end = "tool_calls" if call else "stop"
        head = {"id": "c1", "created": 1, "model": body.get("model", "")}
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": end}
            self._json({**head, "object": "chat.completion", "choices": [choice], "usage": USAGE})
            return
        for number, one in enumerate(message.get("tool_calls", [])):
            one["index"] = number
        chunk = {**head, "object": "chat.completion.chunk"}
        first = {"index": 0, "delta": message, "finish_reason": None}
        last = {"index": 0, "delta": {}, "finish_reason": end}
        self._stream([
            ("", {**chunk, "choices": [first]}),
            ("", {**chunk, "choices": [last], "usage": USAGE}),
        ], done=True)  # fmt: skip

    # ── responses ───────────────────────────────────────────────────────────────────────────────

    def _responses(self, body: dict) -> None:
        items = body.get("input", [])
        done = sum(i.get("type", "").endswith("_output") for i in items if isinstance(i, dict))
        tools = [t for t in body.get("tools", []) if t.get("type") == "function"]
        call = self._call(tools, json.dumps(items), done)
        if call:
            item = {
                "type": "function_call", "id": "f1", "call_id": f"call_{done}", "name": call[0],
                "arguments": json.dumps(call[1]), "status": "completed",
            }  # fmt: skip
        else:
            content = [{"type": "output_text", "text": "Done.", "annotations": []}]
            item = {"type": "message", "id": "m1", "role": "assistant", "content": content}
        usage = {"input_tokens": 1000, "output_tokens": 50, "total_tokens": 1050}
        answer = {"id": "r1", "object": "response", "model": body.get("model"), "output": [item]}
        answer |= {"status": "completed", "usage": usage}
        if not body.get("stream"):
            self._json(answer)
            return
        self._stream([
            ("response.created", {"response": {**answer, "status": "in_progress", "output": []}}),
            ("response.output_item.done", {"output_index": 0, "item": item}),
            ("response.completed", {"response": answer}),
        ])  # fmt: skip

    # ── messages ────────────────────────────────────────────────────────────────────────────────

    def _messages(self, body: dict) -> None:
        messages = body["messages"]
        parts = [p for m in messages if isinstance(m["content"], list) for p in m["content"]]
        done = sum(p.get("type") == "tool_result" for p in parts)
        tools = [{**t, "parameters": t.get("input_schema", {})} for t in body.get("tools", [])]
        call = self._call(tools, json.dumps(messages), done)
        if call:
            block = {"type": "tool_use", "id": f"toolu_{done}", "name": call[0], "input": call[1]}
        else:
            block = {"type": "text", "text": self.script.text}
        usage = {"input_tokens": 1000, "output_tokens": 50}
        end = "tool_use" if call else "end_turn"
        answer = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"]}
        answer |= {"stop_reason": end, "stop_sequence": None, "usage": usage, "content": [block]}
        if not body.get("stream"):
            self._json(answer)
            return
        if call:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        else:
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", **block}
            delta["type"] = "text_delta"
        self._stream([
            ("message_start", {"message": {**answer, "content": [], "stop_reason": None}}),
            ("content_block_start", {"index": 0, "content_block": start}),
            ("content_block_delta", {"index": 0, "delta": delta}),
            ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": end}, "usage": usage}),
            ("message_stop", {}),
        ])  # fmt: skip

    # ── Google ──────────────────────────────────────────────────────────────────────────────────

    def _google(self, body: dict, *, stream: bool) -> None:
        parts = [part for content in body.get("contents", []) for part in content["parts"]]
        done = sum("functionResponse" in part for part in parts)
        tools = [t for tool in body.get("tools", []) for t in tool.get("functionDeclarations", [])]
        tools = [{**t, "parameters": t.get("parametersJsonSchema", t.get("parameters", {}))}
                 for t in tools]  # fmt: skip
        call = self._call(tools, json.dumps(parts), done)
        part: dict = {"text": self.script.text}
        if call:
            part = {"functionCall": {"name": call[0], "args": call[1]}}
        usage = {"promptTokenCount": 1000, "candidatesTokenCount": 50, "totalTokenCount": 1050}
        content = {"role": "model", "parts": [part]}
        answer = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}
        answer |= {"usageMetadata": usage}
        self._stream([("", answer)]) if stream else self._json(answer)

    def _call(self, tools: list[dict], said: str, results: int) -> tuple[str, dict] | None:
        """Return the call of the client's shell tool that is due, None if it has been made."""
        if self.script.calls is not None:
            return self._next(tools)
        shell = next((t for t in tools if t.get("name", "").lower() in SHELLS), None)
        if shell is None or (results and not (results == 1 and self.script.last)):
            return None
        command = self.script.last if results else self.script.command(said)
        schema = shell.get("parameters", {})
        arguments: dict[str, object] = {}
        for name, kind in schema.get("properties", {}).items():
            if name in ("command", "cmd"):
                array = kind.get("type") == "array"
                arguments[name] = ["bash", "-lc", command] if array else command
            elif name in schema.get("required", []):
                arguments[name] = {"string": "Edit the file."}.get(kind.get("type"), 1)
        return shell["name"], arguments

    def _next(self, tools: list[dict]) -> tuple[str, dict] | None:
        """Return the next call of the script whose tool is there."""
        while self.script.calls:
            wanted, arguments = self.script.calls.pop(0)
            for tool in tools:
                if tool.get("name", "").endswith(wanted):
                    return tool["name"], arguments
        return None

    def _json(self, answer: dict) -> None:
        self._send(200, json.dumps(answer).encode())

    def _send(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, events: list[tuple[str, dict]], *, done: bool = False) -> None:
        self._send(200, b"".join(_lines(events, done=done)), "text/event-stream")


def _lines(events: list[tuple[str, dict]], *, done: bool) -> Iterator[bytes]:
    for kind, data in events:
        if kind:
            yield f"event: {kind}\n".encode()
        yield b"data: " + json.dumps({"type": kind, **data} if kind else data).encode() + b"\n\n"
    if done:
        yield b"data: [DONE]\n\n"


def _results(body: dict) -> int:
    return sum(message["role"] == "tool" for message in body["messages"])


def serve(script: Script) -> ThreadingHTTPServer:
    """Start the server on a free port of loopback and return it; ``shutdown`` ends it."""
    handler = type("Scripted", (Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def edit(x: float) -> Callable[[str], str]:
    """Return what makes the command that sets X in model.py and writes the rationale."""

    def command(said: str) -> str:
        found = re.search(r"write to the file (\S+)", said)
        place = found[1] if found else "/dev/null"
        return (
            f"sed -i 's/^X = .*/X = {x}/' model.py && "
            f"printf 'Moved X to {x}.\\nClaim: X is now {x}\\n' > {place}"
        )

    return command
