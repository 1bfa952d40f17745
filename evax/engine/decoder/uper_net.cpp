#include "evax/engine/decoder/uper_net.h"

#include <fmt/format.h>

#include <algorithm>

#include "evax/engine/decoder/pooling.h"

namespace evax::engine {
namespace {

using kernel::Epilogue;

std::array<size_t, 4> sides_of(const weights::ModelConfig& config) {
  const auto grid = static_cast<size_t>(config.grid());
  return {4 * grid, 2 * grid, grid, grid / 2};
}

std::vector<size_t> scales_of(const weights::ModelConfig& config) {
  const std::vector<int>& scales = config.decoder->pool_scales;
  return {scales.begin(), scales.end()};
}

Taps lateral_taps(const Scope& model, const weights::ModelConfig& config, int level) {
  return conv_module(model / fmt::format("decode_head.lateral_convs.{}", level),
                     config.decoder->channels, config.embed_dim, 1);
}

// Nothing stands between a level of the pyramid and its lateral convolution.
TransposedConvolution lateral_up(const Scope& model, const weights::ModelConfig& config,
                                 const char* name, int level, const Kernels& kernels,
                                 Arena& arena) {
  const int64_t width = config.embed_dim;
  return {composed(conv_transpose(model / name, width, width), lateral_taps(model, config, level)),
          Epilogue::relu, kernels, arena};
}

std::vector<Linear> cell_convolutions(const Scope& model, const weights::ModelConfig& config,
                                      const Kernels& kernels, Arena& arena) {
  std::vector<Linear> convolutions;
  for (size_t i = 0; i < config.decoder->pool_scales.size(); ++i)
    convolutions.push_back(
        linear_of(conv_module(model / fmt::format("decode_head.psp_modules.{}.1", i),
                              config.decoder->channels, config.embed_dim, 1),
                  0, true, Epilogue::relu, kernels, arena));
  return convolutions;
}

// The 3 x 3 convolution of that name over maps one behind the other.
PyramidConvolution over(const Scope& model, const std::string& name,
                        const weights::ModelConfig& config, const std::vector<MapShape>& maps,
                        const Kernels& kernels, Arena& arena) {
  int64_t inputs = 0;
  for (const MapShape& map : maps) inputs += static_cast<int64_t>(map.channels);
  return {conv_module(model / "decode_head" / name, config.decoder->channels, inputs, 3), maps,
          kernels, arena};
}

std::vector<MapShape> context_maps(const weights::ModelConfig& config) {
  std::vector<MapShape> maps{{static_cast<size_t>(config.embed_dim), sides_of(config).back()}};
  for (const size_t scale : scales_of(config))
    maps.push_back({static_cast<size_t>(config.decoder->channels), scale});
  return maps;
}

std::vector<MapShape> level_maps(const weights::ModelConfig& config) {
  std::vector<MapShape> maps;
  for (const size_t side : sides_of(config))
    maps.push_back({static_cast<size_t>(config.decoder->channels), side});
  return maps;
}

std::vector<PyramidConvolution> smoothing(const Scope& model, const weights::ModelConfig& config,
                                          const Kernels& kernels, Arena& arena) {
  std::vector<PyramidConvolution> convolutions;
  for (size_t level = 0; level < 3; ++level)
    convolutions.push_back(over(model, fmt::format("fpn_convs.{}", level), config,
                                {level_maps(config)[level]}, kernels, arena));
  return convolutions;
}

}  // namespace

UperNet::UperNet(const Scope& model, const weights::ModelConfig& config, const Kernels& kernels,
                 Arena& arena)
    : kernels_(kernels),
      grid_(static_cast<size_t>(config.grid())),
      width_(static_cast<size_t>(config.embed_dim)),
      channels_(static_cast<size_t>(config.decoder->channels)),
      classes_(static_cast<size_t>(config.num_classes)),
      image_size_(static_cast<size_t>(config.image_size)),
      sides_(sides_of(config)),
      fine_(normalised(conv_transpose(model / "fpn1.0", config.embed_dim, config.embed_dim),
                       model / "fpn1.1"),
            Epilogue::gelu, kernels, arena),
      lateral_up_{lateral_up(model, config, "fpn1.3", 0, kernels, arena),
                  lateral_up(model, config, "fpn2.0", 1, kernels, arena)},
      lateral_(linear_of(lateral_taps(model, config, 2), 0, true, Epilogue::relu, kernels, arena)),
      scales_(scales_of(config)),
      cells_(cell_convolutions(model, config, kernels, arena)),
      bottleneck_(over(model, "bottleneck", config, context_maps(config), kernels, arena)),
      smooth_(smoothing(model, config, kernels, arena)),
      fuse_(over(model, "fpn_bottleneck", config, level_maps(config), kernels, arena)),
      classifier_(linear_of(
          conv(model / "decode_head.conv_seg", config.num_classes, config.decoder->channels), 0,
          true, Epilogue::floats, select_kernels(Precision::fp32), arena)),
      image_samples_(bilinear_samples(sides_.front(), image_size_)) {
  for (size_t level = 0; level < last; ++level)
    samples_[level] = bilinear_samples(sides_[level + 1], sides_[level]);
}

UperMemory UperNet::make_memory() const {
  UperMemory memory;
  Arena& arena = memory.arena;
  const size_t real = sizeof(float);
  const size_t type = kernels_.element;
  const auto matrix = [&](size_t rows, size_t columns, size_t element) {
    const size_t stride = padded_stride(columns, element);
    return Matrix{static_cast<std::byte*>(arena.take(rows * stride * element)), stride, element};
  };
  memory.fine = make_map(arena, 2 * grid_, fine_.outputs(), type);
  memory.coarse = make_map(arena, sides_[last], width_, real);
  memory.coarse_inputs = make_map(arena, sides_[last], width_, type, 1);
  for (const size_t scale : scales_) {
    const size_t cells = scale * scale;
    memory.cells.push_back({matrix(cells, width_, real), matrix(cells, width_, type),
                            matrix(cells, lateral_.outputs(), real),
                            matrix(cells, channels_, type)});
  }
  memory.pooled = bottleneck_.make_products(arena);
  for (size_t level = 0; level <= last; ++level) {
    memory.sums[level] = make_map(arena, sides_[level], lateral_.outputs(), real);
    if (level < last) memory.inputs[level] = make_map(arena, sides_[level], channels_, type, 1);
    memory.levels[level] = make_map(arena, sides_[level], channels_, type, level == 0 ? 1 : 0);
  }
  memory.products = fuse_.make_products(arena);
  memory.logits = make_map(arena, sides_[0], classifier_.outputs(), real);
  return memory;
}

size_t UperNet::scratch_bytes() const {
  const size_t line = std::max({fuse_.line_size(), bottleneck_.line_size(),
                                sides_[0] * padded_stride(classifier_.outputs(), sizeof(float))});
  return (fuse_.row_size() + line) * sizeof(float);
}

UperNet::Scratch UperNet::scratch_of(const Part& part) const {
  auto* memory = static_cast<std::byte*>(part.scratch);
  const Matrix row = fuse_.row_in(memory);
  memory += fuse_.row_size() * sizeof(float);
  return {row, reinterpret_cast<float*>(memory)};
}

void UperNet::operator()(const Matrix& x, const Matrix& y, UperMemory& memory, const Part& part,
                         Team* team, float* logits) const {
  const FeatureMap tokens{{static_cast<std::byte*>(x.row(1)), x.stride, x.element}, grid_};
  const FeatureMap inputs{{static_cast<std::byte*>(y.row(1)), y.stride, y.element}, grid_};
  const Scratch scratch = scratch_of(part);
  const auto each_row = [&](size_t side, const auto& body) {
    const size_t all = 1 + grid_ * grid_;
    for (size_t row = part.rows.begin * side / all; row < part.rows.end * side / all; ++row)
      body(row);
  };
  const auto wait = [&] {
    if (team != nullptr) team->barrier();
  };

  each_row(grid_, [&](size_t row) {
    to_activations(tokens.row(row), inputs.row(row), grid_, width_);
    refine(inputs, memory, row);
  });
  each_row(sides_[last], [&](size_t row) { coarsen(tokens, memory, row); });
  wait();
  each_row(2 * grid_, [&](size_t row) {
    lateral_up_[0](memory.fine.row(row), 2 * grid_, row, memory.sums[0]);
  });
  if (part.rows.begin == 0 && part.rows.count() != 0) pool(memory);
  wait();
  each_row(sides_[last], [&](size_t row) { see_context(memory, row, scratch); });
  wait();
  for (size_t level = last; level-- > 0;) {
    each_row(sides_[level], [&](size_t row) { add_coarser(level, memory, row); });
    wait();
  }
  for (size_t level = last; level-- > 0;)
    each_row(sides_[level], [&](size_t row) { smooth(level, memory, row, scratch); });
  wait();
  each_row(sides_[0], [&](size_t row) { classify(memory, row, scratch); });
  wait();
  each_row(image_size_, [&](size_t row) { enlarge(memory, row, scratch, logits); });
  part.book(Stage::decoder);
}

void UperNet::to_activations(const Matrix& from, const Matrix& to, size_t pixels,
                             size_t channels) const {
  for (size_t i = 0; i < pixels; ++i)
    kernels_.from_floats(static_cast<const float*>(from.row(i)), to.row(i), channels);
}

void UperNet::refine(const FeatureMap& tokens, UperMemory& memory, size_t row) const {
  fine_(tokens.row(row), grid_, row, memory.fine);
  lateral_up_[1](tokens.row(row), grid_, row, memory.sums[1]);
  lateral_(tokens.row(row), memory.sums[2].row(row), {0, grid_});
}

void UperNet::coarsen(const FeatureMap& tokens, UperMemory& memory, size_t row) const {
  max_pool_row(tokens, row, width_, memory.coarse);
  to_activations(memory.coarse.row(row), memory.coarse_inputs.row(row), sides_[last], width_);
}

void UperNet::pool(UperMemory& memory) const {
  for (size_t i = 0; i < scales_.size(); ++i) {
    const auto& [means, inputs, features, outputs] = memory.cells[i];
    const Rows all{0, scales_[i] * scales_[i]};
    average_pool(memory.coarse, scales_[i], width_, means);
    to_activations(means, inputs, all.count(), width_);
    cells_[i](inputs, features, all);
    to_activations(features, outputs, all.count(), channels_);
    bottleneck_.multiply(i, outputs, memory.pooled[i], all);
  }
}

void UperNet::see_context(UperMemory& memory, size_t row, const Scratch& scratch) const {
  const Matrix sums = memory.sums[last].row(row);
  bottleneck_(memory.coarse_inputs, memory.pooled, row, sums, scratch.line);
  to_activations(sums, memory.levels[last].row(row), sides_[last], channels_);
  prepare_fusion(last, memory, row);
}

void UperNet::add_coarser(size_t level, UperMemory& memory, size_t row) const {
  const FeatureMap& coarser = memory.sums[level + 1];
  const Matrix sums = memory.sums[level].row(row);
  const BilinearSample& y = samples_[level][row];
  for (size_t column = 0; column < sides_[level]; ++column) {
    const BilinearSample& x = samples_[level][column];
    const auto add = [&](size_t from, float weight) {
      kernels_.map->blend(static_cast<const float*>(coarser.row(from).row(x.low)),
                          weight * x.low_weight,
                          static_cast<const float*>(coarser.row(from).row(x.high)),
                          weight * x.high_weight, static_cast<float*>(sums.row(column)), channels_);
    };
    add(y.low, y.low_weight);
    add(y.high, y.high_weight);
  }
  to_activations(sums, memory.inputs[level].row(row), sides_[level], channels_);
}

void UperNet::smooth(size_t level, UperMemory& memory, size_t row, const Scratch& scratch) const {
  smooth_[level](memory.inputs[level], {}, row, scratch.row, scratch.line);
  to_activations(scratch.row, memory.levels[level].row(row), sides_[level], channels_);
  if (level > 0) prepare_fusion(level, memory, row);
}

void UperNet::prepare_fusion(size_t level, UperMemory& memory, size_t row) const {
  const size_t side = sides_[level];
  fuse_.multiply(level - 1, memory.levels[level].pixels, memory.products[level - 1],
                 {row * side, (row + 1) * side});
}

void UperNet::classify(UperMemory& memory, size_t row, const Scratch& scratch) const {
  fuse_(memory.levels[0], memory.products, row, scratch.row, scratch.line);
  classifier_(scratch.row, memory.logits.row(row), {0, sides_[0]});
}

void UperNet::enlarge(const UperMemory& memory, size_t row, const Scratch& scratch,
                      float* logits) const {
  const size_t stride = memory.logits.pixels.stride;
  const BilinearSample& y = image_samples_[row];
  std::fill_n(scratch.line, sides_[0] * stride, 0.0F);
  kernels_.map->blend(static_cast<const float*>(memory.logits.row(y.low).row(0)), y.low_weight,
                      static_cast<const float*>(memory.logits.row(y.high).row(0)), y.high_weight,
                      scratch.line, sides_[0] * stride);
  for (size_t c = 0; c < classes_; ++c)
    for (size_t column = 0; column < image_size_; ++column) {
      const BilinearSample& x = image_samples_[column];
      logits[(c * image_size_ + row) * image_size_ + column] =
          x.low_weight * scratch.line[x.low * stride + c] +
          x.high_weight * scratch.line[x.high * stride + c];
    }
}

}  // namespace evax::engine
