#pragma once

#include <ATen/Functions.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evax/weights/safetensors.h"

namespace evax::train::testing {

inline nlohmann::json read_json(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

/// Made by tools/oracles/train.py.
inline std::string fixture(const std::string& name) {
  return std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/train/" + name;
}

/// A flat list of numbers, null = NaN, as float32 of that shape.
inline at::Tensor tensor_of(const nlohmann::json& numbers, at::IntArrayRef shape) {
  std::vector<double> values;
  for (const auto& number : numbers)
    values.push_back(number.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                      : number.get<double>());
  return at::tensor(values, at::kFloat).reshape(shape);
}

/// A tensor of a safetensors file, copied.
inline at::Tensor tensor_of(const weights::TensorMap& tensors, const std::string& name) {
  const Tensor& tensor = tensors.at(name);
  const auto type = tensor.dtype() == DType::f64 ? at::kDouble : at::kFloat;
  return at::from_blob(const_cast<std::byte*>(tensor.bytes().data()), tensor.shape(),
                       at::TensorOptions(type))
      .clone();
}

/// Largest |a - b|.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.detach().to(at::kDouble) - b.detach().to(at::kDouble)).abs().max().item<double>();
}

}  // namespace evax::train::testing
