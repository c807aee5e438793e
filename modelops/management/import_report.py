"""What the import of a file of labelled texts says about itself in a terminal."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.services.import_dataset import ImportReport
from modelops.words import grouped


def dataset_line(report: ImportReport) -> str:
    """Which dataset keeps the rows, and whether it was there before."""
    dataset = report.dataset
    if dataset is None:
        return _("Dry run: nothing was imported.")
    if not dataset.active:
        text = _("These rows are there already, as dataset “%(name)s”, which is not active.")
    elif report.created:
        text = ngettext(
            "Dataset “%(name)s” imported: %(rows)s row.",
            "Dataset “%(name)s” imported: %(rows)s rows.",
            dataset.rows,
        )
    else:
        text = ngettext(
            "These rows are there already, as dataset “%(name)s”: %(rows)s row.",
            "These rows are there already, as dataset “%(name)s”: %(rows)s rows.",
            dataset.rows,
        )
    return text % {"name": dataset.name, "rows": grouped(dataset.rows)}
