"""Analyses in the Django admin."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.test import Client

from moderation.models import Analysis, AnalysisLabel

LIST = "/admin/moderation/analysis/"
HTML = "<script>alert(1)</script> ñandú"


@pytest.fixture
def as_staff(make_user):
    def make(*groups: str) -> Client:
        client = Client()
        client.force_login(make_user(f"staff{len(groups)}", *groups, is_staff=True))
        return client

    return make


def test_list_and_page_show_texts_escaped(as_staff, analyses):
    (analysis,) = analyses(HTML)
    client = as_staff("Moderators")
    for path in (LIST, f"{LIST}{analysis.pk}/change/"):
        body = client.get(path).content.decode()
        assert "&lt;script&gt;alert(1)" in body
        assert "<script>alert(1)" not in body


def test_list_takes_few_queries(as_staff, analyses, django_assert_max_num_queries):
    analyses(*(f"texto {n}" for n in range(60)))
    client = as_staff("Moderators")
    with django_assert_max_num_queries(12):
        assert client.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=NANDU", 1), ("q=100%25", 0), ("q=an", 0), ("labelled=yes", 0), ("labelled=no", 2)],
)
def test_search_and_filters(as_staff, analyses, query, found):
    analyses(HTML, "otro texto")
    response = as_staff("Moderators").get(f"{LIST}?{query}")
    assert response.context["cl"].queryset.count() == found


def test_bulk_labels_are_written_by_the_service_and_into_the_journal(as_staff, analyses):
    first, second = analyses("uno", "dos")
    client = as_staff("Moderators")
    chosen = {"action": "label_toxic", "_selected_action": [first.pk, second.pk]}
    client.post(f"{LIST}?labelled=no", chosen)
    labels = AnalysisLabel.objects.all()
    assert {(label.analysis_id, label.toxic) for label in labels} == {
        (first.pk, True),
        (second.pk, True),
    }
    assert {label.by.username for label in labels} == {"staff1"}
    entries = LogEntry.objects.filter(action_flag=CHANGE)
    assert entries.count() == 2
    assert not any("uno" in str(entry.object_repr) for entry in entries)


def test_who_may_not_label_is_not_offered_it(make_user, analyses):
    from django.contrib.auth.models import Permission

    (analysis,) = analyses("uno")
    user = make_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_analysis"))
    client = Client()
    client.force_login(user)
    assert "label_toxic" not in client.get(LIST).content.decode()
    client.post(LIST, {"action": "label_toxic", "_selected_action": [analysis.pk]})
    assert AnalysisLabel.objects.count() == 0


def test_deleting_erases_and_needs_the_permission(as_staff, analyses):
    one, two, three = analyses("secreto uno", "secreto dos", "secreto tres")
    moderator, lead = as_staff("Moderators"), as_staff("Moderators", "Leads")
    chosen = {"action": "delete_selected", "_selected_action": [one.pk, two.pk], "post": "yes"}
    moderator.post(LIST, chosen)
    assert moderator.post(f"{LIST}{three.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Analysis.objects.filter(erased_at__isnull=False).count() == 0
    lead.post(LIST, chosen)
    lead.post(f"{LIST}{three.pk}/delete/", {"post": "yes"})
    assert Analysis.objects.filter(text="", erased_at__isnull=False).count() == 3
    entries = LogEntry.objects.filter(action_flag=DELETION)
    assert entries.count() == 3
    assert not any("secreto" in str(entry.object_repr) for entry in entries)
    assert lead.get(f"{LIST}{three.pk}/change/").status_code == 302


def test_nothing_is_added_or_changed_by_hand(analyses):
    from django.contrib.auth.models import User

    (analysis,) = analyses("uno")
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(f"{LIST}add/").status_code == 403
    client.post(f"{LIST}{analysis.pk}/change/", {"text": "otro", "score": "0"})
    assert Analysis.objects.get(pk=analysis.pk).text == "uno"
