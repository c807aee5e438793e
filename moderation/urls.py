"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from moderation import views

app_name = "moderation"

urlpatterns = [
    path("", views.analyse, name="analyse"),
    path("history/", views.history, name="history"),
    path("history/chart/<slug:name>.svg", views.chart, name="chart"),
    path("history/export/", views.export, name="export"),
    path("history/delete/", views.erase_shown, name="erase_shown"),
    path("history/<int:pk>/", views.analysis, name="analysis"),
    path("history/<int:pk>/label/", views.label, name="label"),
    path("history/<int:pk>/delete/", views.erase, name="erase"),
]
