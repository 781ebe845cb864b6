"""Amazon Redshift and Redshift Serverless."""

from datetime import datetime, timezone

import pytest
from botocore.exceptions import ClientError

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


def test_the_paginator_reads_every_page_oldest_first(simulator):
    for number in range(25):
        requested = f"2026-03-02T05:{59 - number}:00Z"
        simulator.at(redshift={"id": f"r-{number}", "requested": requested})
    pages = simulator.client("redshift").get_paginator("describe_table_restore_status")
    found = pages.paginate(PaginationConfig={"PageSize": 20}).build_full_result()
    ids = [item["TableRestoreRequestId"] for item in found["TableRestoreStatusDetails"]]
    assert ids == [f"r-{number}" for number in reversed(range(25))]
    assert len(simulator.calls("DescribeTableRestoreStatus")) == 2


def test_a_cluster_and_an_id_narrow_the_answer(simulator):
    simulator.at(redshift={"id": "r-1", "cluster": "analytics", "status": "PENDING"})
    simulator.at(redshift={"id": "r-2", "cluster": "finance", "status": "FAILED"})
    simulator.at(world={"redshift_lists": "in-progress-only"})
    redshift = simulator.client("redshift")

    def ids(**narrow):
        answer = redshift.describe_table_restore_status(**narrow)
        return [item["TableRestoreRequestId"] for item in answer["TableRestoreStatusDetails"]]

    assert ids() == ["r-1"]
    assert ids(TableRestoreRequestId="r-2") == ["r-2"]
    simulator.at(world={"redshift_lists": "all-requests"})
    assert ids(ClusterIdentifier="finance") == ["r-2"]


def test_redshift_refuses_what_it_should(simulator):
    redshift = simulator.client("redshift")
    with pytest.raises(redshift.exceptions.TableRestoreNotFoundFault):
        redshift.describe_table_restore_status(TableRestoreRequestId="none")
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        redshift.describe_table_restore_status(ClusterIdentifier="none")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        redshift.describe_table_restore_status(Marker="made up")


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


def test_the_serverless_paginator_reads_every_page(simulator):
    for number in range(5):
        requested = f"2026-03-02T05:{59 - number}:00Z"
        simulator.at(redshift_serverless={"id": f"s-{number}", "requested": requested})
    pages = simulator.client("redshift-serverless").get_paginator("list_table_restore_status")
    found = pages.paginate(PaginationConfig={"PageSize": 2}).build_full_result()
    ids = [item["tableRestoreRequestId"] for item in found["tableRestoreStatuses"]]
    assert ids == [f"s-{number}" for number in range(5)]
    assert len(simulator.calls("ListTableRestoreStatus")) == 3


def test_serverless_refuses_what_it_should(simulator):
    serverless = simulator.client("redshift-serverless")
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.get_table_restore_status(tableRestoreRequestId="none")
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.list_table_restore_status(workgroupName="none")
    with pytest.raises(serverless.exceptions.InvalidPaginationException):
        serverless.list_table_restore_status(nextToken="made up token")
    with pytest.raises(serverless.exceptions.ValidationException):
        serverless.list_table_restore_status(maxResults=101)
