"""A server that knows the prompts of one test, for a client that will not start without one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(prompts: Mapping[str, str]) -> Iterator[str]:
    """Serves prompts as Langfuse does, by the last part of the path; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.split("?")[0].rsplit("/", 1)[-1]
            found = prompts.get(name)
            self._answer(200 if found else 404, _answer(name, found or ""))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self._answer(200, {})

        def _answer(self, status: int, content: Mapping[str, object]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(name: str, prompt: str) -> dict[str, object]:
    return {
        "name": name,
        "version": 1,
        "prompt": prompt,
        "type": "text",
        "labels": ["production"],
        "tags": [],
        "config": {},
        "commitMessage": None,
        "resolutionGraph": None,
    }
