#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evax/core/tensor.h"

namespace evax::weights {

using Parameters = std::vector<std::pair<std::string, Shape>>;

/// Appends the parameters of layers below a prefix, as PyTorch's modules nest.
class Scope {
 public:
  explicit Scope(Parameters& parameters, std::string prefix = "")
      : parameters_(parameters), prefix_(std::move(prefix)) {}

  void add(std::string_view name, Shape shape) {
    parameters_.emplace_back(prefix_ + std::string(name), std::move(shape));
  }
  void linear(std::string_view name, int64_t out, int64_t in) {
    add(std::string(name) + ".weight", {out, in});
    add(std::string(name) + ".bias", {out});
  }
  void layer_norm(std::string_view name, int64_t size) {
    add(std::string(name) + ".weight", {size});
    add(std::string(name) + ".bias", {size});
  }
  /// Without a bias.
  void conv(std::string_view name, int64_t out, int64_t in, int64_t kernel) {
    add(std::string(name) + ".weight", {out, in, kernel, kernel});
  }
  /// Doubles height and width; PyTorch keeps its kernel [in, out, 2, 2].
  void conv_transpose(std::string_view name, int64_t in, int64_t out) {
    add(std::string(name) + ".weight", {in, out, 2, 2});
    add(std::string(name) + ".bias", {out});
  }
  void batch_norm(std::string_view name, int64_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
      add(std::string(name) + part, {channels});
  }

 private:
  Parameters& parameters_;
  std::string prefix_;
};

}  // namespace evax::weights
