"""Builds the function twice from nothing, and compares: `reproduce.py ARCHITECTURE`.

What differs between the two is what differs between two machines: the folder of the sources, that of the build, and that
of cargo. The compilers are the same. Each copy has the files that git knows, as they are now.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import changelog
import release
from build import ROOT, TARGET_DIR, build


def copy_of_the_tree(into: Path) -> Path:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).exists():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, into / name)
    return into


def another_cargo_home(at: Path) -> Path:
    """A folder of another name with the same downloads in it."""
    original = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    at.mkdir(parents=True)
    for path in original.iterdir():
        (at / path.name).symlink_to(path)
    return at


def first_difference(one: bytes, other: bytes) -> str:
    at = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    around = slice(max(0, at - 60), at + 60)
    return f"{len(one)} and {len(other)} bytes; the first difference is at {at}:\n  {one[around]}\n  {other[around]}"


def main(architecture: str) -> None:
    folder = TARGET_DIR.parent / "reproduce"
    shutil.rmtree(folder, ignore_errors=True)
    places = [folder / "a", folder / "another-folder" / "deep" / "inside"]
    binaries, archives = [], []
    for number, place in enumerate(places, start=1):
        if number == 2:
            os.environ["CARGO_HOME"] = str(another_cargo_home(folder / "cargo-home"))
        started = time.monotonic()
        print(f"==> build {number} of 2, in {place} (minutes)", flush=True)
        binary = build("bootstrap", architecture, copy_of_the_tree(place / "tidings"), place / "target")
        binaries.append(binary.read_bytes())
        path = release.pack_function(binary, place, changelog.version(), architecture)
        archives.append(hashlib.sha256(path.read_bytes()).hexdigest())
        print(f"    bootstrap {hashlib.sha256(binaries[-1]).hexdigest()}")
        print(f"    {path.name} {archives[-1]}")
        print(f"    {len(binaries[-1])} bytes, {time.monotonic() - started:.0f} s", flush=True)
    if len(set(archives)) != 1:
        raise SystemExit(f"error: the two builds differ: {first_difference(*binaries)}\nBoth are left in {folder}")
    print("==> equal")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1])
