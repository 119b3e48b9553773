"""What is in the folder already: kept, joined or made again."""

import os
import shutil
import signal

import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import edits
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import exits
from tests.commands.generate import streets

pytestmark = pytest.mark.slow

NAMES = streets.NAMES


def test_a_truncated_image_is_generated_again(generate, capsys):
  output = generate(scenes=NAMES[:2])
  whole = streets.contents(output)
  for name, size in zip(NAMES[:2], (0, 100), strict=True):
    path = output / f'{name}.png'
    path.write_bytes(path.read_bytes()[:size])
  capsys.readouterr()
  generate(scenes=NAMES[:2])
  assert '2 images generated, 0 existed already' in capsys.readouterr().out
  assert streets.contents(output) == whole


def test_the_film_is_made_again_with_its_frames(generate, maps, folder):
  i = streets.scene_of(maps, folder, NAMES[0]).instance_ids[0]
  options = {
    'changes': edits.Edits(interpolate={i: (1, 2)}),
    'plan': {'num_frames': 2},
    'scenes': NAMES[:1],
  }
  output = generate(**options)
  film = output / f'{NAMES[0]}.webp'
  os.utime(film, ns=(0, 0))  # As when a run stopped after the frames.
  generate(**options)
  assert film.stat().st_mtime_ns > 0


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_continues_to_the_same_files(
  generate, folder, monkeypatch, capsys, number
):
  whole = streets.contents(generate('whole', plan={'num_samples': 2}))
  capsys.readouterr()
  generate_images = sampler_lib.Sampler.generate
  calls = []

  def generate_and_interrupt(self, *arguments):
    calls.append(None)
    if len(calls) == 3:
      os.kill(os.getpid(), number)
    return generate_images(self, *arguments)

  monkeypatch.setattr(sampler_lib.Sampler, 'generate', generate_and_interrupt)
  with pytest.raises(exits.Stopped, match='3 of 8 images') as stopped:
    generate('stopped', plan={'num_samples': 2})
  assert stopped.value.exit_status == 128 + number
  output = generate('stopped', plan={'num_samples': 2})
  assert '5 images generated, 3 existed already' in capsys.readouterr().out
  assert len(calls) == 8
  assert streets.contents(output) == whole


def test_a_file_that_was_being_written_at_a_kill_does_not_count(generate):
  whole = streets.contents(generate('whole'))
  output = generate('killed')
  (output / f'{NAMES[2]}.png').rename(output / f'{NAMES[2]}.png.partial')
  assert streets.contents(generate('killed')) == whole


def test_images_of_other_settings_are_not_mixed(generate, maps, folder):
  output = generate()
  with pytest.raises(InputError, match='  seed: 0 there, 1 here'):
    generate(plan={'seed': 1})
  i = streets.scene_of(maps, folder, NAMES[0]).instance_ids[0]
  with pytest.raises(InputError, match=rf'  vary: \[\] there, \[{i}\] here'):
    generate(changes=edits.Edits(vary=(i,)), plan={'num_samples': 2})
  (output / 'generate.json').write_text('nonsense')
  with pytest.raises(InputError, match='generate.json is not readable JSON'):
    generate()
  (output / 'generate.json').unlink()
  with pytest.raises(InputError, match='that were not generated here'):
    generate()
  generate('here', scenes=NAMES[:1])
  elsewhere = str(shutil.copytree(maps, output.parent / 'maps'))
  with pytest.raises(InputError, match=r"  maps: \['.*'\] there, \['.*/maps',"):
    generate('here', label_dir=elsewhere, instance_dir=elsewhere)


def test_more_scenes_and_samples_may_join(generate, capsys):
  generate('out', plan={'num_samples': 2}, scenes=NAMES[:1])
  output = generate('out', plan={'num_samples': 3})
  assert '10 images generated, 2 existed already' in capsys.readouterr().out
  whole = generate('whole', plan={'num_samples': 3})
  assert streets.contents(output) == streets.contents(whole)


def test_an_image_of_other_maps_is_generated_again(
  generate, maps, tmp_path, capsys
):
  own = shutil.copytree(maps, tmp_path / 'maps')
  where = {'label_dir': str(own), 'instance_dir': str(own)}
  output = generate(plan={'seed_by_scene': False}, **where)
  before = streets.contents(output)
  first, second = (
    own / 'toytown' / f'{name}_gtFine_instanceIds.png' for name in NAMES[:2]
  )
  # The first scene turns into the second one.
  for kind in ('labelIds', 'instanceIds'):
    shutil.copy2(  # With its time.
      str(second).replace('instanceIds', kind),
      str(first).replace('instanceIds', kind),
    )
  capsys.readouterr()
  generate(plan={'seed_by_scene': False}, **where)
  assert '1 images generated, 3 existed already' in capsys.readouterr().out
  after = streets.contents(output)
  assert after[f'{NAMES[0]}.png'] == before[f'{NAMES[1]}.png']


def test_nothing_that_was_not_generated_here_is_overwritten(
  generate, maps, folder, tmp_path
):
  i = streets.scene_of(maps, folder, NAMES[0]).instance_ids[0]
  film = tmp_path / 'out' / f'{NAMES[0]}.png'
  film.parent.mkdir()
  film.write_text('mine')
  with pytest.raises(InputError, match=f'not generated here: {NAMES[0]}.png'):
    generate(
      changes=edits.Edits(interpolate={i: (1, 2)}),
      animation='png',
      scenes=NAMES[:1],
    )
  with pytest.raises(InputError, match='is no file of styles'):
    generate('other', save_styles=str(film))
  assert film.read_text() == 'mine'
