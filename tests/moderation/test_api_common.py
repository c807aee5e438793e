"""What all paths of the API have in common: unknown paths, methods, schema, documentation."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/", "/api", "/api/analyze/", "/model/nothing", "/api/../x%00"]
)
def test_unknown_paths(db, path, method, debug):
    with override_settings(DEBUG=debug):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        response = getattr(client, method)(path, headers={"accept": "text/html"})
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 404


def test_unknown_methods(api_as, integration):
    client = api_as(integration)
    for method, path in [
        ("get", "/api/analyze"),
        ("put", "/api/analyses/1"),
    ]:
        response = getattr(client, method)(path)
        assert response.status_code == 405
        assert response["Content-Type"] == "application/problem+json"
        assert response["Allow"]


def test_options_tells_the_methods(api_as, integration):
    for path, allowed in [
        ("/api/analyze", "POST, OPTIONS"),
        ("/api/analyses", "GET, HEAD, OPTIONS"),
        ("/health", "GET, HEAD, OPTIONS"),
    ]:
        response = api_as(integration).options(path)
        assert response.status_code == 200
        assert response["Allow"] == allowed
        assert response.content == b""


@pytest.mark.parametrize("path", ["/api/analyze", "/login/"])
def test_a_body_without_a_length_is_not_taken_for_an_empty_one(db, path):
    client = Client(enforce_csrf_checks=True)
    response = client.generic("POST", path, headers={"transfer-encoding": "chunked"})
    assert response.status_code == (411 if path.startswith("/api/") else 400)
    if path.startswith("/api/"):
        assert response["Content-Type"] == "application/problem+json"
        assert "Content-Length" in response.json()["detail"]


def test_accept_header_does_not_matter(api_as, moderator):
    for accept in ("text/html", "text/csv", "application/xml"):
        response = api_as(moderator).get("/api/analyses", headers={"accept": accept})
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"


def test_wrong_host(db):
    response = Client(raise_request_exception=False).get("/api/analyses", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_schema_names_every_operation_with_its_errors(db):
    response = Client().get("/api/schema")
    assert response.status_code == 200
    schema = response.json()
    post = schema["paths"]["/api/analyze"]["post"]
    refusals = {"400", "401", "403", "411", "413", "415", "429", "503"}
    assert set(post["responses"]) == {"200"} | refusals
    assert "application/problem+json" in post["responses"]["400"]["content"]
    first = schema["paths"]["/analyze"]["post"]["responses"]
    assert set(first) == {"200", "422"} | refusals - {"400"}
    assert "application/json" in first["422"]["content"]
    listed = {
        parameter["name"] for parameter in schema["paths"]["/api/analyses"]["get"]["parameters"]
    }
    assert {"search", "toxic", "cursor", "page_size"} <= listed
    assert {"search", "toxic"} <= {
        parameter["name"]
        for parameter in schema["paths"]["/api/analyses/export"]["get"]["parameters"]
    }
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            if operation.get("security"):
                assert {"401", "403"} <= set(operation["responses"]), path


def test_documentation_page_has_no_inline_script_or_style(db):
    client = Client()
    page = client.get("/api/docs")
    body = page.content.decode()
    assert page.status_code == 200
    assert "<style" not in body
    assert "<script>" not in body
    assert "unsafe" not in page["Content-Security-Policy"]
    script = client.get("/api/docs?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle" in script.content.decode()
