"""The plan of a study: one JSON file that fixes it before any answer.

It holds every question of every participant, the SHA-256 of every image, the
rules of exclusion, and the SHA-256 of itself.
"""

import hashlib
import json
import os
import pathlib
from collections.abc import Mapping
from typing import NamedTuple

from data_pipeline import atomic_file
from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import image_sets

FORMAT = 'instgan_jax human study 1'

# Kinds of questions. Only MAIN counts for preferences.
MAIN = 'main'
PRACTICE = 'practice'
CATCH = 'catch'
REPEAT = 'repeat'
# In a catch question, the name of the side that is made unrecognizable.
BROKEN = '(broken)'


class Question(NamedTuple):
  """One pair of images, to be shown to one participant.

  Attributes:
    mode: index into `Plan.modes`.
    kind: MAIN, PRACTICE, CATCH or REPEAT (of the participant's MAIN question
      with these images, sides swapped).
    scene: which both images show.
    left: the set on the left, or BROKEN.
    right: the set on the right, or BROKEN.
  """

  mode: int
  kind: str
  scene: str
  left: str
  right: str


class Mode(NamedTuple):
  """A block of questions with one time limit.

  Attributes:
    name: `limited_5s` or `unlimited`, for people and tables.
    time_limit_seconds: None for no limit.
  """

  name: str
  time_limit_seconds: float | None


class Rules(NamedTuple):
  """What is left out of the report, fixed before the first answer.

  Attributes:
    min_response_ms: faster answers are left out.
    max_catch_failures: a participant with a larger share of answered catch
      questions failed is left out, from 0 to 1.
    min_answered: a participant who answered a smaller share of the questions
      that they were asked is left out, from 0 to 1; a time-out is a question
      asked and not answered.
    leave_out_seen_twice: an answer with a time limit is left out if its
      images were shown more than once (the page was loaded again).
  """

  min_response_ms: float
  max_catch_failures: float
  min_answered: float
  leave_out_seen_twice: bool


class Texts(NamedTuple):
  """Texts of the researcher for the participants; by language, en or ja.

  Attributes:
    title: of the study.
    contact: whom participants may ask.
    consent: replaces the pages' own consent text.
    question: replaces the pages' own question.
  """

  title: str
  contact: str
  consent: Mapping[str, str]
  question: Mapping[str, str]


class Plan(NamedTuple):
  """A whole study.

  Attributes:
    seed: from which it was made.
    sets: the images.
    modes: blocks of questions; their order differs between participants.
    participants: the questions of each, in the order to ask them.
    rules: of exclusion.
    texts: for the participants.
    break_every: questions between two breaks.
    sha256: of the file's other contents; '' until written.
  """

  seed: int
  sets: tuple[image_sets.ImageSet, ...]
  modes: tuple[Mode, ...]
  participants: tuple[tuple[Question, ...], ...]
  rules: Rules
  texts: Texts
  break_every: int
  sha256: str = ''

  def set_names(self) -> list[str]:
    """In the order of the command line."""
    return [image_set.name for image_set in self.sets]


def write(path: str | os.PathLike, plan: Plan) -> Plan:
  """Writes a plan completely or not at all; never over another file.

  Returns:
    The plan with its hash.

  Raises:
    InputError: if the file exists or cannot be written.
  """
  text, digest = to_json(plan)
  try:
    with atomic_file.replacing(path) as partial:
      partial.write_text(text, encoding='utf-8')
      os.link(partial, path)  # Unlike a replacement, fails if `path` exists.
  except FileExistsError as error:
    raise InputError(
      f'{path}: exists. A plan is never changed once it is made; remove it if'
      ' no study uses it, or choose another --output.'
    ) from error
  except OSError as error:
    raise InputError(
      f'{path}: cannot be written ({error.strerror or error}). Choose an'
      ' --output on a disk with space, in a folder where you may write.'
    ) from error
  return plan._replace(sha256=digest)


def read(path: str | os.PathLike) -> Plan:
  """Reads a plan.

  Raises:
    InputError: if the file cannot be read, is no plan, or has been changed.
  """
  try:
    text = pathlib.Path(path).read_text(encoding='utf-8')
  except (OSError, UnicodeDecodeError) as error:
    reason = getattr(error, 'strerror', None) or error
    raise InputError(
      f'{path}: cannot be read ({reason}). Name the file that'
      ' "human_study plan --output" wrote.'
    ) from error
  return from_json(text, path)


def to_json(plan: Plan) -> tuple[str, str]:
  """The file's text, and the hash that it ends with."""
  fields = {'format': FORMAT, **_fields(plan)}
  digest = _digest(fields)
  parts = [
    f'{json.dumps(key)}: {_dump(value)}'
    for key, value in {**fields, 'sha256': digest}.items()
  ]
  return '{\n' + ',\n'.join(parts) + '\n}\n', digest


def from_json(text: str, origin: object) -> Plan:
  """Reads a file's text.

  Args:
    text: as `to_json` makes it.
    origin: the file, for messages.

  Raises:
    InputError: if the text is no plan, or has been changed.
  """
  try:
    fields = json.loads(text)
    digest = fields.pop('sha256')
    form = fields.pop('format')
  except (ValueError, KeyError, AttributeError, TypeError) as error:
    raise InputError(
      f'{origin}: is no plan of a human study, expected the JSON file that'
      ' "human_study plan --output" wrote.'
    ) from error
  if form != FORMAT:
    raise InputError(
      f'{origin}: has format {form!r}, expected {FORMAT!r}. Use the version'
      ' that planned the study.'
    )
  if _digest({'format': form, **fields}) != digest:
    raise InputError(
      f'{origin}: was changed after planning (its SHA-256 differs). A plan'
      ' must stay as it was made: restore it, or make a new one.'
    )
  return _plan(fields)._replace(sha256=digest)


def _fields(plan: Plan) -> dict:
  fields = plan._asdict()
  del fields['sha256']
  fields['modes'] = [mode._asdict() for mode in plan.modes]
  fields['rules'] = plan.rules._asdict()
  fields['texts'] = plan.texts._asdict()
  fields['sets'] = [
    {
      'name': image_set.name,
      'folder': image_set.folder,
      # The key of the format, which every plan on disk has.
      'pictures': {
        scene: image._asdict() for scene, image in image_set.images.items()
      },
    }
    for image_set in plan.sets
  ]
  fields['participants'] = [
    [question._asdict() for question in questions]
    for questions in plan.participants
  ]
  return fields


def _plan(fields: dict) -> Plan:
  return Plan(
    seed=fields['seed'],
    sets=tuple(
      image_sets.ImageSet(
        entry['name'],
        entry['folder'],
        {
          scene: image_sets.ImageFile(
            image['file'], image['sha256'], tuple(image['size'])
          )
          for scene, image in entry['pictures'].items()
        },
      )
      for entry in fields['sets']
    ),
    modes=tuple(Mode(**mode) for mode in fields['modes']),
    participants=tuple(
      tuple(Question(**question) for question in questions)
      for questions in fields['participants']
    ),
    rules=Rules(**fields['rules']),
    texts=Texts(**fields['texts']),
    break_every=fields['break_every'],
  )


def _digest(fields: dict) -> str:
  text = json.dumps(
    fields, sort_keys=True, ensure_ascii=False, separators=(',', ':')
  )
  return hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()


def _dump(value) -> str:
  """Lists with one item on a line, so that plans can be read and compared."""
  if not isinstance(value, list) or not value:
    return json.dumps(value, ensure_ascii=False)
  rows = [
    ',\n  '.join(json.dumps(item, ensure_ascii=False) for item in row)
    if isinstance(row, list)
    else json.dumps(row, ensure_ascii=False)
    for row in value
  ]
  if isinstance(value[0], list):
    rows = [f'[\n  {row}\n ]' for row in rows]
  return '[\n ' + ',\n '.join(rows) + '\n]'
