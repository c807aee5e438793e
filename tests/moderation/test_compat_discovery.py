"""The discovery document of the Perspective paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.test import Client, override_settings

PATH = "/$discovery/rest"


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_anybody_reads_it_with_any_of_googles_parameters(db):
    given = {"version": "v1alpha1", "key": "any", "alt": "json", "prettyPrint": "false"}
    document = Client().get(PATH, given | {"$.xgafv": "2"}).json()
    assert document["rootUrl"] == "http://testserver/"
    methods = document["resources"]["comments"]["methods"]
    assert methods.keys() == {"analyze", "suggestscore"}
    for name, method in methods.items():
        assert method["id"] == f"commentanalyzer.comments.{name}"
        assert method["path"] == f"v1alpha1/comments:{name}"
        assert method["httpMethod"] == "POST"
        assert method["request"]
        assert method["response"]
    assert set(references(document)) <= document["schemas"].keys()
    asked = document["schemas"]["AnalyzeCommentRequest"]["properties"]
    assert asked["requestedAttributes"] == {
        "type": "object",
        "additionalProperties": {"$ref": "AttributeParameters"},
        "description": "The attributes wanted, by name.",
    }
    assert asked["doNotStore"]["type"] == "boolean"


@override_settings(PUBLIC_URL="https://toxiguard.example.org")
def test_the_sites_own_address_goes_before(db):
    document = Client().get(PATH, {"version": "v1alpha1"}).json()
    assert document["rootUrl"] == "https://toxiguard.example.org/"


def test_other_versions_and_methods(db):
    other = Client().get(PATH, {"version": "v2"})
    assert other.status_code == 404
    assert other.json()["error"]["status"] == "NOT_FOUND"
    assert Client().post(PATH).status_code == 405
