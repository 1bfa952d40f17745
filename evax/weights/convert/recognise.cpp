#include "evax/weights/convert/recognise.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "evax/core/error.h"
#include "evax/weights/rope.h"

namespace evax::weights {
namespace {

constexpr int eva_x_patch = 16;
constexpr int head_dim = 64;
constexpr int default_ref_grid = 14;
constexpr int eva02_clip_ref_grid = 16;  // its code knows no other (spec B.4)
constexpr int64_t max_size = 1 << 20;    // of any dimension that becomes an int

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

/// Two matrices, the second of which takes what the first gives; a gate would take half.
bool has_plain_mlp(const TensorMap& tensors) {
  const auto fc1 = tensors.find("blocks.0.mlp.fc1.weight");
  const auto fc2 = tensors.find("blocks.0.mlp.fc2.weight");
  if (fc1 == tensors.end() || fc2 == tensors.end()) return false;
  const Shape &first = fc1->second.shape(), &second = fc2->second.shape();
  return first.size() == 2 && second.size() == 2 && first[0] == second[1];
}

int usual_num_heads(int embed_dim, const std::string& path) {
  const int width = usual_head_width(embed_dim);
  if (embed_dim % width != 0)
    fail(
        "{}: expected an embed_dim that is a multiple of {} (the size of a head), found {}; name "
        "its num_heads",
        path, width, embed_dim);
  return embed_dim / width;
}

/// EVA02-CLIP's E/14 has the parameters of an EVA01 tower, but its norms after attention and MLP.
void check_norm_order(const ModelConfig& config, const std::string& path) {
  constexpr int enormous = 1792;
  if (config.arch == "eva01_clip" && config.embed_dim == enormous)
    fail(
        "{}: expected norms before attention and MLP, found EVA02-CLIP's E/14, which has them "
        "after",
        path);
}

/// EVA-X has patches of 16 pixels; others may have any.
void check_patch(const Tensor& kernel, const std::string& arch, const std::string& path) {
  if (arch == "eva_x" && (kernel.size(2) != eva_x_patch || kernel.size(3) != eva_x_patch))
    fail("{}: expected a patch size of {}, found {} x {}", path, eva_x_patch, kernel.size(2),
         kernel.size(3));
  if (kernel.size(2) != kernel.size(3))
    fail("{}: expected square patches, found {} x {}", path, kernel.size(2), kernel.size(3));
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

std::string arch_of(const TensorMap& tensors) {
  if (tensors.contains("blocks.0.attn.qkv.bias")) return "vit";
  if (tensors.contains("blocks.0.attn.norm.weight")) return "eva02_clip";
  const bool pools_token = tensors.contains("norm.weight") && !tensors.contains("mask_token");
  return has_plain_mlp(tensors) && pools_token ? "eva01_clip" : "eva_x";
}

ModelConfig recognise(const TensorMap& tensors, std::optional<int> num_heads,
                      const std::string& path) {
  const Tensor& pos_embed = tensor_at(tensors, "pos_embed", 3, path);
  const Tensor& patch = tensor_at(tensors, "patch_embed.proj.weight", 4, path);
  const Tensor& fc2 = tensor_at(tensors, "blocks.0.mlp.fc2.weight", 2, path);
  ModelConfig config;
  config.arch = arch_of(tensors);
  check_patch(patch, config.arch, path);
  config.patch_size = static_cast<int>(patch.size(2));
  config.embed_dim = static_cast<int>(pos_embed.size(2));
  check_norm_order(config, path);
  config.num_heads = num_heads ? *num_heads : usual_num_heads(config.embed_dim, path);
  config.image_size = grid_of(pos_embed.size(1), path) * config.patch_size;
  config.depth = depth_of(tensors);
  config.mlp_hidden = static_cast<int>(fc2.size(1));
  if (config.is_eva_x()) {
    if (has_plain_mlp(tensors))
      fail("{}: expected EVA-X's gated MLP (SwiGLU), found a plain one", path);
    config.sub_ln = tensors.contains("blocks.0.mlp.fc1_g.weight");
    config.qkv_split = tensors.contains("blocks.0.attn.q_proj.weight");
  } else {
    config.sub_ln = config.qkv_split = config.arch == "eva02_clip";
  }
  if (config.is_eva_clip() || (config.arch == "vit" && !tensors.contains("fc_norm.weight")))
    config.pool = "token";
  if (config.arch == "eva02_clip") config.rope_ref_grid = eva02_clip_ref_grid;
  if (tensors.contains("head.weight"))
    (config.is_eva_clip() ? config.projection : config.num_classes) =
        static_cast<int>(tensor_at(tensors, "head.weight", 2, path).size(0));
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
