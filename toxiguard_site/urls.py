"""Routes of the site: pages, API, admin and operations."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from toxiguard_site import problems

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("moderation.api.urls")),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(), name="docs"),
    # Last: what is under the API's paths and unknown is answered in the API's form.
    re_path(r"^(?:api|model)(?:/.*)?$", problems.api_not_found),
]

handler400 = "toxiguard_site.problems.bad_request"
handler403 = "toxiguard_site.problems.permission_denied"
handler404 = "toxiguard_site.problems.page_not_found"
handler500 = "toxiguard_site.problems.server_error"
