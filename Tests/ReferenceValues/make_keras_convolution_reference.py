"""Runs convolutions of Keras that are more than plain ones, and writes keras/convolutions.safetensors.

Needs and runs like make_keras_reference.py. Cases and tensors are those of make_keras_layer_reference.py. What
TensorFlow does not compute in double precision on every machine (depthwise convolutions whose strides differ, dilated
transposed ones) has no case.
"""

import make_keras_layer_reference as single_layers

normal = single_layers.normal


def case(name, layer, inputs, **configuration):
    """Adds a case with Keras' defaults spelled out."""
    options = {"strides": [1, 1], "padding": "valid", "dilation_rate": [1, 1], "activation": "linear", "use_bias": True}
    single_layers.case(name, layer, inputs, **(options | configuration))


def depthwise():
    for padding in ("valid", "same"):
        for height, width in [(1, 1), (2, 2), (3, 3), (5, 5), (2, 3)]:
            for stride in (1, 2, 3):
                case(
                    f"depthwise-{padding}-kernel-{height}x{width}-stride-{stride}",
                    "DepthwiseConv2D",
                    normal(2, 9, 8, 3),
                    kernel_size=[height, width],
                    strides=[stride, stride],
                    padding=padding,
                    depth_multiplier=1 + stride % 2,
                )
        for rate in ([2, 2], [3, 1]):
            case(
                f"depthwise-{padding}-dilation-{rate[0]}x{rate[1]}",
                "DepthwiseConv2D",
                normal(2, 9, 8, 3),
                kernel_size=[3, 2],
                padding=padding,
                dilation_rate=rate,
                depth_multiplier=2,
                use_bias=False,
            )
    for channels, multiplier, activation in [(1, 1, "relu"), (16, 1, "linear"), (20, 1, "relu"), (33, 3, "linear")]:
        case(
            f"depthwise-channels-{channels}-by-{multiplier}-{activation}",
            "DepthwiseConv2D",
            normal(2, 6, 9, channels),
            kernel_size=[3, 3],
            padding="same",
            depth_multiplier=multiplier,
            activation=activation,
        )


def separable():
    for padding in ("valid", "same"):
        for options in [{}, {"strides": [2, 2]}, {"dilation_rate": [2, 2], "use_bias": False}]:
            case(
                f"separable-{padding}-{'-'.join(options) or 'plain'}",
                "SeparableConv2D",
                normal(2, 8, 7, 3),
                filters=5,
                kernel_size=[3, 2],
                padding=padding,
                depth_multiplier=2,
                activation="relu" if "strides" in options else "linear",
                **options,
            )
    for channels, filters in [(1, 16), (20, 33)]:
        case(
            f"separable-channels-{channels}-to-{filters}",
            "SeparableConv2D",
            normal(2, 6, 5, channels),
            filters=filters,
            kernel_size=[3, 3],
            depth_multiplier=1,
            activation="relu",
        )


def dilated_and_grouped():
    for padding in ("valid", "same"):
        for rate in ([2, 2], [1, 3], [4, 1]):
            case(
                f"dilated-{padding}-{rate[0]}x{rate[1]}",
                "Conv2D",
                normal(2, 9, 8, 3),
                filters=5,
                kernel_size=[3, 2],
                padding=padding,
                dilation_rate=rate,
                groups=1,
                use_bias=rate != [1, 3],
            )
        for stride in (1, 2):
            case(
                f"groups-{padding}-stride-{stride}",
                "Conv2D",
                normal(2, 7, 8, 6),
                filters=9,
                kernel_size=[3, 2],
                strides=[stride, stride],
                padding=padding,
                groups=3,
                activation="relu",
            )
    for channels, filters, groups in [(4, 8, 4), (32, 64, 2), (40, 20, 2), (34, 34, 2)]:
        case(
            f"groups-{groups}-channels-{channels}-to-{filters}",
            "Conv2D",
            normal(2, 5, 6, channels),
            filters=filters,
            kernel_size=[3, 3],
            padding="same",
            groups=groups,
        )
    for channels, filters, activation in [(16, 16, "relu"), (20, 33, "linear")]:
        case(
            f"dilated-channels-{channels}-to-{filters}",
            "Conv2D",
            normal(2, 6, 7, channels),
            filters=filters,
            kernel_size=[3, 3],
            padding="same",
            dilation_rate=[2, 2],
            groups=1,
            activation=activation,
        )
    case(
        "dilated-groups",
        "Conv2D",
        normal(2, 9, 8, 4),
        filters=6,
        kernel_size=[3, 3],
        padding="same",
        dilation_rate=[2, 2],
        groups=2,
    )


def transposed():
    for padding in ("valid", "same"):
        for kernel in ([1, 1], [2, 3], [3, 3], [5, 4]):
            for strides in ([1, 1], [2, 3]):
                case(
                    f"transposed-{padding}-kernel-{kernel[0]}x{kernel[1]}-stride-{strides[0]}x{strides[1]}",
                    "Conv2DTranspose",
                    normal(2, 5, 4, 3),
                    filters=4,
                    kernel_size=kernel,
                    strides=strides,
                    padding=padding,
                    activation="relu" if kernel == [3, 3] else "linear",
                    use_bias=kernel != [2, 3],
                )
        case(
            f"transposed-{padding}-output-padding",
            "Conv2DTranspose",
            normal(2, 5, 4, 3),
            filters=4,
            kernel_size=[3, 3],
            strides=[3, 2],
            padding=padding,
            output_padding=[0, 1],
        )
    for channels, filters in [(16, 20), (33, 17)]:
        case(
            f"transposed-channels-{channels}-to-{filters}",
            "Conv2DTranspose",
            normal(2, 4, 5, channels),
            filters=filters,
            kernel_size=[3, 3],
            strides=[2, 2],
            padding="same",
        )


def main():
    single_layers.CASES.clear()
    for add in (depthwise, separable, dilated_and_grouped, transposed):
        add()
    single_layers.write("convolutions")


if __name__ == "__main__":
    main()
