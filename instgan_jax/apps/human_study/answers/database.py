"""Consents and answers of a study, kept in its file."""

import hashlib
import os
import sqlite3
import time
from typing import NamedTuple

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.answers import study_file
from instgan_jax.apps.human_study.design import plan

# More than anyone loads a page: keeps a script from filling the disk.
_MAX_SHOWINGS = 100
_COUNT_ANSWERS = 'SELECT count(*) FROM answers WHERE participant = ?'


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
  """One study's file. Every method may be called from any thread.

  Attributes:
    plan: of the study.
    secret: bytes, of all its links.
  """

  def __init__(self, path: str | os.PathLike, study: plan.Plan | None = None):
    """Opens a database, see `study_file.StudyFile`.

    Args:
      path: the file.
      study: makes the file if it is missing; None only reads.

    Raises:
      InputError: if the file cannot be used.
    """
    self._file = study_file.StudyFile(path, study)
    self.plan, self.secret = self._file.plan, self._file.secret

  def close(self) -> None:
    """Closes the file. All writes are already on disk."""
    self._file.close()

  def consent(self, participant: Participant) -> None:
    """Keeps a participant's first consent.

    Raises:
      study_file.NotSaved: if it could not be written.
    """
    with self._file.writing() as connection:
      connection.execute(
        f'INSERT OR IGNORE INTO participants VALUES ({_marks(participant)})',
        participant,
      )

  def show(self, participant: int, question: int) -> None:
    """Notes that a question was painted, if it is the one to answer.

    Raises:
      study_file.NotSaved: if it could not be written.
    """
    with self._file.writing() as connection:
      if question != _num_answers(connection, participant):
        return
      showings, _ = _showings(connection, participant, question)
      if showings < _MAX_SHOWINGS:
        connection.execute(
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
      study_file.NotSaved: if it could not be written.
    """
    with self._file.writing() as connection:
      due = _num_answers(connection, answer.participant)
      if answer.question != due:
        return answer.question < due
      showings, latest = _showings(connection, *answer[:2])
      if latest is not None:
        latest = 1000 * (answer.received_at - latest)
      answer = answer._replace(showings=showings, server_ms=latest)
      connection.execute(
        f'INSERT INTO answers VALUES ({_marks(answer)})', answer
      )
      # As it was stored: SQLite makes numbers of one kind of them.
      (row,) = connection.execute(
        'SELECT * FROM answers WHERE participant = ? AND question = ?',
        answer[:2],
      )
      connection.execute(
        'INSERT INTO checksums VALUES (?, ?, ?)', (*answer[:2], _sha256(row))
      )
      return True

  def num_answers(self, participant: int) -> int:
    """How many questions a participant has answered; also the one due."""
    ((count,),) = self._file.read(_COUNT_ANSWERS, participant)
    return count

  def participant(self, number: int) -> Participant | None:
    """The participant's consent, or None."""
    rows = self._file.read(
      'SELECT * FROM participants WHERE participant = ?', number
    )
    return Participant(*rows[0]) if rows else None

  def participants(self) -> dict[int, Participant]:
    """All participants who consented, by number."""
    rows = self._file.read('SELECT * FROM participants')
    return {row[0]: Participant(*row) for row in rows}

  def answers(self) -> list[Answer]:
    """All answers, by participant and question.

    Raises:
      InputError: if one is not what was written.
    """
    rows = self._file.read(
      'SELECT * FROM answers ORDER BY participant, question'
    )
    hashes = {row[:2]: _sha256(row) for row in rows}
    for participant, question, sha256 in self._checksums():
      if hashes.get((participant, question)) != sha256:
        raise InputError(
          f'{self._file.path}: is damaged, the answer of participant '
          f'{participant} to question {question} is not what was written. '
          'Restore it from a copy.'
        )
    return [Answer(*row) for row in rows]

  def progress(self) -> dict[int, tuple[int, float]]:
    """Number of answers and time of the latest, by participant."""
    rows = self._file.read(
      'SELECT participant, count(*), max(received_at) FROM answers'
      ' GROUP BY participant'
    )
    return {number: (count, latest) for number, count, latest in rows}

  def _checksums(self) -> list[tuple]:
    """Rows of `checksums`; none of a file of version 0.2.0 or older."""
    exists = self._file.read(
      "SELECT name FROM sqlite_master WHERE name = 'checksums'"
    )
    return self._file.read('SELECT * FROM checksums') if exists else []


def _num_answers(connection: sqlite3.Connection, participant: int) -> int:
  (count,) = connection.execute(_COUNT_ANSWERS, (participant,)).fetchone()
  return count


def _showings(
  connection: sqlite3.Connection, participant: int, question: int
) -> tuple[int, float | None]:
  """(how many, time of the latest or None)."""
  return connection.execute(
    'SELECT count(*), max(at) FROM showings'
    ' WHERE participant = ? AND question = ?',
    (participant, question),
  ).fetchone()


def _sha256(row: tuple) -> str:
  return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()


def _marks(row: tuple) -> str:
  return ', '.join('?' * len(row))
