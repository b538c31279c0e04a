"""The shape of every JSON answer: ``success``, ``data`` or ``error``, and ``metadata``."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from core.version import VERSION

Data = TypeVar("Data")


class Metadata(BaseModel):
    request_id: str
    timestamp: datetime
    version: str = VERSION


class Envelope(BaseModel, Generic[Data]):
    success: Literal[True] = True
    data: Data
    metadata: Metadata


class ErrorBody(BaseModel):
    code: str
    message: str
    details: dict[str, Any] = {}


class ErrorEnvelope(BaseModel):
    success: Literal[False] = False
    error: ErrorBody
    metadata: Metadata
