from data_pipeline.panoptic import prepared


def test_the_newest_version_comes_last(tmp_path):
  assert prepared.versions(tmp_path) == []
  assert prepared.versions(tmp_path / 'missing') == []
  for name in ('1.10.0', '1.9.0', '1.1.0', 'incomplete'):
    (tmp_path / 'coco' / name).mkdir(parents=True)
    if name != 'incomplete':
      (tmp_path / 'coco' / name / 'dataset_info.json').touch()
  found = prepared.versions(tmp_path / 'coco')
  assert [path.name for path in found] == ['1.1.0', '1.9.0', '1.10.0']
  # That of a version, but not that of all data sets.
  assert prepared.versions(found[0]) == [found[0]]
  assert prepared.versions(tmp_path) == []
