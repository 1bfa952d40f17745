"""Writes tests/fixtures/npy: .npy files as NumPy itself writes them."""
import pathlib

import numpy as np

out = pathlib.Path(__file__).parents[2] / "tests/fixtures/npy"
out.mkdir(parents=True, exist_ok=True)
np.save(out / "i64_2x3.npy", np.arange(6, dtype=np.int64).reshape(2, 3))
np.save(out / "f16_scalar.npy", np.float16(1.5))
np.save(out / "fortran.npy", np.asfortranarray(np.ones((2, 3), np.float32)))
np.save(out / "big_endian.npy", np.ones(3, ">f4"))
np.save(out / "object.npy", np.array([None]), allow_pickle=True)
