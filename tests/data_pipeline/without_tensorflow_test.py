import subprocess
import sys

PROGRAM = """
import sys

for name in ('tensorflow', 'tensorflow_datasets', 'clu', 'tensorboard', 'jax'):
  sys.modules[name] = None

from data_pipeline import assemble, augment, batch, folder, in_memory
from data_pipeline import instances, labels, layout, order, scene_files
from data_pipeline import toy_street

scenes = in_memory.InMemory(toy_street.ToyStreet(2, height=32))
rows = next(in_memory.train_batches(scenes, batch_size=4, seed=0))
assert rows[batch.IMAGE].shape == (4, 32, 64, 3)
(rows,) = in_memory.eval_batches(scenes, batch_size=2)
assert rows[batch.MASK].all()
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
