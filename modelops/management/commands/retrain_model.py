from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops import sources
from modelops.errors import OperationFailed
from modelops.management.foreground import raise_unless_done, train
from modelops.management.site_command import SiteCommand
from modelops.management.terminal import NobodyAnswers, choose, confirmed, interactive
from modelops.management.training_report import (
    done_line,
    run_json,
    run_lines,
    versions,
    versions_line,
)
from modelops.model_info import info_lines, model_info
from modelops.models import Backup, Door, ModelVersion, TrainingRun
from modelops.services.cleanup_backups import cleanup_backups
from modelops.services.create_backup import create_backup
from modelops.services.restore_backup import restore_backup
from modelops.services.verify_backup import verify_backup
from modelops.words import ago, utc

Kind = TrainingRun.Kind
Options = dict[str, Any]
NEWEST = "newest"  # of the backups, where --restore names none
TRAININGS = {"full": Kind.FULL, "quick": Kind.QUICK, "force": Kind.FORCE}


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Train the model anew, back it up, restore it. Without an option: on a terminal what "
            "is live and a menu, else --info and exit status 2. Everything runs here and now; no "
            "worker is needed."
        )
        add = parser.add_mutually_exclusive_group().add_argument
        add(
            "--full", action="store_true",
            help=_("back up, train with all labels and features, pass the gate, promote"),
        )  # fmt: skip
        add("--quick", action="store_true", help=_("the same features, the toxic head only"))
        add(
            "--force", action="store_true",
            help=_("like --full, without backup and gate, after a confirmation"),
        )  # fmt: skip
        add("--info", action="store_true", help=_("what is live, and whether it needs anything"))
        add("--backup", action="store_true", help=_("back up what is live"))
        add(
            "--restore", nargs="?", const=NEWEST, metavar="NAME",
            help=_("make a backup's version live; without NAME a list to choose from"),
        )  # fmt: skip
        add("--cleanup", action="store_true", help=_("delete the oldest backups"))
        parser.add_argument(
            "--keep", type=int, metavar="N",
            help=_("with --cleanup: how many stay (default: TOXIGUARD_BACKUPS_KEEP)"),
        )  # fmt: skip
        parser.add_argument(
            "--hold-back", action="store_true",
            help=_("with --restore: keep the labels that came after it out of training"),
        )  # fmt: skip
        parser.add_argument(
            "--from-scratch", action="store_true",
            help=_("with --full or --force: without the base, from the site's labels alone"),
        )  # fmt: skip
        parser.add_argument(
            "--no-input", action="store_true",
            help=_("ask nothing; --restore takes the newest good backup"),
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options)
        except OperationFailed as error:
            raise CommandError(str(error)) from error
        except NobodyAnswers as error:
            raise CommandError(_("Nobody answered; nothing was changed.")) from error

    def _do(self, options: Options) -> None:
        self._check(options)
        if name := next((name for name in TRAININGS if options[name]), ""):
            self._train(TRAININGS[name], options)
        elif options["info"]:
            self._info(options)
        elif options["backup"]:
            self._back_up(options)
        elif options["restore"]:
            self._restore(options)
        elif options["cleanup"]:
            self._clean_up(options)
        elif interactive() and not options["no_input"] and not options["json"]:
            self._menu(options)
        else:
            self._info(options)
            names = "--full, --quick, --force, --info, --backup, --restore, --cleanup"
            raise CommandError(_("Say what to do: %(options)s") % {"options": names}, returncode=2)

    def _check(self, options: Options) -> None:
        if options["from_scratch"] and not (options["full"] or options["force"]):
            raise CommandError(_("--from-scratch goes with --full or --force."))
        if options["keep"] is not None:
            if not options["cleanup"]:
                raise CommandError(_("--keep goes with --cleanup."))
            if options["keep"] < 0:
                raise CommandError(_("--keep is 0 or more."))
        if options["hold_back"] and not options["restore"]:
            raise CommandError(_("--hold-back goes with --restore."))

    # --- training ---------------------------------------------------------------------------

    def _train(self, kind: Kind, options: Options) -> None:
        if kind == Kind.FORCE and not options["no_input"]:
            self._confirm_force()
        run = train(kind=kind, parameters={"from_scratch": options["from_scratch"]})
        if options["json"]:
            self._print_json({"run": run_json(run), **versions(run)})
            raise_unless_done(run)
            return
        for line in run_lines(run):
            self.stdout.write(line)
        raise_unless_done(run)
        self.stdout.write(done_line(run))

    def _confirm_force(self) -> None:
        if not interactive():
            raise CommandError(
                _("--force makes no backup and asks no gate: confirm with --no-input.")
            )
        self.stdout.write(
            _(
                "The new version goes live without a backup of the present one and whatever the "
                "gate would say. Its row will say so for ever."
            )
        )
        if not confirmed(_("Go on?")):
            raise CommandError(_("Nothing was changed."))

    # --- backups ----------------------------------------------------------------------------

    def _back_up(self, options: Options) -> None:
        backup = create_backup(
            by=None, reason=_("Asked for on the command line"), door=Door.COMMAND
        )
        if options["json"]:
            self._print_json({"backup": _backup_json(backup)})
            return
        self.stdout.write(
            _("Backup made: %(name)s (version %(version)s, %(size)s)")
            % {
                "name": backup.name,
                "version": backup.version.version,
                "size": filesizeformat(backup.size_bytes),
            }
        )

    def _restore(self, options: Options) -> None:
        hold_back = options["hold_back"]
        if options["restore"] != NEWEST:
            backup = _backup_named(options["restore"])
        elif options["no_input"]:
            backup = _newest_good_backup()
        elif interactive() and not options["json"]:
            chosen = self._chosen_backup()
            if chosen is None:
                self.stdout.write(_("Nothing was changed."))
                return
            backup = chosen
            hold_back = hold_back or _wants_hold(backup.version)
        else:
            raise CommandError(_("Name a backup, or take the newest good one with --no-input."))
        deployment = restore_backup(
            backup=backup,
            by=None,
            reason=_("Restored on the command line"),
            door=Door.COMMAND,
            hold_back=hold_back,
        )
        named = {
            "version_before": deployment.previous.version if deployment.previous else None,
            "version_after": deployment.version.version,
        }
        if options["json"]:
            answer = {"backup": _backup_json(backup), "labels_held_back": hold_back}
            self._print_json({**answer, **named})
            return
        self.stdout.write(versions_line(named))
        if hold_back:
            text = _(
                "Labels that came after it stay out of training until they are released on the "
                "model page."
            )
            self.stdout.write(text)
        self.stdout.write(
            _("Backup %(name)s restored: version %(version)s is live.")
            % {"name": backup.name, "version": deployment.version.version}
        )

    def _chosen_backup(self) -> Backup | None:
        backups = list(Backup.objects.select_related("version"))
        if not backups:
            raise CommandError(_("There are no backups."))
        for number, backup in enumerate(backups, start=1):
            self.stdout.write(_backup_line(number, backup))
        numbers = [str(number) for number in range(1, len(backups) + 1)]
        answer = choose(_("Number of the backup, or q to leave it:"), [*numbers, "q"])
        return None if answer == "q" else backups[int(answer) - 1]

    def _clean_up(self, options: Options) -> None:
        keep = settings.BACKUPS_KEEP if options["keep"] is None else options["keep"]
        deleted = cleanup_backups(keep=keep, by=None, door=Door.COMMAND)
        left = Backup.objects.count()
        if options["json"]:
            self._print_json({"deleted": [backup.name for backup in deleted], "left": left})
            return
        for backup in deleted:
            self.stdout.write(f"  {backup.name}")
        gone = ngettext("%(count)s backup deleted", "%(count)s backups deleted", len(deleted))
        kept = ngettext("%(count)s is left", "%(count)s are left", left)
        self.stdout.write(f"{gone % {'count': len(deleted)}}; {kept % {'count': left}}.")

    # --- information and menu ---------------------------------------------------------------

    def _info(self, options: Options) -> None:
        if options["json"]:
            self._print_json(model_info())
            return
        for line in info_lines():
            self.stdout.write(line)

    def _menu(self, options: Options) -> None:
        self._info(options)
        entries: dict[str, tuple[str, Callable[[Options], None]]] = {
            "1": (_("Retrain fully"), lambda chosen: self._train(Kind.FULL, chosen)),
            "2": (_("Retrain quickly"), lambda chosen: self._train(Kind.QUICK, chosen)),
            "3": (_("Back up"), self._back_up),
            "4": (_("Restore a backup"), self._restore),
            "5": (_("Delete old backups"), self._clean_up),
        }
        leave = _("Quit")
        while True:
            self.stdout.write("")
            for key, (name, _work) in entries.items():
                self.stdout.write(f"  {key}  {name}")
            self.stdout.write(f"  q  {leave}")
            try:
                answer = choose(_("What shall be done?"), [*entries, "q"])
            except NobodyAnswers:
                return
            if answer == "q":
                return
            try:
                entries[answer][1]({**options, "restore": NEWEST})
            except (CommandError, OperationFailed) as error:
                self.stderr.write(str(error))

    def _print_json(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))


def _backup_named(name: str) -> Backup:
    backup = Backup.objects.filter(name=name).select_related("version").first()
    if backup is None:
        names = ", ".join(Backup.objects.values_list("name", flat=True))
        if not names:
            raise CommandError(_("There is no backup “%(name)s”, nor any other.") % {"name": name})
        raise CommandError(
            _("There is no backup “%(name)s”. There are: %(names)s")
            % {"name": name, "names": names}
        )
    return backup


def _newest_good_backup() -> Backup:
    """Of those that are there before this command makes one itself."""
    for backup in Backup.objects.order_by("-pk").select_related("version"):
        if not verify_backup(backup=backup, by=None, door=Door.COMMAND):
            return backup
    raise CommandError(_("There is no good backup. Nothing was changed."))


def _wants_hold(version: ModelVersion) -> bool:
    count = sources.count_labels(since=version.labels_until or version.created_at)
    if not count:
        return False
    question = ngettext(
        "%(count)s label came after version %(version)s. Keep it out of training until released?",
        "%(count)s labels came after version %(version)s. Keep them out of training until "
        "released?",
        count,
    )
    return confirmed(question % {"count": count, "version": version.version})


def _backup_line(number: int, backup: Backup) -> str:
    good = "" if backup.verified else "  " + _("damaged")
    return (
        f"{number:>3}  {backup.name}  {backup.version.version:<10}  {ago(backup.created_at):<12}  "
        f"{filesizeformat(backup.size_bytes):>8}{good}  {backup.reason}"
    )


def _backup_json(backup: Backup) -> dict[str, Any]:
    return {
        "name": backup.name,
        "version": backup.version.version,
        "size_bytes": backup.size_bytes,
        "verified": backup.verified,
        "created_at": utc(backup.created_at),
        "reason": backup.reason,
    }
