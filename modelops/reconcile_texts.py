"""What `reconcile_store` found and did, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from modelops.services.reconciliation import Finding


def finding_text(finding: Finding) -> str:
    """One finding as a sentence: what does not fit, and what was done about it."""
    problem = _PROBLEMS[finding.code]() % {
        "subject": finding.subject,
        "files": ", ".join(finding.files),
    }
    if not finding.outcome:
        return problem
    return _("%(problem)s: %(outcome)s") % {
        "problem": problem,
        "outcome": _OUTCOMES[finding.outcome](),
    }


_PROBLEMS: dict[str, Callable[[], str]] = {
    "leftover": lambda: _("%(subject)s was left behind by an operation that was cut off"),
    "unknown_version": lambda: _("%(subject)s belongs to no version"),
    "removed_version": lambda: _("Version %(subject)s was deleted, but its folder is still there"),
    "version_without_folder": lambda: _("The folder of version %(subject)s is missing"),
    "damaged_version": lambda: _("Model files of version %(subject)s are damaged: %(files)s"),
    "people_files": lambda: _("Files for people of version %(subject)s are damaged: %(files)s"),
    "live_copies": lambda: _("The copies at the top are not version %(subject)s: %(files)s"),
    "unknown_backup": lambda: _("%(subject)s belongs to no backup"),
    "backup_without_folder": lambda: _("The folder of backup %(subject)s is missing"),
    "damaged_backup": lambda: _("Backup %(subject)s is damaged: %(files)s"),
    "unknown_dataset": lambda: _("%(subject)s belongs to no dataset"),
    "dataset_without_file": lambda: _("The texts of dataset “%(subject)s” are missing: %(files)s"),
    "damaged_dataset": lambda: _("The texts of dataset “%(subject)s” are damaged: %(files)s"),
}
_OUTCOMES: dict[str, Callable[[], str]] = {
    "removed": lambda: _("removed"),
    "taken_up": lambda: _("taken up as a version that is not live"),
    "quarantined": lambda: _("moved to quarantine/"),
    "renewed": lambda: _("made anew from a good copy"),
    "repaired": lambda: _("repaired"),
    "marked_removed": lambda: _("marked as deleted"),
    "row_removed": lambda: _("taken off the list"),
    "deactivated": lambda: _("left out of training; import it again"),
}
