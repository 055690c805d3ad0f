"""Random functional networks of every layer, option and operator that the trainer knows, from Keras."""

import math

import keras
import numpy as np
from keras import layers, ops

SMOOTH = (
    "linear elu selu celu gelu silu mish sigmoid log_sigmoid tanh tanh_shrink softplus squareplus softsign "
    "softmax log_softmax exponential"
).split()
KINKED = "relu relu6 leaky_relu hard_silu hard_sigmoid sparse_sigmoid hard_tanh sparse_plus soft_shrink".split()
WIDEST, LARGEST = 33, 26


class RandomNetwork:
    """A network that is a pure function of its seed and of Keras' dtype policy when it is built."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.kinds = set()

    def model(self):
        shape = (self.whole(5, LARGEST), self.whole(5, LARGEST), self.choose(1, 1, 2, 3, 4))
        stamps = keras.Input(shape, name="stamps")
        inputs, known = [stamps], []
        if self.draw(0.25):
            features = keras.Input((self.whole(1, 9),), name="features")
            inputs, known = inputs + [features], [self.vector_layer(features)]
            self.kinds.add("two inputs")
        maps = [self.convolution(stamps)]
        for _ in range(self.whole(3, 10)):
            maps.append(self.settled(self.grown(maps)))
        if len(maps) > 2 and self.draw(0.5):
            maps.append(self.merge(self.choose(*maps), maps))
        return keras.Model(inputs, self.head(maps[-1], known))

    # Choices.

    def draw(self, probability):
        return self.random.random() < probability

    def choose(self, *choices):
        return choices[self.random.integers(len(choices))]

    def whole(self, least, most):
        return int(self.random.integers(least, most + 1))

    def number(self, least, most):
        return round(float(self.random.uniform(least, most)), 3)

    def pair(self, least, most):
        return (self.whole(least, max(least, most)), self.whole(least, max(least, most)))

    def activation(self):
        name = self.choose(*SMOOTH) if self.draw(0.7) else self.choose(*KINKED)
        self.kinds.add(f"activation {name}")
        return name

    def seen(self, layer, *inputs):
        """What a layer or operator gives, which is counted by its name."""
        self.kinds.add(layer if isinstance(layer, str) else type(layer).__name__)
        return inputs[0] if isinstance(layer, str) else layer(*inputs)

    # Growth.

    def grown(self, maps):
        """A new map, from the newest one or from any."""
        x = maps[-1] if self.draw(0.7) else self.choose(*maps)
        x = self.small_enough(x)
        step = self.choose(
            *[self.convolution] * 5,
            *[self.merge] * 3,
            *[self.element] * 3,
            *[self.operator] * 2,
            *[self.normalization] * 2,
            self.window,
            self.reshaping,
            self.noise,
            self.twice,
            self.nested,
            self.attention,
        )
        return step(x, maps) if step == self.merge else step(x)

    def small_enough(self, x):
        if x.shape[3] > WIDEST:
            x = self.seen(layers.Conv2D(self.whole(3, 12), 1), x)
        while max(x.shape[1:3]) > LARGEST:
            x = self.seen(layers.AveragePooling2D(2, padding="same"), x)
        return x

    def settled(self, x):
        """Now and then brought back to deviation 1, so that chains neither vanish nor explode."""
        return self.seen(layers.BatchNormalization(), x) if self.draw(0.3) and x.shape[1] * x.shape[2] > 3 else x

    def convolution(self, x, kind=None):
        height, width, channels = x.shape[1:]
        kind = kind or self.choose("plain", "plain", "plain", "grouped", "depthwise", "separable", "transposed", "dense")
        padding = self.choose("same", "valid")
        kernel = self.pair(1, 5 if padding == "same" else min(5, height, width))
        options = {"padding": padding, "use_bias": self.draw(0.7), "activation": self.activation()}
        filters = self.whole(1, WIDEST) if self.draw(0.3) else self.whole(2, 9)
        dilation = self.pair(1, 2)
        if padding == "valid":
            room = [(extent - 1) // max(1, size - 1) for extent, size in zip((height, width), kernel)]
            dilation = tuple(min(rate, max(1, most)) for rate, most in zip(dilation, room))
        # TensorFlow computes no dilated transposed convolutions on CPUs.
        is_dilated = kind != "transposed" and self.draw(0.25) and max(dilation) > 1
        strides = (1, 1) if is_dilated or self.draw(0.6) else self.pair(1, 3)
        if kind in ("depthwise", "separable"):
            strides = (strides[0],) * 2  # TensorFlow's kernels know no others
        moves = {"dilation_rate": dilation} if is_dilated else {"strides": strides}
        if is_dilated:
            self.kinds.add(f"dilated {kind}")
        match kind:
            case "dense":
                return self.seen(layers.Dense(filters, use_bias=options["use_bias"], activation=self.activation()), x)
            case "grouped":
                groups = self.choose(*[count for count in range(1, channels + 1) if channels % count == 0])
                self.kinds.add("groups")
                filters = groups * self.whole(1, max(1, min(3, WIDEST // groups)))
                layer = layers.Conv2D(filters, kernel, groups=groups, **moves, **options)
            case "depthwise":
                layer = layers.DepthwiseConv2D(kernel, depth_multiplier=self.whole(1, 3), **moves, **options)
            case "separable":
                layer = layers.SeparableConv2D(filters, kernel, depth_multiplier=self.whole(1, 2), **moves, **options)
            case "transposed":
                if not is_dilated and max(kernel) >= max(strides) and self.draw(0.3):
                    moves["output_padding"] = tuple(self.whole(0, stride - 1) for stride in strides)
                    self.kinds.add("output_padding")
                layer = layers.Conv2DTranspose(filters, kernel, **moves, **options)
            case _:
                layer = layers.Conv2D(filters, kernel, **moves, **options)
        return self.seen(layer, x)

    def element(self, x):
        axes = self.choose(None, [1, 2], [1, 2, 3], [3])
        return self.choose(
            lambda: self.seen(layers.Activation(self.activation()), x),
            lambda: self.seen(layers.ReLU(), x),
            lambda: self.seen(
                layers.ReLU(
                    max_value=self.choose(None, self.number(0.5, 6)),
                    negative_slope=self.number(0, 0.5),
                    threshold=self.choose(0.0, self.number(0, 0.4)),
                ),
                x,
            ),
            lambda: self.seen(layers.LeakyReLU(negative_slope=self.number(0, 0.5)), x),
            lambda: self.seen(layers.ELU(alpha=self.number(0.3, 1.5)), x),
            lambda: self.seen(layers.PReLU(shared_axes=axes), x),
            lambda: self.seen(layers.Softmax(axis=self.choose(-1, 1, 2, [1, 2])), x),
            lambda: self.seen(layers.Rescaling(self.number(0.2, 2), offset=self.number(-1, 1)), x),
        )()

    def operator(self, x):
        """Operators of one tensor and numbers, and functions of keras.ops."""
        self.kinds.add("operators")
        value = self.number(0.3, 1.5)
        choices = {
            "x + a": lambda: x + value,
            "a - x": lambda: value - x,
            "x - a": lambda: x - value,
            "x * a": lambda: x * value,
            "x / a": lambda: x / value,
            "-x": lambda: -x,
            "x ** 2": lambda: (x * 0.5) ** 2,
            "a / x": lambda: value / (ops.square(x) + 0.5),
            "ops.square": lambda: ops.square(x * 0.5),
            "ops.relu": lambda: ops.relu(x),
            "ops.sigmoid": lambda: ops.sigmoid(x),
            "ops.tanh": lambda: ops.tanh(x),
            "ops.silu": lambda: ops.silu(x),
            "ops.gelu": lambda: ops.gelu(x),
            "ops.softmax": lambda: ops.softmax(x, axis=-1),
            "ops.exp": lambda: ops.exp(ops.tanh(x)),
            "ops.leaky_relu": lambda: ops.leaky_relu(x, negative_slope=value / 2),
            "ops.maximum": lambda: ops.maximum(x, value - 1),
            "ops.minimum": lambda: ops.minimum(x, value),
            "ops.reshape": lambda: ops.reshape(x, (-1, x.shape[2], x.shape[1], x.shape[3])),
            "ops.transpose": lambda: ops.transpose(x, (0, 2, 1, 3)),
            "ops.absolute": lambda: ops.absolute(x),
            "ops.log": lambda: ops.log(ops.square(x) + value),
            "ops.sqrt": lambda: ops.sqrt(ops.square(x) + value),
            "ops.rsqrt": lambda: ops.rsqrt(ops.square(x) + value),
            "ops.reciprocal": lambda: ops.reciprocal(ops.square(x) + value),
            "ops.clip": lambda: ops.clip(x, -value, 2 * value),
            "ops.mean": lambda: x - ops.mean(x, axis=self.choose(1, 3, (1, 2), (2, 3)), keepdims=True),
            "ops.sum": lambda: x * 0.5 + 0.1 * ops.sum(x, axis=self.choose(2, -1, (1, 3)), keepdims=True),
            "ops.max": lambda: x - ops.max(x, axis=self.choose(1, 3, (1, 2), (1, 2, 3)), keepdims=True),
            "ops.min": lambda: x + ops.min(x, axis=self.choose(2, -1, (1, 2)), keepdims=True),
        }
        name = self.choose(*choices)
        return self.seen(name, choices[name]())

    def normalization(self, x):
        channels = x.shape[3]
        divisors = [-1] + [count for count in range(1, channels + 1) if channels % count == 0]
        epsilon = self.choose(1e-3, 1e-2)
        parts = {"center": self.draw(0.8), "scale": self.draw(0.8), "epsilon": epsilon}
        return self.choose(
            lambda: self.seen(layers.BatchNormalization(momentum=self.number(0.5, 0.99), **parts), x),
            lambda: self.seen(layers.LayerNormalization(axis=self.choose(-1, [1, 2, 3], [2, 3], 1, [1, 2], [1, 3]), **parts), x),
            lambda: self.seen(layers.GroupNormalization(groups=self.choose(*divisors), **parts), x),
            lambda: self.seen(layers.UnitNormalization(axis=self.choose(-1, [1, 2], [1, 2, 3])), x),
            lambda: self.seen(self.fixed_normalization(channels), x),
        )()

    def fixed_normalization(self, channels):
        mean = [self.number(-1, 1) for _ in range(channels)]
        variance = [self.number(0.3, 2) for _ in range(channels)]
        invert = self.draw(0.4)
        if self.draw(0.5):
            return layers.Normalization(axis=-1, mean=mean, variance=variance, invert=invert)
        return layers.Normalization(axis=None, mean=mean[0], variance=variance[0], invert=invert)

    def window(self, x):
        height, width = x.shape[1:3]
        padding = self.choose("same", "valid")
        options = {"pool_size": self.pair(1, min(4, height, width)), "padding": padding}
        options["strides"] = self.choose(None, self.pair(1, 3))
        crop = [(self.whole(0, (extent - 1) // 3), self.whole(0, (extent - 1) // 3)) for extent in (height, width)]
        upsampling = {"size": self.pair(1, 3), "interpolation": self.choose("nearest", "bilinear")}
        return self.choose(
            lambda: self.seen(layers.MaxPooling2D(**options), x),
            lambda: self.seen(layers.AveragePooling2D(**options), x),
            lambda: self.seen(layers.ZeroPadding2D((self.pair(0, 3), self.pair(0, 3))), x),
            lambda: self.seen(layers.Cropping2D(tuple(crop)), x),
            lambda: self.seen(layers.UpSampling2D(**upsampling), x),
        )()

    def reshaping(self, x):
        height, width, channels = x.shape[1:]

        def flat():
            """A table of pixels, and a map again."""
            table = self.seen(layers.Reshape((height * width, channels)), x)
            table = self.choose(
                lambda: self.seen(layers.Dense(channels, activation=self.activation()), table),
                lambda: self.seen(layers.LayerNormalization(), table),
                lambda: self.seen(layers.BatchNormalization(), table),
                lambda: self.seen(layers.Permute((2, 1)), table),
            )()
            return self.seen(layers.Reshape((height, width, channels)), table)

        return self.choose(
            lambda: self.seen(layers.Permute(tuple(int(axis) + 1 for axis in self.random.permutation(3))), x),
            lambda: self.seen(layers.Reshape((width, height, -1)), x),
            flat,
        )()

    def noise(self, x):
        rate = self.number(0.1, 0.5)
        shape = self.choose(None, (None, 1, 1, x.shape[3]), (None, x.shape[1], x.shape[2], 1))
        return self.choose(
            lambda: self.seen(layers.Dropout(rate, noise_shape=shape), x),
            lambda: self.seen(layers.SpatialDropout2D(rate), x),
            lambda: self.seen(layers.GaussianDropout(rate), x),
            lambda: self.seen(layers.GaussianNoise(rate), x),
        )()

    def merge(self, x, maps):
        """Two maps or three, of one shape or broadcast to one."""
        others = [other for other in maps if other is not x and other.shape == x.shape]
        second = self.choose(*others) if others and self.draw(0.7) else self.operand(x)
        several = [x, second] + ([self.operand(x)] if self.draw(0.2) else [])
        if self.draw(0.3):
            several = several[::-1]
        choices = [
            lambda: self.seen(layers.Add(), several),
            lambda: self.seen(layers.Multiply(), several),
            lambda: self.seen(layers.Average(), several),
            lambda: self.seen(layers.Maximum(), several),
            lambda: self.seen(layers.Minimum(), several),
            lambda: self.seen(layers.Subtract(), several[:2]),
            lambda: self.seen("a + b", several[0] + several[1]),
            lambda: self.seen("a * b", several[0] * several[1]),
            lambda: self.seen("a - b", several[0] - several[1]),
            lambda: self.seen("a / b", several[0] / (ops.square(several[1]) + 0.5)),
            lambda: self.seen("ops.maximum(a, b)", ops.maximum(several[0], several[1])),
        ]
        if all(other.shape == x.shape for other in several):
            axis = self.choose(1, 2, 3, -1)
            choices += [lambda: self.seen(layers.Concatenate(axis=axis), several)] * 4
            choices += [lambda: self.seen("ops.concatenate", ops.concatenate(several, axis=axis))]
        return self.choose(*choices)()

    def operand(self, x):
        """A map that broadcasts with x."""
        height, width, channels = x.shape[1:]
        return self.choose(
            lambda: self.seen(layers.Conv2D(channels, 3, padding="same", activation=self.activation()), x),
            lambda: self.seen(layers.Conv2D(1, 1, activation=self.activation()), x),
            lambda: self.seen(layers.GlobalAveragePooling2D(keepdims=True), x),
            lambda: self.seen(layers.GlobalMaxPooling2D(keepdims=True), x),
            lambda: self.seen(layers.AveragePooling2D((height, 1)), x),
            lambda: x,
        )()

    def attention(self, x):
        """Squeeze and excitation."""
        self.kinds.add("squeeze and excitation")
        pooled = self.seen(layers.GlobalAveragePooling2D(), x)
        weights = self.seen(layers.Dense(x.shape[3], activation="sigmoid"), pooled)
        weights = self.seen(layers.Reshape((1, 1, x.shape[3])), weights)
        return self.seen(layers.Multiply(), [x, weights])

    def twice(self, x):
        """One layer that is called with two maps."""
        self.kinds.add("shared layers")
        channels = x.shape[3]
        shared = self.choose(
            layers.Conv2D(channels, 3, padding="same", activation=self.activation()),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.Dense(channels, activation=self.activation()),
            layers.LayerNormalization(),
        )
        once = shared(x)
        return self.seen(layers.Add(), [once, shared(once)])

    def nested(self, x):
        """A model that is called as a layer, once or twice."""
        self.kinds.add("nested models")
        channels = x.shape[3]
        inside = [
            layers.Conv2D(channels, self.whole(1, 3), padding="same", activation=self.activation()),
            layers.BatchNormalization(),
        ]
        if self.draw(0.5):
            model = keras.Sequential([keras.Input(x.shape[1:]), *inside])
        else:
            entrance = keras.Input(x.shape[1:])
            seen = entrance
            for layer in inside:
                seen = layer(seen)
            model = keras.Model(entrance, seen + entrance)
        once = model(x)
        return model(once) if self.draw(0.3) else once

    # The end.

    def vector_layer(self, x):
        return self.seen(layers.Dense(self.whole(2, 12), activation=self.activation()), x)

    def head(self, x, known):
        x = self.choose(
            lambda: self.seen(layers.GlobalAveragePooling2D(), x),
            lambda: self.seen(layers.GlobalMaxPooling2D(), x),
            lambda: self.seen(layers.Flatten(), self.smaller(x)),
            lambda: self.seen("ops.mean", ops.mean(x, axis=(1, 2))),
            lambda: self.seen("ops.max", ops.max(x, axis=(1, 2))),
            lambda: self.seen("ops.sum", ops.sum(x, axis=(1, 2)) / 9),
        )()
        if known:
            x = self.seen(layers.Concatenate(), [x, *known])
        if self.draw(0.4):
            x = self.vector_layer(x)
        if self.draw(0.2):
            x = self.seen(layers.BatchNormalization(), x)
        if self.draw(0.2):
            x = self.seen(layers.Dropout(0.3), x)
        classes = self.choose(1, 2, 2, 3, 4, 7)
        if self.draw(0.7):
            return layers.Dense(classes, activation="sigmoid" if classes == 1 else "softmax", name="classes")(x)
        logits = layers.Dense(classes, name="classes")(x)
        return layers.Activation("sigmoid")(logits) if classes == 1 else layers.Softmax()(logits)

    def smaller(self, x):
        while math.prod(x.shape[1:]) > 1500:
            x = self.seen(layers.MaxPooling2D(3, padding="same"), x)
            if x.shape[3] > 16:
                x = self.seen(layers.Conv2D(8, 1), x)
        return x


def random_weights(model, random):
    """Kernels that about keep the deviation of what they see, and statistics that are not those of a fresh network."""
    values = []
    for variable in model.weights:
        shape, name = tuple(variable.shape), variable.path.rsplit("/", 1)[-1]
        if name.endswith("kernel"):
            is_depthwise = "depthwise" in variable.path
            inputs = np.prod(shape[:2]) if is_depthwise else np.prod(shape[:-1])
            if "transpose" in variable.path:
                inputs = np.prod(shape) / shape[2]
            values.append(random.normal(scale=np.sqrt(1.3 / inputs), size=shape))
        elif name in ("gamma", "moving_variance"):
            values.append(random.uniform(0.8, 1.2, shape))
        elif name in ("variance", "mean", "count"):  # of Normalization: what it subtracts and divides by
            values.append(variable.numpy())
        elif name == "alpha":
            values.append(random.uniform(0.1, 0.6, shape))
        else:
            values.append(random.normal(scale=0.2, size=shape))
    return [np.asarray(value, np.float32) for value in values]
