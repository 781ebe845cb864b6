"""Lambda's runtime API on a loopback port: hands out events and takes answers, with the time of each."""

import json
import queue
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class RuntimeApi:
    """What is put into `events` is handed out, once each. `asked` gets the time at which the function asked for one,
    `answers` the time, the kind (`response` or `error`) and the body of each answer."""

    def __init__(self, function_arn, deadline_seconds=60):
        api = self
        self.events, self.answers, self.asked = queue.Queue(), queue.Queue(), queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                api.asked.put(time.perf_counter())
                event = api.events.get()
                if event is None:
                    return
                self.reply(
                    200,
                    json.dumps(event).encode(),
                    ("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4())),
                    ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + deadline_seconds) * 1000))),
                    ("Lambda-Runtime-Invoked-Function-Arn", function_arn),
                )

            def do_POST(self):  # noqa: N802
                body = b"".join(self.chunks()) if "chunked" in self.headers.get("Transfer-Encoding", "") else None
                if body is None:
                    body = self.rfile.read(int(self.headers["Content-Length"]))
                api.answers.put((time.perf_counter(), self.path.rsplit("/", 1)[-1], json.loads(body)))
                self.reply(202, b"{}")

            def chunks(self):
                while size := int(self.rfile.readline(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def reply(self, status, body, *headers):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.events.put(None)
        self.server.shutdown()
        self.server.server_close()
