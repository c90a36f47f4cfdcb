"""Whom the embedded PostgreSQL runs as: the caller, or a system user when the caller is root.

PostgreSQL refuses to run as root, and its user must then be able to reach its programs and data.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import struct
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

_NAME = "sentia-postgres"


class ProcessIdentity(TypedDict, total=False):
    """Keyword arguments of subprocess.run that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@lru_cache
def uid() -> int:
    """User id of the server; makes the system user on root's first start."""
    return _entry().pw_uid if os.geteuid() == 0 else os.geteuid()


def as_process() -> ProcessIdentity:
    """How to start one of the server's programs."""
    if os.geteuid() != 0:
        return {}
    entry = _entry()
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def own(path: Path) -> None:
    """Give a file or folder to the server's user."""
    if os.geteuid() == 0:
        entry = _entry()
        os.chown(path, entry.pw_uid, entry.pw_gid)


def let_through(path: Path) -> None:
    """Let the server's user, and nobody else, pass the folders above `path`."""
    if os.geteuid() != 0:
        return
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            _grant_search(folder, mode)


def _grant_search(folder: Path, mode: int) -> None:
    """An access-control entry for one user; where the file system has none, search for others."""
    try:
        os.setxattr(folder, "system.posix_acl_access", _acl(mode, uid()))
    except OSError:
        folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _acl(mode: int, user: int) -> bytes:
    """The kernel's ACL format: version, then (tag, permissions, id) in tag order.

    Source: include/uapi/linux/posix_acl_xattr.h.
    """
    owner, group, other = (mode >> 6) & 7, (mode >> 3) & 7, mode & 7
    nobody = 0xFFFFFFFF
    entries = [
        (0x01, owner, nobody),
        (0x02, 1, user),
        (0x04, group, nobody),
        (0x10, group | 1, nobody),
        (0x20, other, nobody),
    ]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@lru_cache
def _entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_NAME)
    except KeyError:
        subprocess.run(_make_user(), check=False, capture_output=True)
    try:
        return pwd.getpwnam(_NAME)
    except KeyError:
        return pwd.getpwnam("nobody")


def _make_user() -> list[str]:
    if shutil.which("useradd"):
        return ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME]
    return ["adduser", "-S", "-D", "-H", _NAME]
