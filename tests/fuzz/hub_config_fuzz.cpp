// Imports a Hugging Face folder whose config.json is the fuzzer's, around weights that are right.

#include "evax/weights/convert.h"
#include "evax/weights/safetensors.h"
#include "tests/fuzz/harness.h"

using namespace evax;
using namespace evax::weights;

namespace {

void write_weights(const std::string& path) {
  ModelConfig config;
  config.image_size = 32;
  config.embed_dim = 64;
  config.num_heads = 1;
  config.depth = 1;
  config.mlp_hidden = 8;
  config.num_classes = 2;
  TensorMap tensors;
  for (const auto& [name, shape] : parameters_of(config)) tensors[name] = Tensor(DType::f32, shape);
  save_safetensors(path, tensors, {});
}

}  // namespace

EVAX_FUZZ_TARGET(hub_config) {
  static const fuzz::Scratch scratch;
  static const bool weights_are_there = [] {
    write_weights(scratch.path() + "/model.safetensors");
    return true;
  }();
  static_cast<void>(weights_are_there);
  scratch.write("config.json", fuzz::text_of(input));
  fuzz::read_or_refuse([&] { import_checkpoint(scratch.path(), {}); });
}
