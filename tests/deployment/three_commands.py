"""What the commands of README.md's section "Deploy" do, in Python. Its folder has the files of a release and no others.

    three_commands.py TEMPLATE BUCKET ZIP PARAMETER=VALUE...

Checks the sums, uploads the zip, deploys the template as `aws cloudformation deploy` does.
"""

import hashlib
import sys
from pathlib import Path

import boto3

STACK = "tidings"


def check_sums():
    """As `sha256sum --check --ignore-missing SHA256SUMS`."""
    lines = [line.split("  ", 1) for line in Path("SHA256SUMS").read_text().splitlines()]
    checked = [name for expected, name in lines if hashlib.sha256(Path(name).read_bytes()).hexdigest() == expected]
    assert checked and len(checked) == len(lines), f"only {checked} are as SHA256SUMS says"


def upload(bucket, path, key):
    """As `aws s3 cp`; the address."""
    s3 = boto3.client("s3")
    s3.upload_file(str(path), bucket, key)
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def deploy(template_url, parameters):
    """As `aws cloudformation deploy --capabilities CAPABILITY_IAM`, for a stack that does not exist yet."""
    cloudformation = boto3.client("cloudformation")
    change = cloudformation.create_change_set(
        StackName=STACK,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateURL=template_url,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=change["Id"], WaiterConfig={"Delay": 1})
    cloudformation.execute_change_set(ChangeSetName=change["Id"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


def main(template, bucket, archive, *parameters):
    check_sums()
    upload(bucket, archive, archive)
    deploy(upload(bucket, template, "template"), dict(parameter.split("=", 1) for parameter in parameters))


if __name__ == "__main__":
    main(*sys.argv[1:])
