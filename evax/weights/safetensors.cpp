#include "evax/weights/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/file_kind.h"
#include "evax/core/json.h"
#include "evax/core/text.h"
#include "evax/weights/safetensors_header.h"

namespace evax::weights {
namespace {

constexpr size_t length_bytes = 8;  // the header's size, little-endian
constexpr uint64_t max_header = 100'000'000;

struct KnownDType {
  std::string_view name;
  uint64_t bits;
};
constexpr KnownDType known_dtypes[] = {{"BOOL", 8},    {"U8", 8},      {"I8", 8},   {"F8_E4M3", 8},
                                       {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F4", 4},   {"F6_E2M3", 6},
                                       {"F6_E3M2", 6}, {"I16", 16},    {"U16", 16}, {"F16", 16},
                                       {"BF16", 16},   {"I32", 32},    {"U32", 32}, {"F32", 32},
                                       {"I64", 64},    {"U64", 64},    {"F64", 64}, {"C64", 64}};

constexpr DType tensor_dtypes[] = {DType::f32, DType::f16, DType::bf16, DType::f64, DType::i64,
                                   DType::i32, DType::i16, DType::i8,   DType::u8,  DType::boolean};

std::optional<uint64_t> byte_size(const Shape& shape, uint64_t bits) {
  uint64_t size = bits;
  for (const int64_t dimension : shape)
    if (__builtin_mul_overflow(size, static_cast<uint64_t>(dimension), &size)) return std::nullopt;
  return size % 8 == 0 ? std::optional(size / 8) : std::nullopt;
}

void check_declaration(const std::string& name, const SafetensorsDeclaration& tensor,
                       const std::string& path) {
  const auto* known = std::find_if(std::begin(known_dtypes), std::end(known_dtypes),
                                   [&](const auto& dtype) { return dtype.name == tensor.dtype; });
  if (known == std::end(known_dtypes))
    fail("{}: '{}' has the unknown dtype '{}'", path, name, tensor.dtype);
  if (tensor.end < tensor.begin)
    fail("{}: '{}' ends at byte {}, before it begins at {}", path, name, tensor.end, tensor.begin);
  const auto size = byte_size(tensor.shape, known->bits);
  if (!size) fail("{}: '{}' has the impossible shape {}", path, name, to_string(tensor.shape));
  if (*size != tensor.end - tensor.begin)
    fail("{}: '{}' of shape {} and dtype {} needs {} bytes, found {}", path, name,
         to_string(tensor.shape), tensor.dtype, *size, tensor.end - tensor.begin);
}

/// Every byte of the data must belong to exactly one tensor.
void check_coverage(const SafetensorsHeader& header, uint64_t data_size, const std::string& path) {
  using Item = std::pair<const std::string, SafetensorsDeclaration>;
  std::vector<const Item*> order;
  for (const Item& item : header.tensors) order.push_back(&item);
  std::sort(order.begin(), order.end(), [](const Item* a, const Item* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  uint64_t position = 0;
  for (const Item* item : order) {
    if (item->second.begin != position)
      fail("{}: expected '{}' to begin at byte {} of the data, found {} ({})", path, item->first,
           position, item->second.begin, item->second.begin < position ? "an overlap" : "a hole");
    position = item->second.end;
  }
  if (position != data_size)
    fail("{}: expected {} bytes of data, found {}", path, position, data_size);
}

// Arguments in the wrong order, mostly. A header's length is below 2^32, so that some of its bytes
// are zero and nothing that begins as text does is a safetensors file.
void refuse_other_kinds(std::span<const std::byte> bytes, const std::string& path) {
  const FileKind kind = kind_of_file(bytes);
  if (kind.name != "a safetensors file" && kind.name != "binary data")
    fail("{}: expected a safetensors file, found {}", path, kind.name);
}

bool data_order(const TensorMap::value_type* a, const TensorMap::value_type* b) {
  const size_t width_a = size_of(a->second.dtype());
  const size_t width_b = size_of(b->second.dtype());
  return width_a != width_b ? width_a > width_b : a->first < b->first;
}

}  // namespace

Safetensors Safetensors::open(const std::string& path) {
  const auto file = MappedFile::open(path);
  return {file->bytes(), file, path};
}

Safetensors::Safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                         std::string path)
    : owner_(std::move(owner)), path_(std::move(path)) {
  uint64_t length = 0;
  // The format asks for this first byte of the header (the JSON parser alone would skip a byte
  // order mark); what another kind of file has before it is no length.
  if (bytes.size() <= length_bytes || bytes[length_bytes] != std::byte{'{'})
    fail("{}: expected a safetensors file, found {}", path_, kind_of_file(bytes).name);
  std::memcpy(&length, bytes.data(), length_bytes);
  refuse_other_kinds(bytes, path_);
  if (length > max_header)
    fail("{}: expected a safetensors header of at most {} bytes, found {}", path_, max_header,
         length);
  if (length > bytes.size() - length_bytes)
    fail("{}: expected a safetensors header of {} bytes, found {} bytes in the file", path_, length,
         bytes.size() - length_bytes);
  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + length_bytes, length);
  SafetensorsHeader header = parse_safetensors_header(json, path_);
  const auto data = bytes.subspan(length_bytes + length);
  for (const auto& [name, tensor] : header.tensors) check_declaration(name, tensor, path_);
  check_coverage(header, data.size(), path_);
  for (auto& [name, tensor] : header.tensors)
    entries_[name] = {std::move(tensor.dtype), std::move(tensor.shape),
                      data.subspan(tensor.begin, tensor.end - tensor.begin)};
  metadata_ = std::move(header.metadata);
}

Tensor Safetensors::tensor(const std::string& name) const {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) fail("{}: no tensor is called '{}'", path_, name);
  const auto& [dtype_name, shape, bytes] = entry->second;
  for (const DType dtype : tensor_dtypes)
    if (name_of(dtype) == dtype_name) return {dtype, shape, bytes, owner_};
  fail("{}: '{}' is of dtype {}, which evax does not support", path_, name, dtype_name);
}

TensorMap Safetensors::tensors() const {
  TensorMap tensors;
  for (const auto& entry : entries_) tensors.emplace(entry.first, tensor(entry.first));
  return tensors;
}

void save_safetensors(const std::string& path, const TensorMap& tensors, const TextMap& metadata) {
  std::vector<const TensorMap::value_type*> order;
  for (const auto& item : tensors) order.push_back(&item);
  std::sort(order.begin(), order.end(), data_order);
  std::map<std::string_view, size_t> begins;
  size_t position = 0;
  for (const auto* item : order) {
    begins[item->first] = position;
    position += item->second.bytes().size();
  }

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  for (const auto& [name, tensor] : tensors)
    add_new(header, name,
            {{"dtype", name_of(tensor.dtype())},
             {"shape", tensor.shape()},
             {"data_offsets", {begins[name], begins[name] + tensor.bytes().size()}}});
  std::string json = header.dump();
  json.append((8 - json.size() % 8) % 8, ' ');
  const uint64_t length = json.size();
  if (length > max_header) fail("{}: the safetensors header would exceed 100 MB", path);

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(json);
  for (const auto* item : order) file.write(item->second.bytes());
  file.commit();
}

}  // namespace evax::weights
