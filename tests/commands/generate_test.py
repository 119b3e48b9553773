"""Folders of maps in, images out: names, changes, stopping, wrong input."""

import functools
import json
import os
import pathlib
import re
import shutil
import signal

import numpy as np
import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.commands import generate as generate_command
from instgan_jax.evaluation import image_folder
from instgan_jax.inference import edits, generation_plan, styles
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import exits, file_lock
from tests import commands_in_process, tiny

pytestmark = pytest.mark.slow


NAMES = [f'toytown_{k:06d}_000019' for k in range(4)]


@pytest.fixture(scope='module')
def maps(tmp_path_factory):
  """Four toy streets as files, twice as large as the generator's."""
  root = tmp_path_factory.mktemp('maps')
  arguments = ['--num_train=0', '--num_val=4', '--height=64']
  commands_in_process.run(
    'data_pipeline.toy_street', f'--output={root}', *arguments
  )
  return str(root / 'gtFine' / 'val')


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tiny.save_generator(
    tmp_path_factory.mktemp('weights') / 'lip', tiny.config('lip')
  )


@functools.cache
def sampler(folder):
  return sampler_lib.Sampler.from_folder(str(folder))


@pytest.fixture
def generate(maps, folder, tmp_path):
  """Draws with changed options into tmp_path / name; returns the folder."""

  def run(name='out', changes=None, plan=(), **options):
    plan = generation_plan.Plan(edits=changes or edits.Edits(), **dict(plan))
    output = tmp_path / name
    options = {'label_dir': maps, 'instance_dir': maps, **options}
    options = generate_command.Options(
      output_dir=str(output), plan=plan, **options
    )
    print(generate_command.run(options, sampler(folder)))
    return output

  return run


def files(output):
  return sorted(
    str(path.relative_to(output))
    for path in output.rglob('*')
    if path.is_file()
  )


def contents(output):
  return {name: (output / name).read_bytes() for name in files(output)}


def read(path):
  with Image.open(path) as image:
    return np.asarray(image)


def scene_of(maps, folder, name):
  stem = f'{maps}/toytown/{name}_gtFine_'
  return sampler(folder).scene(f'{stem}labelIds.png', f'{stem}instanceIds.png')


def expected(maps, folder, name, **changes):
  """The image of a scene with the styles of seed 0 but for the changes."""
  scene = scene_of(maps, folder, name)
  changes = {int(i): style for i, style in changes.items()}
  styles_of_scene = sampler(folder).styles(scene, 0, changes)
  return sampler(folder).generate([scene], [styles_of_scene])[0]


def test_each_scene_gives_a_image_of_its_name(generate, maps, folder, capsys):
  output = generate()
  assert files(output) == ['generate.json', *(f'{n}.png' for n in NAMES)]
  for name in NAMES:
    np.testing.assert_array_equal(
      read(output / f'{name}.png'), expected(maps, folder, name)
    )
  assert '4 images generated, 0 existed already' in capsys.readouterr().out


def test_several_samples_have_folders_that_can_be_measured(generate):
  output = generate(plan={'num_samples': 3, 'seed': 5})
  samples = [
    image_folder.ImageFolder(output / f'seed_{seed}', NAMES)
    for seed in (5, 6, 7)
  ]
  assert samples[0].size == (32, 64)
  alone = generate('alone', plan={'seed': 6})
  np.testing.assert_array_equal(
    samples[1].read(NAMES[2]), read(alone / f'{NAMES[2]}.png')
  )


def test_changes_are_those_of_the_sampler(generate, maps, folder):
  a, b = scene_of(maps, folder, NAMES[0]).instance_ids[:2]
  style = sampler(folder).style
  output = generate(
    changes=edits.Edits(resample={a: 7}, copy={b: a}), scenes=(NAMES[0],)
  )
  assert files(output) == ['generate.json', f'{NAMES[0]}.png']
  np.testing.assert_array_equal(
    read(output / f'{NAMES[0]}.png'),
    expected(
      maps,
      folder,
      NAMES[0],
      **{str(i): style(a, seed=7, scene=NAMES[0]) for i in (a, b)},
    ),
  )


def test_an_interpolation_makes_frames_and_a_film(generate, maps, folder):
  i = scene_of(maps, folder, NAMES[1]).instance_ids[0]
  output = generate(
    changes=edits.Edits(interpolate={i: (1, 2)}),
    plan={'num_frames': 5},
    scenes=(NAMES[1],),
    grid=True,
  )
  assert files(output) == [
    'generate.json',
    'grid/000.png',
    f'{NAMES[1]}.webp',
    *(f'{NAMES[1]}/frame_00{k}.png' for k in range(5)),
  ]
  for k, seed in ((0, 1), (4, 2)):
    style = {str(i): sampler(folder).style(i, seed=seed, scene=NAMES[1])}
    np.testing.assert_array_equal(
      read(output / NAMES[1] / f'frame_00{k}.png'),
      expected(maps, folder, NAMES[1], **style),
    )


def test_scenes_without_the_instance_are_not_interpolated(
  generate, maps, folder
):
  ids = {n: set(scene_of(maps, folder, n).instance_ids) for n in NAMES}
  i = min(
    set.union(*ids.values()), key=lambda i: sum(i in s for s in ids.values())
  )
  having = [name for name in NAMES if i in ids[name]]
  assert len(having) < len(NAMES)
  output = generate(
    changes=edits.Edits(interpolate={i: (1, 2)}), plan={'num_frames': 2}
  )
  assert sorted(p.stem for p in output.glob('*.webp')) == having


def test_varied_samples_differ_in_these_instances_alone(generate, maps, folder):
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
  output = generate(
    changes=edits.Edits(vary=(i,)), plan={'num_samples': 2}, scenes=NAMES[:1]
  )
  style = {str(i): sampler(folder).style(i, seed=1, scene=NAMES[0])}
  for k, changes in enumerate(({}, style)):
    np.testing.assert_array_equal(
      read(output / f'seed_{k}' / f'{NAMES[0]}.png'),
      expected(maps, folder, NAMES[0], **changes),
    )


def test_kept_styles_give_the_same_images(generate, tmp_path):
  kept = tmp_path / 'all.json'
  generate('zero', save_styles=str(kept))
  changes = edits.Edits(kept=styles.load(kept)[0])
  with pytest.raises(InputError, match='all images would be the same'):
    generate('same', changes, {'num_samples': 2})
  kept = tmp_path / 'styles.json'
  first = generate('first', plan={'seed': 3}, save_styles=str(kept))
  loaded, _ = styles.load(kept)
  again = generate('again', edits.Edits(kept=loaded), {'seed': 8})
  for name in NAMES:
    assert (first / f'{name}.png').read_bytes() == (
      again / f'{name}.png'
    ).read_bytes()


def test_an_id_may_have_the_same_style_in_all_scenes(generate, maps, folder):
  scenes = [scene_of(maps, folder, name) for name in NAMES[:2]]
  (i, *_) = set(scenes[0].instance_ids) & set(scenes[1].instance_ids)

  def styles_of(**changes):
    plan = generation_plan.Plan(**changes)
    return [
      plan.styles(sampler(folder), scene, plan.variants(scene.name)[0])[i]
      for scene in scenes
    ]

  first, second = styles_of()
  assert np.abs(first - second).max() > 0.1
  for style, scene in zip((first, second), scenes, strict=True):
    expected = sampler(folder).style(i, seed=0, scene=scene.name)
    np.testing.assert_array_equal(style, expected)
  first, second = styles_of(seed_by_scene=False)
  np.testing.assert_array_equal(first, second)
  generate('by_scene')
  with pytest.raises(InputError, match='seed_by_scene: True there, False here'):
    generate('by_scene', plan={'seed_by_scene': False})


def test_styles_of_all_scenes_are_kept_in_one_file(generate, tmp_path):
  for by_scene in (True, False):
    kept = tmp_path / f'{by_scene}.json'
    output = generate(
      f'from_seed_{by_scene}',
      plan={'seed_by_scene': by_scene, 'seed': 3},
      save_styles=str(kept),
    )
    loaded, _ = styles.load(kept)
    assert set(loaded) == (set(NAMES) if by_scene else {styles.ANY_SCENE})
    again = generate(f'from_file_{by_scene}', edits.Edits(kept=loaded))
    for name in NAMES:
      np.testing.assert_array_equal(
        read(output / f'{name}.png'), read(again / f'{name}.png')
      )


def test_instances_over_the_maximum_are_named(
  generate, folder, monkeypatch, capsys
):
  monkeypatch.setattr(
    sampler_lib.Sampler, 'max_instances', property(lambda self: 2)
  )
  generate(scenes=NAMES[:1])
  said = capsys.readouterr().out
  assert re.search(
    rf'More instances than the 2 that .*: {NAMES[0]} \(\d+\)\.', said
  )


def test_maps_that_are_stretched_are_named(generate, maps, tmp_path, capsys):
  upright = tmp_path / 'upright'
  upright.mkdir()
  for path in pathlib.Path(maps).glob(f'toytown/{NAMES[0]}_gtFine_*Ids.png'):
    with Image.open(path) as image:
      image.transpose(Image.Transpose.ROTATE_90).save(upright / path.name)
  generate(label_dir=str(upright), instance_dir=str(upright))
  said = capsys.readouterr().out
  assert (
    f'another shape than 32x64 were stretched to it: {NAMES[0]} (128x64)'
    in said
  )


def test_a_truncated_image_is_generated_again(generate, capsys):
  output = generate(scenes=NAMES[:2])
  whole = contents(output)
  for name, size in zip(NAMES[:2], (0, 100), strict=True):
    path = output / f'{name}.png'
    path.write_bytes(path.read_bytes()[:size])
  capsys.readouterr()
  generate(scenes=NAMES[:2])
  assert '2 images generated, 0 existed already' in capsys.readouterr().out
  assert contents(output) == whole


def test_the_film_is_made_again_with_its_frames(generate, maps, folder):
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
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


def test_images_get_the_size_of_their_maps_on_request(generate):
  output = generate(plan={'resize_back': True}, grid=True)
  assert read(output / f'{NAMES[0]}.png').shape == (64, 128, 3)
  # Four rows of 160 pixels in tiles of 320 below the titles.
  assert read(output / 'grid' / '000.png').shape[0] == 4 * (160 + 6) + 26


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_continues_to_the_same_files(
  generate, folder, monkeypatch, capsys, number
):
  whole = contents(generate('whole', plan={'num_samples': 2}))
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
  assert contents(output) == whole


def test_a_file_that_was_being_written_at_a_kill_does_not_count(generate):
  whole = contents(generate('whole'))
  output = generate('killed')
  (output / f'{NAMES[2]}.png').rename(output / f'{NAMES[2]}.png.partial')
  assert contents(generate('killed')) == whole


def test_images_of_other_settings_are_not_mixed(generate, maps, folder):
  output = generate()
  with pytest.raises(InputError, match='  seed: 0 there, 1 here'):
    generate(plan={'seed': 1})
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
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


def test_single_files_may_go_to_one_folder(generate, maps):
  for name in NAMES[:2]:
    stem = f'{maps}/toytown/{name}_gtFine_'
    output = generate(
      label_dir=f'{stem}labelIds.png', instance_dir=f'{stem}instanceIds.png'
    )
  assert files(output) == ['generate.json', *(f'{n}.png' for n in NAMES[:2])]


def test_an_id_of_no_scene_is_answered_with_those_of_the_first(
  generate, monkeypatch
):
  monkeypatch.setattr(generate_command, '_NUM_IDS_SHOWN', 0)
  with pytest.raises(
    InputError, match=f'no instance 999 in any of 4 .* {NAMES[0]}, has 2'
  ):
    generate(changes=edits.Edits(resample={999: 1}))


def test_more_scenes_and_samples_may_join(generate, capsys):
  generate('out', plan={'num_samples': 2}, scenes=NAMES[:1])
  output = generate('out', plan={'num_samples': 3})
  assert '10 images generated, 2 existed already' in capsys.readouterr().out
  whole = generate('whole', plan={'num_samples': 3})
  assert contents(output) == contents(whole)


def test_an_image_of_other_maps_is_generated_again(
  generate, maps, tmp_path, capsys
):
  own = shutil.copytree(maps, tmp_path / 'maps')
  where = {'label_dir': str(own), 'instance_dir': str(own)}
  output = generate(plan={'seed_by_scene': False}, **where)
  before = contents(output)
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
  after = contents(output)
  assert after[f'{NAMES[0]}.png'] == before[f'{NAMES[1]}.png']


def test_nothing_that_was_not_generated_here_is_overwritten(
  generate, maps, folder, tmp_path
):
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
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


def test_images_do_not_lie_among_the_maps(generate, maps, tmp_path):
  own = str(shutil.copytree(maps, tmp_path / 'maps'))
  for name in ('maps', 'maps/toytown/deep'):
    with pytest.raises(
      InputError, match='lies among the maps in .*/maps: choo'
    ):
      generate(name, label_dir=own)


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    ({'plan': {'num_samples': 0}}, '--num_draws is 0, expected at least 1'),
    ({'plan': {'seed': -1}}, '--seed is -1, expected at least 0'),
    ({'plan': {'num_frames': 1}}, '--frames is 1, expected at least 2'),
    (
      {
        'changes': edits.Edits(interpolate={1: (1, 2)}),
        'plan': {'num_samples': 2},
      },
      'leave out --num_draws',
    ),
    ({'changes': edits.Edits(vary=(1,))}, 'give --num_draws'),
    (
      {
        'changes': edits.Edits(vary=(1,), copy={1: 2}),
        'plan': {'num_samples': 2},
      },
      'give the instance 1 its style: leave out all but one',
    ),
    (
      {'save_styles': 'a.json', 'plan': {'num_samples': 2}},
      'keeps one style for each instance of a scene',
    ),
    ({'instance_dir': ''}, 'give --instance_dir'),
    (
      {'changes': edits.Edits(resample={999: 1})},
      'no instance 999 here. Present are: 24',
    ),
    (
      {'changes': edits.Edits(copy={999: 1}), 'scenes': NAMES[:1]},
      'no instance 1 here. Present are: ',
    ),
    (
      {'changes': edits.Edits(kept={'': {999: np.zeros(64, np.float32)}})},
      'No scene has an instance of those in --styles: 999',
    ),
  ],
)
def test_what_cannot_be_generated_is_refused(generate, options, message):
  with pytest.raises(InputError, match=message):
    generate(**options)


def test_styles_of_another_generator_are_refused(generate, maps, folder):
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
  changes = edits.Edits(kept={NAMES[0]: {i: np.zeros(3, np.float32)}})
  with pytest.raises(InputError, match=r'expected \(64,\)'):
    generate(changes=changes)


def test_an_output_folder_that_is_a_file_is_refused(generate, tmp_path):
  (tmp_path / 'out').touch()
  with pytest.raises(InputError, match='out cannot be used: File exists'):
    generate()
  (tmp_path / 'here').touch()
  with pytest.raises(InputError, match='cannot be used: Not a directory'):
    generate('here/out')


def test_maps_that_do_not_match_are_named(generate, maps, tmp_path):
  for kind, name in (('labelIds', NAMES[0]), ('instanceIds', NAMES[1])):
    path = f'{maps}/toytown/{name}_gtFine_{kind}.png'
    (tmp_path / 'maps').mkdir(exist_ok=True)
    os.symlink(path, tmp_path / 'maps' / f'x_{kind}.png')
  wrong = str(tmp_path / 'maps')
  with pytest.raises(InputError, match='x_instanceIds.png: label map and'):
    generate(label_dir=wrong, instance_dir=wrong)


def test_method_l_needs_labels_alone(maps, tmp_path):
  config = tiny.config('l')
  label_generator = sampler_lib.Sampler(
    config, tiny.generator_variables(config)
  )

  def run(plan, **options):
    options = generate_command.Options(
      maps, '', str(tmp_path / 'out'), plan, **options
    )
    generate_command.run(options, label_generator)

  run(generation_plan.Plan())
  assert len(files(tmp_path / 'out')) == 5
  for plan in (
    generation_plan.Plan(num_samples=2),
    generation_plan.Plan(edits=edits.Edits(resample={26000: 1})),
  ):
    with pytest.raises(
      InputError, match='of method L, which generates one image'
    ):
      run(plan)


def test_the_command(maps, folder, tmp_path, capsys):
  arguments = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', tmp_path / 'out', '--scenes', NAMES[0]),
  ]
  kept = tmp_path / 'styles.json'
  commands_in_process.run(
    'instgan_jax.generate', *arguments, '--save_styles', kept
  )
  assert '1 images generated' in capsys.readouterr().out
  record = json.loads((tmp_path / 'out' / 'generate.json').read_text())
  assert record['seed'] == 0 and record['num_frames'] is None
  content = json.loads(kept.read_text())
  assert content['weights_sha256'] == record['weights_sha256']
  kept.write_text(json.dumps({**content, 'weights_sha256': 'other'}))
  arguments[arguments.index('--output_dir') + 1] = tmp_path / 'again'
  commands_in_process.run(
    'instgan_jax.generate', *arguments, '--styles', kept, '--seed=9'
  )
  assert 'are of other weights' in capsys.readouterr().out
  first, again = (
    read(tmp_path / d / f'{NAMES[0]}.png') for d in ('out', 'again')
  )
  np.testing.assert_array_equal(first, again)


def test_the_command_says_which_flag_is_missing(folder):
  with pytest.raises(
    InputError, match='--label_dir and --output_dir are needed'
  ):
    commands_in_process.run('instgan_jax.generate', '--workdir', folder)
  with pytest.raises(InputError, match="--copy has '3', expected"):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', folder, '--label_dir=a', '--output_dir=b', '--copy=3'),
    )


def test_weights_of_another_architecture_are_listed(maps, folder, tmp_path):
  other = tiny.config('lip', model__base_channels=4)
  tiny.save_generator(tmp_path / 'wide', other)
  (tmp_path / 'wide' / 'config.json').write_text(
    (folder / 'config.json').read_text()
  )
  with pytest.raises(InputError, match=r'conv_img/kernel is \(3, 3, 4, 3\)'):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', tmp_path / 'wide', '--label_dir', maps),
      *('--instance_dir', maps, '--output_dir', tmp_path / 'out'),
    )


def test_a_second_program_in_one_folder_is_refused(maps, folder, tmp_path):
  output = tmp_path / 'out'
  words = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', output),
  ]
  commands_in_process.run('instgan_jax.generate', *words)
  with file_lock.held(output / 'generate.json', ''):
    with pytest.raises(InputError, match='Another program is generating into'):
      commands_in_process.run('instgan_jax.generate', *words)
  commands_in_process.run('instgan_jax.generate', *words)


def test_another_size_than_that_of_the_training(maps, folder, tmp_path, capsys):
  output = tmp_path / 'out'
  words = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', output),
  ]
  commands_in_process.run('instgan_jax.generate', *words, '--image_size=64x128')
  assert 'Generating at 64x128' in capsys.readouterr().out
  for path in output.glob('*.png'):
    with Image.open(path) as image:
      assert image.size == (128, 64)
  with pytest.raises(InputError, match='image_size'):
    commands_in_process.run('instgan_jax.generate', *words)
  with pytest.raises(InputError, match='40x64 must be divisible by the stride'):
    commands_in_process.run(
      'instgan_jax.generate', *words, '--image_size=40x64'
    )


def test_a_generator_with_a_style_of_the_whole_image_has_one_size(
  maps, tmp_path
):
  config = tiny.config('l', model__image_style_dim=8)
  tiny.save_generator(tmp_path / 'run', config)
  with pytest.raises(InputError, match='run: the weights do not fit.*fc/'):
    commands_in_process.run(
      'instgan_jax.generate',
      *('--workdir', tmp_path / 'run', '--label_dir', maps),
      *('--output_dir', tmp_path / 'out', '--image_size=64x128'),
    )
