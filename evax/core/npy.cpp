#include "evax/core/npy.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "evax/core/error.h"
#include "evax/core/file.h"

namespace evax {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);

struct Descr {
  DType dtype;
  std::string_view name;
};
constexpr Descr descrs[] = {
    {DType::f32, "<f4"}, {DType::f16, "<f2"}, {DType::f64, "<f8"},
    {DType::i64, "<i8"}, {DType::i32, "<i4"}, {DType::i16, "<i2"},
    {DType::i8, "|i1"},  {DType::u8, "|u1"},  {DType::boolean, "|b1"},
};

// The header is a Python dict literal; NumPy itself always writes it in this one form:
// {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class Header {
 public:
  Header(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  std::string_view string_value(std::string_view key) const {
    std::string_view rest = after(key);
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"')) malformed(key);
    const size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos) malformed(key);
    return rest.substr(1, end - 1);
  }

  bool is_false(std::string_view key) const { return after(key).starts_with("False"); }

  Shape shape() const {
    std::string_view rest = after("shape");
    const size_t end = rest.find(')');
    if (!rest.starts_with('(') || end == std::string_view::npos) malformed("shape");
    Shape shape;
    int64_t number = -1;  // -1: no digit yet
    for (const char c : rest.substr(1, end)) {
      if (c >= '0' && c <= '9') {
        number = std::max<int64_t>(number, 0) * 10 + (c - '0');
        if (number > (int64_t{1} << 48)) malformed("shape");
      } else if (c == ',' || c == ')') {
        if (number >= 0) shape.push_back(number);
        number = -1;
      } else if (c != ' ') {
        malformed("shape");
      }
    }
    return shape;
  }

 private:
  std::string_view after(std::string_view key) const {
    for (const char quote : {'\'', '"'}) {
      const std::string quoted = fmt::format("{}{}{}", quote, key, quote);
      const size_t at = text_.find(quoted);
      if (at == std::string_view::npos) continue;
      std::string_view rest = text_.substr(at + quoted.size());
      const size_t value = rest.find_first_not_of(": ");
      if (value != std::string_view::npos) return rest.substr(value);
    }
    malformed(key);
  }
  [[noreturn]] void malformed(std::string_view key) const {
    fail("{}: expected a .npy header with '{}', found a malformed one", path_, key);
  }

  std::string_view text_;
  const std::string& path_;
};

}  // namespace

Tensor read_npy(const std::string& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 12 || !text.starts_with(magic)) fail("{}: expected a .npy file", path);
  const bool wide = text[6] >= 2;
  uint32_t length = 0;
  std::memcpy(&length, text.data() + 8, wide ? 4 : 2);
  const size_t start = (wide ? 12 : 10) + static_cast<size_t>(length);
  if (start > text.size())
    fail("{}: expected a .npy header of {} bytes, found the end", path, length);

  const Header header(text.substr(0, start), path);
  const std::string_view descr = header.string_value("descr");
  std::optional<DType> dtype;
  for (const Descr& known : descrs)
    if (known.name == descr) dtype = known.dtype;
  if (!dtype) fail("{}: expected a little-endian number dtype, found '{}'", path, descr);
  const Shape shape = header.shape();
  if (!header.is_false("fortran_order") && shape.size() > 1)
    fail("{}: expected C order, found Fortran order", path);

  int64_t size = 0;
  if (__builtin_mul_overflow(element_count(shape), static_cast<int64_t>(size_of(*dtype)), &size) ||
      static_cast<uint64_t>(size) > text.size() - start)
    fail("{}: expected {} {} values, found {} bytes", path, to_string(shape), name_of(*dtype),
         text.size() - start);
  return Tensor(*dtype, shape, bytes.subspan(start, static_cast<size_t>(size)), file);
}

namespace {

// Always 128 bytes or a multiple of 64 beyond, so that the writer below can fill it in last.
std::string header_of(DType dtype, const Shape& shape) {
  std::string_view descr;
  for (const Descr& known : descrs)
    if (known.dtype == dtype) descr = known.name;
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 descr, fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  constexpr size_t preamble = 10;  // magic, version, length
  constexpr size_t alignment = 64;
  const size_t size =
      std::max(2 * alignment, (preamble + dict.size() + alignment) / alignment * alignment);
  dict.resize(size - preamble - 1, ' ');
  dict += '\n';
  const auto length = static_cast<uint16_t>(dict.size());
  std::string header(magic);
  header += std::string("\x01\x00", 2);
  header.append(reinterpret_cast<const char*>(&length), sizeof length);
  return header + dict;
}

}  // namespace

void write_npy(const std::string& path, const Tensor& tensor) {
  if (tensor.dtype() == DType::bf16) return write_npy(path, tensor.to_f32());
  AtomicFile file(path);
  file.write(header_of(tensor.dtype(), tensor.shape()));
  file.write(tensor.bytes());
  file.commit();
}

NpyWriter::NpyWriter(const std::string& path, Shape row)
    : file_(path, AtomicFile::Start::rewritten), row_(std::move(row)) {
  row_.insert(row_.begin(), 0);
  file_.write(header_of(DType::f32, row_));
}

void NpyWriter::append(std::span<const float> values) {
  file_.write(std::as_bytes(values));
  ++rows_;
}

void NpyWriter::commit() {
  row_[0] = rows_;
  file_.rewrite_start(header_of(DType::f32, row_));
  file_.commit();
}

}  // namespace evax
