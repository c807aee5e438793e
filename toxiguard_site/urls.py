"""Routes of the site: pages, API, admin and operations."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, re_path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from toxiguard_site import problems, views

urlpatterns = [
    path("", include("moderation.urls")),
    path("modelo/", include("modelops.urls")),
    path("login/", auth.LoginView.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("password/reset/", auth.PasswordResetView.as_view(), name="password_reset"),
    path("password/reset/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/reset/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/reset/done/",
        auth.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    path("language/", set_language, name="set_language"),
    path("start/", views.start, name="start"),
    path("theme/", views.set_theme, name="set_theme"),
    path("admin/", admin.site.urls),
    path("api/", include("moderation.api.urls")),
    path("model/", include("modelops.api.urls")),
    path("", include("moderation.api.compat.urls")),
    path("", include("modelops.ops_urls")),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(), name="docs"),
    # Last: what is under the API's paths and unknown is answered in the API's form.
    re_path(r"^(?:api|model|v1|v1alpha1|\$discovery)(?:/.*)?$", problems.api_not_found),
]

handler400 = "toxiguard_site.problems.bad_request"
handler403 = "toxiguard_site.problems.permission_denied"
handler404 = "toxiguard_site.problems.page_not_found"
handler500 = "toxiguard_site.problems.server_error"
