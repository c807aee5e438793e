"""What becomes of imported texts: left out, deleted, erased."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from modelops import maintenance, sources
from modelops import store as files
from modelops.labels import collect_labels
from modelops.ml.labels import text_digest
from modelops.ml.site_vectors import TermNames, TermReader, write_cache
from modelops.models import Alert, Dataset, ErasedText, Operation
from modelops.services.change_dataset import delete_dataset, set_dataset_active
from modelops.services.forget_texts import forget_texts
from modelops.services.import_dataset import import_dataset
from modelops.services.purge_erased_texts import purge_erased_texts
from tests.modelops.files import overwrite
from tests.modelops.models import small_model

pytestmark = pytest.mark.django_db
INSULT, THANKS, LOVELY = "eres un idiota", "muchas gracias", "qué bonito"


def imported(folder: Path, name: str, **rows: int) -> Dataset:
    path = folder / f"{name}.csv"
    path.write_text("text,toxic\n" + "".join(f"{t},{v}\n" for t, v in rows.items()))
    return import_dataset(path=path, name=name, by=None).dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return imported(tmp_path, "first", **{INSULT: 1, THANKS: 0})


def taught() -> set[str]:
    return set(collect_labels().labels.texts)


def test_an_inactive_dataset_teaches_nothing_until_it_is_active_again(
    dataset: Dataset, operator: User
) -> None:
    assert taught() == {INSULT, THANKS}
    assert set_dataset_active(dataset=dataset, active=False, by=operator)
    assert not set_dataset_active(dataset=dataset, active=False, by=operator)
    assert taught() == set()
    set_dataset_active(dataset=dataset, active=True, by=operator)
    assert taught() == {INSULT, THANKS}
    changes = Operation.objects.filter(kind="activate_dataset", by=operator)
    assert [change.after["active"] for change in changes] == [True, False]


def test_a_deleted_dataset_is_gone_with_its_texts(dataset: Dataset, operator: User) -> None:
    assert delete_dataset(dataset=dataset, by=operator)
    assert not delete_dataset(dataset=dataset, by=operator)
    assert files.files_of_texts() == []
    assert taught() == set()
    assert Operation.objects.get(kind="delete_dataset").before["rows"] == 2


def test_an_erased_text_is_out_of_training_at_once_and_of_files_at_the_next_purge(
    dataset: Dataset, tmp_path: Path
) -> None:
    other = imported(tmp_path, "second", **{INSULT: 1, LOVELY: 0})
    set_dataset_active(dataset=other, active=False, by=None)  # does not matter
    sources.forget([text_digest(INSULT)])
    assert taught() == {THANKS}
    old = {dataset.digest, other.digest}
    assert purge_erased_texts() == 2
    for row, text in ((dataset, THANKS), (other, LOVELY)):
        row.refresh_from_db()
        assert (row.rows, row.toxic_rows, sum(row.language_counts.values())) == (1, 0, 1)
        assert files.rows_digest(files.dataset_file(row.digest)) == row.digest
        with files.open_dataset(row.digest) as handle:
            assert [line.split(",")[0] for line in handle][1:] == [text]
    assert old.isdisjoint({dataset.digest, other.digest})
    assert len(files.files_of_texts()) == 2
    assert ErasedText.objects.get().purged_at is not None
    assert purge_erased_texts() == 0


def test_a_dataset_of_erased_texts_only_is_gone(dataset: Dataset) -> None:
    forget_texts(digests=[text_digest(INSULT), text_digest(THANKS)])
    assert purge_erased_texts() == 2
    assert not Dataset.objects.exists()
    assert files.files_of_texts() == []


def test_two_datasets_that_become_the_same_become_one(dataset: Dataset, tmp_path: Path) -> None:
    rest = imported(tmp_path, "rest", **{THANKS: 0})
    forget_texts(digests=[text_digest(INSULT)])
    purge_erased_texts()
    assert Dataset.objects.get() == rest
    assert taught() == {THANKS}


def test_an_erased_text_does_not_come_back_with_the_next_import(
    dataset: Dataset, tmp_path: Path
) -> None:
    forget_texts(digests=[text_digest(INSULT)])
    purge_erased_texts()
    path = tmp_path / "first.csv"
    report = import_dataset(path=path, name="again", by=None)
    dataset.refresh_from_db()
    assert (report.dataset, report.created) == (dataset, False)
    assert (report.rows_read, report.accepted, report.erased) == (2, 1, 1)
    assert taught() == {THANKS}


def test_what_was_erased_during_an_import_is_purged_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = files.publish_dataset

    def meanwhile(staged: Path, *, digest: str) -> None:
        forget_texts(digests=[text_digest(INSULT)])
        ErasedText.objects.update(purged_at=timezone.now())  # by a purge that missed the file
        really(staged, digest=digest)

    monkeypatch.setattr(files, "publish_dataset", meanwhile)
    imported(tmp_path, "first", **{INSULT: 1, THANKS: 0})
    assert purge_erased_texts() == 1


def test_forgetting_again_asks_for_another_purge(dataset: Dataset) -> None:
    digest = text_digest(INSULT)
    assert forget_texts(digests=[digest, digest]) == 1
    purge_erased_texts()
    forget_texts(digests=[digest])
    assert ErasedText.objects.get().purged_at is None


def test_files_that_no_row_names_are_purged_as_well(dataset: Dataset, store: Path) -> None:
    """As a deletion that was cut off leaves them, or reconciling puts them aside."""
    path = files.dataset_file(dataset.digest)
    Dataset.objects.all().delete()
    aside = files.quarantine(path)
    forget_texts(digests=[text_digest(LOVELY)])
    purge_erased_texts()
    assert aside.exists()
    forget_texts(digests=[text_digest(INSULT)])
    purge_erased_texts()
    assert files.files_of_texts() == []


def test_what_can_not_be_read_stays_on_the_list(dataset: Dataset) -> None:
    path = files.dataset_file(dataset.digest)
    good = path.read_bytes()
    overwrite(path, good[:40])
    forget_texts(digests=[text_digest(INSULT)])
    assert purge_erased_texts() == 0
    assert ErasedText.objects.get().purged_at is None
    assert Alert.objects.get(resolved_at=None).details["place"] == "dataset"
    overwrite(path, good)
    assert purge_erased_texts() == 1


def test_the_hourly_work_purges_and_clears(dataset: Dataset) -> None:
    forget_texts(digests=[text_digest(INSULT)])
    done = maintenance.run_jobs()
    assert (done["erased_texts"], done["leftovers"]) == (1, 0)


def test_a_cache_that_knows_an_erased_text_is_dropped(dataset: Dataset) -> None:
    base = small_model()
    for name, texts in (("a.npz", [INSULT, THANKS]), ("b.npz", [THANKS])):
        readings = TermReader(base).read(texts, map(text_digest, texts))
        write_cache(files.cache_file(name), readings, TermNames.none(), base=base)
    forget_texts(digests=[text_digest(INSULT)])
    purge_erased_texts()
    assert [path.name for path in files.cache_files()] == ["b.npz"]
