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
    return template["Resources"]


def choices(value):
    """Every value that an If may give."""
    if isinstance(value, dict) and set(value) == {"Fn::If"}:
        _, then, otherwise = value["Fn::If"]
        return choices(then) + choices(otherwise)
    return [] if value == {"Ref": "AWS::NoValue"} else [value]
