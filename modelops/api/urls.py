from __future__ import annotations

from django.urls import path

from . import backups, runs, thresholds, versions, views

app_name = "modelops-api"
urlpatterns = [
    path("status", views.StatusView.as_view(), name="status"),
    path("needs-retrain", views.NeedsRetrainView.as_view(), name="needs-retrain"),
    path("thresholds", thresholds.ThresholdsView.as_view(), name="thresholds"),
    path("reload", views.ReloadView.as_view(), name="reload"),
    path("versions", versions.VersionListView.as_view(), name="versions"),
    path("versions/<str:semver>", versions.VersionView.as_view(), name="version"),
    path("versions/<str:semver>/promote", versions.PromoteView.as_view(), name="promote"),
    path("deployments", versions.DeploymentListView.as_view(), name="deployments"),
    path("backup", backups.BackupView.as_view(), name="backup"),
    path("backups", backups.BackupListView.as_view(), name="backups"),
    path("backups/<str:name>", backups.OneBackupView.as_view(), name="backup-one"),
    path("backups/<str:name>/restore", backups.RestoreView.as_view(), name="restore"),
    path("backups/<str:name>/verify", backups.VerifyView.as_view(), name="backup-verify"),
    path("backups/<str:name>/pin", backups.PinView.as_view(), name="backup-pin"),
    path("retrain", runs.RetrainView.as_view(), name="retrain"),
    path("incremental-update", runs.IncrementalUpdateView.as_view(), name="incremental-update"),
    path("runs", runs.RunListView.as_view(), name="runs"),
    path("runs/<int:pk>", runs.RunView.as_view(), name="run"),
    path("runs/<int:pk>/cancel", runs.CancelRunView.as_view(), name="run-cancel"),
]
