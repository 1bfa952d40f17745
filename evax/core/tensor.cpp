#include "evax/core/tensor.h"

#include <cstring>

#include "evax/core/error.h"
#include "evax/core/float16.h"

namespace evax {
namespace {

struct DTypeInfo {
  std::string_view name;
  size_t size;
  bool floating;
};

const DTypeInfo& info_of(DType dtype) {
  static constexpr DTypeInfo table[] = {
      {"F32", 4, true},  {"F16", 2, true},  {"BF16", 2, true}, {"F64", 8, true}, {"I64", 8, false},
      {"I32", 4, false}, {"I16", 2, false}, {"I8", 1, false},  {"U8", 1, false}, {"BOOL", 1, false},
  };
  return table[static_cast<size_t>(dtype)];
}

template <typename T>
T load(const std::byte* bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

// A loop for each type: vectors take the common ones.
template <typename T, typename Convert>
void convert(const std::byte* bytes, int64_t count, float* values, const Convert& to_float) {
  for (int64_t i = 0; i < count; ++i) values[i] = to_float(load<T>(bytes, i));
}

float load_as_float(DType dtype, const std::byte* bytes, int64_t i) {
  switch (dtype) {
    case DType::f32: return load<float>(bytes, i);
    case DType::f16: return f16_to_float(load<uint16_t>(bytes, i));
    case DType::bf16: return bf16_to_float(load<uint16_t>(bytes, i));
    case DType::f64: return static_cast<float>(load<double>(bytes, i));
    case DType::i64: return static_cast<float>(load<int64_t>(bytes, i));
    case DType::i32: return static_cast<float>(load<int32_t>(bytes, i));
    case DType::i16: return static_cast<float>(load<int16_t>(bytes, i));
    case DType::i8: return static_cast<float>(load<int8_t>(bytes, i));
    case DType::u8:
    case DType::boolean: return static_cast<float>(load<uint8_t>(bytes, i));
  }
  throw std::logic_error("unknown dtype");
}

}  // namespace

size_t size_of(DType dtype) { return info_of(dtype).size; }
std::string_view name_of(DType dtype) { return info_of(dtype).name; }
bool is_floating(DType dtype) { return info_of(dtype).floating; }

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (const int64_t dimension : shape) {
    if (dimension < 0) fail("a tensor shape has the negative dimension {}", dimension);
    if (__builtin_mul_overflow(count, dimension, &count))
      fail("a tensor shape has more than 2^63 elements");
  }
  return count;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), elements_(element_count(shape_)) {
  const size_t size = static_cast<size_t>(elements_) * size_of(dtype);
  auto storage = std::make_shared<std::vector<std::byte>>(size);
  writable_ = storage->data();
  bytes_ = *storage;
  owner_ = std::move(storage);
}

Tensor::Tensor(DType dtype, Shape shape, std::span<const std::byte> bytes,
               std::shared_ptr<const void> owner)
    : dtype_(dtype),
      shape_(std::move(shape)),
      elements_(element_count(shape_)),
      bytes_(bytes),
      owner_(std::move(owner)) {
  if (bytes.size() / size_of(dtype) != static_cast<size_t>(elements_) ||
      bytes.size() % size_of(dtype) != 0)
    fail("a {} tensor of shape {} needs {} elements, found {} bytes", name_of(dtype),
         to_string(shape_), elements_, bytes.size());
}

Tensor Tensor::from_floats(Shape shape, std::span<const float> values) {
  Tensor tensor(DType::f32, std::move(shape));
  if (static_cast<size_t>(tensor.elements_) != values.size())
    throw std::logic_error("from_floats: shape and values differ in size");
  if (!values.empty()) std::memcpy(tensor.writable_, values.data(), values.size_bytes());
  return tensor;
}

std::span<std::byte> Tensor::mutable_bytes() {
  if (writable_ == nullptr) throw std::logic_error("a tensor view is read-only");
  return {writable_, bytes_.size()};
}

std::span<const float> Tensor::floats() const {
  if (dtype_ != DType::f32) throw std::logic_error("floats(): the tensor is not F32");
  if (reinterpret_cast<uintptr_t>(bytes_.data()) % alignof(float) != 0)
    throw std::logic_error("floats(): the bytes are not aligned; use to_f32()");
  return {reinterpret_cast<const float*>(bytes_.data()), static_cast<size_t>(elements_)};
}

std::span<float> Tensor::mutable_floats() {
  const auto values = floats();
  mutable_bytes();
  return {const_cast<float*>(values.data()), values.size()};
}

Tensor Tensor::to_f32() const {
  const bool aligned = reinterpret_cast<uintptr_t>(bytes_.data()) % alignof(float) == 0;
  if (dtype_ == DType::f32 && aligned) return *this;
  Tensor out(DType::f32, shape_);
  float* values = reinterpret_cast<float*>(out.writable_);
  if (dtype_ == DType::f16)
    convert<uint16_t>(bytes_.data(), elements_, values, f16_to_float);
  else if (dtype_ == DType::bf16)
    convert<uint16_t>(bytes_.data(), elements_, values, bf16_to_float);
  else
    for (int64_t i = 0; i < elements_; ++i) values[i] = load_as_float(dtype_, bytes_.data(), i);
  return out;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  if (!is_floating(dtype) || !is_floating(dtype_))
    throw std::logic_error("Tensor::to converts floating dtypes only");
  Tensor out(dtype, shape_);
  for (int64_t i = 0; i < elements_; ++i) {
    const float value = load_as_float(dtype_, bytes_.data(), i);
    std::byte* target = out.writable_ + i * static_cast<int64_t>(size_of(dtype));
    if (dtype == DType::f32) {
      std::memcpy(target, &value, sizeof value);
    } else if (dtype == DType::f64) {
      const double wide = value;
      std::memcpy(target, &wide, sizeof wide);
    } else {
      const uint16_t bits = dtype == DType::f16 ? float_to_f16(value) : float_to_bf16(value);
      std::memcpy(target, &bits, sizeof bits);
    }
  }
  return out;
}

Tensor Tensor::reshaped(Shape shape) const {
  if (element_count(shape) != elements_)
    fail("cannot view a tensor of shape {} as {}", to_string(shape_), to_string(shape));
  Tensor out = *this;
  out.shape_ = std::move(shape);
  return out;
}

}  // namespace evax
