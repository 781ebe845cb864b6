"""The template, decoded once."""

from pathlib import Path

import pytest
from cfnlint.decode import decode

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def template():
    decoded, mistakes = decode(str(ROOT / "template.yaml"))
    assert not mistakes
    return decoded


@pytest.fixture(scope="session")
def resources(template):
    """Every resource; the functions with what they share."""
    shared = template["Globals"]["Function"]
    return {
        name: {**resource, "Properties": merged(shared, resource["Properties"])}
        if resource["Type"] == "AWS::Serverless::Function"
        else resource
        for name, resource in template["Resources"].items()
    }


def merged(shared, own):
    """As SAM merges its Globals: maps by their keys, everything else is replaced."""
    if isinstance(shared, dict) and isinstance(own, dict):
        return {key: merged(shared.get(key), own.get(key)) for key in [*shared, *(key for key in own if key not in shared)]}
    return shared if own is None else own


def choices(value):
    """Every value that an If may give."""
    if isinstance(value, dict) and set(value) == {"Fn::If"}:
        _, then, otherwise = value["Fn::If"]
        return choices(then) + choices(otherwise)
    return [] if value == {"Ref": "AWS::NoValue"} else [value]
