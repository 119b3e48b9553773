"""Streets for a generator of streets, and for no other."""

import types

import pytest

from data_pipeline import toy_street
from data_pipeline.errors import InputError
from instgan_jax.commands import toy_maps
from instgan_jax.inference import map_folder, scene_maps
from tests import tiny


def sampler_of(config):
  return types.SimpleNamespace(config=config)


def test_streets_have_the_size_of_the_generator_and_were_not_seen(tmp_path):
  config = tiny.config(data__seed=3)
  folder = toy_maps.write(sampler_of(config), str(tmp_path))
  scenes = map_folder.find(folder, folder)
  source = toy_street.ToyStreet(4, height=32, seed=3, split='val')
  assert [scene.name for scene in scenes] == list(source.image_ids)
  read = scene_maps.load_instance_map(scenes[2].instance_map)
  assert (read == source.read(2).instance_ids).all()
  written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob('*.png')}
  assert toy_maps.write(sampler_of(config), str(tmp_path)) == folder
  assert written == {path: path.stat().st_mtime_ns for path in written}


def test_a_generator_of_something_else_needs_maps(tmp_path):
  config = tiny.config(data__source='folder')
  with pytest.raises(InputError, match='--label_dir is needed: this generator'):
    toy_maps.write(sampler_of(config), str(tmp_path))
  assert not list(tmp_path.iterdir())
