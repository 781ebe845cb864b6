"""member.yaml: the role in another account may do what the function may do in its own, and only tidings may assume it."""

import json

import pytest
from cfnlint.decode import decode
from conftest import ROOT


@pytest.fixture(scope="module")
def member():
    template, mistakes = decode(str(ROOT / "member.yaml"))
    assert not mistakes, mistakes
    return template


def plain(value):
    """Without cfn-lint's classes, which know their place in the file."""
    return json.loads(json.dumps(value))


def statements(role):
    [policy] = [policy for policy in role["Properties"]["Policies"] if policy.get("PolicyName") == "sources"]
    found = {}
    for choice in plain(policy["PolicyDocument"]["Statement"]):
        condition, statement, nothing = choice["Fn::If"]
        assert nothing == {"Ref": "AWS::NoValue"}
        found[statement["Sid"]] = (condition, statement["Effect"], statement["Action"])
    return found


def test_the_role_may_do_what_the_function_may_do_at_home(member, template, resources):
    assert statements(member["Resources"]["Reader"]) == statements(resources["NotifierRole"])
    of_sources = {name: test for name, test in plain(template["Conditions"]).items() if name.startswith("Watches")}
    assert len(of_sources) == 11
    assert {name: test for name, test in plain(member["Conditions"]).items() if name.startswith("Watches")} == of_sources


def test_the_same_sources_are_read_by_default_as_at_home(member, template, resources):
    """Whoever deploys member.yaml without a StackSet gives the parameters twice."""
    for name in (name for name in template["Parameters"] if name.startswith("Watch")):
        at_home, there = ({**plain(one["Parameters"][name]), "Description": ""} for one in (template, member))
        assert there == at_home, name
        given = {"ParameterKey": name, "ParameterValue": {"Ref": name}}
        assert given in plain(resources["Members"]["Properties"]["Parameters"])
    assert [name for name in member["Parameters"] if name.startswith("Watch")] == [
        name for name in template["Parameters"] if name.startswith("Watch")
    ]


def test_only_the_function_inside_the_organization_may_assume_it(member):
    [trust] = plain(member["Resources"]["Reader"]["Properties"]["AssumeRolePolicyDocument"]["Statement"])
    assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
    assert trust["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": {"Ref": "HubRoleArn"}},
        "StringEquals": {
            "aws:PrincipalOrgID": {"Ref": "OrganizationId"},
            "sts:ExternalId": {"Fn::If": ["HasExternalId", {"Ref": "ExternalId"}, {"Ref": "AWS::NoValue"}]},
        },
    }
    # The role's name in the hub's policy, in the settings and here.
    assert member["Parameters"]["RoleName"]["Default"] == "tidings-reader"
    assert 'role = "tidings-reader"' in (ROOT / "settings" / "tidings.toml").read_text()


def test_the_stack_set_gives_every_parameter_that_has_no_default(member, template, resources):
    given = {entry["ParameterKey"] for entry in resources["Members"]["Properties"]["Parameters"]}
    parameters = member["Parameters"]
    assert given <= set(parameters)
    assert {name for name, parameter in parameters.items() if "Default" not in parameter} <= given
    assert template["Parameters"]["MemberRoleName"]["Default"] == parameters["RoleName"]["Default"]


def test_events_go_to_the_hub_only(member):
    rule = plain(member["Resources"]["RestoreJobChanged"])
    assert rule["Condition"] == "Forwards"
    assert rule["Properties"]["EventPattern"] == {"source": ["aws.backup"], "detail-type": ["Restore Job State Change"]}
    [target] = rule["Properties"]["Targets"]
    assert target["Arn"] == {"Ref": "HubBusArn"}
    [statement] = plain(member["Resources"]["Forwarder"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"])
    assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", {"Ref": "HubBusArn"})
