"""The numeric form of a model: `model.json` and `model.npz`, the truth from which all is made.

Reading it needs numpy only and never unpickles. The files for people, the pickles among them, are
written from it.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.details import check_details
from modelops.ml.features import BLOCKS, FeatureConfig, fitted_vectorizer

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion

FORMAT_VERSION = 1  # 1: the first form
NUMERIC_FILES = ("model.json", "model.npz")
PEOPLE_FILES = ("toxic_model.pkl", "vectorizer.pkl", "model_info.txt", "model_metadata.json")
MODEL_TYPE = "LogisticRegression"
HEADS = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")


class ArtifactError(ValueError):
    """A numeric form that cannot be read or does not fit together."""


@dataclass(frozen=True, slots=True)
class NumericModel:
    """A model as arrays. V features in the order word block, character block; H heads.

    `terms[block]` and `idf[block]` have one entry a feature of the block. `weights` has shape
    (V, H), `intercepts` (H,). `prior_precision` (V,) is the precision of the base fit's prior,
    `laplace_precision` (V, H) and `laplace_intercept` (H,) what the base's own training texts add
    to it for models that build on this one. `details` is the JSON part: heads with their
    languages, calibration, thresholds, handicaps, golden inputs, sources, metrics.
    """

    config: FeatureConfig
    terms: Mapping[str, tuple[str, ...]]
    idf: Mapping[str, NDArray[np.float64]]
    weights: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    prior_precision: NDArray[np.float64]
    laplace_precision: NDArray[np.float64]
    laplace_intercept: NDArray[np.float64]
    details: Mapping[str, Any]

    @property
    def heads(self) -> tuple[str, ...]:
        return tuple(self.details["heads"])

    @property
    def metadata(self) -> dict[str, Any]:
        """What people and rows keep of the model: plain values, without golden inputs."""
        details = self.details
        # of a model of another maker: where it is from, and how near it is to the original
        imported = {"imported": details["imported"]} if "imported" in details else {}
        return {
            **imported,
            "model_type": MODEL_TYPE,
            "training_samples": details["training_samples"],
            "site_labels": details.get("site_labels", 0),
            "vectorizer_features": len(self.prior_precision),
            "heads": {head: list(values["languages"]) for head, values in details["heads"].items()},
            "thresholds": details["thresholds"],
            "base_rate": details["base_rate"],
            "metrics": details["metrics"],
            "sources": details["sources"],
            "seed": details["seed"],
            "convergence": {
                head: values["convergence"] for head, values in details["heads"].items()
            },
        }


# Stored narrower than they are used: single precision is far below the noise of the labels.
_ARRAYS: dict[str, type[np.generic]] = {
    "weights": np.float32,
    "intercepts": np.float64,
    "prior_precision": np.float32,
    "laplace_precision": np.float16,
    "laplace_intercept": np.float64,
}


def stored_precision(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `values` as they will be after a trip through the files."""
    return values.astype(_ARRAYS[name]).astype(np.float64)


def _arrays(model: NumericModel) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        name: getattr(model, name).astype(dtype) for name, dtype in _ARRAYS.items()
    }
    for block in BLOCKS:
        text = "\n".join(model.terms[block]).encode()
        arrays[f"{block}_terms"] = np.frombuffer(text, dtype=np.uint8)
        arrays[f"{block}_idf"] = model.idf[block].astype(np.float32)
    return arrays


def _json(model: NumericModel) -> bytes:
    content = {
        "format_version": FORMAT_VERSION,
        "model_type": MODEL_TYPE,
        "features": model.config.to_json(),
        **model.details,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def content_digest(model: NumericModel) -> str:
    """Return the SHA-256 (hex) over the array contents and the JSON part."""
    digest = hashlib.sha256(_json(model))
    for name, array in sorted(_arrays(model).items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def write_numeric(model: NumericModel, folder: Path) -> None:
    """Write model.json and model.npz into `folder`."""
    (folder / "model.json").write_bytes(_json(model))
    # as `np.savez_compressed`, but packed in half the time for two percent more of bytes
    path = folder / "model.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in _arrays(model).items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as handle:
                np.lib.format.write_array(handle, array, allow_pickle=False)


def read_numeric(folder: Path) -> NumericModel:
    """Read the numeric form in `folder`. Raises `ArtifactError`."""
    try:
        content = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, RecursionError) as error:
        raise ArtifactError(f"cannot read the model in {folder.name}: {error}") from error
    if not isinstance(content, dict) or content.pop("format_version", None) != FORMAT_VERSION:
        raise ArtifactError(f"the model in {folder.name} is not of format {FORMAT_VERSION}")
    try:
        content.pop("model_type")
        model = NumericModel(
            config=FeatureConfig.from_json(content.pop("features")),
            terms={block: _terms(arrays[f"{block}_terms"]) for block in BLOCKS},
            idf={block: arrays[f"{block}_idf"].astype(np.float64) for block in BLOCKS},
            details=content,
            **{name: arrays[name].astype(np.float64) for name in _ARRAYS},
        )
        _check(model)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"the model in {folder.name} is incomplete: {error}") from error
    return model


def _terms(stored: NDArray[np.uint8]) -> tuple[str, ...]:
    # an imported model may have no terms in a block
    return tuple(stored.tobytes().decode().split("\n")) if len(stored) else ()


def _check(model: NumericModel) -> None:
    check_details(model.details)
    features = sum(len(model.terms[block]) for block in BLOCKS)
    heads = len(model.heads)
    shapes = {
        "weights": (features, heads),
        "intercepts": (heads,),
        "prior_precision": (features,),
        "laplace_precision": (features, heads),
        "laplace_intercept": (heads,),
    }
    for name, shape in shapes.items():
        array = getattr(model, name)
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, not {shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds values that are not numbers")
    for block in BLOCKS:
        if len(model.idf[block]) != len(model.terms[block]):
            raise ValueError(f"{block} terms and idf differ in length")
        if not np.isfinite(model.idf[block]).all():
            raise ValueError(f"{block} idf holds values that are not numbers")


def warm_up() -> None:
    """Import what writing the files for people needs, which takes longer than writing them."""
    import joblib  # noqa: F401
    import sklearn.feature_extraction.text
    import sklearn.linear_model
    import sklearn.pipeline  # noqa: F401


def to_scikit_learn(
    model: NumericModel, head: str = "toxic"
) -> tuple[LogisticRegression, FeatureUnion]:
    """Return one head as fitted scikit-learn objects (classifier, vectorizer).

    `classifier.predict_proba(vectorizer.transform([text]))[:, 1]` is the raw document probability.
    """
    from sklearn.linear_model import LogisticRegression

    column = model.heads.index(head)
    classifier = LogisticRegression(C=model.details["regularization_c"])
    classifier.classes_ = np.array([0, 1])
    classifier.coef_ = np.ascontiguousarray(model.weights[:, column][None, :])
    classifier.intercept_ = model.intercepts[[column]]
    classifier.n_features_in_ = len(model.prior_precision)
    classifier.n_iter_ = np.array(
        [model.details["heads"][head]["convergence"]["iterations"]], dtype=np.int32
    )
    return classifier, fitted_vectorizer(model.config, model.terms, model.idf)


class _Vocabulary(dict[str, int]):
    """Terms and their numbers in order; pickled as one string, which is quick, and read as a dict.

    joblib pickles in Python, term by term, which would take longer than learning from new labels.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return terms_numbered, ("\n".join(self),)


def terms_numbered(joined: str) -> dict[str, int]:
    """Return {term: number} of terms joined by line ends."""
    return {term: number for number, term in enumerate(joined.split("\n"))}


def write_people_files(
    model: NumericModel, folder: Path, *, version: str, created_at: datetime
) -> None:
    """Write the files for people and notebooks: two pickles, a text and the metadata as JSON."""
    import joblib

    classifier, vectorizer = to_scikit_learn(model)
    for _name, block in vectorizer.transformer_list:
        block.vocabulary = block.vocabulary_ = _Vocabulary(block.vocabulary_)
    joblib.dump(classifier, folder / "toxic_model.pkl", compress=3)
    joblib.dump(vectorizer, folder / "vectorizer.pkl", compress=3)
    metadata = {
        "version": version,
        "last_updated": created_at.isoformat(),
        **model.metadata,
        "content_digest": content_digest(model),
    }
    text = json.dumps(metadata, ensure_ascii=False, indent=2) + "\n"
    (folder / "model_metadata.json").write_text(text, encoding="utf-8")
    (folder / "model_info.txt").write_text(_info(metadata), encoding="utf-8")


def _info(metadata: Mapping[str, Any]) -> str:
    thresholds = "\n".join(
        f"  {language}: review {values['review']:.4f}, block {values['block']:.4f}"
        for language, values in metadata["thresholds"].items()
    )
    heads = "\n".join(f"  {head}: {', '.join(ls)}" for head, ls in metadata["heads"].items())
    return f"""ToxiGuard model {metadata["version"]}
Published: {metadata["last_updated"]}
Type: {metadata["model_type"]}, {metadata["vectorizer_features"]} features
Training texts: {metadata["training_samples"]}

Heads and their languages
{heads}

Thresholds (calibrated probability, base rate {metadata["base_rate"]:.0%})
{thresholds}

toxic_model.pkl is the fitted LogisticRegression of the head "toxic", vectorizer.pkl the fitted
vectorizer. With the project's folder on the Python path:

  import joblib
  model, vectorizer = joblib.load("toxic_model.pkl"), joblib.load("vectorizer.pkl")
  model.predict_proba(vectorizer.transform(["some text"]))[:, 1]

gives the raw document probability: the whole text, not calibrated, no windows. The score of the
site is made from it (docs/architecture.md). model.json and model.npz are the truth; these files
are copies for people, which the site never reads.
"""
