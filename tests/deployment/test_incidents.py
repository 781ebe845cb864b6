"""The dispatcher of integrations/incidents.yaml, run by the emulator: which requests a message becomes for each tool.

The emulator knows no HTTP tasks and no pipes from queues. So the state machine of the template gets its messages from the
test, in the form that a pipe gives them, and sends its requests to a queue. No binary is needed.
"""

import json
import sys
from types import SimpleNamespace

import pytest
from aws import ACCOUNT, REGION, emulator
from cfnlint.decode import decode
from processes import eventually, free_port
from stack import ROOT

sys.path.append(str(ROOT / "tests" / "terraform"))

from evaluation import Template  # noqa: E402

URL = "https://tool.example.com/events"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:key-a1b2c3"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
ONE, OTHER = "6f1c2a7e-3b58-5d94-8a0e-1c9d7f2b4e63", "0d9c8b7a-6f5e-5d4c-8b2a-190817263544"


def definition(queue_url, dead_letters_url, **parameters):
    """The definition in the template, but for the task that sends a request: it sends the body to a queue."""
    template, mistakes = decode(str(ROOT / "integrations" / "incidents.yaml"))
    assert not mistakes
    references = {
        **{(name, "Ref"): value for name, value in PSEUDO.items()},
        ("DeadLetters", "Ref"): dead_letters_url,
        ("Connection", "Arn"): "the connection",
        ("DispatcherRole", "Arn"): "the role",
    }
    given = {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:notices", "Url": URL, "KeySecretArn": SECRET, **parameters}
    evaluated = Template(template, given, references)
    assert not evaluated.refuses()
    found = evaluated.value(template["Resources"]["Dispatcher"]["Properties"])["Definition"]
    send = found["States"]["Each notice"]["ItemProcessor"]["States"]["Send"]
    assert send["Resource"] == "arn:aws:states:::http:invoke"
    arguments = send["Arguments"]
    assert (arguments["ApiEndpoint"], arguments["Method"]) == (URL, "POST")
    assert arguments["Authentication"] == {"ConnectionArn": "the connection"}
    send["Resource"] = "arn:aws:states:::sqs:sendMessage"
    send["Arguments"] = {"QueueUrl": queue_url, "MessageBody": arguments["RequestBody"]}
    return found


def notice(**changed):
    """A notice with every key that the schema wants, and those that incidents need."""
    found = {
        "id": "11111111-2222-5333-8444-555555555555",
        "reason": "failed",
        "severity": "critical",
        "source": "backup",
        "account": ACCOUNT,
        "region": REGION,
        "subject": "b-1",
        "facet": "restore",
        "title": "Restore of an RDS instance failed",
        "from": "running",
        "to": "failed",
        "aws_status": "FAILED",
        "message": 'The subnet "private-1" does not exist.',
        "progress": None,
        "first_seen_at": "2026-03-02T06:31:09Z",
        "changed_at": "2026-03-02T06:47:31Z",
        "observed_at": "2026-03-02T06:50:00Z",
        "run": None,
        "links": {"console": "https://console.aws.amazon.com/backup"},
        "attributes": {"resource_type": "RDS"},
        "incident_key": ONE,
        "event_action": "trigger",
        **changed,
    }
    schema = json.loads((ROOT / "schemas" / "tidings.notices.v1.json").read_text())
    wanted = schema["$defs"]["data"]["else"]["properties"]["notices"]["items"]["required"]
    assert set(wanted) <= set(found)
    return found


RECOVERED = {"reason": "recovered", "severity": "info", "title": "Compaction works again", "event_action": "resolve"}


def message(*notices, **data):
    return {"specversion": "1.0", "type": "tidings.notices.v1", "data": {"summary": {}, "notices": list(notices), **data}}


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    port = free_port()
    with emulator(port, f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("incidents")) as aws:
        trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
        everything = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
        iam = aws.client("iam")
        role = iam.create_role(RoleName="dispatcher", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
        policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        iam.put_role_policy(RoleName="dispatcher", PolicyName="queues", PolicyDocument=policy)
        sqs = aws.client("sqs")
        urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("requests", "dead-letters")]
        yield SimpleNamespace(aws=aws, role=role["Role"]["Arn"], requests=urls[0], dead_letters=urls[1])


def received(account, url):
    sqs, found = account.aws.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for one in messages:
            found.append(json.loads(one["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def dispatched(account, said, to=None, **parameters):
    """The requests, and what lands among the dead letters."""
    states = account.aws.client("stepfunctions")
    text = json.dumps(definition(to or account.requests, account.dead_letters, **parameters))
    machine = states.create_state_machine(name="dispatcher", definition=text, roleArn=account.role)["stateMachineArn"]
    try:
        execution = states.start_execution(stateMachineArn=machine, input=json.dumps([said]))["executionArn"]

        def ended():
            found = states.describe_execution(executionArn=execution)
            return found if found["status"] != "RUNNING" else None

        end = eventually("the end of the execution", ended)
        assert end["status"] == "SUCCEEDED", end
    finally:
        states.delete_state_machine(stateMachineArn=machine)
        eventually("the state machine is gone", lambda: not states.list_state_machines()["stateMachines"])
    return received(account, account.requests), received(account, account.dead_letters)


def test_a_failure_opens_an_incident_in_pagerduty(account):
    failed = notice()
    requests, lost = dispatched(account, message(failed), Tool="pagerduty")
    assert lost == []
    assert requests == [
        {
            "event_action": "trigger",
            "dedup_key": ONE,
            "client": "tidings",
            "links": [{"href": "https://console.aws.amazon.com/backup", "text": "AWS console"}],
            "payload": {
                "summary": "Restore of an RDS instance failed",
                "source": "b-1",
                "severity": "critical",
                "custom_details": failed,
            },
        }
    ]


def test_each_notice_of_a_digest_is_an_event_of_its_own(account):
    """The end of what failed resolves, what is no incident is not sent, and the order stays."""
    notices = [
        notice(),
        notice(id="2", reason="completed", severity="info", event_action="info"),
        notice(id="3", subject="orders", incident_key=OTHER, links={"console": None}, message=None),
        notice(id="4", subject="orders", incident_key=OTHER, **RECOVERED),
    ]
    requests, lost = dispatched(account, message(*notices), Tool="pagerduty")
    assert lost == []
    assert [(one["event_action"], one["dedup_key"]) for one in requests] == [("trigger", ONE), ("trigger", OTHER), ("resolve", OTHER)]
    assert requests[1]["links"] == []


def test_what_pagerduty_demands_of_an_event(account):
    """https://github.com/PagerDuty/api-schema, reference/events-v2, for the fields. It has no limits of their lengths."""
    requests, _ = dispatched(account, message(notice(title="x" * 3000), notice(severity="warning")), Tool="pagerduty", TriggerSeverities="critical,warning")
    assert len(requests) == 2
    for one in requests:
        assert one["event_action"] in ("trigger", "acknowledge", "resolve") and len(one["dedup_key"]) <= 255
        assert {"summary", "source", "severity"} <= set(one["payload"]) and len(one["payload"]["summary"]) <= 1024
        assert one["payload"]["severity"] in ("critical", "error", "warning", "info")


def test_a_warning_opens_an_incident_only_if_asked_to_and_is_resolved_all_the_same(account):
    said = message(notice(severity="warning", reason="lagging"), notice(**RECOVERED))
    requests, lost = dispatched(account, said, Tool="pagerduty")
    assert ([one["event_action"] for one in requests], lost) == (["resolve"], [])
    requests, _ = dispatched(account, said, Tool="pagerduty", TriggerSeverities="critical,warning")
    assert [one["event_action"] for one in requests] == ["trigger", "resolve"]


def test_what_the_notices_have_in_common_counts_for_each(account):
    """A digest that was shortened says it once (docs/subscriptions.md)."""
    short = [{"id": str(number), "subject": f"b-{number}", "title": "failed", "incident_key": key, "event_action": "trigger"} for number, key in enumerate((ONE, OTHER))]
    requests, lost = dispatched(account, message(*short, shared={"severity": "warning", "source": "backup"}), Tool="pagerduty", TriggerSeverities="warning")
    assert lost == []
    assert [(one["payload"]["source"], one["payload"]["severity"]) for one in requests] == [("b-0", "warning"), ("b-1", "warning")]
    assert all(one["payload"]["custom_details"]["source"] == "backup" and one["links"] == [] for one in requests)


def test_a_notice_without_a_key_is_kept_among_the_dead_letters(account):
    """On a topic that accepts a few kilobytes, a notice may have no more than this."""
    bare = {"id": "1", "subject": "b-1", "title": "failed"}
    requests, lost = dispatched(account, message(bare, notice()), Tool="pagerduty")
    assert lost == [bare] and len(requests) == 1


def test_what_the_tool_refuses_is_kept_with_the_error(account):
    """Without a retry. And the next notice has its turn."""
    requests, lost = dispatched(account, message(notice(), notice(**RECOVERED)), to=f"{account.requests}-gone", Tool="pagerduty")
    assert requests == [] and [one["notice"] for one in lost] == [notice(), notice(**RECOVERED)]
    assert all(one["error"]["Error"] for one in lost)


def test_incident_io(account):
    """https://docs.incident.io/api-reference/alert-events-v2/createhttp"""
    failed, recovered = notice(), notice(links={"console": None}, message=None, **RECOVERED)
    requests, lost = dispatched(account, message(failed, recovered), Tool="incident-io")
    assert lost == []
    assert requests == [
        {
            "status": "firing",
            "deduplication_key": ONE,
            "title": failed["title"],
            "description": failed["message"],
            "metadata": failed,
            "source_url": "https://console.aws.amazon.com/backup",
        },
        {
            "status": "resolved",
            "deduplication_key": ONE,
            "title": recovered["title"],
            "description": recovered["title"],
            "metadata": recovered,
        },
    ]


def test_grafana(account):
    """https://grafana.com/docs/grafana-cloud/alerting-and-irm/irm/configure/integrations/webhooks/incoming-webhooks"""
    requests, lost = dispatched(account, message(notice(), notice(links={"console": None}, **RECOVERED)), Tool="grafana", KeySecretArn="")
    assert lost == []
    assert requests == [
        {
            "alert_uid": ONE,
            "state": "alerting",
            "title": "Restore of an RDS instance failed",
            "message": 'The subnet "private-1" does not exist.',
            "link_to_upstream_details": "https://console.aws.amazon.com/backup",
        },
        {
            "alert_uid": ONE,
            "state": "ok",
            "title": "Compaction works again",
            "message": 'The subnet "private-1" does not exist.',
            "link_to_upstream_details": "",
        },
    ]
