#include "evax/train/checkpoint/checkpoint_file.h"

#include "evax/core/error.h"
#include "evax/core/json.h"

namespace evax::train {
namespace {

constexpr auto metadata_key = "evax_training";

}  // namespace

CheckpointFile read_checkpoint_file(const std::string& path) {
  const auto file = weights::Safetensors::open(path);
  const auto text = file.metadata().find(metadata_key);
  if (text == file.metadata().end()) fail("{}: expected a checkpoint of a training", path);
  return {file.tensors(), parse_json(text->second, path + ": state")};
}

void write_checkpoint_file(const std::string& path, const CheckpointFile& checkpoint) {
  const nlohmann::json state = checkpoint.state;  // sorted: the same bytes after a resumption
  weights::save_safetensors(path, checkpoint.tensors, {{metadata_key, state.dump()}});
}

}  // namespace evax::train
