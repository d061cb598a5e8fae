"""Files and disks: looked at before anything is opened."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from newsletter.config import Config
from newsletter.project.examining.diagnosis import Diagnosis, ok, problem, skipped, warning

SQLITE: Final = "sqlite:///"

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb2",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.rclone",
        "ncpfs",
    }
)
"""Where SQLite's locks do not hold (sqlite.org/howtocorrupt.html, 2.1)."""

BYTES_A_DELIVERY: Final = 1_800
"""In the database. Measured on SQLite: 224 octets with the entries of its indexes, 160 for an event, of which there may be four;
the write-ahead log may hold as much again."""

BYTES_A_MAIL: Final = 64_000
"""In the outbox."""

ROOM_TO_SPARE: Final = 500_000_000


def sqlite_file(config: Config) -> Path | None:
    """Give the file of the database; None for one that is a server's."""
    url = config.database.url
    return config.path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def examine_place(config: Config) -> Diagnosis:
    """Look where the database's file lies and who can read it."""
    file = sqlite_file(config)
    if file is None:
        return skipped("database.place", "The database is a server's.")
    if not file.exists():
        return skipped("database.place", f"{file} is not there yet; the first command that needs it makes it.")
    kind = file_system_of(file)
    if kind in NETWORK_FILE_SYSTEMS:
        return problem(
            "database.place",
            f"{file} is on a network file system ({kind}), where SQLite's locks do not hold: it would be damaged.",
            "Move it to a disk of this machine, or use PostgreSQL: [database] url in newsletter.toml.",
        )
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return problem("database.place", f"{file} can be read by others on this machine.", f"chmod 600 {file}*")
    return ok("database.place", f"{file}, {_size(file.stat().st_size)}" + (f", on {kind}." if kind else "."))


def examine_room(config: Config, *, readers: int) -> Diagnosis:
    """Compare the room on the disks with what a send to so many readers takes."""
    needs: dict[Path, int] = {}
    file = sqlite_file(config)
    if file is not None:
        needs[file] = readers * BYTES_A_DELIVERY + ROOM_TO_SPARE
    if config.delivery.transport == "outbox":
        needs[config.path(config.delivery.outbox)] = readers * BYTES_A_MAIL + ROOM_TO_SPARE
    short, said = [], []
    for place, needed in _by_disk(needs):
        free = shutil.disk_usage(_existing(place)).free
        said.append(f"{_size(free)} free at {place}, {_size(needed)} wanted")
        if free < needed:
            short.append(place)
    if short:
        act = problem if any(shutil.disk_usage(_existing(one)).free < ROOM_TO_SPARE / 5 for one in short) else warning
        return act("disk.room", f"{'; '.join(said)} for {readers:,} readers.", f"Make room: df -h {_existing(short[0])}")
    return ok("disk.room", f"{'; '.join(said)} for {readers:,} readers." if said else "The database's server sees to it.")


def examine_outbox(config: Config) -> Diagnosis:
    """Look whether mail can be put into the outbox; nothing is put there."""
    folder = config.path(config.delivery.outbox)
    nearest = _existing(folder)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return problem("outbox.folder", f"{nearest} cannot be written.", f"chown $USER {nearest} && chmod 700 {nearest}")
    return ok("outbox.folder", f"Mail goes into {folder}; nothing leaves this machine.")


def file_system_of(file: Path) -> str:
    """Give the kind of file system that a file lies on, as Linux names it; empty where it cannot be told."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    device = file.stat().st_dev
    return kind_of_mount(lines, f"{os.major(device)}:{os.minor(device)}")


def kind_of_mount(lines: list[str], device: str) -> str:
    """Find the kind of the mount of a device (proc(5), mountinfo: the third field; the kind stands after the dash)."""
    for line in lines:
        before, _, after = line.partition(" - ")
        if before.split()[2:3] == [device] and after:
            return after.split()[0]
    return ""


def _by_disk(needs: dict[Path, int]) -> Iterator[tuple[Path, int]]:
    """Add up what is wanted of one disk."""
    disks: dict[int, tuple[Path, int]] = {}
    for place, needed in needs.items():
        device = _existing(place).stat().st_dev
        first, sum_so_far = disks.get(device, (place, 0))
        disks[device] = (first, sum_so_far + needed)
    yield from disks.values()


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _size(octets: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if octets < 1000:
            return f"{octets:.3g} {unit}"
        octets /= 1000
    return f"{octets:.1f} TB"
