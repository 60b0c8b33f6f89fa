"""The OpenAPI description of the app's endpoints, made of their signatures, their answers' types and their docstrings.

``public/openapi.json`` is what it returns; a test holds the two together, and the real server's answers to the file.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import frappe
from werkzeug.wrappers import Response

from support_credits import __version__, api

Schema = dict[str, Any]
Endpoint = Callable[..., Any]

PLAIN: dict[object, Schema] = {
	str: {"type": "string"},
	int: {"type": "integer"},
	bool: {"type": "boolean"},
	object: {},
	NoneType: {"type": "null"},
}
# Of int | bool an endpoint means the number: true and false reach it only to be refused by name.
COUNT = frozenset({int, bool})
REFUSAL: Schema = {
	"type": "object",
	"properties": {
		"exc_type": {"type": "string", "description": "The class of the refusal."},
		"_server_messages": {
			"type": "string",
			"description": "JSON: a list of JSON texts, each with a message.",
		},
	},
}
REFUSALS = {
	"403": "Not logged in, or not his customer, ticket or right.",
	"404": "Something it names does not exist.",
	"417": "Refused, with the reason and the next step in a sentence.",
	"429": "Too many calls. Try again later.",
}
DESCRIPTION = (
	"Balance, quotes, statements, offers and proposals of support credits. Every answer is in `message`. "
	"Log in as any user of the site does: with a token (`Authorization: token key:secret`) or the session's cookie; "
	"a session's writing calls carry `X-Frappe-CSRF-Token`."
)


def endpoints() -> dict[str, Endpoint]:
	"""Every whitelisted function of ``support_credits.api`` by its dotted path."""
	found = {}
	for module in pkgutil.iter_modules(api.__path__):
		loaded = import_module(f"{api.__name__}.{module.name}")
		for name, member in vars(loaded).items():
			if getattr(member, "__module__", "") == loaded.__name__ and _is_whitelisted(member):
				found[f"{loaded.__name__}.{name}"] = member
	return dict(sorted(found.items()))


def _is_whitelisted(member: object) -> bool:
	return inspect.isfunction(member) and member in frappe.whitelisted


def document() -> Schema:
	"""The whole description, OpenAPI 3.1."""
	schemas: dict[str, Schema] = {"Refusal": REFUSAL}
	paths = {f"/api/method/{path}": _path(path, function, schemas) for path, function in endpoints().items()}
	return {
		"openapi": "3.1.0",
		"info": {"title": "support_credits", "version": __version__, "description": DESCRIPTION},
		"servers": [{"url": "/", "description": "The site itself."}],
		"security": [{"token": []}, {"session": []}],
		"paths": paths,
		"components": {
			"schemas": dict(sorted(schemas.items())),
			"securitySchemes": {
				"token": {
					"type": "apiKey",
					"in": "header",
					"name": "Authorization",
					"description": "token key:secret",
				},
				"session": {"type": "apiKey", "in": "cookie", "name": "sid"},
			},
		},
	}


def _path(path: str, function: Endpoint, schemas: dict[str, Schema]) -> Schema:
	methods = sorted(frappe.allowed_http_methods_for_whitelisted_func[function])
	return {method.lower(): _operation(path, function, method, schemas) for method in methods}


def _operation(path: str, function: Endpoint, method: str, schemas: dict[str, Schema]) -> Schema:
	summary, _blank, rest = inspect.getdoc(function).partition("\n")
	operation: Schema = {
		"operationId": f"{path.removeprefix('support_credits.api.')}.{method.lower()}",
		"tags": [path.split(".")[2]],
		"summary": summary,
		"responses": _responses(function, schemas),
	}
	if rest.strip():
		operation["description"] = " ".join(rest.split())
	if function in frappe.guest_methods:
		operation["security"] = [{}]
	limit = getattr(function, "sc_limit", None)
	if limit:
		operation["x-rate-limit"] = {"calls": limit[0], "seconds": limit[1]}
	return operation | _arguments(function, method, schemas)


def _responses(function: Endpoint, schemas: dict[str, Schema]) -> Schema:
	answer = get_type_hints(function)["return"]
	if answer in (NoneType, Response):  # a file
		content: Schema = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
	else:
		message = schema_of(answer, schemas)
		body = {"type": "object", "properties": {"message": message}, "required": ["message"]}
		content = {"application/json": {"schema": body}}
	refused = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
	return {
		"200": {"description": "Done.", "content": content},
		**{status: {"description": text, "content": refused} for status, text in REFUSALS.items()},
	}


def _arguments(function: Endpoint, method: str, schemas: dict[str, Schema]) -> Schema:
	hints = get_type_hints(function)
	parameters = list(inspect.signature(function).parameters.values())
	if not parameters:
		return {}
	properties = {one.name: _parameter(one, hints[one.name], schemas) for one in parameters}
	required = [one.name for one in parameters if one.default is inspect.Parameter.empty]
	if method == "GET":
		listed = [
			{"name": name, "in": "query", "required": name in required, "schema": schema}
			for name, schema in properties.items()
		]
		return {"parameters": listed}
	body: Schema = {"type": "object", "properties": properties}
	if required:
		body["required"] = required
	return {"requestBody": {"required": bool(required), "content": {"application/json": {"schema": body}}}}


def _parameter(parameter: inspect.Parameter, hint: object, schemas: dict[str, Schema]) -> Schema:
	schema = schema_of(hint, schemas)
	if parameter.default is inspect.Parameter.empty or parameter.default is None:
		return schema
	return {**schema, "default": parameter.default}


def schema_of(hint: object, schemas: dict[str, Schema]) -> Schema:
	"""The JSON Schema of an annotation; TypedDicts are put into ``schemas`` and referred to."""
	if hint in PLAIN:
		return dict(PLAIN[hint])
	if is_typeddict(hint):
		return _reference(hint, schemas)
	origin, arguments = get_origin(hint), get_args(hint)
	if origin is list:
		return {"type": "array", "items": schema_of(arguments[0], schemas)}
	if origin is dict:
		return {"type": "object", "additionalProperties": schema_of(arguments[1], schemas)}
	if origin is UnionType:
		if set(arguments) == COUNT:
			return dict(PLAIN[int])
		return {"anyOf": [schema_of(argument, schemas) for argument in arguments]}
	raise TypeError(f"no schema for {hint!r}")


def _reference(shape: Any, schemas: dict[str, Schema]) -> Schema:
	if shape.__name__ not in schemas:
		schemas[shape.__name__] = {}  # its own parts may name it
		properties = {name: schema_of(hint, schemas) for name, hint in _members(shape)}
		schemas[shape.__name__] = {
			"type": "object",
			"properties": properties,
			"required": sorted(shape.__required_keys__),
			"additionalProperties": False,
		}
		documentation = inspect.getdoc(shape)
		if documentation and not documentation.startswith("dict("):
			schemas[shape.__name__]["description"] = " ".join(documentation.split())
	return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _members(shape: Any) -> Iterator[tuple[str, object]]:
	yield from get_type_hints(shape).items()
