"""S3 Tables."""

from datetime import datetime, timezone

import pytest

from conftest import without_metadata

BUCKET = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake"
REPLICA = "arn:aws:s3tables:us-west-2:123456789012:bucket/replica"
ORDERS = {"bucket": "lake", "namespace": "sales", "name": "orders"}
BYTES = 8_589_934_592
START = "2026-03-02T06:00:00Z"
STARTED = datetime(2026, 3, 2, 6, 0, tzinfo=timezone.utc)


def table_arn(s3tables):
    [table] = s3tables.list_tables(tableBucketARN=BUCKET)["tables"]
    return table["tableARN"]


def test_buckets_and_tables_are_found_with_every_field(simulator):
    simulator.set_clock(START)
    simulator.at(table={**ORDERS, "kind": "aws", "managed_by": "replication.s3tables.amazonaws.com"})
    s3tables = simulator.client("s3tables")
    assert without_metadata(s3tables.list_table_buckets()) == {
        "tableBuckets": [
            {
                "arn": BUCKET,
                "name": "lake",
                "ownerAccountId": "123456789012",
                "createdAt": STARTED,
                "type": "customer",
            }
        ]
    }
    [table] = s3tables.list_tables(tableBucketARN=BUCKET)["tables"]
    arn = table.pop("tableARN")
    assert arn.startswith(f"{BUCKET}/table/") and len(arn.rsplit("/", 1)[1]) == 36
    assert table == {
        "namespace": ["sales"],
        "name": "orders",
        "type": "aws",
        "createdAt": STARTED,
        "modifiedAt": STARTED,
        "managedByService": "replication.s3tables.amazonaws.com",
    }


def test_replication_shows_every_destination(simulator):
    simulator.at(
        replication={
            **ORDERS,
            "destination": REPLICA,
            "destination_table": f"{REPLICA}/table/t-2",
            "status": "failed",
            "message": "access denied",
            "updated": START,
            "metadata_location": "s3://replica/metadata",
        }
    )
    simulator.at(replication={**ORDERS, "destination": f"{REPLICA}-2", "status": "PENDING"})
    s3tables = simulator.client("s3tables")
    arn = table_arn(s3tables)
    answer = s3tables.get_table_replication_status(tableArn=arn)
    assert without_metadata(answer) == {
        "sourceTableArn": arn,
        "destinations": [
            {
                "replicationStatus": "failed",
                "destinationTableBucketArn": REPLICA,
                "destinationTableArn": f"{REPLICA}/table/t-2",
                "lastSuccessfulReplicatedUpdate": {
                    "metadataLocation": "s3://replica/metadata",
                    "timestamp": STARTED,
                },
                "failureMessage": "access denied",
            },
            {
                "replicationStatus": "PENDING",
                "destinationTableBucketArn": f"{REPLICA}-2",
            },
        ],
    }


def test_maintenance_shows_every_job_type(simulator):
    simulator.at(
        maintenance={
            **ORDERS,
            "job": "icebergCompaction",
            "status": "Failed",
            "run": START,
            "message": "commit lost",
        }
    )
    simulator.at(maintenance={**ORDERS, "job": "icebergDreaming", "status": "Not_Yet_Run"})
    s3tables = simulator.client("s3tables")
    answer = s3tables.get_table_maintenance_job_status(
        tableBucketARN=BUCKET, namespace="sales", name="orders"
    )
    assert without_metadata(answer) == {
        "tableARN": table_arn(s3tables),
        "status": {
            "icebergCompaction": {
                "status": "Failed",
                "lastRunTimestamp": STARTED,
                "failureMessage": "commit lost",
            },
            "icebergDreaming": {"status": "Not_Yet_Run"},
        },
    }


def test_record_expiration_shows_its_last_run(simulator):
    simulator.at(
        expiration={
            **ORDERS,
            "status": "Failed",
            "message": "commit lost",
            "run": START,
            "deleted_records": 12,
            "deleted_files": 3,
            "removed_bytes": BYTES,
        }
    )
    s3tables = simulator.client("s3tables")
    arn = table_arn(s3tables)
    answer = s3tables.get_table_record_expiration_job_status(tableArn=arn)
    assert without_metadata(answer) == {
        "status": "Failed",
        "lastRunTimestamp": STARTED,
        "failureMessage": "commit lost",
        "metrics": {"deletedRecords": 12, "deletedDataFiles": 3, "removedFilesSize": BYTES},
    }
    simulator.at(table={**ORDERS, "drop": True})
    simulator.at(expiration={**ORDERS, "status": "NotYetRun"})
    answer = s3tables.get_table_record_expiration_job_status(tableArn=table_arn(s3tables))
    assert without_metadata(answer) == {"status": "NotYetRun"}


@pytest.mark.parametrize(
    ("answer", "exception", "status"),
    [("not-found", "NotFoundException", 404), ("method-not-allowed", "MethodNotAllowedException", 405)],
)
def test_records_that_do_not_expire(simulator, answer, exception, status):
    simulator.at(table=ORDERS, world={"unexpiring": answer})
    s3tables = simulator.client("s3tables")
    with pytest.raises(getattr(s3tables.exceptions, exception)) as raised:
        s3tables.get_table_record_expiration_job_status(tableArn=table_arn(s3tables))
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_unknown_table_has_no_record_expiration(simulator):
    simulator.at(table=ORDERS, world={"unexpiring": "method-not-allowed"})
    s3tables = simulator.client("s3tables")
    with pytest.raises(s3tables.exceptions.NotFoundException):
        s3tables.get_table_record_expiration_job_status(tableArn=f"{BUCKET}/table/t-9")
