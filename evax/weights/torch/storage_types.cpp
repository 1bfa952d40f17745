#include "evax/weights/torch/storage_types.h"

#include <stdexcept>

namespace evax::weights::torch {
namespace {

struct StorageType {
  std::string_view name;
  DType dtype;
};
constexpr StorageType types[] = {{"FloatStorage", DType::f32},     {"HalfStorage", DType::f16},
                                 {"BFloat16Storage", DType::bf16}, {"DoubleStorage", DType::f64},
                                 {"LongStorage", DType::i64},      {"IntStorage", DType::i32},
                                 {"ShortStorage", DType::i16},     {"CharStorage", DType::i8},
                                 {"ByteStorage", DType::u8},       {"BoolStorage", DType::boolean}};

}  // namespace

std::string_view storage_name(DType dtype) {
  for (const StorageType& type : types)
    if (type.dtype == dtype) return type.name;
  throw std::logic_error("a dtype without a storage class");
}

std::optional<DType> storage_dtype(std::string_view qualified_name) {
  constexpr std::string_view module = "torch.";
  if (!qualified_name.starts_with(module)) return std::nullopt;
  for (const StorageType& type : types)
    if (type.name == qualified_name.substr(module.size())) return type.dtype;
  return std::nullopt;
}

}  // namespace evax::weights::torch
