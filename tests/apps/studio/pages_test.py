"""The texts of the page: both languages have all that is said."""

import json
import re

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


def test_no_module_of_the_page_is_long():
  lengths = {n: len(FILES[n].splitlines()) for n in FILES if n.endswith('.js')}
  assert max(lengths.values()) <= 300, lengths
