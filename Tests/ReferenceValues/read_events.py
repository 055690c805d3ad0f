"""Reads event files as TensorBoard does and prints them as JSON: read_events.py FOLDER.

{"scalars": {tag: [[step, value]…]}, "histograms": {tag: [[step, [[left, right, count]…]]…]},
 "images": {tag: [[step, width, height, mode, [pixels…]]…]}, "texts": {tag: [[step, text]…]},
 "settings": {name: number or text}, "finished": whether the run is said to have ended well}, steps in order. The tests of TensorBoard run this where the
packages tensorboard and Pillow are installed. All values are read through the accumulator that TensorBoard's own server uses.
"""

import io
import json
import logging
import sys

from PIL import Image
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.util import tensor_util


def image(tensor):
    width, height, *files = tensor_util.make_ndarray(tensor)
    (file,) = files
    with Image.open(io.BytesIO(file)) as picture:
        picture.load()
        assert picture.size == (int(width), int(height)), (picture.size, width, height)
        return [*picture.size, picture.mode, list(picture.tobytes())]


def main(folder):
    logging.disable(logging.CRITICAL)
    everything = {plugin_event_accumulator.TENSORS: 0}
    plugins = {"scalars": 0, "histograms": 0, "images": 0, "text": 0}
    events = plugin_event_accumulator.EventAccumulator(folder, everything, plugins)
    events.Reload()
    found = {"scalars": {}, "histograms": {}, "images": {}, "texts": {}, "settings": {}, "finished": False}
    for tag in events.Tags()["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        steps = [(event.step, event.tensor_proto) for event in events.Tensors(tag)]
        if plugin == "scalars":
            found[plugin][tag] = [[step, float(tensor_util.make_ndarray(tensor))] for step, tensor in steps]
        elif plugin == "histograms":
            found[plugin][tag] = [[step, tensor_util.make_ndarray(tensor).tolist()] for step, tensor in steps]
        elif plugin == "images":
            found[plugin][tag] = [[step, *image(tensor)] for step, tensor in steps]
        elif plugin == "text":
            found["texts"][tag] = [[step, tensor_util.make_ndarray(tensor).item().decode()] for step, tensor in steps]
        elif tag == metadata.SESSION_START_INFO_TAG:
            start = metadata.parse_session_start_info_plugin_data(events.SummaryMetadata(tag).plugin_data.content)
            found["settings"] = {name: getattr(v, v.WhichOneof("kind")) for name, v in start.hparams.items()}
        elif tag == metadata.SESSION_END_INFO_TAG:
            end = metadata.parse_session_end_info_plugin_data(events.SummaryMetadata(tag).plugin_data.content)
            found["finished"] = end.status == api_pb2.STATUS_SUCCESS
    print(json.dumps(found))


main(*sys.argv[1:])
