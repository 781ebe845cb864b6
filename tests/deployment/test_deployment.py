"""The stack, deployed for real as far as a machine without AWS can: `sam deploy` into an emulator with permissions
enforced, the function running on its schedule, people and programs subscribed.

The tests follow one another: each takes the stack as the one before left it.
"""

import json
import re

import botocore.exceptions
import pytest
from aws import ACCOUNT, REGION
from conftest import FIRST
from processes import eventually
from stack import ROOT, STACK

SOURCES = {"redshift", "redshift-serverless", "backup", "s3tables-replication", "s3tables-maintenance"}
# Ticks out of the way of the tests that invoke by hand.
SECOND = {**FIRST, "PeriodMinutes": "60", "WatchRedshiftServerless": "false", "ProtectTable": "true"}


def test_the_schedule_fires_by_itself(stage):
    """The first pass of every source is a baseline; nobody invoked the function."""

    def baselines():
        return {notice["source"] for notice in stage.everything.notices() if notice["reason"] == "baseline"} >= SOURCES

    eventually("a baseline of every source", baselines, timeout=90)
    assert not stage.gateway.denied
    assert all(notice["account"] == ACCOUNT and notice["region"] == REGION for notice in stage.everything.seen)


def test_the_log_holds_the_metrics_that_the_alarms_look_at(stage):
    def lines():
        return [json.loads(line) for line in stage.stack.logs() if line.startswith("{") and '"_aws"' in line]

    metrics = eventually("a line of metrics for every source", lambda: {line["Source"] for line in lines()} >= SOURCES and lines())
    resources = json.loads(stage.stack.template.read_text())["Resources"]
    alarms = [resource["Properties"] for resource in resources.values() if resource["Type"] == "AWS::CloudWatch::Alarm"]
    looked_at = {alarm["MetricName"] for alarm in alarms if alarm["Namespace"] == "Tidings"}
    assert looked_at == {"OldestPending", "Throttles"}, "of those that the emulator knows"
    body, _ = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    looked_at |= set(re.findall(r'\["Tidings", "(\w+)"', body))
    assert looked_at == {"PassCompleted", "OldestPending", "Throttles", "Errors"}
    for line in metrics:
        assert line["FunctionName"] == stage.stack.function and line["Region"] == REGION
        of_source, of_function = line["_aws"]["CloudWatchMetrics"]
        assert of_source["Namespace"] == of_function["Namespace"] == "Tidings"
        assert [sorted(dimensions) for dimensions in of_source["Dimensions"]] == [["FunctionName", "Region", "Source"]]
        assert of_function["Dimensions"] == [["FunctionName"]]
        names = {metric["Name"] for directive in (of_source, of_function) for metric in directive["Metrics"]}
        assert names == looked_at and names <= set(line)
    assert {line["PassCompleted"] for line in metrics} == {1}


def test_a_second_deploy_with_changed_parameters(stage):
    """Ticks every hour, and one source less: not asked any more, and not permitted either."""
    before = stage.stack.resources()
    assert stage.stack.may("redshift-serverless:ListTableRestoreStatus", "*")
    stage.stack.deploy(**SECOND)
    after = stage.stack.resources()
    for logical in ("StateTable", "NoticeTopic", "Key", "Notifier", "DeadLetters"):
        assert before[logical] == after[logical], f"{logical} was replaced"
    assert set(before) == set(after)
    assert not stage.stack.may("redshift-serverless:ListTableRestoreStatus", "*")
    schedule = stage.aws.client("scheduler").get_schedule(Name=after["Tick"].rsplit("|")[-1].rsplit("/")[-1])
    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    stage.world.forget_calls()
    scopes = eventually("a pass of its own", lambda: passed(stage), timeout=60)
    assert set(scopes) == SOURCES - {"redshift-serverless"}
    assert {scope["coverage"] for scope in scopes.values()} == {"complete"}, scopes
    assert "ListTableRestoreStatus" not in {call["operation"] for call in stage.world.calls()}


def passed(stage):
    """A pass by hand, unless a tick is still at work."""
    try:
        return stage.stack.run_pass()
    except AssertionError:
        return None


def test_what_finishes_and_what_fails_is_told_to_everyone(stage):
    stage.world.at(redshift={"id": "r-1", "status": "SUCCEEDED"})
    stage.world.at(backup={"id": "b-1", "status": "FAILED", "message": "The subnet does not exist."})
    stage.stack.run_pass()
    everything, critical, webhook = stage.everything, stage.critical, stage.webhook
    [completed] = eventually("the end of r-1 in the queue", lambda: everything.told("r-1", "completed"))
    assert (completed["severity"], completed["from"], completed["to"]) == ("info", "running", "completed")
    [failed] = eventually("the failure of b-1 in the queue", lambda: everything.told("b-1", "failed"))
    assert (failed["severity"], failed["message"]) == ("critical", "The subnet does not exist.")
    eventually("the failure of b-1 at the filtered queue", lambda: critical.told("b-1", "failed"))
    assert {notice["severity"] for notice in critical.seen} == {"critical"}, "the filter policy lets nothing else through"
    over_http = eventually(
        "both at the webhook", lambda: {notice["subject"] for notice in webhook.notices()} >= {"r-1", "b-1"} and webhook.notices()
    )
    assert failed["id"] in {notice["id"] for notice in over_http}, "one id in every copy"


def test_the_filter_policies_of_the_documentation_let_through_what_they_say(stage):
    """What everyone got is sorted by docs/subscriptions.md's three policies; the one above is only criticals."""
    everything = {notice["id"]: notice for notice in stage.everything.notices()}
    of_backup = {id for id, notice in everything.items() if notice["source"] == "backup"}
    assert of_backup and len(of_backup) < len(everything)

    def ids(queue):
        return {notice["id"] for notice in queue.notices()}

    eventually("what concerns backup", lambda: ids(stage.of_backup) >= of_backup)
    assert ids(stage.of_backup) == of_backup, "one source and no other"
    eventually("what concerns this region", lambda: ids(stage.of_here) >= set(everything))
    assert ids(stage.of_elsewhere) == set(), "nothing comes from there"
    critical = {id for id, notice in everything.items() if notice["severity"] == "critical"}
    assert ids(stage.critical) == critical


def test_the_table_holds_the_state(stage):
    items = stage.stack.items()
    scopes = {pk for pk, _ in items}
    assert scopes == {f"{source}/{ACCOUNT}/{REGION}" for source in SOURCES}
    item = items[(f"backup/{ACCOUNT}/{REGION}", "b-1")]
    assert "failed" in json.dumps(item), item
    assert "expires_at" in item, "a finished job is forgotten some day"
    assert "expires_at" not in items[(f"backup/{ACCOUNT}/{REGION}", "b-2")], "an unfinished one is not"
    waiting = {key: item["outbox"] for key, item in items.items() if item.get("outbox", {"M": {}}) != {"M": {}}}
    assert not waiting, "every notice was accepted"


def test_nothing_is_told_twice(stage):
    scopes = stage.stack.run_pass()
    assert {scope["noticed"] + scope["published"] for scope in scopes.values()} == {0}, scopes
    ids = [notice["id"] for notice in stage.everything.notices()]
    assert ids and len(ids) == len(set(ids))


def test_a_backup_event_reaches_the_function(stage):
    """No tick is near: what is told of b-2 is told because of the event.

    Only AWS may send in the name of aws.backup, in the emulator too. So the deployed rule is held against a sample of
    AWS's event, then told to take the test's word as well and to hand on that sample.
    """
    events = stage.aws.client("events")
    name = stage.stack.resources()["RestoreJobChanged"].rsplit("|")[-1]
    pattern = json.loads(events.describe_rule(Name=name)["EventPattern"])
    sample = json.loads((ROOT / "events" / "backup-restore-job-failed.json").read_text())
    assert events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(sample))["Result"]
    [target] = events.list_targets_by_rule(Rule=name)["Targets"]

    stage.world.at(backup={"id": "b-2", "status": "COMPLETED"})
    stage.world.forget_calls()
    sample["detail"]["restoreJobId"] = "b-2"
    events.put_rule(Name=name, EventPattern=json.dumps({**pattern, "source": ["aws.backup", "tests"]}))
    events.put_targets(Rule=name, Targets=[{**target, "Input": json.dumps(sample)}])
    entry = {"Source": "tests", "DetailType": sample["detail-type"], "Detail": json.dumps(sample["detail"])}
    answer = events.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer
    # The event says that the job failed. The job itself says otherwise, and it is the job that is believed.
    eventually("the end of b-2 in the queue", lambda: stage.everything.told("b-2", "completed"))
    assert not stage.everything.told("b-2", "failed")
    asked = [call["operation"] for call in stage.world.calls()]
    assert asked == ["DescribeRestoreJob"], "the job is fetched, alone"


def test_the_topic_takes_nothing_without_tls(stage):
    topic = stage.stack.outputs["TopicArn"]
    with pytest.raises(botocore.exceptions.ClientError, match="AuthorizationError|AccessDenied"):
        stage.aws.client("sns", tls=False).publish(TopicArn=topic, Message="in the clear")


def test_a_failed_invocation_is_kept(stage):
    event = {"nobody": "understands this"}
    client = stage.aws.client("lambda")
    client.invoke(FunctionName=stage.stack.function, InvocationType="Event", Payload=json.dumps(event).encode())
    sqs = stage.aws.client("sqs")

    def record():
        received = sqs.receive_message(QueueUrl=stage.stack.outputs["DeadLettersUrl"], MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]

    [letter] = eventually("the failed invocation among the dead letters", record)
    assert letter["requestPayload"] == event
    config = client.get_function_event_invoke_config(FunctionName=stage.stack.function, Qualifier="$LATEST")
    assert config["MaximumRetryAttempts"] == 0, "the next tick is the retry"
    assert letter["responsePayload"]["errorType"] == "Tidings.UnknownEvent"


@pytest.mark.parametrize(
    ("source", "sid", "action"),
    [
        ("redshift", "Redshift", "redshift:DescribeTableRestoreStatus"),
        ("backup", "Backup", "backup:ListRestoreJobs"),
        ("s3tables-replication", "S3TablesReplication", "s3tables:GetTableReplicationStatus"),
        ("s3tables-maintenance", "S3TablesMaintenance", "s3tables:GetTableMaintenanceJobStatus"),
    ],
)
def test_without_its_statement_exactly_one_source_is_unreachable(stage, source, sid, action):
    iam = stage.aws.client("iam")
    role = stage.stack.role_arn().rsplit("/")[-1]
    whole = iam.get_role_policy(RoleName=role, PolicyName="sources")["PolicyDocument"]
    rest = [statement for statement in whole["Statement"] if statement["Sid"] != sid]
    assert len(rest) == len(whole["Statement"]) - 1

    def put(document):
        iam.put_role_policy(RoleName=role, PolicyName="sources", PolicyDocument=json.dumps(document))

    known = {notice["id"] for notice in stage.everything.notices()}
    put({**whole, "Statement": rest})
    try:
        for _ in range(3):
            scopes = stage.stack.run_pass()
            errors = {name: scope["error"] for name, scope in scopes.items() if scope["error"]}
            assert set(errors) == {source}, "the others are read as ever"
            assert (errors[source]["kind"], errors[source]["action"]) == ("denied", action)
    finally:
        put(whole)

    def new(reason):
        return [notice for notice in stage.everything.notices() if notice["id"] not in known and notice["reason"] == reason]

    [unreachable] = eventually(f"{source} told as unreachable", lambda: new("unreachable"))
    assert (unreachable["source"], unreachable["attributes"]["missing_action"]) == (source, action)
    stage.stack.run_pass()
    [reachable] = eventually(f"{source} told as reachable again", lambda: new("reachable"))
    assert reachable["source"] == source


def test_the_alarms_and_the_dashboard_are_there(stage):
    resources = stage.stack.resources()
    cloudwatch = stage.aws.client("cloudwatch")
    alarms = {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    ours = {name for logical, name in resources.items() if logical.endswith(("Blind", "Failing", "Waiting", "Slow", "Throttled"))}
    assert ours == set(alarms) and len(alarms) == 6
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [stage.stack.outputs["AlarmTopicArn"]], name
        assert len(alarm["AlarmDescription"]) > 80, name
    body = cloudwatch.get_dashboard(DashboardName=resources["Dashboard"])["DashboardBody"]
    assert "${" not in body and stage.stack.function in body
    assert len(json.loads(body)["widgets"]) == 12


def test_the_page_answers_and_can_only_read(stage):
    """What CloudWatch does with the custom widget of the dashboard."""
    resources = stage.stack.resources()
    page, table, topic = resources["Page"], table_arn(stage), stage.stack.outputs["TopicArn"]
    assert stage.stack.outputs["PageFunctionArn"].endswith(f":function:{page}")
    for action, on in (("dynamodb:Scan", table), ("dynamodb:Query", table), ("dynamodb:GetItem", table)):
        assert stage.stack.may(action, on, page), action
    for action, on in (("dynamodb:UpdateItem", table), ("sns:Publish", topic), ("backup:ListRestoreJobs", "*")):
        assert stage.stack.may(action, on) and not stage.stack.may(action, on, page), action
    before = stage.stack.items()
    described = stage.stack.invoke(sample("widget-describe.json"), page)
    assert isinstance(described, str) and "tidings" in described
    html = stage.stack.invoke(sample("widget.json"), page)
    assert isinstance(html, str) and html.lstrip().startswith("<")
    assert "b-1" in html, "what failed is on the page"
    assert not re.search(r"<(script|iframe|use)\b", html), "CloudWatch takes these away"
    assert stage.stack.items() == before


def test_the_button_silences_and_does_nothing_else(stage):
    """The event is what the button sends: the key Silence of the notice in the channel."""
    resources = stage.stack.resources()
    silencer, table = resources["Silencer"], table_arn(stage)
    assert re.fullmatch(r"tidings-silence-[0-9a-f]{8}", silencer)
    allowed = json.loads(stage.stack.template.read_text())["Resources"]["SilencerRole"]["Properties"]["Policies"][0]
    [silences] = [one for one in allowed["PolicyDocument"]["Statement"] if one.get("Sid") == "Silences"]
    changed = set(silences["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"])
    others = [("sns:Publish", stage.stack.outputs["TopicArn"]), ("backup:ListRestoreJobs", "*"), ("dynamodb:Query", table)]
    for action, on in others:
        assert stage.stack.may(action, on) and not stage.stack.may(action, on, silencer), action
    job = {"bucket": "lake", "namespace": "sales", "name": "orders", "job": "icebergCompaction"}
    stage.world.at(maintenance={**job, "status": "Failed", "message": "no access"})
    stage.stack.run_pass()

    def failures():
        return [
            notice
            for notice in stage.everything.notices()
            if (notice["source"], notice["reason"]) == ("s3tables-maintenance", "failed")
        ]

    [failed] = eventually("the failure of the job", failures)
    reason = "silenced from chat"
    stage.gateway.updates.clear()
    event = {"command": "silence", "notice_id": failed["id"], "for": "24h", "reason": reason}
    assert isinstance(stage.stack.invoke(event, silencer), dict)
    [silenced] = [key for key, item in stage.stack.items().items() if reason in json.dumps(item.get("facets", {}))]
    assert silenced[1] == failed["subject"]
    stage.stack.invoke({"command": "unsilence", "notice_id": failed["id"]}, silencer)
    assert not [key for key, item in stage.stack.items().items() if reason in json.dumps(item.get("facets", {}))]
    # AWS refuses an update of other attributes. A silence needs no others, but a pass does from its first update on.
    assert set().union(*stage.gateway.updates) == changed
    stage.gateway.updates.clear()
    stage.stack.run_pass("backup")
    assert not stage.gateway.updates[0] <= changed


def table_arn(stage):
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{stage.stack.outputs['TableName']}"


def sample(name):
    return json.loads((ROOT / "events" / name).read_text())


def test_many_targets_are_switched_on_and_off(stage):
    """test_targets.py looks at what they do."""
    role = "arn:aws:iam::200000000001:role/tidings-reader"
    before = stage.stack.resources()
    assert not stage.stack.may("sts:AssumeRole", role) and "TargetQueue" not in before
    stage.stack.deploy(**SECOND, Targets="many")
    resources = stage.stack.resources()
    assert {name for name in resources if name not in before} >= {"TargetQueue", "DeliveryQueue", "TargetMapping", "TargetsWaiting"}
    assert stage.stack.may("sts:AssumeRole", role)
    cloudwatch = stage.aws.client("cloudwatch")
    body = cloudwatch.get_dashboard(DashboardName=resources["Dashboard"])["DashboardBody"]
    assert "${" not in body
    titles = [widget["properties"].get("title") for widget in json.loads(body)["widgets"]]
    assert len(titles) == 17 and titles[5:10] == [
        "Scopes in all accounts and regions",
        "Age of the oldest complete read",
        "Scopes by source and region",
        "Messages in the queues",
        "Age of the oldest message",
    ]
    queue = resources["TargetQueue"].rsplit("/")[-1]
    assert queue and f'"QueueName", "{queue}"' in body
    stage.stack.deploy(**SECOND, Targets="home")
    assert set(stage.stack.resources()) == set(before)
    assert not stage.stack.may("sts:AssumeRole", role)


def test_sam_delete_leaves_the_table_and_its_key(stage):
    resources = stage.stack.resources()
    table = stage.stack.outputs["TableName"]
    stage.stack.delete()
    stacks = stage.aws.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])
    assert STACK not in {stack["StackName"] for stack in stacks["StackSummaries"]}
    kept = stage.aws.client("dynamodb").describe_table(TableName=table)["Table"]
    assert kept["ItemCount"] > 0 and kept["DeletionProtectionEnabled"]
    assert stage.aws.client("kms").describe_key(KeyId=resources["Key"])["KeyMetadata"]["Enabled"]
    assert stage.aws.client("dynamodb").list_tables()["TableNames"] == [table]
    client = stage.aws.client
    assert client("sns").list_topics()["Topics"] == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("scheduler").list_schedules()["Schedules"] == []
    assert client("events").list_rules()["Rules"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert client("cloudwatch").list_dashboards()["DashboardEntries"] == []
    assert {url.rsplit("/")[-1] for url in client("sqs").list_queues()["QueueUrls"]} == {
        "everything",
        "critical",
        "of-backup",
        "of-here",
        "of-elsewhere",
    }
    assert resources["NotifierRole"] not in {role["RoleName"] for role in client("iam").list_roles()["Roles"]}
