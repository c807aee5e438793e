"""The site's own must-pass sentences: leads and operators see, add and remove them."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from modelops import serving
from modelops.access import KEEP_SENTENCES, OPERATE, PageRequest, holders_of
from modelops.forms import SentenceForm
from modelops.models import Door, MustPassSentence
from modelops.services.must_pass_sentences import delete_sentence, save_sentence

MANY = 500  # rows at most; the administration pages through the rest
keepers_only = holders_of(OPERATE, KEEP_SENTENCES)


@keepers_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sentences(request: PageRequest) -> HttpResponse:
    """The list, each with how the live version judges it, and the form for one more."""
    form = SentenceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        save_sentence(sentence=form.save(commit=False), by=request.user, door=Door.PAGE)
        messages.success(request, _("Sentence added. The next new version is asked for it."))
        return redirect("modelops:sentences")
    rows = list(MustPassSentence.objects.select_related("created_by")[:MANY])
    context = {"form": form, "rows": list(zip(rows, _passed(rows), strict=True))}
    status = 422 if form.is_bound else 200
    return render(request, "modelops/sentences.html", context, status=status)


@keepers_only
@require_POST
def remove_sentence(request: PageRequest, pk: int) -> HttpResponse:
    sentence = get_object_or_404(MustPassSentence, pk=pk)
    text = sentence.text
    delete_sentence(sentence=sentence, by=request.user, door=Door.PAGE)
    messages.success(request, _("Removed: “%(text)s”") % {"text": text})
    return redirect("modelops:sentences")


def _passed(rows: Sequence[MustPassSentence]) -> list[bool | None]:
    """Whether the live version judges each rightly; None without a model."""
    if not rows:
        return []
    try:
        verdicts = serving.analyze(
            [row.text for row in rows], languages=[row.language for row in rows], counted=False
        )
    except serving.ModelUnavailable:
        return [None] * len(rows)
    return [verdict.toxic == row.toxic for row, verdict in zip(rows, verdicts, strict=True)]
