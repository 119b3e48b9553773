"""Layouts, edited by keys and by the mouse."""

import json

import numpy as np
from selenium.webdriver import Keys

from tests.apps.studio.visits import street
from tests.apps.waiting import wait_until


def test_the_layout_is_edited_by_keys_and_all_of_it_undone(page):
  first, num_instances = page.picture(1), len(page.ids())
  page.press(Keys.ENTER)
  assert page.selected() != 'Nothing selected'
  steps = (
    ('d',),
    (Keys.ARROW_UP,),
    ('m',),
    ('+',),
    ('[',),
    (Keys.DELETE,),
    ('b', *10 * [Keys.ARROW_UP], ' '),
    ('g', ' '),
  )
  for keys in steps:
    page.press(*keys)
    page.settle()
  assert page.picture(1) != first
  assert page.message() == ''
  while page.find('#undo').is_enabled():
    page.press('z')
  page.settle()
  assert page.picture(1) == first and len(page.ids()) == num_instances
  assert page.errors() == []


def test_arrows_move_by_one_pixel_and_with_shift_by_eight(page):
  page.point(*street.largest()[1])
  boxes = []
  for key, is_shifted in (
    (Keys.ARROW_UP, False),
    (Keys.ARROW_LEFT, False),
    (Keys.ARROW_DOWN, True),
  ):
    page.press(key, is_shifted=is_shifted)
    (edit,) = json.loads(page.stored())['edits']  # They count as one.
    boxes.append(edit['box'])
  assert np.diff(boxes, axis=0).tolist() == [[0, -1, 0, 0], [8, 0, 0, 0]]


def test_the_mouse_moves_paints_and_adds(page):
  _, (x, y) = street.largest()
  page.changes(lambda: page.point(x, y, to=(x + 0.2, y)), pane=1)
  page.click('#tool-brush')
  page.changes(lambda: page.point(0.1, 0.1, to=(0.9, 0.1)), pane=1)
  page.click('#tool-fill')
  page.click('.palette .item:last-child')
  page.changes(lambda: page.point(0.5, 0.9, pane=1), pane=1)
  before = len(page.ids())
  page.click('#tool-add')
  page.click('.shape')
  page.changes(lambda: page.point(0.3, 0.9), pane=1)
  wait_until(lambda: len(page.ids()) == before + 1)
  added = page.attribute('.item[aria-pressed=true]', 'data-id')
  assert page.selected().endswith(added)
  assert page.errors() == []
