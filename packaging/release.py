"""Makes the files of a release.

    release.py build --into FOLDER [--architecture ARCHITECTURE]... [--skip-missing]
        everything that a Linux machine can build: docs/upgrading.md lists the files
    release.py macos --into FOLDER
        the `tidings` command for macOS, on macOS
    release.py sums FOLDER [--complete]
        writes SHA256SUMS; with --complete, fails if a file of the release is missing or does not belong there
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import archive
import build
import changelog
import sbom
import template
from archive import Member

ROOT = Path(__file__).resolve().parents[1]
MACOS = ["aarch64-apple-darwin", "x86_64-apple-darwin"]
SUMS = "SHA256SUMS"
NOTES = "NOTES.md"


def function_zip(version: str, architecture: str) -> str:
    return f"tidings-{version}-lambda-{architecture}.zip"


def command_archive(version: str, target: str) -> str:
    return f"tidings-{version}-{target}.tar.gz"


def sbom_file(version: str) -> str:
    return f"tidings-{version}-lambda.cdx.json"


def complete(version: str) -> set[str]:
    """The files of a whole release, without the sums."""
    return {
        *(function_zip(version, architecture) for architecture in build.TARGETS),
        *(command_archive(version, target) for target in [*build.TARGETS.values(), *MACOS]),
        "template.yaml",
        "member.yaml",
        sbom_file(version),
        NOTES,
    }


def pack_function(binary: Path, into: Path, version: str, architecture: str) -> Path:
    path = into / function_zip(version, architecture)
    archive.write_zip(path, [Member.of(binary, "bootstrap", executable=True)])
    return path


def pack_command(binary: Path, into: Path, version: str, target: str) -> Path:
    path = into / command_archive(version, target)
    members = [
        Member.of(binary, "tidings", executable=True),
        *(Member.of(ROOT / name) for name in ("LICENSE-APACHE", "LICENSE-MIT", "README.md")),
        Member.of(ROOT / "settings" / "tidings.toml"),
    ]
    archive.write_tar_gz(path, path.name.removesuffix(".tar.gz"), members)
    return path


def write_texts(into: Path, version: str) -> None:
    """What needs no build: the templates and the notes."""
    (into / "template.yaml").write_text(template.packaged(ROOT, version))
    shutil.copyfile(ROOT / "member.yaml", into / "member.yaml")
    (into / NOTES).write_text(changelog.notes((ROOT / "CHANGELOG.md").read_text(), version))


def write_sums(folder: Path) -> None:
    """In the form that `sha256sum --check` reads."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / SUMS).write_text("".join(lines))


def buildable(architecture: str, skip_missing: bool) -> bool:
    """Whether this machine has the standard library for it, which rustup may still download."""
    target = build.TARGETS[architecture]
    if build.has_target(target):
        return True
    problem = f"the Rust target {target} is not installed and cannot be downloaded: rustup target add {target}"
    if not skip_missing:
        raise SystemExit(f"error: {problem}\n(SKIP_MISSING=1 leaves out what is for {architecture})")
    print(f"==> SKIPPED everything for {architecture}: {problem}", file=sys.stderr)
    return False


def make(into: Path, architectures: list[str], skip_missing: bool) -> None:
    version = changelog.version()
    # First what can fail at once: the builds take half an hour.
    architectures = [one for one in architectures if buildable(one, skip_missing)]
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    write_texts(into, version)
    (into / sbom_file(version)).write_text(sbom.exact())
    for architecture in architectures:
        print(f"==> the function for {architecture} (minutes)", flush=True)
        pack_function(build.build("bootstrap", architecture), into, version, architecture)
        print(f"==> the command for {architecture} (minutes)", flush=True)
        pack_command(build.build("tidings", architecture), into, version, build.TARGETS[architecture])
    print("==> the command for macOS: not built here, because it needs Apple's SDK. The release workflow builds it.")


def make_for_macos(into: Path) -> None:
    version = changelog.version()
    into.mkdir(parents=True, exist_ok=True)
    for target in MACOS:
        pack_command(build.build_natively("tidings", target), into, version, target)


def check_complete(folder: Path) -> None:
    expected, found = complete(changelog.version()), {path.name for path in folder.iterdir()} - {SUMS}
    if missing := expected - found:
        raise SystemExit(f"error: missing from the release: {', '.join(sorted(missing))}")
    if strange := found - expected:
        raise SystemExit(f"error: not files of the release: {', '.join(sorted(strange))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    everything = verbs.add_parser("build")
    everything.add_argument("--into", type=Path, required=True)
    everything.add_argument("--architecture", action="append", choices=list(build.TARGETS))
    everything.add_argument("--skip-missing", action="store_true")
    macos = verbs.add_parser("macos")
    macos.add_argument("--into", type=Path, required=True)
    sums = verbs.add_parser("sums")
    sums.add_argument("folder", type=Path)
    sums.add_argument("--complete", action="store_true")
    given = parser.parse_args()
    match given.verb:
        case "build":
            make(given.into.resolve(), given.architecture or list(build.TARGETS), given.skip_missing)
        case "macos":
            make_for_macos(given.into.resolve())
        case "sums":
            if given.complete:
                check_complete(given.folder)
            write_sums(given.folder)


if __name__ == "__main__":
    try:
        main()
    except changelog.Mistake as mistake:
        raise SystemExit(f"error: {mistake}") from None
    except subprocess.CalledProcessError as failed:
        raise SystemExit(f"error: {' '.join(map(str, failed.cmd))} failed") from None
