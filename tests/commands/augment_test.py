"""A data set of generated images, in shards that can be stopped."""

import hashlib
import json
import os

import numpy as np
import pytest
from PIL import Image

from data_pipeline import file_lock, new_scenes, photo_folder, written_layouts
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.build import data
from instgan_jax.commands import augmented_folder
from instgan_jax.evaluation import label_agreement
from instgan_jax.inference import Sampler
from tests import commands_in_process, tiny, tiny_segmenter

pytestmark = pytest.mark.slow

CONFIG = tiny.config('lip')


@pytest.fixture(scope='module')
def workdir(tmp_path_factory):
  return tiny.save_generator(tmp_path_factory.mktemp('run') / 'lip', CONFIG)


def run(workdir, output, *flags):
  commands_in_process.run(
    'instgan_jax.augment',
    *('--workdir', workdir, '--output', output, '--split=val', *flags),
  )
  return sorted(path.name for path in output.rglob('images/val/*.png'))


def test_shards_make_a_data_set_that_can_be_read(workdir, tmp_path, capsys):
  output = tmp_path / 'new'
  assert len(run(workdir, output, '--variants=2', '--shard=1/3')) == 4
  run(workdir, output, '--variants=2', '--shard=2/3')
  names = run(workdir, output, '--variants=2', '--shard=3/3')
  assert len(names) == 8
  scenes = data.source(CONFIG, 'val')
  made = photo_folder.PhotoFolder(output, 'val', size=None)
  assert made.label_table == labels.TABLE
  sampler = Sampler.from_folder(str(workdir))
  for index, name in enumerate(made.image_ids):
    number, seed = divmod(index, 2)
    scene, original = made.read(index), scenes.read(number)
    assert name == f'{scenes.image_ids[number]}_v{seed}'
    np.testing.assert_array_equal(scene.label_map, original.label_map)
    # The objects are the same, whatever their numbers.
    ids = original.instance_ids
    np.testing.assert_array_equal(scene.instance_ids >= 1000, ids >= 1000)
    pairs = {*zip(scene.instance_ids.flat, ids.flat, strict=True)}
    assert len(pairs) == len(np.unique(ids))
    expected = sampler.sample(
      original.label_map, ids, seed=seed, name=scenes.image_ids[number]
    )
    # Another number of images at once may round to the next of 256 levels.
    assert np.abs(scene.image.astype(int) - expected).max() <= 1
  lines = (output / 'manifest_val_1_of_3.jsonl').read_text().splitlines()
  first = json.loads(lines[0])
  assert (first['scene'], first['seed']) == (scenes.image_ids[0], 0)
  content = (output / first['image']).read_bytes()
  assert first['sha256'] == hashlib.sha256(content).hexdigest()
  # The variants of a scene share their maps.
  assert os.stat(output / 'labels' / 'val' / names[0]).st_nlink == 2
  assert '2 images generated, 0 existed already' in capsys.readouterr().out


def test_a_shard_has_one_program_at_a_time(workdir, tmp_path):
  run(workdir, tmp_path, '--shard=1/2')
  with (
    file_lock.held(tmp_path / '.shard_1_of_2.lock', ''),
    pytest.raises(InputError, match=r'Another program makes shard 1/2'),
  ):
    run(workdir, tmp_path, '--shard=1/2')


def test_the_same_command_makes_only_what_is_missing(workdir, tmp_path, capsys):
  output = tmp_path / 'new'
  names = run(workdir, output, '--shard=1/2')
  before = (output / 'images' / 'val' / names[0]).read_bytes()
  (output / 'images' / 'val' / names[1]).unlink()
  capsys.readouterr()
  assert run(workdir, output, '--shard=1/2', '--variants=2')[0] == names[0]
  assert '3 images generated, 1 existed already' in capsys.readouterr().out
  assert (output / 'images' / 'val' / names[0]).read_bytes() == before
  with pytest.raises(InputError, match=r'other settings:\n  seed: 0 there, 7'):
    run(workdir, output, '--seed=7')


def test_scenes_with_rare_classes_get_more_images(workdir, tmp_path):
  scenes = data.source(CONFIG, 'val')
  has_rider = [25 in scenes.read(i).label_map for i in range(4)]
  assert 0 < sum(has_rider) < 4
  names = run(workdir, tmp_path / 'new', '--oversample=rider=3')
  assert len(names) == 4 + 2 * sum(has_rider)


def test_images_that_do_not_show_their_labels_are_left_out(
  workdir, tmp_path, capsys
):
  folder = tiny_segmenter.save(tmp_path / 'segmenter')
  made = photo_folder.PhotoFolder
  run(workdir, tmp_path / 'all', '--variants=2')
  scenes = made(tmp_path / 'all', 'val', size=None)
  read = [scenes.read(index) for index in range(len(scenes))]
  shares = label_agreement.LabelAgreement(folder, labels.TABLE).shares(
    np.stack([scene.image for scene in read]),
    np.stack([scene.label_map for scene in read]),
  )
  cut = float(np.median(shares))
  kept = [
    f'{name}.png'
    for name, share in zip(scenes.image_ids, shares, strict=True)
    if share >= cut
  ]
  assert 0 < len(kept) < len(read)
  capsys.readouterr()
  output = tmp_path / 'some'
  flags = ('--variants=2', f'--segmenter={folder}', f'--min_agreement={cut}')
  for number in (len(kept), 0):  # The second time they are there.
    assert run(workdir, output, *flags) == kept
    said = capsys.readouterr().out
    assert f'{number} images generated, {len(kept) - number} existed' in said
    assert f'{len(read) - len(kept)} left out with an agreement below' in said
  # It can be read: no maps are left of the others.
  assert len(made(output, 'val', size=None)) == len(kept)
  lines = (output / 'manifest_val_1_of_1.jsonl').read_text().splitlines()
  assert [f'images/val/{name}' for name in kept] == [
    json.loads(line)['image'] for line in lines
  ]


def test_each_split_has_a_manifest_of_its_own(tmp_path):
  names = []
  for split in ('train', 'val'):
    scenes = new_scenes.NewScenes(
      tmp_path, split, written_layouts.OWN, labels.TABLE
    )
    folder = augmented_folder.AugmentedFolder(scenes, min_pixels=0)
    names.append(folder.write_manifest((1, 2), []))
  assert names == ['manifest_train_1_of_2.jsonl', 'manifest_val_1_of_2.jsonl']
  assert all((tmp_path / name).exists() for name in names)


def test_small_instances_are_left_out_of_the_maps(workdir, tmp_path):
  run(workdir, tmp_path / 'new', '--min_pixels=20')
  scenes = data.source(CONFIG, 'val')
  made = photo_folder.PhotoFolder(tmp_path / 'new', 'val', size=None)
  num_small = 0
  for index in range(len(made)):
    ids, new = scenes.read(index).instance_ids, made.read(index).instance_ids
    is_small = np.bincount(ids.ravel())[ids] < 20
    num_small += np.sum(is_small & (ids >= 1000))
    np.testing.assert_array_equal(new >= 1000, (ids >= 1000) & ~is_small)
  assert num_small > 0


@pytest.mark.parametrize(
  ('flags', 'message'),
  [
    (['--shard=0/3'], "--shard is '0/3', expected K/N"),
    (['--shard=4/3'], "--shard is '4/3', expected K/N"),
    (['--shard=half'], "--shard is 'half', expected K/N"),
    (['--shard=5/5'], 'there are 4 scenes: give at most as many shards'),
    (['--variants=0'], '--variants is 0'),
    (['--min_pixels=-1'], '--min_pixels is -1, expected 0 or more'),
    (['--min_agreement=80'], r'--min_agreement is 80\.0, expected a number'),
    (
      ['--min_agreement=0.8'],
      "--segmenter is '' .* give both of them, or none",
    ),
    (['--segmenter=runs/a'], '--min_agreement 0.0: give both of them'),
    (['--oversample=rider'], "--oversample has 'rider', expected classes and"),
    (['--oversample=unicorn=2'], "names 'unicorn', which is no class of this"),
  ],
)
def test_wrong_flags_are_refused(workdir, tmp_path, flags, message):
  with pytest.raises(InputError, match=message):
    run(workdir, tmp_path / 'new', *flags)


def test_other_folders_are_not_mixed_with(workdir, tmp_path):
  (tmp_path / 'images').mkdir()
  Image.new('RGB', (4, 4)).save(tmp_path / 'images' / 'mine.png')
  with pytest.raises(InputError, match='were not generated here: images'):
    run(workdir, tmp_path)
