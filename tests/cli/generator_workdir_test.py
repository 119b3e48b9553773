"""Without --workdir a command uses the generator that ships, and says so."""

import pytest
from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import generator_workdir
from instgan_jax.inference import shipped_generator


def values_of(*words):
  values = flags.FlagValues()
  flags.DEFINE_string('workdir', None, '', flag_values=values)
  values(['program', *words])
  return values


def test_a_given_one_is_taken_silently(capsys):
  values = values_of('--workdir=runs/a')
  assert generator_workdir.given_or_shipped(values) == 'runs/a'
  assert capsys.readouterr() == ('', '')


def test_without_one_a_line_names_the_shipped(capsys):
  folder = generator_workdir.given_or_shipped(values_of())
  assert folder == shipped_generator.FOLDER
  said = capsys.readouterr()
  assert said.out == '' and said.err.count('\n') == 1
  assert said.err.startswith('No workdir: The generator that ships with')


def test_an_empty_one_is_a_mistake():
  with pytest.raises(InputError, match='--workdir is needed'):
    generator_workdir.given_or_shipped(values_of('--workdir='))
