"""The loop of a Python Lambda: imports the handler, then asks the Runtime API for events and answers them."""

import http.client
import json
import os
import sys

import handler

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    event = json.loads(answer.read())
    request_id = answer.headers["lambda-runtime-aws-request-id"]
    try:
        kind, body = "response", handler.handler(event)
    except Exception as error:  # the runtime reports whatever the handler raises
        print(repr(error), file=sys.stderr)
        kind, body = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
    api.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/{kind}", json.dumps(body))
    api.getresponse().read()
