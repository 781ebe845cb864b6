"""The processes that are measured: the simulator, a TLS server in front of it, and the function behind a Runtime API."""

import contextlib
import dataclasses
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/deployment"))
from runtime_api import RuntimeApi  # noqa: E402

REGION = "us-east-1"
ACCOUNT = "123456789012"
EVENT = {"command": "pass"}
TICK = json.loads((ROOT / "events/scheduler.json").read_text())
QUOTAS = pathlib.Path("/sys/fs/cgroup/cpu")
PERIOD_US = 20_000  # as Lambda's own


def cpu_seconds(pid):
    """The CPU time of all threads of a process in seconds, as the scheduler counts it, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


class Simulator:
    """`tidings simulate` in its own process."""

    def __init__(self, binary, folder, world, latency_ms=0):
        scenario = folder / f"world-{uuid.uuid4().hex}.toml"
        scenario.write_text('title = "bench"\nstart = "2026-01-01T00:00:00Z"\nevery = "5m"\nlength = "1h"\n' + world)
        command = [binary, "simulate", "--scenario", scenario, "--latency", f"{latency_ms}ms"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.settings = {}
        while "TIDINGS_TOPIC_ARN" not in self.settings:
            line = self.process.stdout.readline()
            assert line, "the simulator did not start"
            if line.startswith("export "):
                name, value = line.removeprefix("export ").strip().split("=", 1)
                self.settings[name] = value
        self.endpoint = self.settings["AWS_ENDPOINT_URL"]
        self.latency_ms = latency_ms

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_tidings/{path}", method=method, data=data)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def calls(self):
        """How often each operation was called since the previous question."""
        counts = {}
        for call in self.control("GET", "calls")["calls"]:
            counts[call["operation"]] = counts.get(call["operation"], 0) + 1
        self.control("DELETE", "calls")
        return counts

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def close(self):
        self.process.kill()
        self.process.wait()


class Queue:
    """A queue of the simulator."""

    def __init__(self, simulator):
        import boto3

        settings = {name.lower(): simulator.settings[name.upper()] for name in ("aws_access_key_id", "aws_secret_access_key")}
        sqs = boto3.client("sqs", endpoint_url=simulator.endpoint, region_name=REGION, **settings)
        self.url = sqs.create_queue(QueueName="targets")["QueueUrl"]
        self.simulator = simulator

    def batches(self):
        """The events with which Lambda gives the messages to the function, ten in each. The queue is empty then."""
        messages = self.simulator.control("GET", "queues")["queues"][self.url]
        self.simulator.control("DELETE", "queues")
        records = [
            {"messageId": message["message_id"], "body": message["body"], "eventSource": "aws:sqs",
             "attributes": {}, "messageAttributes": {}, "awsRegion": REGION}
            for message in messages
        ]
        return [{"Records": records[first : first + 10]} for first in range(0, len(records), 10)]


@dataclasses.dataclass
class WorkedOff:
    seconds: float
    passes: list


def work_off(functions, events):
    """Gives the events to the functions, the next one to whichever is free, as Lambda does."""
    left, passes, failed = list(events), [], []

    def work(function):
        while left:
            try:
                event = left.pop()
            except IndexError:
                return
            passes.append(function.invoke(event))
            failed.extend(passes[-1].report["batchItemFailures"])

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passes) == len(events) and not failed, failed
    return WorkedOff(time.perf_counter() - begun, passes)


class TlsFront:
    """TLS with our own certificate in front of a plain server. `bundle` has the system's roots and this certificate."""

    def __init__(self, endpoint, folder):
        self.upstream = ("127.0.0.1", int(endpoint.rsplit(":", 1)[1]))
        key, ca, request, leaf = (folder / name for name in ("key.pem", "ca.pem", "leaf.csr", "leaf.pem"))
        (folder / "ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout"]
        quiet = {"check": True, "stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        ca_key = folder / "ca-key.pem"
        basic = ["-addext", "keyUsage=critical,keyCertSign"]
        subprocess.run([*new, ca_key, "-x509", "-days", "2", "-subj", "/CN=bench CA", *basic, "-out", ca], **quiet)
        subprocess.run([*new, key, "-subj", "/CN=localhost", "-out", request], **quiet)
        sign = ["openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2"]
        subprocess.run([*sign, "-extfile", folder / "ext", "-out", leaf], **quiet)
        system = pathlib.Path(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt")
        self.bundle = folder / "bundle.pem"
        self.bundle.write_text((system.read_text() if system.exists() else "") + ca.read_text())
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(leaf, key)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.endpoint = f"https://localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, raw):
        with contextlib.suppress(OSError), self.context.wrap_socket(raw, server_side=True) as client:
            server = socket.create_connection(self.upstream)
            for side in (client, server):
                with contextlib.suppress(OSError):
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def back():
                with contextlib.suppress(OSError):
                    while data := server.recv(65536):
                        client.sendall(data)

            threading.Thread(target=back, daemon=True).start()
            while data := client.recv(65536):
                server.sendall(data)
            server.close()

    def close(self):
        self.listener.close()


@dataclasses.dataclass
class Pass:
    seconds: float
    cpu: float
    report: dict


class Function:
    """One process of the function: started, invoked, ended."""

    def __init__(self, command, simulator, quota=None, **variables):
        self.api = RuntimeApi(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tidings", deadline_seconds=900)
        environment = {
            **{name: value for name, value in simulator.settings.items()},
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "tidings",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/tidings",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "WARN",
            "PATH": "/usr/bin:/bin",
            **{name: str(value) for name, value in variables.items() if value is not None},
        }
        self.group = None
        if quota is not None:
            self.group = QUOTAS / f"tidings-bench-{uuid.uuid4().hex[:8]}"
            self.group.mkdir()
            (self.group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.group / "cpu.cfs_quota_us").write_text(str(int(quota * PERIOD_US)))
            # The process itself joins the group. A `preexec_fn` would do the same, but then Python copies its own process
            # first, and that CPU would count as the function's.
            command = ["/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', self.group / "cgroup.procs", *command]

        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ready = self.api.asked.get(timeout=120)
        self.init_seconds = ready - self.begun
        self.init_cpu = cpu_seconds(self.process.pid)

    def invoke(self, event=EVENT, timeout=900):
        cpu = cpu_seconds(self.process.pid)
        begun = time.perf_counter()
        self.api.events.put(event)
        ended, kind, report = self.api.answers.get(timeout=timeout)
        assert kind == "response", report
        self.api.asked.get(timeout=120)
        return Pass(ended - begun, cpu_seconds(self.process.pid) - cpu, report)

    def end(self):
        """The peak memory of the process, in MB of 10^6 bytes. (wait4 would include the memory of the driver before exec.)"""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        self.process.kill()
        self.process.wait()
        self.api.close()
        if self.group is not None:
            for _ in range(100):
                try:
                    self.group.rmdir()
                    break
                except OSError:
                    time.sleep(0.01)
        return peak * 1024 / 1e6


def quotas_work():
    """Whether this machine can limit the CPU of a process through cgroups (version 1)."""
    try:
        probe = QUOTAS / "tidings-bench-probe"
        probe.mkdir()
        probe.rmdir()
        return True
    except OSError:
        return False
