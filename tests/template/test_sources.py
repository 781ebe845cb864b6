"""Every source has the same resources of the same shape.

The template repeats them for each source. `Fn::ForEach` would need the transform AWS::LanguageExtensions, and neither tool
accepts it here: `sam build` stops with an AttributeError at a template with `Fn::ForEach` (1.170), and cfn-lint takes the
loop's variable in a resource's `Condition` for the name of an unknown condition (E3015). So these tests compare the copies.
"""

import copy
import json
import re
import sys

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "tests" / "terraform"))

from evaluation import Template  # noqa: E402

# The source, its parameter, its condition, the Sid of its statement, and its alarm. The first five are watched by default.
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
    ("s3tables-expiration", "WatchS3TablesExpiration", "WatchesExpiration", "S3TablesExpiration", "ExpirationBlind"),
    ("backup-jobs", "WatchBackupJobs", "WatchesBackupJobs", "BackupJobs", "BackupJobsBlind"),
    ("backup-copies", "WatchBackupCopies", "WatchesBackupCopies", "BackupCopies", "BackupCopiesBlind"),
    ("dynamodb-exports", "WatchDynamoDbExports", "WatchesExports", "DynamoDbExports", "ExportsBlind"),
    ("dynamodb-imports", "WatchDynamoDbImports", "WatchesImports", "DynamoDbImports", "ImportsBlind"),
]
BY_DEFAULT = [source for source, *_ in SOURCES[:5]]
# Statements beside those, and their conditions: what a listing or a detail needs of its own.
BESIDE = {
    "S3TablesBuckets": "WatchesTables",
    "S3TablesTables": "WatchesTables",
    "DynamoDbExportDetails": "WatchesExports",
    "DynamoDbImportDetails": "WatchesImports",
}
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
    default = "true" if source in BY_DEFAULT else "false"
    assert described == {"Type": "String", "Default": default, "AllowedValues": ["true", "false"]}
    assert plain(template["Conditions"][condition]) == {"Fn::Equals": [{"Ref": parameter}, "true"]}
    [something] = plain(template["Rules"]["SomethingIsWatched"]["Assertions"])
    # CloudFormation accepts ten.
    assert something["Assert"]["Fn::Or"] == [{"Fn::Equals": [{"Ref": parameter}, "true"]} for _, parameter, *_ in SOURCES]
    assert len(SOURCES) <= 10
    interface = template["Metadata"]["AWS::CloudFormation::Interface"]
    [group] = [group for group in interface["ParameterGroups"] if parameter in group["Parameters"]]
    assert [name for _, name, *_ in SOURCES] == [name for name in group["Parameters"] if name.startswith("Watch")]
    assert interface["ParameterLabels"][parameter]["default"].startswith("Watch ")


def source_statements(resources):
    """Condition, statement, and what is there otherwise."""
    [policy] = [
        policy["PolicyDocument"]
        for resource in resources.values()
        for policy in resource.get("Properties", {}).get("Policies", [])
        if isinstance(policy, dict) and policy.get("PolicyName") == "sources"
    ]
    return [plain(statement)["Fn::If"] for statement in policy["Statement"]]


@each_source
def test_statement(resources, source, parameter, condition, sid, alarm):
    [[needed, statement, otherwise]] = [entry for entry in source_statements(resources) if entry[1]["Sid"] == sid]
    assert (needed, otherwise) == (condition, NO_VALUE)
    assert sorted(statement) == ["Action", "Effect", "Resource", "Sid"] and statement["Effect"] == "Allow"
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    service = source if source == "redshift-serverless" else source.split("-")[0]
    assert actions and all(action.split(":")[0] == service for action in actions)


def test_the_other_statements(template, resources):
    """Reading one table, export or import is limited to such; listings are not, but that of the tables of a bucket."""
    of_sources = {sid for *_, sid, _ in SOURCES}
    beside = {statement["Sid"]: condition for condition, statement, _ in source_statements(resources)}
    assert {sid: condition for sid, condition in beside.items() if sid not in of_sources} == BESIDE
    assert plain(template["Conditions"]["WatchesTables"]) == {
        "Fn::Or": [{"Condition": condition} for source, _, condition, *_ in SOURCES if source.startswith("s3tables")]
    }
    limited = {}
    for _, statement, _ in source_statements(resources):
        if statement["Resource"] != "*":
            text, variables = statement["Resource"]["Fn::Sub"]
            assert variables == {"Region": {"Fn::If": ["HasTargets", "*", {"Ref": "AWS::Region"}]}}
            limited[statement["Action"]] = text.removeprefix("arn:${AWS::Partition}:").replace("${Region}:${AWS::AccountId}:", "")
    assert limited == {
        "s3tables:GetTableReplicationStatus": "s3tables:bucket/*/table/*",
        "s3tables:GetTableMaintenanceJobStatus": "s3tables:bucket/*/table/*",
        "s3tables:GetTableRecordExpirationJobStatus": "s3tables:bucket/*/table/*",
        "s3tables:ListTables": "s3tables:bucket/*",
        "dynamodb:DescribeExport": "dynamodb:table/*/export/*",
        "dynamodb:DescribeImport": "dynamodb:table/*/import/*",
    }


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


class Anything:
    """What Ref and Fn::GetAtt give: the name itself."""

    def __contains__(self, key):
        return True

    def __getitem__(self, key):
        return f"arn:aws:any:eu-west-1:123456789012:stack/{key[0]}/{key[1]}-1"


def deployed(template, **parameters):
    """What there is of each source in a stack with a dashboard and with other accounts."""
    with_all = {"WithDashboard": "true", "Targets": "many", "OrganizationId": "o-a1b2c3d4e5", "OrganizationalUnitIds": "r-ab12"}
    evaluated = Template(template, {**with_all, **parameters}, Anything())
    assert not evaluated.refuses()
    resources = evaluated.resources()
    [policy] = [policy for policy in resources["NotifierRole"]["Policies"] if policy["PolicyName"] == "sources"]
    widgets = json.loads(resources["Dashboard"]["DashboardBody"])["widgets"]
    [graph] = [widget["properties"] for widget in widgets if widget["properties"].get("title") == "Heartbeats"]
    functions = ["Notifier", "Page"]
    [watched] = {resources[name]["Environment"]["Variables"]["TIDINGS_SOURCES"] for name in functions}
    members = {one["ParameterKey"]: one["ParameterValue"] for one in resources["Members"]["Parameters"]}
    return {
        "TIDINGS_SOURCES": watched.split(","),
        "statements": [statement["Sid"] for statement in policy["PolicyDocument"]["Statement"]],
        "alarms": [name for name in resources if name.endswith("Blind")],
        "dashboard": [metric[-1]["label"] for metric in graph["metrics"]],
        "members": [name for name, value in members.items() if name.startswith("Watch") and value == "true"],
        "resources": len(resources),
    }


TABLES = ["S3TablesBuckets", "S3TablesTables"]
DEFAULT = {
    "TIDINGS_SOURCES": BY_DEFAULT,
    "statements": [*(sid for *_, sid, _ in SOURCES[:5]), *TABLES],
    "alarms": [alarm for *_, alarm in SOURCES[:5]],
    "dashboard": BY_DEFAULT,
    "members": [parameter for _, parameter, *_ in SOURCES[:5]],
}


def test_what_nobody_asked_for_is_not_deployed(template):
    """With the defaults there is nothing of the other five sources: the stack is as it was before there were any."""
    found = deployed(template)
    del found["resources"]
    assert found == DEFAULT


@pytest.mark.parametrize(("source", "parameter", "condition", "sid", "alarm"), SOURCES[5:], ids=[one[0] for one in SOURCES[5:]])
def test_a_source_on_demand_adds_its_own_resources_alone(template, source, parameter, condition, sid, alarm):
    found = deployed(template, **{parameter: "true"})
    assert found.pop("resources") == deployed(template)["resources"] + 1, "its alarm"
    details = [beside for beside, needs in BESIDE.items() if needs == condition]
    assert found == {
        "TIDINGS_SOURCES": [*BY_DEFAULT, source],
        "statements": [*(sid for *_, sid, _ in SOURCES[:5]), sid, *details, *TABLES],
        "alarms": [*DEFAULT["alarms"], alarm],
        "dashboard": [*BY_DEFAULT, source],
        "members": [*DEFAULT["members"], parameter],
    }
    others = {other: "false" for _, other, *_ in SOURCES if other != parameter}
    alone = deployed(template, **others, **{parameter: "true"})
    assert alone["TIDINGS_SOURCES"] == [source] and alone["alarms"] == [alarm]
    assert alone["statements"] == [sid, *details, *(TABLES if source.startswith("s3tables") else [])]


def test_every_source_at_once(template):
    found = deployed(template, **{parameter: "true" for _, parameter, *_ in SOURCES})
    assert found["TIDINGS_SOURCES"] == found["dashboard"] == [source for source, *_ in SOURCES]
    assert sorted(found["statements"]) == sorted([*(sid for *_, sid, _ in SOURCES), *BESIDE])
    assert found["alarms"] == [alarm for *_, alarm in SOURCES]
    assert found["members"] == [parameter for _, parameter, *_ in SOURCES]
    nothing = Template(template, {parameter: "false" for _, parameter, *_ in SOURCES}, Anything())
    assert nothing.refuses() == ["At least one source must be watched."]


def test_the_page_about_deployment_has_every_permission(resources):
    page = (ROOT / "docs" / "deployment.md").read_text()
    section = page.split("### Permissions of the sources\n")[1].split("\n### ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert [(row[0].strip("|` "), row[1].strip("`")) for row in rows] == [(source, parameter) for source, parameter, *_ in SOURCES]
    granted = {}
    for condition, statement, _ in source_statements(resources):
        granted.setdefault(condition, set()).update([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    for row, (_, _, condition, *_) in zip(rows, SOURCES, strict=True):
        assert set(re.findall(r"`([^`]+)`", row[2])) == granted[condition], row[0]
        assert ("`*`" in row[3]) == ("*" in [one["Resource"] for needs, one, _ in source_statements(resources) if needs == condition])
    assert all(f"`{action}`" in section for action in granted["WatchesTables"])


def test_the_parameters_of_the_sources_are_in_the_page_with_their_defaults():
    page = (ROOT / "docs" / "deployment.md").read_text()
    rows = {cells[1].strip(): cells[2].strip() for line in page.splitlines() if len(cells := line.split("|")) == 5}
    for default, sources in (("true", SOURCES[:5]), ("false", SOURCES[5:])):
        assert rows[", ".join(f"`{parameter}`" for _, parameter, *_ in sources)] == default
