"""config.json: read back, compared, and as older programs wrote it."""

import json

import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import run_config
from tests import tiny


def change(workdir, edit):
  """Edits the JSON of a workdir, as an older program would have written it."""
  path = workdir / run_config.FILE
  saved = json.loads(path.read_text())
  edit(saved)
  path.write_text(json.dumps(saved))


def test_config_is_plain_json_and_comes_back(tmp_path):
  config = tiny.config(seed=3)
  run_config.save(tmp_path, config)
  saved = json.loads((tmp_path / 'config.json').read_text())
  assert saved['data']['height'] == 32
  assert not list(tmp_path.glob('*.partial'))
  assert run_config.load(tmp_path).to_dict() == config.to_dict()


def test_lists_become_tuples_at_any_depth(tmp_path):
  run_config.save(tmp_path, tiny.config(sample_scenes=(2, 3)))
  change(tmp_path, lambda saved: saved['model'].update(nested=[[1, 2], ['a']]))
  config = run_config.load(tmp_path)
  assert config.sample_scenes == (2, 3)
  assert config.model.nested == ((1, 2), ('a',))


def test_fields_younger_than_the_workdir_have_their_old_values(tmp_path):
  run_config.save(tmp_path, tiny.config(seed=3))

  def remove(saved):
    del saved['data']['seed'], saved['model']['num_labels'], saved['eval']
    del saved['model']['modulation_form']

  change(tmp_path, remove)
  config = run_config.load(tmp_path)
  # The run's seed was that of the toy streets, too.
  assert config.data.seed == 3
  assert config.model.num_labels == 35
  assert config.model.modulation_form == 'auto'


@pytest.fixture
def begun(tmp_path):
  """A workdir with a checkpoint."""
  (tmp_path / 'checkpoints' / '2').mkdir(parents=True)
  return tmp_path


def test_an_old_file_with_num_measured_scenes_is_read(begun, tmp_path):
  run_config.save(tmp_path, tiny.config())
  change(tmp_path, lambda saved: saved.update(num_measured_scenes=8))
  assert run_config.load(tmp_path).data.height == 32
  # A field that is gone does not keep the run from continuing.
  run_config.check(tmp_path, tiny.config())


def test_missing_fields_are_named(tmp_path):
  run_config.save(tmp_path, tiny.config())

  def remove(saved):
    del saved['model']['upsampling'], saved['dtype']

  change(tmp_path, remove)
  with pytest.raises(
    InputError, match=r'config\.json is not .* lacks dtype, model\.upsampling\.'
  ):
    run_config.load(tmp_path)


def test_a_folder_without_config_is_refused(tmp_path):
  with pytest.raises(InputError, match=r'has no config\.json: expected a work'):
    run_config.load(tmp_path)
  run_config.check(tmp_path, tiny.config())  # A run that begins.


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    ('{"seed": 0', r'config\.json is not the configuration .* no JSON'),
    ('[1, 2]', r'config\.json is not .* expected a JSON object'),
  ],
)
def test_a_damaged_config_is_named(begun, tmp_path, content, message):
  (tmp_path / 'config.json').write_text(content)
  with pytest.raises(InputError, match=message):
    run_config.check(tmp_path, tiny.config())
  with pytest.raises(InputError, match=message):
    run_config.load(tmp_path)


def test_differing_keys_are_listed_but_the_path_of_data_may_change(
  begun, tmp_path
):
  run_config.save(tmp_path, tiny.config())
  run_config.check(tmp_path, tiny.config())
  run_config.check(tmp_path, tiny.config(data__path='elsewhere'))
  run_config.check(tmp_path, tiny.config(eval__every_steps=3))
  with pytest.raises(InputError) as caught:
    run_config.check(tmp_path, tiny.config(seed=4, data__flip=False))
  message = str(caught.value)
  assert 'data.flip: True there, False here' in message
  assert 'seed: 0 there, 4 here' in message
  assert 'batch_size' not in message


def test_a_run_of_before_some_fields_continues_as_it_was(begun, tmp_path):
  changes = {'data__seed': 3, 'model__modulation_form': 'auto'}
  run_config.save(tmp_path, tiny.config(seed=3, **changes))

  def remove(saved):
    del saved['data']['seed'], saved['model']['num_labels'], saved['eval']
    del saved['model']['modulation_form']

  change(tmp_path, remove)
  run_config.check(tmp_path, tiny.config(seed=3, **changes))
  with pytest.raises(InputError, match='data.seed: 3 there, 0 here'):
    run_config.check(tmp_path, tiny.config(seed=3))


def test_a_run_without_a_checkpoint_begins_again(tmp_path):
  run_config.save(tmp_path, tiny.config())
  assert run_config.check(tmp_path, tiny.config(g_learning_rate=0.5)) == ''


def test_a_run_may_become_longer_but_not_shorter(begun, tmp_path):
  run_config.save(tmp_path, tiny.config())
  notice = run_config.check(tmp_path, tiny.config(num_steps=12))
  assert notice.startswith(
    'num_steps grows from 6 to 12: from here on the lear'
  )
  assert run_config.check(tmp_path, tiny.config()) == ''
  for changes in ({'num_steps': 4}, {'num_steps': 0, 'num_epochs': 9}):
    with pytest.raises(InputError, match='num_steps: 6 there'):
      run_config.check(tmp_path, tiny.config(**changes))
