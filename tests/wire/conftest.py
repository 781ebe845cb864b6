"""The built `tidings simulate` on a port, and boto3 clients that talk to it.

boto3 is the independent check of the simulator's wire formats: its models and parsers are AWS's own. These tests check
every field and every error once. What the services do (listings, filters, pages, refusals, faults) is checked in
tests/simulator. Each test has its own simulator.
"""

import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).parents[2]
BINARY = os.environ.get("TIDINGS_BIN", str(ROOT / "target" / "debug" / "tidings"))
REGION = "eu-central-1"


class Simulator:
    """A running simulator: its settings, its control routes, and clients for it."""

    def __init__(self, settings):
        self.settings = settings
        self.endpoint = settings["AWS_ENDPOINT_URL"]

    def client(self, service, region=REGION, credentials=None):
        """A client that makes each call once. `credentials`: those that AssumeRole gave out."""
        credentials = credentials or {
            "AccessKeyId": self.settings["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": self.settings["AWS_SECRET_ACCESS_KEY"],
        }
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=5,
                read_timeout=5,
            ),
        )

    def control(self, method, path, body=None):
        """Calls a control route and returns its JSON answer."""
        request = urllib.request.Request(
            f"{self.endpoint}/_tidings/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def at(self, **change):
        """Changes the world now."""
        return self.control("POST", "at", {key.replace("_", "-"): value for key, value in change.items()})

    def fault(self, kind, **match):
        """Makes calls fail."""
        return self.control("POST", "fault", {"kind": kind, **match})

    def set_clock(self, at):
        """Stops the clock at a time."""
        assert self.control("PUT", "clock", {"freeze": at}) == self.control("GET", "clock")

    def inbox(self):
        """What SNS accepted."""
        return self.control("GET", "inbox")["publications"]

    def calls(self, operation):
        """The calls of one operation."""
        calls = self.control("GET", "calls")["calls"]
        return [call for call in calls if call["operation"] == operation]


@pytest.fixture
def simulator():
    """A fresh simulator."""
    with running() as simulator:
        yield simulator


@pytest.fixture
def organization():
    """A fresh simulator of an organization of three accounts and the one that watches them."""
    with running("--accounts", "3") as simulator:
        yield simulator


@contextmanager
def running(*options):
    """A simulator with further options."""
    process = subprocess.Popen(
        [BINARY, "simulate", "--port", "0", "--table", "notices", "--topic", "news", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        settings = {}
        for line in process.stdout:
            if line.startswith("export "):
                name, value = line.removeprefix("export ").strip().split("=", 1)
                settings[name] = value
            if "TIDINGS_TOPIC_ARN" in settings:
                break
        assert settings, "the simulator printed no settings"
        yield Simulator(settings)
    finally:
        process.terminate()
        code = process.wait(timeout=5)
        process.stdout.close()
    assert code == 0, "the simulator stops cleanly when told to"


def without_metadata(answer):
    """An answer without boto3's own additions."""
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
