"""Alarms and dashboard: what CloudWatch gets to see is what the function writes, and each alarm says what to do."""

import json
import re

import pytest
from test_template import SOURCES

# What src/ measures of each scope, and what AWS measures of the function and of the queue.
MEASURED = {
    "Tidings": {
        "PassCompleted", "Duration", "Observed", "Changed", "Noticed", "Published", "Pending", "OldestPending",
        "Throttles", "Errors",
    },
    "AWS/Lambda": {"Errors", "Throttles", "Duration"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible"},
}  # fmt: skip
DIMENSIONS = {
    "Tidings": ["FunctionName", "Region", "Source"],
    "AWS/Lambda": ["FunctionName"],
    "AWS/SQS": ["QueueName"],
}


@pytest.fixture(scope="module")
def alarms(resources):
    found = {name: alarm for name, alarm in resources.items() if alarm["Type"] == "AWS::CloudWatch::Alarm"}
    assert len(found) == 11
    return found


def metrics(properties):
    """What an alarm looks at: namespace, metric and dimensions."""
    if "MetricName" in properties:
        yield properties
    for query in properties.get("Metrics", []):
        if "Fn::If" in query:
            yield query["Fn::If"][1]["MetricStat"]["Metric"]


def test_alarms_look_at_what_is_measured(alarms):
    for name, alarm in alarms.items():
        looked_at = list(metrics(alarm["Properties"]))
        assert looked_at, name
        for metric in looked_at:
            assert metric["MetricName"] in MEASURED[metric["Namespace"]], name
            assert [dimension["Name"] for dimension in metric["Dimensions"]] == DIMENSIONS[metric["Namespace"]], name


def test_each_alarm_says_what_to_do_and_tells_someone(alarms):
    topic = [{"Fn::If": ["MakesAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicArn"}]}]
    for name, alarm in alarms.items():
        properties = alarm["Properties"]
        assert re.search(r"\b(Read|Look|See|Raise|raise|Free|see)\b", properties["AlarmDescription"]), name
        assert len(properties["AlarmDescription"]) <= 1024, name
        assert properties["AlarmActions"] == properties["OKActions"] == topic, name


def test_silence_of_a_source_alarms_and_of_everything_else_does_not(alarms):
    missing = {name: alarm["Properties"]["TreatMissingData"] for name, alarm in alarms.items()}
    blind = {name for name, treated in missing.items() if treated == "breaching"}
    assert len(blind) == len(SOURCES) and all(name.endswith("Blind") for name in blind)
    for name in blind:
        properties = alarms[name]["Properties"]
        assert (properties["MetricName"], properties["EvaluationPeriods"], properties["Threshold"]) == ("PassCompleted", 3, 1)


@pytest.mark.parametrize(("name", "metric"), [("NoticesWaiting", "OldestPending"), ("ApisThrottled", "Throttles")])
def test_alarms_over_every_source(alarms, name, metric):
    """The emulator of the deployment test does not know these."""
    properties = alarms[name]["Properties"]
    looked_at = list(metrics(properties))
    assert {looked["MetricName"] for looked in looked_at} == {metric}
    assert [looked["Dimensions"][-1]["Value"] for looked in looked_at] == SOURCES
    [total] = [query for query in properties["Metrics"] if "Expression" in query]
    assert total["Expression"] in {"MAX(METRICS())", "SUM(METRICS())"} and total.get("ReturnData", True)
    parts = [query["Fn::If"][1] for query in properties["Metrics"] if "Fn::If" in query]
    assert all(part["ReturnData"] is False for part in parts)
    assert len({part["Id"] for part in parts}) == len(SOURCES)
    assert all(re.fullmatch("[a-z][A-Za-z0-9_]*", part["Id"]) for part in parts)


def test_the_dashboard_is_json_and_shows_what_is_measured(resources):
    body, variables = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert set(variables) == {"Seconds", "Late"}
    body = body.replace("${Seconds}", "300").replace("${Late}", "900")
    known = {"AWS::Region", "AWS::StackName", "Notifier", "NotifierLogs", "DeadLetters.QueueName"}
    assert set(re.findall(r"\$\{([^}]+)\}", body)) == known
    widgets = json.loads(body)["widgets"]
    assert [widget["type"] for widget in widgets] == ["text", *["metric"] * 9, "log"]
    shown = set()
    for widget in widgets:
        assert widget["x"] + widget["width"] <= 24
        for metric in widget["properties"].get("metrics", []):
            namespace, name, *dimensions = [part for part in metric if isinstance(part, str)]
            assert name in MEASURED[namespace]
            assert dimensions[::2] == DIMENSIONS[namespace]
            shown.add((namespace, name, dimensions[-1]))
    assert {source for namespace, name, source in shown if name == "PassCompleted"} == set(SOURCES)
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)
