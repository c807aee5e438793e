"""Addresses of the team's pages."""

from __future__ import annotations

from django.urls import path

from moderation.views import join, team, team_data, team_members, team_suggestions, team_webhooks

urlpatterns = [
    path("join/", join.join, name="join"),
    path("team/", team.team, name="team"),
    path("team/chart/<slug:name>.svg", team.chart, name="team_chart"),
    path("team/members/", team_members.members, name="members"),
    path("team/members/<int:pk>/", team_members.member, name="member"),
    path("team/members/<int:pk>/groups/", team_members.groups, name="member_groups"),
    path("team/members/<int:pk>/close/", team_members.deactivate, name="member_close"),
    path("team/members/<int:pk>/open/", team_members.reactivate, name="member_open"),
    path("team/members/<int:pk>/token/", team_members.issue, name="member_token"),
    path("team/members/<int:pk>/revoke/", team_members.revoke, name="member_revoke"),
    path("team/invite/", team_members.invite, name="invite"),
    path("team/invitations/<int:pk>/withdraw/", team_members.withdraw, name="withdraw"),
    path("team/webhooks/", team_webhooks.webhooks, name="webhooks"),
    path("team/webhooks/<int:pk>/", team_webhooks.webhook, name="webhook"),
    path("team/webhooks/<int:pk>/test/", team_webhooks.test, name="webhook_test"),
    path("team/webhooks/<int:pk>/secret/", team_webhooks.rotate, name="webhook_secret"),
    path("team/webhooks/<int:pk>/again/", team_webhooks.again, name="webhook_again"),
    path("team/webhooks/<int:pk>/remove/", team_webhooks.remove, name="webhook_remove"),
    path("team/suggestions/", team_suggestions.suggestions, name="team_suggestions"),
    path("team/data/", team_data.data, name="team_data"),
    path("team/data/<slug:name>.csv", team_data.export, name="team_export"),
    path("team/data/erase/", team_data.erase, name="erase_author"),
]
TEAM_PAGES = frozenset(f"moderation:{pattern.name}" for pattern in urlpatterns)
