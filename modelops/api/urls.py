from __future__ import annotations

from django.urls import path

from . import views

app_name = "modelops-api"
urlpatterns = [
    path("status", views.StatusView.as_view(), name="status"),
    path("needs-retrain", views.NeedsRetrainView.as_view(), name="needs-retrain"),
    path("backup", views.BackupView.as_view(), name="backup"),
    path("reload", views.ReloadView.as_view(), name="reload"),
]
