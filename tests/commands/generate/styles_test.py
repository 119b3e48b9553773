"""Styles that are changed, interpolated, varied, kept."""

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import edits, generation_plan, styles
from tests.commands.generate import streets

pytestmark = pytest.mark.slow

NAMES = streets.NAMES


def test_changes_are_those_of_the_sampler(generate, maps, folder):
  a, b = streets.scene_of(maps, folder, NAMES[0]).instance_ids[:2]
  style = streets.sampler(folder).style
  output = generate(
    changes=edits.Edits(resample={a: 7}, copy={b: a}),
    scenes=(NAMES[0],),
  )
  assert streets.files(output) == ['generate.json', f'{NAMES[0]}.png']
  np.testing.assert_array_equal(
    streets.read(output / f'{NAMES[0]}.png'),
    streets.expected(
      maps,
      folder,
      NAMES[0],
      **{str(i): style(a, seed=7, scene=NAMES[0]) for i in (a, b)},
    ),
  )


def test_an_interpolation_makes_frames_and_a_film(generate, maps, folder):
  i = streets.scene_of(maps, folder, NAMES[1]).instance_ids[0]
  output = generate(
    changes=edits.Edits(interpolate={i: (1, 2)}),
    plan={'num_frames': 5},
    scenes=(NAMES[1],),
    grid=True,
  )
  assert streets.files(output) == [
    'generate.json',
    'grid/000.png',
    f'{NAMES[1]}.webp',
    *(f'{NAMES[1]}/frame_00{k}.png' for k in range(5)),
  ]
  for k, seed in ((0, 1), (4, 2)):
    style = {
      str(i): streets.sampler(folder).style(i, seed=seed, scene=NAMES[1])
    }
    np.testing.assert_array_equal(
      streets.read(output / NAMES[1] / f'frame_00{k}.png'),
      streets.expected(maps, folder, NAMES[1], **style),
    )


def test_scenes_without_the_instance_are_not_interpolated(
  generate, maps, folder
):
  ids = {n: set(streets.scene_of(maps, folder, n).instance_ids) for n in NAMES}
  i = min(
    set.union(*ids.values()), key=lambda i: sum(i in s for s in ids.values())
  )
  having = [name for name in NAMES if i in ids[name]]
  assert len(having) < len(NAMES)
  output = generate(
    changes=edits.Edits(interpolate={i: (1, 2)}), plan={'num_frames': 2}
  )
  assert sorted(p.stem for p in output.glob('*.webp')) == having


def test_varied_samples_differ_in_these_instances_alone(generate, maps, folder):
  i = streets.scene_of(maps, folder, NAMES[0]).instance_ids[0]
  output = generate(
    changes=edits.Edits(vary=(i,)),
    plan={'num_samples': 2},
    scenes=NAMES[:1],
  )
  style = {str(i): streets.sampler(folder).style(i, seed=1, scene=NAMES[0])}
  for k, changes in enumerate(({}, style)):
    np.testing.assert_array_equal(
      streets.read(output / f'seed_{k}' / f'{NAMES[0]}.png'),
      streets.expected(maps, folder, NAMES[0], **changes),
    )


def test_kept_styles_give_the_same_images(generate, tmp_path):
  kept = tmp_path / 'all.json'
  generate('zero', save_styles=str(kept))
  changes = edits.Edits(kept=styles.load(kept)[0])
  with pytest.raises(InputError, match='all images would be the same'):
    generate('same', changes, {'num_samples': 2})
  kept = tmp_path / 'styles.json'
  first = generate('first', plan={'seed': 3}, save_styles=str(kept))
  loaded, _ = styles.load(kept)
  again = generate('again', edits.Edits(kept=loaded), {'seed': 8})
  for name in NAMES:
    assert (first / f'{name}.png').read_bytes() == (
      again / f'{name}.png'
    ).read_bytes()


def test_an_id_may_have_the_same_style_in_all_scenes(generate, maps, folder):
  scenes = [streets.scene_of(maps, folder, name) for name in NAMES[:2]]
  (i, *_) = set(scenes[0].instance_ids) & set(scenes[1].instance_ids)

  def styles_of(**changes):
    plan = generation_plan.Plan(**changes)
    return [
      plan.styles(streets.sampler(folder), scene, plan.variants(scene.name)[0])[
        i
      ]
      for scene in scenes
    ]

  first, second = styles_of()
  assert np.abs(first - second).max() > 0.1
  for style, scene in zip((first, second), scenes, strict=True):
    expected = streets.sampler(folder).style(i, seed=0, scene=scene.name)
    np.testing.assert_array_equal(style, expected)
  first, second = styles_of(seed_by_scene=False)
  np.testing.assert_array_equal(first, second)
  generate('by_scene')
  with pytest.raises(InputError, match='seed_by_scene: True there, False here'):
    generate('by_scene', plan={'seed_by_scene': False})


def test_styles_of_all_scenes_are_kept_in_one_file(generate, tmp_path):
  for by_scene in (True, False):
    kept = tmp_path / f'{by_scene}.json'
    output = generate(
      f'from_seed_{by_scene}',
      plan={'seed_by_scene': by_scene, 'seed': 3},
      save_styles=str(kept),
    )
    loaded, _ = styles.load(kept)
    assert set(loaded) == (set(NAMES) if by_scene else {styles.ANY_SCENE})
    again = generate(f'from_file_{by_scene}', edits.Edits(kept=loaded))
    for name in NAMES:
      np.testing.assert_array_equal(
        streets.read(output / f'{name}.png'),
        streets.read(again / f'{name}.png'),
      )
