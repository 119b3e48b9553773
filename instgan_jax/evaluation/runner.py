"""Streams a data set and a generator's pictures of it through measures."""

import concurrent.futures
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import tqdm

from data_pipeline import batch as batch_lib
from data_pipeline import batches
from instgan_jax.evaluation import metrics, reference_statistics

Batch = dict[str, np.ndarray]


def run(
  source: batch_lib.Source,
  draw: Callable[[Batch, Sequence[str], int], np.ndarray],
  picture_measures: Sequence,
  *,
  num_draws: int,
  draw_distances: metrics.DrawDistances | None = None,
  batch_size: int,
) -> None:
  """Feeds every scene, its real image and its draws to the measures.

  Args:
    source: the data set.
    draw: (batch, names of its scenes, number of the draw) -> uint8
      [B, H, W, 3].
    picture_measures: have `update(key, images, scenes)`, see `measures`.
    num_draws: of each scene.
    draw_distances: compares the draws 0 and 1, also where only one draw is
      measured otherwise.
    batch_size: scenes at a time; it does not change the result.
  """
  for batch, names, mask in _batches(source, batch_size, 'Evaluating'):
    scenes = metrics.Scenes(
      [name for name, counts in zip(names, mask, strict=True) if counts],
      *(
        batch[key][mask]
        for key in (
          batch_lib.IMAGE,
          batch_lib.LABEL_MAP,
          batch_lib.INSTANCE_MAP,
        )
      ),
    )
    num_pictures = max(num_draws, 2 if draw_distances else 1)
    draws = [draw(batch, names, k)[mask] for k in range(num_pictures)]
    for measure in picture_measures:
      measure.update(metrics.REAL, scenes.images, scenes)
      for number in range(num_draws):
        measure.update(number, draws[number], scenes)
    if draw_distances:
      draw_distances.update(draws[0], draws[1], scenes)


def reference(
  source: batch_lib.Source,
  extract: Callable[[np.ndarray], np.ndarray],
  *,
  protocol: dict,
  cache_folder,
  batch_size: int,
) -> reference_statistics.Reference:
  """The features of real images, computed or from the cache.

  Args:
    source: the real images.
    extract: uint8 [B, H, W, 3] -> float [B, D].
    protocol: everything but the images that the features depend on.
    cache_folder: where references lie.
    batch_size: images at a time.

  Raises:
    InputError: if a cached file is damaged, or features are not finite.
  """

  def images(doing: str) -> Iterator[np.ndarray]:
    for batch, _, mask in _batches(source, batch_size, doing):
      yield batch[batch_lib.IMAGE][mask]

  return reference_statistics.load_or_compute(
    cache_folder,
    lambda: np.concatenate(
      [extract(batch) for batch in images('Features of real images')]
    ),
    protocol={**protocol, 'num_images': len(source)},
    content_hash=content_hash(images('Hashing real images')),
  )


def content_hash(batches: Iterable[np.ndarray]) -> str:
  """SHA-256 of uint8 images in their order, however they are batched."""
  digest = hashlib.sha256()
  for images in batches:
    for image in images:
      digest.update(str(image.shape).encode())
      digest.update(np.ascontiguousarray(image).tobytes())
  return digest.hexdigest()


def _batches(source: batch_lib.Source, batch_size: int, doing: str):
  """(batch, names, mask) with a bar; the next batch is read meanwhile."""
  batches = batches.eval_batches(source, batch_size=batch_size)
  start = 0
  with (
    tqdm.tqdm(desc=doing, total=len(source), unit='scene') as bar,
    concurrent.futures.ThreadPoolExecutor(1) as reader,
  ):
    coming = reader.submit(next, batches, None)
    while (batch := coming.result()) is not None:
      coming = reader.submit(next, batches, None)
      mask = batch.pop(batch_lib.MASK)
      names = list(source.image_ids[start : start + batch_size])
      names += names[-1:] * (batch_size - len(names))
      start += batch_size
      yield batch, names, mask
      bar.update(int(mask.sum()))
