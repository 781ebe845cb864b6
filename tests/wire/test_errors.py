"""Every error that AWS models for a call that tidings makes, and answers that are none."""

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

BUCKET = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake"
ORDERS = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
# What a service says when it denies a call, where it is not `AccessDeniedException`.
DENIED = {"redshift": "AccessDenied", "sts": "AccessDenied", "sqs": "AccessDenied", "sns": "AuthorizationError"}
CALLS = {
    ("redshift", "DescribeTableRestoreStatus"): {},
    ("redshift-serverless", "ListTableRestoreStatus"): {},
    ("redshift-serverless", "GetTableRestoreStatus"): {"tableRestoreRequestId": "s-1"},
    ("backup", "ListRestoreJobs"): {},
    ("backup", "DescribeRestoreJob"): {"RestoreJobId": "b-1"},
    ("backup", "ListBackupJobs"): {},
    ("backup", "DescribeBackupJob"): {"BackupJobId": "b-1"},
    ("backup", "ListCopyJobs"): {},
    ("backup", "DescribeCopyJob"): {"CopyJobId": "c-1"},
    ("s3tables", "ListTableBuckets"): {},
    ("s3tables", "ListTables"): {"tableBucketARN": BUCKET},
    ("s3tables", "GetTableReplicationStatus"): {"tableArn": f"{BUCKET}/table/t-1"},
    ("s3tables", "GetTableMaintenanceJobStatus"): {
        "tableBucketARN": BUCKET,
        "namespace": "sales",
        "name": "orders",
    },
    ("s3tables", "GetTableRecordExpirationJobStatus"): {"tableArn": f"{BUCKET}/table/t-1"},
    ("sns", "Publish"): {"TopicArn": "arn:aws:sns:eu-central-1:123456789012:x", "Message": "x"},
    ("sns", "PublishBatch"): {
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:x",
        "PublishBatchRequestEntries": [{"Id": "n-1", "Message": "x"}],
    },
    ("sts", "GetCallerIdentity"): {},
    ("sts", "AssumeRole"): {"RoleArn": "arn:aws:iam::200000000001:role/tidings-reader", "RoleSessionName": "tidings"},
    ("organizations", "ListAccounts"): {},
    ("organizations", "ListRoots"): {},
    ("organizations", "ListAccountsForParent"): {"ParentId": "r-ab12"},
    ("organizations", "ListOrganizationalUnitsForParent"): {"ParentId": "r-ab12"},
    ("organizations", "ListTagsForResource"): {"ResourceId": "200000000001"},
    ("sqs", "SendMessageBatch"): {
        "QueueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/x",
        "Entries": [{"Id": "m-1", "MessageBody": "x"}],
    },
    ("dynamodb", "GetItem"): {
        "TableName": "notices",
        "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}},
    },
    ("dynamodb", "ListExports"): {},
    ("dynamodb", "DescribeExport"): {"ExportArn": f"{ORDERS}/export/e-1"},
    ("dynamodb", "ListImports"): {},
    ("dynamodb", "DescribeImport"): {"ImportArn": f"{ORDERS}/import/i-1"},
}


def call(client, operation, parameters):
    snake = botocore.xform_name(operation)
    return getattr(client, snake)(**parameters)


def modelled_errors():
    session = botocore.session.get_session()
    for (service, operation), parameters in CALLS.items():
        model = session.get_service_model(service).operation_model(operation)
        for error in model.error_shapes:
            written = error.metadata.get("error") or {}
            code = written.get("code", error.name)
            status = written.get("httpStatusCode") or 400
            yield pytest.param(
                service, operation, parameters, error.name, code, status, id=f"{operation}-{error.name}"
            )


def test_there_are_errors_to_check():
    assert len(list(modelled_errors())) > 50


@pytest.mark.parametrize("service, operation, parameters, name, code, status", list(modelled_errors()))
def test_a_modelled_error_arrives_as_itself(
    simulator, service, operation, parameters, name, code, status
):
    simulator.fault(
        {"error": {"status": status, "code": code, "message": "told <so>"}},
        service=service,
        operation=operation,
    )
    client = simulator.client(service)
    with pytest.raises(getattr(client.exceptions, name)) as raised:
        call(client, operation, parameters)
    assert raised.value.response["Error"]["Message"] == "told <so>"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("service, operation", CALLS)
def test_denied_access_and_throttling_say_so(simulator, service, operation):
    client = simulator.client(service)
    simulator.fault("access-denied", times=1)
    with pytest.raises(ClientError, match="is not authorized to perform") as denied:
        call(client, operation, CALLS[service, operation])
    # Publishing a batch needs the permission to publish.
    action = {"PublishBatch": "Publish"}.get(operation, operation)
    assert f":{action} on resource: " in str(denied.value)
    assert denied.value.response["Error"]["Code"] == DENIED.get(service, "AccessDeniedException")
    simulator.fault("throttle", times=1)
    with pytest.raises(ClientError, match="Rate exceeded"):
        call(client, operation, CALLS[service, operation])


# botocore takes a JSON answer that is none for an empty one: nothing to see there.
@pytest.mark.parametrize(
    "service, operation", [call for call in CALLS if call[0] in ("redshift", "sns", "sts")]
)
def test_a_malformed_answer_is_no_answer(simulator, service, operation):
    simulator.fault("malformed")
    with pytest.raises(ResponseParserError):
        call(simulator.client(service), operation, CALLS[service, operation])
