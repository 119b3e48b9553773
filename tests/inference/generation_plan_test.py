"""Plans: the images of a scene, their names and styles, and their record."""

import types

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import edits, scene_maps, styles
from instgan_jax.inference.generation_plan import Plan, Variant

IDS = (24000, 26003)


def sampler(has_styles=True):
  """What a plan asks of a Sampler."""
  return types.SimpleNamespace(
    has_styles=has_styles,
    weights_sha256='abc',
    step=40,
    config=types.SimpleNamespace(dtype='float32'),
    style_ids=lambda scene: scene.instance_ids,
    style=lambda i, *, seed, scene: styles.sample(seed, scene, i, 2),
  )


def scene(name='ulm_1'):
  maps = np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint16)
  return scene_maps.SceneMaps(*maps, IDS, (1, 1), name)


def test_one_image_has_the_name_of_its_scene():
  assert Plan(seed=3).variants('ulm_1') == [Variant('seed 3', 'ulm_1.png')]


def test_samples_have_folders_by_seed():
  assert Plan(seed=3, num_samples=2).variants('ulm_1') == [
    Variant('seed 3', 'seed_3/ulm_1.png', 0),
    Variant('seed 4', 'seed_4/ulm_1.png', 1),
  ]


def test_frames_of_an_interpolation_have_a_folder_by_scene():
  plan = Plan(edits=edits.Edits(interpolate={26003: (1, 2)}), num_frames=3)
  assert plan.variants('ulm_1') == [
    Variant('t = 0.00', 'ulm_1/frame_000.png', 0, 0.0),
    Variant('t = 0.50', 'ulm_1/frame_001.png', 0, 0.5),
    Variant('t = 1.00', 'ulm_1/frame_002.png', 0, 1.0),
  ]


def assert_styles(plan, seed, *, name, variant=0, scene_name='ulm_1'):
  """The plan gives `scene_name` the styles of a seed under the name `name`."""
  maps = scene(scene_name)
  given = plan.styles(sampler(), maps, plan.variants(scene_name)[variant])
  assert tuple(given) == IDS
  for i in IDS:
    np.testing.assert_array_equal(given[i], styles.sample(seed, name, i, 2))


def test_styles_depend_on_the_scene_unless_told_otherwise():
  plan = Plan(seed=3, num_samples=2)
  assert_styles(plan, 3, name='ulm_1')
  assert_styles(plan, 4, name='ulm_1', variant=1)
  assert_styles(plan, 3, name='bonn_2', scene_name='bonn_2')
  alike = Plan(seed=3, seed_by_scene=False)
  for name in ('ulm_1', 'bonn_2'):
    assert_styles(alike, 3, name=styles.ANY_SCENE, scene_name=name)


def test_edits_are_made_in_the_scene():
  kept = {'ulm_1': {26003: np.ones(2, np.float32)}}
  plan = Plan(edits=edits.Edits(kept=kept, resample={24000: 9}))
  (variant,) = plan.variants('ulm_1')
  given = plan.styles(sampler(), scene(), variant)
  np.testing.assert_array_equal(given[26003], [1, 1])
  np.testing.assert_array_equal(
    given[24000], styles.sample(9, 'ulm_1', 24000, 2)
  )


OLD_RECORD = {
  'weights_sha256': 'abc',
  'step': 40,
  'dtype': 'float32',
  'seed': 5,
  'seed_by_scene': False,
  'has_several_draws': True,
  'vary': [26003],
  # SHA-256 of '26003' and of two float32 ones.
  'styles_sha256': (
    '7a873732ed1a799c8b42e84f076ac40838ba821146f0e50729a5c34f04bc3da2'
  ),
  'resample': {'24000': 7},
  'copy': {'26007': 26003},
  'interpolate': {},
  'num_frames': None,
  'resize_back': False,
}


def plan_of_the_old_record(**changes):
  return Plan(
    **{
      'seed': 5,
      'seed_by_scene': False,
      'num_samples': 2,
      'edits': edits.Edits(
        kept={styles.ANY_SCENE: {26003: np.ones(2, np.float32)}},
        vary=(26003,),
        resample={24000: 7},
        copy={26007: 26003},
      ),
      **changes,
    }
  )


def test_images_of_before_0_2_whose_styles_are_the_same_can_be_continued():
  assert plan_of_the_old_record().record(sampler()) == OLD_RECORD
  assert plan_of_the_old_record(num_samples=9).record(sampler()) == OLD_RECORD


def test_images_of_before_0_2_with_other_styles_by_scene_are_told_apart():
  record = plan_of_the_old_record(seed_by_scene=True).record(sampler())
  assert record == OLD_RECORD | {
    'seed_by_scene': True,
    'style_function': 'seed, scene, id',
  }


@pytest.mark.parametrize(
  'changes',
  [
    {'seed': 6},
    {'num_samples': 1},
    {'resize_back': True},
    {'edits': edits.Edits(interpolate={1: (2, 3)})},
    {'edits': edits.Edits(kept={'ulm_1': {26003: np.ones(2, np.float32)}})},
  ],
)
def test_the_record_tells_plans_apart(changes):
  record = plan_of_the_old_record(**changes).record(sampler())
  assert record != OLD_RECORD
  frames = Plan(edits=edits.Edits(interpolate={1: (2, 3)}), num_frames=9)
  assert frames.record(sampler())['num_frames'] == 9


@pytest.mark.parametrize(
  ('plan', 'message'),
  [
    (Plan(num_samples=0), '--num_draws is 0, expected at least 1'),
    (Plan(seed=-1), '--seed is -1, expected at least 0'),
    (Plan(num_frames=1), '--frames is 1, expected at least 2'),
    (
      Plan(num_samples=2, edits=edits.Edits(interpolate={1: (1, 2)})),
      'leave out --num_draws',
    ),
    (Plan(edits=edits.Edits(vary=(1,))), 'give --num_draws'),
    (
      Plan(num_samples=2, edits=edits.Edits(vary=(1,), copy={1: 2})),
      'give the instance 1 its style: leave out all but one',
    ),
    (
      Plan(num_samples=2, edits=edits.Edits(vary=(1,), resample={1: 2})),
      'give the instance 1 its style: leave out all but one',
    ),
  ],
)
def test_what_contradicts_itself_is_refused(plan, message):
  with pytest.raises(InputError, match=message):
    plan.check(sampler())


def test_a_generator_without_styles_has_one_image():
  without = sampler(has_styles=False)
  Plan(seed=3).check(without)
  for plan in (
    Plan(num_samples=2),
    Plan(edits=edits.Edits(resample={26000: 1})),
    Plan(edits=edits.Edits(kept={styles.ANY_SCENE: {1: np.ones(2)}})),
  ):
    with pytest.raises(InputError, match='method L, which generates one image'):
      plan.check(without)
    plan.check(sampler())
