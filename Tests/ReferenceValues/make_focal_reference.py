"""Keras' focal losses and their gradients: `objective/focal.json`.

CategoricalFocalCrossentropy with alpha 1 on softmax of logits, BinaryFocalCrossentropy on the sigmoid of one; float64.
Keras clips probabilities at 1e-7, so logits stay where that does not matter.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import keras
import numpy

keras.backend.set_floatx("float64")
random = numpy.random.default_rng(3)
cases = []
for outputs in (1, 2, 3, 5):
    for gamma in (0.5, 1.0, 2.0, 3.5):
        for smoothing in (0.0, 0.1):
            # As single precision holds them, which is what the losses here take.
            logits = random.normal(0, 2, outputs).astype(numpy.float32).astype(numpy.float64)
            label = int(random.integers(max(outputs, 2)))

            def loss(z, outputs=outputs, gamma=gamma, smoothing=smoothing, label=label):
                if outputs == 1:
                    compute = keras.losses.BinaryFocalCrossentropy(
                        gamma=gamma, label_smoothing=smoothing, dtype="float64")
                    return compute(jnp.array([[float(label)]]), jax.nn.sigmoid(z)[None])
                compute = keras.losses.CategoricalFocalCrossentropy(
                    alpha=1.0, gamma=gamma, label_smoothing=smoothing, dtype="float64")
                return compute(jax.nn.one_hot(jnp.array([label]), outputs, dtype=jnp.float64), jax.nn.softmax(z)[None])

            value, gradient = jax.value_and_grad(loss)(jnp.array(logits))
            cases.append({
                "logits": logits.tolist(), "label": label, "gamma": gamma, "smoothing": smoothing,
                "loss": float(value), "gradient": gradient.tolist(),
            })
path = Path(__file__).parent / "objective" / "focal.json"
path.write_text(json.dumps(cases, indent=1) + "\n")
