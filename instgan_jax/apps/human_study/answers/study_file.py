"""A study on disk: SQLite, write-ahead log, synced before a write returns.

A write returns only when it is committed with synchronous=FULL, so what the
server has acknowledged survives a kill and a power cut.
"""

import contextlib
import os
import pathlib
import secrets
import sqlite3
import threading
from collections.abc import Iterator

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import plan

_SCHEMA = """
CREATE TABLE study (
  plan TEXT NOT NULL, plan_sha256 TEXT NOT NULL, secret BLOB NOT NULL
) STRICT;
CREATE TABLE participants (
  participant INTEGER PRIMARY KEY,
  consented_at REAL NOT NULL,
  consent_sha256 TEXT NOT NULL,
  language TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT;
CREATE TABLE showings (
  participant INTEGER NOT NULL, question INTEGER NOT NULL, at REAL NOT NULL
) STRICT;
CREATE INDEX showings_of ON showings (participant, question);
CREATE TABLE answers (
  participant INTEGER NOT NULL,
  question INTEGER NOT NULL,
  choice TEXT NOT NULL CHECK (choice IN ('left', 'right', 'none')),
  response_ms REAL NOT NULL,
  received_at REAL NOT NULL,
  server_ms REAL,
  showings INTEGER NOT NULL,
  hidden INTEGER NOT NULL,
  layout TEXT NOT NULL,
  scale REAL NOT NULL,
  pixel_ratio REAL NOT NULL,
  viewport TEXT NOT NULL,
  PRIMARY KEY (participant, question)
) STRICT;
"""
# SHA-256 of each row of `answers`: SQLite would not notice a flipped bit.
_CHECKSUMS = """
CREATE TABLE IF NOT EXISTS checksums (
  participant INTEGER NOT NULL,
  question INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (participant, question)
) STRICT;
"""
_BUSY_SECONDS = 20


class NotSaved(Exception):
  """The disk is full or failing; nothing was written or lost."""


class StudyFile:
  """The tables of one study. Every method may be called from any thread.

  Attributes:
    path: of the file.
    plan: of the study.
    secret: bytes, of all its links.
  """

  def __init__(self, path: str | os.PathLike, study: plan.Plan | None = None):
    """Opens a file.

    Args:
      path: the file.
      study: makes the file if it is missing; None only reads.

    Raises:
      InputError: if the file is missing (to read), is none of these, belongs
        to another plan, or cannot be written.
    """
    self.path = pathlib.Path(path)
    self._lock = threading.Lock()
    if study is None and not self.path.is_file():
      raise InputError(
        f'{path}: there is no such file, expected the database that'
        ' "human_study serve" wrote. Name it with --database.'
      )
    try:
      with contextlib.ExitStack() as after_error:
        self._connection = _connect(self.path, create=study is not None)
        after_error.callback(self._connection.close)
        self._open(study)
        after_error.pop_all()
    except sqlite3.Error as error:
      raise InputError(
        f'{path}: cannot be used as database ({error}). Choose a --database'
        ' that "human_study serve" made, or a new name on a disk with space.'
      ) from error

  def _open(self, study: plan.Plan | None) -> None:
    if study is not None:
      self._connection.execute('PRAGMA journal_mode=WAL')
      self._connection.execute('PRAGMA synchronous=FULL')
      with self._transaction():
        _create_tables(self._connection, study)
    row = self._connection.execute('SELECT * FROM study').fetchone()
    text, sha256, self.secret = row
    self.plan = plan.from_json(text, self.path)
    if study is not None and study.sha256 != sha256:
      raise InputError(
        f'{self.path}: holds answers to another plan ({sha256[:12]}...,'
        f' expected {study.sha256[:12]}...). Choose another --database, or the'
        ' plan that it was made for.'
      )

  def close(self) -> None:
    """Closes the file. All writes are already on disk."""
    with self._lock:
      self._connection.close()

  def read(self, query: str, *values) -> list[tuple]:
    """All rows of a query with `values` for its question marks.

    Raises:
      InputError: if the file is damaged.
    """
    try:
      with self._lock:
        return self._connection.execute(query, values).fetchall()
    except sqlite3.DatabaseError as error:
      raise InputError(
        f'{self.path}: is damaged ({error}). Restore it from a copy.'
      ) from error

  @contextlib.contextmanager
  def writing(self) -> Iterator[sqlite3.Connection]:
    """The connection, for one transaction that alone writes.

    Raises:
      NotSaved: if it could not be written.
    """
    try:
      with self._lock, self._transaction():
        yield self._connection
    except sqlite3.OperationalError as error:
      raise NotSaved(f'{self.path}: {error}') from error

  @contextlib.contextmanager
  def _transaction(self) -> Iterator[None]:
    # IMMEDIATE: no other process writes between the reads and writes in here.
    self._connection.execute('BEGIN IMMEDIATE')
    try:
      yield
      self._connection.execute('COMMIT')
    except BaseException:
      if self._connection.in_transaction:
        self._connection.execute('ROLLBACK')
      raise


def _create_tables(connection: sqlite3.Connection, study: plan.Plan) -> None:
  """Makes the tables that are missing, also of a file of an older version."""
  connection.execute(_CHECKSUMS)
  tables = connection.execute(
    "SELECT name FROM sqlite_master WHERE name = 'study'"
  ).fetchall()
  if tables:
    return
  for statement in _SCHEMA.split(';'):
    connection.execute(statement)
  text, sha256 = plan.to_json(study)
  connection.execute(
    'INSERT INTO study VALUES (?, ?, ?)',
    (text, sha256, secrets.token_bytes(32)),
  )


def _connect(path: pathlib.Path, *, create: bool) -> sqlite3.Connection:
  if create and not path.exists():
    # Only its owner may read it, because it holds the secret of all links.
    with contextlib.suppress(OSError):
      os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
  return sqlite3.connect(
    path,
    timeout=_BUSY_SECONDS,
    isolation_level=None,
    check_same_thread=False,
  )
