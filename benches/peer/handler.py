"""What a competent team would write with boto3: the same five status APIs, the same table, the same topic.

Clients live as long as the process, listings go through paginators, status calls through a thread pool, state is read
with one paginated query per scope and written in batches, messages are sent ten at a time. It makes tidings' promises
where they cost nothing and leaves out those that cost something: no lease, no outbox, no baseline notice, no vanished
subjects; what it has sent and not written down it sends again.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

TABLE = os.environ["TIDINGS_TABLE_NAME"]
TOPIC = os.environ["TIDINGS_TOPIC_ARN"]
THREADS = 32
FAILED = {"failed", "aborted", "timed_out"}

config = Config(max_pool_connections=THREADS, retries={"mode": "adaptive", "total_max_attempts": 4})
session = boto3.Session()
redshift, serverless, backup, s3tables, dynamodb, sns = (
    session.client(name, config=config)
    for name in ("redshift", "redshift-serverless", "backup", "s3tables", "dynamodb", "sns")
)
pool = ThreadPoolExecutor(THREADS)
to_item, from_item = TypeSerializer().serialize, TypeDeserializer().deserialize
known = {}  # scope -> {subject: facets}, kept from one invocation to the next


def pages(client, operation, key, **arguments):
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def read_redshift():
    restores = pages(redshift, "describe_table_restore_status", "TableRestoreStatusDetails", PaginationConfig={"PageSize": 100})
    return {r["TableRestoreRequestId"]: {"restore": r["Status"]} for r in restores}


def read_serverless():
    restores = pages(serverless, "list_table_restore_status", "tableRestoreStatuses", PaginationConfig={"PageSize": 100})
    return {r["tableRestoreRequestId"]: {"restore": r["status"]} for r in restores}


def read_backup():
    found = {}
    for job in pages(backup, "list_restore_jobs", "RestoreJobs", PaginationConfig={"PageSize": 1000}):
        names = {"Status": "restore", "ValidationStatus": "validation", "DeletionStatus": "deletion"}
        found[job["RestoreJobId"]] = {facet: job[name] for name, facet in names.items() if name in job}
    return found


def tables():
    found = []
    for bucket in pages(s3tables, "list_table_buckets", "tableBuckets", PaginationConfig={"PageSize": 1000}):
        for table in pages(s3tables, "list_tables", "tables", tableBucketARN=bucket["arn"], PaginationConfig={"PageSize": 1000}):
            found.append((bucket["arn"], table["namespace"][0], table["name"], table["tableARN"]))
    return found


def replication(table):
    try:
        answer = s3tables.get_table_replication_status(tableArn=table[3])
    except s3tables.exceptions.NotFoundException:
        return table[3], {}
    return table[3], {d["destinationTableBucketArn"]: d["replicationStatus"] for d in answer.get("destinations", [])}


def maintenance(table):
    answer = s3tables.get_table_maintenance_job_status(tableBucketARN=table[0], namespace=table[1], name=table[2])
    return table[3], {job: f"{state['status']} {state.get('lastRunTimestamp', '')}" for job, state in answer["status"].items()}


def load(scope):
    if scope not in known:
        found = pages(
            dynamodb, "query", "Items", TableName=TABLE, ConsistentRead=True, KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": scope}},
        )
        known[scope] = {item["sk"]["S"]: from_item(item["facets"]) for item in found if "facets" in item}
    return known[scope]


def store(scope, changes):
    batches = [changes[start : start + 25] for start in range(0, len(changes), 25)]

    def write(batch):
        requests = [
            {"PutRequest": {"Item": {"pk": {"S": scope}, "sk": {"S": subject}, "facets": to_item(facets)}}}
            for subject, facets in batch
        ]
        while requests:
            answer = dynamodb.batch_write_item(RequestItems={TABLE: requests})
            requests = answer.get("UnprocessedItems", {}).get(TABLE, [])

    list(pool.map(write, batches))


def message(scope, subject, facet, before, after):
    notice = {"source": scope, "subject": subject, "facet": facet, "from": before, "to": after}
    event = {"specversion": "1.0", "type": "tidings.notices.v1", "data": {"notices": [notice]}}
    text = f"{facet} of {subject} ({scope}) went from {before} to {after}."
    slack = {"version": "1.0", "source": "custom", "content": {"textType": "client-markdown", "description": text}}
    copies = {"email": text, "sms": text[:140], "https": json.dumps(slack), "default": json.dumps(event)}
    return {"Subject": f"{after}: {subject}"[:99], "Message": json.dumps(copies), "MessageStructure": "json"}


def publish(messages):
    for start in range(0, len(messages), 10):
        entries = [{"Id": str(index), **entry} for index, entry in enumerate(messages[start : start + 10])]
        sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=entries)


def judge(scope, observed):
    before = load(scope)
    first = not before
    changes, messages = [], []
    for subject, facets in observed.items():
        old = before.get(subject, {})
        if old == facets or not facets:
            continue
        changes.append((subject, facets))
        for facet, status in facets.items():
            was = old.get(facet, "unknown")
            word = status.split(" ")[0].lower()
            if not first and was.split(" ")[0] != status.split(" ")[0] and (word in FAILED or word in ("completed", "succeeded")):
                messages.append(message(scope, subject, facet, was, status))
    store(scope, changes)
    publish(messages)
    before.update(changes)
    return {"source": scope, "observed": len(observed), "changed": len(changes), "published": len(messages)}


def handler(event, context=None):
    wanted = os.environ.get("TIDINGS_SOURCES", "").split(",")
    with ThreadPoolExecutor(8) as scopes:
        readers = {"redshift": read_redshift, "redshift-serverless": read_serverless, "backup": read_backup}
        if any(name.startswith("s3tables") or not name for name in wanted):
            listed = scopes.submit(tables)
            readers["s3tables-replication"] = lambda: dict(pool.map(replication, listed.result()))
            readers["s3tables-maintenance"] = lambda: dict(pool.map(maintenance, listed.result()))
        reading = {name: scopes.submit(read) for name, read in readers.items() if name in wanted or wanted == [""]}
        judging = [scopes.submit(lambda n=name, r=read: judge(n, r.result())) for name, read in reading.items()]
        return {"scopes": [judged.result() for judged in judging]}
