"""Oracle for TensorBoard event files (evax/train/run/event_file.h): tensorboard 2.21's own writer and reader.

    python tools/oracles/events.py                # writes tests/fixtures/train/events.bin
    python tools/oracles/events.py --read FOLDER  # shows the scalars and pictures that TensorBoard sees in a folder
"""

import argparse
import io
import pathlib

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "tests/fixtures/train"
EVENTS = [  # step, wall time, scalars
    (1, 1700000000.5, [("train/loss", 0.6875), ("lr", 1e-3)]),
    (300, 1700000001.25, [("val/mean_auc", 0.75)]),
    (5_000_000_000, 1700000002.0, [("train/loss", 0.0), ("é", -1.5)]),
]
PICTURE = (301, 1700000003.5, "masked", (680, 224, 3, b"PNG\x01 of 200 bytes" + b"x" * 184))  # nobody decodes it


def write():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    with open(FIXTURES / "events.bin", "wb") as file:
        writer = RecordWriter(file)
        for step, wall_time, scalars in EVENTS:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars]
            event = Event(wall_time=wall_time, step=step, summary=Summary(value=values))
            writer.write(event.SerializeToString())
        step, wall_time, tag, (width, height, channels, png) = PICTURE
        image = Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=png)
        summary = Summary(value=[Summary.Value(tag=tag, image=image)])
        writer.write(Event(wall_time=wall_time, step=step, summary=summary).SerializeToString())
        writer.flush()


def read(folder):
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    print("file_version", events.file_version)
    for tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            print(tag, event.step, event.value)
    for tag in events.Tags()["images"]:
        for event in events.Images(tag):
            picture = Image.open(io.BytesIO(event.encoded_image_string))
            print(tag, event.step, event.width, event.height, picture.format, picture.mode, picture.size)


parser = argparse.ArgumentParser()
parser.add_argument("--read")
arguments = parser.parse_args()
if arguments.read:
    read(arguments.read)
else:
    write()
