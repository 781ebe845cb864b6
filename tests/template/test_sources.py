"""Every source has the same resources of the same shape.

The template repeats them for each source. `Fn::ForEach` would need the transform AWS::LanguageExtensions, and neither tool
accepts it here: `sam build` stops with an AttributeError at a template with `Fn::ForEach` (1.170), and cfn-lint takes the
loop's variable in a resource's `Condition` for the name of an unknown condition (E3015). So these tests compare the copies.
"""

import copy
import json

import pytest

# The source, its parameter, its condition, the Sid of its statement, and its alarm.
SOURCES = [
    ("redshift", "WatchRedshift", "WatchesRedshift", "Redshift", "RedshiftBlind"),
    (
        "redshift-serverless",
        "WatchRedshiftServerless",
        "WatchesRedshiftServerless",
        "RedshiftServerless",
        "RedshiftServerlessBlind",
    ),
    ("backup", "WatchBackup", "WatchesBackup", "Backup", "BackupBlind"),
    ("s3tables-replication", "WatchS3TablesReplication", "WatchesReplication", "S3TablesReplication", "ReplicationBlind"),
    ("s3tables-maintenance", "WatchS3TablesMaintenance", "WatchesMaintenance", "S3TablesMaintenance", "MaintenanceBlind"),
]
each_source = pytest.mark.parametrize(
    ("source", "parameter", "condition", "sid", "alarm"), SOURCES, ids=[source for source, *_ in SOURCES]
)
NO_VALUE = {"Ref": "AWS::NoValue"}


def plain(value):
    """Without cfn-lint's classes, which know their place in the file."""
    return json.loads(json.dumps(value))


def test_no_source_is_missing(template, resources):
    variables = resources["Notifier"]["Properties"]["Environment"]["Variables"]
    assert [entry["Fn::If"][1] for entry in variables["TIDINGS_SOURCES"]["Fn::Join"][1]] == [source for source, *_ in SOURCES]
    assert [name for name in resources if name.endswith("Blind")] == [alarm for *_, alarm in SOURCES]
    parameters = [name for name in template["Parameters"] if name.startswith("Watch")]
    assert parameters == [parameter for _, parameter, *_ in SOURCES]


@each_source
def test_parameter_and_condition(template, source, parameter, condition, sid, alarm):
    described = plain(template["Parameters"][parameter])
    assert described.pop("Description").endswith(".")
    assert described == {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]}
    assert plain(template["Conditions"][condition]) == {"Fn::Equals": [{"Ref": parameter}, "true"]}
    [something] = plain(template["Rules"]["SomethingIsWatched"]["Assertions"])
    assert {"Fn::Equals": [{"Ref": parameter}, "true"]} in something["Assert"]["Fn::Or"]
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    [group] = [group for group in interface["ParameterGroups"] if parameter in group["Parameters"]]
    assert [name for _, name, *_ in SOURCES] == [name for name in group["Parameters"] if name.startswith("Watch")]
    assert interface["ParameterLabels"][parameter]["default"].startswith("Watch ")


@each_source
def test_statement(resources, source, parameter, condition, sid, alarm):
    [policy] = [
        policy["PolicyDocument"]
        for resource in resources.values()
        for policy in resource.get("Properties", {}).get("Policies", [])
        if isinstance(policy, dict) and policy.get("PolicyName") == "sources"
    ]
    statements = [plain(statement)["Fn::If"] for statement in policy["Statement"]]
    [[needed, statement, otherwise]] = [entry for entry in statements if entry[1]["Sid"] == sid]
    assert (needed, otherwise) == (condition, NO_VALUE)
    assert sorted(statement) == ["Action", "Effect", "Resource", "Sid"] and statement["Effect"] == "Allow"
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    service = source.split("-")[0] if source.startswith("s3tables") else source
    assert actions and all(action.split(":")[0] == service for action in actions)


@each_source
def test_alarm(resources, source, parameter, condition, sid, alarm):
    """The alarms differ in their description, their condition and the source's name, and in nothing else."""
    first_source, _, first_condition, _, first = SOURCES[0]
    expected = copy.deepcopy(plain(resources[first]))
    assert expected["Condition"] == first_condition
    expected["Condition"] = condition
    [seen, heartbeat] = expected["Properties"]["Metrics"]
    assert seen["Label"] == f"Heartbeats of {first_source}"
    seen["Label"] = f"Heartbeats of {source}"
    [dimension] = [d for d in heartbeat["MetricStat"]["Metric"]["Dimensions"] if d["Name"] == "Source"]
    assert dimension["Value"] == first_source
    dimension["Value"] = source
    expected["Properties"]["AlarmDescription"] = plain(resources[alarm])["Properties"]["AlarmDescription"]
    assert plain(resources[alarm]) == expected
