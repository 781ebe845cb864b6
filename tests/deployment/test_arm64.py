"""The binary for arm64, which is what a deployment runs unless told otherwise: it starts and handles a tick."""

import json
import platform
import queue
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from aws import ACCOUNT, REGION, simulator
from conftest import TIDINGS
from processes import running
from runtime_api import RuntimeApi
from stack import ROOT

BOOTSTRAP = ROOT / ".aws-sam" / "arm64" / "Notifier-Shared" / "bootstrap"
# Where Debian keeps the C library of arm64 (libc6-arm64-cross).
LIBRARIES = Path("/usr/aarch64-linux-gnu")
AARCH64 = 183


def command():
    """How this machine runs the binary."""
    if platform.machine() in {"aarch64", "arm64"}:
        return [str(BOOTSTRAP)]
    if not shutil.which("qemu-aarch64"):
        pytest.skip("no qemu-aarch64 here (Debian: qemu-user)")
    if not LIBRARIES.exists():
        pytest.skip(f"no arm64 C library in {LIBRARIES} (Debian: libc6-arm64-cross)")
    return ["qemu-aarch64", "-L", str(LIBRARIES), str(BOOTSTRAP)]


def test_the_arm64_binary_handles_a_tick(tmp_path):
    run = command()
    assert BOOTSTRAP.exists(), f"{BOOTSTRAP} is missing: run `make build-arm64`"
    assert int.from_bytes(BOOTSTRAP.read_bytes()[18:20], "little") == AARCH64, "built for arm64"
    tick = json.loads((ROOT / "events" / "scheduler.json").read_text())
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tidings"
    with simulator(TIDINGS, tmp_path / "simulator") as world, closing(RuntimeApi(arn)) as runtime:
        runtime.events.put(tick)
        world.at(redshift={"id": "r-1", "status": "IN_PROGRESS"})
        environment = {
            "AWS_ENDPOINT_URL": world.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "simulated",
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_LAMBDA_RUNTIME_API": runtime.address,
            "AWS_LAMBDA_FUNCTION_NAME": "tidings",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "tidings",
            "AWS_LAMBDA_LOG_STREAM_NAME": "tidings",
            "TIDINGS_TABLE_NAME": "tidings",
            "TIDINGS_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:tidings",
        }
        with running(run, tmp_path / "function", environment) as (log, _):
            try:
                _, kind, report = runtime.answers.get(timeout=60)
            except queue.Empty:
                raise AssertionError(f"no answer in a minute: {log.read_text()}") from None
        assert kind == "response", (report, log.read_text())
        assert [scope["coverage"] for scope in report["scopes"]] == ["complete"] * 5, report
        assert report["published"] == 5, "a baseline of every source"
        assert len(world.control("GET", "inbox")["publications"]) == 5
