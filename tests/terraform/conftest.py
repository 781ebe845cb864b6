"""A copy of the module with the provider installed, made once. Nothing is written into the repository."""

import shutil
import sys

import pytest
from cli import Terraform, terraform_or_skip
from module import MODULE, ROOT

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
