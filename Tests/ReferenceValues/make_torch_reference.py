"""Writes small files of PyTorch into torch/, as people save them, and what their tensors hold (torch/tensors.json).

Needs torch and numpy (PyTorch 2.15 made the files). TorchFormatTests read `tensors`, `checkpoint`, `protocol4` and
`parallel`, which all hold the tensors of tensors.json, and refuse the others.
"""

import io
import json
import pathlib
import zipfile

import numpy as np
import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent / "torch"


class Command:
    """What a pickle can make a careless reader do."""

    def __reduce__(self):
        import os

        return os.system, ("true",)


def tensors():
    random = np.random.default_rng(2)
    values = torch.from_numpy(random.normal(size=(3, 2, 2, 5)))
    return {
        "double": values,
        "single": values.float(),
        "half": values.half(),
        "brain": values.bfloat16(),
        "channels_last": values.float().contiguous(memory_format=torch.channels_last),
        "transposed": values.float()[0, 0].t(),
        "view": values.float()[1:, 1, :, 2:4],
        "scalar": torch.tensor(-2.5),
        "empty": torch.zeros(0, 3),
        "special": torch.tensor([0.0, -0.0, 6e-8, 65504.0, float("inf")]).half(),
        "parameter": nn.Parameter(torch.arange(3.0)),
    }


def save(name, value, **options):
    """Files without what differs from day to day; torch takes the archive's folder from the file's name."""
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    (FOLDER / f"{name}.pth").write_bytes(buffer.getvalue())


def main():
    FOLDER.mkdir(exist_ok=True)
    values = tensors()
    save("tensors", values)
    save("checkpoint", {"epoch": 3, "state_dict": values, "loss": 0.25, "history": [1.0, None, True], "lr": -(10**12)})
    save("protocol4", values, pickle_protocol=4)
    save("parallel", {f"module.{name}": value for name, value in values.items()})
    save("module", nn.Linear(2, 2))
    save("numbers", {"weight": torch.zeros(2), "best": np.float64(1)})
    save("command", {"weight": torch.zeros(2), "command": Command()})
    save("integers", {"weight": torch.zeros(2, dtype=torch.int32)})
    save("legacy", values, _use_new_zipfile_serialization=False)
    expected = {
        name: {"shape": list(value.shape), "values": [str(x) for x in value.detach().float().flatten().tolist()]}
        for name, value in values.items()
    }
    (FOLDER / "tensors.json").write_text(json.dumps(expected, indent=1) + "\n")
    assert zipfile.is_zipfile(FOLDER / "tensors.pth")


if __name__ == "__main__":
    main()
