"""The PostgreSQL that BuildGrid keeps its operations in, from the files of the PyPI package pgserver.

Only its files: pgserver's own interface, when run as root, creates a system user and opens every parent folder of the
database to everybody, and both stay behind. PostgreSQL refuses to run as root, so for root it runs as `nobody`, from
a copy in the scratch folder, because `nobody` can usually not enter the environment that holds the original.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
from pathlib import Path
from urllib.parse import quote

from examples.serving.children import Account, Children
from examples.serving.failure import CannotServe
from examples.serving.sockets import accepts

START_SECONDS = 60.0
OTHERWISE = "see what PostgreSQL said above; is there room in the temporary folder, and may everybody enter it?"


def start_postgres(children: Children, scratch: Path) -> str:
    """Create an empty database server on a Unix socket; return its SQLAlchemy connection string."""
    programs = _package()
    account = None
    if os.geteuid() == 0:
        account = _nobody()
        _require_open_parents(scratch)
        scratch.chmod(0o711)  # enter, but not list
        programs = _copy(programs, scratch / "postgres")
    else:
        _require_a_name()
    data = scratch / "database"
    data.mkdir(mode=0o700)
    if account is not None:
        os.chown(data, account.uid, account.gid)
    programs = programs / "pginstall" / "bin"
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    children.run(
        "initdb",
        [programs / "initdb", "-D", data, *options],
        account=account,
        directory=data,
        within=START_SECONDS,
        remedy=OTHERWISE,
    )
    settings = [
        f"unix_socket_directories={data}",  # closed to all other users, hence "trust" above
        "listen_addresses=",
        "fsync=off",  # nothing here is meant to survive a crash
        "synchronous_commit=off",
        "full_page_writes=off",
    ]
    children.start(
        "postgres",
        [programs / "postgres", "-D", data, *(word for setting in settings for word in ("-c", setting))],
        account=account,
        directory=data,
        stop_signal=signal.SIGINT,  # "fast": do not wait for clients to disconnect
    )
    children.wait_until("PostgreSQL", lambda: accepts(data / ".s.PGSQL.5432"), within=START_SECONDS)
    return f"postgresql+psycopg2://postgres:@/postgres?host={quote(str(data))}"


def _package() -> Path:
    """Where pgserver is installed. Not imported: importing it already creates folders and looks for users."""
    found = importlib.util.find_spec("pgserver")
    if found is None or found.origin is None:
        raise CannotServe("the package pgserver is not installed", "delete .interop and start again")
    return Path(found.origin).parent


def _require_a_name() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise CannotServe(
            f"PostgreSQL wants the name of its user, and the user id {os.geteuid()} has none on this machine",
            "start this example as a user that is listed in /etc/passwd",
        ) from None


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotServe(
            "PostgreSQL refuses to run as root, and there is no user `nobody` to run it as",
            "start this example as an ordinary user",
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def _require_open_parents(scratch: Path) -> None:
    for parent in scratch.parents:
        if not parent.stat().st_mode & 0o001:
            raise CannotServe(
                f"PostgreSQL, which runs as `nobody` for root, may not enter {parent}",
                f"set TMPDIR to a folder that everybody may enter, instead of {tempfile.gettempdir()}",
            )


def _copy(package: Path, to: Path) -> Path:
    """The programs find their libraries by relative path, so both keep their places towards each other."""
    to.mkdir(mode=0o755)
    shutil.copytree(package / "pginstall", to / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    for path in (to, *to.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
    return to / package.name
