"""Many targets, deployed: a role in each of several accounts, queues with event source mappings, and dead letters.

Each account has the role of member.yaml. The emulator decides who may assume it, by the policy of the function's role and by
the trust policy of member.yaml, with the organization that the caller is in. It differs from AWS in three ways:

- It compares `aws:PrincipalArn` with the ARN of a role's session, where AWS takes the ARN of the role. So the trust policy gets
  the session's ARN as well. tests/template looks at the condition as it is written.
- It does not know `aws:ResourceOrgID`, which the policy of the function's role demands if the stack has an OrganizationId. So
  this stack has none.
- It does not know the region in a condition, with which member.yaml creates the role in one region only. So that is always true
  here.

The tests follow one another: each takes the stack as the one before left it.
"""

import json
from contextlib import ExitStack
from types import SimpleNamespace

import botocore.exceptions
import pytest
from aws import ACCOUNT, REGION, emulator, simulator
from cfnlint.decode import decode
from conftest import ARCHITECTURE, BUILT, TIDINGS
from gateway import Gateway
from processes import eventually, free_port
from stack import ROOT, Queue, Stack, for_the_emulator

# As the simulator numbers them.
FIRST, SECOND, STRANGER = "200000000001", "200000000002", "200000000003"
EXTERNAL_ID = "tidings-4711"
SETTINGS = f"""
[targets]
accounts = ["{FIRST}", {{ id = "{SECOND}", name = "prod-data" }}, "{STRANGER}"]
external_id = "{EXTERNAL_ID}"
"""
# The same for the stack and for member.yaml.
WATCHED = {
    "WatchRedshift": "false",
    "WatchRedshiftServerless": "false",
    "WatchS3TablesReplication": "false",
    "WatchS3TablesMaintenance": "false",
}
# Ticks out of the way: they are sent by hand.
PARAMETERS = {"Architecture": ARCHITECTURE, "PeriodMinutes": "60", "Targets": "many", **WATCHED}


@pytest.fixture(scope="module")
def organization(tmp_path_factory):
    """The stack in the hub, and the role in three accounts: of which one says that it belongs to another organization."""
    directory = tmp_path_factory.mktemp("targets")
    with ExitStack() as at_the_end:
        world = at_the_end.enter_context(simulator(TIDINGS, directory / "simulator"))
        world.at(world={"accounts": 3})
        world.at(account="team-*", backup={"id": "t-1", "resource_type": "RDS", "status": "RUNNING"})
        port = free_port()
        gateway = Gateway(world.endpoint, f"http://127.0.0.1:{port}")
        at_the_end.callback(gateway.close)
        aws = at_the_end.enter_context(emulator(port, gateway.endpoint, directory / "emulator"))
        stack = Stack(aws, for_the_emulator(BUILT, directory))
        gateway.may = lambda action, resource, role: aws.may(role or stack.role_arn(), action, resource)
        stack.deploy(**PARAMETERS)
        settings = directory / "targets.toml"
        settings.write_text(SETTINGS)
        stack.use_settings(settings)
        id = aws.client("organizations").describe_organization()["Organization"]["Id"]
        members = Members(aws, stack.role_arn(), id)
        members.deploy(FIRST)
        members.deploy(SECOND, ExternalId=EXTERNAL_ID)
        members.deploy(STRANGER, OrganizationId="o-another0000")
        notices = Queue(aws, stack.outputs["TopicArn"], "everything")
        yield SimpleNamespace(world=world, gateway=gateway, aws=aws, stack=stack, members=members, notices=notices)


class Members:
    """The accounts, each with a stack of member.yaml."""

    def __init__(self, emulator, hub_role, organization):
        self.emulator = emulator
        self.hub_role = hub_role
        self.organization = organization
        template, mistakes = decode(str(ROOT / "member.yaml"))
        assert not mistakes
        [trust] = template["Resources"]["Reader"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        sessions = f"arn:aws:sts::{ACCOUNT}:assumed-role/{hub_role.rsplit('/')[-1]}/*"
        principal = trust["Condition"]["ArnEquals"]
        principal["aws:PrincipalArn"] = [principal["aws:PrincipalArn"], sessions]
        assert template["Conditions"]["MakesRole"] == {"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "RoleRegion"}]}
        template["Conditions"]["MakesRole"] = {"Fn::Equals": [REGION, {"Ref": "RoleRegion"}]}
        self.template = json.dumps(template)

    def deploy(self, account, **parameters):
        """Deploys member.yaml to an account, or changes its parameters."""
        given = {"HubRoleArn": self.hub_role, "OrganizationId": self.organization, "RoleRegion": REGION, **WATCHED, **parameters}
        client = self.emulator.client("cloudformation", account=account)
        request = {
            "StackName": "tidings-member",
            "TemplateBody": self.template,
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        exists = [stack for stack in client.list_stacks()["StackSummaries"] if stack["StackName"] == "tidings-member"]
        (client.update_stack if exists else client.create_stack)(**request)

        def status():
            [stack] = client.describe_stacks(StackName="tidings-member")["Stacks"]
            return stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")

        eventually(f"the role in {account}", status)

    def assume(self, account, role="tidings-reader", by=None, **more):
        """A session of a role in an account. `by`: a session that asks; without one, the function's role."""
        by = by or self.of_the_function()
        arn = f"arn:aws:iam::{account}:role/{role}"
        return self.emulator.client("sts", session=by).assume_role(RoleArn=arn, RoleSessionName="test", **more)

    def of_the_function(self):
        """A session of the function's role. Where AWS gives it only to Lambda, the emulator gives it to the root as well."""
        return self.emulator.client("sts").assume_role(RoleArn=self.hub_role, RoleSessionName="function")


def refused(session):
    """Whether a call is refused by IAM."""
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        session()
    error = raised.value.response["Error"]
    return error["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError") and "not authorized" in error["Message"]


def role_that_trusts_the_hub(organization, account, name):
    """A role that anybody in the hub may assume, and that may do everything."""
    iam = organization.aws.client("iam", account=account)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(everything))


def test_the_function_and_nobody_else_may_assume_the_role(organization):
    members = organization.members
    for account in (FIRST, SECOND):
        session = members.assume(account, ExternalId=EXTERNAL_ID)
        assert session["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/tidings-reader/test"
        identity = organization.aws.client("sts", session=session).get_caller_identity()
        assert identity["Account"] == account
    # Another role of the hub, with all permissions there are.
    role_that_trusts_the_hub(organization, ACCOUNT, "operator")
    operator = members.assume(ACCOUNT, "operator", by={"Credentials": {"AccessKeyId": ACCOUNT, "SecretAccessKey": "test"}})
    assert refused(lambda: members.assume(FIRST, by=operator))
    # Another account, as its root.
    root = {"Credentials": {"AccessKeyId": SECOND, "SecretAccessKey": "test"}}
    assert refused(lambda: members.assume(FIRST, by=root))


def test_the_function_may_assume_no_other_role(organization):
    """A role that trusts the hub is not enough: the policy of the function's role names the one in member.yaml."""
    role_that_trusts_the_hub(organization, FIRST, "admin")
    assert refused(lambda: organization.members.assume(FIRST, "admin"))
    operator = {"Credentials": {"AccessKeyId": ACCOUNT, "SecretAccessKey": "test"}}
    assert organization.members.assume(FIRST, "admin", by=operator), "the hub could assume it otherwise"


def test_the_wrong_organization_is_refused(organization):
    members = organization.members
    assert refused(lambda: members.assume(STRANGER, ExternalId=EXTERNAL_ID))
    members.deploy(STRANGER)
    assert members.assume(STRANGER), "the organization was the only reason"
    members.deploy(STRANGER, OrganizationId="o-another0000")
    assert refused(lambda: members.assume(STRANGER))


def test_the_wrong_external_id_is_refused(organization):
    members = organization.members
    assert refused(lambda: members.assume(SECOND))
    assert refused(lambda: members.assume(SECOND, ExternalId="tidings-4712"))
    assert members.assume(SECOND, ExternalId=EXTERNAL_ID)


def test_the_role_may_read_restore_jobs_and_do_nothing_else(organization):
    arn = f"arn:aws:iam::{FIRST}:role/tidings-reader"
    assert organization.aws.may(arn, "backup:ListRestoreJobs", "*")
    assert organization.aws.may(arn, "backup:DescribeRestoreJob", "*")
    assert not organization.aws.may(arn, "redshift:DescribeTableRestoreStatus", "*"), "its source is switched off"
    session = organization.members.assume(FIRST)

    def client(service):
        return organization.aws.client(service, session=session)

    calls = [
        lambda: client("backup").list_backup_vaults(),
        lambda: client("backup").delete_backup_vault(BackupVaultName="main"),
        lambda: client("dynamodb").list_tables(),
        lambda: client("sqs").list_queues(),
        lambda: client("sns").list_topics(),
        lambda: client("lambda").list_functions(),
        lambda: client("iam").list_roles(),
        lambda: client("sts").assume_role(RoleArn=f"arn:aws:iam::{SECOND}:role/tidings-reader", RoleSessionName="on"),
    ]
    for number, call in enumerate(calls):
        assert refused(call), f"call {number}"


def send_tick(organization):
    """A tick by hand."""
    event = json.loads((ROOT / "events" / "scheduler.json").read_text())
    assert organization.stack.invoke(event)["dispatched"] == 3


def tick(organization):
    """A tick by hand, and all passes over targets that it asks for."""
    send_tick(organization)
    eventually("the queue worked off", lambda: is_empty(organization, "TargetQueue"), timeout=60)


def is_empty(organization, queue):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = organization.stack.resources()[queue]
    found = organization.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return all(int(found["Attributes"][name]) == 0 for name in names)


def told(organization, reason):
    """The accounts of the notices for one reason."""
    return {notice["account"] for notice in organization.notices.notices() if notice["reason"] == reason}


def test_a_tick_goes_through_the_queues_to_every_account(organization):
    """One message for each target; the event source mappings give them to the function; deliveries tell. The account of the
    other organization delays nobody."""
    tick(organization)
    eventually("a baseline of both accounts", lambda: told(organization, "baseline") == {FIRST, SECOND}, timeout=60)
    organization.world.at(account="team-2", backup={"id": "t-1", "status": "FAILED", "message": "no capacity"})
    tick(organization)
    [failed] = eventually("the failure", lambda: organization.notices.told("t-1", "failed"), timeout=60)
    assert (failed["account"], failed["attributes"]["account_name"]) == (SECOND, "prod-data")
    asked = {call["account"] for call in organization.world.calls() if call["operation"] == "ListRestoreJobs"}
    assert asked == {FIRST, SECOND}, "in their accounts, and not in the hub"
    log = "\n".join(organization.stack.logs())
    denied = f"sts:AssumeRole on resource: arn:aws:iam::{STRANGER}:role/tidings-reader"
    assert denied in log, "the third account is reported"
    assert not organization.gateway.denied


def test_the_metrics_say_how_many_scopes_are_missing(organization):
    lines = [json.loads(line) for line in organization.stack.logs() if line.startswith("{") and '"_aws"' in line]
    ticks = {}
    for line in lines:
        sums = ticks.setdefault(line["_aws"]["Timestamp"], {"ScopesExpected": 0, "ScopesCompleted": 0})
        for name in sums:
            sums[name] += line.get(name, 0)
    of_ticks = [sums for sums in ticks.values() if sums["ScopesExpected"]]
    assert of_ticks == [{"ScopesExpected": 3, "ScopesCompleted": 2}] * 2, "at the times of the ticks"
    assert not any(FIRST in json.dumps(line) for line in lines), "no account in a metric"


def test_an_account_whose_role_lacks_a_permission_is_told_with_the_action(organization):
    iam = organization.aws.client("iam", account=SECOND)
    name = {"RoleName": "tidings-reader", "PolicyName": "sources"}
    whole = iam.get_role_policy(**name)["PolicyDocument"]
    rest = {**whole, "Statement": [{"Sid": "Nothing", "Effect": "Deny", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(**name, PolicyDocument=json.dumps(rest))
    for _ in range(3):
        tick(organization)

    def unreachable():
        return [notice for notice in organization.notices.notices() if notice["reason"] == "unreachable"]

    [notice] = eventually("the account is told", unreachable, timeout=60)
    assert (notice["account"], notice["source"]) == (SECOND, "backup")
    assert notice["attributes"]["missing_action"] == "backup:ListRestoreJobs"
    assert set(organization.gateway.denied) == {"backup:ListRestoreJobs"}
    iam.put_role_policy(**name, PolicyDocument=json.dumps(whole))
    tick(organization)
    eventually("the account is told again", lambda: told(organization, "reachable") == {SECOND}, timeout=60)


@pytest.mark.parametrize(
    ("queue", "schema", "attempts"), [("TargetQueue", "tidings.target.v9", 2), ("DeliveryQueue", "tidings.delivery.v9", 5)]
)
def test_a_message_that_always_fails_lands_among_the_dead_letters(organization, queue, schema, attempts):
    """After as many attempts as the template allows, and alone: the messages beside it are worked off. A failed message is
    invisible for a period, an hour here. That is shortened."""
    sqs, url = organization.aws.client("sqs"), organization.stack.resources()[queue]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert int(json.loads(attributes["RedrivePolicy"])["maxReceiveCount"]) == attempts
    assert attributes["VisibilityTimeout"] == "3600"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "3"})
    body = json.dumps({"schema": schema})
    id = sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"]
    organization.world.at(account="team-1", backup={"id": f"for-{queue}", "resource_type": "RDS", "status": "FAILED"})
    send_tick(organization)
    eventually("the news beside it", lambda: organization.notices.told(f"for-{queue}", "failed"), timeout=60)
    letters = organization.stack.outputs["DeadLettersUrl"]

    def received():
        return sqs.receive_message(QueueUrl=letters, MaxNumberOfMessages=10).get("Messages")

    [letter] = eventually("the message among the dead letters", received, timeout=90)
    assert (letter["MessageId"], letter["Body"]) == (id, body)
    sqs.delete_message(QueueUrl=letters, ReceiptHandle=letter["ReceiptHandle"])
    eventually("nothing is left", lambda: is_empty(organization, queue))
    refusals = [line for line in organization.stack.logs() if f"message {id} is refused" in line]
    assert len(refusals) == attempts
    assert f'the schema \\"{schema}\\" is not known' in refusals[0]
