"""The release workflow calls what is here, and gives each job only what it needs. zizmor checks the rest."""

import re

import pytest
import release
import yaml
from conftest import ROOT


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())


def commands(workflow):
    return [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


def test_it_runs_on_a_tag_and_only_the_last_job_may_write(workflow):
    # YAML takes the word `on` for true.
    assert workflow[True] == {"push": {"tags": ["v*"]}}
    assert workflow["permissions"] == {}
    permissions = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    last = permissions.pop("draft")
    assert last == {"contents": "write", "id-token": "write", "attestations": "write"}
    assert len(permissions) == 4 and all(given == {"contents": "read"} for given in permissions.values())
    assert set(workflow["jobs"]["draft"]["needs"]) == set(permissions) - {"version"}
    assert all(workflow["jobs"][name]["needs"] == "version" for name in permissions if name != "version")


def test_nothing_comes_from_a_cache(workflow):
    uses = [step.get("uses", "") for job in workflow["jobs"].values() for step in job["steps"]]
    assert len(uses) > 10 and not [use for use in uses if use.startswith("actions/cache")]
    inputs = [step.get("with", {}) for job in workflow["jobs"].values() for step in job["steps"]]
    assert not [given for given in inputs if "cache" in given]


def test_the_steps_call_what_there_is(workflow):
    makefile = (ROOT / "Makefile").read_text()
    targets = [target for command in commands(workflow) for target in re.findall(r"^make ([a-z-]+)", command, re.M)]
    assert targets == ["release", "packaging", "released"]
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
    scripts = [script for command in commands(workflow) for script in re.findall(r"packaging/\w+\.py", command)]
    assert len(scripts) == 3 and all((ROOT / script).exists() for script in scripts)
    assert not [command for command in commands(workflow) if "SKIP_MISSING" in command], "what is missing is an error"


def test_a_part_that_is_missing_stops_the_release(workflow):
    [sums] = [command for command in commands(workflow) if "release.py sums" in command]
    assert sums.endswith("--complete")
    for target in release.MACOS:
        assert any(target in command for command in commands(workflow)), target


def test_the_compiler_is_new_enough_and_named(workflow):
    manifest = (ROOT / "Cargo.toml").read_text()
    needed = re.search(r'^rust-version = "(\d+)\.(\d+)"', manifest, re.M)
    named = re.fullmatch(r"(\d+)\.(\d+)\.\d+", workflow["env"]["RUST"])
    assert tuple(map(int, named.groups())) >= tuple(map(int, needed.groups()))
