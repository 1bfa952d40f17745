#include "evax/weights/check.h"

#include <cstring>
#include <set>

#include "evax/core/error.h"

namespace evax::weights {
namespace {

/// An exponent of all ones means an infinity or a NaN, in every IEEE format.
template <typename Bits>
bool any_full_exponent(std::span<const std::byte> bytes, Bits exponent) {
  const size_t count = bytes.size() / sizeof(Bits);
  Bits any = 0;  // no early end: the loop runs in vectors
  for (size_t i = 0; i < count; ++i) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
    any |= static_cast<Bits>((bits & exponent) == exponent);
  }
  return any != 0;
}

}  // namespace

bool has_non_finite(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::f32: return any_full_exponent<uint32_t>(tensor.bytes(), 0x7F800000U);
    case DType::f16: return any_full_exponent<uint16_t>(tensor.bytes(), 0x7C00U);
    case DType::bf16: return any_full_exponent<uint16_t>(tensor.bytes(), 0x7F80U);
    case DType::f64: return any_full_exponent<uint64_t>(tensor.bytes(), 0x7FF0000000000000U);
    default: return false;
  }
}

std::string list_some(const std::vector<std::string>& names) {
  constexpr size_t shown = 3;
  if (names.size() <= shown) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + shown, ", "),
                     names.size() - shown);
}

std::vector<std::pair<std::string, Shape>> expected_tensors(const ModelConfig& config,
                                                            const TensorMap& tensors) {
  auto expected = parameters_of(config);
  const auto lm_head = tensors.find("lm_head.weight");
  const bool pretraining = lm_head != tensors.end() || tensors.contains("mask_token");
  if (config.num_classes > 0 || !pretraining) return expected;
  const bool matrix = lm_head != tensors.end() && lm_head->second.shape().size() == 2;
  const int64_t target_dim = matrix ? lm_head->second.size(0) : 0;
  for (auto& parameter : pretraining_parameters_of(config, target_dim))
    expected.push_back(std::move(parameter));
  return expected;
}

void check_tensors(const std::string& path,
                   const std::vector<std::pair<std::string, Shape>>& expected,
                   const TensorMap& tensors) {
  std::vector<std::string> missing;
  std::vector<std::string> unexpected;
  std::vector<std::string> reshaped;
  std::set<std::string_view> known;
  for (const auto& [name, shape] : expected) {
    known.insert(name);
    const auto found = tensors.find(name);
    if (found == tensors.end())
      missing.push_back(name);
    else if (found->second.shape() != shape)
      reshaped.push_back(fmt::format("{} (expected {}, found {})", name, to_string(shape),
                                     to_string(found->second.shape())));
  }
  for (const auto& [name, tensor] : tensors)
    if (!known.contains(name)) unexpected.push_back(name);

  std::vector<std::string> differences;
  if (!missing.empty()) differences.push_back("missing " + list_some(missing));
  if (!unexpected.empty()) differences.push_back("unexpected " + list_some(unexpected));
  if (!reshaped.empty()) differences.push_back("of another shape " + list_some(reshaped));
  if (!differences.empty())
    fail("{}: the tensors are not the model's: {}", path, fmt::join(differences, "; "));

  for (const auto& [name, tensor] : tensors) {
    if (!is_floating(tensor.dtype()))
      fail("{}: expected floating-point numbers in {}, found {}", path, name,
           name_of(tensor.dtype()));
    if (has_non_finite(tensor)) fail("{}: {} holds an infinity or a NaN", path, name);
  }
}

}  // namespace evax::weights
