"""The template of a release is template.yaml, but for where the code comes from."""

import copy
import json
import subprocess
import sys
import zipfile

import pytest
import release
import template
from cfnlint.decode import decode
from conftest import ROOT

VERSION = "1.2.3"


def decoded(path):
    document, mistakes = decode(str(path))
    assert not mistakes, mistakes
    return json.loads(json.dumps(document))


@pytest.fixture(scope="module")
def original():
    return decoded(ROOT / "template.yaml")


@pytest.fixture(scope="module")
def packaged_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("packaged") / "template.yaml"
    path.write_text(template.packaged(ROOT, VERSION))
    return path


@pytest.fixture(scope="module")
def packaged(packaged_file):
    return decoded(packaged_file)


def code(document):
    return document["Globals"]["Function"]["CodeUri"]


def test_it_is_the_template_but_for_the_code(original, packaged):
    put_back = copy.deepcopy(packaged)
    resources = put_back["Resources"]
    put_back["Globals"]["Function"]["CodeUri"] = "."
    resources["Settings"]["Properties"]["ContentUri"] = "settings"
    assert resources["Members"]["Properties"].pop("TemplateBody") == (ROOT / "member.yaml").read_text()
    resources["Members"]["Properties"]["TemplateURL"] = "member.yaml"
    added = {"ArtifactBucket", "ArtifactKey", "SettingsKey"}
    assert added <= set(put_back["Parameters"])
    interface = put_back["Metadata"]["AWS::CloudFormation::Interface"]
    for name in added:
        del put_back["Parameters"][name]
        del interface["ParameterLabels"][name]
        [group] = [group for group in interface["ParameterGroups"] if name in group["Parameters"]]
        group["Parameters"].remove(name)
    del put_back["Rules"]["SettingsAreInTheBucket"]
    del put_back["Conditions"]["HasArtifactKey"]
    assert put_back == original


def test_the_zip_is_that_of_the_version_unless_a_key_is_given(packaged):
    assert code(packaged)["Bucket"] == {"Ref": "ArtifactBucket"}
    condition, given, otherwise = code(packaged)["Key"]["Fn::If"]
    assert packaged["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ArtifactKey"}, ""]}]}
    assert given == {"Ref": "ArtifactKey"}
    names = {otherwise["Fn::Sub"].replace("${Architecture}", name) for name in ("arm64", "x86_64")}
    assert names == {release.function_zip(VERSION, name) for name in ("arm64", "x86_64")}


def test_a_settings_file_comes_from_the_same_bucket(packaged):
    place = packaged["Resources"]["Settings"]["Properties"]["ContentUri"]
    assert place == {"Bucket": {"Ref": "ArtifactBucket"}, "Key": {"Ref": "SettingsKey"}}
    rule = packaged["Rules"]["SettingsAreInTheBucket"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "SettingsFile"}, ""]}]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "SettingsKey"}, ""]}]}


def test_make_deploy_builds_nothing_if_it_gets_a_zip():
    command = ["make", "--dry-run", "deploy", "ARTIFACT=some.zip", "ANSWERS=no-such-answers.toml"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "packaging/template.py" in run.stdout and "--template-file .aws-sam/artifact/template.yaml" in run.stdout
    assert "sam build" not in run.stdout and "rustup" not in run.stdout, run.stdout


def test_cfn_lint_accepts_it(packaged_file):
    """With SAM's transform, which cfn-lint applies first."""
    run = subprocess.run(["cfn-lint", str(packaged_file)], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_it_needs_no_other_file(packaged_file):
    """CloudFormation reads large templates from a bucket, but takes 51,200 bytes for the accounts of a StackSet."""
    assert packaged_file.stat().st_size < 460_800
    assert (ROOT / "member.yaml").stat().st_size < 51_200


def test_a_changed_template_does_not_go_by_unnoticed():
    with pytest.raises(SystemExit, match="exactly once: CodeUri"):
        template.replaced("a:\nCodeUri: elsewhere\n", {"CodeUri: .": "b"})


def zip_with(path, content):
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("bootstrap", content)
    return path


@pytest.mark.parametrize(("machine", "architecture"), [(183, "arm64"), (62, "x86_64")])
def test_deploying_a_zip_fixes_the_processor(tmp_path, original, machine, architecture):
    head = b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little")
    archive = zip_with(tmp_path / "function.zip", head + bytes(44))
    path = tmp_path / "made" / "template.yaml"
    subprocess.run([sys.executable, template.__file__, archive, path], check=True)
    made = decoded(path)
    assert code(made) == str(archive)
    parameter = made["Parameters"]["Architecture"]
    assert (parameter["AllowedValues"], parameter["Default"]) == ([architecture], architecture)
    for name, key in (("Settings", "ContentUri"), ("Members", "TemplateURL")):
        local = made["Resources"][name]["Properties"]
        assert (ROOT / original["Resources"][name]["Properties"][key]).samefile(local[key])
        local[key] = original["Resources"][name]["Properties"][key]
    made["Globals"]["Function"]["CodeUri"] = "."
    made["Parameters"]["Architecture"] = original["Parameters"]["Architecture"]
    assert made == original


@pytest.mark.parametrize("content", [b"#!/bin/sh\n", b""])
def test_a_zip_of_something_else_is_refused(tmp_path, content):
    with pytest.raises(SystemExit, match="not a Linux binary"):
        template.architecture_of(zip_with(tmp_path / "other.zip", content))
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(SystemExit, match="is not a zip of the function"):
        template.architecture_of(tmp_path / "no.zip")
