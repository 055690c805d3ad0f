"""Trains a network of layers and operators that work element by element or on shapes, with Keras, and writes
keras-networks/elements-13x12x2.safetensors, and the network as Keras saves it, keras_archives/elements-13x12x2.keras.

Needs and runs like make_keras_reference.py. Stamps of two channels in three classes; dropout is off in training.
README.md lists the tensors.
"""

import json

import reference_values  # first: configures TensorFlow

import keras
import numpy as np
from keras import layers, ops
from keras.src.applications import convnext, inception_resnet_v2

import keras_training
import make_keras_archives as archives
import make_keras_elements_reference as elements
import make_keras_network_reference as networks

NAME, HEIGHT, WIDTH, CHANNELS, CLASSES, SAMPLES = "elements-13x12x2", 13, 12, 2, 3, 12


class Network:
    """The network in the present precision, with layers in Keras and in the trainer's words."""

    def __init__(self):
        keras.backend.clear_session()
        self.description = []
        stamps = keras.Input((HEIGHT, WIDTH, CHANNELS), name="stamps")
        self.note(stamps, [], {"input": {"shape": [HEIGHT, WIDTH, CHANNELS]}})
        self.model = keras.Model(stamps, self.head(self.body(stamps)), name=NAME)

    def note(self, output, inputs, kind):
        """Writes down what gave `output`."""
        name = lambda tensor: tensor._keras_history.operation.name
        self.description.append({"name": name(output), "inputs": [name(tensor) for tensor in inputs], "kind": kind})
        return output

    def add(self, layer, inputs, kind):
        several = isinstance(inputs, list)
        return self.note(layer(inputs), inputs if several else [inputs], kind)

    def activation(self, x, name, described):
        return self.add(layers.Activation(name), x, {"activation": {"_0": {described: {}}}})

    def convolution(self, x, filters, size, activation, described):
        layer = layers.Conv2D(filters, size, padding="same", activation=activation)
        extent = {"height": size, "width": size}
        options = {
            "filters": filters,
            "kernelSize": extent,
            "strides": {"height": 1, "width": 1},
            "padding": "same",
            "activation": {described: {}},
            "useBias": True,
        }
        return self.add(layer, x, {"convolution2D": options})

    def arithmetic(self, operator, number, output, x, first=False):
        described = {"operator": operator, "number": number, "isNumberFirst": first}
        return self.note(output, [x], {"arithmetic": described})

    def merge(self, layer, inputs, combination):
        return self.add(layer, inputs, {"merge": {"combination": combination}})

    def body(self, x):
        x = self.add(layers.Rescaling(0.5, offset=-0.25), x, {"rescaling": {"scale": [0.5], "offset": [-0.25]}})
        x = self.add(layers.Normalization(), x, {"normalization": {"axes": [-1], "invert": False}})
        x = self.convolution(x, 8, 3, "linear", "linear")
        slopes = self.add(layers.PReLU(shared_axes=[1, 2]), x, {"prelu": {"sharedAxes": [1, 2]}})
        smooth = self.activation(x, "silu", "silu")
        x = self.note(slopes * smooth, [slopes, smooth], {"merge": {"combination": "product"}})
        x = self.arithmetic("multiply", 0.5, x * 0.5, x)
        x = self.arithmetic("subtract", 1, 1 - x, x, first=True)
        normalized = {"axes": [-1], "epsilon": 0.001, "center": True, "scale": True}
        x = self.add(layers.LayerNormalization(), x, {"layerNormalization": normalized})
        y = self.convolution(x, 8, 3, "mish", "mish")
        x = self.add(inception_resnet_v2.CustomScaleLayer(0.25), [x, y], {"scaledSum": {"scale": 0.25}})
        grouped = {"groups": 4, "epsilon": 0.001, "center": True, "scale": True}
        x = self.add(layers.GroupNormalization(4), x, {"groupNormalization": grouped})
        x = self.activation(x, "hard_silu", "hardSilu")
        x = self.merge(layers.Multiply(), [x, self.excitation(x)], "product")
        x = self.add(
            layers.Cropping2D(((1, 0), (0, 2))), x, {"cropping2D": {"top": 1, "bottom": 0, "left": 0, "right": 2}}
        )
        return self.resampled(x)

    def excitation(self, x):
        """A weight for each channel, from all pixels."""
        x = self.add(layers.GlobalAveragePooling2D(), x, {"globalAveragePooling2D": {"keepDimensions": False}})
        x = self.add(layers.Reshape((1, 1, -1)), x, {"reshape": {"targetShape": [1, 1, -1]}})
        x = self.convolution(x, 4, 1, "swish", "silu")
        return self.convolution(x, 8, 1, "softsign", "softsign")

    def resampled(self, x):
        extent = {"height": 2, "width": 2}
        pooled = {"poolSize": extent, "strides": extent, "padding": "valid"}
        y = self.add(layers.AveragePooling2D(2), x, {"averagePooling2D": pooled})
        fine = layers.UpSampling2D(2, interpolation="bilinear")
        smooth = self.add(fine, y, {"upSampling2D": {"size": extent, "interpolation": "bilinear"}})
        rough = self.add(layers.UpSampling2D(2), y, {"upSampling2D": {"size": extent, "interpolation": "nearest"}})
        x = self.merge(layers.Average(), [x, smooth, x], "mean")
        x = self.merge(layers.Subtract(), [x, rough], "difference")
        x = self.add(layers.Concatenate(axis=1), [x, x, rough], {"concatenate": {"axis": 1}})
        x = self.add(layers.SpatialDropout2D(0.25), x, {"spatialDropout2D": {"rate": 0.25}})
        x = self.add(
            layers.Dropout(0.25, noise_shape=(None, 1, 1, 1)), x, {"dropout": {"rate": 0.25, "noiseShape": [1, 1, 1]}}
        )
        x = self.add(layers.GaussianNoise(0.25), x, {"gaussianNoise": {"deviation": 0.25}})
        return self.add(convnext.LayerScale(0.5, 8), x, {"layerScale": {"initialValue": 0.5, "channels": 8}})

    def head(self, x):
        x = self.add(layers.Permute((2, 1, 3)), x, {"permute": {"dimensions": [2, 1, 3]}})
        x = self.add(layers.UnitNormalization(), x, {"unitNormalization": {"axes": [-1]}})
        soft = self.activation(x, "softplus", "softplus")
        x = self.note(x / soft, [x, soft], {"divide": {}})
        x = self.note(ops.tanh(x), [x], {"activation": {"_0": {"tanh": {}}}})
        x = self.add(layers.Flatten(), x, {"flatten": {}})
        hidden = {"units": 6, "activation": {"selu": {}}, "useBias": True}
        x = self.add(layers.Dense(6, activation="selu"), x, {"dense": hidden})
        x = self.note(x + x, [x, x], {"add": {}})
        x = self.arithmetic("divide", 2, x / 2, x)
        last = {"units": CLASSES, "activation": {"softmax": {}}, "useBias": True}
        return self.add(layers.Dense(CLASSES, activation="softmax"), x, {"dense": last})


def variables(model):
    """LayerScale leaves its only weight without a name."""
    return [(name.replace("/variable", "/gamma"), weight) for name, weight in keras_training.variables(model)]


def initial_weights():
    random = np.random.default_rng(8)
    weights = {}
    for name, variable in variables(Network().model):
        shape = tuple(variable.shape)
        if name.endswith("kernel"):
            value = random.normal(scale=np.sqrt(1 / np.prod(shape[:-1])), size=shape)
        elif name.endswith(("gamma", "variance")):
            value = random.uniform(0.5, 1.5, shape)
        elif name.endswith("count"):
            value = np.zeros(shape)
        else:
            value = random.normal(scale=0.2, size=shape)
        weights[name] = np.asarray(value, np.float32)
    return weights


def run(weights, stamps, labels):
    """Ten full-batch steps in the present precision: predictions, losses, gradients, final weights."""
    model = Network().model
    for name, variable in variables(model):
        variable.assign(weights[name])
    elements.use_assigned_statistics(model)
    for layer in model.layers:
        if isinstance(layer, layers.GaussianNoise):
            layer.stddev = 0
        elif hasattr(layer, "rate"):
            layer.rate = 0
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), jit_compile=False)
    targets = np.eye(CLASSES)[labels].astype(keras.config.floatx())
    inputs = stamps.astype(keras.config.floatx())
    names = {weight.path: name for name, weight in variables(model)}
    loss_function = keras_training.loss_for(CLASSES)
    tensors = {"prediction": model(inputs, training=False).numpy()}
    losses = []
    for step in range(keras_training.STEPS):
        loss, _, gradients = keras_training.train_step(model, loss_function, inputs, targets)
        losses.append(loss)
        if step == 0:
            tensors.update({f"gradient/{n.replace('/variable', '/gamma')}": g for n, g in gradients.items()})
    tensors["sgd/loss"] = np.array(losses)
    tensors.update({f"sgd/final/{name}": variable.numpy() for name, variable in variables(model)})
    tensors["sgd/prediction"] = model(inputs, training=False).numpy()
    return tensors


def main():
    labels = np.arange(SAMPLES) % CLASSES
    stamps = np.stack([keras_training.make_stamps(SAMPLES, 7 + n, HEIGHT, WIDTH)[0] for n in range(CHANNELS)], axis=-1)
    for channel in range(CHANNELS):
        stamps[labels == channel, 4:8, 4:8, channel] += 2
    weights = initial_weights()
    with reference_values.precision("float64"):
        double = run(weights, stamps, labels)
        perturbed = [run(keras_training.perturbed_weights(weights, n), stamps, labels) for n in range(2)]
    tensors = reference_values.with_tolerances(run(weights, stamps, labels), double, perturbed)
    networks.check_liveness(NAME, tensors)
    worst = max((value[0], key) for key, value in tensors.items() if key.startswith("tolerance/"))
    print(f"loss {tensors['sgd/loss'][0]:.4f} → {tensors['sgd/loss'][-1]:.4f}, largest {worst[1]} {worst[0]:.1e}")
    tensors.update(stamps=stamps, labels=labels, **{f"initial/{k}": v for k, v in weights.items()})
    network = Network()
    for name, variable in variables(network.model):
        variable.assign(weights[name])
    network.model.save(path := archives.FOLDER / f"{NAME}.keras")
    archives.repack(path)
    metadata = {
        "network": json.dumps({"name": NAME, "layers": network.description}),
        "keras_model": network.model.to_json(),
    }
    reference_values.save(NAME, tensors, metadata, folder=networks.FOLDER)


if __name__ == "__main__":
    main()
