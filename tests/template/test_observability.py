"""Alarms and dashboard: what CloudWatch gets to see is what the function writes, and each alarm says what to do."""

import itertools
import json
import re

import pytest
from test_template import BY_DEFAULT, SOURCES

# What src/ makes metrics of, and what AWS measures of the function and of the queue; with their dimensions.
FUNCTION = ["FunctionName"]
MEASURED = {
    ("Tidings", "PassCompleted"): ["FunctionName", "Region", "Source"],
    ("Tidings", "OldestPending"): FUNCTION,
    ("Tidings", "Throttles"): FUNCTION,
    ("Tidings", "Errors"): FUNCTION,
    ("Tidings", "OldestComplete"): FUNCTION,
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
    "Published", "Pending", "Source", "Region", "FunctionName", "Account", "Coverage", "Kind", "PassExpected",
}  # fmt: skip
FIELDS = {"level", "source", "account", "region", "kind", "action", "message", "published", "pending"}


@pytest.fixture(scope="module")
def alarms(resources):
    found = {name: alarm for name, alarm in resources.items() if alarm["Type"] == "AWS::CloudWatch::Alarm"}
    assert len(found) == 18
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
        words = {
            "redshift": "Table restores on Redshift clusters were",
            "redshift-serverless": "Table restores in Redshift Serverless were",
            "backup": "Restore jobs of AWS Backup were",
            "s3tables-replication": "The replication of S3 tables was",
            "s3tables-maintenance": "The maintenance of S3 tables was",
            "s3tables-expiration": "The record expiration of S3 tables was",
            "backup-jobs": "Backup jobs of AWS Backup were",
            "backup-copies": "Copy jobs of AWS Backup were",
            "dynamodb-exports": "Exports of DynamoDB tables were",
            "dynamodb-imports": "Imports of DynamoDB tables were",
        }
        assert list(words) == SOURCES
        for other, name in words.items():
            assert description.startswith(f"{name} not read") == (other == source), source
        assert ("tables in the settings file" in description) == source.startswith("s3tables"), source


def test_only_silence_of_the_heartbeats_and_of_the_ticks_counts(alarms):
    """tests/template/test_alarms.py and test_alarms_of_targets.py evaluate those."""
    missing = {name: alarm["Properties"]["TreatMissingData"] for name, alarm in alarms.items()}
    silent = {name for name, treated in missing.items() if treated != "notBreaching"}
    assert silent == {"TargetsMissing", *(name for name in alarms if name.endswith("Blind"))}
    for name in silent:
        looked_at = [metric["MetricName"] for metric in metrics(alarms[name]["Properties"])]
        assert looked_at == (["ScopesExpected", "ScopesCompleted"] if name == "TargetsMissing" else ["PassCompleted"])


def test_a_notice_that_waits_for_three_periods_alarms_at_once(alarms):
    properties = alarms["NoticesWaiting"]["Properties"]
    assert (properties["MetricName"], properties["Statistic"]) == ("OldestPending", "Maximum")
    assert (properties["EvaluationPeriods"], properties["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert properties["Threshold"] == {"Fn::FindInMap": ["Periods", {"Ref": "PeriodMinutes"}, "Late"]}


# The conditions that hold with each value of the parameter Targets.
WITH = {"home": set(), "few": {"HasTargets"}, "many": {"HasTargets", "HasQueues"}}
# The conditions of the sources that are not watched by default.
ON_DEMAND = {"WatchesExpiration", "WatchesBackupJobs", "WatchesBackupCopies", "WatchesExports", "WatchesImports"}


def resolved(value, holds, mapped, there):
    """A value as CloudFormation resolves it. `holds`: the conditions that hold; `mapped`: the row of the mapping Periods;
    `there`: the resources. Of what the resources are called, nothing is known: `${Notifier}` gives `{Notifier}`."""
    match value:
        case str():
            return value
        case {"Fn::If": [condition, then, otherwise]}:
            return resolved(then if condition in holds else otherwise, holds, mapped, there)
        case {"Fn::FindInMap": ["Periods", {"Ref": "PeriodMinutes"}, key]}:
            return str(mapped[key])
        case {"Fn::Sub": str(text)}:
            return resolved({"Fn::Sub": [text, {}]}, holds, mapped, there)
        case {"Fn::Sub": [text, variables]}:
            given = {name: resolved(of, holds, mapped, there) for name, of in variables.items()}
            used = set(re.findall(r"\$\{([^}]+)\}", text))
            assert set(given) <= used, "every variable is used"
            for name in used - set(given) - {"AWS::Region", "AWS::StackName"}:
                condition = there[name.split(".")[0]].get("Condition")
                assert condition is None or condition in holds, name
            return re.sub(r"\$\{([^}]+)\}", lambda found: given.get(found[1], "{" + found[1] + "}"), text)
    raise AssertionError(f"not modelled: {value}")


def shown_by(template, resources, conditions, minutes="5"):
    """The widgets with these conditions."""
    body = resources["Dashboard"]["Properties"]["DashboardBody"]
    text = resolved(body, {"HasDashboard", *conditions}, template["Mappings"]["Periods"][minutes], resources)
    return json.loads(text)["widgets"]


def heartbeats(widgets):
    """The sources of the first graph."""
    [graph] = [widget for widget in widgets if widget["properties"].get("title") == "Heartbeats"]
    return [(metric[-2], metric[-1]["label"]) for metric in graph["properties"]["metrics"]]


def test_the_dashboard_shows_the_sources_that_are_watched_on_demand(template, resources):
    """In this order, whichever of them are watched."""
    conditions = {
        source: choice["Fn::If"][0]
        for choice in resources["Notifier"]["Properties"]["Environment"]["Variables"]["TIDINGS_SOURCES"]["Fn::Join"][1]
        if (source := choice["Fn::If"][1]) not in BY_DEFAULT
    }
    assert set(conditions.values()) == ON_DEMAND
    for chosen in itertools.product([True, False], repeat=len(conditions)):
        watched = [source for source, on in zip(conditions, chosen, strict=True) if on]
        widgets = shown_by(template, resources, {conditions[source] for source in watched})
        assert heartbeats(widgets) == [(source, source) for source in [*BY_DEFAULT, *watched]]


@pytest.fixture(params=itertools.product(WITH, ["1", "5", "60"]), ids="-".join)
def widgets(request, template, resources):
    targets, minutes = request.param
    return targets, shown_by(template, resources, WITH[targets] | ON_DEMAND, minutes)


def test_the_dashboard_shows_what_is_measured(widgets):
    targets, widgets = widgets
    shown = set()
    for widget in widgets:
        for metric in widget["properties"].get("metrics", []):
            namespace, name, *dimensions = [part for part in metric if isinstance(part, str)]
            assert dimensions[::2] == MEASURED[(namespace, name)]
            shown.add((namespace, name, dimensions[-1]))
        if widget["type"] == "log":
            source, query = widget["properties"]["query"].split(" | ", 1)
            assert source == "SOURCE '{NotifierLogs}'"
            check_query(query)
    assert {source for namespace, name, source in shown if name == "PassCompleted"} == set(SOURCES)
    of_targets = {("Tidings", "ScopesExpected"), ("Tidings", "ScopesCompleted"), ("Tidings", "OldestComplete")}
    of_queues = {("AWS/SQS", "ApproximateAgeOfOldestMessage")}
    unseen = {"home": of_targets | of_queues, "few": of_queues, "many": set()}[targets]
    assert {(namespace, name) for namespace, name, _ in shown} == set(MEASURED) - unseen
    queues = {queue for namespace, _, queue in shown if namespace == "AWS/SQS"}
    both = {"{TargetQueue.QueueName}", "{DeliveryQueue.QueueName}"} if targets == "many" else set()
    assert queues == {"{DeadLetters.QueueName}", *both}
    for name in ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"):
        assert both <= {queue for _, metric, queue in shown if metric == name}, name


def test_the_dashboard_has_a_row_for_targets_and_one_for_queues(widgets):
    """Without positions, CloudWatch fills rows of 24 columns. So every row has to be full, and of one height."""
    targets, widgets = widgets
    rows, row = [], []
    for widget in widgets:
        assert not {"x", "y"} & set(widget)
        row.append(widget)
        if sum(widget["width"] for widget in row) >= 24:
            rows.append(row)
            row = []
    assert row == []
    for row in rows:
        assert sum(widget["width"] for widget in row) == 24 and len({widget["height"] for widget in row}) == 1
    titles = [[widget["properties"].get("title", "") for widget in row] for row in rows]
    assert len(titles) == {"home": 6, "few": 7, "many": 8}[targets]
    # What is failing comes first.
    assert titles[1] == ["How things stand"]
    assert (titles[3][0] == "Scopes in all accounts and regions") == (targets != "home")
    assert (titles[4][0] == "Messages in the queues") == (targets == "many")


def test_the_dashboard_is_made_on_demand(template, resources):
    assert resources["Dashboard"]["Condition"] == template["Outputs"]["DashboardUrl"]["Condition"] == "HasDashboard"


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
    assert called == {"Warnings", "Passes", "Targets"}
    for query in queries.values():
        assert query["LogGroupNames"] == [{"Ref": "NotifierLogs"}]
        check_query(query["QueryString"])
    descriptions = [alarm["Properties"]["AlarmDescription"] for alarm in alarms.values()]
    named = {name for text in descriptions for name in re.findall(r"saved query (\w+)", text)}
    assert named == called, "what the alarms send people to is there"
