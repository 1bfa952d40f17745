#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "evax/core/tensor.h"

namespace evax::weights {

using TensorMap = std::map<std::string, Tensor>;
using TextMap = std::map<std::string, std::string>;

/// One tensor as a safetensors header declares it. The dtype is the format's own word, since the
/// format knows more dtypes than Tensor does (U16, F8_E4M3, ...).
struct SafetensorsEntry {
  std::string dtype;
  Shape shape;
  std::span<const std::byte> bytes;
};

/// A safetensors file, checked as strictly as by the format's reference implementation: header of
/// at most 100 MB and inside the file, a JSON object without duplicate keys, known dtypes, sizes
/// that equal shape times dtype, and data that covers the rest of the file without overlaps or
/// holes. Throws Error naming the path. Tensors are windows into the mapped file.
class Safetensors {
 public:
  static Safetensors open(const std::string& path);
  /// `bytes` stay alive through `owner`; `path` only names them in errors.
  Safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
              std::string path);

  const std::map<std::string, SafetensorsEntry>& entries() const { return entries_; }
  /// `__metadata__`.
  const TextMap& metadata() const { return metadata_; }

  /// Throws Error when the name is unknown or Tensor has no such dtype.
  Tensor tensor(const std::string& name) const;
  TensorMap tensors() const;

 private:
  std::map<std::string, SafetensorsEntry> entries_;
  TextMap metadata_;
  std::shared_ptr<const void> owner_;
  std::string path_;
};

/// Writes a safetensors file atomically. Equal input gives equal bytes: the header is sorted by
/// name, the data by element size (widest first, so that every tensor is aligned) and then by name.
void save_safetensors(const std::string& path, const TensorMap& tensors, const TextMap& metadata);

}  // namespace evax::weights
