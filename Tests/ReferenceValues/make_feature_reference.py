"""Tables of features, and what numpy's median and scikit-learn's scaler make of them: `features/`.

Two tables of 60 rows, written by pandas' rules for CSV and by numpy: one whole, one with missing values. Columns are of
very different size, one is constant and one constant but for rounding.
"""

import json
from pathlib import Path

import numpy
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(__file__).parent / "features"
folder.mkdir(exist_ok=True)
random = numpy.random.default_rng(20240229)
rows = 60
names = ["fwhm", "flux, total", "jd", "constant", "almost", "rank"]
whole = numpy.column_stack([
    random.normal(3.5, 0.4, rows),
    10 ** random.normal(5, 2, rows),
    2460000 + random.uniform(0, 1e-3, rows),
    numpy.full(rows, 0.1),
    0.1 * (1 + numpy.finfo(float).eps * random.integers(0, 2, rows)),
    random.integers(0, 5, rows),
])
holed = whole.copy()
holed[random.random(holed.shape) < 0.15] = numpy.nan
holed[3, 1] = numpy.inf
training = random.permutation(rows)[:41]


def text(value):
    return "" if numpy.isnan(value) else repr(float(value))


for name, table in [("whole", whole), ("holed", holed)]:
    numpy.save(folder / f"{name}.npy", table)
    lines = [",".join(f'"{n}"' if "," in n else n for n in names)] + [",".join(map(text, row)) for row in table]
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")

finite = numpy.where(numpy.isfinite(holed), holed, numpy.nan)
imputer = SimpleImputer(strategy="median")
pipeline = make_pipeline(imputer, StandardScaler())
scaler = StandardScaler().fit(whole[training])
pipeline.fit(finite[training])
expected = {
    "names": names,
    "training": training.tolist(),
    "whole": {
        "means": scaler.mean_.tolist(),
        "deviations": scaler.scale_.tolist(),
        "prepared": scaler.transform(whole).ravel().tolist(),
    },
    "holed": {
        "fills": numpy.nanmedian(finite[training], axis=0).tolist(),
        "means": pipeline[-1].mean_.tolist(),
        "deviations": pipeline[-1].scale_.tolist(),
        "prepared": pipeline.transform(finite).ravel().tolist(),
    },
}
assert numpy.array_equal(imputer.statistics_, expected["holed"]["fills"])
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
