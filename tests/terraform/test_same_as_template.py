"""The module and template.yaml deploy the same: for each combination of parameters, every property of every resource.

Terraform plans all combinations at once, with a mocked provider that knows the ARNs beforehand. The template is
evaluated with the names and ARNs of that plan.
"""

import itertools
import json
import re

import pytest
from cfnlint.decode import decode
from cli import messages
from counterparts import as_cloudformation, references
from module import ROOT, variables
from evaluation import Template

SOURCES = [
    "WatchRedshift",
    "WatchRedshiftServerless",
    "WatchBackup",
    "WatchS3TablesReplication",
    "WatchS3TablesMaintenance",
]
# These are not watched by default.
ON_DEMAND = [
    "WatchS3TablesExpiration",
    "WatchBackupJobs",
    "WatchBackupCopies",
    "WatchDynamoDbExports",
    "WatchDynamoDbImports",
]
NONE_OF_THE_DEFAULT = {source: "false" for source in SOURCES}
ONLY_BACKUP = {source: "false" for source in SOURCES if source != "WatchBackup"}
ALL_ON_DEMAND = {source: "true" for source in ON_DEMAND}
ORGANIZATION = {"OrganizationId": "o-a1b2c3d4e5", "OrganizationalUnitIds": "r-ab12,ou-ab12-11111111"}
OWN = {
    "ExistingTopicArn": "arn:aws:sns:eu-west-1:123456789012:news",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
    "KmsKey": "arn:aws:kms:eu-west-1:123456789012:key/0b1c-2d",
}
CHAT = {
    "SlackWorkspaceId": "T012ABCDEFG",
    "SlackChannelId": "C012ABCDEFG",
    "TeamsTenantId": "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0",
    "TeamsTeamId": "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f1",
    "TeamsChannelId": "19%3A0b1c2d3e4f50%40thread.tacv2",
}
# Each source watched or not, and each option. Of the sources that are not watched by default, not every combination: that
# would be a thousand.
COMBINATIONS = {
    **{
        "watched: "
        + (", ".join(source.removeprefix("Watch") for source, on in zip(SOURCES, choice, strict=True) if on)): {
            source: "true" if on else "false" for source, on in zip(SOURCES, choice, strict=True)
        }
        for choice in itertools.product([True, False], repeat=len(SOURCES))
        if any(choice)
    },
    **{f"watched, too: {source.removeprefix('Watch')}": {source: "true", "WithDashboard": "true"} for source in ON_DEMAND},
    **{f"watched alone: {source.removeprefix('Watch')}": {**NONE_OF_THE_DEFAULT, source: "true"} for source in ON_DEMAND},
    "everything is watched": {**ALL_ON_DEMAND, "WithDashboard": "true"},
    "everything is watched in many targets": {**ALL_ON_DEMAND, **ORGANIZATION, "Targets": "many", "WithDashboard": "true"},
    "all that is not watched by default": {**NONE_OF_THE_DEFAULT, **ALL_ON_DEMAND, "WithDashboard": "true", "Targets": "few"},
    **{
        f"every {minutes} minutes": {"PeriodMinutes": minutes, "WithDashboard": "true", "Targets": "many"}
        for minutes in ("1", "2", "10", "15", "30", "60")
    },
    "few targets": {"Targets": "few"},
    "many targets": {"Targets": "many"},
    "few targets and a dashboard": {"Targets": "few", "WithDashboard": "true"},
    "many targets without AWS Backup": {"Targets": "many", "WatchBackup": "false", **ORGANIZATION},
    "many targets, AWS Backup alone": {"Targets": "many", **ONLY_BACKUP, **ORGANIZATION},
    "an organization without a StackSet": {"Targets": "few", "OrganizationId": "o-a1b2c3d4e5"},
    "an organization": {
        "Targets": "many",
        **ORGANIZATION,
        "MemberRegions": "eu-west-1,us-east-1",
        "MemberRoleName": "reader",
        "MembersCallAs": "DELEGATED_ADMIN",
    },
    "own topics and key": OWN,
    "own topics and key, many targets": {**OWN, **ORGANIZATION, "Targets": "many"},
    "own topics with email and chat": {**OWN, **CHAT, "EmailAddress": "on-call@example.com"},
    "own topic for alarms": {"AlarmTopicArn": OWN["AlarmTopicArn"], "EmailAddress": "on-call@example.com"},
    "AWS's keys": {"KmsKey": "aws-managed"},
    "other topics of rules": {
        "FurtherTopicArns": "arn:aws:sns:eu-west-1:123456789012:on-call,arn:aws:sns:eu-west-1:123456789012:sales",
        "FurtherTopicKeyArns": "arn:aws:kms:eu-west-1:123456789012:key/4e-5f",
    },
    "chat with a button": {**CHAT, "SilenceFromChat": "true"},
    "chat with a button and AWS's keys": {**CHAT, "SilenceFromChat": "true", "KmsKey": "aws-managed"},
    "a button without chat": {"SilenceFromChat": "true"},
    "email and chat": {**CHAT, "EmailAddress": "on-call@example.com"},
    "a boundary": {
        "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
        "WithDashboard": "true",
        "SilenceFromChat": "true",
        **CHAT,
    },
    "settings": {"SettingsFile": "tidings.toml"},
    "a protected table": {"ProtectTable": "true"},
    "another function": {"Architecture": "x86_64", "MemorySize": "512", "LogLevel": "DEBUG", "LogRetentionDays": "365"},
    "a dashboard": {"WithDashboard": "true"},
    "a dashboard and AWS's keys": {"WithDashboard": "true", "KmsKey": "aws-managed"},
}
ARTIFACT = {
    "artifact_version": "1.2.0",
    "artifact_bucket": "releases",
    "artifact_key": "tidings-arm64.zip",
    "artifact_sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def as_variables(parameters):
    """The variables of the module that mean the same as the parameters of the template."""
    # The template protects the table by keeping it, which Terraform can't.
    found = {"protect_table": False}
    for name, value in parameters.items():
        if name == "KmsKey" and value != "aws-managed":
            found |= {"kms_key": "existing", "kms_key_arn": value}
        elif name in ("ExistingTopicArn", "AlarmTopicArn"):
            found |= {"create_topic" if name == "ExistingTopicArn" else "create_alarm_topic": False, snake(name): value}
        elif name == "SettingsFile":
            # Any file will do, because nothing is uploaded.
            found |= {"settings_file": value, "settings_zip": str(ROOT / "member.yaml")}
        elif variables()[snake(name)].type.startswith("list"):
            found[snake(name)] = value.split(",")
        elif variables()[snake(name)].type in ("bool", "number"):
            found[snake(name)] = json.loads(value)
        else:
            found[snake(name)] = value
    return found


@pytest.fixture(scope="module")
def template():
    decoded, mistakes = decode(str(ROOT / "template.yaml"))
    assert not mistakes
    return decoded


@pytest.fixture(scope="module")
def plans(terraform, copy):
    """What Terraform plans, by combination and address."""
    folder = copy.parent / "combinations"
    folder.mkdir()
    given = {name: {**ARTIFACT, **as_variables(parameters)} for name, parameters in COMBINATIONS.items()}
    (folder / "combinations.json").write_text(json.dumps(given))
    arguments = "".join(f"  {name} = try(each.value.{name}, null)\n" for name in variables())
    (folder / "main.tf").write_text(
        (copy / "versions.tf").read_text()
        + 'module "tidings" {\n  for_each = jsondecode(file("${path.module}/combinations.json"))\n'
        + f'  source   = "../terraform"\n{arguments}}}\n'
    )
    (folder / "all.tftest.hcl").write_text(mocks(copy) + 'run "all" {\n  command = plan\n}\n')
    here = terraform(folder)
    assert here.init().returncode == 0
    said = messages(here.run("test", "-json", "-verbose").stdout)
    mistakes = [message["diagnostic"] for message in said if message["type"] == "diagnostic"]
    assert not mistakes, json.dumps(mistakes[:5], indent=2)
    [plan] = [message["test_plan"] for message in said if message["type"] == "test_plan"]
    found = {name: {} for name in COMBINATIONS}
    for change in plan["resource_changes"]:
        if change["mode"] == "managed":
            combination, address = re.fullmatch(r'module\.tidings\["([^"]+)"\]\.(.+)', change["address"]).groups()
            found[combination][address] = change["change"]["after"]
    return found


def mocks(copy):
    """The mocks of the module's own tests, for the module in each combination, and known in plans."""
    text = (copy / "tests" / "mocks" / "aws.tfmock.hcl").read_text()
    blocks = re.findall(r"^(?:mock_data|override_resource) .*?^}\n", text, re.MULTILINE | re.DOTALL)
    found = []
    for block in blocks:
        modules = (
            [f'module.tidings["{name}"].' for name in COMBINATIONS] if block.startswith("override_resource") else [""]
        )
        found += [block.replace("target = ", f"target = {module}") for module in modules]
    assert len(found) > len(COMBINATIONS) > 50
    return 'mock_provider "aws" {\n  override_during = plan\n' + "".join(found) + "}\n"


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_the_module_deploys_what_the_template_deploys(template, plans, combination):
    planned = plans[combination]
    evaluated = Template(template, COMBINATIONS[combination], references(planned))
    assert not evaluated.refuses(), "the combination itself"
    expected = {name: comparable(name, properties) for name, properties in evaluated.resources().items()}
    resources, unknown = as_cloudformation(planned)
    found = {name: comparable(name, properties) for name, properties in resources.items()}
    assert len(expected) > 20
    assert not unknown, f"only in terraform/ (tests/terraform/counterparts.py does not know them): {sorted(unknown)}"
    differences = list(compare("", expected, found))
    if differences:
        pytest.fail(
            f"template.yaml and terraform/ differ with {COMBINATIONS[combination]}:\n" + "\n".join(differences),
            pytrace=False,
        )


# Where the code comes from is of no importance here, and tags are another test's. The module names all functions. The AWS
# provider can't add a button to a channel (docs/subscriptions.md).
LEFT_OUT = {"Tags", "CodeUri", "ContentUri", "FunctionName", "CustomizationResourceArns"}
# Lists whose order means nothing, by the property that tells their members apart.
KEYS = {
    "Statement": "Sid",
    "Policies": "PolicyName",
    "Dimensions": "Name",
    "Parameters": "ParameterKey",
    "Metrics": "Id",
    "AttributeDefinitions": "AttributeName",
}
SETS = {"Action", "Resource", "SnsTopicArns", "GuardrailPolicies", "OrganizationalUnitIds", "Regions", "Queues"}


def comparable(key, value):
    """Without what may differ: the order of statements, and a list of one in the place of that one."""
    if key == "DashboardBody" and isinstance(value, str):
        value = json.loads(value)
    match value:
        case dict():
            return {name: comparable(name, inner) for name, inner in value.items() if name not in LEFT_OUT}
        case list() if key in SETS:
            return sorted(value)[0] if len(value) == 1 else sorted(value)
        case list() if key in KEYS:
            by = KEYS[key]
            named = {member.get(by, "only"): comparable("", member) for member in value}
            assert len(named) == len(value), f"two members of {key} have the same {by}"
            return named
        case list():
            return [comparable("", member) for member in value]
    return value


def compare(path, expected, found):
    """Every difference, with the place where it is."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in expected | found:
            yield from compare(f"{path}.{name}" if path else name, expected.get(name), found.get(name))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from compare(f"{path}[{index}]", one, other)
    elif expected != found:
        yield f"- {path}\n    template.yaml: {shown(expected)}\n    terraform/:    {shown(found)}"


def shown(value):
    return "(not there)" if value is None else json.dumps(value)


def test_everything_that_can_be_tagged_is(plans):
    tagged = {
        address: values["tags"] for planned in plans.values() for address, values in planned.items() if "tags" in values
    }
    assert len(tagged) > 30
    for address, tags in tagged.items():
        assert tags.pop("version", "1.2.0") == "1.2.0"
        assert tags == {"app": "tidings"}, address
