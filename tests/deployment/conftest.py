"""One stage for all tests of the deployment, which follow one another in the order written."""

import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from aws import REGION, emulator, simulator
from gateway import Gateway
from processes import free_port
from stack import ROOT, Queue, Stack, for_the_emulator
from subscriber import Subscriber

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
# Absolute: programs run in directories of their own.
TIDINGS = Path(os.environ.get("TIDINGS_BIN", TARGET / "debug" / "tidings")).resolve()
# What this machine can run as a process.
ARCHITECTURE = os.environ.get("TIDINGS_ARCHITECTURE", "x86_64")
BUILT = ROOT / ".aws-sam" / ARCHITECTURE

# At first every source is watched and every minute is a tick, so that the schedule can be seen.
FIRST = {
    "Architecture": ARCHITECTURE,
    "PeriodMinutes": "1",
    "EmailAddress": "on-call@example.com",
    "WithDashboard": "true",
    "SlackWorkspaceId": "T012ABCDEFG",
    "SlackChannelId": "C012ABCDEFG",
    "SilenceFromChat": "true",
}


@contextmanager
def account(directory):
    """An AWS account with nothing in it but things to watch: the simulator, the gateway and the emulator."""
    with ExitStack() as at_the_end:
        world = at_the_end.enter_context(simulator(TIDINGS, directory / "simulator"))
        port = free_port()
        gateway = Gateway(world.endpoint, f"http://127.0.0.1:{port}")
        at_the_end.callback(gateway.close)
        aws = at_the_end.enter_context(emulator(port, gateway.endpoint, directory / "emulator"))
        furnish(world)
        yield world, gateway, aws


def permissions(stack):
    """Whether a role may do that; without a role, whether the function's may."""
    return lambda action, resource, role: stack.emulator.may(role or stack.role_arn(), action, resource)


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """Everything started, the stack deployed, four tables of state to find, three subscribers waiting."""
    directory = tmp_path_factory.mktemp("deployment")
    with ExitStack() as at_the_end:
        world, gateway, aws = at_the_end.enter_context(account(directory))
        stack = Stack(aws, for_the_emulator(BUILT, directory))
        gateway.may = permissions(stack)
        stack.deploy(**FIRST)
        topic = stack.outputs["TopicArn"]
        webhook = Subscriber()
        at_the_end.callback(webhook.close)
        aws.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=webhook.endpoint)
        yield SimpleNamespace(
            world=world,
            gateway=gateway,
            aws=aws,
            stack=stack,
            webhook=webhook,
            everything=Queue(aws, topic, "everything"),
            critical=Queue(aws, topic, "critical", {"severity": ["critical"]}),
            of_backup=Queue(aws, topic, "of-backup", {"sources": ["backup"]}),
            of_here=Queue(aws, topic, "of-here", {"region": [REGION]}),
            of_elsewhere=Queue(aws, topic, "of-elsewhere", {"region": ["ap-south-2"]}),
            directory=directory,
        )


def furnish(world):
    """Something unfinished in every source."""
    world.at(redshift={"id": "r-1", "cluster": "analytics", "source": "dev.public.orders", "status": "IN_PROGRESS"})
    world.at(redshift_serverless={"id": "s-1", "workgroup": "adhoc", "source": "dev.public.visits", "status": "PENDING"})
    world.at(backup={"id": "b-1", "resource_type": "RDS", "status": "RUNNING"})
    world.at(backup={"id": "b-2", "resource_type": "EBS", "status": "RUNNING"})
    table = {"bucket": "lake", "namespace": "sales", "name": "orders"}
    world.at(replication={**table, "destination": "replica", "status": "pending"})
    world.at(maintenance={**table, "job": "icebergCompaction", "status": "Not_Yet_Run"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """A test that fails shows what the function and the emulator said meanwhile."""
    report = yield
    stage = (item.funcargs.get("stage") or item.funcargs.get("organization")) if report.failed else None
    if stage:
        report.sections.append(("the function's logs", "\n".join(stage.stack.logs()[-40:])))
        report.sections.append(("the emulator", "\n".join(stage.aws.log.read_text().splitlines()[-40:])))
    return report


def pytest_terminal_summary(terminalreporter):
    """What could not be looked at, and why: also in a quiet run."""
    for report in terminalreporter.getreports("skipped"):
        terminalreporter.write_line(f"skipped: {report.nodeid.split('::')[-1]}: {report.longrepr[2].removeprefix('Skipped: ')}")


def pytest_collection_modifyitems(config, items):
    del config
    missing = [str(path) for path in (TIDINGS, BUILT / "template.yaml") if not path.exists()]
    if missing and any({"stage", "organization"} & set(item.fixturenames) for item in items):
        pytest.exit(f"not built: {', '.join(missing)}; run `make deployment`", returncode=1)
