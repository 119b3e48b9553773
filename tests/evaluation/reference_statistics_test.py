import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.evaluation import moments, reference_statistics

PROTOCOL = {
  'split': 'val',
  'size': [256, 512],
  'resize': 'bilinear',
  'weights': '6726825d',
}
FEATURES = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def reference():
  return reference_statistics.of_features(
    FEATURES, protocol=PROTOCOL, content_hash='abc'
  )


def assert_equal(a, b):
  for x, y in zip(
    (*a.statistics, a.features), (*b.statistics, b.features), strict=True
  ):
    np.testing.assert_array_equal(x, y)
  assert (a.protocol, a.content_hash) == (b.protocol, b.content_hash)


def test_what_was_saved_is_loaded(tmp_path):
  path = tmp_path / 'new' / 'real.npz'
  reference_statistics.save(path, reference())
  assert_equal(reference_statistics.load(path), reference())
  assert [file.name for file in path.parent.iterdir()] == ['real.npz']


def test_features_need_not_be_kept(tmp_path):
  without = reference()._replace(features=None)
  reference_statistics.save(tmp_path / 'real.npz', without)
  loaded = reference_statistics.load(tmp_path / 'real.npz')
  assert loaded.features is None
  assert loaded.statistics.count == 5


def test_a_protocol_and_content_are_computed_once(tmp_path):
  computed = []

  def get(protocol=PROTOCOL, content_hash='abc'):
    def compute():
      computed.append((protocol, content_hash))
      return FEATURES

    return reference_statistics.load_or_compute(
      tmp_path, compute, protocol=protocol, content_hash=content_hash
    )

  assert_equal(get(), get())
  assert len(computed) == 1
  # The order of the keys is no protocol; each value is, and so is the content.
  get(protocol=dict(reversed(PROTOCOL.items())))
  assert len(computed) == 1
  get(protocol=PROTOCOL | {'resize': 'clean'})
  get(content_hash='abd')
  assert len(computed) == 3


def test_a_file_under_another_files_name_is_refused(tmp_path):
  def get(content_hash):
    return reference_statistics.load_or_compute(
      tmp_path, lambda: FEATURES, protocol=PROTOCOL, content_hash=content_hash
    )

  get('abc')
  (first,) = tmp_path.iterdir()
  get('abd')
  (second,) = set(tmp_path.iterdir()) - {first}
  first.replace(second)
  with pytest.raises(InputError, match=f'{second.name}: holds .* Delete it'):
    get('abd')


def damage(path, kind):
  content = bytearray(path.read_bytes())
  if kind == 'cut off':
    path.write_bytes(content[: len(content) // 2])
  elif kind == 'a bit flipped in the features':
    content[content.find(FEATURES.tobytes()) + 1] ^= 4
    path.write_bytes(content)
  elif kind == 'no archive':
    path.write_text('mu, sigma')
  elif kind == 'empty':
    path.write_bytes(b'')
  elif kind == 'a lone array':
    with open(path, 'wb') as file:
      np.save(file, FEATURES)
  elif kind == 'missing':
    path.unlink()


@pytest.mark.parametrize(
  'kind',
  [
    'cut off',
    'a bit flipped in the features',
    'no archive',
    'empty',
    'a lone array',
    'missing',
  ],
)
def test_a_damaged_file_is_named(tmp_path, kind):
  path = tmp_path / 'real.npz'
  reference_statistics.save(path, reference())
  damage(path, kind)
  with pytest.raises(InputError, match=r'real\.npz: cannot be read .*delete'):
    reference_statistics.load(path)


def test_statistics_of_other_programs_are_refused(tmp_path):
  path = tmp_path / 'pytorch_fid.npz'
  np.savez(path, mu=np.zeros(3), sigma=np.eye(3))
  with pytest.raises(InputError, match=r'pytorch_fid\.npz: .*no reference'):
    reference_statistics.load(path)


@pytest.mark.parametrize(
  'change',
  [
    {'count': 1},
    {'mean': np.zeros(4)},
    {'mean': np.array([0, np.nan, 0])},
  ],
  ids=['one image', 'another size', 'NaN'],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, change):
  path = tmp_path / 'real.npz'
  good = reference()
  statistics = moments.FeatureStatistics(**good.statistics._asdict() | change)
  bad = good._replace(statistics=statistics, features=None)
  reference_statistics.save(path, bad)
  with pytest.raises(InputError, match=r'real\.npz: its arrays do not fit'):
    reference_statistics.load(path)
