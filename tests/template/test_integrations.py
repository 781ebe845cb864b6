"""The templates of integrations/: what they read, where they may send it, and what becomes of what could not be sent.

tests/deployment/test_incidents.py runs the state machine of incidents.yaml.
"""

import json
import re

import pytest
from cfnlint.decode import decode
from conftest import ROOT, choices

FILES = sorted(path.name for path in (ROOT / "integrations").iterdir())
each_file = pytest.mark.parametrize("file", FILES)


def plain(value):
    """Without cfn-lint's classes, which know their place in the file."""
    return json.loads(json.dumps(value))


def decoded(file):
    template, mistakes = decode(str(ROOT / "integrations" / file))
    assert not mistakes, mistakes
    return plain(template)


def statements(document):
    found = {}
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        found[statement["Sid"]] = (set(actions), statement["Resource"], statement.get("Condition"))
    return found


def arn(name, attribute="Arn"):
    return {"Fn::GetAtt": [name, attribute]}


READS = ({"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, arn("Messages"), None)


def test_every_file_is_known():
    assert FILES == ["incidents.yaml", "webhook.yaml"]
    page = (ROOT / "docs" / "incidents.md").read_text()
    assert all(f"integrations/{file}" in page for file in FILES)


@each_file
def test_messages_come_from_the_topic_alone_and_as_they_are(file):
    resources = decoded(file)["Resources"]
    subscription = resources["Subscription"]
    assert subscription["DependsOn"] == "QueuePolicy"
    assert (subscription["Properties"]["Protocol"], subscription["Properties"]["RawMessageDelivery"]) == ("sqs", True)
    assert subscription["Properties"]["Endpoint"] == arn("Messages")
    document = resources["QueuePolicy"]["Properties"]["PolicyDocument"]
    assert statements(document)["Topic"] == (
        {"sqs:SendMessage"}, arn("Messages"), {"ArnEquals": {"aws:SourceArn": {"Ref": "TopicArn"}}},
    )  # fmt: skip
    deny, allow = document["Statement"]
    assert (deny["Effect"], deny["Action"], deny["Condition"]) == ("Deny", "sqs:*", {"Bool": {"aws:SecureTransport": "false"}})
    assert allow["Principal"] == {"Service": "sns.amazonaws.com"}


def test_the_filter_policies_use_attributes_that_messages_have():
    webhook = decoded("webhook.yaml")["Resources"]["Subscription"]["Properties"]["FilterPolicy"]
    assert webhook == {"severity": {"Ref": "Severities"}, "sources": {"Fn::If": ["HasSources", {"Ref": "Sources"}, {"Ref": "AWS::NoValue"}]}}
    # By severity, the end of an incident would be left out: it is an info.
    incidents = decoded("incidents.yaml")["Resources"]["Subscription"]["Properties"]["FilterPolicy"]
    assert choices(incidents) == [{"sources": {"Ref": "Sources"}}]
    attributes = re.findall(r"^\| `(\w+)` \| String", (ROOT / "docs" / "subscriptions.md").read_text(), re.MULTILINE)
    assert {"severity", "sources"} <= set(attributes)


def piped(template, record):
    """What a pipe makes of a message of a queue: it parses the body, and replaces <$.path> in the template."""
    event = {**record, "body": json.loads(record["body"])}

    def value(match):
        found = event
        for key in match[1].split("."):
            found = found[key]
        return json.dumps(found)

    return json.loads(re.sub(r"<\$\.([\w.]+)>", value, template))


@each_file
def test_the_pipe_sends_the_message_without_what_sqs_adds(file):
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html"""
    pipe = decoded(file)["Resources"]["Pipe"]["Properties"]
    # More than one at a time is not possible with an API destination, and one execution is for one message.
    assert pipe["SourceParameters"] == {"SqsQueueParameters": {"BatchSize": 1}}
    event = {"specversion": "1.0", "type": "tidings.notices.v1", "data": {"notices": [{"title": 'a "quoted" title'}]}}
    record = {**json.loads((ROOT / "events" / "target-messages.json").read_text())["Records"][0], "body": json.dumps(event)}
    assert piped(pipe["TargetParameters"]["InputTemplate"], record) == event


def test_the_webhook_may_reach_one_address():
    resources = decoded("webhook.yaml")["Resources"]
    [policy] = resources["PipeRole"]["Properties"]["Policies"]
    assert statements(policy["PolicyDocument"]) == {
        "Messages": READS,
        "Destination": ({"events:InvokeApiDestination"}, arn("Destination"), None),
    }
    destination = resources["Destination"]["Properties"]
    assert (destination["InvocationEndpoint"], destination["HttpMethod"]) == ({"Ref": "Url"}, "POST")
    assert resources["Pipe"]["Properties"]["Target"] == arn("Destination")


def test_the_dispatcher_may_reach_one_address():
    resources = decoded("incidents.yaml")["Resources"]
    [policy] = resources["PipeRole"]["Properties"]["Policies"]
    assert statements(policy["PolicyDocument"]) == {
        "Messages": READS,
        "Dispatcher": ({"states:StartExecution"}, {"Ref": "Dispatcher"}, None),
    }
    assert "Policies" not in resources["DispatcherRole"]["Properties"]
    dispatcher = resources["DispatcherPolicy"]["Properties"]
    assert dispatcher["RoleName"] == {"Ref": "DispatcherRole"}
    assert statements(dispatcher["PolicyDocument"]) == {
        "Requests": (
            {"states:InvokeHTTPEndpoint"},
            {"Ref": "Dispatcher"},
            {"StringEquals": {"states:HTTPEndpoint": {"Ref": "Url"}, "states:HTTPMethod": "POST"}},
        ),
        "Connection": ({"events:RetrieveConnectionCredentials"}, arn("Connection"), None),
        "Key": ({"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}, arn("Connection", "SecretArn"), None),
        "NotSent": ({"sqs:SendMessage"}, arn("DeadLetters"), None),
    }
    # Nothing starts before the permissions are there.
    assert resources["Pipe"]["DependsOn"] == "DispatcherPolicy"


@each_file
def test_roles_are_bounded_and_trust_one_service_of_this_account(file):
    roles = {name: one["Properties"] for name, one in decoded(file)["Resources"].items() if one["Type"] == "AWS::IAM::Role"}
    trusted = {}
    for name, role in roles.items():
        [trust] = role["AssumeRolePolicyDocument"]["Statement"]
        trusted[name] = trust["Principal"]["Service"]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert role["PermissionsBoundary"]["Fn::If"][0] == "HasBoundary"
    dispatcher = {"DispatcherRole": "states.amazonaws.com"} if file == "incidents.yaml" else {}
    assert trusted == {"PipeRole": "pipes.amazonaws.com", **dispatcher}


@each_file
def test_the_key_is_only_in_secrets(file):
    """Not in a parameter, where whoever may see the stack could read it."""
    template = decoded(file)
    secret = {"Fn::Sub": "{{resolve:secretsmanager:${KeySecretArn}}}"}
    auth = template["Resources"]["Connection"]["Properties"]["AuthParameters"]
    if file == "webhook.yaml":
        assert auth["ApiKeyAuthParameters"] == {"ApiKeyName": {"Ref": "HeaderName"}, "ApiKeyValue": secret}
    else:
        [added, _] = auth["InvocationHttpParameters"]["Fn::If"][1:]
        [body] = choices(added["BodyParameters"])
        [query] = choices(added["QueryStringParameters"])
        assert body == [{"Key": "routing_key", "Value": secret, "IsValueSecret": True}]
        assert query == [{"Key": "token", "Value": secret, "IsValueSecret": True}]
    text = (ROOT / "integrations" / file).read_text()
    assert text.count("{{resolve:") == {"webhook.yaml": 1, "incidents.yaml": 2}[file] and "NoEcho" not in text


@each_file
def test_what_could_not_be_sent_is_kept_and_alarms(file):
    resources = decoded(file)["Resources"]
    messages = resources["Messages"]["Properties"]
    assert messages["RedrivePolicy"]["deadLetterTargetArn"] == arn("DeadLetters")
    # What waits must not expire before it counts as dead.
    patience = messages["VisibilityTimeout"] * messages["RedrivePolicy"]["maxReceiveCount"]
    assert 600 <= patience < messages["MessageRetentionPeriod"]
    assert resources["DeadLetters"]["Properties"]["MessageRetentionPeriod"] == 1209600
    alarm = resources["DeadLettersWaiting"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": arn("DeadLetters", "QueueName")}]
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")
    for queue in ("Messages", "DeadLetters"):
        assert resources[queue]["Properties"]["SqsManagedSseEnabled"] is True


@each_file
def test_every_parameter_and_waiver_says_why(file):
    template = decoded(file)
    assert all(one["Description"] for one in template["Parameters"].values())
    waivers = [
        waiver
        for resource in template["Resources"].values()
        for waiver in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert waivers and all(len(waiver["comment"]) > 40 for waiver in waivers)


@pytest.mark.parametrize(
    ("file", "parameter", "value", "accepted"),
    [
        ("webhook.yaml", "Url", "https://hooks.example.com/a?b=c", True),
        ("webhook.yaml", "Url", "http://hooks.example.com/", False),
        # A permission names the address, where these would stand for anything.
        ("incidents.yaml", "Url", "https://tool.example.com/*", False),
        ("incidents.yaml", "Url", "https://events.pagerduty.com/v2/enqueue", True),
        ("webhook.yaml", "KeySecretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:tidings/key-a1b2c3", True),
        ("webhook.yaml", "KeySecretArn", "", False),
        ("incidents.yaml", "KeySecretArn", "", True),
        ("incidents.yaml", "TriggerSeverities", "info", False),
        ("incidents.yaml", "TriggerSeverities", "warning", True),
    ],
)
def test_parameter_patterns(file, parameter, value, accepted):
    assert bool(re.search(decoded(file)["Parameters"][parameter]["AllowedPattern"], value)) == accepted
