"""Results as JSON and as tables."""

import json

from instgan_jax.evaluation import report

NAN = float('nan')
METRICS = {
  'fid': {
    'mean': 61.234,
    'deviation': 0.0,
    'per_sample': [61.234],
    'num_generated': 500,
    'num_real': 2975,
    'real': 18.3,
    'num_floor': [1488, 1487],
  },
  'kid': {
    'mean': 0.0123,
    'deviation': 0.0,
    'per_sample': [0.0123],
    'standard_error': 0.001,
    'num_subsets': 100,
    'subset_size': 500,
  },
  'miou': {
    'mean': 0.5,
    'deviation': 0.01,
    'per_sample': [0.49, 0.51],
    'real': 0.7,
    'num_generated': 500,
  },
  'micv_car': {
    'mean': 0.04,
    'deviation': 0.0,
    'per_sample': [0.04],
    'interval': [0.03, 0.05],
    'num_images': 9,
    'num_items': 70,
    'real': 0.05,
    'ratio': 0.8,
    'ratio_interval': [0.7, 0.9],
    'reason': '',
  },
  'micv_train': {
    'mean': NAN,
    'deviation': 0.0,
    'per_sample': [NAN],
    'interval': [NAN, NAN],
    'num_images': 0,
    'num_items': 0,
    'real': NAN,
    'ratio': NAN,
    'ratio_interval': [NAN, NAN],
    'reason': 'no image has two instances of train',
  },
}


def test_the_table_says_every_metric_and_its_images():
  assert report.table(METRICS).splitlines() == [
    '| metric | generated | real | ratio | on |',
    '|---|---|---|---|---|',
    '| FID | 61.2 | 18.3 |  | 500 generated, 2975 real '
    '(floor: 1488 and 1487) |',
    '| KID x 1000 | 12.3 ± 1 |  |  | 100 subsets of 500 |',
    '| mIoU | 0.5 ± 0.01 | 0.7 |  | 500 images |',
    '| MICV car | 0.04 [0.03, 0.05] | 0.05 | 0.80 [0.70, 0.90] | '
    '70 in 9 images |',
    '| MICV train |  |  |  | 0 in 0 images |',
    '',
    'MICV train: no image has two instances of train.',
  ]


def test_json_has_null_where_there_is_no_value(tmp_path):
  report.save_json(tmp_path / 'deep' / 'r.json', {'metrics': METRICS})
  text = (tmp_path / 'deep' / 'r.json').read_text()
  found = json.loads(text)['metrics']
  assert found['micv_train']['mean'] is None
  assert found['micv_train']['per_sample'] == [None]
  assert found['fid']['mean'] == 61.234
  assert [p.name for p in (tmp_path / 'deep').iterdir()] == ['r.json']
