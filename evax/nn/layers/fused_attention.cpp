#include "evax/nn/layers/fused_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstddef>

#include "evax/nn/cpu.h"

namespace evax::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr size_t head_dim = engine::kernel::head_dim;
constexpr int64_t heads_at_a_time = 4;

// The kernels' form of rotary_table: [2, tokens, 64], cosines and signed sines of every channel.
at::Tensor turns_of(const at::Tensor& table, int64_t tokens) {
  const at::Tensor turns = at::zeros({2, tokens, head_dim});
  if (!table.defined()) {
    turns[0].fill_(1);
    return turns;
  }
  const at::Tensor pairs = turns.view({2, tokens, -1, 2});
  pairs[0].copy_(table.select(-1, 0).unsqueeze(-1));
  pairs[1].select(-1, 0).copy_(table.select(-1, 1)).neg_();
  pairs[1].select(-1, 1).copy_(table.select(-1, 1));
  return turns;
}

/// What both ways have in common.
struct Heads {
  Heads(const at::Tensor& projections, const at::Tensor& turns)
      : tokens(extent(projections, 1)),
        heads(extent(projections, 3)),
        width(heads * head_dim),
        cos(turns.const_data_ptr<float>()),
        sin(cos + tokens * head_dim),
        kernels(*kernels_for(projections)) {}

  /// Row `index` of all images' rows, of as many numbers as `count` widths.
  std::byte* row(std::byte* data, size_t index, size_t count) const {
    return data + index * count * width * kernels.element;
  }

  size_t tokens, heads, width;
  const float *cos, *sin;
  const engine::Kernels& kernels;
};

std::byte* data_of(const at::Tensor& x) { return static_cast<std::byte*>(x.mutable_data_ptr()); }

struct FusedAttention : torch::autograd::Function<FusedAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& projections,
                            const at::Tensor& turns) {
    const Heads all(projections, turns);
    at::Tensor out =
        at::empty({projections.size(0), projections.size(1), static_cast<int64_t>(all.width)},
                  projections.options());
    const engine::kernel::AttentionKernel& attention = *all.kernels.attention;
    const size_t images = extent(projections, 0);
    const size_t packed_bytes = attention.packed_bytes(all.tokens, all.heads);
    const at::Tensor packed = bytes(images * packed_bytes).zero_();
    auto* keys_and_values = packed.mutable_data_ptr<uint8_t>();
    const auto call_of = [&](size_t image) {
      const size_t row = image * all.tokens;
      return engine::kernel::AttentionCall{all.row(data_of(projections), row, 3),
                                           3 * all.width,
                                           all.cos,
                                           all.sin,
                                           keys_and_values + image * packed_bytes,
                                           all.row(data_of(out), row, 1),
                                           all.width,
                                           all.tokens,
                                           all.heads};
    };
    // With fewer images than threads several share an image.
    const size_t parts = std::max<size_t>(
        1, static_cast<size_t>(at::get_num_threads()) / std::max<size_t>(1, images));
    const auto for_each_part = [&](const auto& make_body) {
      parallel_for(static_cast<int64_t>(images * parts), 1, [&](size_t begin, size_t end) {
        const auto body = make_body();
        for (size_t i = begin; i < end; ++i)
          body(call_of(i / parts), i % parts * all.tokens / parts,
               (i % parts + 1) * all.tokens / parts);
      });
    };
    for_each_part([&] { return attention.pack; });
    for_each_part([&] {
      return [&attention, scratch = bytes(attention.scratch_bytes(all.tokens))](
                 const auto& call, size_t row_begin, size_t row_end) {
        attention.attend(call, row_begin, row_end, scratch.mutable_data_ptr());
      };
    });
    context->save_for_backward({projections, turns});
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& projections = saved[0];
    const Heads all(projections, saved[1]);
    const at::Tensor d_y = gradients[0].contiguous();
    at::Tensor result = at::empty_like(projections);
    const engine::kernel::AttentionGradientKernel& gradient = *all.kernels.attention_gradient;
    parallel_for(
        projections.size(0) * projections.size(3), heads_at_a_time, [&](size_t begin, size_t end) {
          const at::Tensor scratch = bytes(gradient.scratch_bytes(all.tokens));
          for (size_t i = begin; i < end; ++i) {
            const size_t row = i / all.heads * all.tokens;
            gradient.run({all.row(data_of(projections), row, 3), all.row(data_of(d_y), row, 1),
                          all.row(data_of(result), row, 3), 3 * all.width, all.width, all.cos,
                          all.sin, all.tokens, all.heads},
                         i % all.heads, scratch.mutable_data_ptr());
          }
        });
    return {result, at::Tensor()};
  }
};

}  // namespace

bool can_fuse_attention(const at::Tensor& projections) {
  return kernels_for(projections) != nullptr && extent(projections, 4) == head_dim &&
         projections.is_contiguous();
}

at::Tensor fused_attention(const at::Tensor& projections, const at::Tensor& table) {
  return FusedAttention::apply(projections, turns_of(table, projections.size(1)));
}

}  // namespace evax::nn
