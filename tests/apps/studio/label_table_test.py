from data_pipeline import labels
from data_pipeline.cityscapes.labels import TABLE
from instgan_jax.apps.studio import label_table


def test_every_id_has_a_row():
  rows = label_table.rows(TABLE)
  assert len(rows) == TABLE.num_labels
  assert rows[26] == {'name': 'car', 'color': [0, 0, 142], 'kind': 'thing'}
  assert rows[7]['kind'] == 'stuff'
  assert rows[34] == {'name': 'label 34', 'color': [0, 0, 0], 'kind': 'none'}


def test_classes_that_nobody_named_may_have_instances():
  rows = label_table.rows(labels.numbered(3))
  assert [row['kind'] for row in rows] == ['either'] * 3
  assert [row['name'] for row in rows] == ['label 0', 'label 1', 'label 2']
