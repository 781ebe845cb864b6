"""The one door the deployed function goes through: AWS, as far as it can tell.

Calls of the four status services are checked against the permissions of the role that makes them, as the emulator's IAM sees
them, and answered by the simulator, which checks nothing itself. That is the function's role, or a role in another account
that the function has assumed. Every other call goes to the emulator as one that came over TLS, because the topics refuse any
other. So the emulator decides which roles can be assumed.
"""

import http.client
import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import botocore.session

CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
# By the name in a signature: the name of botocore's model.
STATUS_SERVICES = {
    "redshift": "redshift",
    "redshift-serverless": "redshift-serverless",
    "backup": "backup",
    "s3tables": "s3tables",
}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Operations:
    """Tells from a request which operation it is, by AWS's own models."""

    def __init__(self):
        session = botocore.session.get_session()
        self.by_path = {}
        for service, model in STATUS_SERVICES.items():
            operations = session.get_service_model(model)
            self.by_path[service] = [
                (operation.http["method"], self.pattern(operation.http["requestUri"]), name)
                for name in operations.operation_names
                for operation in [operations.operation_model(name)]
            ]

    @staticmethod
    def pattern(uri):
        path = re.sub(r"\{[^}]+\}", "\0", uri.split("?")[0])
        return re.compile(re.escape(path).replace("\0", "([^/]+)").rstrip("/") + "/?")

    def of(self, service, request, body):
        """The operation and the variable parts of its path."""
        if service == "redshift":
            return parse_qs(body.decode())["Action"][0], []
        if service == "redshift-serverless":
            return request.headers["X-Amz-Target"].rsplit(".", 1)[1], []
        path = urlsplit(request.path).path
        for method, pattern, name in self.by_path[service]:
            match = method == request.command and pattern.fullmatch(path)
            if match:
                return name, [unquote(part) for part in match.groups()]
        raise AssertionError(f"no operation of {service} is {request.command} {path}")


def resource(operation, parts, query):
    """What the call is about, as IAM sees it."""
    if operation == "ListTables":
        return parts[0]
    if operation == "GetTableMaintenanceJobStatus":
        # The table's own ARN ends in an id that the call does not carry.
        return f"{parts[0]}/table/{parts[2]}"
    if operation == "GetTableReplicationStatus":
        return query["tableArn"][0]
    return "*"


def attributes(update):
    """The attributes that an UpdateItem names, as dynamodb:Attributes has them: the key, and the first part of each path."""
    names = update.get("ExpressionAttributeNames", {})
    text = f"{update.get('UpdateExpression', '')} {update.get('ConditionExpression', '')}"
    paths = re.findall(r"(?<![:\w#.])#?[A-Za-z_]\w*(?![\w(])", text)
    words = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT"}
    return set(update["Key"]) | {names.get(path, path) for path in paths if path not in words}


class Gateway:
    """Listens on a free loopback port until it is closed."""

    def __init__(self, simulator, emulator):
        self.backends = {"simulator": urlsplit(simulator).netloc, "emulator": urlsplit(emulator).netloc}
        self.operations = Operations()
        # Given once the stack is there: whether a role may do that; without a role, whether the function's may.
        self.may = None
        self.denied = []
        # The attributes that each update of an item names: the emulator does not compare them with dynamodb:Attributes.
        self.updates = []
        # By access key: the roles in other accounts that were assumed.
        self.assumed = {}
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                gateway.handle(self, body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def handle(self, request, body):
        match = CREDENTIAL.search(request.headers.get("Authorization", ""))
        service = match and match["service"]
        if request.headers.get("X-Amz-Target", "").endswith(".UpdateItem"):
            self.updates.append(attributes(json.loads(body)))
        if service not in STATUS_SERVICES:
            self.forward(request, body, "emulator")
            return
        operation, parts = self.operations.of(service, request, body)
        query = parse_qs(urlsplit(request.path).query)
        action = f"{service}:{operation}"
        role = self.assumed.get(match["key"])
        if self.may(action, resource(operation, parts, query), role):
            self.forward(request, body, "simulator", role)
        else:
            self.denied.append(action)
            self.deny(request, service, action)

    def forward(self, request, body, backend, role=None):
        connection = http.client.HTTPConnection(self.backends[backend], timeout=60)
        headers = {name.lower(): value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["x-forwarded-proto"] = "https"
        if role:
            # The simulator knows the account of a call by the access keys that it gives out itself.
            key = f"Credential=ASIA{role.split(':')[4]}{int(time.time()) + 3600}/"
            headers["authorization"] = re.sub(r"Credential=[^/]+/", key, headers["authorization"])
        try:
            connection.request(request.command, request.path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            key = b"Action=AssumeRole" in body and re.search(rb"<AccessKeyId>(\w+)</AccessKeyId>", content)
            if key:
                self.assumed[key[1].decode()] = parse_qs(body.decode())["RoleArn"][0]
            self.send(request, answer.status, answer.getheaders(), content)
        finally:
            connection.close()

    def deny(self, request, service, action):
        why = f"User is not authorized to perform: {action} because no identity-based policy allows it"
        if service == "redshift":
            text = (
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
                f"<Message>{escape(why)}</Message></Error><RequestId>denied</RequestId></ErrorResponse>"
            )
            self.send(request, 403, [("Content-Type", "text/xml")], text.encode())
        else:
            text = json.dumps({"__type": "AccessDeniedException", "message": why})
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "AccessDeniedException")]
            self.send(request, 403, headers, text.encode())

    @staticmethod
    def send(request, status, headers, body):
        request.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
