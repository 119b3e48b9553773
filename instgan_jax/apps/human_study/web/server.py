"""The web application: pages, images and answers of one study."""

import json
import logging
import time

import fastapi
from fastapi import exceptions, responses

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.answers import database, study_file
from instgan_jax.apps.human_study.design import plan as plan_lib
from instgan_jax.apps.human_study.web import (
  admin,
  bodies,
  keys,
  served_images,
  session,
)
from instgan_jax.apps.web import http_guard, static_files

# Allowed difference between the time limit and a reported response time.
_TOLERANCE_MS = 250
_MAX_BODY_BYTES = 16 * 1024


class Application:
  """The handlers of all addresses; `asgi` is the application to run."""

  def __init__(self, study: plan_lib.Plan, store: database.Database):
    """Prepares links and pages.

    Args:
      study: the plan, with the folders where the images are now.
      store: its database.
    """
    self._study = study
    self._store = store
    self._keys = keys.Keys(store.secret)
    self._pages = static_files.read(__package__)
    self._texts = {
      language: json.loads(self._pages[f'{language}.json'])
      for language in ('en', 'ja')
    }
    images = served_images.ServedImages(study)
    self._sessions = {
      self._keys.link(number): session.Session(
        study, self._keys, images, number
      )
      for number in range(len(study.participants))
    }
    self.asgi = self._build()

  def _build(self):
    # No interactive documentation, which would list every address.
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.get('/')(self._root)
    app.get('/static/{name}')(self._static)
    app.get('/p/{link}')(self._page)
    app.get('/p/{link}/state')(self._state)
    app.get('/p/{link}/image/{address}')(self._image)
    app.post('/p/{link}/consent')(self._consent)
    app.post('/p/{link}/shown')(self._shown)
    app.post('/p/{link}/answer')(self._answer)
    admin.Admin(self._study, self._store, self._keys, self._pages).add_to(app)
    app.add_exception_handler(exceptions.RequestValidationError, _malformed)
    app.add_exception_handler(study_file.NotSaved, _not_saved)
    app.add_middleware(http_guard.HttpGuard, max_body_bytes=_MAX_BODY_BYTES)
    return app

  def _root(self):
    return responses.HTMLResponse(self._pages['unknown.html'])

  def _static(self, name: str):
    """Serves only names of `pages`, so that no path is built from input."""
    return static_files.response(self._pages, name)

  def _page(self, link: str):
    if link not in self._sessions:
      return responses.HTMLResponse(self._pages['unknown.html'], 404)
    return responses.HTMLResponse(self._pages['participant.html'])

  def _state(self, link: str):
    return self._state_of(self._session(link))

  def _image(self, link: str, address: str):
    participant = self._session(link)
    if self._store.participant(participant.number) is None:
      raise fastapi.HTTPException(404)
    num_answers = self._store.num_answers(participant.number)
    try:
      image = participant.image(address, num_answers)
    except InputError as error:
      logging.error('%s', error)
      raise fastapi.HTTPException(503, 'image missing') from error
    if image is None:
      raise fastapi.HTTPException(404)
    return fastapi.Response(image, media_type='image/png')

  def _consent(self, link: str, body: bodies.Consent, request: fastapi.Request):
    participant = self._session(link)
    text = session.consent_text(
      self._study.texts.consent, self._texts, body.language
    )
    self._store.consent(
      database.Participant(
        participant=participant.number,
        consented_at=time.time(),
        consent_sha256=session.consent_sha256(text),
        language=body.language,
        user_agent=request.headers.get('user-agent', '')[:300],
      )
    )
    return self._state_of(participant)

  def _shown(self, link: str, body: bodies.Shown):
    self._store.show(self._consenting(link).number, body.question)
    return fastapi.Response(status_code=204)

  def _answer(self, link: str, body: bodies.Answer):
    """Acknowledges an answer only after it is on disk."""
    participant = self._consenting(link)
    self._check(participant, body)
    is_answered = self._store.add(
      database.Answer(
        participant=participant.number,
        received_at=time.time(),
        server_ms=None,
        showings=0,
        **body.model_dump(),
      )
    )
    if not is_answered:
      raise fastapi.HTTPException(409, 'an earlier question is due')
    return self._state_of(participant)

  def _check(self, participant: session.Session, body: bodies.Answer) -> None:
    """Refuses an answer that the plan does not allow."""
    if body.question >= len(participant.questions):
      raise fastapi.HTTPException(422, 'no such question')
    mode = self._study.modes[participant.questions[body.question].mode]
    seconds = mode.time_limit_seconds
    if seconds is None:
      if body.choice == 'none':
        raise fastapi.HTTPException(422, 'no time limit, so a choice is needed')
      return
    over = body.response_ms - 1000 * seconds
    if body.choice == 'none' and over < -_TOLERANCE_MS:
      raise fastapi.HTTPException(422, 'no choice before the time limit')
    if body.choice != 'none' and over > _TOLERANCE_MS:
      raise fastapi.HTTPException(422, 'later than the time limit')

  def _session(self, link: str) -> session.Session:
    if link not in self._sessions:
      raise fastapi.HTTPException(404)
    return self._sessions[link]

  def _consenting(self, link: str) -> session.Session:
    participant = self._session(link)
    if self._store.participant(participant.number) is None:
      raise fastapi.HTTPException(403, 'no consent yet')
    return participant

  def _state_of(self, participant: session.Session):
    consent = self._store.participant(participant.number)
    state = participant.state(
      self._store.num_answers(participant.number),
      None if consent is None else consent.language,
    )
    return responses.JSONResponse(state)


def _malformed(request, error):
  # FastAPI's own message repeats the input.
  return responses.JSONResponse({'error': 'malformed'}, 422)


def _not_saved(request, error):
  logging.error('An answer could not be saved: %s. The page asks again.', error)
  return responses.JSONResponse({'error': 'not saved'}, 503)
