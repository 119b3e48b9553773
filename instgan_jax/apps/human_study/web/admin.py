"""The admin page: progress, links and answers, behind a token.

The token comes in the header `Authorization: Bearer TOKEN`; the page takes it
from the part of its address behind #, which browsers never send.
"""

import fastapi
from fastapi import responses

from instgan_jax.apps.human_study.answers import answer_table, database
from instgan_jax.apps.human_study.design import plan
from instgan_jax.apps.human_study.web import keys


class Admin:
  """Addresses below /admin."""

  def __init__(
    self,
    study: plan.Plan,
    store: database.Database,
    study_keys: keys.Keys,
    pages: dict[str, str],
  ):
    """Arguments are those of the `Application` that it is part of."""
    self._study = study
    self._store = store
    self._keys = study_keys
    self._pages = pages

  def add_to(self, app: fastapi.FastAPI) -> None:
    """Adds the addresses to an application."""
    app.get('/admin')(self._page)
    app.get('/admin/progress')(self._progress)
    app.get('/admin/answers.csv')(self._answers)

  def _page(self):
    return responses.HTMLResponse(self._pages['admin.html'])

  def _progress(self, request: fastapi.Request):
    self._check(request)
    consents, progress = self._store.participants(), self._store.progress()
    rows = []
    for number, questions in enumerate(self._study.participants):
      count, latest = progress.get(number, (0, None))
      consent = consents.get(number)
      rows.append(
        {
          'participant': number + 1,
          'path': f'/p/{self._keys.link(number)}',
          'consented_at': consent and consent.consented_at,
          'language': consent and consent.language,
          'answered': count,
          'total': len(questions),
          'latest': latest,
          'code': self._keys.completion_code(number),
        }
      )
    return responses.JSONResponse(
      {
        'title': self._study.texts.title,
        'plan_sha256': self._study.sha256,
        'participants': rows,
      }
    )

  def _answers(self, request: fastapi.Request):
    self._check(request)
    lines = answer_table.csv_lines(
      self._study, self._store.answers(), self._store.participants()
    )
    return responses.StreamingResponse(
      lines,
      media_type='text/csv; charset=utf-8',
      headers={'content-disposition': 'attachment; filename="answers.csv"'},
    )

  def _check(self, request: fastapi.Request) -> None:
    scheme, _, token = request.headers.get('authorization', '').partition(' ')
    if scheme.lower() != 'bearer' or not self._keys.is_admin_token(token):
      raise fastapi.HTTPException(
        401, 'the admin token is needed', {'www-authenticate': 'Bearer'}
      )
