"""Maps in, images out: names, samples, sizes, methods."""

import pathlib
import re

import numpy as np
import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.commands import generate as generate_command
from instgan_jax.commands import generate_options
from instgan_jax.evaluation import image_folder
from instgan_jax.inference import edits, generation_plan
from instgan_jax.inference import sampler as sampler_lib
from tests import tiny
from tests.commands.generate import streets

pytestmark = pytest.mark.slow

NAMES = streets.NAMES


def test_each_scene_gives_a_image_of_its_name(generate, maps, folder, capsys):
  output = generate()
  assert streets.files(output) == [
    'generate.json',
    *(f'{n}.png' for n in NAMES),
  ]
  for name in NAMES:
    np.testing.assert_array_equal(
      streets.read(output / f'{name}.png'), streets.expected(maps, folder, name)
    )
  assert '4 images generated, 0 existed already' in capsys.readouterr().out


def test_several_samples_have_folders_that_can_be_measured(generate):
  output = generate(plan={'num_samples': 3, 'seed': 5})
  samples = [
    image_folder.ImageFolder(output / f'seed_{seed}', NAMES)
    for seed in (5, 6, 7)
  ]
  assert samples[0].size == (32, 64)
  alone = generate('alone', plan={'seed': 6})
  np.testing.assert_array_equal(
    samples[1].read(NAMES[2]),
    streets.read(alone / f'{NAMES[2]}.png'),
  )


def test_instances_over_the_maximum_are_named(
  generate, folder, monkeypatch, capsys
):
  monkeypatch.setattr(
    sampler_lib.Sampler, 'max_instances', property(lambda self: 2)
  )
  generate(scenes=NAMES[:1])
  said = capsys.readouterr().out
  assert re.search(
    rf'More instances than the 2 that .*: {NAMES[0]} \(\d+\)\.', said
  )


def test_maps_that_are_stretched_are_named(generate, maps, tmp_path, capsys):
  upright = tmp_path / 'upright'
  upright.mkdir()
  for path in pathlib.Path(maps).glob(f'toytown/{NAMES[0]}_gtFine_*Ids.png'):
    with Image.open(path) as image:
      image.transpose(Image.Transpose.ROTATE_90).save(upright / path.name)
  generate(label_dir=str(upright), instance_dir=str(upright))
  said = capsys.readouterr().out
  assert (
    f'another shape than 32x64 were stretched to it: {NAMES[0]} (128x64)'
    in said
  )


def test_images_get_the_size_of_their_maps_on_request(generate):
  output = generate(plan={'resize_back': True}, grid=True)
  assert streets.read(output / f'{NAMES[0]}.png').shape == (64, 128, 3)
  # Four rows of 160 pixels in tiles of 320 below the titles.
  assert (
    streets.read(output / 'grid' / '000.png').shape[0] == 4 * (160 + 6) + 26
  )


def test_single_files_may_go_to_one_folder(generate, maps):
  for name in NAMES[:2]:
    stem = f'{maps}/toytown/{name}_gtFine_'
    output = generate(
      label_dir=f'{stem}labelIds.png', instance_dir=f'{stem}instanceIds.png'
    )
  assert streets.files(output) == [
    'generate.json',
    *(f'{n}.png' for n in NAMES[:2]),
  ]


def test_method_l_needs_labels_alone(maps, tmp_path):
  config = tiny.config('l')
  label_generator = sampler_lib.Sampler(
    config, tiny.generator_variables(config)
  )

  def run(plan, **options):
    options = generate_options.Options(
      maps, '', str(tmp_path / 'out'), plan, **options
    )
    generate_command.run(options, label_generator)

  run(generation_plan.Plan())
  assert len(streets.files(tmp_path / 'out')) == 5
  for plan in (
    generation_plan.Plan(num_samples=2),
    generation_plan.Plan(edits=edits.Edits(resample={26000: 1})),
  ):
    with pytest.raises(
      InputError, match='of method L, which generates one image'
    ):
      run(plan)


def test_without_instance_maps_the_classes_have_styles(generate, capsys):
  output = generate(
    instance_dir='',
    scenes=NAMES[:1],
    changes=edits.Edits(resample={26: 3}),
  )
  assert 'Without --instance_dir the objects are unknown' in (
    capsys.readouterr().out
  )
  plain = generate('plain', instance_dir='', scenes=NAMES[:1])
  images = [streets.read(f / f'{NAMES[0]}.png') for f in (output, plain)]
  assert (images[0] != images[1]).any()
