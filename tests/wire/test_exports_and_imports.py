"""Exports of DynamoDB tables to S3, and imports of tables from S3."""

from datetime import datetime, timezone

import pytest
from botocore.exceptions import ClientError

from conftest import without_metadata

ORDERS = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
CUSTOMERS = "arn:aws:dynamodb:eu-central-1:123456789012:table/customers"
ID = "01772431200087-2d8752fd"
START = datetime(2026, 3, 2, 6, 0, 0, 87000, tzinfo=timezone.utc)
END = datetime(2026, 3, 2, 6, 30, tzinfo=timezone.utc)

EXPORT = {
    "id": ID,
    "table": "orders",
    "status": "FAILED",
    "export_type": "INCREMENTAL_EXPORT",
    "start": START.isoformat(),
    "end": END.isoformat(),
    "export_time": "2026-03-02T05:55:00Z",
    "bucket": "exports",
    "prefix": "nightly/orders",
    "failure_code": "S3NoSuchBucket",
    "message": "the bucket does not exist",
    "items": 0,
    "size_bytes": 8_589_934_592,
}
EXPORT_SUMMARY = {
    "ExportArn": f"{ORDERS}/export/{ID}",
    "ExportStatus": "FAILED",
    "ExportType": "INCREMENTAL_EXPORT",
}
EXPORT_DESCRIPTION = {
    **EXPORT_SUMMARY,
    "StartTime": START,
    "EndTime": END,
    "TableArn": ORDERS,
    "ExportTime": datetime(2026, 3, 2, 5, 55, tzinfo=timezone.utc),
    "S3Bucket": "exports",
    "S3Prefix": "nightly/orders",
    "FailureCode": "S3NoSuchBucket",
    "FailureMessage": "the bucket does not exist",
    "BilledSizeBytes": 8_589_934_592,
    "ItemCount": 0,
}
IMPORT = {
    "id": ID,
    "table": "orders",
    "status": "FAILED",
    "start": START.isoformat(),
    "end": END.isoformat(),
    "bucket": "imports",
    "prefix": "orders/",
    "log_group_arn": "arn:aws:logs:eu-central-1:123456789012:log-group:/aws-dynamodb/imports:*",
    "format": "CSV",
    "errors": 3,
    "processed_items": 120,
    "imported_items": 117,
    "processed_bytes": 8_589_934_592,
    "failure_code": "ItemValidationError",
    "message": "some items could not be read",
}
IMPORT_SUMMARY = {
    "ImportArn": f"{ORDERS}/import/{ID}",
    "ImportStatus": "FAILED",
    "TableArn": ORDERS,
    "S3BucketSource": {"S3Bucket": "imports", "S3KeyPrefix": "orders/"},
    "CloudWatchLogGroupArn": "arn:aws:logs:eu-central-1:123456789012:log-group:/aws-dynamodb/imports:*",
    "InputFormat": "CSV",
    "StartTime": START,
    "EndTime": END,
}
IMPORT_DESCRIPTION = {
    **IMPORT_SUMMARY,
    "ErrorCount": 3,
    "ProcessedSizeBytes": 8_589_934_592,
    "ProcessedItemCount": 120,
    "ImportedItemCount": 117,
    "FailureCode": "ItemValidationError",
    "FailureMessage": "some items could not be read",
}
# Of each kind: the key of a change, the listing, its members, the ARN of a job, and the size of a page.
KINDS = [
    ("export", "list_exports", "ExportSummaries", "ExportArn", "MaxResults"),
    ("import", "list_imports", "ImportSummaryList", "ImportArn", "PageSize"),
]


def test_an_export_comes_back_with_every_field(simulator):
    simulator.set_clock(END.isoformat())
    simulator.at(export=EXPORT)
    dynamodb = simulator.client("dynamodb")
    assert without_metadata(dynamodb.list_exports()) == {"ExportSummaries": [EXPORT_SUMMARY]}
    described = dynamodb.describe_export(ExportArn=EXPORT_SUMMARY["ExportArn"])
    assert without_metadata(described) == {"ExportDescription": EXPORT_DESCRIPTION}


def test_an_import_comes_back_with_every_field(simulator):
    simulator.set_clock(END.isoformat())
    simulator.at(**{"import": IMPORT})
    dynamodb = simulator.client("dynamodb")
    assert without_metadata(dynamodb.list_imports()) == {"ImportSummaryList": [IMPORT_SUMMARY]}
    described = dynamodb.describe_import(ImportArn=IMPORT_SUMMARY["ImportArn"])
    assert without_metadata(described) == {"ImportTableDescription": IMPORT_DESCRIPTION}


def test_a_job_that_says_little_has_only_its_arns_and_its_start(simulator):
    simulator.set_clock(END.isoformat())
    simulator.at(export={"id": "e-1", "table": "orders"}, **{"import": {"id": "i-1", "table": "orders"}})
    dynamodb = simulator.client("dynamodb")
    export, imported = f"{ORDERS}/export/e-1", f"{ORDERS}/import/i-1"
    assert dynamodb.list_exports()["ExportSummaries"] == [{"ExportArn": export}]
    assert dynamodb.describe_export(ExportArn=export)["ExportDescription"] == {
        "ExportArn": export,
        "TableArn": ORDERS,
        "StartTime": END,
    }
    known = {"ImportArn": imported, "TableArn": ORDERS, "StartTime": END}
    assert dynamodb.list_imports()["ImportSummaryList"] == [known]
    assert dynamodb.describe_import(ImportArn=imported)["ImportTableDescription"] == known


@pytest.mark.parametrize(("kind", "listing", "jobs", "arn", "size"), KINDS)
def test_pages_go_back_from_the_last_arn(simulator, kind, listing, jobs, arn, size):
    """boto3 checks that a token of ListImports is long enough."""
    for number in range(5):
        simulator.at(**{kind: {"id": f"x-{number}", "table": "orders"}})
    client = simulator.client("dynamodb")
    found, token = [], {}
    while token is not None:
        page = getattr(client, listing)(**{size: 2}, **token)
        found.append([job[arn].rsplit("/", 1)[1] for job in page[jobs]])
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert found == [["x-4", "x-3"], ["x-2", "x-1"], ["x-0"]]


@pytest.mark.parametrize(("kind", "listing", "jobs", "arn", "size"), KINDS)
def test_a_listing_of_one_table(simulator, kind, listing, jobs, arn, size):
    simulator.at(**{kind: {"id": "x-1", "table": "orders"}})
    simulator.at(**{kind: {"id": "x-2", "table": "customers"}})
    call = getattr(simulator.client("dynamodb"), listing)
    for table in (ORDERS, CUSTOMERS):
        [job] = call(TableArn=table)[jobs]
        assert job[arn].startswith(f"{table}/")
    assert len(call()[jobs]) == 2
    assert call(TableArn=f"{ORDERS}-2")[jobs] == []


@pytest.mark.parametrize(("kind", "listing", "jobs", "arn", "size"), KINDS)
def test_what_a_listing_refuses(simulator, kind, listing, jobs, arn, size):
    call = getattr(simulator.client("dynamodb"), listing)
    for parameters in ({size: 26}, {"NextToken": "0123456789abcdef" * 7}):
        with pytest.raises(ClientError) as raised:
            call(**parameters)
        error = raised.value.response
        assert error["Error"]["Code"] == "ValidationException" and error["Error"]["Message"]
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("call", "parameters", "exception"),
    [
        ("describe_export", {"ExportArn": f"{ORDERS}/export/{ID}"}, "ExportNotFoundException"),
        ("describe_import", {"ImportArn": f"{ORDERS}/import/{ID}"}, "ImportNotFoundException"),
    ],
)
def test_an_unknown_arn_is_not_found(simulator, call, parameters, exception):
    client = simulator.client("dynamodb")
    with pytest.raises(getattr(client.exceptions, exception)) as raised:
        getattr(client, call)(**parameters)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    [arn] = parameters.values()
    assert arn in raised.value.response["Error"]["Message"]


def test_each_account_has_its_own_exports_and_imports(organization):
    organization.set_clock(END.isoformat())
    organization.at(account="team-2", export=EXPORT, **{"import": IMPORT})
    role = "arn:aws:iam::200000000002:role/tidings-reader"
    credentials = organization.client("sts").assume_role(RoleArn=role, RoleSessionName="tidings")["Credentials"]
    theirs = organization.client("dynamodb", credentials=credentials)
    arn = EXPORT_SUMMARY["ExportArn"].replace("123456789012", "200000000002")
    assert theirs.list_exports()["ExportSummaries"] == [{**EXPORT_SUMMARY, "ExportArn": arn}]
    assert theirs.describe_export(ExportArn=arn)["ExportDescription"]["ExportStatus"] == "FAILED"
    [imported] = theirs.list_imports()["ImportSummaryList"]
    assert imported["TableArn"] == "arn:aws:dynamodb:eu-central-1:200000000002:table/orders"
    ours = organization.client("dynamodb")
    assert ours.list_exports()["ExportSummaries"] == [] and ours.list_imports()["ImportSummaryList"] == []


def test_denied_access_names_the_job(simulator):
    simulator.fault("access-denied")
    client = simulator.client("dynamodb")
    for call, parameters in (
        (client.describe_export, {"ExportArn": EXPORT_SUMMARY["ExportArn"]}),
        (client.describe_import, {"ImportArn": IMPORT_SUMMARY["ImportArn"]}),
    ):
        with pytest.raises(ClientError) as raised:
            call(**parameters)
        [arn] = parameters.values()
        assert f"on resource: {arn} because" in raised.value.response["Error"]["Message"]
