"""Child process that reads a foreign model's pickles, once, and writes its numeric form.

Nothing else unpickles anything, and this does so only after somebody said that the files may be
trusted. Even then it loads nothing but scikit-learn's and numpy's data: a pickle that wants any
other code is refused before that code is imported.

`python -m modelops.read_foreign FOLDER TARGET` prints one JSON object: {"ok": true, …} or
{"ok": false, "code", "facts"} for a model that can't be taken.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelops.ml.artifacts import write_numeric
from modelops.ml.foreign import NotRepresentable, to_numeric

SUFFIXES = (".pkl", ".pickle", ".joblib")
LARGEST = 2_000_000_000  # bytes
# module -> names that a fitted model of the known kinds is made of
ALLOWED: dict[str, set[str]] = {
    "sklearn.linear_model._logistic": {"LogisticRegression"},
    "sklearn.linear_model.logistic": {"LogisticRegression"},
    "sklearn.feature_extraction.text": {"TfidfVectorizer", "TfidfTransformer", "CountVectorizer"},
    "sklearn.pipeline": {"Pipeline", "FeatureUnion"},
    "modelops.ml.text": {"normalize"},
    "modelops.ml.artifacts": {"terms_numbered"},
    "numpy": {"ndarray", "dtype", "float64", "float32", "int64", "int32", "bool_", "bool"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy.dtypes": {"Float64DType", "Float32DType", "Int64DType", "Int32DType", "BoolDType"},
    "scipy.sparse._dia": {"dia_matrix", "dia_array"},
    "scipy.sparse.dia": {"dia_matrix"},
    "joblib.numpy_pickle": {"NumpyArrayWrapper"},
    "collections": {"OrderedDict", "defaultdict"},
    "copyreg": {"_reconstructor"},
    "copy_reg": {"_reconstructor"},
    "_codecs": {"encode"},
    "builtins": {"object", "set", "frozenset", "int", "float", "str", "bool", "list", "dict",
                 "tuple", "bytearray", "bytes", "slice", "range"},
    "__builtin__": {"object", "set", "frozenset", "int", "float", "str", "bool", "list", "dict",
                    "tuple", "bytearray", "slice"},
}  # fmt: skip
MOVED = {"sklearn.linear_model.logistic": "sklearn.linear_model._logistic"}


def guard() -> None:
    """Let joblib's unpickler find nothing but what is allowed, from now on in this process."""
    from joblib import numpy_pickle

    class Numbers(numpy_pickle.NumpyArrayWrapper):
        """An array of numbers; one of objects would be unpickled by an unguarded reader."""

        def read_array(self, *arguments: Any, **named: Any) -> Any:
            if self.dtype.hasobject:
                raise NotRepresentable("own_code", name="numpy object")
            return super().read_array(*arguments, **named)

    find: Callable[..., Any] = numpy_pickle.NumpyUnpickler.find_class

    def find_allowed(unpickler: Any, module: str, name: str) -> Any:
        if name not in ALLOWED.get(module, ()):
            raise NotRepresentable("own_code", name=f"{module}.{name}")
        if name == "NumpyArrayWrapper":
            return Numbers
        return find(unpickler, MOVED.get(module, module), name)

    def refuse(*arguments: Any, **named: Any) -> Any:
        raise NotRepresentable("old_pickle")

    numpy_pickle.NumpyUnpickler.find_class = find_allowed
    numpy_pickle.load_compatibility = refuse


def read_pickles(folder: Path) -> tuple[Any, Any, str]:
    """Unpickle a classifier and a vectorizer; the names of their files come third."""
    paths = _files(folder)
    loaded = [_load(path) for path in paths]
    if len(loaded) == 1:
        if type(loaded[0]).__name__ != "Pipeline":
            raise NotRepresentable("one_file", found=type(loaded[0]).__name__)
        steps = [step for _name, step in loaded[0].steps if step not in (None, "passthrough")]
        if len(steps) != 2:
            kinds = ", ".join(type(step).__name__ for step in steps)
            raise NotRepresentable("steps", found=kinds)
        vectorizer, classifier = steps
    elif hasattr(loaded[0], "coef_"):
        classifier, vectorizer = loaded
    else:
        vectorizer, classifier = loaded
    return classifier, vectorizer, ", ".join(path.name for path in paths)


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    named = [folder / "toxic_model.pkl", folder / "vectorizer.pkl"]
    if all(path.is_file() for path in named):
        return named
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if len(found) not in (1, 2):
        raise NotRepresentable("files", found=", ".join(path.name for path in found) or "—")
    return found


def _load(path: Path) -> Any:
    import joblib

    if path.stat().st_size > LARGEST:
        raise NotRepresentable("too_large", name=path.name)
    try:
        return joblib.load(path)
    except NotRepresentable:
        raise
    except Exception as error:
        # whatever a broken or foreign pickle brings about
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        raise NotRepresentable("unreadable", name=path.name, reason=reason) from error


def main(folder: str, target: str) -> None:
    warnings.simplefilter("ignore")  # of another release of scikit-learn: the numbers are checked
    guard()
    try:
        classifier, vectorizer, source = read_pickles(Path(folder))
        model = to_numeric(classifier, vectorizer, source=source)
    except NotRepresentable as error:
        print(json.dumps({"ok": False, "code": error.code, "facts": error.facts}))
        return
    write_numeric(model, Path(target))
    print(json.dumps({"ok": True, **model.details["imported"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
