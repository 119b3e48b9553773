"""TFDS's coco/2017_panoptic, of a builder with its features."""

import io

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from data_pipeline import instances
from data_pipeline.errors import InputError
from data_pipeline.panoptic import tfds_source
from tests import commands_in_process, tiny
from tests.data_pipeline.panoptic import folder_test

NAMES = [f'thing {i}' for i in range(80)] + [f'stuff {i}' for i in range(53)]
# As in the other test: two persons, a crowd of them, a dog and a rug.
LABELS = {1: 'thing 0', 18: 'thing 16', 200: 'stuff 52'}


class Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):
  """Two scenes of train, of other sizes and the features of TFDS's builder."""

  name = 'coco'
  VERSION = tfds.core.Version('1.1.0')
  BUILDER_CONFIGS = [tfds.core.BuilderConfig(name='2017_panoptic')]
  code_path = None
  names = NAMES
  segments = folder_test.SEGMENTS

  def _info(self):
    features = tfds.features
    return tfds.core.DatasetInfo(
      builder=self,
      features=features.FeaturesDict(
        {
          'image': features.Image(encoding_format='jpeg'),
          'image/filename': features.Text(),
          'image/id': np.int64,
          'panoptic_image': features.Image(encoding_format='png'),
          'panoptic_image/filename': features.Text(),
          'panoptic_objects': features.Sequence(
            {
              'id': np.int64,
              'area': np.int64,
              'bbox': features.BBoxFeature(),
              'label': features.ClassLabel(num_classes=len(self.names)),
              'is_crowd': np.bool_,
            }
          ),
        }
      ),
    )

  def _split_generators(self, dl_manager):
    return {'train': self._generate_examples()}

  def _generate_examples(self):
    self.info.features['panoptic_objects']['label'].names = self.names
    box = features_box()
    for i, scale in enumerate((1, 2)):
      ids = np.kron(folder_test.IDS, np.ones((scale, scale), int))
      photo = Image.new('L' if i else 'RGB', ids.shape[::-1], 50)
      yield (
        i,
        {
          'image': self.photo(photo),
          'image/filename': f'{i:012d}.jpg',
          'image/id': i,
          'panoptic_image': encoded(
            Image.fromarray(folder_test.rgb(ids)), 'PNG'
          ),
          'panoptic_image/filename': f'{i:012d}.png',
          'panoptic_objects': [
            {
              'id': segment['id'],
              'area': 3,
              'bbox': box,
              'label': LABELS[segment['category_id']],
              'is_crowd': bool(segment['iscrowd']),
            }
            for segment in self.segments
          ],
        },
      )

  @staticmethod
  def photo(image):
    return encoded(image, 'JPEG')


class Other(tfds.core.GeneratorBasedBuilder, skip_registration=True):
  """A data set without panoptic maps."""

  name = 'coco'
  VERSION = tfds.core.Version('1.1.0')
  BUILDER_CONFIGS = Builder.BUILDER_CONFIGS
  code_path = None

  def _info(self):
    features = tfds.features.FeaturesDict({'image/id': np.int64})
    return tfds.core.DatasetInfo(builder=self, features=features)

  def _split_generators(self, dl_manager):
    return {'train': self._generate_examples()}

  def _generate_examples(self):
    yield 0, {'image/id': 0}


def features_box():
  return tfds.features.BBox(ymin=0.0, xmin=0.0, ymax=0.5, xmax=0.5)


def encoded(image, kind, **options):
  stream = io.BytesIO()
  image.save(stream, kind, **options)
  stream.seek(0)
  return stream


def prepare(tmp_path, builder=Builder, file_format='array_record'):
  """Its folder, .../coco/2017_panoptic."""
  tfds.disable_progress_bar()
  builder = builder(
    data_dir=tmp_path, config='2017_panoptic', file_format=file_format
  )
  builder.download_and_prepare()
  return tmp_path / 'coco' / '2017_panoptic'


def changed(**attributes):
  class Changed(Builder, skip_registration=True):
    name = 'coco'

  for name, value in attributes.items():
    setattr(Changed, name, value)
  return Changed


def read(folder, split='train', **settings):
  return tfds_source.PanopticTfds(folder, split, **({'size': None} | settings))


def test_scenes_are_those_of_the_files(tmp_path):
  source = read(prepare(tmp_path))
  assert source.image_ids == ('train_000000', 'train_000001')
  sizes = set()
  for index in range(2):
    scene = source.read(index)
    sizes.add(scene.label_map.shape)
    step = scene.label_map.shape[0] // 6
    ids = scene.instance_ids[::step, ::step]
    expected = {0: 0, 17: 1000, 3226956: 1001, 70000: 1, 255: 17000, 256: 133}
    for segment, instance_id in expected.items():
      assert (ids[segment == folder_test.IDS] == instance_id).all()
    instances.check_labels_agree(scene.label_map, scene.instance_ids, 'scene')
  assert sizes == {(6, 8), (12, 16)}
  # A version's folder is as good, and scenes come to any size.
  source = read(tmp_path / 'coco/2017_panoptic/1.1.0', size=(4, 4))
  assert source.read(1).image.shape == (4, 4, 3)


def test_the_first_80_classes_are_things(tmp_path):
  table = tfds_source.label_table(prepare(tmp_path))
  assert [label.name for label in table.labels] == ['void', *NAMES]
  assert [label.name for label in table.things] == NAMES[:80]
  assert table.num_labels == 134 and len(table.evaluated) == 133


def test_inspect_shows_it(tmp_path, capsys):
  folder = prepare(tmp_path)
  changes = {'data__source': 'tfds', 'data__path': str(folder)}
  commands_in_process.run(
    'data_pipeline.inspect',
    *('--config', 'configs/toy_street.py'),
    *('--output', tmp_path / 'sheet.png'),
    *tiny.flags(**changes, data__geometry='crop'),
  )
  text = capsys.readouterr().out
  assert 'train: 2 scenes at 32x64' in text
  assert '| void (not scored) |' in text and '| stuff 52 |' in text


def turned(image):
  exif = Image.Exif()
  exif[0x0112] = 6
  return encoded(image, 'JPEG', exif=exif)


@pytest.mark.parametrize(
  ('attributes', 'message'),
  [
    (
      {'segments': folder_test.SEGMENTS[1:]},
      r'panoptic map: has 1 segments that .* not have: 3226956\.',
    ),
    ({'photo': staticmethod(turned)}, r'image: the image is to be turned'),
    (
      {'photo': lambda _, image: encoded(image.convert('CMYK'), 'JPEG')},
      r'image: the image is stored as CMYK, expected',
    ),
    (
      {'photo': lambda _, image: encoded(image.resize((9, 9)), 'JPEG')},
      r'Scene train_00000.: sizes .* image 9x9, panoptic map ',
    ),
  ],
)
def test_wrong_records_are_refused_when_they_are_read(
  tmp_path, attributes, message
):
  source = read(prepare(tmp_path, changed(**attributes)))
  with pytest.raises(InputError, match=message):
    source.read(0)


def test_other_data_sets_are_refused(tmp_path):
  with pytest.raises(InputError, match='coco: there is no prepared data set'):
    read(tmp_path / 'coco')
  other = prepare(tmp_path / 'other', Other)
  with pytest.raises(
    InputError, match='has no panoptic_objects, only image/id. Expected coco/'
  ):
    read(other)
  folder = prepare(tmp_path)
  with pytest.raises(InputError, match=r"has no split 'val', only train\."):
    read(folder, 'val')
  short = prepare(tmp_path / 'short', changed(names=[*LABELS.values()]))
  with pytest.raises(InputError, match=r'has 3 classes, expected the 133 of'):
    read(short)
  records = prepare(tmp_path / 'tfrecord', file_format='tfrecord')
  with pytest.raises(
    InputError, match=r'is stored as tfrecord, .*array_record'
  ):
    read(records)
