"""Addresses of the pages of the term lists and of the policy."""

from __future__ import annotations

from django.urls import path

from moderation.views import policy, terms

urlpatterns = [
    path("terms/", terms.terms, name="terms"),
    path("terms/<int:pk>/remove/", terms.remove, name="term_remove"),
    path("policy/", policy.policy, name="policy"),
    path("policy/edit/", policy.edit, name="policy_edit"),
    path("policy/<int:number>/", policy.policy, name="policy_version"),
]
RULES_PAGES = frozenset(f"moderation:{pattern.name}" for pattern in urlpatterns)
