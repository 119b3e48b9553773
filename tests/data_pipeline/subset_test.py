import pytest

from data_pipeline import subset
from data_pipeline.errors import InputError


def test_scenes_come_in_the_given_order(make_scenes):
  chosen = subset.Subset(make_scenes(5), (4, 0, 4))
  assert len(chosen) == 3
  assert chosen.image_ids == ('town_000004', 'town_000000', 'town_000004')
  assert [chosen.read(i).image[0, 0, 2] for i in range(3)] == [4, 0, 4]


@pytest.mark.parametrize('index', [-1, 5])
def test_scene_that_is_not_there_is_named(make_scenes, index):
  with pytest.raises(
    InputError, match=f'no scene {index}: .* 5 scenes, 0 to 4'
  ):
    subset.Subset(make_scenes(5), (0, index))
