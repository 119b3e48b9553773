import pytest
import tensorflow_datasets as tfds

from data_pipeline.cityscapes import tfds_builder
from data_pipeline.errors import InputError
from tests import commands_in_process, light_program


def run(*flags):
  commands_in_process.run('data_pipeline.cityscapes', *flags)


def test_data_are_prepared(tmp_path, make_scenes, write_archives, capsys):
  tfds.disable_progress_bar()
  scenes = make_scenes(2, height=8, width=16)
  zips = write_archives(tmp_path / 'zips', train=scenes, val=scenes)
  run(f'--data_dir={tmp_path}/tfds', f'--manual_dir={zips}', '--config=full')
  assert 'train: 2 scenes, at most 2 instances' in capsys.readouterr().out
  source = tfds_builder.CityscapesTfds(tmp_path / 'tfds', 'val', size=None)
  assert len(source) == 2


def test_missing_archives_are_refused(tmp_path):
  (tmp_path / 'other').write_text('')
  with pytest.raises(
    InputError, match=f'{tmp_path}: has no leftImg8bit_trainvalte'
  ):
    run(f'--data_dir={tmp_path}/tfds', f'--manual_dir={tmp_path}')


@pytest.mark.parametrize(
  'wrong, message',
  [
    (
      '--config=128x256',
      '--config=128x256: value should be one of .*256x512.*See --help',
    ),
    ('--hight=64', "Unknown command line flag 'hight'.*See --help"),
  ],
)
def test_wrong_flags_are_refused(wrong, message):
  with pytest.raises(InputError, match=message):
    run('--data_dir=unused', '--manual_dir=unused', wrong)


def test_help_loads_no_slow_library_and_shows_an_example():
  result = light_program.run('data_pipeline.cityscapes', '--help')
  assert result.returncode == 0, result.stderr
  assert '--config 256x512' in result.stdout.split('Example:')[1]


def test_folders_are_needed():
  with pytest.raises(
    InputError, match='--data_dir and --manual_dir are needed'
  ):
    run('--config=full')


def test_program_ends_wrong_input_with_one_line_and_status_two():
  result = light_program.run('data_pipeline.cityscapes', '--config=full')
  assert result.returncode == 2
  (line,) = result.stderr.splitlines()
  assert line == ('Error: --data_dir and --manual_dir are needed, see --help.')
