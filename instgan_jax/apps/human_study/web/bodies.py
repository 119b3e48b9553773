"""Request bodies: every field is checked, unknown fields are refused."""

from typing import Annotated, Literal

import pydantic

_Milliseconds = Annotated[
  float, pydantic.Field(ge=0, le=1e9, allow_inf_nan=False, strict=True)
]
_Positive = Annotated[
  float, pydantic.Field(gt=0, le=100, allow_inf_nan=False, strict=True)
]
_QuestionNumber = Annotated[int, pydantic.Field(ge=0, le=10**6, strict=True)]


class _Body(pydantic.BaseModel):
  model_config = pydantic.ConfigDict(extra='forbid')


class Consent(_Body):
  """The participant agreed to the text in a language."""

  consent: Literal[True]
  language: Literal['en', 'ja']


class Shown(_Body):
  """Both images of a question are painted."""

  question: _QuestionNumber


class Answer(_Body):
  """A choice, or none at the time limit; see `database.Answer`."""

  question: _QuestionNumber
  choice: Literal['left', 'right', 'none']
  response_ms: _Milliseconds
  hidden: pydantic.StrictBool
  layout: Literal['row', 'column']
  scale: _Positive
  pixel_ratio: _Positive
  viewport: Annotated[str, pydantic.Field(pattern=r'^\d{1,5}x\d{1,5}$')]
