"""Options of an evaluation: defaults, and what is refused before any work."""

import dataclasses

import pytest

from data_pipeline.errors import InputError
from instgan_jax.evaluation import options as options_lib
from instgan_jax.evaluation.options import Options


def test_all_metrics_that_the_weights_allow_are_the_default():
  complete = options_lib.complete
  assert complete(Options()).metrics == ('micv',)
  assert complete(Options(segmenter='s')).metrics == ('fsd', 'miou', 'micv')
  assert complete(Options(inception='i')).metrics == ('fid', 'kid', 'micv')
  everything = complete(Options(inception='i', segmenter='s'))
  assert everything.metrics == options_lib.METRICS
  chosen = Options(segmenter='s', metrics=('micv',), seed=3)
  assert complete(chosen) == chosen


def test_every_option_has_a_description():
  for field in dataclasses.fields(Options):
    assert field.metadata['description'].endswith('.'), field.name


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    (
      {'metrics': ('lpips',)},
      "'lpips' is no metric, expected some of fid, kid",
    ),
    (
      {'metrics': ('fid',)},
      'fid needs the weights of Inception: give --inception FOLDER, made with '
      'python -m instgan_jax.import_torch',
    ),
    (
      {'metrics': ('micv', 'miou')},
      'miou needs a segmenter: give --segmenter FOLDER, made with python -m '
      'instgan_jax.train_segmenter',
    ),
    ({'num_draws': 0}, 'at least 1'),
    ({'batch_size': 0}, 'at least 1'),
    ({'num_scenes': -1}, '--num_scenes is -1, expected at least 0.'),
    ({'seed': -3}, '--seed is -3, expected at least 0.'),
    ({'min_area': -3}, '--min_area is -3, expected at least 0.'),
    ({'fid_resize': 'foo'}, "--fid_resize is 'foo', expected one of pytorch-"),
    ({'segmenter_protocol': 'foo'}, 'expected one of whole, sliding, sliding_'),
  ],
)
def test_what_cannot_be_evaluated_is_refused(changes, message):
  with pytest.raises(InputError) as error:
    options_lib.complete(Options(**changes))
  assert message in str(error.value)
  assert '\n' not in str(error.value)


def test_classes_are_those_of_the_data():
  options = options_lib.complete(Options())
  of_classes = options_lib.for_classes
  usual = of_classes(options, ['person', 'rider', 'car'])
  assert usual.classes == ('car', 'person')
  assert of_classes(options, ['person', 'dog']).classes == ('person',)
  assert of_classes(options, ['dog', 'cat']).classes == ('dog', 'cat')
  chosen = dataclasses.replace(options, classes=('rider',))
  assert of_classes(chosen, ['rider', 'car']).classes == ('rider',)
  for name in ('road', 'dragon'):
    wrong = dataclasses.replace(options, classes=('car', name))
    with pytest.raises(
      InputError, match=f"'{name}' is no class that has instances, .* car"
    ):
      of_classes(wrong, ['car'])


def test_without_things_there_is_no_micv():
  both = options_lib.complete(Options(segmenter='s'))
  assert options_lib.for_classes(both, []).metrics == ('fsd', 'miou')
  with pytest.raises(InputError, match='No class of these data has instances'):
    options_lib.for_classes(options_lib.complete(Options()), [])
