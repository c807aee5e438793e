"""Addresses of the model's pages. `/model/`, without the o, is the API."""

from __future__ import annotations

from django.urls import path

from modelops.views import actions, carry, pages, sentences, thresholds, trainings

app_name = "modelops"

urlpatterns = [
    path("", pages.model, name="model"),
    path("live/", pages.live, name="live"),
    path("timeline/<slug:size>.svg", pages.timeline_image, name="timeline"),
    path("versions/<str:number>/", pages.version, name="version"),
    path("versions/<str:number>/promote/", actions.promote, name="promote"),
    path("versions/<str:number>/pin/", actions.pin_a_version, name="pin_version"),
    path("versions/<str:number>/export/", actions.export, name="export_version"),
    path("runs/<int:pk>/", pages.run, name="run"),
    path("runs/<int:pk>/cancel/", trainings.cancel, name="cancel"),
    path("back-up/", actions.back_up, name="back_up"),
    path("reload/", actions.reload, name="reload"),
    path("update/", trainings.update, name="update"),
    path("retrain/<slug:kind>/", trainings.retrain, name="retrain"),
    path("backups/<str:name>/restore/", actions.restore, name="restore"),
    path("backups/<str:name>/verify/", actions.verify, name="verify"),
    path("backups/<str:name>/pin/", actions.pin, name="pin"),
    path("backups/<str:name>/delete/", actions.delete, name="delete"),
    path("datasets/<int:pk>/", actions.switch_dataset, name="switch_dataset"),
    path("holds/<int:pk>/release/", actions.release, name="release"),
    path("sentences/", sentences.sentences, name="sentences"),
    path("sentences/<int:pk>/remove/", sentences.remove_sentence, name="remove_sentence"),
    path("thresholds/", thresholds.thresholds, name="thresholds"),
    path("thresholds/clear/", thresholds.clear, name="clear_thresholds"),
    path("thresholds/carry/", carry.carry, name="carry_thresholds"),
]
