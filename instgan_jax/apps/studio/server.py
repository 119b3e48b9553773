"""The web application: scenes, layouts and pictures.

It remembers no visitor: every request has all that its answer depends on.
"""

import functools
import hashlib
import json
import logging
import time
from collections.abc import Callable

import fastapi
import numpy as np
from fastapi import exceptions, responses

from data_pipeline.errors import InputError
from instgan_jax.apps.studio import (
  access,
  bodies,
  edit_log,
  explanations,
  looks,
  map_files,
  models,
  scenes,
  take_away,
  turns,
)
from instgan_jax.apps.studio import layout as layout_lib
from instgan_jax.apps.web import http_guard, static_files

# Two maps of an upload in base64, or a scene with thousands of edits.
_MAX_BODY_BYTES = 4 * 2**20
# Of a scene: the generator's, but of a saved one perhaps another's.
_MAX_SCENE_PIXELS = 2**20


class Application:
  """The handlers of all addresses; `asgi` is the application to run."""

  def __init__(
    self,
    loaded: tuple[models.Model, ...],
    opened: scenes.Scenes,
    *,
    token: str = '',
    frame_ancestors: str = "'none'",
  ):
    """Prepares pages.

    Args:
      loaded: the models; scenes have the size and the labels of the first.
      opened: what there is to begin with.
      token: that every request needs; '' to answer this machine alone.
      frame_ancestors: see `http_guard.HttpGuard`.
    """
    self._models = loaded
    self._scenes = opened
    self._access = access.Access(token)
    self._pages = static_files.read(__package__)
    self._turns = turns.Turns()
    first = loaded[0].sampler
    self._edit_log = edit_log.EditLog(
      label_table=first.label_table,
      max_pixels=max(_MAX_SCENE_PIXELS, int(np.prod(first.image_size))),
    )
    self._described = {
      'models': [model.describe() for model in loaded],
      'scenes': list(opened.names),
      'has_toy_streets': opened.has_toy_streets,
    }
    self.asgi = self._build(frame_ancestors)

  def _build(self, frame_ancestors: str):
    # No interactive documentation, which would list every address.
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.get('/')(self._page)
    app.get('/static/{name}')(self._static)
    checked = [fastapi.Depends(self._access.check)]
    api = fastapi.APIRouter(prefix='/api', dependencies=checked)
    api.get('/studio')(self._studio)
    api.get('/toy/{seed}')(self._toy)
    api.get('/scene/{name}')(self._scene)
    api.get('/shapes')(self._shapes)
    api.post('/upload')(self._upload)
    api.post('/looks')(self._looks)
    api.get('/toy/{seed}/looks')(self._toy_looks)
    api.post('/layout')(self._layout)
    api.post('/picture')(self._picture)
    api.post('/view')(self._view)
    api.post('/film')(self._film)
    api.post('/archive')(self._archive)
    api.post('/command')(self._command)
    app.include_router(api)
    app.add_exception_handler(exceptions.RequestValidationError, _malformed)
    app.add_exception_handler(InputError, _refused)
    app.add_exception_handler(turns.Dropped, _dropped)
    app.add_exception_handler(turns.Busy, _busy)
    app.add_middleware(
      http_guard.HttpGuard,
      max_body_bytes=_MAX_BODY_BYTES,
      frame_ancestors=frame_ancestors,
      # Tells a page that a server with other models came to its address.
      headers={'studio': _digest(self._described)},
    )
    return app

  def _page(self):
    return responses.HTMLResponse(self._pages['studio.html'])

  def _static(self, name: str):
    return static_files.response(self._pages, name)

  def _studio(self):
    return responses.JSONResponse(self._described)

  def _toy(self, seed: int):
    return responses.JSONResponse(self._scenes.toy(seed).describe())

  def _scene(self, name: str):
    return responses.JSONResponse(self._scenes.of_data_set(name).describe())

  def _shapes(self):
    return responses.JSONResponse(self._scenes.shapes())

  async def _upload(self, body: bodies.Upload):
    # In turn, so that the largest files are never decoded side by side.
    opened = await self._turns.take(
      'uploads', str(id(body)), lambda: self._scenes.uploaded(body).describe()
    )
    return responses.JSONResponse(opened)

  async def _looks(self, body: bodies.Photograph):
    found = await self._turns.take(
      'uploads', str(id(body)), lambda: looks.of_upload(self._models, body)
    )
    return responses.JSONResponse(found)

  async def _toy_looks(self, seed: int):
    def work() -> list[dict]:
      street = self._scenes.photographed(seed)
      assert street.instance_ids is not None  # Toy streets know all.
      return looks.of_photograph(
        self._models, street.image, street.instance_ids
      )

    found = await self._turns.take('uploads', str(id(work)), work)
    return responses.JSONResponse(found)

  def _layout(self, scene: bodies.Scene):
    """The maps of a scene after its edits, for hit-testing, and its objects."""
    layout = self._edit_log.layout(scene)
    label_map, instance_map = layout.maps()
    areas = np.bincount(instance_map.ravel(), minlength=2**16)
    return responses.JSONResponse(
      {
        'size': list(layout.size),
        'maps': map_files.encode_for_page(label_map, instance_map),
        'is_cityscapes': layout.is_cityscapes,
        'instances': [
          _describe(instance, int(areas[instance.id]))
          for instance in layout.instances
        ],
      }
    )

  async def _picture(self, body: bodies.OfModel):
    model = self._model(body)

    def work() -> np.ndarray:
      maps = model.scene(self._edit_log.layout(body.scene), body.scene.name)
      styles = model.styles(maps, body.scene.styles, body.scene.seed)
      return model.generate(maps, styles)

    return _png(*await self._timed(body.page, f'picture {body.model}', work))

  async def _view(self, body: bodies.View):
    model = self._model(body)

    def work() -> np.ndarray:
      maps = model.scene(self._edit_log.layout(body.scene), body.scene.name)
      if body.view == 'position':
        return explanations.position(maps)
      styles = model.styles(maps, body.scene.styles, body.scene.seed)
      return explanations.style(maps, styles)

    return _png(*await self._timed(body.page, 'view', work))

  async def _film(self, body: bodies.Film):
    """A style moving to another one; a frame for each turn."""
    model = self._model(body)
    scene = body.scene

    def frame(t: float) -> np.ndarray:
      recipe = bodies.Mix(mix=(body.start, body.end), t=t)
      maps = model.scene(self._edit_log.layout(scene), scene.name)
      recipes = {**scene.styles, body.id: recipe}
      return model.generate(maps, model.styles(maps, recipes, scene.seed))

    frames = [
      await self._turns.take(body.page, 'film', functools.partial(frame, t))
      for t in np.linspace(0.0, 1.0, body.frames).tolist()
    ]
    return fastapi.Response(take_away.film(frames), media_type='image/webp')

  async def _archive(self, body: bodies.OfModel):
    model = self._model(body)

    def work() -> bytes:
      layout = self._edit_log.layout(body.scene)
      return take_away.archive(model, body.scene, layout)

    content = await self._turns.take(body.page, 'archive', work)
    return fastapi.Response(content, media_type='application/zip')

  def _command(self, body: bodies.Command):
    command = take_away.command(self._model(body), body.name)
    return responses.JSONResponse({'command': command})

  def _model(self, body: bodies.OfModel | bodies.Command) -> models.Model:
    if body.model >= len(self._models):
      raise InputError(
        f'There is no model {body.model}, expected one of 0..'
        f'{len(self._models) - 1}.'
      )
    return self._models[body.model]

  async def _timed(
    self, page: str, slot: str, work: Callable[[], np.ndarray]
  ) -> tuple[bytes, float]:
    """The PNG that `work` makes, and the milliseconds since it was asked."""
    start = time.monotonic()
    image = await self._turns.take(page, slot, work)
    return map_files.encode_picture(image), 1000 * (time.monotonic() - start)


def _describe(instance: layout_lib.Instance, area: int) -> dict:
  return {
    'id': instance.id,
    'label': instance.label,
    'box': list(instance.box),
    'is_flipped': instance.is_flipped,
    'area': area,
  }


def _digest(described: dict) -> str:
  return hashlib.sha256(json.dumps(described).encode()).hexdigest()[:16]


def _png(content: bytes, milliseconds: float) -> fastapi.Response:
  timing = {'server-timing': f'picture;dur={milliseconds:.1f}'}
  return fastapi.Response(content, media_type='image/png', headers=timing)


def _malformed(request, error):
  # FastAPI's own message repeats the input.
  return responses.JSONResponse({'error': 'malformed'}, 422)


def _refused(request, error):
  return responses.JSONResponse({'error': str(error)}, 422)


def _dropped(request, error):
  return fastapi.Response(status_code=204)


def _busy(request, error):
  logging.warning('More than %d pages wait: one was refused.', turns.MAX_PAGES)
  return responses.JSONResponse({'error': 'busy'}, 503)
