"""All commands, by the name that `instgan NAME` takes."""

import importlib
import sys
from collections.abc import Sequence

import instgan_jax
from instgan_jax.cli import program

# Name -> (module, what it does).
COMMANDS = {
  'main': ('instgan_jax.main', 'Train, or continue, from a configuration.'),
  'runs': ('instgan_jax.runs', 'List training runs, their steps and metrics.'),
  'generate': (
    'instgan_jax.generate',
    'Generate images of folders of label and instance maps.',
  ),
  'augment': (
    'instgan_jax.augment',
    "Generated images of a data set's scenes, as another data set.",
  ),
  'complete_instances': (
    'instgan_jax.complete_instances',
    'Find objects where a data set has no instance maps.',
  ),
  'evaluate': (
    'instgan_jax.evaluate',
    'FID, KID, mIoU and MICV of a generator or of folders of images.',
  ),
  'reproduce': (
    'instgan_jax.reproduce',
    "The paper's Table 1: three methods, several seeds.",
  ),
  'export': (
    'instgan_jax.export',
    'Weights, StableHLO and SavedModel for inference alone.',
  ),
  'train_segmenter': (
    'instgan_jax.train_segmenter',
    'Train a segmenter on real images, for mIoU.',
  ),
  'import_torch': ('instgan_jax.import_torch', 'Import PyTorch weights.'),
  'human_study': (
    'instgan_jax.apps.human_study',
    'Plan, serve and report a two-alternative study.',
  ),
  'studio': (
    'instgan_jax.apps.studio',
    'Paint streets and re-style their instances in the browser.',
  ),
  'toy_street': (
    'data_pipeline.toy_street',
    "Write procedural street scenes in Cityscapes' layout.",
  ),
  'cityscapes': (
    'data_pipeline.cityscapes',
    'Prepare Cityscapes with instance maps for TFDS.',
  ),
  'inspect': (
    'data_pipeline.inspect',
    'Show what a data set is, before training on it.',
  ),
}
# Packages whose command is their __main__.
_PACKAGES = ('human_study', 'studio', 'toy_street', 'cityscapes', 'inspect')
_ALIASES = {'train': 'main'}


def text() -> str:
  """The list of all commands, for a terminal."""
  width = max(len(module) for module, _ in COMMANDS.values())
  lines = [
    f'instgan_jax {instgan_jax.__version__}: {instgan_jax.__doc__}',
    '',
    *(
      f'  python -m {module:<{width}}  {description}'
      for module, description in COMMANDS.values()
    ),
    '',
    'Each has --help with examples. After pip install, `instgan NAME` does the',
    f'same; NAME is one of {", ".join(COMMANDS)}.',
  ]
  return '\n'.join(lines)


def run(argv: Sequence[str] | None = None) -> None:
  """Runs `instgan NAME FLAGS`, or prints the list; exits the process.

  Args:
    argv: program name and arguments; those of the process if not given.
  """
  argv = list(sys.argv if argv is None else argv)
  name = argv[1] if len(argv) > 1 else '--help'
  name = _ALIASES.get(name, name)
  if name in ('--help', '-h', 'help'):
    with program.pipe_may_close():
      print(text())
    sys.exit(0)
  if name == '--version':
    print(instgan_jax.__version__)
    sys.exit(0)
  if name not in COMMANDS:
    print(
      f'Error: {name!r} is no command, expected one of {", ".join(COMMANDS)}.',
      file=sys.stderr,
    )
    sys.exit(2)
  load(name).run([f'instgan {name}', *argv[2:]])


def load(name: str) -> program.Command | program.VerbCommand:
  """The command called `name`, one of `COMMANDS`."""
  module, _ = COMMANDS[name]
  if name in _PACKAGES:
    module = f'{module}.__main__'
  return importlib.import_module(module).command
