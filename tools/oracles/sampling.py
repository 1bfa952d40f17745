"""What the original's samplers draw (spec C.5): numpy's shuffle and Python's sample, for
evax/data/sampling_test.cpp. Prints; writes nothing."""
import random

import numpy


def show(what, order):
    total = sum(int(index) * place for place, index in enumerate(order))
    print(what, [int(index) for index in order[:8]], total)


for size, seed in [(20, 123), (191027, 123), (1024, 0)]:
    order = list(range(size))
    numpy.random.seed(seed)
    numpy.random.shuffle(order)
    show(f"numpy_shuffle({size}, {seed})", order)
for size, count, seed in [(75312, 753, 0), (75312, 7531, 0), (30130, 301, 14), (40, 30, 7)]:
    random.seed(seed)
    show(f"python_sample({size}, {count}, {seed})", random.sample(range(size), count))
