#include "evax/weights/safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "evax/core/error.h"

namespace evax::weights {
namespace {

constexpr size_t max_dimensions = 64;

class Handler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(const std::string& path) : path_(path) {}

  SafetensorsHeader take() {
    if (level_ != Level::done) refuse("a JSON object");
    return std::move(header_);
  }

  bool start_object(size_t) override {
    switch (level_) {
      case Level::start: level_ = Level::header; return true;
      case Level::metadata_value: level_ = Level::metadata; return true;
      case Level::tensor_value:
        level_ = Level::tensor;
        fields_.clear();
        tensor_ = {};
        return true;
      default: refuse(expected_here());
    }
  }

  bool key(std::string& key) override {
    if (level_ == Level::header) {
      if (!names_.insert(key).second) fail("{}: '{}' is declared twice", path_, key);
      name_ = key;
      level_ = key == "__metadata__" ? Level::metadata_value : Level::tensor_value;
    } else if (level_ == Level::metadata) {
      if (header_.metadata.contains(key))
        fail("{}: '{}' is declared twice in __metadata__", path_, key);
      metadata_key_ = key;
      level_ = Level::metadata_text;
    } else {
      if (!fields_.insert(key).second) fail("{}: '{}' declares {} twice", path_, name_, key);
      if (key == "dtype")
        level_ = Level::dtype;
      else if (key == "shape")
        level_ = Level::shape;
      else if (key == "data_offsets")
        level_ = Level::offsets;
      else
        fail("{}: '{}' has the unknown field '{}'", path_, name_, key);
    }
    return true;
  }

  bool end_object() override {
    switch (level_) {
      case Level::header: level_ = Level::done; return true;
      case Level::metadata: level_ = Level::header; return true;
      default:  // Level::tensor: the parser itself balances braces
        if (fields_.size() != 3) fail("{}: '{}' needs dtype, shape and data_offsets", path_, name_);
        header_.tensors.emplace(name_, std::move(tensor_));
        level_ = Level::header;
        return true;
    }
  }

  bool start_array(size_t) override {
    if ((level_ != Level::shape && level_ != Level::offsets) || in_array_) refuse(expected_here());
    in_array_ = true;
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    if (level_ == Level::offsets && offsets_ != 2)
      fail("{}: '{}' needs two data_offsets, found {}", path_, name_, offsets_);
    in_array_ = false;
    level_ = Level::tensor;
    return true;
  }

  bool number_unsigned(uint64_t value) override {
    if (!in_array_) refuse(expected_here());
    if (level_ == Level::shape) {
      if (tensor_.shape.size() == max_dimensions)
        fail("{}: '{}' has more than {} dimensions", path_, name_, max_dimensions);
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        fail("{}: '{}' has the dimension {}", path_, name_, value);
      tensor_.shape.push_back(static_cast<int64_t>(value));
    } else {
      if (offsets_ == 0) tensor_.begin = value;
      if (offsets_ == 1) tensor_.end = value;
      ++offsets_;
    }
    return true;
  }

  bool string(std::string& text) override {
    if (level_ == Level::metadata_text) {
      header_.metadata.emplace(std::move(metadata_key_), std::move(text));
      level_ = Level::metadata;
    } else if (level_ == Level::dtype) {
      tensor_.dtype = std::move(text);
      level_ = Level::tensor;
    } else {
      refuse(expected_here());
    }
    return true;
  }

  bool null() override { refuse(expected_here()); }
  bool boolean(bool) override { refuse(expected_here()); }
  bool number_integer(int64_t) override { refuse(expected_here()); }
  bool number_float(double, const std::string&) override { refuse(expected_here()); }
  bool binary(nlohmann::json::binary_t&) override { refuse(expected_here()); }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fail("{}: the safetensors header is not valid JSON at byte {}", path_, position);
  }

 private:
  enum class Level {
    start,
    header,          // between two keys of the header
    metadata_value,  // after the key __metadata__
    metadata,
    metadata_text,
    tensor_value,  // after a tensor's name
    tensor,
    dtype,
    shape,
    offsets,
    done,
  };

  std::string_view expected_here() const {
    switch (level_) {
      case Level::metadata_value: return "__metadata__ to be an object";
      case Level::metadata_text: return "__metadata__ to contain only strings";
      case Level::tensor_value: return "a tensor to be an object";
      case Level::dtype: return "dtype to be a text";
      case Level::shape: return "shape to be a list of whole numbers";
      case Level::offsets: return "data_offsets to be a list of whole numbers";
      default: return "a JSON object";
    }
  }
  [[noreturn]] void refuse(std::string_view expected) const {
    if (name_.empty()) fail("{}: expected {} in the safetensors header", path_, expected);
    fail("{}: expected {} in the safetensors header at '{}'", path_, expected, name_);
  }

  const std::string& path_;
  SafetensorsHeader header_;
  Level level_ = Level::start;
  bool in_array_ = false;
  size_t offsets_ = 0;
  std::set<std::string> names_;
  std::set<std::string> fields_;
  std::string name_;
  std::string metadata_key_;
  SafetensorsDeclaration tensor_;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& path) {
  // The parser takes a zero byte for the end of the text; the reference refuses it.
  if (const size_t zero = json.find('\0'); zero != std::string_view::npos)
    fail("{}: the safetensors header is not valid JSON at byte {}: a zero byte", path, zero);
  Handler handler(path);
  nlohmann::json::sax_parse(json, &handler);
  return handler.take();
}

}  // namespace evax::weights
