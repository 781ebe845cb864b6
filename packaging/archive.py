"""Archives whose bytes depend on what is in them and on nothing else: no times, owners or order of the machine."""

import gzip
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from build import EPOCH


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str
    content: bytes
    executable: bool = False

    @classmethod
    def of(cls, path: Path, name: str | None = None, executable: bool = False) -> "Member":
        return cls(name or path.name, path.read_bytes(), executable)

    @property
    def mode(self) -> int:
        return 0o755 if self.executable else 0o644


def write_zip(path: Path, members: list[Member]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for member in sorted(members, key=lambda member: member.name):
            info = zipfile.ZipInfo(member.name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # Unix, or the permissions are ignored.
            info.external_attr = (0o100000 | member.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.content)


def write_tar_gz(path: Path, folder: str, members: list[Member]) -> None:
    """All members are in one folder."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=9, mtime=EPOCH) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for member in sorted(members, key=lambda member: member.name):
            info = tarfile.TarInfo(f"{folder}/{member.name}")
            info.size, info.mode, info.mtime = len(member.content), member.mode, EPOCH
            archive.addfile(info, io.BytesIO(member.content))
