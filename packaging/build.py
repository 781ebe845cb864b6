"""Builds the two binaries of a release, so that the same sources give the same bytes in every folder."""

import os
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET_DIR = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "release-build"

# By the word that Lambda and the template have for the processor.
TARGETS = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}
# The oldest glibc that the `tidings` command runs with. The function runs on Amazon Linux 2023, for which cargo-lambda
# chooses by itself.
GLIBC = "2.17"
# 1 January 1980, the first day that a zip can name. Every file in an archive is from that day.
EPOCH = 315532800


def sysroot_and_commit():
    """Where the compiler keeps its own sources, and the commit that they are from."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], cwd=ROOT, check=True, capture_output=True, text=True)
    version = subprocess.run(["rustc", "-vV"], cwd=ROOT, check=True, capture_output=True, text=True)
    [commit] = [line.split()[1] for line in version.stdout.splitlines() if line.startswith("commit-hash:")]
    return Path(sysroot.stdout.strip()), commit


def names_of_paths(root, target_dir):
    """The folders of this machine that paths in panic messages begin with, and what they are called instead."""
    sysroot, commit = sysroot_and_commit()
    cargo_home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    names = {root: "/tidings", target_dir: "/target", cargo_home: "/cargo"}
    # The name of each folder in it depends on where crates come from.
    names |= dict.fromkeys((cargo_home / "registry" / "src").iterdir(), "/crates")
    # Matters where the component rust-src is installed. Without it, the names are already like this.
    names[sysroot / "lib" / "rustlib" / "src" / "rust"] = f"/rustc/{commit}"
    return names


def settings_of_the_function(root):
    """Cargo's settings for the function, from Cargo.toml, each as a line of TOML."""
    return tomllib.loads((root / "Cargo.toml").read_text())["package"]["metadata"]["lambda"]["build"]["config"]


def flags_of_the_function(root, target):
    """How the compiler links the function. Cargo ignores these settings where `RUSTFLAGS` is set."""
    settings = [tomllib.loads(setting) for setting in settings_of_the_function(root)]
    of_target = [setting["target"].get(target, {}) for setting in settings if "target" in setting]
    return [flag for setting in of_target for flag in setting.get("rustflags", [])]


def environment(root, target_dir, further_flags=()):
    """What the build gets: no flags of the machine, no paths of the machine."""
    names = names_of_paths(root, target_dir)
    strange = [str(path) for path in names if any(character.isspace() for character in str(path))]
    if strange:
        raise SystemExit(f"cannot build in folders with a space in their names: {', '.join(strange)}")
    flags = [f"--remap-path-prefix={path}={name}" for path, name in names.items()] + list(further_flags)
    c_flags = [f"-ffile-prefix-map={path}={name}" for path, name in names.items()]
    ours = {"CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CFLAGS"}
    return {
        **{name: value for name, value in os.environ.items() if name not in ours},
        "CARGO_TARGET_DIR": str(target_dir),
        "CARGO_INCREMENTAL": "0",
        "RUSTFLAGS": " ".join(flags),
        "CFLAGS": " ".join(c_flags),
        "SOURCE_DATE_EPOCH": str(EPOCH),
    }


def has_target(target):
    """Whether the standard library for it is installed, or rustup could install it."""
    sysroot, _ = sysroot_and_commit()
    if (sysroot / "lib" / "rustlib" / target / "lib").exists():
        return True
    try:
        return subprocess.run(["rustup", "target", "add", target], cwd=ROOT, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def compile_in(root, target_dir, command, further_flags=()):
    """Runs cargo. The crates are downloaded first, so that their folders exist when they get their names."""
    subprocess.run(["cargo", "fetch", "--locked", "--quiet"], cwd=root, check=True)
    subprocess.run(command, cwd=root, check=True, env=environment(root, target_dir, further_flags))


def build(binary, architecture, root=ROOT, target_dir=TARGET_DIR):
    """Builds `bootstrap` or `tidings` for Linux; the path of the binary."""
    target = TARGETS[architecture]
    # A folder for each, because C code is compiled anew for another glibc, and then everything that uses it.
    target_dir = target_dir / binary
    # Cargo.toml, [package.metadata.lambda.build], has the profile for both, and leaves out the default features.
    options = ["--target", target] if binary == "bootstrap" else ["--target", f"{target}.{GLIBC}", "--features", "cli"]
    into = target_dir / "lambda" / target
    command = ["cargo", "lambda", "build", "--quiet", "--locked", "--release", "--lambda-dir", str(into)]
    flags = flags_of_the_function(root, target) if binary == "bootstrap" else []
    compile_in(root, target_dir, [*command, "--bin", binary, *options], flags)
    # cargo-lambda gives every binary this name.
    return into / binary / "bootstrap"


def build_natively(binary, target, root=ROOT, target_dir=TARGET_DIR):
    """The same without cargo-lambda, which builds for Linux only."""
    profile = [argument for setting in settings_of_the_function(root) for argument in ("--config", setting)]
    command = ["cargo", "build", "--quiet", "--locked", "--release", "--no-default-features", "--features", "cli"]
    compile_in(root, target_dir / binary, [*command, *profile, "--bin", binary, "--target", target])
    return target_dir / binary / target / "release" / binary
