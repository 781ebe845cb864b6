"""DynamoDB, as boto3 sees it."""

import pytest

TABLE = "notices"


@pytest.fixture
def dynamodb(simulator):
    assert simulator.settings["TIDINGS_TABLE_NAME"] == TABLE
    return simulator.client("dynamodb")


def item(sk, revision=1):
    return {"pk": {"S": "scope"}, "sk": {"S": sk}, "revision": {"N": str(revision)}}


def key(sk):
    return {"pk": {"S": "scope"}, "sk": {"S": sk}}


def test_a_failed_condition_returns_the_item(dynamodb):
    dynamodb.put_item(TableName=TABLE, Item=item("r-1", 3))

    def update():
        return dynamodb.update_item(
            TableName=TABLE,
            Key=key("r-1"),
            UpdateExpression="SET revision = revision + :one",
            ConditionExpression="revision = :known",
            ExpressionAttributeValues={":one": {"N": "1"}, ":known": {"N": "3"}},
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert update()["Attributes"] == item("r-1", 4)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as failed:
        update()
    assert failed.value.response["Item"] == item("r-1", 4)
