"""`/openapi.json`, made from the tables of routes, filters and fields; the file has the schemas."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from worksupport.model.issue_fields import FIELDS, Field
from worksupport.server.parameters import MAX_VALUES, Parameter

_ALWAYS = ("BadRequest", "Unauthorized", "Forbidden", "TooLong", "TooManyRequests", "Unavailable")
_STATUS = {
    "NotModified": 304,
    "BadRequest": 400,
    "Unauthorized": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "Conflict": 409,
    "TooLong": 414,
    "TooManyRequests": 429,
    "Unavailable": 503,
}
_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "Send it back in If-None-Match."}}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where its status is."}}
_UNFIT = "The data is not there or too old, or there are too many connections."


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    `handler`: the method of `Routes` that answers. `document`: the schema of a good answer's JSON, `[X]` a
    list of X, '' any object. `refusals`: what can go wrong beside what can always.
    """

    handler: str
    summary: str
    parameters: tuple[Parameter, ...]
    document: str
    status: int = 200
    refusals: tuple[str, ...] = ()
    has_etag: bool = True
    media: tuple[str, ...] = ()  # of `format`, beside JSON


def description(routes: Mapping[str, Mapping[str, Operation]]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    text = resources.files("worksupport.server").joinpath("openapi.json").read_text("ascii")
    document: dict[str, Any] = json.loads(text)
    for name in ("Node", "Issue"):
        _add_fields(document["components"]["schemas"][name])
    document["paths"] = {path: _path(path, operations) for path, operations in routes.items()}
    return document


def _add_fields(node: dict[str, Any]) -> None:
    fields = {field.json: _field_schema(field) for field in FIELDS if field.json}
    node["properties"] = {**fields, **node["properties"]}
    node["required"] = [*fields, *node["required"]]


def _field_schema(field: Field) -> dict[str, Any]:
    if field.holds == "list":
        return {"type": "array", "items": {"type": "string"}}
    if field.choices:
        return {"enum": [*field.choices, *([] if field.is_given else [None])]}
    return {"type": "string" if field.is_given else ["string", "null"]}


def _path(path: str, operations: Mapping[str, Operation]) -> dict[str, Any]:
    described: dict[str, Any] = {method.lower(): _operation(each) for method, each in operations.items()}
    if names := re.findall(r"{(\w+)}", path):
        schema = {"type": "integer", "minimum": 0}
        described["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": schema} for name in names
        ]
    return described


def _operation(operation: Operation) -> dict[str, Any]:
    content = {
        "application/json": {"schema": _schema(operation.document)},
        **{media: {"schema": {"type": "string"}} for media in operation.media},
    }
    good: dict[str, Any] = {"description": "The document.", "content": content}
    refusals = [*_ALWAYS, *operation.refusals]
    if operation.status == 202:
        good |= {"description": "It has begun, or soon will."}
        good |= {"headers": _LOCATION} if operation.document else {}
    elif operation.has_etag:
        good["headers"] = _ETAG
        refusals.append("NotModified")
    responses: dict[str, Any] = {str(operation.status): good}
    for name in sorted(refusals, key=_STATUS.__getitem__):
        responses[str(_STATUS[name])] = {"$ref": f"#/components/responses/{name}"}
    if not operation.has_etag:
        responses["503"] = _unfit(operation.document)
    return {
        "operationId": operation.handler,
        "summary": operation.summary,
        "parameters": [_parameter(each) for each in operation.parameters if not each.is_refused],
        "responses": responses,
    }


def _unfit(document: str) -> dict[str, Any]:
    """Health is told with 503, too."""
    schema = {"anyOf": [_schema(document), _schema("Error")]}
    return {"description": _UNFIT, "content": {"application/json": {"schema": schema}}}


def _schema(name: str) -> dict[str, Any]:
    if not name:
        return {"type": "object"}
    if name.startswith("["):
        return {"type": "array", "items": _schema(name.strip("[]"))}
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": _array_of(parameter.schema) if parameter.is_repeated else parameter.schema,
    }


def _array_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Given several times, each value may fit: `label=a&label=b`."""
    return {"type": "array", "items": schema, "maxItems": MAX_VALUES}
