"""Deploying a release: from a folder with the release's files and a Python with boto3, without cargo and without sam.

TIDINGS_RELEASE names a folder that `make release` has made (`make released`). Without it, the function that was built
for the tests is packed as a release packs it.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aws import REGION
from conftest import ARCHITECTURE, BUILT, account, permissions
from processes import eventually
from stack import ROOT, Queue, Stack, without_what_the_emulator_lacks
from subscriber import Subscriber

sys.path.insert(0, str(ROOT / "packaging"))

import changelog  # noqa: E402
import release  # noqa: E402
import template  # noqa: E402

BUCKET = "artifacts-of-tidings"
COMMANDS = Path(__file__).with_name("three_commands.py")
# Most of it is the wait for the first tick of a schedule that ticks every minute.
LONGEST_SECONDS = 120


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files that somebody downloads: the zip for this machine, the template, and the sums."""
    folder = tmp_path_factory.mktemp("release")
    version = changelog.version()
    archive = release.function_zip(version, ARCHITECTURE)
    made = os.environ.get("TIDINGS_RELEASE")
    if made:
        for name in (archive, "template.yaml", "member.yaml"):
            shutil.copy(Path(made) / name, folder)
        sums = (Path(made) / "SHA256SUMS").read_text().splitlines(keepends=True)
        there = {path.name for path in folder.iterdir()}
        (folder / "SHA256SUMS").write_text("".join(line for line in sums if line.split()[1] in there))
    else:
        release.pack_function(BUILT / "Notifier-Shared" / "bootstrap", folder, version, ARCHITECTURE)
        release.write_texts(folder, version)
        release.write_sums(folder)
    return folder


def run_commands(folder, aws, adapted, archive, **parameters):
    """Runs the commands with an empty PATH: no cargo, no sam, nothing else."""
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    run = subprocess.run(
        [sys.executable, "-I", str(COMMANDS), str(adapted), BUCKET, archive, *overrides],
        cwd=folder,
        env={**aws.environment, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, f"{run.stderr}\n{aws.log.read_text()[-4000:]}"


def test_the_first_notice_arrives_without_a_toolchain(files, tmp_path, capsys):
    archive = release.function_zip(changelog.version(), ARCHITECTURE)
    with account(tmp_path) as (_, gateway, aws):
        # What a template looks like is told by other tests. This is what the emulator makes of it.
        adapted = tmp_path / "template.json"
        adapted.write_text(json.dumps(without_what_the_emulator_lacks(files / "template.yaml")))
        stack = Stack(aws, adapted)
        gateway.may = permissions(stack)
        aws.client("s3").create_bucket(Bucket=BUCKET)
        started = time.monotonic()
        run_commands(
            files,
            aws,
            adapted,
            archive,
            ArtifactBucket=BUCKET,
            Architecture=ARCHITECTURE,
            PeriodMinutes="1",
            EmailAddress="on-call@example.com",
        )
        deployed = time.monotonic()
        stack.read_outputs()
        topic = stack.outputs["TopicArn"]
        webhook = Subscriber()
        try:
            aws.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=webhook.endpoint)
            queue = Queue(aws, topic, "everything")
            first = eventually("the first notice", queue.notices, timeout=LONGEST_SECONDS)[0]
            arrived = time.monotonic()
            assert (first["reason"], first["region"]) == ("baseline", REGION)
            eventually("the same at the subscriber that confirmed", webhook.notices)
        finally:
            webhook.close()
        running = aws.client("lambda").get_function(FunctionName=stack.function)["Configuration"]
        assert running["Architectures"] == [ARCHITECTURE]
    seconds = arrived - started
    with capsys.disabled():
        print(
            f"\nfrom the files of a release to the first notice: {seconds:.0f} s "
            f"({deployed - started:.0f} s to deploy, the rest is the wait for the schedule)"
        )
    assert seconds < LONGEST_SECONDS


def test_sam_deploys_the_zip_without_cargo(files, tmp_path, monkeypatch):
    """What `make deploy ARTIFACT=...` does once the questions are answered."""
    monkeypatch.setenv("PATH", str(Path(shutil.which("sam")).parent), prepend=None)
    assert not shutil.which("cargo")
    archive = files / release.function_zip(changelog.version(), ARCHITECTURE)
    made = tmp_path / "artifact" / "template.yaml"
    made.parent.mkdir()
    made.write_text(template.for_artifact(ROOT, archive))
    adapted = tmp_path / "template.json"
    adapted.write_text(json.dumps(without_what_the_emulator_lacks(made)))
    with account(tmp_path) as (_, gateway, aws):
        stack = Stack(aws, adapted)
        gateway.may = permissions(stack)
        stack.deploy(PeriodMinutes="60")
        running = aws.client("lambda").get_function(FunctionName=stack.function)["Configuration"]
        assert running["Architectures"] == [ARCHITECTURE], "the zip decides, and nobody has to answer"
        bootstrap = hashlib.sha256(archive.read_bytes()).digest()
        assert base64.b64decode(running["CodeSha256"]) == bootstrap, "the very zip"
        assert eventually("a pass", lambda: passed(stack), timeout=60)


def passed(stack):
    """A pass by hand, unless the first tick is still at work."""
    try:
        return stack.run_pass()
    except AssertionError:
        return None


def test_a_file_that_was_changed_is_not_deployed(files, tmp_path):
    for path in files.iterdir():
        shutil.copy(path, tmp_path)
    with (tmp_path / "template.yaml").open("a") as changed:
        changed.write("# changed on the way\n")
    run = subprocess.run(
        [sys.executable, "-I", str(COMMANDS), "template.yaml", BUCKET, "x.zip"],
        cwd=tmp_path,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode != 0 and "SHA256SUMS" in run.stderr, run.stderr
