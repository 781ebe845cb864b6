"""A copy of the module with the provider installed, made once. Nothing is written into the repository."""

import shutil
import sys

import pytest
from cli import MODULE, ROOT, Terraform, terraform_or_skip

# The emulator, the simulator and the subscribers of the deployment test.
sys.path.append(str(ROOT / "tests" / "deployment"))


@pytest.fixture(scope="session")
def terraform(tmp_path_factory):
    """Terraform with the provider at hand. Without them, every test that needs them is skipped."""
    terraform_or_skip(tmp_path_factory.mktemp("provider"))
    return Terraform


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """The folder of the module, beside member.yaml as in the repository."""
    beside = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "member.yaml", beside)
    return shutil.copytree(MODULE, beside / "terraform", ignore=shutil.ignore_patterns(".terraform*"))


def pytest_terminal_summary(terminalreporter):
    """What could not be looked at, and why: also in a quiet run."""
    reasons = {report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped")}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"terraform: SKIPPED: {reason}")
