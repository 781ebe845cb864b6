"""The page in the dashboard can only read, and the button in a chat channel can only silence."""

import json
import re

import pytest
from conftest import ROOT, choices

NO_VALUE = {"Ref": "AWS::NoValue"}
FUNCTIONS = ["Notifier", "Page", "Silencer"]
# The longest names of regions in any partition, such as us-isof-south-1, and what is longest in the others.
REGIONS = ["ap-southeast-2", "us-isof-south-1", "us-isob-east-1"]


def plain(value):
    """Without cfn-lint's classes, which know their place in the file."""
    return json.loads(json.dumps(value))


def allowed(role):
    """What a role may do: the actions, and on what, by statement. All conditions of the stack hold."""
    found = {}
    for policy in role["Properties"]["Policies"]:
        for choice in choices(policy)[:1]:
            for statement in choice["PolicyDocument"]["Statement"]:
                for one in choices(statement)[:1]:
                    assert one["Effect"] == "Allow" and one["Sid"] not in found
                    actions = one["Action"] if isinstance(one["Action"], list) else [one["Action"]]
                    found[one["Sid"]] = (set(actions), plain(one["Resource"]), plain(one.get("Condition", {})))
    return found


TABLE = {"Fn::GetAtt": ["StateTable", "Arn"]}
THROUGH_DYNAMODB = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}}
KEY = {"Fn::If": ["MakesKey", {"Fn::GetAtt": ["Key", "Arn"]}, {"Ref": "KmsKey"}]}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_the_page_can_read_the_state_and_nothing_else(resources):
    assert allowed(resources["PageRole"]) == {
        "State": ({"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}, TABLE, {}),
        "Logs": (LOGS, {"Fn::GetAtt": ["PageLogs", "Arn"]}, {}),
        "Key": ({"kms:Decrypt"}, KEY, THROUGH_DYNAMODB),
    }


def test_the_button_can_silence_and_nothing_else(resources):
    found = allowed(resources["SilencerRole"])
    keys = found.pop("Key")
    assert keys[1:] == (KEY, THROUGH_DYNAMODB) and {action.split(":")[0] for action in keys[0]} == {"kms"}
    assert found == {
        "State": ({"dynamodb:GetItem", "dynamodb:Scan"}, TABLE, {}),
        # tests/deployment compares them with what the function writes.
        "Silences": (
            {"dynamodb:UpdateItem"},
            TABLE,
            {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["facets", "generation", "pk", "rev", "sk", "v", "writer"]}},
        ),
        "Logs": (LOGS, {"Fn::GetAtt": ["SilencerLogs", "Arn"]}, {}),
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_runs_what_sam_builds_once(resources, template, name):
    """sam builds once for all functions that have the same code and the same metadata."""
    function, first = resources[name], resources[FUNCTIONS[0]]
    assert plain(function["Metadata"]) == plain(first["Metadata"])
    for key in ("CodeUri", "Handler", "Runtime", "Architectures", "MemorySize", "Tags"):
        assert key not in template["Resources"][name]["Properties"], "it is among the Globals"
        assert function["Properties"][key] == first["Properties"][key]
    assert [one for one, resource in resources.items() if resource["Type"] == "AWS::Serverless::Function"] == FUNCTIONS


def test_page_and_button_get_no_queues_and_logs_of_their_own(resources):
    for name in ("Page", "Silencer"):
        properties = resources[name]["Properties"]
        assert set(properties["Environment"]["Variables"]) == {"TIDINGS_TABLE_NAME", "TIDINGS_TOPIC_ARN", "TIDINGS_SOURCES"}
        assert plain(properties["LoggingConfig"]) == {
            "LogGroup": {"Ref": f"{name}Logs"},
            "LogFormat": "JSON",
            "ApplicationLogLevel": {"Ref": "LogLevel"},
            "SystemLogLevel": "INFO",
        }
        assert properties["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}


def test_the_widget_asks_the_page_and_only_when_it_has_to(resources):
    body, _ = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    [widget] = re.findall(r'^ *(\{"type": "custom".*\}),$', body, re.MULTILINE)
    # The page does not depend on the time range, and its layout adapts to the width by itself.
    assert json.loads(widget) == {
        "type": "custom",
        "width": 24,
        "height": 12,
        "properties": {
            "title": "How things stand",
            "endpoint": "${Page.Arn}",
            "updateOn": {"refresh": True, "resize": False, "timeRange": False},
        },
    }
    assert resources["Page"]["Condition"] == resources["Dashboard"]["Condition"] == "HasDashboard"


def test_whoever_looks_at_the_dashboard_needs_the_permission_in_the_guide(template):
    page = (ROOT / "docs" / "deployment.md").read_text()
    [policy] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL) if "InvokeFunction" in block]
    actions = {statement["Sid"]: (statement["Action"], statement["Resource"]) for statement in policy["Statement"]}
    assert actions["Page"] == ("lambda:InvokeFunction", "PAGE_FUNCTION_ARN")
    assert template["Outputs"]["PageFunctionArn"]["Value"] == {"Fn::GetAtt": ["Page", "Arn"]}
    assert all(not action.startswith("lambda:") for sid in actions if sid != "Page" for action in actions[sid][0])


def test_the_button_is_there_only_if_asked_for(template, resources):
    assert template["Parameters"]["SilenceFromChat"]["Default"] == "false"
    assert plain(template["Conditions"]["HasButton"]) == {
        "Fn::And": [{"Condition": "HasChat"}, {"Fn::Equals": [{"Ref": "SilenceFromChat"}, "true"]}]
    }
    of_button = {name for name, resource in resources.items() if resource.get("Condition") == "HasButton"}
    assert of_button == {"Silencer", "SilencerRole", "SilencerLogs", "SilenceButton", "ButtonGuardrail"}
    for name in ("Slack", "Teams"):
        assert plain(resources[name]["Properties"]["CustomizationResourceArns"]) == {
            "Fn::If": ["HasButton", [{"Fn::GetAtt": ["SilenceButton", "CustomActionArn"]}], NO_VALUE]
        }


def test_people_in_the_channel_can_invoke_that_function_alone(resources):
    """Amazon Q Developer does what both the role and a guardrail allow."""
    button = {"Sid": "Button", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": {"Fn::GetAtt": ["Silencer", "Arn"]}}
    assert plain(resources["ButtonGuardrail"]["Properties"]["PolicyDocument"]["Statement"]) == [button]
    graphs, choice = plain(resources["ChatRole"]["Properties"]["Policies"])
    assert graphs["PolicyName"] == "graphs"
    condition, policy, nothing = choice["Fn::If"]
    assert (condition, policy["PolicyDocument"]["Statement"], nothing) == ("HasButton", [button], NO_VALUE)


def test_the_button_is_on_notices_that_have_its_payload(resources):
    [attachment] = plain(resources["SilenceButton"]["Properties"]["Attachments"])
    assert attachment == {
        "ButtonText": "Silence for a day",
        "NotificationType": "Custom",
        "Variables": {"Silence": "event.metadata.additionalContext.silence"},
        "Criteria": [{"VariableName": "Silence", "Operator": "HAS_VALUE"}],
    }
    assert len(attachment["ButtonText"]) <= 50
    assert '("silence", ' in (ROOT / "src" / "publish" / "channel" / "amazon_q.rs").read_text(), "the key of the notice"


@pytest.mark.parametrize("region", REGIONS)
def test_the_command_of_the_button_is_short_enough(resources, region):
    """CreateCustomAction accepts 100 characters. A name that CloudFormation makes up may have 64, which is too long."""
    text, variables = plain(resources["Silencer"]["Properties"]["FunctionName"]["Fn::Sub"])
    assert variables == {"Id": {"Fn::Select": [0, {"Fn::Split": ["-", {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}]}]}}
    function = text.replace("${Id}", "0b1c2d3e")
    command = resources["SilenceButton"]["Properties"]["Definition"]["CommandText"]["Fn::Sub"]
    command = command.replace("${Silencer}", function).replace("${AWS::Region}", region)
    assert command == f"lambda invoke --function-name {function} --payload $Silence --region {region}"
    assert len(command) <= 100
    name = resources["SilenceButton"]["Properties"]["ActionName"]["Fn::Sub"]
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name.replace("${Silencer}", function).replace("${AWS::Region}", region))


def test_the_module_for_terraform_has_the_same_limit():
    command = re.search(r'CommandText = "(.+)"', (ROOT / "terraform" / "button.tf").read_text())[1]
    function = re.search(r'function_name     = "\$\{var\.name\}(-\w+)"', (ROOT / "terraform" / "button.tf").read_text())[1]
    longest = re.search(r"length\(var\.name\) < (\d+)", (ROOT / "terraform" / "variables.tf").read_text())[1]
    name = "n" * (int(longest) - 1) + function
    command = command.replace("${aws_lambda_function.silencer[0].function_name}", name)
    assert max(len(command.replace("${local.region}", region)) for region in REGIONS) == 100
