"""Scenarios for the simulator: a number of tables and jobs that finished long ago."""

LONG_AGO = "2026-01-01T00:00:00Z"
DESTINATION = "arn:aws:s3tables:eu-west-1:123456789012:bucket/lake-copy"


def inline(**fields):
    return "{ " + ", ".join(f'{name} = "{value}"' for name, value in fields.items()) + " }"


def entry(**parts):
    return '[[at]]\ntime = "0s"\n' + "".join(f"{name.replace('_', '-')} = {value}\n" for name, value in parts.items())


def place(index):
    return {"bucket": f"lake-{index // 10_000}", "namespace": "sales", "name": f"t{index:06}"}


def table(index, replicated, maintained=True):
    parts = {}
    if replicated:
        parts["replication"] = inline(**place(index), destination=DESTINATION, status="completed", updated=LONG_AGO)
    if maintained:
        parts["maintenance"] = inline(**place(index), job="icebergCompaction", status="Successful", run=LONG_AGO)
    return entry(**parts) if parts else entry(table=inline(**place(index)))


def tables(count, replicated=0, maintained=True):
    return "".join(table(index, index < replicated, maintained) for index in range(count))


def restores(count):
    """`count` finished restores of Redshift, and as many of Redshift Serverless."""
    return "".join(
        entry(
            redshift=inline(id=f"r-{index:05}", cluster="c", source="a.b.c", status="SUCCEEDED", requested=LONG_AGO),
            redshift_serverless=inline(id=f"s-{index:05}", namespace="n", source="a.b.c", status="FAILED", requested=LONG_AGO),
        )
        for index in range(count)
    )


def organization(others):
    """An organization of the function's own account and `others`, each with the role."""
    return f'[[at]]\ntime = "0s"\nworld = {{ accounts = {others} }}\n'


def jobs(count):
    """`count` completed AWS Backup restore jobs of the last minutes."""
    return "".join(entry(backup=inline(id=f"job-{index:06}", resource_type="EBS", status="COMPLETED")) for index in range(count))
