import subprocess
import sys

PROGRAM = """
import sys

for name in ('tensorflow', 'tensorflow_datasets', 'clu', 'tensorboard', 'jax'):
  sys.modules[name] = None

from data_pipeline import batch, batches, in_memory, order, subset, toy_street
from data_pipeline import scenes
from data_pipeline.cityscapes import archives, folder

source = in_memory.InMemory(toy_street.ToyStreet(2, height=32))
rows = order.TrainingOrder(num_examples=2, batch_size=4, seed=0)
got = next(batches.train_batches(source, rows))
assert got[batch.IMAGE].shape == (4, 32, 64, 3)
(both,) = scenes.read_scenes(subset.Subset(source, (1, 0)), 2)
assert both.images.shape == (2, 32, 64, 3)
"""


def test_batches_are_made_where_there_is_no_tensorflow():
  result = subprocess.run(
    [sys.executable, '-c', PROGRAM],
    timeout=120,
    check=False,
    capture_output=True,
    text=True,
  )
  assert result.returncode == 0, result.stderr
