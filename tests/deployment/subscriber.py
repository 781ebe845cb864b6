"""A subscriber over HTTP on a loopback port: confirms its subscription and keeps what it is sent."""

import json
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Subscriber:
    def __init__(self):
        self.deliveries = []
        deliveries = self.deliveries

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                kind = self.headers.get("x-amz-sns-message-type")
                if kind == "SubscriptionConfirmation":
                    # From another thread: SNS waits for the answer to this request first.
                    Thread(target=urllib.request.urlopen, args=(body["SubscribeURL"],), daemon=True).start()
                else:
                    deliveries.append((kind, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/notices"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def notices(self):
        """The notices of all deliveries, in the machine form."""
        messages = [json.loads(body["Message"]) for kind, body in self.deliveries if kind == "Notification"]
        return [notice for message in messages for notice in message["data"]["notices"]]
