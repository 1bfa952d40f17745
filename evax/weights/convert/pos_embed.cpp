#include "evax/weights/convert/pos_embed.h"

#include <algorithm>
#include <vector>

#include "evax/core/interpolate.h"

namespace evax::weights {

Tensor resize_pos_embed(const Tensor& pos_embed, int from, int to, PosEmbedResize flavour) {
  const auto dim = static_cast<size_t>(pos_embed.size(2));
  const size_t patches_in = static_cast<size_t>(from) * static_cast<size_t>(from);
  const size_t patches_out = static_cast<size_t>(to) * static_cast<size_t>(to);
  const Tensor source = pos_embed.to_f32();
  const auto in = source.floats();
  Tensor resized(DType::f32, {1, static_cast<int64_t>(patches_out + 1), pos_embed.size(2)});
  const auto out = resized.mutable_floats();
  std::copy_n(in.begin(), dim, out.begin());  // cls

  std::vector<float> plane(patches_in);
  for (size_t channel = 0; channel < dim; ++channel) {
    for (size_t i = 0; i < patches_in; ++i) plane[i] = in[(i + 1) * dim + channel];
    const auto values = interpolate(plane.data(), from, from, to, to, Interpolation::bicubic,
                                    flavour == PosEmbedResize::timm);
    for (size_t i = 0; i < patches_out; ++i) out[(i + 1) * dim + channel] = values[i];
  }
  return pos_embed.dtype() == DType::f64 ? resized : resized.to(pos_embed.dtype());
}

Tensor resize_patch_kernel(const Tensor& kernel, int64_t size) {
  const int64_t planes = kernel.size(0) * kernel.size(1);
  const auto from = static_cast<int>(kernel.size(2));
  const auto to = static_cast<int>(size);
  const Tensor source = kernel.to_f32();
  Tensor resized(DType::f32, {kernel.size(0), kernel.size(1), size, size});
  auto out = resized.mutable_floats().begin();
  for (int64_t plane = 0; plane < planes; ++plane) {
    const auto values = interpolate(source.floats().data() + plane * from * from, from, from, to,
                                    to, Interpolation::bicubic, /*antialias=*/false);
    out = std::copy(values.begin(), values.end(), out);
  }
  return kernel.dtype() == DType::f64 ? resized : resized.to(kernel.dtype());
}

}  // namespace evax::weights
