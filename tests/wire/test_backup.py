"""AWS Backup."""

from datetime import datetime, timezone

import pytest
from botocore.exceptions import ClientError

from conftest import without_metadata

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=timezone.utc)
PLAN = "arn:aws:backup:eu-central-1:123456789012:restore-testing-plan:weekly"

JOB = {
    "id": "b-1",
    "status": "COMPLETED",
    "message": "done",
    "percent_done": "100.00%",
    "created": "2026-03-01T20:00:00.087Z",
    "completed": "2026-03-01T21:00:00Z",
    "size_bytes": 8_589_934_592,
    "role_arn": "arn:aws:iam::123456789012:role/Restore",
    "expected_minutes": 45,
    "created_resource_arn": "arn:aws:ec2:eu-central-1:123456789012:volume/vol-1",
    "resource_type": "EBS",
    "recovery_point_arn": "arn:aws:ec2:eu-central-1::snapshot/snap-1",
    "recovery_point_created": "2026-02-28T01:00:00Z",
    "source_resource_arn": "arn:aws:ec2:eu-central-1:123456789012:volume/vol-0",
    "backup_vault_arn": "arn:aws:backup:eu-central-1:123456789012:backup-vault:main",
    "is_parent": True,
    "parent_job_id": "b-0",
    "restore_testing_plan_arn": PLAN,
    "validation_status": "TIMED_OUT",
    "validation_message": "no validation was received",
    "deletion_status": "DELETING",
    "deletion_message": "deleting",
}
ANSWER = {
    "AccountId": "123456789012",
    "RestoreJobId": "b-1",
    "Status": "COMPLETED",
    "StatusMessage": "done",
    "PercentDone": "100.00%",
    "CreationDate": datetime(2026, 3, 1, 20, 0, 0, 87000, tzinfo=timezone.utc),
    "CompletionDate": datetime(2026, 3, 1, 21, 0, tzinfo=timezone.utc),
    "BackupSizeInBytes": 8_589_934_592,
    "IamRoleArn": "arn:aws:iam::123456789012:role/Restore",
    "ExpectedCompletionTimeMinutes": 45,
    "CreatedResourceArn": "arn:aws:ec2:eu-central-1:123456789012:volume/vol-1",
    "ResourceType": "EBS",
    "RecoveryPointArn": "arn:aws:ec2:eu-central-1::snapshot/snap-1",
    "RecoveryPointCreationDate": datetime(2026, 2, 28, 1, 0, tzinfo=timezone.utc),
    "SourceResourceArn": "arn:aws:ec2:eu-central-1:123456789012:volume/vol-0",
    "BackupVaultArn": "arn:aws:backup:eu-central-1:123456789012:backup-vault:main",
    "IsParent": True,
    "ParentJobId": "b-0",
    "CreatedBy": {"RestoreTestingPlanArn": PLAN},
    "ValidationStatus": "TIMED_OUT",
    "ValidationStatusMessage": "no validation was received",
    "DeletionStatus": "DELETING",
    "DeletionStatusMessage": "deleting",
}

BACKUP_PLAN = {
    "plan_arn": "arn:aws:backup:eu-central-1:123456789012:backup-plan:daily",
    "plan_name": "daily",
    "rule_name": "at night",
}
CREATED_BY = {
    "BackupPlanArn": "arn:aws:backup:eu-central-1:123456789012:backup-plan:daily",
    "BackupPlanName": "daily",
    "BackupRuleName": "at night",
}
BACKUP = {
    "id": "j-1",
    "account": "210987654321",
    "state": "PARTIAL",
    "message": "two disks are missing",
    "category": "AGGREGATE",
    "percent_done": "87.50",
    "created": "2026-03-01T20:00:00.087Z",
    "completed": "2026-03-01T21:00:00Z",
    "size_bytes": 8_589_934_592,
    "bytes_transferred": 4_294_967_296,
    "role_arn": "arn:aws:iam::123456789012:role/Backup",
    "expected": "2026-03-01T20:45:00Z",
    "start_by": "2026-03-01T20:30:00Z",
    "resource_arn": "arn:aws:ec2:eu-central-1:123456789012:instance/i-1",
    "resource_name": "build server",
    "resource_type": "EC2",
    "vault_name": "main",
    "vault_arn": "arn:aws:backup:eu-central-1:123456789012:backup-vault:main",
    "recovery_point_arn": "arn:aws:ec2:eu-central-1::image/ami-1",
    **BACKUP_PLAN,
    "is_parent": True,
    "parent_job_id": "j-0",
}
BACKUP_ANSWER = {
    "AccountId": "210987654321",
    "BackupJobId": "j-1",
    "State": "PARTIAL",
    "StatusMessage": "two disks are missing",
    "MessageCategory": "AGGREGATE",
    "PercentDone": "87.50",
    "CreationDate": datetime(2026, 3, 1, 20, 0, 0, 87000, tzinfo=timezone.utc),
    "CompletionDate": datetime(2026, 3, 1, 21, 0, tzinfo=timezone.utc),
    "BackupSizeInBytes": 8_589_934_592,
    "BytesTransferred": 4_294_967_296,
    "IamRoleArn": "arn:aws:iam::123456789012:role/Backup",
    "ExpectedCompletionDate": datetime(2026, 3, 1, 20, 45, tzinfo=timezone.utc),
    "StartBy": datetime(2026, 3, 1, 20, 30, tzinfo=timezone.utc),
    "ResourceArn": "arn:aws:ec2:eu-central-1:123456789012:instance/i-1",
    "ResourceName": "build server",
    "ResourceType": "EC2",
    "BackupVaultName": "main",
    "BackupVaultArn": "arn:aws:backup:eu-central-1:123456789012:backup-vault:main",
    "RecoveryPointArn": "arn:aws:ec2:eu-central-1::image/ami-1",
    "CreatedBy": CREATED_BY,
    "IsParent": True,
    "ParentJobId": "j-0",
}

COPY = {
    "id": "c-1",
    "account": "210987654321",
    "state": "FAILED",
    "message": "the destination vault is locked",
    "category": "InvalidParameters",
    "created": "2026-03-01T20:00:00.087Z",
    "completed": "2026-03-01T21:00:00Z",
    "size_bytes": 8_589_934_592,
    "role_arn": "arn:aws:iam::123456789012:role/Backup",
    "resource_arn": "arn:aws:ec2:eu-central-1:123456789012:instance/i-1",
    "resource_name": "build server",
    "resource_type": "EC2",
    "source_vault_arn": "arn:aws:backup:eu-central-1:123456789012:backup-vault:main",
    "destination_vault_arn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:far",
    "source_recovery_point_arn": "arn:aws:ec2:eu-central-1::image/ami-1",
    "destination_recovery_point_arn": "arn:aws:ec2:eu-west-1::image/ami-2",
    **BACKUP_PLAN,
    "created_by_job_id": "j-1",
    "is_parent": False,
    "parent_job_id": "c-0",
}
COPY_ANSWER = {
    "AccountId": "210987654321",
    "CopyJobId": "c-1",
    "State": "FAILED",
    "StatusMessage": "the destination vault is locked",
    "MessageCategory": "InvalidParameters",
    "CreationDate": datetime(2026, 3, 1, 20, 0, 0, 87000, tzinfo=timezone.utc),
    "CompletionDate": datetime(2026, 3, 1, 21, 0, tzinfo=timezone.utc),
    "BackupSizeInBytes": 8_589_934_592,
    "IamRoleArn": "arn:aws:iam::123456789012:role/Backup",
    "ResourceArn": "arn:aws:ec2:eu-central-1:123456789012:instance/i-1",
    "ResourceName": "build server",
    "ResourceType": "EC2",
    "SourceBackupVaultArn": "arn:aws:backup:eu-central-1:123456789012:backup-vault:main",
    "DestinationBackupVaultArn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:far",
    "SourceRecoveryPointArn": "arn:aws:ec2:eu-central-1::image/ami-1",
    "DestinationRecoveryPointArn": "arn:aws:ec2:eu-west-1::image/ami-2",
    "CreatedBy": CREATED_BY,
    "CreatedByBackupJobId": "j-1",
    "IsParent": False,
    "ParentJobId": "c-0",
}


def test_a_job_comes_back_with_every_field(simulator):
    simulator.set_clock(NOW.isoformat())
    simulator.at(backup=JOB)
    backup = simulator.client("backup")
    listed = backup.list_restore_jobs()
    assert without_metadata(listed) == {"RestoreJobs": [ANSWER]}
    assert without_metadata(backup.describe_restore_job(RestoreJobId="b-1")) == ANSWER


def test_a_backup_job_comes_back_with_every_field(simulator):
    simulator.set_clock(NOW.isoformat())
    simulator.at(backup_job=BACKUP)
    backup = simulator.client("backup")
    assert without_metadata(backup.list_backup_jobs()) == {"BackupJobs": [BACKUP_ANSWER]}
    assert without_metadata(backup.describe_backup_job(BackupJobId="j-1")) == BACKUP_ANSWER


def test_a_copy_job_comes_back_with_every_field(simulator):
    simulator.set_clock(NOW.isoformat())
    simulator.at(backup_copy=COPY)
    backup = simulator.client("backup")
    assert without_metadata(backup.list_copy_jobs()) == {"CopyJobs": [COPY_ANSWER]}
    assert without_metadata(backup.describe_copy_job(CopyJobId="c-1")) == {"CopyJob": COPY_ANSWER}


def test_a_job_that_says_little_has_only_its_id_its_account_and_its_start(simulator):
    simulator.set_clock(NOW.isoformat())
    simulator.at(backup_job={"id": "j-1"}, backup_copy={"id": "c-1"})
    backup = simulator.client("backup")
    known = {"AccountId": "123456789012", "CreationDate": NOW}
    assert without_metadata(backup.list_backup_jobs()) == {"BackupJobs": [{"BackupJobId": "j-1", **known}]}
    assert without_metadata(backup.list_copy_jobs()) == {"CopyJobs": [{"CopyJobId": "c-1", **known}]}


KINDS = [
    ("backup", "list_restore_jobs", "RestoreJobs", "RestoreJobId", "ByStatus"),
    ("backup_job", "list_backup_jobs", "BackupJobs", "BackupJobId", "ByState"),
    ("backup_copy", "list_copy_jobs", "CopyJobs", "CopyJobId", "ByState"),
]


@pytest.mark.parametrize(("kind", "listing", "jobs", "id", "state"), KINDS)
def test_boto3_follows_the_pages(simulator, kind, listing, jobs, id, state):
    for minute in range(5):
        simulator.at(**{kind: {"id": f"x-{minute}", "created": f"2026-03-02T06:0{minute}:00Z"}})
    simulator.set_clock("2026-03-02T07:00:00Z")
    client = simulator.client("backup")
    pages = client.get_paginator(listing).paginate(PaginationConfig={"PageSize": 2})
    found = [[job[id] for job in page[jobs]] for page in pages]
    assert found == [["x-4", "x-3"], ["x-2", "x-1"], ["x-0"]]


@pytest.mark.parametrize(("kind", "listing", "jobs", "id", "state"), KINDS)
def test_what_a_listing_refuses(simulator, kind, listing, jobs, id, state):
    client = simulator.client("backup")
    for parameters in ({"NextToken": "made up"}, {"MaxResults": 1001}, {state: "DREAMING"}):
        with pytest.raises(client.exceptions.InvalidParameterValueException) as raised:
            getattr(client, listing)(**parameters)
        error = raised.value.response
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 400 and error["Error"]["Message"]


@pytest.mark.parametrize(
    ("call", "id", "kind"),
    [
        ("describe_restore_job", "RestoreJobId", "restore job"),
        ("describe_backup_job", "BackupJobId", "backup job"),
        ("describe_copy_job", "CopyJobId", "copy job"),
    ],
)
def test_an_unknown_id_is_not_found(simulator, call, id, kind):
    with pytest.raises(ClientError) as raised:
        getattr(simulator.client("backup"), call)(**{id: "x-1"})
    error = raised.value.response
    assert error["Error"] == {"Code": "ResourceNotFoundException", "Message": f"Cannot find {kind} with ID x-1"}
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
