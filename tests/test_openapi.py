"""The API document is kept in docs/openapi.yaml: a change of the API shows in review."""

from collections.abc import Iterator
from typing import Any

import yaml
from django.core.management import call_command
from jsonschema import Draft4Validator

from tests.conftest import ROOT


def test_the_kept_document_is_the_one_that_the_code_gives(tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--fail-on-warn", "--validate", file=str(made))

    assert made.read_text() == (ROOT / "docs" / "openapi.yaml").read_text(), (
        "The API changed. Look at the difference, then keep it: make openapi"
    )


def test_every_example_is_of_the_kind_that_it_illustrates():
    document = as_json_schema(yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text()))
    shown = list(contents(document))
    wrong = [
        f"{operation}: {name}: {error.json_path}: {error.message}"
        for operation, content in shown
        for name, example in content.get("examples", {}).items()
        for error in Draft4Validator(
            content["schema"] | {"components": document["components"]}
        ).iter_errors(example["value"])
    ]

    assert len(shown) > 50
    assert not wrong, "\n".join(wrong)


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The bodies and answers of all operations, each with its schema and examples."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for place in (operation.get("requestBody", {}), *operation["responses"].values()):
                for kind, content in place.get("content", {}).items():
                    yield f"{method} {path} {kind}", content


def as_json_schema(part: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own for null."""
    if isinstance(part, list):
        return [as_json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    schema = {name: as_json_schema(value) for name, value in part.items()}
    return {"anyOf": [schema, {"type": "null"}]} if schema.pop("nullable", False) else schema
