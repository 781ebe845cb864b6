"""Terraform on this machine, and a folder with the provider, if there is one."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from module import MODULE


def plugins():
    """The folder that TERRAFORM_PLUGINS names, or one beside other programs of this machine, or none.

    In it is a folder for the host that the provider comes from, as `terraform providers mirror` makes it. Terraform
    looks into the usual places in the home folder and below /usr by itself.
    """
    if named := os.environ.get("TERRAFORM_PLUGINS"):
        return Path(named)
    return next((place for place in Path("/").glob("*/*plugins*") if any(place.glob("*/hashicorp/aws/*/*"))), None)


class Terraform:
    """Runs terraform in one folder."""

    def __init__(self, folder, environment=None):
        self.folder = folder
        self.environment = {**os.environ, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **(environment or {})}
        # Some machines name a file that is not there, about which terraform complains at every call.
        if not Path(self.environment.get("TF_CLI_CONFIG_FILE", "/")).exists():
            del self.environment["TF_CLI_CONFIG_FILE"]

    def run(self, verb, *arguments):
        """Runs it, to whatever end."""
        return subprocess.run(
            ["terraform", *verb.split(), "-no-color", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=570,
        )

    def __call__(self, verb, *arguments):
        """Runs it, which must succeed; what it said."""
        run = self.run(verb, *arguments)
        assert run.returncode == 0, f"terraform {verb} {' '.join(arguments)}\n{run.stdout}\n{run.stderr}"
        return run.stdout

    def init(self):
        """Installs the provider; without a folder that has it, from where Terraform gets it by itself."""
        folder = plugins()
        return self.run("init", "-input=false", *([f"-plugin-dir={folder}"] if folder else []))


def terraform_or_skip(folder):
    """Terraform, if it and the provider can be had on this machine."""
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    version = json.loads(Terraform(folder).run("version", "-json").stdout)["terraform_version"]
    if [int(part) for part in version.split("-")[0].split(".")] < [1, 11]:
        pytest.skip(f"terraform {version} is too old for the tests, which need 1.11")
    # What the module needs, without the module: a mistake in the module must fail, not skip.
    shutil.copy(MODULE / "versions.tf", folder)
    run = Terraform(folder).init()
    if run.returncode != 0:
        lines = [line.strip("│ ") for line in run.stderr.splitlines()]
        pytest.skip(f"the AWS provider of terraform cannot be had: {' '.join(line for line in lines if line)[:300]}")


def messages(output):
    """What terraform says with -json: one object in each line."""
    return [json.loads(line) for line in output.splitlines()]
