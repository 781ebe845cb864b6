"""Amazon Redshift and Redshift Serverless."""

from datetime import datetime, timezone

from conftest import without_metadata

REQUESTED = datetime(2026, 3, 2, 5, 59, 58, 500000, tzinfo=timezone.utc)


def test_a_table_restore_comes_back_with_every_field(simulator):
    simulator.at(
        redshift={
            "id": "r-1",
            "status": "IN_PROGRESS",
            "message": "half <way> & “more”",
            "requested": REQUESTED.isoformat(),
            "progress_mb": 120,
            "total_mb": 2048,
            "cluster": "analytics",
            "snapshot": "nightly",
            "source": "dev.public.orders",
            "target": "prod.sales.orders_restored",
        }
    )
    answer = simulator.client("redshift").describe_table_restore_status()
    assert without_metadata(answer) == {
        "TableRestoreStatusDetails": [
            {
                "TableRestoreRequestId": "r-1",
                "Status": "IN_PROGRESS",
                "Message": "half <way> & “more”",
                "RequestTime": REQUESTED,
                "ProgressInMegaBytes": 120,
                "TotalDataInMegaBytes": 2048,
                "ClusterIdentifier": "analytics",
                "SnapshotIdentifier": "nightly",
                "SourceDatabaseName": "dev",
                "SourceSchemaName": "public",
                "SourceTableName": "orders",
                "TargetDatabaseName": "prod",
                "TargetSchemaName": "sales",
                "NewTableName": "orders_restored",
            }
        ]
    }


SERVERLESS = {
    "id": "s-1",
    "status": "DREAMING",
    "message": "a word nobody knows",
    "requested": REQUESTED.isoformat(),
    "progress_mb": 1,
    "total_mb": 3_000_000_000,
    "namespace": "lake",
    "workgroup": "adhoc",
    "snapshot": "weekly",
    "recovery_point": "rp-9",
    "source": "dev.public.events",
    "target": "dev.public.events_2",
}
SERVERLESS_ANSWER = {
    "tableRestoreRequestId": "s-1",
    "status": "DREAMING",
    "message": "a word nobody knows",
    "requestTime": REQUESTED,
    "progressInMegaBytes": 1,
    "totalDataInMegaBytes": 3_000_000_000,
    "namespaceName": "lake",
    "workgroupName": "adhoc",
    "snapshotName": "weekly",
    "recoveryPointId": "rp-9",
    "sourceDatabaseName": "dev",
    "sourceSchemaName": "public",
    "sourceTableName": "events",
    "targetDatabaseName": "dev",
    "targetSchemaName": "public",
    "newTableName": "events_2",
}


def test_a_serverless_restore_comes_back_with_every_field(simulator):
    simulator.at(redshift_serverless=SERVERLESS)
    serverless = simulator.client("redshift-serverless")
    one = serverless.get_table_restore_status(tableRestoreRequestId="s-1")
    assert without_metadata(one) == {"tableRestoreStatus": SERVERLESS_ANSWER}
    listed = serverless.list_table_restore_status(namespaceName="lake", workgroupName="adhoc")
    assert without_metadata(listed) == {"tableRestoreStatuses": [SERVERLESS_ANSWER]}
