"""Maps, a generator, and the command on both."""

import pytest

from instgan_jax.commands import generate as generate_command
from instgan_jax.commands import generate_options
from instgan_jax.inference import edits, generation_plan
from tests import commands_in_process, tiny
from tests.commands.generate import streets


@pytest.fixture(scope='session')
def maps(tmp_path_factory):
  """Four toy streets as files, twice as large as the generator's."""
  root = tmp_path_factory.mktemp('maps')
  arguments = ['--num_train=0', '--num_val=4', '--height=64']
  commands_in_process.run(
    'data_pipeline.toy_street', f'--output={root}', *arguments
  )
  return str(root / 'gtFine' / 'val')


@pytest.fixture(scope='session')
def folder(tmp_path_factory):
  return tiny.save_generator(
    tmp_path_factory.mktemp('weights') / 'lip', tiny.config('lip')
  )


@pytest.fixture
def generate(maps, folder, tmp_path):
  """Generates with changed options into tmp_path / name; returns the folder."""

  def run(name='out', changes=None, plan=(), **options):
    plan = generation_plan.Plan(edits=changes or edits.Edits(), **dict(plan))
    output = tmp_path / name
    options = {'label_dir': maps, 'instance_dir': maps, **options}
    options = generate_options.Options(
      output_dir=str(output), plan=plan, **options
    )
    print(generate_command.run(options, streets.sampler(folder)))
    return output

  return run
