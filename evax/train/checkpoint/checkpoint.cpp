#include "evax/train/checkpoint/checkpoint.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/train/checkpoint/checkpoint_file.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;

struct Dtypes {
  at::ScalarType torch;
  DType file;
};
constexpr Dtypes dtypes[] = {{at::kFloat, DType::f32},     {at::kHalf, DType::f16},
                             {at::kBFloat16, DType::bf16}, {at::kDouble, DType::f64},
                             {at::kLong, DType::i64},      {at::kInt, DType::i32},
                             {at::kByte, DType::u8},       {at::kBool, DType::boolean}};

DType dtype_of(const std::string& name, const at::Tensor& tensor) {
  for (const auto& [torch, file] : dtypes)
    if (tensor.scalar_type() == torch) return file;
  fail("checkpoint: '{}' is of dtype {}, which it cannot store", name,
       c10::toString(tensor.scalar_type()));
}

fs::path checkpoints_of(const std::string& folder) { return fs::path(folder) / "checkpoints"; }

// The folder's files whose names match, by the number in them; newest first.
std::map<int64_t, fs::path, std::greater<>> find(const fs::path& folder) {
  static const std::regex name("step_([0-9]{8,18})\\.safetensors");
  std::map<int64_t, fs::path, std::greater<>> found;
  std::smatch match;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    if (const std::string file = entry.path().filename(); std::regex_match(file, match, name))
      found[std::stoll(match[1])] = entry.path();
  return found;
}

void remove_leftovers(const fs::path& folder) {
  static const std::regex name("step_[0-9]+\\.safetensors\\.[0-9]+\\.[0-9]+\\.tmp");
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (std::regex_match(entry.path().filename().string(), name)) fs::remove(entry.path(), ignored);
}

void check_same(const std::string& path, const CheckpointFile& file,
                const NamedParameters& tensors) {
  for (const auto& [name, tensor] : tensors) {
    const auto found = file.tensors.find(name);
    if (found == file.tensors.end()) fail("{}: expected '{}', found nothing", path, name);
    const Shape shape = tensor.sizes().vec();
    const DType dtype = dtype_of(name, tensor);
    if (found->second.shape() != shape || found->second.dtype() != dtype)
      fail("{}: expected '{}' to be {} {}, found {} {}", path, name, evax::name_of(dtype),
           to_string(shape), evax::name_of(found->second.dtype()),
           to_string(found->second.shape()));
  }
  for (const auto& [name, tensor] : file.tensors)
    if (std::none_of(tensors.begin(), tensors.end(),
                     [&name = name](const auto& own) { return own.first == name; }))
      fail("{}: found '{}', which this training does not have", path, name);
}

void copy(const CheckpointFile& file, const NamedParameters& tensors) {
  const c10::AutoGradMode no_gradients(false);
  for (const auto& [name, tensor] : tensors) {
    const auto bytes = file.tensors.at(name).bytes();
    // from_blob asks for a writable pointer; the copy only reads.
    tensor.copy_(at::from_blob(const_cast<std::byte*>(bytes.data()), tensor.sizes(),
                               at::TensorOptions(tensor.scalar_type())));
  }
}

}  // namespace

void save_checkpoint(const std::string& folder, int64_t step, const Checkpoint& checkpoint) {
  const fs::path checkpoints = checkpoints_of(folder);
  make_folder(checkpoints);
  CheckpointFile file{{}, checkpoint.state};
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const auto whole = std::make_shared<at::Tensor>(tensor.detach().cpu().contiguous());
    const std::span bytes(static_cast<const std::byte*>(whole->const_data_ptr()), whole->nbytes());
    file.tensors.emplace(name, Tensor(dtype_of(name, tensor), tensor.sizes().vec(), bytes, whole));
  }
  const fs::path path = checkpoints / fmt::format("step_{:08}.safetensors", step);
  write_checkpoint_file(path, file);

  // Later steps than this are what a damaged checkpoint or a rewound training left.
  bool kept_older = false;
  for (const auto& [other, old] : find(checkpoints)) {
    if (other == step || (other < step && !std::exchange(kept_older, true))) continue;
    std::error_code ignored;
    fs::remove(old, ignored);
  }
}

bool load_newest_checkpoint(const std::string& folder, Checkpoint& checkpoint) {
  remove_leftovers(checkpoints_of(folder));
  const auto found = find(checkpoints_of(folder));
  for (const auto& [step, path] : found) {
    std::optional<CheckpointFile> file;
    try {
      file = read_checkpoint_file(path);
    } catch (const Error& error) {
      warn(fmt::format("{}; this checkpoint is skipped", error.what()));
      continue;
    }
    check_same(path, *file, checkpoint.tensors);
    copy(*file, checkpoint.tensors);
    checkpoint.state = std::move(file->state);
    return true;
  }
  if (!found.empty())
    fail("{}: expected a whole checkpoint, found {} damaged", checkpoints_of(folder).string(),
         found.size());
  return false;
}

}  // namespace evax::train
