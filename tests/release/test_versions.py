"""The tag, Cargo.toml, CHANGELOG.md, the metadata of `cargo binstall` and the names of the files agree."""

import subprocess
import sys
import tomllib

import build
import changelog
import pytest
import release
from conftest import ROOT

CHANGELOG = """# Changelog

## 1.1.0

- New.

### Below

- More.

## 1.0.0 (2026-03-02)

- First.

## 0.9.0
"""


def test_the_notes_are_the_section_of_the_version():
    assert changelog.notes(CHANGELOG, "1.1.0") == "- New.\n\n### Below\n\n- More.\n"
    assert changelog.notes(CHANGELOG, "1.0.0") == "- First.\n"


@pytest.mark.parametrize("version", ["1.1", "1.2.0", "0.9.0", "0.0"])
def test_a_version_without_notes_is_a_mistake(version):
    with pytest.raises(changelog.Mistake, match=f"no section `## {version}`"):
        changelog.notes(CHANGELOG, version)


def run(*arguments):
    return subprocess.run([sys.executable, changelog.__file__, *arguments], capture_output=True, text=True)


def test_the_tag_has_to_be_the_version():
    version = changelog.version()
    assert run("check", f"v{version}").returncode == 0
    for tag in (version, "v99.0.0", f"v{version}-rc.1"):
        refused = run("check", tag)
        assert refused.returncode == 1 and f"the tag is {tag}" in refused.stderr, refused.stderr


def test_this_version_has_notes():
    notes = run("notes")
    assert notes.returncode == 0 and len(notes.stdout) > 100, notes.stderr


def test_binstall_finds_the_command_in_the_release():
    package = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
    metadata = package["metadata"]["binstall"]

    def filled(text, **values):
        for name, value in values.items():
            text = text.replace(f"{{ {name} }}", value)
        assert "{" not in text
        return text

    for target in [*build.TARGETS.values(), *release.MACOS]:
        values = {"name": package["name"], "version": package["version"], "target": target}
        url = filled(metadata["pkg-url"], repo="https://example.com/tidings", **values)
        base, name = url.rsplit("/", 1)
        assert base == f"https://example.com/tidings/releases/download/v{package['version']}"
        assert name == release.command_archive(package["version"], target)
        assert name in release.complete(package["version"])
        folder = name.removesuffix(".tar.gz")
        assert filled(metadata["bin-dir"], bin="tidings", **values) == f"{folder}/tidings"


def test_binstall_does_not_look_for_the_function():
    """It leaves out a missing binary only if the binary needs a feature."""
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    needs = {each["name"]: each.get("required-features") for each in manifest["bin"]}
    assert needs == {"bootstrap": ["lambda"], "tidings": ["cli"]}
