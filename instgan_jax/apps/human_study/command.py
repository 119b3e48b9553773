"""The command line: a parser, and a function for each verb.

Flags are argparse's, because every verb has its own. The libraries of a verb
are imported when it runs, so that `--help` needs none of them.
"""

import argparse
import pathlib
from collections.abc import Sequence

import instgan_jax
from instgan_jax.apps.web import extra
from instgan_jax.cli import program

_EXAMPLES = """examples:

  python -m instgan_jax.apps.human_study plan --set real=images/real \\
    --set L=images/l --set L+I=images/li --set L+I+P=images/lip \\
    --catch 5 --repeats 5 --output study.json
  python -m instgan_jax.apps.human_study plan \\
    --set real=data/toy/leftImg8bit/val --set L+I+P=runs/lip \\
    --maps data/toy/gtFine/val --image_size 128x256 --output study.json
  python -m instgan_jax.apps.human_study serve --plan study.json \\
    --database study.db
  python -m instgan_jax.apps.human_study report --database study.db \\
    --output report

Exit status: 0 when done, 2 for wrong input, 1 for a failure, 128 + the signal
when a signal stopped it.
"""


def main(argv: Sequence[str]) -> None:
  """Runs the verb of a command line.

  Args:
    argv: the program's name, the verb and its flags.

  Raises:
    InputError: for wrong input.
  """
  flags = parser().parse_args(argv[1:])
  flags.run(flags)


def parser() -> argparse.ArgumentParser:
  """The parser of all verbs; the parsed flags have a function `run`."""
  top = program.Parser(
    prog='python -m instgan_jax.apps.human_study',
    description='Plans, serves and reports a two-alternative forced choice'
    ' study: which of two images looks more real.',
    epilog=_EXAMPLES,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  top.add_argument(
    '--version', action='version', version=instgan_jax.__version__
  )
  verbs = top.add_subparsers(
    required=True, metavar='plan | serve | report', parser_class=program.Parser
  )
  _add_plan(verbs)
  _add_serve(verbs)
  _add_report(verbs)
  return top


def _add_verb(
  verbs, name: str, run, description: str
) -> argparse.ArgumentParser:
  verb = verbs.add_parser(
    name,
    description=description,
    epilog=_EXAMPLES,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  verb.set_defaults(run=run)
  return verb


def _add_plan(verbs) -> None:
  verb = _add_verb(
    verbs, 'plan', _plan, 'Fixes every question in one file, before any answer.'
  )
  flag = verb.add_argument
  flag(
    '--set',
    action='append',
    default=[],
    metavar='NAME=FOLDER',
    dest='sets',
    help='a folder of images, or a generator (workdir or export); give two or'
    ' more, of the same scenes',
  )
  flag(
    '--maps',
    metavar='FOLDER',
    help='label and instance maps of the scenes, for sets that are generators;'
    ' their images go to PLAN_images/NAME',
  )
  flag(
    '--image_size',
    metavar='HEIGHTxWIDTH',
    help='resize all images to one size; default: they must have one',
  )
  flag('--output', metavar='FILE', help='the plan, such as study.json')
  _add_size(flag)
  _add_rules(flag)
  _add_texts(flag)
  flag(
    '--power',
    nargs='*',
    type=float,
    metavar='PREFERENCE',
    help='print how many answers preferences need (0.55 0.6 0.65 0.7)',
  )


def _add_size(flag) -> None:
  flag(
    '--time_limit',
    nargs='+',
    default=['5', 'none'],
    metavar='SECONDS',
    help='a number, none, or several, each a block of questions (5 none)',
  )
  flag('--participants', type=int, default=16, help='number of people (16)')
  flag(
    '--questions',
    type=int,
    default=100,
    help='for each participant in each block (100)',
  )
  flag(
    '--practice',
    type=int,
    default=3,
    help='practice questions before each block, which do not count (3)',
  )
  flag(
    '--catch',
    type=int,
    default=0,
    help='catch questions of each block: a broken image against a real one,'
    ' to detect inattentive participants (0)',
  )
  flag(
    '--repeats',
    type=int,
    default=0,
    help='questions of each block asked again with sides swapped (0)',
  )
  flag(
    '--real',
    default='real',
    metavar='NAME',
    help='the set that --catch shows (real)',
  )
  flag('--seed', type=int, default=0, help='of all random choices (0)')
  flag(
    '--break_every',
    type=int,
    default=50,
    help='questions between two breaks (50)',
  )


def _add_rules(flag) -> None:
  flag(
    '--min_response_ms',
    type=float,
    default=200.0,
    help='rule: faster answers are left out (200)',
  )
  flag(
    '--max_catch_failures',
    type=float,
    default=0.25,
    help='rule: participants who fail a larger share of their catch questions'
    ' are left out (0.25)',
  )
  flag(
    '--min_answered',
    type=float,
    default=0.5,
    help='rule: participants who answer a smaller share of the questions'
    ' asked are left out (0.5)',
  )
  flag(
    '--keep_seen_twice',
    action='store_true',
    help='rule: keep answers with a time limit whose images were shown'
    ' more than once',
  )


def _add_texts(flag) -> None:
  flag('--title', default='', help='title on the first page')
  flag('--contact', default='', help='whom participants may ask')
  for language in ('en', 'ja'):
    flag(
      f'--consent_{language}',
      metavar='FILE',
      help=f'your own consent text ({language}), plain UTF-8 text',
    )
    flag(
      f'--question_{language}',
      default='',
      metavar='TEXT',
      help=f'your own question ({language})',
    )


def _add_serve(verbs) -> None:
  verb = _add_verb(
    verbs,
    'serve',
    _serve,
    'Serves a study to its participants. Stop with Ctrl-C; the same command'
    ' continues.',
  )
  flag = verb.add_argument
  flag(
    '--plan', metavar='FILE', required=True, help='the file that "plan" wrote'
  )
  flag(
    '--database',
    metavar='FILE',
    required=True,
    help='file of the answers; made if it is missing',
  )
  flag(
    '--host',
    default='127.0.0.1',
    help='address to listen on; 0.0.0.0 for other machines (127.0.0.1)',
  )
  flag('--port', type=int, default=8080, help='0 for any free one (8080)')
  flag(
    '--public_url',
    metavar='URL',
    help='address at which participants reach this server, for their links',
  )
  flag(
    '--set',
    action='append',
    default=[],
    metavar='NAME=FOLDER',
    dest='sets',
    help='the folder of a set, if it moved after planning',
  )


def _add_report(verbs) -> None:
  verb = _add_verb(
    verbs,
    'report',
    _report,
    'Analyzes the answers: report.md, report.json and plots.',
  )
  flag = verb.add_argument
  flag('--database', metavar='FILE', help='the file that "serve" wrote')
  flag('--answers', metavar='FILE', help='instead: the CSV of the admin page')
  flag('--plan', metavar='FILE', help='needed with --answers')
  flag('--output', metavar='FOLDER', required=True, help='made if missing')


def _plan(flags) -> None:
  from instgan_jax.apps.human_study.design import plan_command

  if flags.power is not None:
    extra.require('study', 'scipy')
  plan_command.run(flags)


def _serve(flags) -> None:
  extra.require('study', 'fastapi', 'uvicorn')
  from instgan_jax.apps.human_study.web import serve

  serve.run(
    plan_path=pathlib.Path(flags.plan),
    database_path=pathlib.Path(flags.database),
    host=flags.host,
    port=flags.port,
    public_url=flags.public_url,
    moved_sets=flags.sets,
  )


def _report(flags) -> None:
  extra.require('study', 'scipy', 'statsmodels', 'choix', 'matplotlib')
  from instgan_jax.apps.human_study.analysis import report

  report.run(
    database_path=flags.database,
    answers=flags.answers,
    plan_path=flags.plan,
    output=pathlib.Path(flags.output),
  )
