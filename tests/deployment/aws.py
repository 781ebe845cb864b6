"""The stand-ins for AWS: the emulator for everything that can be deployed, the simulator for the four status services."""

import json
import os
import urllib.request
from contextlib import contextmanager

import boto3
from botocore.config import Config
from processes import eventually, running

ACCOUNT = "123456789012"
REGION = "us-east-1"


class Simulator:
    """The control routes of a running `tidings simulate`."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def control(self, method, route, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_tidings/{route}", method=method, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def at(self, **change):
        """Changes the world now."""
        self.control("POST", "at", {key.replace("_", "-"): value for key, value in change.items()})

    def calls(self):
        """What was asked, in order."""
        return self.control("GET", "calls")["calls"]

    def forget_calls(self):
        self.control("DELETE", "calls")


@contextmanager
def simulator(binary, directory):
    """Starts the simulator and waits until it listens."""
    with running([str(binary), "simulate", "--port", "0"], directory) as (log, process):

        def endpoint():
            assert process.poll() is None, log.read_text()
            lines = [line for line in log.read_text().splitlines() if line.startswith("export AWS_ENDPOINT_URL=")]
            return lines and lines[0].split("=", 1)[1]

        stage = Simulator(eventually("the simulator listens", endpoint, timeout=10))
        stage.at(world={"account": ACCOUNT})
        yield stage


def over_tls(request, **_):
    """What a proxy in front of the emulator would say."""
    request.headers["x-forwarded-proto"] = "https"


class Emulator:
    """The emulator, with permissions enforced; its clients are the root of an account unless they get a session."""

    def __init__(self, endpoint, log):
        self.endpoint = endpoint
        self.log = log

    @property
    def environment(self):
        """For programs that are to take it for AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            # Nobody's own profile has a say.
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service, tls=True, account=ACCOUNT, session=None):
        """A client; what it asks counts as asked over TLS unless said otherwise. `session`: what AssumeRole answered."""
        keys = (session or {"Credentials": {"AccessKeyId": account, "SecretAccessKey": "test"}})["Credentials"]
        client = boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=90),
        )
        if tls:
            client.meta.events.register("before-send", over_tls)
        return client

    def may(self, role_arn, action, resource):
        """Whether a role, of whatever account, may do that."""
        iam = self.client("iam", account=role_arn.split(":")[4])
        answer = iam.simulate_principal_policy(PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource])
        [result] = answer["EvaluationResults"]
        return result["EvalDecision"] == "allowed"


@contextmanager
def emulator(port, functions_see, directory):
    """Starts the emulator and waits until it answers. Functions find AWS at `functions_see`."""
    scratch = directory / "tmp"
    scratch.mkdir(parents=True)
    environment = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AWS_ENDPOINT_URL": functions_see,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(scratch),
        "STATE_DIR": str(scratch / "state"),
        "S3_DATA_DIR": str(scratch / "s3"),
    }
    endpoint = f"http://127.0.0.1:{port}"
    with running([os.environ.get("MINISTACK", "ministack")], directory, environment) as (log, process):

        def health():
            assert process.poll() is None, log.read_text()
            try:
                with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as answer:
                    return answer.status == 200
            except OSError:
                return False

        eventually("the emulator answers", health, timeout=60)
        yield Emulator(endpoint, log)
