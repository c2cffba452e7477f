"""Replacing a small file several times a second without a new inode each time.

ext4 looks at every inode freed within the last minute before it gives out another one, so a playlist written anew and
renamed over the old one three times a second costs a millisecond each time. Here two files take turns: the one that
was replaced is written over for the next time, unless somebody still reads it.
"""

import ctypes
import errno
import fcntl
import os
from contextlib import suppress

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_libc = ctypes.CDLL(None, use_errno=True)


def write_spare(path: str, data: bytes) -> None:
    """Write what is to be put into place next. Whoever reads what lay there before still reads that."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _is_ours_alone(descriptor):
            os.close(descriptor)
            os.unlink(path)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.ftruncate(descriptor, len(data))
    finally:
        os.close(descriptor)


def _is_ours_alone(descriptor: int) -> bool:
    """Whether nobody else has the file open: only then is a lease for writing given (fcntl(2), F_SETLEASE)."""
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return True
    return False


def swap(spare: str, path: str) -> None:
    """Put a spare into place; the file that was there, if any, is the spare from now on."""
    if _exchange(spare, path):
        return
    os.rename(spare, path)


def _exchange(spare: str, path: str) -> bool:
    """RENAME_EXCHANGE of renameat2(2): False when nothing is in place yet, or the file system can't."""
    names = os.fsencode(spare), os.fsencode(path)
    if _libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOENT, errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(code, os.strerror(code), path)
