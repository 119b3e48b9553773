"""The texts of the page: both languages have all that is said."""

import json
import re

import pytest

from data_pipeline.cityscapes.labels import TABLE
from instgan_jax.apps.studio import label_table
from instgan_jax.apps.web import static_files

FILES = static_files.read('instgan_jax.apps.studio')
TEXTS = {name: json.loads(FILES[f'{name}.json']) for name in ('en', 'ja')}
_SAID = (
  r"\b(?:say|tell)\('(\w+)'",
  r'data-(?:text|label)="(\w+)"',
  r"button\('(\w+)'",
)


def test_both_languages_have_the_same_texts_and_gaps():
  english, japanese = TEXTS['en'], TEXTS['ja']
  assert english.keys() == japanese.keys() - {'labels'}
  for key, text in english.items():
    gaps = re.findall(r'\{\w+\}', text)
    assert sorted(gaps) == sorted(re.findall(r'\{\w+\}', japanese[key])), key


def test_every_text_that_is_said_exists():
  said = {
    key
    for name, content in FILES.items()
    if name.endswith(('.js', '.html'))
    for pattern in _SAID
    for key in re.findall(pattern, content)
  }
  known = TEXTS['en'].keys() | {k.partition('_')[2] for k in TEXTS['en']}
  assert len(said) > 50
  assert said <= known, said - known


def test_every_label_has_a_japanese_name():
  rows = label_table.rows(TABLE)
  names = {row['name'] for row in rows if row['kind'] != 'none'}
  assert names == TEXTS['ja']['labels'].keys()


def luminance(color):
  """Relative luminance of #rgb or #rrggbb, by WCAG 2."""
  digits = color[1:] if len(color) == 7 else ''.join(2 * c for c in color[1:])
  red, green, blue = (
    value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
    for value in (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize('theme', [0, 1], ids=['light', 'dark'])
def test_texts_stand_out_from_what_is_behind_them(theme):
  pattern = r'--([\w-]+): light-dark\((#\w+), (#\w+)\)'
  colors = {
    name: luminance((light, dark)[theme])
    for name, light, dark in re.findall(pattern, FILES['studio.css'])
  }
  for text, behind in (
    *((text, b) for text in ('ink', 'soft') for b in ('page', 'panel')),
    ('ink', 'press'),
    ('on-go', 'go'),
  ):
    high, low = sorted((colors[text], colors[behind]), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5, (text, behind)  # WCAG 2, AA


def test_no_module_of_the_page_is_long():
  lengths = {n: len(FILES[n].splitlines()) for n in FILES if n.endswith('.js')}
  assert max(lengths.values()) <= 300, lengths
