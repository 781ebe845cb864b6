"""The samples of events/ have the shapes AWS sends, field by field and type by type."""

import json
from datetime import datetime
from uuid import UUID

import pytest
from conftest import ROOT

EVENTS = ROOT / "events"
SOURCES = ["redshift", "redshift-serverless", "backup", "s3tables-replication", "s3tables-maintenance"]


def read(name):
    return json.loads((EVENTS / name).read_text())


def moment(text):
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_every_sample_is_checked_here():
    assert {path.name for path in EVENTS.iterdir()} == {
        "schedule.json",
        "scheduler.json",
        "backup-restore-job-failed.json",
        "backup-restore-job-created.json",
        "pass.json",
        "dry-run.json",
        "target-messages.json",
        "silence.json",
        "unsilence.json",
        "widget.json",
        "widget-describe.json",
    }


@pytest.mark.parametrize(
    ("name", "source", "detail_type"),
    [
        ("schedule.json", "aws.events", "Scheduled Event"),
        ("scheduler.json", "aws.scheduler", "Scheduled Event"),
        ("backup-restore-job-failed.json", "aws.backup", "Restore Job State Change"),
        ("backup-restore-job-created.json", "aws.backup", "Restore Job State Change"),
    ],
)
def test_envelope(name, source, detail_type):
    event = read(name)
    assert list(event) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    ]  # fmt: skip
    assert (event["version"], event["source"], event["detail-type"]) == ("0", source, detail_type)
    assert (event["account"], event["region"]) == ("123456789012", "us-east-1")
    assert UUID(event["id"]) and moment(event["time"])
    assert event["resources"] and all(arn.startswith("arn:aws:") for arn in event["resources"])


def test_a_rule_sends_an_object_and_the_scheduler_a_string():
    assert read("schedule.json")["detail"] == {}
    assert read("scheduler.json")["detail"] == "{}"


def test_failed_restore_job():
    detail = read("backup-restore-job-failed.json")["detail"]
    assert set(detail) == {
        "restoreJobId", "backupSizeInBytes", "creationDate", "iamRoleArn", "percentDone",
        "resourceType", "status", "statusMessage",
    }  # fmt: skip
    assert UUID(detail["restoreJobId"]) and moment(detail["creationDate"])
    assert detail["status"] == "FAILED"
    assert isinstance(detail["percentDone"], (int, float))
    assert isinstance(detail["backupSizeInBytes"], str) and int(detail["backupSizeInBytes"])


def test_created_restore_job():
    detail = read("backup-restore-job-created.json")["detail"]
    assert set(detail) == {"restoreJobId", "creationDate", "state"}
    assert UUID(detail["restoreJobId"]) and moment(detail["creationDate"])
    assert detail["state"] == "CREATED"


def test_commands():
    assert read("pass.json") == {"command": "pass"}
    assert read("dry-run.json") == {"command": "pass", "sources": SOURCES, "dry_run": True}


def test_silences():
    silence, unsilence = read("silence.json"), read("unsilence.json")
    assert list(silence) == ["command", "notice_id", "for", "reason", "by"] and silence["command"] == "silence"
    assert unsilence == {"command": "unsilence", "notice_id": silence["notice_id"]}
    assert UUID(silence["notice_id"]).version == 5


def test_the_dashboard_asks_for_the_page(resources):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html"""
    assert read("widget-describe.json") == {"describe": True}
    context = read("widget.json")["widgetContext"]
    assert list(context) == [
        "dashboardName", "widgetId", "accountId", "locale", "timezone", "period", "isAutoPeriod", "timeRange", "theme",
        "linkCharts", "title", "forms", "params", "width", "height",
    ]  # fmt: skip
    assert f'"title": "{context["title"]}"' in resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0]
    assert context["theme"] in ("light", "dark") and context["forms"] == {"all": {}}
    assert all(isinstance(context[name], int) for name in ("period", "width", "height"))


@pytest.mark.parametrize("name", ["backup-restore-job-failed.json", "backup-restore-job-created.json"])
def test_the_rule_of_the_template_lets_the_backup_events_through(name, resources):
    pattern = resources["RestoreJobChanged"]["Properties"]["EventPattern"]
    event = read(name)
    assert pattern and all(event[field] in values for field, values in pattern.items())


def test_messages_of_the_queues():
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    for record in read("target-messages.json")["Records"]:
        assert list(record) == [
            "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody", "eventSource",
            "eventSourceARN", "awsRegion",
        ]  # fmt: skip
        assert record["eventSource"] == "aws:sqs"
        body = json.loads(record["body"])
        schema = json.loads((ROOT / "schemas" / f"{body['schema']}.json").read_text())
        assert set(schema["required"]) <= set(body) <= set(schema["properties"])
