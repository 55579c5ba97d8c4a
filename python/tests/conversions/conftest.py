"""A server on this machine that stands in for every provider, and the prompts that are sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from promptsync.rendered import Messages

CHAT_COMPLETION = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "stub",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Fine."}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
RESPONSE = {
    "id": "r1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "stub",
    "output": [
        {
            "id": "m1",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Fine.", "annotations": []}],
        }
    ],
    "parallel_tool_calls": False,
    "tool_choice": "auto",
    "tools": [],
}
MESSAGE = {
    "id": "m1",
    "type": "message",
    "role": "assistant",
    "model": "stub",
    "content": [{"type": "text", "text": "Fine."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
CONTENT = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Fine."}]}, "finishReason": "STOP"}]}

ANSWERS = {
    "/chat/completions": CHAT_COMPLETION,
    "/responses": RESPONSE,
    "/messages": MESSAGE,
    ":generateContent": CONTENT,
}


@dataclass
class Provider:
    """Where the server listens, and the bodies that have arrived."""

    url: str
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def body(self) -> dict[str, Any]:
        """The one body that has arrived."""
        (body,) = self.bodies
        return body


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that answers `Fine.` to everything."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            path = self.path.partition("?")[0]
            answer = next(answer for ending, answer in ANSWERS.items() if path.endswith(ending))
            payload = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing: the tests look at the bodies."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Provider(f"http://127.0.0.1:{server.server_port}", bodies)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def chat() -> Messages:
    """A chat in which every message says something that a careless conversion would spoil."""
    return Messages(
        [
            {"role": "system", "content": "You help <b>Ada</b> & co.\n\nBe brief."},
            {"role": "developer", "content": 'Answer in JSON: {"mood": "{{ mood }}"}'},
            {"role": "user", "content": "Grüße, 世界 🌍\n", "name": "ada"},
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": "First."},
            {"role": "user", "content": "Second."},
        ]
    )


@pytest.fixture
def instructions(chat: Messages) -> str:
    """What the APIs with a field for instructions are told."""
    return f"{chat[0]['content']}\n\n{chat[1]['content']}"
