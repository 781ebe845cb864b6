"""How the binaries of a release are compiled."""

import os
import subprocess
import tomllib

import build
import pytest
from conftest import ROOT


@pytest.fixture
def flags_of(tmp_path, monkeypatch):
    """The flags that the compiler gets for a binary. A stub in cargo's place writes them down and compiles nothing."""
    cargo, written = tmp_path / "cargo", tmp_path / "flags"
    cargo.write_text(f'#!/bin/sh\n[ "$1" = fetch ] || {{ printf "%s" "$RUSTFLAGS" >"{written}"; exit 1; }}\n')
    cargo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def flags(binary, architecture):
        with pytest.raises(subprocess.CalledProcessError):
            build.build(binary, architecture, target_dir=tmp_path / "target")
        return written.read_text().split()

    return flags


@pytest.mark.parametrize("architecture", build.TARGETS)
def test_a_release_links_the_function_as_sam_does(flags_of, architecture):
    """Cargo ignores the flags in Cargo.toml where `RUSTFLAGS` is set, and a release sets it."""
    settings = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["metadata"]["lambda"]["build"]["config"]
    [setting] = [setting for setting in settings if setting.startswith(f"target.{build.TARGETS[architecture]}.rustflags")]
    wanted = tomllib.loads(setting)["target"][build.TARGETS[architecture]]["rustflags"]
    assert "-Clink-arg=-Wl,-T,packaging/bootstrap.ld" in wanted
    flags = flags_of("bootstrap", architecture)
    assert flags[-len(wanted) :] == wanted
    assert f"--remap-path-prefix={ROOT}=/tidings" in flags


def test_the_command_is_linked_as_any_other(flags_of):
    flags = flags_of("tidings", "x86_64")
    assert flags and all(flag.startswith("--remap-path-prefix=") for flag in flags)
