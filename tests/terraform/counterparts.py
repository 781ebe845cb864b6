"""The resources of the module under the names, and in the words, of template.yaml."""

import json

from module import ROOT

ACCOUNT = "123456789012"
REGION = "eu-west-1"
NAME = "tidings"

PSEUDO = {
    ("AWS::AccountId", "Ref"): ACCOUNT,
    ("AWS::Partition", "Ref"): "aws",
    ("AWS::Region", "Ref"): REGION,
    ("AWS::StackId", "Ref"): f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{NAME}/0b1c2d3e-4f50-11ef-8394-a5b6c7d8e9f0",
    ("AWS::StackName", "Ref"): NAME,
    ("AWS::URLSuffix", "Ref"): "amazonaws.com",
}

# What the template refers to: what CloudFormation gives there is this attribute of this resource.
REFERENCES = {
    ("Notifier", "Ref"): ("aws_lambda_function.notifier", "function_name"),
    ("Notifier", "Arn"): ("aws_lambda_function.notifier", "arn"),
    ("NotifierRole", "Arn"): ("aws_iam_role.notifier", "arn"),
    ("Page", "Arn"): ("aws_lambda_function.page[0]", "arn"),
    ("PageRole", "Arn"): ("aws_iam_role.page[0]", "arn"),
    ("PageLogs", "Ref"): ("aws_cloudwatch_log_group.page[0]", "name"),
    ("PageLogs", "Arn"): ("aws_cloudwatch_log_group.page[0]", "arn"),
    ("Silencer", "Ref"): ("aws_lambda_function.silencer[0]", "function_name"),
    ("Silencer", "Arn"): ("aws_lambda_function.silencer[0]", "arn"),
    ("SilencerRole", "Arn"): ("aws_iam_role.silencer[0]", "arn"),
    ("SilencerLogs", "Ref"): ("aws_cloudwatch_log_group.silencer[0]", "name"),
    ("SilencerLogs", "Arn"): ("aws_cloudwatch_log_group.silencer[0]", "arn"),
    ("ButtonGuardrail", "Ref"): ("aws_iam_policy.button[0]", "arn"),
    ("NotifierLogs", "Ref"): ("aws_cloudwatch_log_group.notifier", "name"),
    ("NotifierLogs", "Arn"): ("aws_cloudwatch_log_group.notifier", "arn"),
    ("Settings", "Ref"): ("aws_lambda_layer_version.settings[0]", "arn"),
    ("TickRole", "Arn"): ("aws_iam_role.tick", "arn"),
    ("RestoreJobChanged", "Arn"): ("aws_cloudwatch_event_rule.restore_job_changed[0]", "arn"),
    ("DeadLetters", "Ref"): ("aws_sqs_queue.dead_letters", "url"),
    ("DeadLetters", "Arn"): ("aws_sqs_queue.dead_letters", "arn"),
    ("DeadLetters", "QueueName"): ("aws_sqs_queue.dead_letters", "name"),
    ("TargetQueue", "Ref"): ("aws_sqs_queue.targets[0]", "url"),
    ("TargetQueue", "Arn"): ("aws_sqs_queue.targets[0]", "arn"),
    ("TargetQueue", "QueueName"): ("aws_sqs_queue.targets[0]", "name"),
    ("DeliveryQueue", "Ref"): ("aws_sqs_queue.deliveries[0]", "url"),
    ("DeliveryQueue", "Arn"): ("aws_sqs_queue.deliveries[0]", "arn"),
    ("DeliveryQueue", "QueueName"): ("aws_sqs_queue.deliveries[0]", "name"),
    ("StateTable", "Ref"): ("aws_dynamodb_table.state", "name"),
    ("StateTable", "Arn"): ("aws_dynamodb_table.state", "arn"),
    ("Key", "Arn"): ("aws_kms_key.tidings[0]", "arn"),
    ("NoticeTopic", "Ref"): ("aws_sns_topic.notices[0]", "arn"),
    ("AlarmTopic", "Ref"): ("aws_sns_topic.alarms[0]", "arn"),
    ("ChatRole", "Arn"): ("aws_iam_role.chat[0]", "arn"),
}


def references(planned):
    """What Ref and Fn::GetAtt give, with the names and ARNs that the module has."""
    found = {key: planned[address][attribute] for key, (address, attribute) in REFERENCES.items() if address in planned}
    # The ARN of a log group ends differently in the two.
    for name, attribute in found:
        if name.endswith("Logs") and attribute == "Arn":
            found[name, attribute] += ":*"
    # Only a property that is not compared refers to it: the AWS provider can't add the button to a channel.
    found["SilenceButton", "CustomActionArn"] = "the button"
    return {**PSEUDO, **found}


def notifier(planned, of):
    retries = planned["aws_lambda_function_event_invoke_config.notifier"]
    assert retries["function_name"] == of["function_name"]
    return {
        **function(planned, of),
        "EventInvokeConfig": {
            "MaximumRetryAttempts": retries["maximum_retry_attempts"],
            "MaximumEventAgeInSeconds": retries["maximum_event_age_in_seconds"],
            "DestinationConfig": {
                "OnFailure": {
                    "Type": "SQS",
                    "Destination": retries["destination_config"][0]["on_failure"][0]["destination"],
                }
            },
        },
    }


def function(planned, of):
    [logging] = of["logging_config"]
    [environment] = of["environment"]
    return {
        "Description": of["description"],
        "Handler": of["handler"],
        "Runtime": of["runtime"],
        "Architectures": of["architectures"],
        "MemorySize": of["memory_size"],
        "Timeout": of["timeout"],
        "Role": of["role"],
        "Layers": of["layers"] or None,
        "LoggingConfig": {
            "LogGroup": logging["log_group"],
            "LogFormat": logging["log_format"],
            "ApplicationLogLevel": logging["application_log_level"],
            "SystemLogLevel": logging["system_log_level"],
        },
        "Environment": {"Variables": environment["variables"]},
    }


def layer(planned, of):
    return {"Description": of["description"], "RetentionPolicy": "Retain" if of["skip_destroy"] else "Delete"}


def retry(of):
    [retry] = of["retry_policy"]
    return {
        "MaximumRetryAttempts": retry["maximum_retry_attempts"],
        "MaximumEventAgeInSeconds": retry["maximum_event_age_in_seconds"],
    }


def schedule(planned, of):
    [target] = of["target"]
    return {
        "Description": of["description"],
        "ScheduleExpression": of["schedule_expression"],
        "FlexibleTimeWindow": {"Mode": of["flexible_time_window"][0]["mode"]},
        "Target": {
            "Arn": target["arn"],
            "RoleArn": target["role_arn"],
            "RetryPolicy": retry(target),
            "DeadLetterConfig": {"Arn": target["dead_letter_config"][0]["arn"]},
        },
    }


def rule(planned, of):
    target = planned["aws_cloudwatch_event_target.restore_job_changed[0]"]
    assert target["rule"] == of["name"]
    return {
        "Description": of["description"],
        "EventPattern": json.loads(of["event_pattern"]),
        "Targets": [
            {
                "Id": target["target_id"],
                "Arn": target["arn"],
                "RetryPolicy": retry(target),
                "DeadLetterConfig": {"Arn": target["dead_letter_config"][0]["arn"]},
            }
        ],
    }


def permission(planned, of):
    return {
        "Action": of["action"],
        "FunctionName": of["function_name"],
        "Principal": of["principal"],
        "SourceArn": of["source_arn"],
    }


def queue(planned, of):
    # 30 seconds are the default.
    return {
        "VisibilityTimeout": of["visibility_timeout_seconds"] if of["visibility_timeout_seconds"] != 30 else None,
        "MessageRetentionPeriod": of["message_retention_seconds"],
        "SqsManagedSseEnabled": of["sqs_managed_sse_enabled"],
        "RedrivePolicy": json.loads(of["redrive_policy"]) if of.get("redrive_policy") else None,
    }


def queue_policy(*addresses):
    """One policy for several queues is several resources here."""

    def policy(planned, of):
        policies = [planned[address] for address in addresses]
        [document] = {policy["policy"] for policy in policies}
        return {"Queues": [policy["queue_url"] for policy in policies], "PolicyDocument": json.loads(document)}

    return policy


def mapping(planned, of):
    return {
        "FunctionName": of["function_name"],
        "EventSourceArn": of["event_source_arn"],
        "BatchSize": of["batch_size"],
        "MaximumBatchingWindowInSeconds": of["maximum_batching_window_in_seconds"],
        "FunctionResponseTypes": of["function_response_types"],
        "ScalingConfig": {"MaximumConcurrency": of["scaling_config"][0]["maximum_concurrency"]},
    }


def in_a_stack(kind):
    """A resource that the AWS provider does not have, or not like this, is alone in a small CloudFormation stack."""

    def resource(planned, of):
        [resource] = json.loads(of["template_body"])["Resources"].values()
        assert resource["Type"] == kind
        return resource["Properties"]

    return resource


def stack_set(planned, of):
    instances = {
        address: values
        for address, values in planned.items()
        if address.startswith("aws_cloudformation_stack_set_instance.")
    }
    [units] = {tuple(values["deployment_targets"][0]["organizational_unit_ids"]) for values in instances.values()}
    preferences = [of["operation_preferences"], *(values["operation_preferences"] for values in instances.values())]
    [tolerance] = {(one["failure_tolerance_percentage"], one["max_concurrent_percentage"]) for [one] in preferences}
    # The provider needs parameters that have a default.
    parameters = {key: value for key, value in of["parameters"].items() if (key, value) != ("ExternalId", "")}
    [automatic] = of["auto_deployment"]
    return {
        "StackSetName": of["name"],
        "Description": of["description"],
        "PermissionModel": of["permission_model"],
        "CallAs": of["call_as"],
        "AutoDeployment": {
            "Enabled": automatic["enabled"],
            "RetainStacksOnAccountRemoval": automatic["retain_stacks_on_account_removal"],
        },
        "Capabilities": of["capabilities"],
        "ManagedExecution": {"Active": of["managed_execution"][0]["active"]},
        "OperationPreferences": {"FailureTolerancePercentage": tolerance[0], "MaxConcurrentPercentage": tolerance[1]},
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "StackInstancesGroup": [
            {
                "DeploymentTargets": {"OrganizationalUnitIds": list(units)},
                "Regions": [values["region"] for values in instances.values()],
            }
        ],
        "TemplateURL": "member.yaml"
        if of["template_body"] == (ROOT / "member.yaml").read_text()
        else of["template_body"],
    }


def role(planned, of):
    policies = [
        values
        for address, values in planned.items()
        if address.startswith("aws_iam_role_policy.") and values["role"] == of["name"]
    ]
    return {
        "Description": of["description"],
        "AssumeRolePolicyDocument": json.loads(of["assume_role_policy"]),
        "PermissionsBoundary": of["permissions_boundary"],
        "Policies": [
            {"PolicyName": policy["name"], "PolicyDocument": json.loads(policy["policy"])} for policy in policies
        ],
    }


def managed_policy(planned, of):
    return {"Description": of["description"], "PolicyDocument": json.loads(of["policy"])}


def table(planned, of):
    [encryption] = of["server_side_encryption"]
    [expiry] = of["ttl"]
    # Without a key of the configuration, this is what AWS chooses.
    key = encryption["kms_key_arn"] if encryption["kms_key_arn"].startswith("arn:") else None
    return {
        "BillingMode": of["billing_mode"],
        "DeletionProtectionEnabled": of["deletion_protection_enabled"],
        "AttributeDefinitions": [
            {"AttributeName": one["name"], "AttributeType": one["type"]} for one in of["attribute"]
        ],
        "KeySchema": [
            {"AttributeName": of["hash_key"], "KeyType": "HASH"},
            {"AttributeName": of["range_key"], "KeyType": "RANGE"},
        ],
        "TimeToLiveSpecification": {"AttributeName": expiry["attribute_name"], "Enabled": expiry["enabled"]},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": of["point_in_time_recovery"][0]["enabled"]},
        "SSESpecification": {
            "SSEEnabled": encryption["enabled"],
            **({"SSEType": "KMS", "KMSMasterKeyId": key} if key else {}),
        },
    }


def key(planned, of):
    return {
        "Description": of["description"],
        "EnableKeyRotation": of["enable_key_rotation"],
        "KeyPolicy": json.loads(of["policy"]),
    }


def log_group(planned, of):
    return {"RetentionInDays": of["retention_in_days"], "KmsKeyId": of["kms_key_id"]}


def topic(planned, of):
    return {"DisplayName": of["display_name"], "KmsMasterKeyId": of["kms_master_key_id"]}


def topic_policy(planned, of):
    return {"Topics": [of["arn"]], "PolicyDocument": json.loads(of["policy"])}


def subscription(planned, of):
    return {"TopicArn": of["topic_arn"], "Protocol": of["protocol"], "Endpoint": of["endpoint"]}


def chat(planned, of):
    return {
        "ConfigurationName": of["configuration_name"],
        "IamRoleArn": of["iam_role_arn"],
        "GuardrailPolicies": of["guardrail_policy_arns"],
        "UserRoleRequired": of["user_authorization_required"],
        "LoggingLevel": of["logging_level"],
        "SnsTopicArns": of["sns_topic_arns"],
    }


def slack(planned, of):
    return {**chat(planned, of), "SlackWorkspaceId": of["slack_team_id"], "SlackChannelId": of["slack_channel_id"]}


def teams(planned, of):
    return {
        **chat(planned, of),
        "TeamsTenantId": of["tenant_id"],
        "TeamId": of["team_id"],
        "TeamsChannelId": of["channel_id"],
    }


def alarm(planned, of):
    common = {
        "AlarmDescription": of["alarm_description"],
        "EvaluationPeriods": of["evaluation_periods"],
        "DatapointsToAlarm": of["datapoints_to_alarm"],
        "Threshold": of["threshold"],
        "ComparisonOperator": of["comparison_operator"],
        "TreatMissingData": of["treat_missing_data"],
        "AlarmActions": of["alarm_actions"],
        "OKActions": of["ok_actions"],
    }
    if of["metric_query"]:
        return {**common, "Metrics": [metric_query(query) for query in of["metric_query"]]}
    return {
        **common,
        "Namespace": of["namespace"],
        "MetricName": of["metric_name"],
        "Dimensions": dimensions(of),
        "Statistic": of["statistic"],
        "Period": of["period"],
    }


def dimensions(of):
    return [{"Name": name, "Value": value} for name, value in of["dimensions"].items()]


def metric_query(of):
    if of["expression"]:
        assert of["return_data"]
        return {"Id": of["id"], "Label": of["label"], "Expression": of["expression"]}
    [metric] = of["metric"]
    looked_at = {
        "Namespace": metric["namespace"],
        "MetricName": metric["metric_name"],
        "Dimensions": dimensions(metric),
    }
    stat = {"Metric": looked_at, "Period": metric["period"], "Stat": metric["stat"]}
    return {"Id": of["id"], "ReturnData": bool(of["return_data"]), "MetricStat": stat}


def query(planned, of):
    return {"Name": of["name"], "LogGroupNames": of["log_group_names"], "QueryString": of["query_string"]}


def dashboard(planned, of):
    return {"DashboardName": of["dashboard_name"], "DashboardBody": json.loads(of["dashboard_body"])}


def blind(source):
    return f'aws_cloudwatch_metric_alarm.blind["{source}"]', alarm


def simple(name):
    return f'aws_cloudwatch_metric_alarm.simple["{name}"]', alarm


POLICIES_OF_QUEUES = [f'aws_sqs_queue_policy.targets_and_deliveries["{name}"]' for name in ("targets", "deliveries")]

# Every resource of the template, its counterpart in the module, and what makes the one of the other.
COUNTERPARTS = {
    "Notifier": ("aws_lambda_function.notifier", notifier),
    "Page": ("aws_lambda_function.page[0]", function),
    "PageRole": ("aws_iam_role.page[0]", role),
    "PageLogs": ("aws_cloudwatch_log_group.page[0]", log_group),
    "Silencer": ("aws_lambda_function.silencer[0]", function),
    "SilencerRole": ("aws_iam_role.silencer[0]", role),
    "SilencerLogs": ("aws_cloudwatch_log_group.silencer[0]", log_group),
    "SilenceButton": ("aws_cloudformation_stack.button[0]", in_a_stack("AWS::Chatbot::CustomAction")),
    "ButtonGuardrail": ("aws_iam_policy.button[0]", managed_policy),
    "Settings": ("aws_lambda_layer_version.settings[0]", layer),
    "Tick": ("aws_scheduler_schedule.tick", schedule),
    "RestoreJobChanged": ("aws_cloudwatch_event_rule.restore_job_changed[0]", rule),
    "RestoreJobChangedPermission": ("aws_lambda_permission.restore_job_changed[0]", permission),
    "TargetQueue": ("aws_sqs_queue.targets[0]", queue),
    "DeliveryQueue": ("aws_sqs_queue.deliveries[0]", queue),
    "TargetQueuePolicy": (POLICIES_OF_QUEUES[0], queue_policy(*POLICIES_OF_QUEUES)),
    "TargetMapping": ("aws_lambda_event_source_mapping.targets[0]", mapping),
    "DeliveryMapping": ("aws_lambda_event_source_mapping.deliveries[0]", mapping),
    "MemberEvents": ("aws_cloudformation_stack.member_events[0]", in_a_stack("AWS::Events::EventBusPolicy")),
    "Members": ("aws_cloudformation_stack_set.members[0]", stack_set),
    "DeadLetters": ("aws_sqs_queue.dead_letters", queue),
    "DeadLettersPolicy": ("aws_sqs_queue_policy.dead_letters", queue_policy("aws_sqs_queue_policy.dead_letters")),
    "NotifierRole": ("aws_iam_role.notifier", role),
    "TickRole": ("aws_iam_role.tick", role),
    "StateTable": ("aws_dynamodb_table.state", table),
    "Key": ("aws_kms_key.tidings[0]", key),
    "NotifierLogs": ("aws_cloudwatch_log_group.notifier", log_group),
    "NoticeTopic": ("aws_sns_topic.notices[0]", topic),
    "NoticeTopicPolicy": ("aws_sns_topic_policy.notices[0]", topic_policy),
    "EmailSubscription": ("aws_sns_topic_subscription.email[0]", subscription),
    "AlarmTopic": ("aws_sns_topic.alarms[0]", topic),
    "AlarmTopicPolicy": ("aws_sns_topic_policy.alarms[0]", topic_policy),
    "AlarmEmailSubscription": ("aws_sns_topic_subscription.alarms_email[0]", subscription),
    "Slack": ("aws_chatbot_slack_channel_configuration.slack[0]", slack),
    "Teams": ("aws_chatbot_teams_channel_configuration.teams[0]", teams),
    "ChatRole": ("aws_iam_role.chat[0]", role),
    "RedshiftBlind": blind("redshift"),
    "RedshiftServerlessBlind": blind("redshift-serverless"),
    "BackupBlind": blind("backup"),
    "ReplicationBlind": blind("s3tables-replication"),
    "MaintenanceBlind": blind("s3tables-maintenance"),
    "ExpirationBlind": blind("s3tables-expiration"),
    "BackupJobsBlind": blind("backup-jobs"),
    "BackupCopiesBlind": blind("backup-copies"),
    "ExportsBlind": blind("dynamodb-exports"),
    "ImportsBlind": blind("dynamodb-imports"),
    "Failing": simple("failing"),
    "NoticesWaiting": simple("notices-waiting"),
    "DeadLettersWaiting": simple("dead-letters-waiting"),
    "TargetsMissing": ("aws_cloudwatch_metric_alarm.targets_missing[0]", alarm),
    "TargetsWaiting": simple("targets-waiting"),
    "Slow": simple("slow"),
    "FunctionThrottled": simple("function-throttled"),
    "ApisThrottled": simple("apis-throttled"),
    "WarningsQuery": ("aws_cloudwatch_query_definition.warnings", query),
    "PassesQuery": ("aws_cloudwatch_query_definition.passes", query),
    "TargetsQuery": ("aws_cloudwatch_query_definition.targets[0]", query),
    "Dashboard": ("aws_cloudwatch_dashboard.tidings[0]", dashboard),
}

# What is a property of another resource in CloudFormation.
PARTS = (
    "aws_lambda_function_event_invoke_config.",
    "aws_cloudwatch_event_target.",
    "aws_iam_role_policy.",
    "aws_cloudformation_stack_set_instance.",
    POLICIES_OF_QUEUES[1],
)


def as_cloudformation(planned):
    """The properties of every resource of the module, under the names of template.yaml."""
    found = {
        name: {key: value for key, value in convert(planned, planned[address]).items() if value is not None}
        for name, (address, convert) in COUNTERPARTS.items()
        if address in planned
    }
    addresses = {address for address, _ in COUNTERPARTS.values()}
    return found, {address for address in planned if address not in addresses and not address.startswith(PARTS)}
