"""What protects the data and the ways in, where the emulator of the deployment test cannot show it: keys, dead letters,
trust, what outlives the stack."""

from conftest import choices

KEY = {"Fn::If": ["MakesKey", {"Fn::GetAtt": ["Key", "Arn"]}, {"Ref": "KmsKey"}]}


def statements(policy):
    """By Sid, whatever their condition."""
    found = [choice for statement in policy["Statement"] for choice in choices(statement)]
    assert all(statement.get("Sid") for statement in found)
    return {statement["Sid"]: statement for statement in found}


def test_only_what_is_known_and_its_key_outlive_the_stack(resources):
    kept = {name for name, resource in resources.items() if resource.get("DeletionPolicy", "Delete") != "Delete"}
    assert kept == {"StateTable", "Key"}
    assert all(resources[name]["UpdateReplacePolicy"] == "Retain" for name in kept)
    table = resources["StateTable"]["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_a_first_deployment_that_fails_leaves_nothing(template, resources):
    """Whatever a roll-back finds it deletes, and nothing refuses to be deleted."""
    for name, resource in resources.items():
        assert resource.get("DeletionPolicy", "Delete") in {"Delete", "RetainExceptOnCreate"}, name
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            assert resource["Properties"]["RetentionPolicy"] == "Delete", name
    protection = {
        name: value
        for name, resource in resources.items()
        for key, value in resource["Properties"].items()
        if "protection" in key.lower()
    }
    assert protection == {"StateTable": {"Fn::If": ["ProtectsTable", True, False]}}
    assert template["Conditions"]["ProtectsTable"] == {"Fn::Equals": [{"Ref": "ProtectTable"}, "true"]}
    assert template["Parameters"]["ProtectTable"]["Default"] == "false"


def test_everything_is_encrypted_with_the_chosen_key(resources):
    assert choices(resources["StateTable"]["Properties"]["SSESpecification"]) == [
        {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY},
        {"SSEEnabled": True},
    ]
    chosen = choices(KEY)
    assert choices(resources["NoticeTopic"]["Properties"]["KmsMasterKeyId"]) == [*chosen, "alias/aws/sns"]
    assert choices(resources["AlarmTopic"]["Properties"]["KmsMasterKeyId"]) == chosen
    for name in ("NotifierLogs", "PageLogs", "SilencerLogs"):
        assert choices(resources[name]["Properties"]["KmsKeyId"]) == chosen
    assert resources["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] is True
    assert resources["Key"]["Properties"]["EnableKeyRotation"] is True


def test_the_key_serves_the_function_the_alarms_the_logs_and_the_chat(resources):
    policy = statements(resources["Key"]["Properties"]["KeyPolicy"])
    principals = {sid: statement["Principal"] for sid, statement in policy.items()}
    assert principals == {
        "Account": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
        "Alarms": {"Service": "cloudwatch.amazonaws.com"},
        "Logs": {"Service": {"Fn::Sub": "logs.${AWS::Region}.${AWS::URLSuffix}"}},
        "AmazonQ": {"Service": "chatbot.amazonaws.com"},
    }
    for sid in ("Alarms", "AmazonQ"):
        assert policy[sid]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    role = resources["NotifierRole"]["Properties"]["Policies"][1]["PolicyDocument"]
    of_role = statements(role)["Key"]
    assert of_role["Resource"] == KEY
    assert of_role["Condition"]["StringEquals"]["kms:ViaService"] == [
        {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"},
        {"Fn::Sub": "sns.${AWS::Region}.${AWS::URLSuffix}"},
    ]


def test_rules_may_send_to_the_topics_that_are_named_and_to_no_others(template, resources):
    """As the role may for its own topic and key, and only if there are such."""
    role = resources["NotifierRole"]["Properties"]["Policies"][1]["PolicyDocument"]
    listed = {"FurtherNotices": ("FurtherTopicArns", "HasFurtherTopics"), "FurtherKeys": ("FurtherTopicKeyArns", "HasFurtherKeys")}
    for sid, (parameter, condition) in listed.items():
        statement = statements(role)[sid]
        assert template["Parameters"][parameter]["Type"] == "CommaDelimitedList"
        assert template["Conditions"][condition] == {
            "Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": parameter}]}, ""]}]
        }
        assert statement["Resource"] == {"Ref": parameter}
        [written] = [choice for choice in role["Statement"] if statement in choices(choice)]
        assert written == {"Fn::If": [condition, statement, {"Ref": "AWS::NoValue"}]}
    assert statements(role)["FurtherNotices"]["Action"] == statements(role)["Notices"]["Action"] == "sns:Publish"
    keys = statements(role)["FurtherKeys"]
    assert keys["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert keys["Condition"] == {"StringEquals": {"kms:ViaService": {"Fn::Sub": "sns.${AWS::Region}.${AWS::URLSuffix}"}}}


def test_what_is_lost_anywhere_lands_among_the_dead_letters(resources):
    letters = {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    assert resources["Tick"]["Properties"]["Target"]["DeadLetterConfig"] == {"Arn": letters}
    [target] = resources["RestoreJobChanged"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": letters}
    on_failure = resources["Notifier"]["Properties"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert on_failure == {"Type": "SQS", "Destination": letters}
    # Who puts them there: the function's role, the schedule's role, and EventBridge through the queue's policy.
    tick = statements(resources["TickRole"]["Properties"]["Policies"][0]["PolicyDocument"])
    notifier = statements(resources["NotifierRole"]["Properties"]["Policies"][1]["PolicyDocument"])
    queue = statements(resources["DeadLettersPolicy"]["Properties"]["PolicyDocument"])
    for statement in (tick["UndeliveredTicks"], notifier["FailedInvocations"], queue["UndeliveredEvents"]):
        assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", "sqs:SendMessage", letters)
    assert queue["UndeliveredEvents"]["Condition"]["ArnEquals"] == {
        "aws:SourceArn": {"Fn::GetAtt": ["RestoreJobChanged", "Arn"]}
    }


def test_the_next_tick_is_the_retry(resources):
    assert resources["Tick"]["Properties"]["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert resources["Notifier"]["Properties"]["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


def test_nothing_is_said_without_tls(resources):
    for name, action in (("NoticeTopicPolicy", "sns:Publish"), ("AlarmTopicPolicy", "sns:Publish"), ("DeadLettersPolicy", "sqs:*"), ("TargetQueuePolicy", "sqs:*")):
        denied = statements(resources[name]["Properties"]["PolicyDocument"])["TlsOnly"]
        assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", action)
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_roles_are_bounded_and_trust_one_service_each(resources):
    roles = {name: role["Properties"] for name, role in resources.items() if role["Type"] == "AWS::IAM::Role"}
    trusted = {}
    for name, role in roles.items():
        [trust] = role["AssumeRolePolicyDocument"]["Statement"]
        trusted[name] = trust["Principal"]["Service"]
        assert role["PermissionsBoundary"]["Fn::If"][:2] == ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}]
        # Lambda has no source account when it assumes a role.
        if trust["Principal"]["Service"] != "lambda.amazonaws.com":
            assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert "ManagedPolicyArns" not in role
    assert trusted == {
        "NotifierRole": "lambda.amazonaws.com",
        "PageRole": "lambda.amazonaws.com",
        "SilencerRole": "lambda.amazonaws.com",
        "TickRole": "scheduler.amazonaws.com",
        "ChatRole": "chatbot.amazonaws.com",
    }


def test_chat_can_read_and_press_the_button_if_there_is_one(resources):
    """tests/template/test_page_and_button.py looks at the button."""
    for name in ("Slack", "Teams"):
        chat = resources[name]["Properties"]
        assert chat["GuardrailPolicies"] == [
            {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/CloudWatchReadOnlyAccess"},
            {"Fn::If": ["HasButton", {"Ref": "ButtonGuardrail"}, {"Ref": "AWS::NoValue"}]},
        ]
        assert chat["SnsTopicArns"] == resources["Slack"]["Properties"]["SnsTopicArns"]
    graphs = statements(resources["ChatRole"]["Properties"]["Policies"][0]["PolicyDocument"])["Graphs"]
    assert all(action.split(":")[1].startswith(("Describe", "Get")) for action in graphs["Action"])


def test_everything_that_can_be_tagged_is(resources):
    untaggable = {
        "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Events::Rule", "AWS::Lambda::Permission",
        "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule",
        "AWS::Serverless::LayerVersion", "AWS::Logs::QueryDefinition", "AWS::Events::EventBusPolicy",
        "AWS::IAM::ManagedPolicy",
    }  # fmt: skip
    for name, resource in resources.items():
        if resource["Type"] not in untaggable:
            assert resource["Properties"]["Tags"] in ([{"Key": "app", "Value": "tidings"}], {"app": "tidings"}), name


def test_every_waived_check_has_a_reason(template, resources):
    waived = [
        (name, waiver["id"])
        for name, resource in resources.items()
        for waiver in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
        if len(waiver["comment"]) > 40
    ]
    assert sorted(waived) == [
        ("DeadLetters", "CKV_AWS_27"),
        ("DeliveryQueue", "CKV_AWS_27"),
        *((name, f"CKV_AWS_{id}") for name in ("Notifier", "Page", "Silencer") for id in (115, 116, 117, 173)),
        ("StateTable", "CKV_AWS_119"),
        ("TargetQueue", "CKV_AWS_27"),
    ]
    assert template["Metadata"]["cfn-lint"]["config"]["ignore_checks"] == ["W1030"]
