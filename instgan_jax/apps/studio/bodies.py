"""Request bodies: every field is checked, unknown fields are refused.

A scene comes with every request, as the maps that it began with and the edits
since then: the server remembers nothing of it.
"""

from typing import Annotated, Literal, Union

import pydantic

from instgan_jax.apps.studio.layout import Box

_MAX_DEPTH = 16
_Pixels = Annotated[int, pydantic.Field(ge=-(10**5), le=10**5, strict=True)]
_Coordinate = Annotated[
  float, pydantic.Field(ge=-1e5, le=1e5, allow_inf_nan=False)
]
Point = tuple[_Coordinate, _Coordinate]
Id = Annotated[int, pydantic.Field(ge=0, le=65535, strict=True)]
_Key = Annotated[int, pydantic.Field(ge=0, le=65535)]  # JSON's are texts.
LabelId = Annotated[int, pydantic.Field(ge=0, le=254, strict=True)]
Seed = Annotated[int, pydantic.Field(ge=0, le=2**31 - 1, strict=True)]
Share = Annotated[float, pydantic.Field(ge=0, le=1, allow_inf_nan=False)]
_Number = Annotated[float, pydantic.Field(allow_inf_nan=False)]
_ModelKey = Annotated[str, pydantic.Field(pattern=r'^[0-9a-f]{16}$')]
# A key of pages, which they draw themselves.
Page = Annotated[str, pydantic.Field(pattern=r'^[0-9a-f]{32}$')]
# It becomes the name of files: no separators, no control characters.
Name = Annotated[
  str,
  pydantic.Field(pattern=r'^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,99}$'),
]
Base64 = Annotated[str, pydantic.Field(max_length=4 * 2**20)]
ModelNumber = Annotated[int, pydantic.Field(ge=0, le=99, strict=True)]


class _Body(pydantic.BaseModel):
  model_config = pydantic.ConfigDict(extra='forbid', frozen=True)


class _EditOfInstance(_Body):
  id: Id


class Place(_EditOfInstance):
  """See `layout_edits.place`; so are the others named."""

  do: Literal['place']
  box: tuple[_Pixels, _Pixels, _Pixels, _Pixels]


class Flip(_EditOfInstance):
  """Left becomes right."""

  do: Literal['flip']


class Remove(_EditOfInstance):
  """The instance goes."""

  do: Literal['remove']


class Order(_EditOfInstance):
  """To the back or to the front."""

  do: Literal['order']
  position: Annotated[int, pydantic.Field(ge=0, le=10**4, strict=True)]


class Copy(_EditOfInstance):
  """Another one like it."""

  do: Literal['copy']
  box: tuple[_Pixels, _Pixels, _Pixels, _Pixels]


class Add(_Body):
  """A new instance; its shape is a PNG, not black inside."""

  do: Literal['add']
  label: LabelId
  shape: Base64
  box: tuple[_Pixels, _Pixels, _Pixels, _Pixels]


class Paint(_Body):
  """A stroke of stuff."""

  do: Literal['paint']
  label: LabelId
  points: Annotated[list[Point], pydantic.Field(min_length=1, max_length=500)]
  radius: Annotated[float, pydantic.Field(gt=0, le=64, allow_inf_nan=False)]


class Fill(_Body):
  """A region of stuff."""

  do: Literal['fill']
  label: LabelId
  point: Point


Edit = Annotated[
  Place | Flip | Remove | Order | Copy | Add | Paint | Fill,
  pydantic.Field(discriminator='do'),
]


class OfSeed(_Body):
  """The style that a seed has for an instance, this one or another."""

  seed: Seed
  of: Id | None = None


class Values(_Body):
  """A style as numbers, of a file."""

  values: Annotated[
    list[_Number], pydantic.Field(min_length=1, max_length=4096)
  ]


class Look(_Body):
  """The look of a photographed instance.

  Attributes:
    look: styles by the keys of the models that can read photographs; another
      model shows the style of the scene's seed.
  """

  look: Annotated[
    dict[_ModelKey, list[_Number]], pydantic.Field(min_length=1, max_length=100)
  ]


class Mix(_Body):
  """A style between two others."""

  mix: tuple['Recipe', 'Recipe']
  t: Share


Recipe = Union[OfSeed, Values, Look, Mix]  # noqa: UP007 (a forward reference)
Mix.model_rebuild()


class Base(_Body):
  """The maps that a scene began with: PNGs in the data set's encoding."""

  label_map: Base64
  instance_map: Base64


class Scene(_Body):
  """A scene as it is now.

  Attributes:
    name: which the styles of seeds depend on.
    base: its maps at the beginning.
    edits: since then.
    seed: of the styles that `styles` does not have.
    styles: recipes by instance id.
  """

  name: Name
  base: Base
  edits: list[Edit] = []
  seed: Seed = 0
  styles: dict[_Key, Recipe] = {}

  @pydantic.field_validator('styles')
  @classmethod
  def _check_depth(cls, styles: dict) -> dict:
    level = list(styles.values())
    for _ in range(_MAX_DEPTH):
      level = [part for x in level if isinstance(x, Mix) for part in x.mix]
    if level:
      raise ValueError('styles are mixed of mixes, too many times')
    return styles


class Upload(_Body):
  """A pair of PNGs."""

  name: Name
  label_map: Base64
  instance_map: Base64 | None = None


class Photograph(_Body):
  """A photograph, PNG or JPEG, and its instance map, PNG."""

  image: Base64
  instance_map: Base64


class OfModel(_Body):
  """A scene for one of the models, from a page that takes its turns."""

  page: Page
  model: ModelNumber = 0
  scene: Scene


class Command(_Body):
  """The name of a scene, and one of the models."""

  name: Name
  model: ModelNumber = 0


class View(OfModel):
  """A map that explains the method."""

  view: Literal['position', 'style']


class Film(OfModel):
  """One style moving to another one."""

  id: Id
  start: Recipe
  end: Recipe
  frames: Annotated[int, pydantic.Field(ge=2, le=48, strict=True)] = 24


def box(given: tuple[int, int, int, int]) -> Box:
  """The box of an edit."""
  return Box(*given)
