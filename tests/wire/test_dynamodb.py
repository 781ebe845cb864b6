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


def test_the_simulators_own_table_is_there(dynamodb):
    table = dynamodb.describe_table(TableName=TABLE)["Table"]
    assert [(part["AttributeName"], part["KeyType"]) for part in table["KeySchema"]] == [
        ("pk", "HASH"),
        ("sk", "RANGE"),
    ]
    assert table["TableStatus"] == "ACTIVE"
    expiry = dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert expiry == {"AttributeName": "expires_at", "TimeToLiveStatus": "ENABLED"}


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


def test_a_query_pages_through_a_scope(dynamodb):
    for number in range(5):
        dynamodb.put_item(TableName=TABLE, Item=item(f"r-{number}", number))
    pages = dynamodb.get_paginator("query").paginate(
        TableName=TABLE,
        KeyConditionExpression="pk = :scope AND begins_with(sk, :r)",
        ExpressionAttributeValues={":scope": {"S": "scope"}, ":r": {"S": "r-"}},
        PaginationConfig={"PageSize": 2},
    )
    assert pages.build_full_result()["Items"] == [item(f"r-{n}", n) for n in range(5)]


def test_batches_and_transactions(dynamodb):
    puts = [{"PutRequest": {"Item": item(sk)}} for sk in ["r-1", "r-2"]]
    dynamodb.batch_write_item(RequestItems={TABLE: puts})
    keys = {TABLE: {"Keys": [key("r-1"), key("r-2"), key("r-3")]}}
    found = dynamodb.batch_get_item(RequestItems=keys)["Responses"][TABLE]
    assert sorted(found, key=lambda item: item["sk"]["S"]) == [item("r-1"), item("r-2")]

    def put(sk):
        condition = "attribute_not_exists(pk)"
        return {"Put": {"TableName": TABLE, "Item": item(sk, 9), "ConditionExpression": condition}}

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as canceled:
        dynamodb.transact_write_items(TransactItems=[put("r-3"), put("r-1")])
    reasons = [reason["Code"] for reason in canceled.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    dynamodb.transact_write_items(TransactItems=[put("r-3"), put("r-4")])
    assert dynamodb.scan(TableName=TABLE)["Count"] == 4
    dynamodb.delete_item(TableName=TABLE, Key=key("r-4"))
    assert "Item" not in dynamodb.get_item(TableName=TABLE, Key=key("r-4"))
    assert dynamodb.get_item(TableName=TABLE, Key=key("r-3"))["Item"] == item("r-3", 9)


def test_errors_are_dynamodbs(dynamodb):
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.get_item(TableName="nowhere", Key=key("r-1"))
