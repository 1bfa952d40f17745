#include "evax/nn/testing.h"

#include <filesystem>

#include "evax/core/file.h"
#include "evax/core/npy.h"
#include "evax/nn/autocast.h"
#include "evax/nn/tensors.h"
#include "evax/weights/convert/names.h"
#include "evax/weights/testing.h"
#include "evax/weights/torch/zip.h"

namespace evax::nn::testing {

std::string fixture(const std::string& name) { return EVAX_SOURCE_DIR "/tests/fixtures/" + name; }

std::string shared_fixture(const std::string& name) {
  const std::string path = EVAX_SHARED_DIR "/fixtures/" + name;
  return std::filesystem::exists(path) ? path : "";
}

at::Tensor read_tensor(const std::string& npy_path) { return to_torch(read_npy(npy_path)); }

std::map<std::string, at::Tensor> read_arrays(const std::string& npz_path) {
  const auto file = MappedFile::open(npz_path);
  weights::torch::Zip zip({file->bytes(), file}, npz_path);
  const weights::testing::TemporaryFolder folder;
  std::map<std::string, at::Tensor> arrays;
  for (const auto& [entry, details] : zip.entries()) {
    AtomicFile copy(folder.file("array.npy"));
    copy.write(zip.read(entry).view);
    copy.commit();
    const Tensor array = read_npy(folder.file("array.npy"));
    arrays[entry.substr(0, entry.size() - 4)] =
        array.dtype() == DType::f64 ? at::from_blob(const_cast<std::byte*>(array.bytes().data()),
                                                    array.shape(), at::kDouble)
                                          .clone()
                                    : to_torch(array);
  }
  return arrays;
}

weights::ModelConfig small_config(bool base) {
  weights::ModelConfig config;
  config.variant = "eva_x";
  config.image_size = 64;
  config.embed_dim = 128;
  config.depth = 2;
  config.num_heads = 2;
  config.mlp_hidden = 341;
  config.sub_ln = config.qkv_split = base;
  config.num_classes = 5;
  return config;
}

at::Tensor images_for(const weights::ModelConfig& config, int64_t count) {
  const at::Tensor phase =
      at::arange(count * 3 * config.image_size * config.image_size, at::kFloat);
  return (phase * 0.37).sin().reshape({count, 3, config.image_size, config.image_size});
}

void randomise(Network& model, uint64_t seed) {
  initialise(model, seed);
  const at::NoGradGuard no_grad;
  model.named_parameters()["head.weight"].mul_(1000);
}

std::string own_name(const std::string& mmseg_name) {
  std::string name = mmseg_name;
  for (const std::string_view prefix : {"backbone.encoder.", "backbone."})
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  return weights::timm_name(name, /*qkv_split=*/false);
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

void expect_exact_scores(Network& network, const at::Tensor& images) {
  const at::NoGradGuard no_grad;
  network.eval();
  at::Tensor features, logits;
  {
    const Autocast autocast(at::kCPU, at::kBFloat16);
    features = network.features(images);
    logits = network.logits(features);
  }
  const auto narrowed = [](const at::Tensor& x) { return x.to(at::kBFloat16).to(at::kFloat); };
  const auto parameters = network.named_parameters();
  at::Tensor expected;
  if (network.config().decoder) {
    expected = at::conv2d(features.to(at::kFloat), parameters["decode_head.conv_seg.weight"],
                          parameters["decode_head.conv_seg.bias"]);
  } else {
    EXPECT_EQ(features.scalar_type(), at::kFloat);
    EXPECT_FALSE(at::equal(features, narrowed(features)));
    const std::string head(weights::head_name(network.config()));
    expected = at::linear(features, parameters[head + ".weight"], parameters[head + ".bias"]);
  }
  EXPECT_EQ(logits.scalar_type(), at::kFloat);
  EXPECT_FALSE(at::equal(logits, narrowed(logits)));
  EXPECT_LE(largest_difference(logits, expected), 1e-6 * expected.abs().max().item<double>());
}

std::map<std::string, at::Tensor> gradients_of(Network& model, const at::Tensor& loss) {
  model.zero_grad();
  loss.backward();
  std::map<std::string, at::Tensor> gradients;
  for (const auto& item : model.named_parameters()) gradients[item.key()] = item.value().grad();
  return gradients;
}

}  // namespace evax::nn::testing
