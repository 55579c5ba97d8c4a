"""Schemas by name, from files and from code, and the check of data against them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from promptsync.library.atomic_files import write_atomically
from promptsync._awaitable import DONE, Done, Items, Record
from promptsync.library.example_files import EXAMPLE_SCHEMAS
from promptsync.library.exceptions import PromptManagerError, SchemaParseError, SchemaValidationError
from promptsync.library.schema_models import model_of, nested_problem, plain_data, problems_of
from promptsync.library.schemas import Schema, SchemaField, SchemaRegistry, completed
from promptsync.library.yaml import yaml_of
from promptsync.library.yaml_files import read_yaml_file, yaml_paths

logger = logging.getLogger("promptsync.library")

# Chains of `extends` that are longer are a mistake; a cycle is one too and ends here.
_LONGEST_CHAIN = 16


class SchemaLoader:
    """Holds schemas; safe to use from several threads.

    >>> loader = SchemaLoader()
    >>> _ = loader.register_schema({"name": "person", "fields": [{"name": "age", "type": "integer"}]})
    >>> loader.validate_data("person", {"age": "7"})
    {'age': 7}
    """

    def __init__(self) -> None:
        self._schema_cache: dict[str, Schema] = {}
        # With the schema that each was made of: another of the same name needs another model.
        self._model_cache: dict[str, tuple[Schema, type[BaseModel]]] = {}
        self._functions: dict[str, Callable[[Any], bool]] = {}
        self._lock = threading.RLock()

    def __deepcopy__(self, memo: dict[int, Any]) -> SchemaLoader:
        # A prompt holds the loader of its manager; a copy of the prompt asks the same one.
        return self

    def load_file(self, filepath: str | Path) -> SchemaRegistry:
        """Load the schemas of a file; one that was loaded before under the same name is replaced."""
        path = Path(filepath)
        content = read_yaml_file(path)
        if content is None:
            raise SchemaParseError("Empty YAML file", file=str(path))
        # One schema alone is accepted like a list of one.
        is_alone = isinstance(content, dict) and "fields" in content and "schemas" not in content
        try:
            registry = SchemaRegistry.model_validate(completed({"schemas": [content]} if is_alone else content))
        except ValidationError as error:
            problems = "; ".join(problems_of(error))
            raise SchemaValidationError(f"Failed to validate schema: {problems}", file=str(path)) from error
        for schema in registry.schemas:
            self.register_schema(schema)
        logger.debug("loaded %d schemas from %s", len(registry.schemas), path)
        return registry

    def load_directory(self, dirpath: str | Path) -> Items[SchemaRegistry]:
        """Load the ``.yaml`` and ``.yml`` files of a folder; a bad one is logged and passed over."""
        registries: Items[SchemaRegistry] = Items()
        for path in yaml_paths(Path(dirpath)):
            try:
                registries.append(self.load_file(path))
            except PromptManagerError as error:
                logger.warning("passed over %s: %s", path, error.message)
        return registries

    def register_schema(self, schema: Schema | Mapping[str, Any]) -> Schema:
        """Add a schema, or replace the one of its name."""
        if not isinstance(schema, Schema):
            schema = Schema.model_validate(completed(dict(schema)))
        with self._lock:
            self._schema_cache[schema.name] = schema
            # All of them: another schema may extend this one.
            self._model_cache.clear()
        return schema

    def register_validator(self, name: str, function: Callable[[Any], bool]) -> Done:
        """Make a function known to validators of type ``custom`` under this name."""
        with self._lock:
            self._functions[name] = function
            self._model_cache.clear()
        return DONE

    def get_schema(self, name: str) -> Schema | None:
        """Give the schema of this name, if it is loaded."""
        return self._schema_cache.get(name)

    def create_pydantic_model(self, schema: Schema, *, model_name: str | None = None) -> type[BaseModel]:
        """Give the model that checks data against a schema."""
        with self._lock:
            held = self._schema_cache.get(schema.name) is schema and model_name is None
            made_of, model = self._model_cache.get(schema.name, (None, None))
            if held and model is not None and made_of is schema:
                return model
            model = model_of(
                schema,
                self._fields_of(schema),
                model_name=model_name,
                nested=self._check_nested,
                functions=self._functions,
            )
            if held:
                self._model_cache[schema.name] = (schema, model)
            return model

    def validate_data(self, schema_name: str, data: Mapping[str, Any]) -> Record[Any]:
        """Give the data as the schema wants it: converted, and with defaults.

        ``ValueError`` when the schema is not loaded. ``SchemaValidationError`` names the fields and what is wrong with
        them, and quotes no value.
        """
        if self.get_schema(schema_name) is None:
            raise ValueError(f"Schema '{schema_name}' not found")
        try:
            return Record(self._check(schema_name, data, depth=0))
        except ValidationError as error:
            problems = problems_of(error)
        except (ValueError, TypeError, RecursionError) as error:
            problems = [f"the schema cannot be used: {error}"]
        # Outside `except`: pydantic's error quotes the values, and would be shown as the context of ours.
        message = f"Validation failed for schema '{schema_name}': {'; '.join(problems)}"
        raise SchemaValidationError(message, schema=schema_name, errors=problems)

    def clear_cache(self) -> Done:
        """Forget all schemas."""
        with self._lock:
            self._schema_cache.clear()
            self._model_cache.clear()
        return DONE

    @staticmethod
    def create_example_schema(output_path: str | Path) -> Done:
        """Write a file with example schemas."""
        write_atomically(Path(output_path), yaml_of(EXAMPLE_SCHEMAS))
        return DONE

    def _check(self, schema_name: str, data: object, depth: int) -> Mapping[str, Any]:
        schema = self._schema_cache[schema_name]
        model = self.create_pydantic_model(schema)
        # A mapping of another kind is as good as a dictionary.
        values = dict(cast("Mapping[str, Any]", data)) if isinstance(data, Mapping) else data
        return plain_data(model.model_validate(values, context={"depth": depth}))

    def _check_nested(self, schema_name: str, value: Any, depth: int) -> Any:
        if value is None:
            return value
        if schema_name not in self._schema_cache:
            raise nested_problem(schema_name, [f"schema '{schema_name}' is not loaded"])
        try:
            return dict(self._check(schema_name, value, depth))
        except ValidationError as error:
            problems = problems_of(error)
        raise nested_problem(schema_name, problems)

    def _fields_of(self, schema: Schema) -> list[SchemaField]:
        """Give the fields of a schema after those it inherits; a field of the same name replaces the inherited one."""
        chain = [schema]
        while (parent := chain[-1].extends) is not None:
            if parent not in self._schema_cache:
                raise ValueError(f"schema '{chain[-1].name}' extends '{parent}', which is not loaded")
            chain.append(self._schema_cache[parent])
            if len(chain) > _LONGEST_CHAIN:
                raise ValueError(f"schema '{schema.name}' extends more than {_LONGEST_CHAIN} others, or itself")
        return list({field.name: field for ancestor in reversed(chain) for field in ancestor.fields}.values())
