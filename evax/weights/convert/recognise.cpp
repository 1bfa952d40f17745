#include "evax/weights/convert/recognise.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "evax/core/error.h"
#include "evax/weights/rope.h"

namespace evax::weights {
namespace {

constexpr int patch_size = 16;
constexpr int head_dim = 64;
constexpr int default_ref_grid = 14;
constexpr int64_t max_size = 1 << 20;  // of any dimension that becomes an int

const Tensor& tensor_at(const TensorMap& tensors, const std::string& name, size_t rank,
                        const std::string& path) {
  const auto found = tensors.find(name);
  if (found == tensors.end())
    fail("{}: expected a checkpoint of EVA-X or a ViT, found no {} among its {} tensors", path,
         name, tensors.size());
  const Tensor& tensor = found->second;
  const bool small = std::all_of(tensor.shape().begin(), tensor.shape().end(),
                                 [](int64_t size) { return size > 0 && size <= max_size; });
  if (tensor.shape().size() != rank || !small)
    fail("{}: expected {} to have {} dimensions, found {}", path, name, rank,
         to_string(tensor.shape()));
  return tensor;
}

int grid_of(int64_t tokens, const std::string& path) {
  const auto patches = static_cast<double>(tokens - 1);
  const auto grid = static_cast<int>(std::lround(std::sqrt(patches)));
  if (grid < 1 || int64_t{grid} * grid != tokens - 1)
    fail("{}: expected a pos_embed of 1 + grid^2 rows, found {}", path, tokens);
  return grid;
}

/// One more than the largest N of "blocks.N."; gaps show as missing tensors later.
int depth_of(const TensorMap& tensors) {
  constexpr std::string_view blocks = "blocks.";
  int depth = 0;
  for (auto item = tensors.lower_bound(std::string(blocks));
       item != tensors.end() && item->first.starts_with(blocks); ++item) {
    const char* start = item->first.data() + blocks.size();
    const char* end = item->first.data() + item->first.size();
    int index = 0;
    const auto [stop, error] = std::from_chars(start, end, index);
    constexpr int max_index = 1000;
    if (error == std::errc() && stop != end && *stop == '.' && index >= 0)
      depth = std::max(depth, std::min(index, max_index) + 1);
  }
  return depth;
}

/// Rounding of cosines and sines, which are at most 1, with room for another libm.
float tolerance(DType dtype) {
  switch (dtype) {
    case DType::f16: return 6e-4F;
    case DType::bf16: return 5e-3F;
    default: return 2e-5F;
  }
}

bool equals(const Tensor& table, const std::vector<float>& expected) {
  const Tensor wide = table.to_f32();
  const auto values = wide.floats();
  const float limit = tolerance(table.dtype());
  for (size_t i = 0; i < expected.size(); ++i)
    if (!(std::abs(values[i] - expected[i]) <= limit)) return false;
  return true;
}

}  // namespace

bool is_plain_vit(const TensorMap& tensors) { return tensors.contains("blocks.0.attn.qkv.bias"); }

ModelConfig recognise(const TensorMap& tensors, const std::string& path) {
  const Tensor& pos_embed = tensor_at(tensors, "pos_embed", 3, path);
  const Tensor& patch = tensor_at(tensors, "patch_embed.proj.weight", 4, path);
  const Tensor& fc2 = tensor_at(tensors, "blocks.0.mlp.fc2.weight", 2, path);
  if (patch.size(2) != patch_size || patch.size(3) != patch_size)
    fail("{}: expected a patch size of {}, found {} x {}", path, patch_size, patch.size(2),
         patch.size(3));

  ModelConfig config;
  config.embed_dim = static_cast<int>(pos_embed.size(2));
  if (config.embed_dim % head_dim != 0)
    fail("{}: expected an embed_dim that is a multiple of {} (the size of a head), found {}", path,
         head_dim, config.embed_dim);
  config.num_heads = config.embed_dim / head_dim;
  config.image_size = grid_of(pos_embed.size(1), path) * patch_size;
  config.depth = depth_of(tensors);
  config.mlp_hidden = static_cast<int>(fc2.size(1));
  config.sub_ln = tensors.contains("blocks.0.mlp.fc1_g.weight");
  config.qkv_split = tensors.contains("blocks.0.attn.q_proj.weight");
  if (is_plain_vit(tensors)) {
    config.arch = "vit";
    config.pool = tensors.contains("fc_norm.weight") ? "avg" : "token";
  } else if (!config.sub_ln &&
             tensor_at(tensors, "blocks.0.mlp.fc1.weight", 2, path).size(0) == config.mlp_hidden) {
    fail("{}: expected EVA-X's gated MLP (SwiGLU), found a plain one", path);
  }
  if (tensors.contains("head.weight"))
    config.num_classes = static_cast<int>(tensor_at(tensors, "head.weight", 2, path).size(0));
  config.variant = variant_of(config);
  check_config(config, path);
  return config;
}

bool is_rope_table(std::string_view name) {
  for (const std::string_view ending : {"rope.freqs_cos", "rope.freqs_sin"})
    if (name.ends_with(ending))
      return name.size() == ending.size() || name[name.size() - ending.size() - 1] == '.';
  return false;
}

TensorMap take_rope_tables(TensorMap& tensors) {
  TensorMap tables;
  for (auto item = tensors.begin(); item != tensors.end();) {
    if (!is_rope_table(item->first)) {
      ++item;
      continue;
    }
    tables.insert(*item);
    item = tensors.erase(item);
  }
  return tables;
}

int rope_ref_grid_of(const TensorMap& tables, int grid, const std::string& path) {
  if (tables.empty()) return default_ref_grid;
  const Shape shape{int64_t{grid} * grid, head_dim};
  for (const auto& [name, table] : tables) {
    if (table.shape() != shape)
      fail("{}: expected {} to have the shape {}, found {}", path, name, to_string(shape),
           to_string(table.shape()));
    if (!is_floating(table.dtype()))
      fail("{}: expected floating-point numbers in {}, found {}", path, name,
           name_of(table.dtype()));
  }
  for (const int ref_grid : {default_ref_grid, grid, 16}) {
    const RopeTables expected = rope_tables(grid, ref_grid);
    // The official code shares one table between all blocks.
    std::set<std::pair<const std::byte*, bool>> seen;
    const bool all = std::all_of(tables.begin(), tables.end(), [&](const auto& item) {
      const bool cosine = item.first.ends_with("cos");
      if (!seen.emplace(item.second.bytes().data(), cosine).second) return true;
      return equals(item.second, cosine ? expected.cos : expected.sin);
    });
    if (all) return ref_grid;
  }
  fail("{}: its rotary tables fit no reference grid of 14, {} or 16", path, grid);
}

}  // namespace evax::weights
