"""Writes networks into onnx/ as PyTorch exports them, and what onnxruntime says of stamps: TrainerCommandTests read them.

NAME-script.onnx and NAME-dynamo.onnx are of PyTorch's two exporters; NAME.npy has stamps (N, channels, height, width),
NAME-features.npy the features of a network that takes some, NAME-probabilities.npy what comes out, after a softmax or
sigmoid where the network ends in logits (NAME-logits-…). training.safetensors tells ten steps of gradient descent of
`blocks` with all stamps as a batch, in double precision: TrainingTests do the same.
Needs torch, onnx, onnxscript, onnxruntime, safetensors and numpy (PyTorch 2.15, onnxruntime 1.32 made the files).
"""

import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn

FOLDER = pathlib.Path(__file__).parent / "onnx"
warnings.filterwarnings("ignore")


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 8, 5)
        self.fc1, self.fc2 = nn.Linear(8 * 4 * 3, 24), nn.Linear(24, 2)

    def forward(self, x):
        x = F.max_pool2d(torch.tanh(self.conv1(x)), 2)
        x = F.avg_pool2d(F.relu(self.conv2(x)), 2)
        return F.softmax(self.fc2(F.relu(self.fc1(torch.flatten(x, 1)))), 1)


class VGG(nn.Module):
    def __init__(self):
        super().__init__()

        def block(inputs, outputs):
            return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]

        self.features = nn.Sequential(
            *block(3, 6), *block(6, 6), nn.MaxPool2d(2), *block(6, 8), nn.MaxPool2d(2), nn.Dropout(0.3)
        )
        self.classifier = nn.Linear(8 * 5 * 5, 1)

    def forward(self, x):
        return torch.sigmoid(self.classifier(self.features(x).view(x.size(0), -1)))


class Residual(nn.Module):
    """A block of torchvision's smaller networks."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """torchvision's layout, with four channels where that has 64."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.maxpool = nn.Conv2d(1, 4, 7, 2, 3, bias=False), nn.BatchNorm2d(4), nn.MaxPool2d(3, 2, 1)
        inputs = 4
        for stage, stride in enumerate([1, 2, 2, 2]):
            outputs = 4 << stage
            blocks = nn.Sequential(Residual(inputs, outputs, stride), Residual(outputs, outputs, 1))
            setattr(self, f"layer{stage + 1}", blocks)
            inputs = outputs
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(inputs, 2)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Gate(nn.Module):
    """Squeeze and excitation by convolutions of one pixel."""

    def __init__(self, channels):
        super().__init__()
        self.a, self.b = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.b(F.relu(self.a(F.adaptive_avg_pool2d(x, 1)))))


class DenseGate(nn.Module):
    """The same by dense layers."""

    def __init__(self, channels):
        super().__init__()
        self.a, self.b = nn.Linear(channels, 4), nn.Linear(4, channels)

    def forward(self, x):
        return x * torch.sigmoid(self.b(F.relu(self.a(x.mean((2, 3))))))[:, :, None, None]


class Mobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish(),
            nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), Gate(8),
            nn.Conv2d(8, 12, 1), nn.SiLU(), nn.Conv2d(12, 24, 5, 2, 2, groups=12), nn.Hardsigmoid(), DenseGate(24),
            nn.Conv2d(24, 24, 3, padding=2, dilation=2, groups=4), nn.Mish(),
        )  # fmt: skip
        self.classifier = nn.Linear(24, 3)

    def forward(self, x):
        return F.log_softmax(self.classifier(self.features(x).mean([2, 3])), dim=1)


class NextBlock(nn.Module):
    """A block of ConvNeXt."""

    def __init__(self, channels):
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, 1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(0.5 + torch.rand(channels))

    def forward(self, x):
        y = self.dwconv(x).permute(0, 2, 3, 1)
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(self.norm(y))))
        return x + y.permute(0, 3, 1, 2)


class Blocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.blocks = nn.Conv2d(1, 8, 4, 4), nn.Sequential(NextBlock(8), NextBlock(8))
        self.norm, self.groups, self.head = nn.GroupNorm(1, 8), nn.GroupNorm(4, 8), nn.Linear(8, 2)

    def forward(self, x):
        x = self.groups(self.norm(self.blocks(self.stem(x))))
        return F.softmax(self.head(F.gelu(x, approximate="tanh").mean([-2, -1])), -1)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1, self.d2 = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.u1 = nn.ConvTranspose2d(8, 6, 2, 2)
        self.u2 = nn.ConvTranspose2d(8, 5, 3, 2, 1, output_padding=1)
        self.o, self.norm, self.slopes = nn.Conv2d(11, 4, 3, padding=1), nn.InstanceNorm2d(4, affine=True), nn.PReLU(4)
        self.o2, self.fc = nn.Conv2d(9, 3, 1), nn.Linear(3 * 16 * 16, 2)

    def forward(self, x):
        a = F.leaky_relu(self.d1(x))
        b = F.elu(self.d2(F.max_pool2d(a, 2)))
        u, v = self.u1(F.softplus(b)), self.u2(b)
        y = self.slopes(self.norm(self.o(torch.cat([u, v], 1))))
        z = F.interpolate(F.max_pool2d(v, 2), scale_factor=2, mode="nearest")
        w = F.interpolate(F.avg_pool2d(v, 4), scale_factor=4, mode="bilinear")
        return self.fc(self.o2(torch.cat([y, z * 0.5 + w - 0.1], 1)).flatten(1))


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(2 * 7 * 6, 16), nn.SELU(), nn.BatchNorm1d(16), nn.Linear(16, 8, bias=False),
            nn.Softsign(), nn.Linear(8, 4),
        )  # fmt: skip

    def forward(self, x):
        return F.softmax(self.layers(x), 1)


class Decoder(nn.Module):
    """Features that become maps again, a pool that begins outside of negative maps, paddings and cuts."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc1 = nn.Conv2d(1, 4, 3), nn.Linear(4 * 25, 6 * 4 * 4)
        self.up, self.pool, self.fc2 = nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.MaxPool2d(3, 2, 1), nn.Linear(3 * 4 * 4, 2)

    def forward(self, x):
        y = self.fc1(torch.relu(self.conv(x)).flatten(1)).view(-1, 6, 4, 4)
        y = F.pad(self.pool(self.up(y)), (1, 0, 2, 1))[:, :, 1:-2, 1:]
        return self.fc2(y.reshape(y.shape[0], -1))


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(4 * 25 + 3, 2)

    def forward(self, image, table):
        return F.softmax(self.fc(torch.cat([torch.relu(self.conv(image)).flatten(1), table], 1)), 1)


# Stamps (channels, height, width), and features.
NETWORKS = {
    "lenet": (LeNet, (1, 24, 22), 0),
    "vgg": (VGG, (3, 21, 20), 0),
    "resnet18-logits": (ResNet18, (1, 33, 34), 0),
    "mobile": (Mobile, (2, 15, 17), 0),
    "blocks": (Blocks, (1, 16, 20), 0),
    "unet-logits": (UNet, (1, 16, 16), 0),
    "mlp": (MLP, (2, 7, 6), 0),
    "decoder-logits": (Decoder, (1, 7, 7), 0),
    "inputs": (TwoInputs, (1, 5, 5), 3),
}


def varied(network):
    """Moving statistics that are not those of a new layer, and signals that tell stamps apart."""
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm1d)):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    with torch.no_grad():
        last.weight *= 4
    return network.eval()


def export(name, network, inputs):
    names = ["image", "table"][: len(inputs)]
    common = {"input_names": names, "output_names": ["score"]}
    torch.onnx.export(
        network, inputs, FOLDER / f"{name}-script.onnx", dynamo=False,
        dynamic_axes={value: {0: "batch"} for value in names + ["score"]}, **common,
    )  # fmt: skip
    torch.onnx.export(
        network, inputs, FOLDER / f"{name}-dynamo.onnx", dynamo=True, external_data=False, verbose=False,
        dynamic_shapes=tuple({0: torch.export.Dim("batch")} for _ in names), **common,
    )  # fmt: skip
    forget(f"{name}-dynamo")


def probabilities(name, inputs):
    session = onnxruntime.InferenceSession(FOLDER / f"{name}-script.onnx", providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    output = session.run(None, dict(zip(names, (value.numpy() for value in inputs))))[0].astype(np.float64)
    if name == "mobile":
        output = np.exp(output)
    if "logits" in name:
        output = np.exp(output) / np.exp(output).sum(axis=1, keepdims=True)
    return output.astype(np.float32)


def external():
    """A network whose weights lie in a file beside it, of two stamps at a time."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(18 * 18, 2), nn.Softmax(1)).eval()
    stamps = torch.zeros(2, 1, 18, 18)
    torch.onnx.export(network, (stamps,), FOLDER / "external.onnx", dynamo=True, external_data=True, verbose=False)
    forget("external")


def forget(name):
    """Drops what tells of the machine: where the source stood from which an operator comes."""
    model = onnx.load(FOLDER / f"{name}.onnx", load_external_data=False)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString())


def train(network, random):
    network = network.double().train()
    stamps = random.normal(size=(12, 1, 16, 20)).astype(np.float32)
    labels = np.arange(12) % 2
    stamps[labels == 1, :, 6:10, 8:12] += 1
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    x, y = torch.from_numpy(stamps).double(), torch.from_numpy(labels)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = F.nll_loss(torch.log(network(x)), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    values = {
        "stamps": stamps[:, 0], "labels": labels, "loss": np.array(losses),
        "prediction": network(x).detach().numpy(),
    }  # fmt: skip
    save_file({name: np.ascontiguousarray(value, np.float32) for name, value in values.items()}, FOLDER / "training.safetensors")


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(1)
    random = np.random.default_rng(3)
    for name, (kind, shape, features) in NETWORKS.items():
        network = varied(kind())
        inputs = [torch.from_numpy(random.normal(size=(5, *shape)).astype(np.float32))]
        if features:
            inputs.append(torch.from_numpy(random.normal(size=(5, features)).astype(np.float32)))
            np.save(FOLDER / f"{name}-features.npy", inputs[1].numpy())
        export(name, network, tuple(inputs))
        np.save(FOLDER / f"{name}.npy", inputs[0].numpy())
        np.save(FOLDER / f"{name}-probabilities.npy", probabilities(name, inputs))
        if name == "blocks":
            train(network, random)
    external()


if __name__ == "__main__":
    main()
