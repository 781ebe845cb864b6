"""The module by itself: its form, its own tests, its examples, and that it has what template.yaml has."""

import re

import pytest
import readme
from cfnlint.decode import decode
from module import MODULE, ROOT, outputs, variables
from test_same_as_template import COMBINATIONS, snake

# What only one of the two has, with the reason.
ONLY_THE_MODULE = {
    "name": "CloudFormation makes names out of the stack's name",
    "artifact_version": "sam uploads what it has built",
    "artifact_sha256": "the same",
    "artifact_path": "the same",
    "artifact_bucket": "the same",
    "artifact_key": "the same",
    "artifact_object_version": "the same",
    "tags": "sam deploy has its own option for tags",
    "settings_zip": "sam makes the layer out of settings/",
    "member_template": "sam uploads member.yaml",
    "create_topic": "an ARN may be unknown while Terraform plans",
    "create_alarm_topic": "the same",
    "kms_key_arn": "the same",
}
OTHER_DEFAULTS = {"protect_table": "Terraform cannot keep the table when it destroys the rest, and does not roll back"}


@pytest.fixture(scope="module")
def template():
    decoded, mistakes = decode(str(ROOT / "template.yaml"))
    assert not mistakes
    return decoded


def test_each_parameter_is_a_variable(template):
    parameters = {snake(name): described for name, described in template["Parameters"].items()}
    assert set(variables()) - set(parameters) == set(ONLY_THE_MODULE)
    assert set(parameters) <= set(variables())
    for name, described in parameters.items():
        variable = variables()[name]
        if name not in OTHER_DEFAULTS:
            assert as_text(variable.default) == str(described["Default"]), name
        # The same values are refused.
        if name == "kms_key":
            variable = variables()["kms_key_arn"]
            assert described["AllowedPattern"].startswith("^(new|aws-managed|arn:"), name
            pattern = "^" + described["AllowedPattern"].removeprefix("^(new|aws-managed|").removesuffix(")$") + "$"
        else:
            pattern = described.get("AllowedPattern", "").removeprefix("^$|")
        if pattern:
            assert f'regex("{pattern.replace(chr(92), chr(92) * 2)}"' in variable.text, name
        allowed = [str(value) for value in described.get("AllowedValues", [])]
        if allowed and variable.type != "bool":
            [listed] = re.findall(rf"contains\(\[(.+)\], var\.{name}\)", variable.text)
            assert [value.strip('"') for value in listed.split(", ")] == allowed, name
        for key, comparison in (("MinValue", ">="), ("MaxValue", "<=")):
            if key in described:
                assert f"var.{name} {comparison} {described[key]}" in variable.text, name


def as_text(default):
    """As the template would write it."""
    if default in (None, []):
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_each_output_is_an_output(template):
    assert {snake(name) for name in template["Outputs"]} == set(outputs())


def test_the_periods_are_those_of_the_template(template):
    """Every period is planned in test_same_as_template.py; here, that none is missing there."""
    planned = {parameters.get("PeriodMinutes", "5") for parameters in COMBINATIONS.values()}
    assert planned == set(template["Mappings"]["Periods"])


def test_it_is_formatted(terraform):
    terraform(MODULE)("fmt", "-check", "-recursive", "-diff")


@pytest.fixture(scope="module")
def module(terraform, copy):
    here = terraform(copy)
    assert here.init().returncode == 0
    return here


def test_it_is_valid(module):
    module("validate")


def test_its_own_tests_pass(module):
    said = module("test")
    passed = int(re.search(r"Success! (\d+) passed", said)[1])
    written = sum(
        len(re.findall(r'^run "', path.read_text(), re.MULTILINE)) for path in (MODULE / "tests").glob("*.tftest.hcl")
    )
    assert passed == written > 15


@pytest.mark.parametrize("example", sorted(path.name for path in (MODULE / "examples").iterdir()))
def test_the_examples_are_valid(terraform, copy, example):
    here = terraform(copy / "examples" / example)
    assert here.init().returncode == 0
    here("validate")


def test_the_tables_of_the_readme_are_those_of_the_files():
    page = (MODULE / "README.md").read_text()
    assert readme.with_tables(page) == page, "`make docs` writes the tables"
    assert all(f"| `{name}` |" in page for name in [*variables(), *outputs()])
