#pragma once

#include <memory>
#include <optional>
#include <string>

#include "evax/weights/torch/arena.h"
#include "evax/weights/torch/storage.h"
#include "evax/weights/torch/zip.h"

namespace evax::weights::torch {

/// A checkpoint written by torch.save, as a graph of plain values: the zip container of
/// PyTorch 1.6 and later, or the stream of pickles and raw storages of older ones. Nothing in it is
/// ever executed. Throws Error naming the path.
class File {
 public:
  enum class Container { zip, legacy };

  static File open(const std::string& path);
  /// The bytes stay alive through their owner; `path` only names them in errors.
  File(Bytes bytes, const std::string& path);

  /// Whether the bytes start as one of the two containers does.
  static bool recognises(std::span<const std::byte> bytes);

  Container container() const { return container_; }
  const Value& root() const { return *root_; }

  /// Another record of the zip archive, beside data.pkl: programs may add their own.
  std::optional<std::string> record(const std::string& name) const;

  DType dtype_of(const TensorView& view) const { return storages_->dtype_of(view); }
  /// A dense tensor; a window into the file wherever possible.
  Tensor tensor(const TensorView& view) const { return storages_->tensor(view); }

 private:
  void read_zip(Bytes bytes);
  void read_legacy(Bytes bytes);

  std::unique_ptr<Arena> arena_;
  std::unique_ptr<StorageTable> storages_;
  Container container_;
  const Value* root_ = nullptr;
  Bytes pickle_;  // texts are windows into it
  std::shared_ptr<Zip> zip_;
  std::string folder_;  // of the zip's records, with its slash
};

}  // namespace evax::weights::torch
