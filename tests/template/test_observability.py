"""Alarms and dashboard: what CloudWatch gets to see is what the function writes, and each alarm says what to do."""

import json
import re

import pytest
from test_template import SOURCES

# What src/ makes metrics of, and what AWS measures of the function and of the queue; with their dimensions.
FUNCTION = ["FunctionName"]
MEASURED = {
    ("Tidings", "PassCompleted"): ["FunctionName", "Region", "Source"],
    ("Tidings", "OldestPending"): FUNCTION,
    ("Tidings", "Throttles"): FUNCTION,
    ("Tidings", "Errors"): FUNCTION,
    ("Tidings", "ScopesExpected"): FUNCTION,
    ("Tidings", "ScopesCompleted"): FUNCTION,
    ("AWS/Lambda", "Errors"): FUNCTION,
    ("AWS/Lambda", "Throttles"): FUNCTION,
    ("AWS/Lambda", "Duration"): FUNCTION,
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ["QueueName"],
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ["QueueName"],
}
# What queries find: members of the lines with metrics, which have capitals, and fields of log lines.
MEMBERS = {
    "PassCompleted", "Errors", "Throttles", "OldestPending", "Duration", "Observed", "Changed", "Noticed", "Muted",
    "Published", "Pending", "Source", "Region", "FunctionName", "Account", "Coverage", "Kind",
}  # fmt: skip
FIELDS = {"level", "source", "region", "kind", "action", "message", "published", "pending"}


@pytest.fixture(scope="module")
def alarms(resources):
    found = {name: alarm for name, alarm in resources.items() if alarm["Type"] == "AWS::CloudWatch::Alarm"}
    assert len(found) == 13
    return found


def metrics(properties):
    """What an alarm looks at: namespace, metric and dimensions."""
    if "MetricName" in properties:
        yield properties
    for query in properties.get("Metrics", []):
        if "MetricStat" in query:
            yield query["MetricStat"]["Metric"]


def test_alarms_look_at_what_is_measured(alarms):
    for name, alarm in alarms.items():
        # CloudWatch bills an alarm by the metric.
        measured = list(metrics(alarm["Properties"]))
        assert len(measured) == (2 if name == "TargetsMissing" else 1), name
        for metric in measured:
            dimensions = MEASURED[(metric["Namespace"], metric["MetricName"])]
            assert [dimension["Name"] for dimension in metric["Dimensions"]] == dimensions, name


def test_each_alarm_says_what_to_do_and_tells_someone(alarms):
    topic = [{"Fn::If": ["MakesAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicArn"}]}]
    for name, alarm in alarms.items():
        properties = alarm["Properties"]
        assert re.search(r"\b(Read|Look|See|Raise|raise|Free|see)\b", properties["AlarmDescription"]), name
        assert len(properties["AlarmDescription"]) <= 1024, name
        assert properties["AlarmActions"] == properties["OKActions"] == topic, name


def test_an_alarm_speaks_of_what_it_watches(alarms):
    """Of S3 tables, for one, only where it is about S3 tables."""
    for source in SOURCES:
        [description] = [
            alarm["Properties"]["AlarmDescription"]
            for alarm in alarms.values()
            for metric in metrics(alarm["Properties"])
            if {"Name": "Source", "Value": source} in metric["Dimensions"]
        ]
        words = {"redshift": "Redshift clusters", "redshift-serverless": "Redshift Serverless", "backup": "AWS Backup"}
        for other, name in words.items():
            assert (name in description) == (other == source), source
        assert ("tables in the settings file" in description) == source.startswith("s3tables"), source


def test_only_the_heartbeats_silence_counts(alarms):
    """tests/template/test_alarms.py evaluates those."""
    missing = {name: alarm["Properties"]["TreatMissingData"] for name, alarm in alarms.items()}
    blind = {name for name, treated in missing.items() if treated != "notBreaching"}
    assert len(blind) == len(SOURCES) and all(name.endswith("Blind") for name in blind)
    assert all([metric["MetricName"] for metric in metrics(alarms[name]["Properties"])] == ["PassCompleted"] for name in blind)


def test_a_notice_that_waits_for_three_periods_alarms_at_once(alarms):
    properties = alarms["NoticesWaiting"]["Properties"]
    assert (properties["MetricName"], properties["Statistic"]) == ("OldestPending", "Maximum")
    assert (properties["EvaluationPeriods"], properties["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert properties["Threshold"] == {"Fn::FindInMap": ["Periods", {"Ref": "PeriodMinutes"}, "Late"]}


def test_the_dashboard_is_json_and_shows_what_is_measured(template, resources):
    assert resources["Dashboard"]["Condition"] == template["Outputs"]["DashboardUrl"]["Condition"] == "HasDashboard"
    body, variables = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert set(variables) == {"Seconds", "Late", "Slow"}
    body = body.replace("${Seconds}", "300").replace("${Late}", "900").replace("${Slow}", "216000")
    known = {"AWS::Region", "AWS::StackName", "Notifier", "NotifierLogs", "DeadLetters.QueueName"}
    assert set(re.findall(r"\$\{([^}]+)\}", body)) == known
    widgets = json.loads(body)["widgets"]
    assert [widget["type"] for widget in widgets] == ["text", *["metric"] * 6, *["log"] * 4]
    shown = set()
    for widget in widgets:
        assert widget["x"] + widget["width"] <= 24
        for metric in widget["properties"].get("metrics", []):
            namespace, name, *dimensions = [part for part in metric if isinstance(part, str)]
            assert dimensions[::2] == MEASURED[(namespace, name)]
            shown.add((namespace, name, dimensions[-1]))
        if widget["type"] == "log":
            source, query = widget["properties"]["query"].split(" | ", 1)
            assert source == "SOURCE '${NotifierLogs}'"
            check_query(query)
    assert {source for namespace, name, source in shown if name == "PassCompleted"} == set(SOURCES)
    # The dashboard is for one target. Of many, alarms watch the sums.
    of_many = {("Tidings", "ScopesExpected"), ("Tidings", "ScopesCompleted"), ("AWS/SQS", "ApproximateAgeOfOldestMessage")}
    assert {(namespace, name) for namespace, name, _ in shown} == set(MEASURED) - of_many
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)


def check_query(query):
    """A query asks for fields that there are."""
    without_texts = re.sub(r"'[^']*'", "", query)
    keywords = {
        "filter", "fields", "stats", "sort", "limit", "desc", "asc", "by", "as", "in", "and", "ispresent", "sum", "max",
        "min", "count", "bin", "h",
    }  # fmt: skip
    words = set(re.findall(r"(?<![@\w])[A-Za-z_]+", without_texts))
    names = set(re.findall(r"\bas (\w+)", without_texts))
    assert words - keywords - names <= MEMBERS | FIELDS, query
    assert words & (MEMBERS | FIELDS), query


def test_the_saved_queries_look_into_the_functions_log(resources, alarms):
    queries = {name: query["Properties"] for name, query in resources.items() if query["Type"] == "AWS::Logs::QueryDefinition"}
    called = {query["Name"]["Fn::Sub"].removeprefix("${AWS::StackName}/") for query in queries.values()}
    assert called == {"Warnings", "Passes"}
    for query in queries.values():
        assert query["LogGroupNames"] == [{"Ref": "NotifierLogs"}]
        check_query(query["QueryString"])
    descriptions = [alarm["Properties"]["AlarmDescription"] for alarm in alarms.values()]
    named = {name for text in descriptions for name in re.findall(r"saved query (\w+)", text)}
    assert named == called, "what the alarms send people to is there"
