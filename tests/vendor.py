"""The vendors' own descriptions of what we ask and what they answer (tests/data/vendor)."""

import json
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_FOLDER = Path(__file__).parent / "data" / "vendor"


class Description:
    """One vendor's description, cut down to the operations that we use."""

    def __init__(self, service: str) -> None:
        self.document = json.loads((_FOLDER / f"{service}.json").read_text("utf-8"))
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:vendor", resource)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """What is said of a path and method; None for nothing."""
        found: dict[str, Any] | None = self.document["paths"].get(path, {}).get(method.lower())
        return found

    def resolved(self, item: dict[str, Any]) -> Any:
        """What an item refers to, or the item itself."""
        parts = item.get("$ref", "").split("/")[1:]
        found: Any = self.document if parts else item
        for part in parts:
            found = found[part]
        return found

    def errors(self, schema: dict[str, Any], value: Any) -> list[ValidationError]:
        """Where a value is not what the schema says."""
        text = json.dumps(schema).replace('"#/', '"urn:vendor#/')
        return list(OAS30Validator(json.loads(text), registry=self._registry).iter_errors(value))
