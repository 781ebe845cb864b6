"""The module, applied for real as far as a machine without AWS can: into the emulator, with the built function.

The tests follow one another: each takes the deployment as the one before left it.
"""

import base64
import hashlib
import json
import os
import shutil
import zipfile
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import pytest
from aws import emulator, simulator
from gateway import Gateway
from module import ROOT, outputs
from processes import eventually, free_port
from stack import Queue

SOURCES = {"redshift", "redshift-serverless", "backup", "s3tables-replication", "s3tables-maintenance"}
# What this machine can run as a process.
ARCHITECTURE = os.environ.get("TIDINGS_ARCHITECTURE", "x86_64")
BOOTSTRAP = ROOT / ".aws-sam" / ARCHITECTURE / "Notifier-Shared" / "bootstrap"
TIDINGS = Path(os.environ.get("TIDINGS_BIN", ROOT / "target" / "debug" / "tidings")).resolve()

# What the emulator does not know. test_same_as_template.py looks at those instead.
NOT_EMULATED = """
resource "aws_cloudwatch_metric_alarm" "blind" {
  for_each = toset([])
}

resource "aws_cloudwatch_metric_alarm" "targets_missing" {
  count = 0
}

resource "aws_cloudwatch_query_definition" "warnings" {
  count = 0
}

resource "aws_cloudwatch_query_definition" "passes" {
  count = 0
}

resource "aws_cloudwatch_query_definition" "targets" {
  count = 0
}
"""

ROOT_MODULE = """
provider "aws" {
  skip_metadata_api_check = true
  s3_use_path_style       = true
}

module "tidings" {
  source = "../emulated"

  artifact_version = "1.2.0"
  artifact_path    = "tidings.zip"
  artifact_sha256  = filesha256("tidings.zip")
  architecture     = var.architecture
  period_minutes   = 60
  email_address    = "on-call@example.com"
  with_dashboard   = true
  watch_redshift   = var.watch_redshift
  protect_table    = var.protect_table
}

# A second deployment in the same account and region.
module "many" {
  source = "../emulated"

  name             = "tidings-many"
  artifact_version = "1.2.0"
  artifact_bucket  = aws_s3_object.artifact.bucket
  artifact_key     = aws_s3_object.artifact.key
  artifact_sha256  = filesha256("tidings.zip")
  architecture     = var.architecture
  period_minutes   = 60
  targets          = "many"
}

resource "aws_s3_bucket" "releases" {
  bucket = "releases"
}

resource "aws_s3_object" "artifact" {
  bucket = aws_s3_bucket.releases.bucket
  key    = "tidings.zip"
  source = "tidings.zip"
}

variable "architecture" {}

variable "watch_redshift" {
  default = true
}

variable "protect_table" {
  default = true
}
"""


class GatewayForTerraform(Gateway):
    """Terraform asks about alarms in a format in which the emulator answers with little more than their names."""

    aws = None

    def forward(self, request, body, *to):
        form = parse_qs(body.decode(errors="replace"))
        if form.get("Action") != ["DescribeAlarms"]:
            super().forward(request, body, *to)
            return
        names = [value for key, [value] in form.items() if key.startswith("AlarmNames.member.")]
        alarms = self.aws.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
        answer = as_xml("DescribeAlarmsResponse", {"DescribeAlarmsResult": {"MetricAlarms": alarms}})
        self.send(request, 200, [("Content-Type", "text/xml")], answer.encode())


def as_xml(name, value):
    match value:
        case dict():
            text = "".join(as_xml(key, inner) for key, inner in value.items())
        case list():
            text = "".join(as_xml("member", inner) for inner in value)
        case bool():
            text = str(value).lower()
        case datetime():
            text = value.isoformat()
        case _:
            text = escape(str(value))
    return f"<{name}>{text}</{name}>"


class Deployment:
    """A configuration that uses the module, applied into the emulator."""

    def __init__(self, terraform, aws):
        self.terraform = terraform
        self.aws = aws
        self.variables = {"architecture": ARCHITECTURE}
        self.outputs = {}

    def arguments(self):
        return ["-input=false", *(f"-var={name}={value}" for name, value in self.variables.items())]

    def apply(self, *arguments, **variables):
        self.variables |= variables
        self.terraform("apply", "-auto-approve", *self.arguments(), *arguments)
        outputs = json.loads(self.terraform("output", "-json"))
        self.outputs = {name: output["value"] for name, output in outputs.items()}

    def destroy(self):
        """Destroys everything, to whatever end."""
        return self.terraform.run("destroy", "-auto-approve", *self.arguments())

    def changes(self):
        """What a plan would change: of each resource, every attribute with its values before and after."""
        self.terraform("plan", "-out=plan", *self.arguments())
        plan = json.loads(self.terraform("show", "-json", "plan"))
        return {
            one["address"]: {
                name: (before.get(name), after.get(name))
                for name in before | after
                if before.get(name) != after.get(name)
            }
            for one in plan["resource_changes"]
            for before, after in [(one["change"]["before"] or {}, one["change"]["after"] or {})]
            if one["change"]["actions"] != ["no-op"]
        }

    def may(self, action, resource, role=None):
        """Whether a role may do that; without a role, whether the function's may."""
        return self.aws.may(role or self.outputs["function_role_arn"], action, resource)

    def run_pass(self):
        answer = self.aws.client("lambda").invoke(
            FunctionName=self.outputs["function_name"], Payload=b'{"command": "pass"}'
        )
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return payload


@pytest.fixture(scope="module")
def stage(terraform, copy, tmp_path_factory):
    """Everything started, and the module applied with its defaults."""
    missing = [str(path) for path in (BOOTSTRAP, TIDINGS) if not path.exists()]
    assert not missing, f"not built: {', '.join(missing)}; run `make terraform`"
    directory = tmp_path_factory.mktemp("apply")
    folder = copy.parent / "deployment"
    folder.mkdir()
    # Not the copy itself, which is for all tests.
    (shutil.copytree(copy, copy.parent / "emulated") / "emulator_override.tf").write_text(NOT_EMULATED)
    (folder / "main.tf").write_text((copy / "versions.tf").read_text() + ROOT_MODULE)
    (folder / "outputs.tf").write_text(
        "".join(f'output "{name}" {{\n  value = module.tidings.{name}\n}}\n' for name in outputs())
    )
    with zipfile.ZipFile(folder / "tidings.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(BOOTSTRAP, "bootstrap")
    with ExitStack() as at_the_end:
        world = at_the_end.enter_context(simulator(TIDINGS, directory / "simulator"))
        port = free_port()
        gateway = GatewayForTerraform(world.endpoint, f"http://127.0.0.1:{port}")
        at_the_end.callback(gateway.close)
        aws = at_the_end.enter_context(emulator(port, gateway.endpoint, directory / "emulator"))
        gateway.aws = aws
        # Through the gateway, because the queues refuse what does not come over TLS.
        here = terraform(folder, {**aws.environment, "AWS_ENDPOINT_URL": gateway.endpoint})
        assert here.init().returncode == 0
        deployment = Deployment(here, aws)
        deployment.apply()
        gateway.may = deployment.may
        # The emulator asks for an action that AWS does not have.
        publish = {"Effect": "Allow", "Action": "sns:PublishBatch", "Resource": "*"}
        role = deployment.outputs["function_role_arn"].rsplit("/")[-1]
        document = json.dumps({"Version": "2012-10-17", "Statement": [publish]})
        aws.client("iam").put_role_policy(RoleName=role, PolicyName="emulator", PolicyDocument=document)
        everything = Queue(aws, deployment.outputs["topic_arn"], "everything")
        yield SimpleNamespace(
            world=world, aws=aws, deployment=deployment, everything=everything, archive=folder / "tidings.zip"
        )


def test_a_second_plan_is_empty(stage):
    assert stage.deployment.changes() == {}


def test_the_first_notice_arrives(stage):
    stage.world.at(
        redshift={"id": "r-1", "cluster": "analytics", "source": "dev.public.orders", "status": "IN_PROGRESS"}
    )
    scopes = {scope["source"]: scope for scope in stage.deployment.run_pass()["scopes"]}
    assert set(scopes) == SOURCES and {scope["coverage"] for scope in scopes.values()} == {"complete"}, scopes

    def baselines():
        return {notice["source"] for notice in stage.everything.notices() if notice["reason"] == "baseline"} >= SOURCES

    eventually("a baseline of every source", baselines)
    stage.world.at(redshift={"id": "r-1", "status": "SUCCEEDED"})
    stage.deployment.run_pass()
    eventually("the end of r-1", lambda: stage.everything.told("r-1", "completed"))


def test_the_function_is_the_artefact(stage):
    configuration = stage.aws.client("lambda").get_function(FunctionName="tidings")
    digest = hashlib.sha256(stage.archive.read_bytes()).digest()
    assert configuration["Configuration"]["CodeSha256"].encode() == base64.b64encode(digest)
    assert configuration["Tags"] == {"app": "tidings", "version": "1.2.0"}


def test_an_update_changes_what_it_has_to_and_replaces_nothing(stage):
    deployment = stage.deployment
    before = dict(deployment.outputs)
    assert deployment.may("redshift:DescribeTableRestoreStatus", "*")
    deployment.apply(watch_redshift="false")
    assert not deployment.may("redshift:DescribeTableRestoreStatus", "*")
    assert deployment.outputs == before
    assert {scope["source"] for scope in deployment.run_pass()["scopes"]} == SOURCES - {"redshift"}
    assert deployment.changes() == {}


def left(aws):
    """What there is in the account, apart from what the test itself has made."""
    kms = aws.client("kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    found = {
        "tables": aws.client("dynamodb").list_tables()["TableNames"],
        "keys": [
            key["KeyId"] for key in keys if key["KeyState"] != "PendingDeletion" and key["KeyManager"] == "CUSTOMER"
        ],
        "topics": aws.client("sns").list_topics()["Topics"],
        "queues": [url for url in aws.client("sqs").list_queues().get("QueueUrls", []) if "tidings" in url],
        "functions": aws.client("lambda").list_functions()["Functions"],
        "mappings": aws.client("lambda").list_event_source_mappings()["EventSourceMappings"],
        "logs": aws.client("logs").describe_log_groups()["logGroups"],
        "alarms": aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": aws.client("cloudwatch").list_dashboards()["DashboardEntries"],
        "schedules": aws.client("scheduler").list_schedules()["Schedules"],
        "rules": aws.client("events").list_rules()["Rules"],
        "roles": [
            role["RoleName"] for role in aws.client("iam").list_roles()["Roles"] if "tidings" in role["RoleName"]
        ],
    }
    return {kind: things for kind, things in found.items() if things}


def test_uninstalling_keeps_the_tables_and_their_keys(stage):
    """Terraform has forgotten those of one deployment, and the table of the other is protected (docs/deployment.md)."""
    assert len(left(stage.aws)) == 12
    stage.deployment.terraform("state rm", "module.many.aws_dynamodb_table.state", "module.many.aws_kms_key.tidings[0]")
    run = stage.deployment.destroy()
    assert run.returncode != 0 and "deletion protection" in run.stderr, run.stderr
    kept = left(stage.aws)
    assert kept["tables"] == ["tidings-many-state", "tidings-state"] and len(kept["keys"]) == 2
    assert set(kept) == {"tables", "keys"}


def test_an_unprotected_table_is_destroyed(stage):
    stage.deployment.apply("-target=module.tidings.aws_dynamodb_table.state", protect_table="false")
    run = stage.deployment.destroy()
    assert run.returncode == 0, run.stderr
    kept = left(stage.aws)
    assert (kept["tables"], len(kept["keys"]), set(kept)) == (["tidings-many-state"], 1, {"tables", "keys"})
