"""Amazon SNS and STS."""

import json

import pytest

from conftest import without_metadata

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


def test_subscriptions_are_listed(simulator, topic):
    sns = simulator.client("sns")
    queue = "arn:aws:sqs:us-east-1:123456789012:queue"
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    assert without_metadata(sns.list_subscriptions_by_topic(TopicArn=topic)) == {
        "Subscriptions": [
            {
                "SubscriptionArn": arn,
                "Owner": "123456789012",
                "Protocol": "sqs",
                "Endpoint": queue,
                "TopicArn": topic,
            }
        ]
    }


def test_the_caller_is_known(simulator):
    identity = simulator.client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/tidings/tidings"
    assert identity["UserId"]
