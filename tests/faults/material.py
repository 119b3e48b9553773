"""The files that the bad inputs name: some sound, the others damaged."""

import json
import pathlib
import shutil
import struct
import zlib

import jax
import numpy as np
from PIL import Image

from configs import toy_segmenter
from instgan_jax.apps.human_study.answers import database
from instgan_jax.apps.human_study.design import plan
from instgan_jax.checkpoints import weights_folder
from tests import commands_in_process, tiny
from tests.apps.human_study import studies


def make(root: pathlib.Path) -> None:
  """Fills a new folder with all files that `bad_inputs.CASES` name."""
  _make_data(root)
  _make_maps(root)
  _make_images(root)
  _make_archives(root)
  _make_generators(root)
  _make_configurations(root)
  _make_styles(root)
  _make_study(root)
  (root / 'text.txt').write_text('This is a text.\n')
  (root / 'empty').mkdir()


def _make_data(root: pathlib.Path) -> None:
  """Toy streets, and copies in which something is wrong."""
  commands_in_process.run(
    'data_pipeline.toy_street',
    f'--output={root / "city"}',
    *('--height=32', '--num_train=4', '--num_val=4', '--quiet'),
  )
  for name, damage in {
    'without_photo': lambda labels: _photo_of(labels).unlink(),
    'without_labels': pathlib.Path.unlink,
    'empty_labels': lambda labels: labels.write_bytes(b''),
    'truncated_photo': lambda labels: _cut(_photo_of(labels)),
    'huge_photo': lambda labels: _write_huge(_photo_of(labels)),
    'other_size': lambda labels: _resize(_photo_of(labels), (40, 20)),
    'label_40': lambda labels: _fill(labels, 40),
  }.items():
    shutil.copytree(root / 'city', root / name)
    for labels in sorted((root / name).rglob('*_labelIds.png')):
      damage(labels)
      break
  (root / 'half').mkdir()
  shutil.copytree(root / 'city' / 'gtFine', root / 'half' / 'gtFine')


def _photo_of(labels: pathlib.Path) -> pathlib.Path:
  root = labels.parents[3]
  name = labels.name.replace('_gtFine_labelIds', '_leftImg8bit')
  return (
    root / 'leftImg8bit' / labels.parents[1].name / labels.parent.name / (name)
  )


def _make_maps(root: pathlib.Path) -> None:
  """Label and instance maps of one street, and what is no such map."""
  below = sorted((root / 'city' / 'gtFine' / 'val').glob('*/*_labelIds.png'))
  folder = root / 'maps'
  folder.mkdir()
  for path in below[:2]:
    for kind in ('labelIds', 'instanceIds'):
      name = path.name.replace('labelIds', kind)
      shutil.copy(path.with_name(name), folder / name)
  labels = np.asarray(Image.open(below[0]))
  ids = np.asarray(
    Image.open(str(below[0]).replace('labelIds', 'instanceIds'))
  ).astype(np.uint16)
  files = root / 'files'
  files.mkdir()
  _save(files / 'labels.png', labels)
  _save(files / 'instances.png', ids)
  _save(files / 'color.png', np.zeros((32, 64, 3), np.uint8))
  _save(files / 'labels_40.png', np.full((32, 64), 40, np.uint8))
  _save(files / 'labels_20x40.png', labels[:20, :40])
  _save(files / 'other_instances.png', np.full((32, 64), 26001, np.uint16))
  _save(files / 'train_ids.png', np.full((32, 64), 255, np.uint8))
  _save(files / 'mixed_dense.png', np.ones((32, 64), np.uint16))
  Image.fromarray(labels).save(files / 'labels.jpg')
  (files / 'jpeg_in_disguise.png').write_bytes(
    (files / 'labels.jpg').read_bytes()
  )
  (files / 'empty.png').write_bytes(b'')
  (files / 'text.png').write_text('no image')
  shutil.copy(files / 'labels.png', files / 'truncated.png')
  _cut(files / 'truncated.png')
  _write_huge(files / 'huge.png')
  (root / 'jpegs').mkdir()
  shutil.copy(files / 'labels.jpg', root / 'jpegs' / 'street.jpg')
  twice = root / 'twice'
  for city in ('a', 'b'):
    (twice / city).mkdir(parents=True)
    _save(twice / city / 'street_labelIds.png', labels)


def _make_images(root: pathlib.Path) -> None:
  """Generated images of the val scenes, and folders that lack something."""
  photos = sorted((root / 'city' / 'leftImg8bit' / 'val').rglob('*.png'))
  for name in ('images', 'few_images', 'huge_image', 'damaged_image', 'small'):
    (root / name).mkdir()
    for path in photos:
      shutil.copy(path, root / name / path.name)
  (root / 'few_images' / photos[0].name).unlink()
  _write_huge(root / 'huge_image' / photos[0].name)
  _cut(root / 'damaged_image' / photos[0].name)
  _resize(root / 'small' / photos[0].name, (32, 16))
  (root / 'twice_images' / 'sub').mkdir(parents=True)
  for folder in ('.', 'sub'):
    for path in photos:
      shutil.copy(path, root / 'twice_images' / folder / path.name)


def _make_archives(root: pathlib.Path) -> None:
  """Folders of `train.npz` and `val.npz`."""
  shape = (2, 32, 64)
  sound = {
    'images': np.zeros((*shape, 3), np.uint8),
    'label_maps': np.full(shape, 7, np.uint8),
    'instance_ids': np.full(shape, 7, np.uint16),
    'image_ids': np.array(['a', 'b']),
  }
  for name, arrays in {
    'npz': sound,
    'npz_no_scene': {key: x[:0] for key, x in sound.items()},
    'npz_no_images': {k: x for k, x in sound.items() if k != 'images'},
    'npz_float': sound | {'label_maps': np.full(shape, 7.5, np.float32)},
    'npz_shapes': sound | {'label_maps': np.full((2, 8, 8), 7, np.uint8)},
    'npz_label_40': sound | {'label_maps': np.full(shape, 40, np.uint8)},
  }.items():
    (root / name).mkdir()
    for split in ('train', 'val'):
      np.savez(root / name / f'{split}.npz', **arrays)
  (root / 'npz_text').mkdir()
  for split in ('train', 'val'):
    (root / 'npz_text' / f'{split}.npz').write_text('no archive')


def _make_generators(root: pathlib.Path) -> None:
  """Generators, a segmenter's configuration, and damaged copies."""
  tiny.save_generator(root / 'run', tiny.config())
  tiny.save_generator(root / 'run_l', tiny.config('l'))

  def config(folder: pathlib.Path) -> pathlib.Path:
    return folder / 'config.json'

  def largest(folder: pathlib.Path) -> pathlib.Path:
    files = [p for p in folder.rglob('*') if p.is_file() and 'd' in p.parts]
    return max(files, key=lambda path: path.stat().st_size)

  def first(pattern: str, folder: pathlib.Path) -> pathlib.Path:
    return min(folder.rglob(pattern))

  for name, damage in {
    'run_no_config': lambda f: config(f).unlink(),
    'run_config_list': lambda f: config(f).write_text('[]'),
    'run_config_cut': lambda f: _cut(config(f)),
    'run_config_other': lambda f: config(f).write_text(
      toy_segmenter.get_config().to_json()
    ),
    'run_config_wide': lambda f: _edit(
      config(f), lambda values: values['model'].update(base_channels=4)
    ),
    'run_config_text': lambda f: _edit(
      config(f), lambda values: values['model'].update(base_channels='many')
    ),
    'run_metadata_cut': lambda f: _cut(first('_METADATA', f)),
    'run_metadata_gone': lambda f: first('_METADATA', f).unlink(),
    'run_manifest_cut': lambda f: _cut(first('manifest.ocdbt', f)),
    'run_manifest_gone': lambda f: first('manifest.ocdbt', f).unlink(),
    'run_data_cut': lambda f: _cut(largest(f)),
  }.items():
    shutil.copytree(root / 'run', root / name)
    damage(root / name)
  variables = tiny.generator_variables(tiny.config())
  jax.tree.leaves(variables['params'])[0][:] = np.nan
  weights_folder.save(root / 'run_nan', {'generator': variables})
  shutil.copy(config(root / 'run'), config(root / 'run_nan'))
  (root / 'empty_step' / 'checkpoints' / '77').mkdir(parents=True)
  shutil.copy(config(root / 'run'), config(root / 'empty_step'))


def _make_configurations(root: pathlib.Path) -> None:
  folder = root / 'configs'
  folder.mkdir()
  for name, text in {
    'no_function': 'x = 1\n',
    'syntax': 'def get_config(:\n',
    'import': 'import nothing_of_this_name\n',
    'raises': 'def get_config():\n  raise ValueError("too narrow")\n',
    'none': 'def get_config():\n  return None\n',
    'empty': 'import ml_collections\n\n\ndef get_config():\n'
    '  return ml_collections.ConfigDict()\n',
  }.items():
    (folder / f'{name}.py').write_text(text)


def _make_styles(root: pathlib.Path) -> None:
  """Files in the place of `--save_styles`."""
  folder = root / 'styles'
  folder.mkdir()
  for name, text in {
    'text': 'no JSON',
    'list': '[]',
    'empty': '{}',
    'huge': _styles('26004', [1e30] * 64),
    'short': _styles('26004', [0.0] * 3),
    'id': _styles('car', [0.0] * 64),
    'other': _styles('25001', [0.0] * 64),
  }.items():
    (folder / f'{name}.json').write_text(text)


def _styles(instance_id: str, style: list[float]) -> str:
  return json.dumps(
    {'format': 'instgan_jax styles', 'styles': {instance_id: style}}
  )


def _make_study(root: pathlib.Path) -> None:
  """Two sets of images and a plan of them."""
  studies.write_sets(root / 'sets', num_scenes=12, names=('real', 'a'))
  commands_in_process.run(
    'instgan_jax.apps.human_study',
    'plan',
    *('--set', f'real={root / "sets/real"}', '--set', f'a={root / "sets/a"}'),
    *('--participants', '2', '--questions', '4', '--practice', '1'),
    *('--output', root / 'study.json'),
  )
  text = (root / 'study.json').read_text()
  (root / 'plan_cut.json').write_text(text[: len(text) // 2])
  (root / 'plan_changed.json').write_text(text.replace('"left"', '"right"', 1))
  _answer(root / 'study.db', plan.read(root / 'study.json'))
  (root / 'answers_other.csv').write_text('a,b\n1,2\n')


def _answer(path: pathlib.Path, study: plan.Plan) -> None:
  """A database in which the first participant has answered everything."""
  store = database.Database(path, study)
  store.consent(database.Participant(0, 1e9, '0' * 64, 'en', 'a browser'))
  for number in range(len(study.participants[0])):
    store.add(
      database.Answer(
        *(0, number, 'left', 800.0 + number, 1e9 + number, 810.0, 1, 0),
        *('row', 1.0, 1.0, '1280x720'),
      )
    )
  store.close()


def _save(path: pathlib.Path, array: np.ndarray) -> None:
  Image.fromarray(array).save(path)


def _cut(path: pathlib.Path) -> None:
  """Leaves the first half of a file."""
  data = path.read_bytes()
  path.write_bytes(data[: len(data) // 2])


def _fill(path: pathlib.Path, value: int) -> None:
  _save(path, np.full_like(np.asarray(Image.open(path)), value))


def _resize(path: pathlib.Path, size: tuple[int, int]) -> None:
  Image.open(path).resize(size).save(path)


def _edit(path: pathlib.Path, change) -> None:
  values = json.loads(path.read_text())
  change(values)
  path.write_text(json.dumps(values))


def _write_huge(path: pathlib.Path) -> None:
  """A PNG that says it is 60000 x 60000."""

  def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return (
      struct.pack('>I', len(data)) + kind + data + (struct.pack('>I', checksum))
    )

  header = struct.pack('>IIBBBBB', 60000, 60000, 8, 2, 0, 0, 0)
  path.write_bytes(
    b'\x89PNG\r\n\x1a\n'
    + chunk(b'IHDR', header)
    + chunk(b'IDAT', zlib.compress(bytes(1000)))
    + chunk(b'IEND', b'')
  )
