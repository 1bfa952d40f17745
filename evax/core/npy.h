#pragma once

#include <span>
#include <string>

#include "evax/core/file.h"
#include "evax/core/tensor.h"

namespace evax {

/// Reads a NumPy .npy file (format 1.0 to 3.0, little-endian, C order) of float16/32/64,
/// int8/16/32/64, uint8 or bool. Throws Error naming the file, what was expected and what was
/// found.
Tensor read_npy(const std::string& path);

/// Writes a .npy file (format 1.0), atomically. BF16 has no NumPy dtype and is written as float32.
void write_npy(const std::string& path, const Tensor& tensor);

/// A .npy file of float32 rows whose number is known only at the end; constant memory, atomic.
class NpyWriter {
 public:
  /// The result has shape [rows, row...].
  NpyWriter(const std::string& path, Shape row);

  /// `values` holds one row.
  void append(std::span<const float> values);
  int64_t rows() const { return rows_; }
  void commit();

 private:
  AtomicFile file_;
  Shape row_;
  int64_t rows_ = 0;
};

}  // namespace evax
