"""The stack, deployed by sam as a user deploys it, and the subscribers to its topic."""

import json
import os
import subprocess
from pathlib import Path

import botocore.exceptions
from aws import REGION
from cfnlint.decode import decode

ROOT = Path(__file__).resolve().parents[2]
STACK = "tidings"


def for_the_emulator(built, directory):
    """The template as built, but for the peculiarities of the emulator."""
    template = without_what_the_emulator_lacks(built / "template.yaml")
    # As built, every function names its code. What is not built has it among the Globals.
    code = template["Globals"]["Function"].pop("CodeUri")
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = str((built / resource["Properties"].get("CodeUri", code)).resolve())
    settings = template["Resources"]["Settings"]["Properties"]
    settings["ContentUri"] = str((built / settings["ContentUri"]).resolve())
    path = directory / "template.json"
    path.write_text(json.dumps(template))
    return path


def without_what_the_emulator_lacks(path):
    """A template, but for four peculiarities of the emulator.

    It knows no metric math, no saved queries and no chat channels: tests/template looks at those instead. And it asks for the actions
    sns:PublishBatch and sqs:SendMessageBatch, which AWS does not have: there sns:Publish and sqs:SendMessage allow both
    calls. And `sam delete` does not understand the address that the emulator gives the template of a StackSet.
    """
    template, mistakes = decode(str(path))
    assert not mistakes, mistakes
    resources = template["Resources"]
    left_out = {
        name
        for name, resource in resources.items()
        if "Metrics" in resource.get("Properties", {})
        or resource["Type"] in ("AWS::Logs::QueryDefinition", "AWS::CloudFormation::StackSet")
        or resource["Type"].startswith("AWS::Chatbot::")
    }
    assert left_out == {
        "RedshiftBlind",
        "RedshiftServerlessBlind",
        "BackupBlind",
        "ReplicationBlind",
        "MaintenanceBlind",
        "ExpirationBlind",
        "BackupJobsBlind",
        "BackupCopiesBlind",
        "ExportsBlind",
        "ImportsBlind",
        "TargetsMissing",
        "Members",
        "WarningsQuery",
        "PassesQuery",
        "TargetsQuery",
        "SilenceButton",
        "Slack",
        "Teams",
    }
    del template["Outputs"]["SilenceButtonArn"]
    template["Resources"] = {name: resource for name, resource in resources.items() if name not in left_out}
    policies = {policy.get("PolicyName"): policy for policy in resources["NotifierRole"]["Properties"]["Policies"]}
    statements = policies["state-and-notices"]["PolicyDocument"]["Statement"]
    [notices] = [statement for statement in statements if statement.get("Sid") == "Notices"]
    assert notices["Action"] == "sns:Publish"
    notices["Action"] = ["sns:Publish", "sns:PublishBatch"]
    [of_targets] = [policy for policy in resources["NotifierRole"]["Properties"]["Policies"] if "Fn::If" in policy]
    condition, targets, _ = of_targets["Fn::If"]
    queues = targets["PolicyDocument"]["Statement"][-1]["Fn::If"][1]
    assert (condition, queues["Sid"]) == ("HasTargets", "Queues")
    queues["Action"].append("sqs:SendMessageBatch")
    return template


class Stack:
    """What the tests see of the deployed stack."""

    def __init__(self, emulator, template):
        self.emulator = emulator
        self.template = template
        self.outputs = {}

    def run_sam(self, *arguments):
        """Runs sam against the emulator, in the repository, to whatever end."""
        command = ["sam", *arguments, "--region", REGION]
        environment = {**os.environ, **self.emulator.environment, "SAM_CLI_TELEMETRY": "0"}
        return subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180
        )

    def sam(self, *arguments):
        """Runs sam, which must succeed."""
        run = self.run_sam(*arguments)
        assert run.returncode == 0, (
            f"{' '.join(arguments)}:\n{run.stdout}\n{run.stderr}\n{self.emulator.log.read_text()[-4000:]}"
        )
        return run.stdout

    def deploying(self, parameters):
        """The arguments with which sam deploys the built template with these parameters."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        return [
            "deploy", "--config-file", str(ROOT / "samconfig.toml"), "--template-file", str(self.template), "--stack-name", STACK,
            "--no-confirm-changeset", "--parameter-overrides", *overrides,
        ]  # fmt: skip

    def deploy(self, **parameters):
        """Deploys the built template with these parameters."""
        said = self.sam(*self.deploying(parameters))
        self.read_outputs()
        return said

    def read_outputs(self):
        [stack] = self.emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def fail_to_deploy(self, **parameters):
        """Deploys the built template with parameters that cannot work; every event of the stack, the oldest first."""
        run = self.run_sam(*self.deploying(parameters))
        assert run.returncode != 0, run.stdout
        pages = self.emulator.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=STACK)
        events = [event for page in pages for event in page["StackEvents"]]
        assert events, run.stderr
        return events[::-1]

    def delete(self):
        return self.sam("delete", "--stack-name", STACK, "--no-prompts")

    def resources(self):
        """Physical ids by logical id."""
        listed = self.emulator.client("cloudformation").describe_stack_resources(StackName=STACK)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in listed["StackResources"]
        }

    @property
    def function(self):
        return self.outputs["FunctionName"]

    def role_arn(self, function=None):
        client = self.emulator.client("lambda")
        return client.get_function_configuration(FunctionName=function or self.function)["Role"]

    def may(self, action, resource, function=None):
        """Whether the role of a function may do that; without one, the role of the function that publishes."""
        return self.emulator.may(self.role_arn(function), action, resource)

    def use_settings(self, path):
        """Gives the function a settings file: the emulator does not mount layers."""
        client = self.emulator.client("lambda")
        variables = client.get_function_configuration(FunctionName=self.function)["Environment"]["Variables"]
        environment = {"Variables": {**variables, "TIDINGS_CONFIG": str(path)}}
        client.update_function_configuration(FunctionName=self.function, Environment=environment)

    def invoke(self, event, function=None):
        """The answer of a function to one event; without one, of the function that publishes."""
        client = self.emulator.client("lambda")
        answer = client.invoke(FunctionName=function or self.function, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return payload

    def run_pass(self, *sources):
        """One pass by hand; what the report says of each scope."""
        event = {"command": "pass", **({"sources": list(sources)} if sources else {})}
        scopes = {scope["source"]: scope for scope in self.invoke(event)["scopes"]}
        assert scopes and all(scope["coverage"] != "skipped" for scope in scopes.values()), scopes
        return scopes

    def logs(self):
        """What the function wrote."""
        group = self.outputs["LogGroupName"]
        try:
            pages = self.emulator.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
            return [event["message"].rstrip() for page in pages for event in page["events"]]
        except botocore.exceptions.BotoCoreError as error:
            return [f"cannot be read: {error}"]

    def items(self):
        """The state table by sort key, in plain words."""
        pages = self.emulator.client("dynamodb").get_paginator("scan").paginate(TableName=self.outputs["TableName"])
        return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


class Queue:
    """A queue that is subscribed to the topic, as a subscriber would make it."""

    def __init__(self, emulator, topic_arn, name, filter_policy=None):
        self.sqs = emulator.client("sqs")
        self.url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
                }
            ],
        }
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps(policy)})
        attributes = {"RawMessageDelivery": "true"}
        if filter_policy:
            attributes["FilterPolicy"] = json.dumps(filter_policy)
        emulator.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        self.seen = []

    def notices(self):
        """Every notice so far."""
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                document = json.loads(message["Body"])
                assert (document["specversion"], document["type"]) == ("1.0", "tidings.notices.v1")
                self.seen.extend(document["data"]["notices"])
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.seen

    def told(self, subject, reason):
        """The notices about one subject for one reason."""
        return [notice for notice in self.notices() if (notice["subject"], notice["reason"]) == (subject, reason)]
