"""Saves the model of keras_legacy/keras2.json and keras2-weights.h5 as a `.keras` file with the Keras 2 that runs this,
as keras_legacy/keras2-MINOR.keras: versions before 2.14 and 2.15 name the groups of weights in other ways.

Needs an environment of its own for each version (Python 3.11): tensorflow-cpu==2.15.1 with keras==2.13.1, 2.14.0 or
2.15.0.
"""

import json
import pathlib
import zipfile

import keras

FOLDER = pathlib.Path(__file__).parent / "keras_legacy"


def without_new_options(value):
    """The configuration without what older versions do not know."""
    if isinstance(value, dict):
        return {key: without_new_options(member) for key, member in value.items() if key != "optional"}
    return [without_new_options(member) for member in value] if isinstance(value, list) else value


def main():
    configuration = json.loads((FOLDER / "keras2.json").read_text())
    model = keras.models.model_from_json(json.dumps(without_new_options(configuration)))
    model.load_weights(FOLDER / "keras2-weights.h5")
    path = FOLDER / f"keras2-{keras.__version__.split('.')[1]}.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    members["metadata.json"] = json.dumps(metadata | {"date_saved": "1980-01-01@00:00:00"}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
