"""Labels as numpy saves them, and the classes that scikit-learn's LabelEncoder makes of them: `labels/`."""

import json
from pathlib import Path

import numpy
from sklearn.preprocessing import LabelEncoder

folder = Path(__file__).parent / "labels"
words = ["star", "galaxie é", "bogus", "star", "Bogus", "bogus", "étoile", "star"]
columns = {
    "unicode": numpy.array(words),
    "unicode_big_endian": numpy.array(words).astype(">U12"),
    "bytes": numpy.array(["b", "a", "b", "c"], dtype="S8"),
    "int64": numpy.array([10, -2, 9, 10, 0]),
    "uint8": numpy.array([1, 0, 1], dtype=numpy.uint8),
    "bool": numpy.array([True, False, True]),
    "float64": numpy.array([2.0, 1.0, 11.0, 2.0]),
    "column": numpy.array([["x"], ["y"], ["x"]]),
}
folder.mkdir(exist_ok=True)
expected = {}
for name, values in columns.items():
    numpy.save(folder / f"{name}.npy", values)
    flat = values.ravel()
    plain = [v.decode() if isinstance(v, bytes) else v for v in flat.tolist()]
    if isinstance(plain[0], (bool, float)):
        plain = [int(v) for v in plain]
    encoder = LabelEncoder().fit(plain)
    expected[name] = {
        "classes": [str(c) for c in encoder.classes_.tolist()],
        "labels": encoder.transform(plain).tolist(),
    }
(folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
