"""Archives say nothing about the machine that they were made on."""

import os
import tarfile
import zipfile

import archive
import pytest
import release
from archive import Member

MEMBERS = [Member("b", b"second", executable=True), Member("a", b"first")]


@pytest.mark.parametrize("name", ["some.zip", "some.tar.gz"])
def test_the_same_files_give_the_same_bytes(tmp_path, monkeypatch, name):
    """At another time, in another order, under another umask, and with another name of the archive."""

    def written(path, members):
        if path.suffix == ".zip":
            archive.write_zip(path, members)
        else:
            archive.write_tar_gz(path, "folder", members)
        return path.read_bytes()

    first = written(tmp_path / name, MEMBERS)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    old = os.umask(0o077)
    try:
        second = written(tmp_path / f"other-{name}", MEMBERS[::-1])
    finally:
        os.umask(old)
    assert first == second and len(first) > 100


def test_the_zip_has_an_executable_bootstrap(tmp_path):
    binary = tmp_path / "built"
    binary.write_bytes(b"\x7fELF")
    path = release.pack_function(binary, tmp_path, "1.2.3", "arm64")
    assert path.name == "tidings-1.2.3-lambda-arm64.zip"
    with zipfile.ZipFile(path) as opened:
        [info] = opened.infolist()
    assert (info.filename, info.external_attr >> 16) == ("bootstrap", 0o100755)
    assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_the_command_comes_with_licences_and_settings(tmp_path):
    binary = tmp_path / "built"
    binary.write_bytes(b"\x7fELF")
    path = release.pack_command(binary, tmp_path, "1.2.3", "x86_64-unknown-linux-gnu")
    folder = "tidings-1.2.3-x86_64-unknown-linux-gnu"
    assert path.name == f"{folder}.tar.gz"
    with tarfile.open(path) as opened:
        modes = {member.name: member.mode for member in opened.getmembers()}
        assert {(member.uid, member.uname, member.mtime) for member in opened.getmembers()} == {(0, "", 315532800)}
    names = {"tidings", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "tidings.toml"}
    assert set(modes) == {f"{folder}/{name}" for name in names}
    assert modes[f"{folder}/tidings"] == 0o755 and modes[f"{folder}/README.md"] == 0o644


def test_sums_are_what_sha256sum_reads(tmp_path):
    (tmp_path / "b").write_text("b")
    (tmp_path / "a").write_text("a")
    release.write_sums(tmp_path)
    first, second = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert first == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a"
    assert second.endswith("  b")


def test_a_release_with_a_file_too_few_or_too_many_is_refused(tmp_path):
    files = release.complete(release.changelog.version())
    assert sum("apple-darwin" in name for name in files) == 2 and len(files) == 10
    for name in files:
        (tmp_path / name).write_text(name)
    release.check_complete(tmp_path)
    (tmp_path / "core").write_text("")
    with pytest.raises(SystemExit, match="not files of the release: core"):
        release.check_complete(tmp_path)
    (tmp_path / "core").unlink()
    (tmp_path / "template.yaml").unlink()
    with pytest.raises(SystemExit, match="missing from the release: template.yaml"):
        release.check_complete(tmp_path)


def test_what_cannot_be_built_is_an_error_unless_it_may_be_skipped(monkeypatch, capsys):
    monkeypatch.setattr(release.build, "has_target", lambda target: False)
    with pytest.raises(SystemExit, match="aarch64-unknown-linux-gnu is not installed"):
        release.buildable("arm64", skip_missing=False)
    assert not release.buildable("arm64", skip_missing=True)
    assert "SKIPPED everything for arm64" in capsys.readouterr().err
