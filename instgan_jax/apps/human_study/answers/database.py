"""Answers on disk: SQLite, write-ahead log, synced before a write returns.

A write returns only when it is committed with synchronous=FULL, so what the
server has acknowledged survives a kill and a power cut.
"""

import contextlib
import hashlib
import os
import pathlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

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
# More than anyone loads a page: keeps a script from filling the disk.
_MAX_SHOWINGS = 100


class NotSaved(Exception):
  """The disk is full or failing; nothing was written or lost."""


class Participant(NamedTuple):
  """A participant who has consented."""

  participant: int
  consented_at: float
  consent_sha256: str
  language: str
  user_agent: str


class Answer(NamedTuple):
  """One answer, a row of the table `answers`.

  Attributes:
    participant: number, from 0.
    question: index into the participant's questions.
    choice: left, right, or none for a time-out.
    response_ms: from both images painted to the answer, by the browser's
      clock.
    received_at: seconds since 1970, by the server's clock.
    server_ms: from the page's message that the images were painted to the
      answer, by the server's clock; None if that message did not come.
    showings: how often the images were painted.
    hidden: 1 if the page was in the background while it was shown.
    layout: row, or column where the screen was too narrow.
    scale: of the images; 1 is natural size.
    pixel_ratio: of the screen.
    viewport: such as 1280x720.
  """

  participant: int
  question: int
  choice: str
  response_ms: float
  received_at: float
  server_ms: float | None
  showings: int
  hidden: int
  layout: str
  scale: float
  pixel_ratio: float
  viewport: str


class Database:
  """One study's file. Every method may be called from any thread."""

  def __init__(self, path: str | os.PathLike, study: plan.Plan | None = None):
    """Opens a database.

    Args:
      path: the file.
      study: makes the file if it is missing; None only reads.

    Raises:
      InputError: if the file is missing (to read), is none of these, belongs
        to another plan, or cannot be written.
    """
    self._path = pathlib.Path(path)
    self._lock = threading.Lock()
    if study is None and not self._path.is_file():
      raise InputError(
        f'{path}: there is no such file, expected the database that'
        ' "human_study serve" wrote. Name it with --database.'
      )
    try:
      with contextlib.ExitStack() as after_error:
        self._connection = _connect(self._path, create=study is not None)
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
      self._create(study)
    row = self._connection.execute('SELECT * FROM study').fetchone()
    text, sha256, self.secret = row
    self.plan = plan.from_json(text, self._path)
    if study is not None and study.sha256 != sha256:
      raise InputError(
        f'{self._path}: holds answers to another plan ({sha256[:12]}...,'
        f' expected {study.sha256[:12]}...). Choose another --database, or the'
        ' plan that it was made for.'
      )

  def _create(self, study: plan.Plan) -> None:
    with self._transaction():
      self._connection.execute(_CHECKSUMS)
      tables = self._connection.execute(
        "SELECT name FROM sqlite_master WHERE name = 'study'"
      ).fetchall()
      if tables:
        return
      for statement in _SCHEMA.split(';'):
        self._connection.execute(statement)
      text, sha256 = plan.to_json(study)
      self._connection.execute(
        'INSERT INTO study VALUES (?, ?, ?)',
        (text, sha256, secrets.token_bytes(32)),
      )

  def close(self) -> None:
    """Closes the file. All writes are already on disk."""
    with self._lock:
      self._connection.close()

  def consent(self, participant: Participant) -> None:
    """Keeps a participant's first consent.

    Raises:
      NotSaved: if it could not be written.
    """
    with self._writing():
      self._connection.execute(
        f'INSERT OR IGNORE INTO participants VALUES ({_marks(participant)})',
        participant,
      )

  def show(self, participant: int, question: int) -> None:
    """Notes that a question was painted, if it is the one to answer.

    Raises:
      NotSaved: if it could not be written.
    """
    with self._writing():
      if question != self._num_answers(participant):
        return
      showings, _ = self._showings(participant, question)
      if showings < _MAX_SHOWINGS:
        self._connection.execute(
          'INSERT INTO showings VALUES (?, ?, ?)',
          (participant, question, time.time()),
        )

  def add(self, answer: Answer) -> bool:
    """Keeps an answer, if it is the first to the question that is due.

    Args:
      answer: `server_ms` and `showings` are filled in here.

    Returns:
      Whether its question has an answer now, this one or an earlier one. If
      not, an earlier question is due.

    Raises:
      NotSaved: if it could not be written.
    """
    with self._writing():
      due = self._num_answers(answer.participant)
      if answer.question != due:
        return answer.question < due
      showings, latest = self._showings(*answer[:2])
      if latest is not None:
        latest = 1000 * (answer.received_at - latest)
      answer = answer._replace(showings=showings, server_ms=latest)
      self._connection.execute(
        f'INSERT INTO answers VALUES ({_marks(answer)})', answer
      )
      # As it was stored: SQLite makes numbers of one kind of them.
      (row,) = self._connection.execute(
        'SELECT * FROM answers WHERE participant = ? AND question = ?',
        answer[:2],
      )
      self._connection.execute(
        'INSERT INTO checksums VALUES (?, ?, ?)', (*answer[:2], _sha256(row))
      )
      return True

  def num_answers(self, participant: int) -> int:
    """How many questions a participant has answered; also the one due."""
    with self._lock:
      return self._num_answers(participant)

  def participant(self, number: int) -> Participant | None:
    """The participant's consent, or None."""
    with self._lock:
      row = self._connection.execute(
        'SELECT * FROM participants WHERE participant = ?', (number,)
      ).fetchone()
    return None if row is None else Participant(*row)

  def participants(self) -> dict[int, Participant]:
    """All participants who consented, by number."""
    rows = self._read('SELECT * FROM participants')
    return {row[0]: Participant(*row) for row in rows}

  def answers(self) -> list[Answer]:
    """All answers, by participant and question.

    Raises:
      InputError: if one is not what was written.
    """
    rows = self._read('SELECT * FROM answers ORDER BY participant, question')
    hashes = {row[:2]: _sha256(row) for row in rows}
    for participant, question, sha256 in self._checksums():
      if hashes.get((participant, question)) != sha256:
        raise InputError(
          f'{self._path}: is damaged, the answer of participant {participant} '
          f'to question {question} is not what was written. Restore it from a '
          'copy.'
        )
    return [Answer(*row) for row in rows]

  def _checksums(self) -> list[tuple]:
    """Rows of `checksums`; none of a file of version 0.2.0 or older."""
    exists = self._read(
      "SELECT name FROM sqlite_master WHERE name = 'checksums'"
    )
    return self._read('SELECT * FROM checksums') if exists else []

  def progress(self) -> dict[int, tuple[int, float]]:
    """Number of answers and time of the latest, by participant."""
    rows = self._read(
      'SELECT participant, count(*), max(received_at) FROM answers'
      ' GROUP BY participant'
    )
    return {number: (count, latest) for number, count, latest in rows}

  def _read(self, query: str) -> list[tuple]:
    try:
      with self._lock:
        return self._connection.execute(query).fetchall()
    except sqlite3.DatabaseError as error:
      raise InputError(
        f'{self._path}: is damaged ({error}). Restore it from a copy.'
      ) from error

  def _num_answers(self, participant: int) -> int:
    (count,) = self._connection.execute(
      'SELECT count(*) FROM answers WHERE participant = ?', (participant,)
    ).fetchone()
    return count

  def _showings(self, participant: int, question: int):
    """(how many, time of the latest or None)."""
    return self._connection.execute(
      'SELECT count(*), max(at) FROM showings'
      ' WHERE participant = ? AND question = ?',
      (participant, question),
    ).fetchone()

  @contextlib.contextmanager
  def _writing(self) -> Iterator[None]:
    try:
      with self._lock, self._transaction():
        yield
    except sqlite3.OperationalError as error:
      raise NotSaved(f'{self._path}: {error}') from error

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


def _sha256(row: tuple) -> str:
  return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()


def _marks(row: tuple) -> str:
  return ', '.join('?' * len(row))
