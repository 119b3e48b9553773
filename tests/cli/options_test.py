"""One dataclass gives flags and a group of a configuration."""

import dataclasses

import ml_collections
import pytest
from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import options
from instgan_jax.evaluation import options as evaluation_options
from tests import tiny

Options = evaluation_options.Options
# Of every field: a value, and how a flag or a configuration writes it.
VALUES = {
  'metrics': (('fid', 'micv'), 'fid,micv'),
  'inception': ('weights/inception', 'weights/inception'),
  'segmenter': ('weights/pspnet', 'weights/pspnet'),
  'segmenter_protocol': ('sliding', 'sliding'),
  'segmenter_size': ((256, 512), '256x512'),
  'fid_resize': ('clean-fid', 'clean-fid'),
  'fid_reference': ('train', 'train'),
  'num_draws': (3, '3'),
  'seed': (7, '7'),
  'style_of': ('class', 'class'),
  'num_scenes': (20, '20'),
  'batch_size': (5, '5'),
  'classes': (('car', 'bus'), 'car,bus'),
  'min_area': (100, '100'),
  'cache': ('features', 'features'),
}


@dataclasses.dataclass(frozen=True)
class Small:
  """A field of each type."""

  name: str = dataclasses.field(
    default='a', metadata={'description': 'What it is called.'}
  )
  count: int = dataclasses.field(
    default=3, metadata={'description': 'How many there are.'}
  )
  fast: bool = dataclasses.field(
    default=True, metadata={'description': 'Whether it is fast.'}
  )
  words: tuple[str, ...] = dataclasses.field(
    default=('b', 'c'), metadata={'description': 'Some words.'}
  )
  size: tuple[int, int] | None = dataclasses.field(
    default=None, metadata={'description': 'HEIGHTxWIDTH.'}
  )


def from_flags(cls, *words):
  values = flags.FlagValues()
  options.define_flags(values, cls)
  values(['program', *words])
  return options.from_flags(values, cls)


def test_every_type_has_a_flag_with_default_and_description():
  assert from_flags(Small) == Small()
  got = from_flags(
    Small, '--name=x', '--count=4', '--nofast', '--words=d, e', '--size=2x3'
  )
  assert got == Small('x', 4, False, ('d', 'e'), (2, 3))
  values = flags.FlagValues()
  options.define_flags(values, Small)
  assert {name: values[name].help for name in values} == {
    field.name: field.metadata['description']
    for field in dataclasses.fields(Small)
  }


def test_an_empty_list_of_words_is_empty():
  assert from_flags(Small, '--words=').words == ()
  assert options.from_config({'words': ''}, Small).words == ()


def test_a_group_of_a_configuration_sets_what_it_has():
  group = ml_collections.ConfigDict(
    {'words': 'd,e', 'size': '2x3', 'count': 9, 'every_steps': 250}
  )
  assert options.from_config(group, Small) == Small(
    count=9, words=('d', 'e'), size=(2, 3)
  )
  group = ml_collections.ConfigDict({'words': ('d', 'e'), 'size': ''})
  assert options.from_config(group, Small) == Small(words=('d', 'e'))


def test_a_size_that_is_none_names_its_flag():
  with pytest.raises(InputError, match="--size is '2', expected HEIGHTxWIDTH"):
    from_flags(Small, '--size=2')
  with pytest.raises(InputError, match='--size is '):
    options.from_config({'size': '2,3'}, Small)


def test_the_values_here_are_of_all_options_of_an_evaluation():
  fields = {field.name: field for field in dataclasses.fields(Options)}
  assert set(VALUES) == set(fields)
  for name, (value, _) in VALUES.items():
    assert value != fields[name].default, f'{name}: no change would be seen.'
    assert fields[name].metadata['description'].endswith('.'), name


@pytest.mark.parametrize('name', VALUES)
def test_every_option_of_an_evaluation_is_a_flag_and_a_field(name):
  value, text = VALUES[name]
  expected = dataclasses.replace(Options(), **{name: value})
  assert from_flags(Options, f'--{name}={text}') == expected
  written = int(text) if text.isdigit() else text
  assert options.from_config({name: written}, Options) == expected


def test_the_evaluation_of_a_shipped_configuration_is_read():
  got = options.from_config(tiny.config().eval, Options)
  assert got.metrics == ('micv',) and got.num_scenes == 32
