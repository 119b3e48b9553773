import json
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.train import metrics


def lines(tmp_path):
  text = (tmp_path / metrics.FILE).read_text()
  return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def without_tensorboard(monkeypatch):
  monkeypatch.setitem(sys.modules, 'clu', None)


@pytest.mark.usefixtures('without_tensorboard')
def test_a_continued_run_writes_every_step_once(tmp_path):
  writer = metrics.MetricsWriter(tmp_path)
  for step in (2, 4, 6):
    writer.write(step, {'loss': step / 2})
  writer.close()
  # Killed after step 6 while it wrote a line, the checkpoint is of step 4.
  with open(tmp_path / metrics.FILE, 'a') as file:
    file.write('{"step": 8, "lo')
  writer = metrics.MetricsWriter(tmp_path, start_step=4)
  writer.write(6, {'loss': 3.5})
  writer.close()
  assert lines(tmp_path) == [
    {'step': 2, 'loss': 1.0},
    {'step': 4, 'loss': 2.0},
    {'step': 6, 'loss': 3.5},
  ]


def test_report_is_the_mean_since_the_last_report():
  since = metrics.StepMetrics()
  since.add(1, {'loss': jnp.float32(1.0)})
  since.add(2, {'loss': jnp.float32(4.0)})
  assert since.report('') == {'loss': 2.5}
  since.add(3, {'loss': jnp.float32(7.0)})
  assert since.report('') == {'loss': 7.0}


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_report_names_the_first_step_that_is_not_finite(value):
  since = metrics.StepMetrics()
  since.add(7, {'loss': jnp.float32(1.0), 'norm': jnp.float32(1.0)})
  since.add(8, {'loss': jnp.float32(1.0), 'norm': jnp.float32(value)})
  since.add(9, {'loss': jnp.float32(value), 'norm': jnp.float32(value)})
  with pytest.raises(
    metrics.NonFiniteError, match=r'^norm became .* at step 8\. Go on\.$'
  ):
    since.report('Go on.')


def test_a_report_of_no_step_is_empty():
  assert metrics.StepMetrics().report('') == {}


@pytest.mark.usefixtures('without_tensorboard')
def test_images_need_tensorboard_and_are_left_out_without(tmp_path):
  writer = metrics.MetricsWriter(tmp_path)
  writer.write_image(2, 'samples', np.zeros((4, 4, 3), np.uint8))
  writer.close()
  assert [path.name for path in tmp_path.iterdir()] == [metrics.FILE]


def test_curves_go_to_tensorboard_where_it_is(tmp_path):
  pytest.importorskip('clu.metric_writers')
  writer = metrics.MetricsWriter(tmp_path)
  writer.write(2, {'loss': 1.0})
  writer.write_image(2, 'samples', np.zeros((4, 4, 3), np.uint8))
  writer.close()
  assert list(tmp_path.glob('events.out.tfevents.*'))
