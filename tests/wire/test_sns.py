"""Amazon SNS and STS."""

import json

import pytest

COPIES = {"default": "machine", "email": "Dear all"}


@pytest.fixture
def topic(simulator):
    return simulator.settings["TIDINGS_TOPIC_ARN"]


def test_a_topic_is_created_once_and_the_simulators_own_exists(simulator, topic):
    sns = simulator.client("sns", region="us-east-1")
    assert sns.create_topic(Name="news")["TopicArn"] == topic
    assert topic == "arn:aws:sns:us-east-1:123456789012:news"
    other = simulator.client("sns").create_topic(Name="news")["TopicArn"]
    assert other == "arn:aws:sns:eu-central-1:123456789012:news"


def test_a_publication_is_captured(simulator, topic):
    answer = simulator.client("sns").publish(
        TopicArn=topic,
        Subject="Restore failed: orders",
        Message=json.dumps(COPIES),
        MessageStructure="json",
        MessageAttributes={
            "severity": {"DataType": "String", "StringValue": "critical"},
            "reasons": {"DataType": "String.Array", "StringValue": '["failed"]'},
        },
    )
    [publication] = simulator.inbox()
    assert publication.pop("at")
    assert json.loads(publication.pop("message")) == COPIES
    assert publication == {
        "message_id": answer["MessageId"],
        "topic_arn": topic,
        "subject": "Restore failed: orders",
        "structured": True,
        "attributes": {
            "severity": {"data_type": "String", "value": "critical"},
            "reasons": {"data_type": "String.Array", "value": '["failed"]'},
        },
    }


def test_what_sns_refuses_is_refused(simulator, topic):
    sns = simulator.client("sns")
    invalid = sns.exceptions.InvalidParameterException
    for refused in [
        {"Message": ""},
        {"Message": "x", "Subject": "two\nlines"},
        {"Message": "x", "Subject": "x" * 100},
        {"Message": "no json", "MessageStructure": "json"},
        {"Message": '{"email": "x"}', "MessageStructure": "json"},
        {"Message": "x" * 262_145},
    ]:
        with pytest.raises(invalid):
            sns.publish(TopicArn=topic, **refused)
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn=f"{topic}-2", Message="x")
    with pytest.raises(sns.exceptions.InvalidParameterValueException):
        attributes = {"a": {"DataType": "Text", "StringValue": "x"}}
        sns.publish(TopicArn=topic, Message="x", MessageAttributes=attributes)
    assert simulator.inbox() == []
    sns.publish(TopicArn=topic, Message="x" * 262_144)
    assert len(simulator.inbox()) == 1


def test_batch_entries_fail_one_by_one(simulator, topic):
    simulator.fault({"reject-entry": {"matching": "unlucky"}}, times=1)
    answer = simulator.client("sns").publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[
            {"Id": "n-1", "Message": "fine", "Subject": "s"},
            {"Id": "n-2", "Message": "unlucky"},
            {"Id": "n-3", "Message": "x", "Subject": "two\nlines"},
        ],
    )
    [sent] = answer["Successful"]
    assert sent["Id"] == "n-1"
    failed = [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]]
    assert failed == [("n-2", "InternalError", False), ("n-3", "InvalidParameter", True)]
    [publication] = simulator.inbox()
    assert (publication["message"], publication["message_id"]) == ("fine", sent["MessageId"])


def test_a_batch_can_fail_as_a_whole(simulator, topic):
    sns = simulator.client("sns")
    half = "x" * 140_000
    for name, entries in [
        ("EmptyBatchRequestException", []),
        ("TooManyEntriesInBatchRequestException", [(str(n), "x") for n in range(11)]),
        ("BatchEntryIdsNotDistinctException", [("a", "x"), ("a", "y")]),
        ("InvalidBatchEntryIdException", [("a b", "x")]),
        ("BatchRequestTooLongException", [("a", half), ("b", half)]),
    ]:
        with pytest.raises(getattr(sns.exceptions, name)):
            sns.publish_batch(
                TopicArn=topic,
                PublishBatchRequestEntries=[
                    {"Id": id, "Message": message} for id, message in entries
                ],
            )
    assert simulator.inbox() == []


def test_subscriptions_are_listed_in_pages(simulator, topic):
    sns = simulator.client("sns")
    for number in range(3):
        endpoint = f"arn:aws:sqs:us-east-1:123456789012:queue-{number}"
        arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)["SubscriptionArn"]
        assert arn.startswith(topic)
    pending = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    assert pending["SubscriptionArn"] == "pending confirmation"
    simulator.at(world={"page_limit": 2})
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = pages.build_full_result()["Subscriptions"]
    assert [item["Protocol"] for item in found] == ["sqs", "sqs", "sqs", "email"]
    assert found[0]["TopicArn"] == topic and found[0]["Owner"] == "123456789012"
    assert found[3]["SubscriptionArn"] == "PendingConfirmation"
    assert len(simulator.calls("ListSubscriptionsByTopic")) == 2
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.subscribe(TopicArn=f"{topic}-2", Protocol="sqs", Endpoint="x")


def test_the_caller_is_known(simulator):
    identity = simulator.client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/tidings/tidings"
    assert identity["UserId"]
