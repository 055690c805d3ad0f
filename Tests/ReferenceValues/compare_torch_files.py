"""Exchanges residual networks with PyTorch: TorchFormatTests run it to open in torch what was written here, and back.

    compare_torch_files.py make NETWORK CHANNELS CLASSES SIZE PREFIX FOLDER
    compare_torch_files.py open NETWORK CHANNELS CLASSES SIZE PREFIX FOLDER

`make` writes FOLDER/torch.pth, a state dict of random weights whose names begin with PREFIX (`-` for none), and
FOLDER/stamps.npy; `open` loads FOLDER/own.pth into the network by load_state_dict, every name of which must be there.
Both write FOLDER/probabilities.npy: what the network says of the stamps, prepared as KBMOD's filter prepares them.
Needs torch and numpy. NETWORK is resnet18, resnet34 or resnet50-torch.
"""

import pathlib
import sys

import numpy as np
import torch
from torch import nn


class Block(nn.Module):
    """A residual block under torchvision's names: two convolutions of 3×3, or a bottleneck of three."""

    def __init__(self, inputs, width, stride, deep):
        super().__init__()
        outputs = 4 * width if deep else width
        sizes = [(width, 1, 1), (width, 3, stride), (outputs, 1, 1)] if deep else [(width, 3, stride), (width, 3, 1)]
        channels = inputs
        self.count = len(sizes)
        for number, (filters, size, step) in enumerate(sizes, start=1):
            setattr(self, f"conv{number}", nn.Conv2d(channels, filters, size, step, size // 2, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(filters))
            channels = filters
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.outputs = outputs

    def forward(self, x):
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            if number < self.count:
                y = torch.relu(y)
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, name, channels, classes):
        super().__init__()
        counts = {"resnet18": [2, 2, 2, 2], "resnet34": [3, 4, 6, 3], "resnet50-torch": [3, 4, 6, 3]}[name]
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, count in enumerate(counts):
            blocks = []
            for number in range(count):
                stride = 2 if stage > 0 and number == 0 else 1
                blocks.append(Block(inputs, 64 << stage, stride, name == "resnet50-torch"))
                inputs = blocks[-1].outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


class Wrapped(nn.Module):
    """A module that keeps the network under a name."""

    def __init__(self, name, network):
        super().__init__()
        setattr(self, name, network)
        self.name = name

    def forward(self, x):
        return getattr(self, self.name)(x)


def prepared(stamps):
    """NaN as 0, the lower tail clipped at the median − 2·0.7413·(p75 − p25), and a sum of 1 over each channel."""
    stamps = np.nan_to_num(stamps.astype(np.float64), nan=0)
    low, middle, high = np.percentile(stamps, [25, 50, 75], axis=(1, 2), keepdims=True)
    stamps = np.maximum(stamps, middle - 2 * 0.7413 * (high - low))
    stamps -= stamps.min(axis=(1, 2), keepdims=True)
    return (stamps / stamps.sum(axis=(1, 2), keepdims=True)).astype(np.float32)


def make_stamps(count, size, channels):
    random = np.random.default_rng(4)
    stamps = random.normal(100, 10, (count, size, size, channels)).astype(np.float32)
    stamps[count // 2 :, size // 2, size // 2] += 200
    stamps[0, 0, :3] = np.nan
    return stamps


def main():
    command, name, channels, classes, size, prefix, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    torch.manual_seed(1)
    network = ResNet(name, int(channels), int(classes))
    module = network if prefix == "-" else Wrapped(prefix.rstrip("."), network)
    if command == "make":
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                nn.init.uniform_(part.weight, 0.5, 1.5)
                nn.init.normal_(part.bias, std=0.2)
                nn.init.normal_(part.running_mean, std=0.2)
                nn.init.uniform_(part.running_var, 0.5, 1.5)
        nn.init.normal_(network.conv1.weight, std=20)  # stamps that sum to 1 are small
        nn.init.normal_(network.fc.weight, std=0.2)
        torch.save(module.state_dict(), folder / "torch.pth")
        np.save(folder / "stamps.npy", make_stamps(12, int(size), int(channels)))
    else:
        module.load_state_dict(torch.load(folder / "own.pth", weights_only=True), strict=True)
    module.eval()
    stamps = prepared(np.load(folder / "stamps.npy"))
    with torch.no_grad():
        logits = module(torch.from_numpy(stamps.transpose(0, 3, 1, 2).copy()))
    probabilities = torch.sigmoid(logits) if int(classes) == 1 else torch.softmax(logits, 1)
    np.save(folder / "probabilities.npy", probabilities.numpy())


if __name__ == "__main__":
    main()
