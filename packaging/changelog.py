"""The version, and what CHANGELOG.md says about it.

    changelog.py            prints the version of Cargo.toml
    changelog.py notes      prints the release notes of that version
    changelog.py check TAG  fails unless the tag, Cargo.toml and CHANGELOG.md agree
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# `## 1.2.3`, or with the day of the release: `## 1.2.3 (2026-03-02)`.
HEADING = re.compile(r"^## (?P<name>\S+)(?: \(\d{4}-\d{2}-\d{2}\))?$")


class Mistake(Exception):
    """What has to be corrected before there can be a release."""


def version(root: Path = ROOT) -> str:
    return tomllib.loads((root / "Cargo.toml").read_text())["package"]["version"]


def notes(changelog: str, wanted: str) -> str:
    """The section of one version, without its heading."""
    lines: list[str] = []
    inside = False
    for line in changelog.splitlines():
        if line.startswith("## "):
            match = HEADING.match(line)
            inside = bool(match and match["name"] == wanted)
        elif inside:
            lines.append(line)
    text = "\n".join(lines).strip()
    if not text:
        raise Mistake(f"CHANGELOG.md has no section `## {wanted}` with text in it")
    return text + "\n"


def check(tag: str, root: Path = ROOT) -> None:
    ours = version(root)
    if tag != f"v{ours}":
        raise Mistake(f"the tag is {tag}, but Cargo.toml has version {ours}, whose tag is v{ours}")
    notes((root / "CHANGELOG.md").read_text(), ours)


def main(arguments: list[str]) -> None:
    match arguments:
        case []:
            print(version())
        case ["notes"]:
            print(notes((ROOT / "CHANGELOG.md").read_text(), version()), end="")
        case ["check", tag]:
            check(tag)
            print(f"{tag}: tag, Cargo.toml and CHANGELOG.md agree")
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Mistake as mistake:
        raise SystemExit(f"error: {mistake}") from None
