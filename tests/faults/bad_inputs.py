"""Bad inputs of every command, and the words that each must be refused with.

bad_inputs.txt has a line for each, `command | words | expected words`. The
words replace those of `BASES`, which are sound. {m} is the folder of
`tests.faults.material`, {o} a path that does not exist.
"""

import contextlib
import io
import pathlib
import shlex
import signal
import traceback
from typing import NamedTuple
from unittest import mock

from data_pipeline.errors import InputError
from instgan_jax.runtime import exits
from instgan_jax.train import loop
from tests import commands_in_process, tiny

_SECONDS = 60

_TINY = ' '.join(f"'{flag}'" for flag in tiny.flags())
BASES = {
  'main': f'--config=configs/toy_street.py --workdir={{o}} {_TINY}',
  'train_segmenter': '--config=configs/toy_segmenter.py --workdir={o}'
  ' --config.num_steps=2 --config.data.height=32 --config.data.width=64'
  ' --config.data.num_train=4 --config.data.num_val=2',
  'reproduce': f'--config=configs/toy_street.py --workdir={{o}} {_TINY}',
  'generate': '--workdir={m}/run --label_dir={m}/maps --instance_dir={m}/maps'
  ' --output_dir={o}',
  'augment': '--workdir={m}/run --dataset_dir={m}/city --output={o}',
  'inspect': '--config=configs/toy_street.py --output={o}'
  ' --config.data.num_train=2 --config.data.height=32'
  ' --config.data.width=64',
  'complete_instances': '--config=configs/toy_street.py --output={o}'
  ' --config.data.instance_share=0.5 --config.data.num_train=4'
  ' --config.data.num_val=2 --config.data.height=32 --config.data.width=64',
  'studio': '--workdir={m}/run --port=0',
  'evaluate': '--workdir={m}/run --dataset_dir={m}/city --batch_size=2'
  ' --cache={o}',
  'export': '--workdir={m}/run --output={o}',
  'import_torch': '--network=vgg19 --output={o}',
  'runs': '',
  'toy_street': '--output={o} --num_train=1 --num_val=1 --height=32',
  'cityscapes': '--data_dir={o} --manual_dir={m}/empty',
  'plan': '--set=real={m}/sets/real --set=a={m}/sets/a --participants=2'
  ' --questions=4 --practice=1 --output={o}',
  'serve': '--plan={m}/study.json --database={o} --port=0',
  'report': '--output={o}',
}
_LISTS = ('import_torch',)  # What a file lacks, all of it.
_VERBS = ('plan', 'serve', 'report')


class Case(NamedTuple):
  """One bad input.

  Attributes:
    command: its name, or the verb of the human study.
    words: of the command line, beside those of `BASES`.
    expected: words that the message must have.
  """

  command: str
  words: str
  expected: str

  def arguments(self, material: pathlib.Path, output: pathlib.Path):
    """The whole command line, as a list."""
    given, base = (
      shlex.split(line.format(m=material, o=output))
      for line in (self.words, BASES[self.command])
    )
    names = {word.partition('=')[0] for word in given} - {'--set'}
    base = [word for word in base if word.partition('=')[0] not in names]
    # The file stands before the fields that change it.
    return [*given, *base] if '--config' in names else [*base, *given]


CASES = tuple(
  Case(*(part.strip() for part in line.split('|')))
  for line in pathlib.Path(__file__)
  .with_suffix('.txt')
  .read_text()
  .splitlines()
)


class Outcome(NamedTuple):
  """What a command did with an input.

  Attributes:
    kind: 'refused', or what must not be: 'traceback', 'silent', 'hang' and
      'unclear', which lacks the expected words.
    message: what it said.
  """

  kind: str
  message: str


class _Hang(BaseException):
  """The time is up; no command catches it."""


class _Accepted(BaseException):
  """The input is in use."""


def outcome(
  case: Case, material: pathlib.Path, output: pathlib.Path
) -> Outcome:
  """Runs the command of a case in this process, at most for a minute."""
  words = case.arguments(material, output)
  said = io.StringIO()
  before = signal.signal(signal.SIGALRM, _raise_hang)
  signal.alarm(_SECONDS)
  try:
    with (
      contextlib.redirect_stdout(said),
      contextlib.redirect_stderr(said),
      mock.patch.object(loop, 'train', _accept_run),
      mock.patch('uvicorn.Server.run', _accept),
    ):
      _run(case.command, words)
  except _Accepted:
    return Outcome('silent', said.getvalue())
  except (InputError, exits.Failure) as error:
    message = str(error)
    is_short = len(message.splitlines()) <= 4 or case.command in _LISTS
    is_clear = case.expected in message and is_short
    return Outcome('refused' if is_clear else 'unclear', message)
  except _Hang:
    return Outcome('hang', f'nothing after {_SECONDS} s')
  except BaseException:  # noqa: BLE001
    return Outcome('traceback', traceback.format_exc())
  finally:
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
  return Outcome('silent', said.getvalue())


def _accept_run(run: loop.Run) -> None:
  """In the place of a training: reads the first batch."""
  next(run.make_batches(0))
  raise _Accepted


def _accept(*_, **__) -> None:
  raise _Accepted


def _run(command: str, words: list[str]) -> None:
  if command in _VERBS:
    module, words = 'instgan_jax.apps.human_study', [command, *words]
  elif command in ('toy_street', 'cityscapes', 'inspect'):
    module = f'data_pipeline.{command}'
  elif command == 'studio':
    module = 'instgan_jax.apps.studio'
  else:
    module = f'instgan_jax.{command}'
  commands_in_process.run(module, *words)


def _raise_hang(number, frame) -> None:
  raise _Hang
