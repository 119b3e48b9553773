import numpy as np
import pytest
from PIL import Image

from data_pipeline import toy_street
from data_pipeline.errors import InputError
from data_pipeline.toy_street import source as source_lib
from instgan_jax.runtime import exits
from tests import commands_in_process, light_program


def run(*flags):
  commands_in_process.run('data_pipeline.toy_street', *flags)


def arguments(folder, **changes):
  flags = {'output': folder, 'num_train': 2, 'num_val': 1, 'height': 32}
  return [f'--{key}={value}' for key, value in (flags | changes).items()]


def assert_refused(flags, message):
  with pytest.raises(InputError, match=message):
    run(*flags)


def test_scenes_are_written_in_the_official_layout(tmp_path, capsys):
  run(*arguments(tmp_path))
  assert '2 train and 1 val' in capsys.readouterr().out
  run(*arguments(tmp_path, num_train=1))
  out = capsys.readouterr().out
  assert (
    '2 train and 1 val' in out and 'train scenes 1 are of an earlier' in out
  )
  files = sorted(
    str(path.relative_to(tmp_path))
    for path in tmp_path.rglob('*')
    if path.is_file()
  )
  assert files == [
    'gtFine/train/toytown/toytown_000000_000019_gtFine_instanceIds.png',
    'gtFine/train/toytown/toytown_000000_000019_gtFine_labelIds.png',
    'gtFine/train/toytown/toytown_000001_000019_gtFine_instanceIds.png',
    'gtFine/train/toytown/toytown_000001_000019_gtFine_labelIds.png',
    'gtFine/val/toytown/toytown_000000_000019_gtFine_instanceIds.png',
    'gtFine/val/toytown/toytown_000000_000019_gtFine_labelIds.png',
    'leftImg8bit/train/toytown/toytown_000000_000019_leftImg8bit.png',
    'leftImg8bit/train/toytown/toytown_000001_000019_leftImg8bit.png',
    'leftImg8bit/val/toytown/toytown_000000_000019_leftImg8bit.png',
    'toy_street.json',
  ]


def test_files_hold_the_scenes_of_the_source(tmp_path):
  run(*arguments(tmp_path, height=64, seed=3))
  for split, index in (('train', 0), ('train', 1), ('val', 0)):
    source = toy_street.ToyStreet(2, height=64, seed=3, split=split)
    stem = f'{split}/toytown/{source.image_ids[index]}'
    files = [
      ('RGB', f'leftImg8bit/{stem}_leftImg8bit.png'),
      ('L', f'gtFine/{stem}_gtFine_labelIds.png'),
      ('I;16', f'gtFine/{stem}_gtFine_instanceIds.png'),
    ]
    scene = source.read(index)
    for (mode, name), expected in zip(files, scene, strict=True):
      with Image.open(tmp_path / name) as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.array(image), expected)
    assert scene.instance_ids.max() >= 24000


@pytest.fixture
def generated_seeds(monkeypatch):
  """The seeds of the scenes that are generated in the test."""
  seeds = []
  generate_scene = source_lib.generate_scene

  def record(seed, **keywords):
    seeds.append(seed)
    return generate_scene(seed, **keywords)

  monkeypatch.setattr(source_lib, 'generate_scene', record)
  return seeds


def test_same_command_continues_and_keeps_existing_files(
  tmp_path, generated_seeds
):
  run(*arguments(tmp_path))
  files = sorted(tmp_path.rglob('*.png'))
  contents = [file.read_bytes() for file in files]
  files[0].unlink()
  generated_seeds.clear()
  run(*arguments(tmp_path, num_train=3))
  assert [file.read_bytes() for file in files] == contents
  # Train scene 0, which lost a file, and train scene 2, which is new; odd
  # numbers are val scenes.
  assert generated_seeds == [0, 4]


def test_folder_with_settings_on_one_line_is_continued(
  tmp_path, generated_seeds
):
  run(*arguments(tmp_path))
  generated_seeds.clear()
  # As older versions wrote them.
  (tmp_path / 'toy_street.json').write_text('{"height": 32, "seed": 0}\n')
  run(*arguments(tmp_path))
  assert generated_seeds == []


def test_stopped_program_leaves_no_half_file(tmp_path, monkeypatch):
  def stop(*_):
    raise KeyboardInterrupt

  monkeypatch.setattr('os.replace', stop)
  with pytest.raises(exits.Stopped, match='same command continues') as stopped:
    run(*arguments(tmp_path))
  assert stopped.value.exit_status == 130
  assert [path for path in tmp_path.rglob('*') if path.is_file()] == []


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'height': 0}, 'an even number of pixels from 2 to 8192, got 0'),
    ({'height': 33}, 'from 2 to 8192, got 33'),
    ({'num_train': -1}, 'num_scenes must not be negative, got -1'),
    ({'num_val': -3}, 'num_scenes must not be negative, got -3'),
    ({'seed': -1}, 'seed must not be negative, got -1'),
    (
      {'height': 'tall'},
      r"--height=tall: invalid literal .*: 'tall'\. See --help",
    ),
    ({'hight': 64}, "Unknown command line flag 'hight'.*See --help"),
  ],
)
def test_wrong_flags_are_refused(tmp_path, changes, message):
  assert_refused(arguments(tmp_path / 'new', **changes), message)
  assert not (tmp_path / 'new').exists()


def test_output_that_is_a_file_is_refused(tmp_path):
  (tmp_path / 'file').write_text('')
  assert_refused(arguments(tmp_path / 'file'), 'is a file, expected a folder')
  assert_refused(
    arguments(tmp_path / 'file' / 'below'),
    'file/below/toy_street.json: cannot be written .Not a directory',
  )


def test_scene_that_cannot_be_written_is_named(tmp_path):
  run(*arguments(tmp_path, num_train=0))
  (tmp_path / 'leftImg8bit' / 'train').write_text('')
  assert_refused(
    arguments(tmp_path),
    'train/toytown/toytown_000000_000019_leftImg8bit.png: cannot be written',
  )


def test_output_with_other_scenes_is_refused(tmp_path):
  run(*arguments(tmp_path, num_train=0))
  assert_refused(
    arguments(tmp_path, height=64), "expected {'height': 64, 'seed': 0}"
  )
  (tmp_path / 'toy_street.json').write_text('{')
  assert_refused(arguments(tmp_path), 'toy_street.json: cannot be read')
  (tmp_path / 'toy_street.json').unlink()
  assert_refused(arguments(tmp_path), 'are not toy streets')


def test_help_loads_no_slow_library_and_shows_an_example():
  result = light_program.run('data_pipeline.toy_street', '--help')
  assert result.returncode == 0, result.stderr
  assert 'Example:\n\n  python -m data_pipeline.toy_street' in result.stdout


def test_scenes_are_needed(tmp_path):
  assert_refused(
    [f'--output={tmp_path}', '--num_val=1'], '--num_train and --height are need'
  )


def test_program_ends_wrong_flags_with_one_line_and_status_two():
  result = light_program.run('data_pipeline.toy_street', '--height=tall')
  assert result.returncode == 2
  (line,) = result.stderr.splitlines()
  assert line.startswith('Error: flag --height=tall: invalid literal')
