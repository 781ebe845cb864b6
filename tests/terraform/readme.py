"""Writes the tables of terraform/README.md out of the module's files: python tests/terraform/readme.py"""

import json
import re

from module import MODULE, REQUIRED, outputs, variables


def table(heading, rows):
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def plain(text):
    """Not as Markdown, in which these would mean something."""
    return re.sub(r"([|\[\]])", r"\\\1", text)


def default(variable):
    return "required" if variable.default is REQUIRED else f"`{json.dumps(variable.default)}`"


def with_tables(page):
    """The page with the tables as they should be."""
    tables = {
        "Inputs": table(
            ["name", "description", "type", "default"],
            [[f"`{one.name}`", plain(one.description), f"`{one.type}`", default(one)] for one in variables().values()],
        ),
        "Outputs": table(
            ["name", "description"],
            [[f"`{one.name}`", plain(one.description)] for one in outputs().values()],
        ),
    }
    for heading, made in tables.items():
        page, count = re.subn(rf"(?<=\n## {heading}\n\n)(\|.*\n)*", lambda _, made=made: made, page)
        assert count == 1, f"the page has no heading {heading}"
    return page


if __name__ == "__main__":
    path = MODULE / "README.md"
    path.write_text(with_tables(path.read_text()))
