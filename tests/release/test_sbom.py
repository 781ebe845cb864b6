"""The list of what is in the function is what cargo compiles for it."""

import json
import shutil
import subprocess
import tomllib

import build
import pytest
import sbom
from conftest import ROOT


def cargo_tree(target):
    """The crates of the Lambda build, as cargo prints them to anybody."""
    metadata = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["metadata"]["lambda"]["build"]
    assert metadata["no_default_features"]
    command = ["cargo", "tree", "--locked", "--no-default-features", "--features", ",".join(metadata["features"])]
    run = subprocess.run(
        [*command, "--target", target, "--edges", "normal", "--prefix", "none"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return {tuple(line.split()[:2]) for line in run.stdout.splitlines()}


@pytest.fixture(scope="module")
def document():
    if not shutil.which("cargo-cyclonedx"):
        pytest.skip("cargo-cyclonedx is not installed (make sbom installs it)")
    return json.loads(sbom.exact())


def test_it_lists_what_cargo_compiles_and_nothing_else(document):
    listed = {(each["name"], f"v{each['version']}") for each in document["components"]}
    crates = cargo_tree(build.TARGETS["arm64"])
    own = {crate for crate in crates if crate[0] == "tidings"}
    assert listed == crates - own and len(own) == 1 and len(listed) > 100
    assert not {"dynoxide-rs", "clap", "axum"} & {name for name, _ in listed}, "nothing of the command or the simulator"


def test_one_list_is_enough_for_both_processors():
    arm64, x86_64 = (cargo_tree(target) for target in build.TARGETS.values())
    assert arm64 == x86_64 and len(arm64) > 100


def test_every_crate_has_a_checksum_a_licence_and_an_address(document):
    for each in document["components"]:
        assert each["hashes"][0]["alg"] == "SHA-256" and each["licenses"], each["name"]
        assert each["purl"].startswith(f"pkg:cargo/{each['name']}@"), each["name"]


def test_its_references_lead_somewhere(document):
    known = {each["bom-ref"] for each in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    edges = [(each["ref"], to) for each in document["dependencies"] for to in each["dependsOn"]]
    assert len(edges) > 100 and {end for edge in edges for end in edge} <= known
    nobody_needs = known - {to for _, to in edges}
    assert nobody_needs == {document["metadata"]["component"]["bom-ref"]}


def test_it_says_nothing_about_this_machine(document):
    text = json.dumps(document)
    assert str(ROOT) not in text and "file://" not in text and "serialNumber" not in text
