"""Programs that run beside the tests, each in a directory of its own, ended by their id."""

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager


def free_port():
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(command, directory, environment=None):
    """Runs a program and all that it starts; its output goes to a file. Yields the file."""
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "output.log"
    # The tests' own settings are none of the function's, which refuses what it does not know.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIDINGS_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={**inherited, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield log, process
    finally:
        end(process)


def end(process):
    """Asks the process group to end, then makes it."""
    for sign, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue
    process.poll()


def eventually(what, ask, timeout=30, every=0.2):
    """Asks until there is an answer that is not empty, and fails with `what` when there is none in time."""
    until = time.monotonic() + timeout
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {timeout} s; the last answer was {answer!r}")
        time.sleep(every)
