"""Renders cars, vans, trucks, buses and trams into the toy streets."""

import numpy as np

from data_pipeline.toy_street import (
  perspective,
  raster,
  vehicle_faces,
  vehicle_models,
)


def render_vehicle(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  model: vehicle_models.Model,
  color: raster.Color,
  pose: tuple[float, float, float],
) -> None:
  """Renders one vehicle.

  Args:
    canvas: to render on.
    camera: the viewpoint.
    model: its dimensions.
    color: of its body.
    pose: X and Z of its middle, and its heading in radians: 0 is away
      from the camera, pi / 2 to the right, pi toward the camera.
    object_id: written to its pixels; not to those of its shadow.
  """
  x, z, heading = pose
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
  image_points = camera.project(np.stack(world, -1))
  size = model.height * camera.focal / z * canvas.samples_per_unit
  for face, start in zip(faces, starts, strict=True):
    is_seen = {'end': is_end_seen, 'side': is_side_seen}.get(face.part, True)
    if size < face.detail or not is_seen:
      continue
    canvas.fill(
      image_points[start : start + len(face.points)],
      _color_of(face, color),
      None if face.part == 'shadow' else object_id,
    )


def _color_of(
  face: vehicle_faces.Face, body_color: raster.Color
) -> raster.Color:
  own, tint = face.material
  red, green, blue = (
    face.light * (tint * body + (1.0 - tint) * color)
    for body, color in zip(body_color, own, strict=True)
  )
  return red, green, blue
