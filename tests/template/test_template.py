"""What `sam validate` and cfn-lint cannot see: that the template and the rest of the repository agree."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cfnlint.decode import decode

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def template():
    decoded, mistakes = decode(str(ROOT / "template.yaml"))
    assert not mistakes
    return decoded


@pytest.mark.parametrize(
    ("parameter", "value", "accepted"),
    [
        ("TickRate", "rate(5 minutes)", True),
        ("TickRate", "rate(1 minute)", True),
        ("TickRate", "rate(12 hours)", True),
        ("TickRate", "rate(1 minutes)", False),
        ("TickRate", "rate(0 minutes)", False),
        ("TickRate", "rate(5 minute)", False),
        ("TickRate", "cron(0 12 * * ? *)", False),
        ("EmailAddress", "", True),
        ("EmailAddress", "on-call@example.com", True),
        ("EmailAddress", "on-call", False),
        ("EmailAddress", "on-call@example.com, other@example.com", False),
    ],
)
def test_parameter_patterns(template, parameter, value, accepted):
    pattern = template["Parameters"][parameter]["AllowedPattern"]
    assert bool(re.search(pattern, value)) == accepted


def test_every_parameter_and_output_is_described(template):
    for section in ("Parameters", "Outputs"):
        assert template[section]
        assert all(entry["Description"] for entry in template[section].values())


def test_each_source_may_do_exactly_what_it_needs(template):
    [sources, rest] = template["Resources"]["NotifierRole"]["Properties"]["Policies"]
    allowed = {
        statement["Sid"]: statement["Action"]
        for policy in (sources, rest)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    assert allowed == {
        "Redshift": "redshift:DescribeTableRestoreStatus",
        "RedshiftServerless": [
            "redshift-serverless:GetTableRestoreStatus",
            "redshift-serverless:ListTableRestoreStatus",
        ],
        "Backup": ["backup:DescribeRestoreJob", "backup:ListRestoreJobs"],
        "S3TablesBuckets": "s3tables:ListTableBuckets",
        "S3TablesTables": "s3tables:ListTables",
        "S3TablesReplication": "s3tables:GetTableReplicationStatus",
        "S3TablesMaintenance": "s3tables:GetTableMaintenanceJobStatus",
        "State": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
        "Notices": "sns:Publish",
        "Logs": ["logs:CreateLogStream", "logs:PutLogEvents"],
    }


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
    settings = {argument.replace(" ", "") for argument in arguments if argument.startswith("profile.")}
    assert settings == {
        'profile.release.opt-level="s"',
        'profile.release.lto="fat"',
        "profile.release.codegen-units=1",
        "profile.release.strip=true",
    }
