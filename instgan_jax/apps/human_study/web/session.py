"""Progress of a participant, and what their browser may learn about it.

The browser learns the number of the question, its time limit, and two
addresses; never a set, the name of a scene, or whether a question is a catch.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import NamedTuple

from instgan_jax.apps.human_study.design import plan as plan_lib
from instgan_jax.apps.human_study.web import keys as keys_lib
from instgan_jax.apps.human_study.web import served_images

SIDES = (keys_lib.LEFT, keys_lib.RIGHT)


class Session(NamedTuple):
  """One participant of a study.

  Attributes:
    study: the plan.
    keys: of the study.
    images: of the study.
    number: of the participant, from 0.
  """

  study: plan_lib.Plan
  keys: keys_lib.Keys
  images: served_images.ServedImages
  number: int

  @property
  def questions(self) -> tuple[plan_lib.Question, ...]:
    """The questions of the participant."""
    return self.study.participants[self.number]

  def state(self, num_answers: int, language: str | None) -> dict:
    """The state that the page shows next, ready for JSON.

    Args:
      num_answers: given so far.
      language: chosen with the consent, None before.
    """
    texts = self.study.texts
    state = {
      'language': language,
      'title': texts.title,
      'contact': texts.contact,
      'consent_text': dict(texts.consent),
      'question_text': dict(texts.question),
      'answered': num_answers,
      'total': len(self.questions),
      'modes': self._modes(),
    }
    if language is None:
      return {**state, 'stage': 'welcome'}
    if num_answers >= len(self.questions):
      code = self.keys.completion_code(self.number)
      return {**state, 'stage': 'done', 'code': code}
    state['question'] = self._describe(num_answers)
    if num_answers + 1 < len(self.questions):
      state['next'] = self._addresses(num_answers + 1)
    return {**state, 'stage': 'questions'}

  def image(self, address: str, num_answers: int) -> bytes | None:
    """The PNG at an address, if its question is due or the next.

    Raises:
      InputError: if the image is missing or has changed.
    """
    for number in range(num_answers, min(num_answers + 2, len(self.questions))):
      question = self.questions[number]
      for side in SIDES:
        expected = self.keys.image(self.number, number, side)
        if hmac.compare_digest(address.encode(), expected.encode()):
          shown, other = question.left, question.right
          if side == keys_lib.RIGHT:
            shown, other = other, shown
          whole = other if shown == plan_lib.BROKEN else ''
          return self.images.png(question.scene, shown, whole)
    return None

  def _modes(self) -> list[float | None]:
    """Time limits in the order of the participant's blocks."""
    order = dict.fromkeys(question.mode for question in self.questions)
    return [self.study.modes[mode].time_limit_seconds for mode in order]

  def _describe(self, number: int) -> dict:
    question = self.questions[number]
    width, height = self.images.size(question.scene)
    order = list(dict.fromkeys(asked.mode for asked in self.questions))
    return {
      'number': number,
      'block': order.index(question.mode),
      'practice': question.kind == plan_lib.PRACTICE,
      'notice': self._notice(number),
      'time_limit': self.study.modes[question.mode].time_limit_seconds,
      'width': width,
      'height': height,
      **self._addresses(number),
    }

  def _notice(self, number: int) -> str | None:
    """The notice before a question: block, practice_over, break or None."""
    question = self.questions[number]
    before = self.questions[number - 1] if number else None
    if before is None or before.mode != question.mode:
      return 'block'
    if plan_lib.PRACTICE in (before.kind, question.kind):
      return 'practice_over' if before.kind != question.kind else None
    counted = sum(
      asked.mode == question.mode and asked.kind != plan_lib.PRACTICE
      for asked in self.questions[:number]
    )
    return 'break' if counted % self.study.break_every == 0 else None

  def _addresses(self, number: int) -> dict[str, str]:
    link = self.keys.link(self.number)
    return {
      side: f'/p/{link}/image/{self.keys.image(self.number, number, side)}'
      for side in SIDES
    }


def consent_sha256(text: str) -> str:
  """Identifies the text that a participant consented to."""
  return hashlib.sha256(text.encode()).hexdigest()


def consent_text(
  custom: Mapping[str, str], pages: Mapping[str, dict], language: str
) -> str:
  """The study's own text, in the language if it has it, or the pages' text."""
  if custom:
    return custom.get(language) or next(iter(custom.values()))
  return pages[language]['consent']
