"""AWS Backup."""

from datetime import datetime, timezone

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


def test_a_job_comes_back_with_every_field(simulator):
    simulator.set_clock(NOW.isoformat())
    simulator.at(backup=JOB)
    backup = simulator.client("backup")
    listed = backup.list_restore_jobs()
    assert without_metadata(listed) == {"RestoreJobs": [ANSWER]}
    assert without_metadata(backup.describe_restore_job(RestoreJobId="b-1")) == ANSWER
