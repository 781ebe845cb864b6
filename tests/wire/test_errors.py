"""Every error that AWS models for a status or listing call, and broken connections."""

import botocore.session
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

BUCKET = "arn:aws:s3tables:eu-central-1:123456789012:bucket/lake"
CALLS = {
    ("redshift", "DescribeTableRestoreStatus"): {},
    ("redshift-serverless", "ListTableRestoreStatus"): {},
    ("redshift-serverless", "GetTableRestoreStatus"): {"tableRestoreRequestId": "s-1"},
    ("backup", "ListRestoreJobs"): {},
    ("backup", "DescribeRestoreJob"): {"RestoreJobId": "b-1"},
    ("s3tables", "ListTableBuckets"): {},
    ("s3tables", "ListTables"): {"tableBucketARN": BUCKET},
    ("s3tables", "GetTableReplicationStatus"): {"tableArn": f"{BUCKET}/table/t-1"},
    ("s3tables", "GetTableMaintenanceJobStatus"): {
        "tableBucketARN": BUCKET,
        "namespace": "sales",
        "name": "orders",
    },
    ("sns", "Publish"): {"TopicArn": "arn:aws:sns:eu-central-1:123456789012:x", "Message": "x"},
    ("sts", "GetCallerIdentity"): {},
    ("dynamodb", "GetItem"): {
        "TableName": "notices",
        "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}},
    },
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
    assert f":{operation} on resource: " in str(denied.value)
    simulator.fault("throttle", times=1)
    with pytest.raises(ClientError, match="Rate exceeded"):
        call(client, operation, CALLS[service, operation])


@pytest.mark.parametrize("kind", ["throttle", "server-error", "unavailable", "connection-reset", "html"])
def test_what_passes_passes_when_boto3_tries_again(simulator, kind):
    simulator.at(backup={"id": "b-1"})
    simulator.fault(kind, times=1)
    found = simulator.client("backup", attempts=3).describe_restore_job(RestoreJobId="b-1")
    assert found["RestoreJobId"] == "b-1"
    assert len(simulator.calls("DescribeRestoreJob")) == 2


# botocore takes a JSON answer that is none for an empty one: nothing to see there.
@pytest.mark.parametrize(
    "service, operation", [call for call in CALLS if call[0] in ("redshift", "sns", "sts")]
)
def test_a_malformed_answer_is_no_answer(simulator, service, operation):
    simulator.fault("malformed")
    with pytest.raises(ResponseParserError):
        call(simulator.client(service), operation, CALLS[service, operation])


def test_a_lost_answer_is_a_closed_connection_after_the_effect(simulator):
    sns = simulator.client("sns")
    topic = simulator.settings["TIDINGS_TOPIC_ARN"]
    for kind, accepted in [("connection-reset", 0), ("lost-answer", 1)]:
        simulator.fault(kind, service="sns", times=1)
        with pytest.raises(ConnectionClosedError):
            sns.publish(TopicArn=topic, Message="x")
        assert len(simulator.inbox()) == accepted


def test_a_call_that_hangs_runs_into_the_readers_timeout(simulator):
    simulator.fault("hang", times=1)
    sts = simulator.client("sts", read_timeout=0.2)
    with pytest.raises(ReadTimeoutError):
        sts.get_caller_identity()
    assert sts.get_caller_identity()["Account"] == "123456789012"
