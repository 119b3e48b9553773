"""Data sets made of others, in the layout of these."""

import json

import numpy as np
import pytest

from data_pipeline import image_file, toy_street
from data_pipeline.errors import InputError
from data_pipeline.toy_street import folder as toy_folder
from instgan_jax.build import data
from instgan_jax.inference import output_folder
from tests import commands_in_process, own_data, tiny

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def cityscapes(tmp_path_factory):
  root = tmp_path_factory.mktemp('data') / 'cityscapes'
  source = toy_street.ToyStreet(3, height=32, split='val')
  toy_folder.write_split(source, str(root), 'val', 'toytown')
  return root


@pytest.fixture(scope='module')
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp('run') / 'lip'
  return tiny.save_generator(folder, tiny.config('lip'))


def run(workdir, output, *flags):
  commands_in_process.run(
    'instgan_jax.augment',
    *('--workdir', workdir, '--output', output, '--split=val', *flags),
  )
  return {
    path.relative_to(output): path.read_bytes()
    for path in sorted(output.rglob('*'))
    if path.suffix in ('.png', '.json')
  }


def assert_same_maps(made, given, num_variants):
  """Of every variant those of its scene, whatever the objects' numbers."""
  assert len(made) == num_variants * len(given)
  assert made.label_table == given.label_table
  for index in range(len(made)):
    scene, original = made.read(index), given.read(index // num_variants)
    np.testing.assert_array_equal(scene.label_map, original.label_map)
    np.testing.assert_array_equal(scene.instance_ids, original.instance_ids)


def test_cityscapes_gives_cityscapes(cityscapes, workdir, tmp_path, capsys):
  output, flags = tmp_path / 'new', (f'--dataset_dir={cityscapes}',)
  for shard in ('1/2', '2/2'):
    files = run(workdir, output, *flags, '--variants=2', f'--shard={shard}')
  made = data.source_of_files('folder', output, 'val')
  given = data.source_of_files('folder', cityscapes, 'val')
  assert_same_maps(made, given, 2)
  assert made.image_ids[:2] == tuple(
    f'toytown_000000v{k}_000019' for k in (0, 1)
  )
  photo = (
    output / f'leftImg8bit/val/toytown/{made.image_ids[0]}_leftImg8bit.png'
  )
  assert made.photographs[0] == str(photo)
  line, *_ = (output / 'manifest_val_1_of_2.jsonl').read_text().splitlines()
  assert output / json.loads(line)['image'] == photo
  # The variants of a scene share their maps.
  maps = output / f'gtFine/val/toytown/{made.image_ids[0]}_gtFine_labelIds.png'
  assert maps.stat().st_nlink == 2
  # What is damaged or missing comes again.
  photo.write_bytes(photo.read_bytes()[:-20])
  maps.unlink()
  capsys.readouterr()
  again = run(workdir, output, *flags, '--variants=2', '--shard=1/2')
  assert '1 images generated, 3 existed already' in capsys.readouterr().out
  assert again == files


def test_what_an_older_version_began_continues_in_its_layout(
  cityscapes, workdir, tmp_path
):
  flags = (f'--dataset_dir={cityscapes}', '--shard=1/3')
  run(workdir, tmp_path / 'new', *flags)
  content = json.loads((tmp_path / 'new' / output_folder.RECORD).read_text())
  assert content.pop('layout') == 'Cityscapes'
  output = tmp_path / 'older'
  output.mkdir()
  (output / output_folder.RECORD).write_text(json.dumps(content))
  run(workdir, output, *flags)
  made = data.source_of_files('folder', output, 'val')
  assert made.image_ids == ('toytown_000000_000019_v0',)
  assert (output / 'images/val/toytown_000000_000019_v0.png').exists()


def test_the_panoptic_format_gives_it(tmp_path, capsys):
  root, output = tmp_path / 'given', tmp_path / 'new'
  for split in ('train', 'val'):
    source = toy_street.ToyStreet(3, height=32, split=split)
    own_data.write_panoptic(root, split, source)
  config = data.with_label_table(
    tiny.config('lip', data__source='panoptic', data__path=str(root))
  )
  workdir = tiny.save_generator(tmp_path / 'run', config)
  for shard in ('2/2', '1/2'):
    files = run(workdir, output, '--variants=2', f'--shard={shard}')
  assert '--config.data.source=panoptic ' in capsys.readouterr().out
  assert not (output / 'labels.json').exists()
  made = data.source_of_files('panoptic', output, 'val')
  given = data.source_of_files('panoptic', root, 'val')
  assert_same_maps(made, given, 2)
  # What is damaged or missing comes again; another shard has to be told.
  maps = output / 'annotations/panoptic_val2017'
  first, other = (maps / f'{made.image_ids[i]}.png' for i in (0, 2))
  first.write_bytes(first.read_bytes()[:-20])
  (output / 'annotations/panoptic_val2017.json').unlink()
  assert run(workdir, output, '--variants=2', '--shard=1/2') == files
  other.write_bytes(image_file.encode_png(given.read(0).label_map))
  with pytest.raises(
    InputError, match=f'{other.name}: cannot be read .* again'
  ):
    run(workdir, output, '--variants=2', '--shard=1/2')
  assert run(workdir, output, '--variants=2', '--shard=2/2') == files


def test_kitti_360_gives_kitti_360(tmp_path, capsys):
  """Both splits in one data set, their shards in any order."""
  root, output = tmp_path / 'given', tmp_path / 'new'
  for split in ('train', 'val'):
    source = toy_street.ToyStreet(3, height=32, split=split)
    own_data.write_kitti360(root, split, source)
  config = data.with_label_table(
    tiny.config('lip', data__source='folder', data__path=str(root))
  )
  workdir = tiny.save_generator(tmp_path / 'run', config)
  for split, shard in (('val', '2/2'), ('train', '1/1'), ('val', '1/2')):
    flags = (f'--split={split}', f'--shard={shard}', '--variants=2')
    files = run(workdir, output, *flags)
  assert '--config.data.source=folder ' in capsys.readouterr().out
  for split, first in (('train', 0), ('val', 100)):
    made = data.source_of_files('folder', output, split)
    assert_same_maps(made, data.source_of_files('folder', root, split), 2)
    assert made.image_ids[1] == (
      f'2013_05_28_drive_0000_sync_image_00_{first:010d}_v1'
    )
  # What is damaged or missing comes again, and the other shard's frames stay.
  photo = output.joinpath(made.photographs[0])
  photo.write_bytes(photo.read_bytes()[:-20])
  frames = output / 'data_2d_semantics/train/2013_05_28_drive_val_frames.txt'
  before = frames.read_text()
  assert len(before.splitlines()) == 6
  assert run(workdir, output, *flags) == files
  assert frames.read_text() == before
  frames.write_text('half a')
  with pytest.raises(InputError, match=r"val_frames.txt, line 1: is 'half a'"):
    run(workdir, output, *flags)
