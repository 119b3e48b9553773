"""Folders of maps in, pictures out: names, changes, stopping, wrong input."""

import functools
import json
import os
import shutil
import signal

import numpy as np
import pytest
from PIL import Image

from data_pipeline import toy_street as toy_street_command
from data_pipeline.errors import InputError
from instgan_jax.commands import generate
from instgan_jax.evaluation import image_folder
from instgan_jax.inference import edits, generation_plan, styles
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import exits
from tests import commands_in_process, tiny

NAMES = [f'toytown_{k:06d}_000019' for k in range(4)]


@pytest.fixture(scope='module')
def maps(tmp_path_factory):
  """Four toy streets as files, twice as large as the generator's."""
  root = tmp_path_factory.mktemp('maps')
  arguments = ['--num_train', '0', '--num_val', '4', '--height', '64']
  assert toy_street_command.main(['--output', str(root), *arguments]) == 0
  return str(root / 'gtFine' / 'val')


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tiny.save_generator(
    tmp_path_factory.mktemp('weights') / 'lip', tiny.config('lip')
  )


@functools.cache
def drawing(folder):
  return sampler_lib.Sampler.from_folder(str(folder))


@pytest.fixture
def generate(maps, folder, tmp_path):
  """Draws with changed options into tmp_path / name; returns the folder."""

  def run(name='out', changes=None, plan=(), **options):
    plan = generation_plan.Plan(changes=changes or edits.Edits(), **dict(plan))
    output = tmp_path / name
    options = {'label_dir': maps, 'instance_dir': maps, **options}
    options = generate.Options(output_dir=str(output), plan=plan, **options)
    print(generate.run(options, drawing(folder)))
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
  with Image.open(path) as picture:
    return np.asarray(picture)


def scene_of(maps, folder, name):
  stem = f'{maps}/toytown/{name}_gtFine_'
  return drawing(folder).scene(f'{stem}labelIds.png', f'{stem}instanceIds.png')


def expected(maps, folder, name, **changes):
  """The picture of a scene with the styles of seed 0 but for the changes."""
  scene = scene_of(maps, folder, name)
  changes = {int(i): style for i, style in changes.items()}
  looks = drawing(folder).styles(scene, 0, changes)
  return drawing(folder).draw_scenes([scene], [looks])[0]


def test_each_scene_gives_a_picture_of_its_name(generate, maps, folder, capsys):
  output = generate()
  assert files(output) == ['generate.json', *(f'{n}.png' for n in NAMES)]
  for name in NAMES:
    np.testing.assert_array_equal(
      read(output / f'{name}.png'), expected(maps, folder, name)
    )
  assert '4 pictures drawn, 0 were there already' in capsys.readouterr().out


def test_several_draws_have_folders_that_can_be_measured(generate):
  output = generate(plan={'num_draws': 3, 'seed': 5})
  draws = [
    image_folder.ImageFolder(output / f'seed_{seed}', NAMES)
    for seed in (5, 6, 7)
  ]
  assert draws[0].size == (32, 64)
  alone = generate('alone', plan={'seed': 6})
  np.testing.assert_array_equal(
    draws[1].read(NAMES[2]), read(alone / f'{NAMES[2]}.png')
  )


def test_changes_are_those_of_the_sampler(generate, maps, folder):
  a, b = scene_of(maps, folder, NAMES[0]).instance_ids[:2]
  style = drawing(folder).style
  output = generate(
    changes=edits.Edits(resample={a: 7}, copy={b: a}), scenes=(NAMES[0],)
  )
  assert files(output) == ['generate.json', f'{NAMES[0]}.png']
  np.testing.assert_array_equal(
    read(output / f'{NAMES[0]}.png'),
    expected(maps, folder, NAMES[0], **{str(i): style(a, 7) for i in (a, b)}),
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
    look = {str(i): drawing(folder).style(i, seed)}
    np.testing.assert_array_equal(
      read(output / NAMES[1] / f'frame_00{k}.png'),
      expected(maps, folder, NAMES[1], **look),
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


def test_varied_draws_differ_in_these_instances_alone(generate, maps, folder):
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
  output = generate(
    changes=edits.Edits(vary=(i,)), plan={'num_draws': 2}, scenes=NAMES[:1]
  )
  look = {str(i): drawing(folder).style(i, 1)}
  for k, changes in enumerate(({}, look)):
    np.testing.assert_array_equal(
      read(output / f'seed_{k}' / f'{NAMES[0]}.png'),
      expected(maps, folder, NAMES[0], **changes),
    )


def test_kept_styles_draw_the_same_pictures(generate, tmp_path):
  kept = tmp_path / 'all.json'
  generate('zero', save_styles=str(kept))
  changes = edits.Edits(kept=styles.load(kept)[0])
  with pytest.raises(InputError, match='all drawings would be the same'):
    generate('same', changes, {'num_draws': 2})
  kept = tmp_path / 'looks.json'
  first = generate('first', plan={'seed': 3}, save_styles=str(kept))
  loaded, _ = styles.load(kept)
  again = generate('again', edits.Edits(kept=loaded), {'seed': 8})
  for name in NAMES:
    assert (first / f'{name}.png').read_bytes() == (
      again / f'{name}.png'
    ).read_bytes()


def test_scenes_may_have_seeds_of_their_own(generate, maps, folder):
  plan = generation_plan.Plan(seed_by_scene=True)
  scene = scene_of(maps, folder, NAMES[0])
  look = plan.looks('any')[0]
  two = [plan.styles(drawing(folder), n, scene, look) for n in NAMES[:2]]
  i = scene.instance_ids[0]
  assert np.abs(two[0][i] - two[1][i]).max() > 0.1
  again = plan.styles(drawing(folder), NAMES[0], scene, look)
  np.testing.assert_array_equal(again[i], two[0][i])
  generate(plan={'seed_by_scene': True})


def test_pictures_get_the_size_of_their_maps_on_request(generate):
  output = generate(plan={'resize_back': True}, grid=True)
  assert read(output / f'{NAMES[0]}.png').shape == (64, 128, 3)
  # Four rows of 160 pixels in tiles of 320 below the titles.
  assert read(output / 'grid' / '000.png').shape[0] == 4 * (160 + 6) + 26


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_continues_to_the_same_files(
  generate, folder, monkeypatch, capsys, number
):
  whole = contents(generate('whole', plan={'num_draws': 2}))
  capsys.readouterr()
  draw = sampler_lib.Sampler.draw_scenes
  calls = []

  def draw_and_interrupt(self, *arguments):
    calls.append(None)
    if len(calls) == 3:
      os.kill(os.getpid(), number)
    return draw(self, *arguments)

  monkeypatch.setattr(sampler_lib.Sampler, 'draw_scenes', draw_and_interrupt)
  with pytest.raises(exits.Stopped, match='3 of 8 pictures') as stopped:
    generate('stopped', plan={'num_draws': 2})
  assert stopped.value.exit_status == 128 + number
  output = generate('stopped', plan={'num_draws': 2})
  assert '5 pictures drawn, 3 were there already' in capsys.readouterr().out
  assert len(calls) == 8
  assert contents(output) == whole


def test_a_file_that_was_being_written_at_a_kill_does_not_count(generate):
  whole = contents(generate('whole'))
  output = generate('killed')
  (output / f'{NAMES[2]}.png').rename(output / f'{NAMES[2]}.partial')
  assert contents(generate('killed')) == whole


def test_pictures_of_other_settings_are_not_mixed(generate, maps, folder):
  output = generate()
  with pytest.raises(InputError, match='  seed: 0 there, 1 here'):
    generate(plan={'seed': 1})
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
  with pytest.raises(InputError, match=rf'  vary: \[\] there, \[{i}\] here'):
    generate(changes=edits.Edits(vary=(i,)), plan={'num_draws': 2})
  (output / 'generate.json').write_text('nonsense')
  with pytest.raises(InputError, match='generate.json is not readable JSON'):
    generate()
  (output / 'generate.json').unlink()
  with pytest.raises(InputError, match='that were not drawn here'):
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
  monkeypatch.setattr(generate, '_NUM_IDS_SHOWN', 0)
  with pytest.raises(
    InputError, match=f'no instance 999 in any of 4 .* {NAMES[0]}, has 2'
  ):
    generate(changes=edits.Edits(resample={999: 1}))


def test_more_scenes_and_draws_may_join(generate, capsys):
  generate('out', plan={'num_draws': 2}, scenes=NAMES[:1])
  output = generate('out', plan={'num_draws': 3})
  assert '10 pictures drawn, 2 were there already' in capsys.readouterr().out
  whole = generate('whole', plan={'num_draws': 3})
  assert contents(output) == contents(whole)


def test_a_picture_older_than_its_maps_is_drawn_again(
  generate, maps, tmp_path, capsys
):
  own = shutil.copytree(maps, tmp_path / 'maps')
  where = {'label_dir': str(own), 'instance_dir': str(own)}
  output = generate(**where)
  before = contents(output)
  first, second = (
    own / 'toytown' / f'{name}_gtFine_instanceIds.png' for name in NAMES[:2]
  )
  # The first scene turns into the second one.
  for kind in ('labelIds', 'instanceIds'):
    shutil.copyfile(
      str(second).replace('instanceIds', kind),
      str(first).replace('instanceIds', kind),
    )
  capsys.readouterr()
  generate(**where)
  assert '1 pictures drawn, 3 were there already' in capsys.readouterr().out
  after = contents(output)
  assert after[f'{NAMES[0]}.png'] == before[f'{NAMES[1]}.png']


def test_nothing_that_was_not_drawn_here_is_overwritten(
  generate, maps, folder, tmp_path
):
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
  film = tmp_path / 'out' / f'{NAMES[0]}.png'
  film.parent.mkdir()
  film.write_text('mine')
  with pytest.raises(InputError, match=f'not drawn here: {NAMES[0]}.png'):
    generate(
      changes=edits.Edits(interpolate={i: (1, 2)}),
      animation='png',
      scenes=NAMES[:1],
    )
  with pytest.raises(InputError, match='is no file of styles'):
    generate('other', save_styles=str(film))
  assert film.read_text() == 'mine'


def test_pictures_do_not_lie_among_the_maps(generate, maps, tmp_path):
  own = str(shutil.copytree(maps, tmp_path / 'maps'))
  for name in ('maps', 'maps/toytown/deep'):
    with pytest.raises(
      InputError, match='lies among the maps in .*/maps: choo'
    ):
      generate(name, label_dir=own)


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    ({'plan': {'num_draws': 0}}, '--num_draws is 0, expected at least 1'),
    ({'plan': {'seed': -1}}, '--seed is -1, expected at least 0'),
    ({'plan': {'num_frames': 1}}, '--frames is 1, expected at least 2'),
    (
      {
        'changes': edits.Edits(interpolate={1: (1, 2)}),
        'plan': {'num_draws': 2},
      },
      'leave out --num_draws',
    ),
    ({'changes': edits.Edits(vary=(1,))}, 'give --num_draws'),
    (
      {
        'changes': edits.Edits(vary=(1,), copy={1: 2}),
        'plan': {'num_draws': 2},
      },
      '--vary changes the instance 1 from drawing to drawing',
    ),
    (
      {'save_styles': 'a.json', 'plan': {'num_draws': 2}},
      'keeps one style for each',
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
      {'changes': edits.Edits(kept={999: np.zeros(64, np.float32)})},
      'No scene has an instance of those in --styles: 999',
    ),
  ],
)
def test_what_cannot_be_drawn_is_refused(generate, options, message):
  with pytest.raises(InputError, match=message):
    generate(**options)


def test_styles_of_another_generator_are_refused(generate, maps, folder):
  i = scene_of(maps, folder, NAMES[0]).instance_ids[0]
  changes = edits.Edits(kept={i: np.zeros(3, np.float32)})
  with pytest.raises(InputError, match=r'expected finite numbers \(64,\)'):
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
    options = generate.Options(maps, '', str(tmp_path / 'out'), plan, **options)
    generate.run(options, label_generator)

  run(generation_plan.Plan())
  assert len(files(tmp_path / 'out')) == 5
  for plan in (
    generation_plan.Plan(num_draws=2),
    generation_plan.Plan(changes=edits.Edits(resample={26000: 1})),
  ):
    with pytest.raises(
      InputError, match='of method L, which draws one picture'
    ):
      run(plan)


def test_the_command(maps, folder, tmp_path, capsys):
  arguments = [
    *('--workdir', folder, '--label_dir', maps, '--instance_dir', maps),
    *('--output_dir', tmp_path / 'out', '--scenes', NAMES[0]),
  ]
  kept = tmp_path / 'looks.json'
  commands_in_process.run(
    'instgan_jax.generate', *arguments, '--save_styles', kept
  )
  assert '1 pictures drawn' in capsys.readouterr().out
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
  with pytest.raises(InputError, match='--label_dir is needed'):
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
