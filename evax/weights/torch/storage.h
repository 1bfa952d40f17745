#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evax/weights/torch/arena.h"
#include "evax/weights/torch/zip.h"

namespace evax::weights::torch {

/// The flat arrays that a checkpoint's tensors look into, each by its key.
class StorageTable {
 public:
  explicit StorageTable(std::string path) : path_(std::move(path)) {}

  /// The row of `key`. Throws Error when the key is known with another dtype or size.
  size_t declare(std::string_view key, DType dtype, int64_t elements);

  /// Throws Error unless the view lies inside its storage.
  void check(const TensorView& view) const;

  DType dtype_of(const TensorView& view) const { return rows_[view.storage].dtype; }
  /// The dtype of a declared storage.
  std::optional<DType> dtype_of(std::string_view key) const;

  /// Where the bytes of a storage come from when they are first requested.
  void set_loader(std::function<Bytes(const std::string& key, size_t size)> loader) {
    loader_ = std::move(loader);
  }

  /// The view as a dense tensor: a window when it is contiguous and its storage is mapped, a copy
  /// otherwise. Throws Error when the copies of a checkpoint grow beyond a limit.
  Tensor tensor(const TensorView& view);

 private:
  struct Row {
    std::string key;
    DType dtype;
    int64_t elements;
    std::optional<Bytes> bytes;
  };

  const Bytes& bytes_of(Row& row);
  void charge(uint64_t bytes);

  std::string path_;
  std::vector<Row> rows_;
  std::map<std::string, size_t, std::less<>> by_key_;
  std::function<Bytes(const std::string& key, size_t size)> loader_;
  uint64_t charged_ = 0;
};

}  // namespace evax::weights::torch
