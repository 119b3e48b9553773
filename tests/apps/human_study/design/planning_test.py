import json
import shutil
from collections import Counter

import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import image_sets, plan, planning
from tests.apps.human_study import studies


def test_extra_questions_come_as_asked(tmp_path):
  made = studies.make_plan(
    tmp_path,
    num_scenes=30,
    num_participants=4,
    num_questions=12,
    num_practice=2,
    num_catch=3,
    num_repeats=4,
  )
  for number, questions in enumerate(made.participants):
    assert len(questions) == 2 * (2 + 12 + 3 + 4)
    blocks = [questions[:21], questions[21:]]
    # Participants take turns with the mode they begin with.
    assert [block[0].mode for block in blocks] == [number % 2, 1 - number % 2]
    for block in blocks:
      check_block(block)


def check_block(block):
  kinds = [question.kind for question in block]
  assert kinds[:2] == [plan.PRACTICE] * 2
  assert plan.PRACTICE not in kinds[2:]
  assert Counter(kinds[2:]) == {plan.MAIN: 12, plan.CATCH: 3, plan.REPEAT: 4}
  catches = [q for q in block if q.kind == plan.CATCH]
  assert all({q.left, q.right} == {'real', plan.BROKEN} for q in catches)
  assert {q.left for q in catches} == {'real', plan.BROKEN}
  position = {
    (q.scene, q.left, q.right): i
    for i, q in enumerate(block)
    if q.kind == plan.MAIN
  }
  for i, question in enumerate(block):
    if question.kind == plan.REPEAT:
      first = position[question.scene, question.right, question.left]
      assert i - first >= 6, 'Half of the questions lie between.'
  scenes = [q.scene for q in block if q.kind == plan.MAIN]
  assert all(a != b for a, b in zip(scenes, scenes[1:], strict=False))


def test_a_plan_reads_back_and_repeats_from_its_seed(tmp_path):
  made = studies.make_plan(tmp_path, num_practice=1)
  assert plan.read(tmp_path / 'plan.json') == made
  again = planning.make(
    made.sets, studies.request(num_practice=1), studies.RULES, studies.TEXTS
  )
  assert plan.to_json(again)[1] == made.sha256


def test_a_plan_that_was_edited_is_refused(tmp_path):
  studies.make_plan(tmp_path)
  path = tmp_path / 'plan.json'
  text = path.read_text()
  path.write_text(
    text.replace('"min_response_ms": 200', '"min_response_ms": 9')
  )
  with pytest.raises(
    InputError, match=r'plan\.json: was changed after planning'
  ):
    plan.read(path)
  for broken in ('', '[]', '{}', text[:500], json.dumps({'sha256': 1})):
    path.write_text(broken)
    with pytest.raises(InputError, match=r'plan\.json: is no plan'):
      plan.read(path)


def test_a_plan_is_never_overwritten(tmp_path):
  made = studies.make_plan(tmp_path)
  with pytest.raises(InputError, match=r'exists\. A plan is never changed'):
    plan.write(tmp_path / 'plan.json', made)
  assert {p.name for p in tmp_path.iterdir()} == {*studies.NAMES, 'plan.json'}


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'num_repeats': 4}, r'--repeats 4 of 6 .* at most half .* 3\.'),
    ({'num_catch': 7}, r'--catch 7 in 2 modes needs 14 scenes, .* are 12'),
    ({'num_catch': 1, 'real_set': 'photo'}, r"'photo', which is none of real"),
    ({'num_questions': 0}, r'--questions must be from 1 to 10000, got 0'),
    ({'num_questions': 60}, r'Too few scenes: 12, but 40 are needed'),
    ({'time_limits': (5.0, 5.0)}, r'--time_limit names one limit twice'),
    ({'time_limits': (0.0,)}, r'--time_limit must be from 0\.1 to 3600'),
  ],
)
def test_impossible_requests_are_refused_with_the_numbers(
  tmp_path, changes, message
):
  with pytest.raises(InputError, match=message):
    studies.make_plan(tmp_path, **changes)


def remove_one(root):
  (root / 'L' / 'street_001.png').unlink()


def enlarge_one(root):
  Image.new('RGB', (50, 24)).save(root / 'L+I' / 'street_002.png')


def break_one(root):
  (root / 'L' / 'street_000.png').write_bytes(b'\x89PNG no image')


def make_one_transparent(root):
  Image.new('RGBA', (48, 24)).save(root / 'L' / 'street_000.png')


def add_a_second(root):
  Image.new('RGB', (48, 24)).save(root / 'L' / 'street_000.jpg')


@pytest.mark.parametrize(
  ('damage', 'message'),
  [
    (remove_one, r"/L: lacks 'street_001', which .*/real has"),
    (enlarge_one, r'L\+I/street_002\.png: is 50x24 .* 48x24 as .*/real/'),
    (break_one, r'L/street_000\.png: cannot be read as an image'),
    (make_one_transparent, r'L/street_000\.png: holds RGBA pixels'),
    (add_a_second, r'street_000\.jpg and street_000\.png show the same scene'),
  ],
)
def test_folders_that_do_not_match_are_refused(tmp_path, damage, message):
  arguments = studies.write_sets(tmp_path, num_scenes=3)
  damage(tmp_path)
  with pytest.raises(InputError, match=message):
    image_sets.read(arguments)


def test_photographs_of_a_data_set_meet_generated_images(tmp_path):
  arguments = studies.write_sets(tmp_path, num_scenes=3)
  for path in sorted((tmp_path / 'real').glob('*.png')):
    city = tmp_path / 'real' / 'city'
    city.mkdir(exist_ok=True)
    path.rename(city / f'{path.stem}_leftImg8bit.png')
  real, *others = image_sets.read(arguments)
  assert real.images['street_001'].file == 'city/street_001_leftImg8bit.png'
  assert all(list(other.images) == list(real.images) for other in others)
  # Folders that all sets have still tell scenes apart.
  for name in studies.NAMES:
    (tmp_path / name / 'b').mkdir()
    for path in (tmp_path / name).rglob('street_001*'):
      shutil.copy(path, tmp_path / name / 'b' / 'street_000.png')
      path.rename(tmp_path / name / 'street_001.png')
  for path in (tmp_path / 'real' / 'city').iterdir():
    path.rename(tmp_path / 'real' / path.name)
  assert {'street_000', 'b/street_000'} <= set(
    image_sets.read(arguments)[0].images
  )


def test_wrong_sets_are_refused(tmp_path):
  real, one, _ = studies.write_sets(tmp_path, num_scenes=1)
  (tmp_path / 'empty').mkdir()
  for arguments, message in (
    ([real], r'at least two sets, got 1'),
    ([real, real], r"Two sets have the name 'real'"),
    ([real, f'again={tmp_path / "real"}'], r'Two sets have the folder'),
    ([real, 'L=/nowhere/at/all'], r'there is no folder /nowhere/at/all'),
    ([real, 'L'], r"--set 'L': expected NAME=FOLDER"),
    ([one, f'<script>={tmp_path / "real"}'], r"got '<script>'"),
    ([real, f'none={tmp_path / "empty"}'], r'empty: holds no images'),
  ):
    with pytest.raises(InputError, match=message):
      image_sets.read(arguments)
