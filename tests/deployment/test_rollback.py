"""A first deployment that fails leaves nothing that costs money or stands in the way of the next try.

It fails here at the Slack channel, as on AWS when the channel already has a configuration somewhere in the account. No
binary is needed: the function is never invoked.
"""

import json
import shutil
from types import SimpleNamespace

import pytest
from aws import emulator
from processes import free_port
from stack import ROOT, STACK, Stack, for_the_emulator

SLACK = {"SlackWorkspaceId": "T012ABCDEFG", "SlackChannelId": "C012ABCDEFG"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """An account without anything in it, and the template with a function that does nothing."""
    directory = tmp_path_factory.mktemp("rollback")
    built = directory / "built"
    shutil.copytree(ROOT / "settings", built / "settings")
    shutil.copy(ROOT / "template.yaml", built)
    (built / "bootstrap").write_text("#!/bin/sh\n")
    template = for_the_emulator(built, directory)
    fail_at_slack(template)
    port = free_port()
    with emulator(port, f"http://127.0.0.1:{port}", directory / "emulator") as aws:
        yield SimpleNamespace(aws=aws, stack=Stack(aws, template))


def fail_at_slack(path):
    """The emulator knows no Slack channels. In the place of one, which comes last, it gets an alarm that it cannot make."""
    template = json.loads(path.read_text())
    resources = template["Resources"]
    queries = [{"Id": "one", "Expression": "TIME_SERIES(1)"}]
    resources["Slack"] = {
        "Type": "AWS::CloudWatch::Alarm",
        "Condition": "HasSlack",
        "DependsOn": [name for name in resources if name != "Slack"],
        "Properties": {"Metrics": queries, "EvaluationPeriods": 1, "ComparisonOperator": "LessThanThreshold", "Threshold": 1},
    }
    path.write_text(json.dumps(template))


def left(aws):
    """What there is in the account, apart from sam's own bucket and a key that is about to be deleted."""
    kms = aws.client("kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    found = {
        "tables": aws.client("dynamodb").list_tables()["TableNames"],
        "keys": [key["KeyId"] for key in keys if key["KeyState"] != "PendingDeletion" and key["KeyManager"] == "CUSTOMER"],
        "topics": aws.client("sns").list_topics()["Topics"],
        "queues": aws.client("sqs").list_queues().get("QueueUrls", []),
        "functions": aws.client("lambda").list_functions()["Functions"],
        "layers": aws.client("lambda").list_layers()["Layers"],
        "logs": aws.client("logs").describe_log_groups()["logGroups"],
        "alarms": aws.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": aws.client("cloudwatch").list_dashboards()["DashboardEntries"],
        "schedules": aws.client("scheduler").list_schedules()["Schedules"],
        "rules": aws.client("events").list_rules()["Rules"],
        "roles": [role["RoleName"] for role in aws.client("iam").list_roles()["Roles"] if STACK in role["RoleName"]],
    }
    return {kind: things for kind, things in found.items() if things}


def test_a_first_deployment_that_fails_leaves_nothing(empty):
    assert left(empty.aws) == {}
    events = empty.stack.fail_to_deploy(**SLACK, SettingsFile="tidings.toml", WithDashboard="true")
    created = {event["LogicalResourceId"] for event in events if event["ResourceStatus"] == "CREATE_COMPLETE"}
    failed = {event["LogicalResourceId"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"}
    assert {"StateTable", "Key", "Notifier", "Tick", "Dashboard"} <= created and failed == {"Slack"}, events
    assert events[-1]["ResourceStatus"] == "ROLLBACK_COMPLETE"
    assert left(empty.aws) == {}


def test_the_next_try_succeeds_once_the_failed_stack_is_deleted(empty):
    empty.stack.delete()
    empty.stack.deploy(EmailAddress="on-call@example.com")
    tables = left(empty.aws)["tables"]
    assert tables == [empty.stack.outputs["TableName"]]
    table = empty.aws.client("dynamodb").describe_table(TableName=tables[0])["Table"]
    assert not table["DeletionProtectionEnabled"]


def test_the_table_is_protected_on_demand_and_is_never_replaced_for_it(empty):
    before = empty.stack.outputs["TableName"]
    empty.stack.deploy(EmailAddress="on-call@example.com", ProtectTable="true")
    assert empty.stack.outputs["TableName"] == before
    table = empty.aws.client("dynamodb").describe_table(TableName=before)["Table"]
    assert table["DeletionProtectionEnabled"]


def test_what_is_deleted_later_keeps_its_table_and_key(empty):
    table = empty.stack.outputs["TableName"]
    empty.stack.delete()
    kept = left(empty.aws)
    assert kept["tables"] == [table] and len(kept["keys"]) == 1
    assert set(kept) == {"tables", "keys"}
