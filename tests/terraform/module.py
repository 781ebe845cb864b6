"""The variables and outputs of the module, read from its files."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "terraform"
REQUIRED = object()


@dataclass(frozen=True)
class Described:
    """A variable or an output. `text` is its whole block."""

    name: str
    description: str
    type: str
    default: object
    text: str


def blocks(kind, file):
    """The blocks of one kind in a file. `terraform fmt` sees to it that they all look alike."""
    text = (MODULE / file).read_text()
    for name, block in re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}$', text, re.MULTILINE | re.DOTALL):
        arguments = dict(re.findall(r"^  (\w+) += (.+)$", block, re.MULTILINE))
        yield Described(
            name=name,
            description=json.loads(arguments["description"]),
            type=arguments.get("type", ""),
            default=json.loads(arguments["default"]) if "default" in arguments else REQUIRED,
            text=block,
        )


@cache
def variables():
    return {variable.name: variable for variable in blocks("variable", "variables.tf")}


@cache
def outputs():
    return {output.name: output for output in blocks("output", "outputs.tf")}
