"""AWS Organizations, STS and SQS: the accounts, the roles in them, and the queues that carry the work."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from conftest import without_metadata

HUB = "123456789012"
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=timezone.utc)
ROOT = "r-ab12"


def account(id, name, state="ACTIVE"):
    return {
        "Id": id,
        "Arn": f"arn:aws:organizations::{HUB}:account/o-sim/{id}",
        "Email": f"{id}@example.com",
        "Name": name,
        "State": state,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": datetime.fromtimestamp(1_700_000_000, timezone.utc),
    }


TEAMS = [account(f"20000000000{number}", f"team-{number}") for number in (1, 2, 3)]


def refusal(call, **parameters):
    """The code, the message and the status of a refused call."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


# --- Organizations ---


def test_the_accounts_are_listed_with_every_field(organization):
    organization.at(member={"name": "team-3", "state": "SUSPENDED"})
    client = organization.client("organizations")
    suspended = {**TEAMS[2], "State": "SUSPENDED"}
    assert without_metadata(client.list_accounts()) == {"Accounts": [account(HUB, "hub"), *TEAMS[:2], suspended]}


def test_boto3_follows_the_pages(organization):
    organization.at(world={"accounts": 45})
    client = organization.client("organizations")
    pages = list(client.get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [20, 20, 6]
    ids = [account["Id"] for page in pages for account in page["Accounts"]]
    assert ids == sorted(set(ids)) and len(ids) == 46
    assert client.list_accounts(MaxResults=2)["NextToken"]
    code, _, status = refusal(client.list_accounts, NextToken="made up")
    assert (code, status) == ("InvalidInputException", 400)


def test_the_units_are_walked_from_the_root(organization):
    organization.at(member={"name": "team-1", "unit": "ou-ab12-11111111"})
    organization.at(member={"name": "team-2", "unit": "ou-ab12-22222222"})
    client = organization.client("organizations")
    [root] = client.list_roots()["Roots"]
    assert root == {"Id": ROOT, "Name": "Root", "Arn": f"arn:aws:organizations::{HUB}:root/o-sim/{ROOT}"}
    units = client.list_organizational_units_for_parent(ParentId=ROOT)["OrganizationalUnits"]
    assert [unit["Id"] for unit in units] == ["ou-ab12-11111111", "ou-ab12-22222222"]
    assert client.list_organizational_units_for_parent(ParentId=units[0]["Id"])["OrganizationalUnits"] == []
    assert client.list_accounts_for_parent(ParentId=units[0]["Id"])["Accounts"] == [TEAMS[0]]
    assert client.list_accounts_for_parent(ParentId=ROOT)["Accounts"] == [account(HUB, "hub"), TEAMS[2]]


def test_tags_come_back(organization):
    organization.at(member={"name": "team-1", "tags": {"environment": "prod", "team": "data"}})
    client = organization.client("organizations")
    tags = client.list_tags_for_resource(ResourceId=TEAMS[0]["Id"])["Tags"]
    assert tags == [{"Key": "environment", "Value": "prod"}, {"Key": "team", "Value": "data"}]
    assert client.list_tags_for_resource(ResourceId=TEAMS[1]["Id"])["Tags"] == []


def test_what_organizations_refuses(simulator, organization):
    alone = simulator.client("organizations")
    with pytest.raises(alone.exceptions.AWSOrganizationsNotInUseException):
        alone.list_accounts()
    client = organization.client("organizations")
    for call in (client.list_accounts_for_parent, client.list_organizational_units_for_parent):
        with pytest.raises(client.exceptions.ParentNotFoundException):
            call(ParentId="ou-ab12-99999999")
    with pytest.raises(client.exceptions.TargetNotFoundException):
        client.list_tags_for_resource(ResourceId="999999999999")


# --- STS ---


def assume(simulator, account, role="tidings-reader", **more):
    arn = f"arn:aws:iam::{account}:role/{role}"
    return simulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="tidings", **more)


def test_a_role_is_assumed_and_its_calls_are_about_its_account(organization):
    organization.set_clock(NOW.isoformat())
    assert without_metadata(organization.client("sts").get_caller_identity()) == {
        "UserId": "AROASIMULATED:tidings",
        "Account": HUB,
        "Arn": f"arn:aws:sts::{HUB}:assumed-role/tidings/tidings",
    }
    answer = without_metadata(assume(organization, TEAMS[1]["Id"], DurationSeconds=900))
    credentials = answer.pop("Credentials")
    arn = f"arn:aws:sts::{TEAMS[1]['Id']}:assumed-role/tidings-reader/tidings"
    assert answer == {"AssumedRoleUser": {"AssumedRoleId": "AROASIMULATED:tidings", "Arn": arn}}
    assert credentials["Expiration"] == NOW + timedelta(minutes=15)
    assert set(credentials) == {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    identity = organization.client("sts", credentials=credentials).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (TEAMS[1]["Id"], arn)

    organization.at(account="team-2", backup={"id": "b-1", "status": "RUNNING"})
    [job] = organization.client("backup", credentials=credentials).list_restore_jobs()["RestoreJobs"]
    assert (job["AccountId"], job["RestoreJobId"]) == (TEAMS[1]["Id"], "b-1")
    assert organization.client("backup").list_restore_jobs()["RestoreJobs"] == []
    other = assume(organization, TEAMS[0]["Id"])["Credentials"]
    assert organization.client("backup", credentials=other).list_restore_jobs()["RestoreJobs"] == []


@pytest.mark.parametrize(
    ("account", "role"),
    [("200000000009", "tidings-reader"), ("200000000001", "admin"), ("200000000003", "tidings-reader"), (HUB, "tidings-reader")],
    ids=["no such account", "no such role", "a role that is gone", "the account itself"],
)
def test_a_role_that_cannot_be_assumed(organization, account, role):
    organization.at(member={"name": "team-3", "role": False})
    code, message, status = refusal(lambda: assume(organization, account, role))
    assert (code, status) == ("AccessDenied", 403)
    who, resource = f"arn:aws:sts::{HUB}:assumed-role/tidings/tidings", f"arn:aws:iam::{account}:role/{role}"
    assert message == f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {resource}"


def test_an_external_id_has_to_be_right(organization):
    organization.at(member={"name": "team-1", "external_id": "tidings-4711"})
    for given in ({}, {"ExternalId": "tidings-4712"}):
        code, _, status = refusal(lambda: assume(organization, TEAMS[0]["Id"], **given))  # noqa: B023
        assert (code, status) == ("AccessDenied", 403)
    assert assume(organization, TEAMS[0]["Id"], ExternalId="tidings-4711")["Credentials"]
    assert assume(organization, TEAMS[1]["Id"], ExternalId="tidings-4711")["Credentials"], "nobody demands one there"


@pytest.mark.parametrize(
    ("service", "call", "parameters", "code"),
    [
        ("sts", "get_caller_identity", {}, "ExpiredToken"),
        ("redshift", "describe_table_restore_status", {}, "ExpiredToken"),
        ("redshift-serverless", "list_table_restore_status", {}, "ExpiredTokenException"),
        ("backup", "list_restore_jobs", {}, "ExpiredTokenException"),
        ("s3tables", "list_table_buckets", {}, "ExpiredTokenException"),
        ("dynamodb", "list_exports", {}, "ExpiredTokenException"),
        ("dynamodb", "list_imports", {}, "ExpiredTokenException"),
    ],
)
def test_credentials_expire(organization, service, call, parameters, code):
    organization.set_clock(NOW.isoformat())
    credentials = assume(organization, TEAMS[0]["Id"])["Credentials"]
    client = organization.client(service, credentials=credentials)
    assert getattr(client, call)(**parameters)
    organization.control("PUT", "clock", {"advance": "59m 59s"})
    assert getattr(client, call)(**parameters)
    organization.control("PUT", "clock", {"advance": "1s"})
    found, message, status = refusal(getattr(client, call), **parameters)
    assert (found, status) == (code, 403)
    assert message == "The security token included in the request is expired"


# --- SQS ---


@pytest.fixture
def queue(simulator):
    return simulator.client("sqs").create_queue(QueueName="targets")["QueueUrl"]


def waiting(simulator):
    return simulator.control("GET", "queues")["queues"]


def test_a_queue_is_created_once(simulator, queue):
    assert queue == f"https://sqs.eu-central-1.amazonaws.com/{HUB}/targets"
    assert simulator.client("sqs").create_queue(QueueName="targets")["QueueUrl"] == queue
    assert waiting(simulator) == {queue: []}


def test_a_batch_waits_in_its_queue(simulator, queue):
    simulator.set_clock(NOW.isoformat())
    bodies = [json.dumps({"account": f"20000000000{number}"}) for number in range(10)]
    entries = [{"Id": f"m-{number}", "MessageBody": body, "MessageGroupId": "g"} for number, body in enumerate(bodies)]
    answer = without_metadata(simulator.client("sqs").send_message_batch(QueueUrl=queue, Entries=entries))
    assert answer["Failed"] == []
    assert [sent["Id"] for sent in answer["Successful"]] == [entry["Id"] for entry in entries]
    ids = [sent["MessageId"] for sent in answer["Successful"]]
    assert len(set(ids)) == 10
    found = waiting(simulator)[queue]
    assert [message["body"] for message in found] == bodies
    assert [message["message_id"] for message in found] == ids
    assert {(message["group"], message["sent_at"]) for message in found} == {("g", "2026-03-02T06:00:00Z")}
    assert simulator.control("DELETE", "queues")["queues"] == {queue: []}


def test_what_sqs_refuses(simulator, queue):
    """With the codes that SQS had before it spoke JSON. boto3 shows those, and raises the exceptions of its model."""
    sqs = simulator.client("sqs")
    entry = {"Id": "m-1", "MessageBody": "x"}
    long = {"Id": "m-1", "MessageBody": "x" * 1_048_577}
    many = [{"Id": f"m-{number}", "MessageBody": "x"} for number in range(11)]
    cases = [
        (queue + "-gone", [entry], sqs.exceptions.QueueDoesNotExist, "NonExistentQueue"),
        (queue, [], sqs.exceptions.EmptyBatchRequest, "EmptyBatchRequest"),
        (queue, many, sqs.exceptions.TooManyEntriesInBatchRequest, "TooManyEntriesInBatchRequest"),
        (queue, [long], sqs.exceptions.BatchRequestTooLong, "BatchRequestTooLong"),
    ]
    for url, entries, exception, code in cases:
        with pytest.raises(exception) as raised:
            sqs.send_message_batch(QueueUrl=url, Entries=entries)
        error = raised.value.response
        assert error["Error"]["Code"] == f"AWS.SimpleQueueService.{code}"
        assert error["Error"]["Message"] and error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert waiting(simulator) == {queue: []}
