"""The template in the two forms that need no build: for a release, and for one zip on this machine.

    template.py ARTIFACT FILE    writes the template for `make deploy ARTIFACT=...` to FILE

Both are template.yaml but for the few lines that name files of the repository. A line that is not there exactly once is
an error, so a change of the template can't go by unnoticed.
"""

import struct
import sys
import textwrap
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The field e_machine of an ELF file, by the word that Lambda has for it.
MACHINES = {183: "arm64", 62: "x86_64"}

PARAMETERS = """\
  ArtifactBucket:
    Type: String
    AllowedPattern: ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$
    ConstraintDescription: must be the name of a bucket.
    Description: Name of a bucket in this region that has the zip of this release.
  ArtifactKey:
    Type: String
    Default: ""
    Description: >-
      Key of the zip in the bucket. Empty if it has the name that it has in the release, for the processor chosen below.
      If you set it, change it with each upgrade.
  SettingsKey:
    Type: String
    Default: ""
    Description: >-
      Key of a zip in the bucket that contains the settings file. Needed with SettingsFile. Use another key for each
      change, or CloudFormation does not see that there is one.
"""

RULES = """\
  SettingsAreInTheBucket:
    RuleCondition: !Not [!Equals [!Ref SettingsFile, ""]]
    Assertions:
      - Assert: !Not [!Equals [!Ref SettingsKey, ""]]
        AssertDescription: SettingsFile needs SettingsKey, the key of a zip in ArtifactBucket that contains the file.
"""


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        if text.count(f"\n{old}\n") != 1:
            raise SystemExit(f"template.yaml should have this line exactly once: {old.strip()}")
        text = text.replace(f"\n{old}\n", f"\n{new}\n")
    return text


def packaged(root: Path, version: str) -> str:
    """Takes the zip from a bucket, and contains member.yaml."""
    group = "        Parameters: [{}Architecture, MemorySize, LogLevel, LogRetentionDays, WithDashboard]"
    key = f'!If [HasArtifactKey, !Ref ArtifactKey, !Sub "tidings-{version}-lambda-${{Architecture}}.zip"]'
    member = textwrap.indent((root / "member.yaml").read_text().rstrip("\n"), " " * 8)
    return replaced(
        (root / "template.yaml").read_text(),
        {
            group.format(""): group.format("ArtifactBucket, ArtifactKey, SettingsKey, "),
            "    ParameterLabels:": (
                "    ParameterLabels:\n"
                "      ArtifactBucket: {default: Bucket}\n"
                "      ArtifactKey: {default: Zip of the function}\n"
                "      SettingsKey: {default: Zip of the settings file}"
            ),
            "Parameters:": f"Parameters:\n{PARAMETERS}".rstrip("\n"),
            "Rules:": f"Rules:\n{RULES}".rstrip("\n"),
            "Conditions:": 'Conditions:\n  HasArtifactKey: !Not [!Equals [!Ref ArtifactKey, ""]]',
            "    CodeUri: .": f"    CodeUri:\n      Bucket: !Ref ArtifactBucket\n      Key: {key}",
            "      ContentUri: settings": (
                "      ContentUri:\n        Bucket: !Ref ArtifactBucket\n        Key: !Ref SettingsKey"
            ),
            "      TemplateURL: member.yaml": f"      TemplateBody: |\n{member}",
        },
    )


def architecture_of(archive: Path) -> str:
    """What the `bootstrap` in a zip was built for."""
    try:
        with zipfile.ZipFile(archive) as opened:
            head = opened.read("bootstrap")[:20]
        if head[:4] != b"\x7fELF":
            raise SystemExit(f"{archive}: bootstrap is not a Linux binary")
        return MACHINES[struct.unpack_from("<H", head, 18)[0]]
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise SystemExit(f"{archive} is not a zip of the function: {error}") from None


def for_artifact(root: Path, archive: Path) -> str:
    """For `sam deploy`, which uploads the zip. The function can have no other processor than the zip is for."""
    architecture = architecture_of(archive)
    return replaced(
        (root / "template.yaml").read_text(),
        {
            "    AllowedValues: [arm64, x86_64]": f"    AllowedValues: [{architecture}]",
            "    Default: arm64": f"    Default: {architecture}",
            "    CodeUri: .": f"    CodeUri: {archive.resolve()}",
            "      ContentUri: settings": f"      ContentUri: {root / 'settings'}",
            "      TemplateURL: member.yaml": f"      TemplateURL: {root / 'member.yaml'}",
        },
    )


if __name__ == "__main__":
    artifact, path = map(Path, sys.argv[1:])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(for_artifact(ROOT, artifact))
