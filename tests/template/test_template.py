"""What `sam validate` and cfn-lint cannot see: that the template and the rest of the repository agree."""

import os
import re
import shutil
import subprocess

import pytest
from conftest import ROOT

BY_DEFAULT = ["redshift", "redshift-serverless", "backup", "s3tables-replication", "s3tables-maintenance"]
# These only if somebody asks for them.
ON_DEMAND = ["s3tables-expiration", "backup-jobs", "backup-copies", "dynamodb-exports", "dynamodb-imports"]
SOURCES = [*BY_DEFAULT, *ON_DEMAND]


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        ("EmailAddress", "", True),
        ("EmailAddress", "on-call@example.com", True),
        ("EmailAddress", "on-call", False),
        ("EmailAddress", "on-call@example.com, other@example.com", False),
        ("SettingsFile", "", True),
        ("SettingsFile", "tidings.toml", True),
        ("SettingsFile", "../tidings.toml", False),
        ("SettingsFile", "settings/tidings.toml", False),
        ("SlackWorkspaceId", "T012ABCDEFG", True),
        ("SlackWorkspaceId", "my-company", False),
        ("SlackChannelId", "C012ABCDEFG", True),
        ("SlackChannelId", "#on-call", False),
        ("TeamsTenantId", "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0", True),
        ("TeamsTeamId", "on-call", False),
        ("TeamsChannelId", "19%3A0b1c2d3e4f50%40thread.tacv2", True),
        ("TeamsChannelId", "on-call", False),
        ("ExistingTopicArn", "arn:aws:sns:eu-west-1:123456789012:news", True),
        ("ExistingTopicArn", "arn:aws-cn:sns:cn-north-1:123456789012:news", True),
        # Email, SMS and HTTP cannot subscribe to such a one.
        ("ExistingTopicArn", "arn:aws:sns:eu-west-1:123456789012:news.fifo", False),
        ("ExistingTopicArn", "news", False),
        # Of a list, each member by itself.
        ("FurtherTopicArns", "", True),
        ("FurtherTopicArns", "arn:aws:sns:eu-west-1:123456789012:on-call", True),
        ("FurtherTopicArns", "arn:aws:sns:eu-west-1:123456789012:on-call.fifo", False),
        ("FurtherTopicArns", "*", False),
        ("FurtherTopicKeyArns", "arn:aws:kms:eu-west-1:123456789012:key/0b1c-2d", True),
        ("FurtherTopicKeyArns", "arn:aws:kms:eu-west-1:123456789012:alias/on-call", False),
        ("AlarmTopicArn", "arn:aws:sns:eu-west-1:123456789012:alarms", True),
        ("AlarmTopicArn", "arn:aws:sqs:eu-west-1:123456789012:alarms", False),
        ("KmsKey", "new", True),
        ("KmsKey", "aws-managed", True),
        ("KmsKey", "arn:aws:kms:eu-west-1:123456789012:key/0b1c-2d", True),
        ("KmsKey", "arn:aws:kms:eu-west-1:123456789012:alias/tidings", False),
        ("KmsKey", "", False),
        ("PermissionsBoundaryArn", "", True),
        ("PermissionsBoundaryArn", "arn:aws:iam::123456789012:policy/boundary", True),
        ("PermissionsBoundaryArn", "boundary", False),
    ],
)
def test_parameter_patterns(template, parameter, value, accepted):
    pattern = template["Parameters"][parameter]["AllowedPattern"]
    assert bool(re.search(pattern, value)) == accepted


def test_every_parameter_and_output_is_described(template):
    for section in ("Parameters", "Outputs"):
        assert template[section]
        assert all(entry["Description"] for entry in template[section].values())


def test_every_parameter_has_a_group_and_a_label(template):
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"]) == sorted(interface["ParameterLabels"])


def test_nothing_is_there_for_tests_alone(template):
    """The function finds AWS through the environment it runs in, here as there."""
    text = (ROOT / "template.yaml").read_text()
    assert "AWS_ENDPOINT_URL" not in text
    assert not [name for name in template["Parameters"] if "endpoint" in name.lower()]


def test_periods(template):
    """A pass ends before the next begins; slow is four fifths of its time, late is three periods."""
    periods = template["Mappings"]["Periods"]
    assert list(periods) == template["Parameters"]["PeriodMinutes"]["AllowedValues"]
    for minutes, period in periods.items():
        unit = {"1": "1 minute", "60": "1 hour"}.get(minutes, f"{minutes} minutes")
        assert period["Rate"] == f"rate({unit})"
        assert period["Seconds"] == int(minutes) * 60
        assert period["Timeout"] < period["Seconds"] and period["Timeout"] <= 900
        assert period["Slow"] == period["Timeout"] * 1000 * 4 // 5
        assert period["Late"] == period["Seconds"] * 3


def test_the_function_watches_what_it_may_read(template, resources):
    """Each source in the list that the function gets hangs on the parameter of its statement, its alarm and its rule."""
    variables = resources["Notifier"]["Properties"]["Environment"]["Variables"]
    separator, entries = variables["TIDINGS_SOURCES"]["Fn::Join"]
    conditions = {source: condition for condition, source, _ in (entry["Fn::If"] for entry in entries)}
    assert separator == "," and list(conditions) == SOURCES
    for source, condition in conditions.items():
        [parameter, value] = template["Conditions"][condition]["Fn::Equals"]
        described = template["Parameters"][parameter["Ref"]]
        default = "true" if source in BY_DEFAULT else "false"
        assert (value, described["Default"], described["AllowedValues"]) == ("true", default, ["true", "false"])
        alarms = [
            alarm["Condition"]
            for alarm in resources.values()
            for query in alarm["Properties"].get("Metrics", [])
            if {"Name": "Source", "Value": source} in query.get("MetricStat", {}).get("Metric", {}).get("Dimensions", [])
        ]
        assert alarms == [condition], source
    for name in ("RestoreJobChanged", "RestoreJobChangedPermission"):
        assert resources[name]["Condition"] == conditions["backup"]


def test_settings_come_as_a_layer(resources):
    """SAM's builder for Rust packages the binary and nothing else."""
    function = resources["Notifier"]["Properties"]
    assert function["Layers"]["Fn::If"][:2] == ["HasSettings", [{"Ref": "Settings"}]]
    assert function["Environment"]["Variables"]["TIDINGS_CONFIG"]["Fn::If"][1] == {"Fn::Sub": "/opt/${SettingsFile}"}
    layer = resources["Settings"]["Properties"]
    assert layer["RetentionPolicy"] == "Delete"
    assert [path.name for path in (ROOT / layer["ContentUri"]).iterdir()] == ["tidings.toml"]


def test_what_sam_builds_is_the_lambda_binary_alone(template, tmp_path):
    """SAM says `cargo lambda build --release --bin bootstrap` and nothing more, so the
    rest must come from Cargo.toml, where cargo-lambda ignores a misspelt key silently.
    A stub in cargo's place writes down what cargo-lambda asks of it; nothing is compiled."""
    binary = template["Resources"]["Notifier"]["Metadata"]["BuildProperties"]["Binary"]
    cargo, asked = tmp_path / "cargo", tmp_path / "asked"
    cargo.write_text(
        f'#!/bin/sh\n[ "$1" = build ] && {{ printf "%s\\n" "$@" >"{asked}"; exit 1; }}\n'
        f'exec "{shutil.which("cargo")}" "$@"\n'
    )
    cargo.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    command = ["cargo-lambda", "lambda", "build", "--release", "--bin", binary, "--skip-target-check"]
    run = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": path, "CARGO": str(cargo)}, capture_output=True, text=True
    )
    assert asked.exists(), f"cargo-lambda did not come as far as cargo build: {run.stderr}"
    arguments = asked.read_text().splitlines()
    assert {"--release", "--no-default-features", binary} <= set(arguments)
    assert "lambda" in arguments[arguments.index("--features") + 1].split(",")
    settings = {argument.replace(" ", "") for argument in arguments if argument.startswith(("profile.", "target."))}
    flags = '["-Crelocation-model=static","-Clink-arg=-Wl,-T,packaging/bootstrap.ld"]'
    assert (ROOT / "packaging/bootstrap.ld").exists()
    assert settings == {
        *(f"target.{machine}-unknown-linux-gnu.rustflags={flags}" for machine in ("x86_64", "aarch64")),
        *(f"profile.release.package.{crate}.opt-level=3" for crate in ("base64-simd", "sha2", "vsimd")),
        'profile.release.opt-level="z"',
        'profile.release.lto="fat"',
        "profile.release.codegen-units=1",
        'profile.release.panic="abort"',
        "profile.release.strip=true",
    }
