"""The list of what is in the Lambda binary, as CycloneDX: `sbom.py FILE` writes it.

cargo-cyclonedx knows names, versions, checksums and licences. But it takes the features of all targets and of build
scripts together, so it lists crates that are never compiled for the function. Only those stay that cargo itself resolves.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from build import EPOCH, ROOT, TARGETS

# What Cargo.toml, [package.metadata.lambda.build], has; tests/release holds them together.
FEATURES = ["--no-default-features", "--features", "lambda"]
# Both processors get the same crates; tests/release checks that, too.
TARGET = TARGETS["arm64"]


def resolved(target: str = TARGET) -> set[tuple[str, str]]:
    """Names and versions of the crates that the function is compiled from, itself among them."""
    command = ["cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]
    run = subprocess.run(
        [*command, "--target", target, *FEATURES], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    words = (line.split() for line in run.stdout.splitlines())
    return {(name, version.removeprefix("v")) for name, version, *_ in words}


def described() -> dict:
    """What cargo-cyclonedx says. It writes a file for each binary beside Cargo.toml."""
    command = ["cargo", "cyclonedx", "--quiet", "--format", "json", "--spec-version", "1.5", "--no-build-deps"]
    try:
        subprocess.run(
            [*command, "--describe", "binaries", "--target", TARGET, *FEATURES],
            cwd=ROOT,
            check=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)},
        )
        return json.loads((ROOT / "bootstrap_bin.cdx.json").read_text())
    finally:
        for path in ROOT.glob("*_bin.cdx.json"):
            path.unlink()


def exact() -> str:
    """The list without what is not compiled, and without names of folders of this machine."""
    document, crates = described(), resolved()
    subject = document["metadata"]["component"]
    known = {(each["name"], each["version"]) for each in document["components"]} | {("tidings", subject["version"])}
    if unknown := crates - known:
        raise SystemExit(f"error: cargo-cyclonedx does not list {sorted(unknown)}")
    own = f"{subject['name']}@{subject['version']}"
    # The reference and the address of the crate itself have its folder in them.
    text = json.dumps(document).replace(subject["bom-ref"], own)
    document = json.loads(text)
    document["metadata"]["component"].pop("purl", None)
    # Random, while the list is the same each time.
    document.pop("serialNumber", None)
    document["components"] = [each for each in document["components"] if (each["name"], each["version"]) in crates]
    kept = {own, *(each["bom-ref"] for each in document["components"])}
    document["dependencies"] = [
        {**each, "dependsOn": [reference for reference in each.get("dependsOn", []) if reference in kept]}
        for each in document["dependencies"]
        if each["ref"] in kept
    ]
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(exact())
    print(f"==> {path}")
