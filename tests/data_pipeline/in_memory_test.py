import io
import itertools

import numpy as np
import pytest

from data_pipeline import batch, batches, in_memory
from data_pipeline.errors import InputError

SETTINGS = {'batch_size': 4, 'seed': 7}


def take(batches, count):
  return list(itertools.islice(batches, count))


def test_batches_keep_the_contract(make_scenes):
  (training,) = take(batches.train_batches(make_scenes(3), **SETTINGS), 1)
  evaluation = next(batches.eval_batches(make_scenes(3), batch_size=4))
  expected = {
    batch.IMAGE: ('uint8', (4, 4, 8, 3)),
    batch.LABEL_MAP: ('uint8', (4, 4, 8)),
    batch.INSTANCE_MAP: ('uint16', (4, 4, 8)),
    batch.POSITION: ('uint32', (4,)),
    batch.NUM_DROPPED_INSTANCES: ('int32', (4,)),
  }
  for got, wanted in (
    (training, expected),
    (evaluation, expected | {batch.MASK: ('bool', (4,))}),
  ):
    kinds = {key: (str(a.dtype), a.shape) for key, a in got.items()}
    assert kinds == wanted


def test_start_step_equals_skipping(make_scenes, assert_same_batch):
  source = make_scenes(5)
  all_steps = take(batches.train_batches(source, **SETTINGS), 9)
  later = batches.train_batches(source, start_step=6, **SETTINGS)
  for got, expected in zip(take(later, 3), all_steps[6:], strict=True):
    assert_same_batch(got, expected)


@pytest.mark.parametrize('process_count', [2, 4])
def test_hosts_one_after_another_are_one_host(
  make_scenes, assert_same_batch, process_count
):
  def of_hosts(make_batches):
    hosts = [
      take(make_batches(process_index=p, process_count=process_count), 2)
      for p in range(process_count)
    ]
    for step in zip(*hosts, strict=True):
      yield {k: np.concatenate([host[k] for host in step]) for k in step[0]}

  source = make_scenes(5)

  def training(**hosts):
    return batches.train_batches(source, **SETTINGS, **hosts)

  def evaluation(**hosts):
    return batches.eval_batches(source, batch_size=4, **hosts)

  for batches in (training, evaluation):
    expected = take(batches(), 2)
    for got, whole in zip(of_hosts(batches), expected, strict=True):
      assert_same_batch(got, whole)


def test_only_the_scenes_of_the_host_are_read(make_scenes):
  source = make_scenes(100)
  batches = batches.train_batches(
    source, process_index=1, process_count=4, **SETTINGS
  )
  assert not source.reads
  take(batches, 3)
  assert len(source.reads) == 3


def test_flip_is_drawn_per_example_and_keeps_rows_aligned(make_scenes):
  source = make_scenes(5)
  flipped = []
  for got in take(batches.train_batches(source, **SETTINGS), 10):
    for row in range(4):
      scene = source.read(int(got['image'][row, 0, 0, 2]))
      is_flipped = bool((got['label_map'][row] != scene.label_map).any())
      step = -1 if is_flipped else 1
      np.testing.assert_array_equal(got['image'][row], scene.image[:, ::step])
      np.testing.assert_array_equal(
        got['label_map'][row], scene.label_map[:, ::step]
      )
      np.testing.assert_array_equal(
        got['instance_map'][row] > 0, (scene.instance_ids >= 1000)[:, ::step]
      )
      flipped.append(is_flipped)
  # Binomial(40, 1/2) leaves 8..32 once in 16,000.
  assert 8 <= sum(flipped) <= 32


def test_flip_off_leaves_every_example_as_it_is(make_scenes):
  source = make_scenes(5)
  plain = batches.train_batches(source, flip=False, **SETTINGS)
  for got in take(plain, 5):
    np.testing.assert_array_equal(
      got['label_map'], np.stack([source.read(0).label_map] * 4)
    )


def test_dropped_instances_are_counted_in_the_batch(make_scenes):
  batches = batches.train_batches(make_scenes(5), max_instances=1, **SETTINGS)
  got = next(batches)
  np.testing.assert_array_equal(got['num_dropped_instances'], [1, 1, 1, 1])
  assert got['instance_map'].max() == 1


def test_evaluation_shows_every_example_once(make_scenes):
  got = list(batches.eval_batches(make_scenes(6), batch_size=4))
  mask = np.concatenate([b['mask'] for b in got])
  names = np.concatenate([b['image'][:, 0, 0, 2] for b in got])
  positions = np.concatenate([b['position'] for b in got])
  np.testing.assert_array_equal(names[mask], np.arange(6))
  np.testing.assert_array_equal(positions[mask], np.arange(6))
  np.testing.assert_array_equal(positions[~mask], [5, 5])


def test_wrong_batch_size_is_refused_before_the_first_batch(make_scenes):
  with pytest.raises(InputError, match='batch_size 6 .* 4 processes'):
    batches.train_batches(make_scenes(5), batch_size=6, seed=0, process_count=4)
  with pytest.raises(InputError, match='batch_size 6 .* 4 processes'):
    batches.eval_batches(make_scenes(5), batch_size=6, process_count=4)


def test_in_memory_reads_its_source_once(make_scenes):
  source = make_scenes(20)
  kept = in_memory.InMemory(source)
  reads = len(source.reads)
  assert kept.image_ids == source.image_ids
  for index in range(20):
    for got, expected in zip(
      kept.read(index), make_scenes(20).read(index), strict=True
    ):
      assert got.dtype == expected.dtype
      np.testing.assert_array_equal(got, expected)
  # The first scene is read twice, for its size.
  assert reads == len(source.reads) == 21


def test_in_memory_refuses_scenes_of_two_sizes(make_scenes):
  class TwoSizes(make_scenes):
    def read(self, index):
      self.width = 8 if index < 3 else 10
      return super().read(index)

  with pytest.raises(InputError, match=r'town_000003: .*\(4, 10, 3\).*size'):
    in_memory.InMemory(TwoSizes(5), num_threads=1)


def test_npz_round_trip(make_scenes, tmp_path):
  path = tmp_path / 'scenes.npz'
  source = in_memory.InMemory(make_scenes(3))
  source.to_npz(path)
  loaded = in_memory.InMemory.from_npz(path)
  assert loaded.image_ids == source.image_ids
  assert [f.name for f in tmp_path.iterdir()] == ['scenes.npz']
  assert loaded.instance_ids.dtype == np.uint16
  assert 33007 in loaded.instance_ids
  for name in ('images', 'label_maps', 'instance_ids'):
    np.testing.assert_array_equal(getattr(loaded, name), getattr(source, name))


def test_missing_npz_is_named(tmp_path):
  with pytest.raises(InputError, match='absent.npz: cannot be read .*to_npz'):
    in_memory.InMemory.from_npz(tmp_path / 'absent.npz')


def one_array():
  file = io.BytesIO()
  np.save(file, np.zeros(3))
  return file.getvalue()


@pytest.mark.parametrize(
  'content', [b'', b'not an archive', b'PK\3\4 cut', one_array()]
)
def test_damaged_npz_is_named(tmp_path, content):
  path = tmp_path / 'scenes.npz'
  path.write_bytes(content)
  with pytest.raises(InputError, match='scenes.npz: cannot be read'):
    in_memory.InMemory.from_npz(path)


@pytest.mark.parametrize(
  'change',
  [
    {'instance_ids': np.zeros((2, 4, 8), np.uint8)},
    {'label_maps': np.zeros((2, 4, 6), np.uint8)},
    {'image_ids': np.array(['a', 'b', 'c'])},
    {'extra': np.zeros(3)},
  ],
)
def test_npz_of_other_arrays_is_refused(make_scenes, tmp_path, change):
  source = in_memory.InMemory(make_scenes(2))
  names = ('image_ids', 'images', 'label_maps', 'instance_ids')
  arrays = {name: np.array(getattr(source, name)) for name in names} | change
  path = tmp_path / 'scenes.npz'
  np.savez(path, **arrays)
  with pytest.raises(InputError, match=r'scenes.npz: got arrays .*expected im'):
    in_memory.InMemory.from_npz(path)


def test_npz_of_disagreeing_maps_is_refused(make_scenes, tmp_path):
  source = in_memory.InMemory(make_scenes(2))
  source.label_maps[1, 0, 0] = 5
  source.to_npz(tmp_path / 'scenes.npz')
  with pytest.raises(InputError, match='scene town_000001: .* disagree in 1'):
    in_memory.InMemory.from_npz(tmp_path / 'scenes.npz')
