"""Draws cars, vans, trucks, buses and trams into the toy streets."""

import numpy as np

from data_pipeline.toy_street import (
  perspective,
  raster,
  vehicle_faces,
  vehicle_models,
)


def draw_vehicle(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  model: vehicle_models.Model,
  color: raster.Color,
  place: tuple[float, float, float],
  object_id: int,
) -> None:
  """Draws one vehicle.

  Args:
    canvas: to draw on.
    camera: that sees it.
    model: its measures.
    color: of its body.
    place: X and Z of its middle, and its heading in radians: 0 drives away
      from the camera, pi / 2 to the right, pi towards the camera.
    object_id: written to its pixels; not to those of its shadow.
  """
  x, z, heading = place
  cos, sin = np.cos(heading), np.sin(heading)
  camera_ahead = -(x * sin + z * cos)
  camera_right = -(x * cos - z * sin)
  end = float(np.sign(camera_ahead))
  side = float(np.sign(camera_right))
  is_end_seen = abs(camera_ahead) > model.length / 2
  is_side_seen = abs(camera_right) > model.width / 2
  faces, points, starts = vehicle_faces.faces_of(model, end, side)
  ahead, right, up = points.T
  world = [x + right * cos + ahead * sin, up, z + ahead * cos - right * sin]
  picture = camera.project(np.stack(world, -1))
  size = model.height * camera.focal / z * canvas.samples_per_unit
  for face, start in zip(faces, starts, strict=True):
    is_seen = {'end': is_end_seen, 'side': is_side_seen}.get(face.part, True)
    if size < face.detail or not is_seen:
      continue
    canvas.fill(
      picture[start : start + len(face.points)],
      _color_of(face, color),
      None if face.part == 'shadow' else object_id,
    )


def _color_of(
  face: vehicle_faces.Face, body_color: raster.Color
) -> raster.Color:
  own, tint = face.material
  return tuple(
    face.light * (tint * body + (1.0 - tint) * color)
    for body, color in zip(body_color, own, strict=True)
  )
