#include "evax/weights/torch/save.h"

#include <map>
#include <string_view>

#include "evax/core/error.h"
#include "evax/weights/torch/opcodes.h"
#include "evax/weights/torch/storage_types.h"
#include "evax/weights/torch/zip.h"

namespace evax::weights::torch {
namespace {

/// Writes pickle protocol 2, without the memo: nothing here is written twice but short names.
class Pickler {
 public:
  Pickler& op(Op opcode) {
    bytes_ += static_cast<char>(opcode);
    return *this;
  }
  Pickler& text(std::string_view text) {
    op(Op::binunicode);
    little_endian(text.size(), 4);
    bytes_ += text;
    return *this;
  }
  Pickler& integer(int64_t value) {
    constexpr int size = 8;
    op(Op::long1);
    bytes_ += static_cast<char>(size);
    little_endian(static_cast<uint64_t>(value), size);
    return *this;
  }
  Pickler& global(std::string_view module, std::string_view name) {
    op(Op::global);
    bytes_ += fmt::format("{}\n{}\n", module, name);
    return *this;
  }
  Pickler& sizes(const Shape& sizes) {
    op(Op::mark);
    for (const int64_t size : sizes) integer(size);
    return op(Op::tuple);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void little_endian(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i));
  }

  std::string bytes_;
};

Shape contiguous_strides(const Shape& shape) {
  Shape strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, OrderedDict())
void write_tensor(Pickler& pickle, const Tensor& tensor, size_t storage) {
  pickle.global("torch._utils", "_rebuild_tensor_v2").op(Op::mark);
  pickle.op(Op::mark).text("storage").global("torch", storage_name(tensor.dtype()));
  pickle.text(std::to_string(storage)).text("cpu").integer(tensor.elements());
  pickle.op(Op::tuple).op(Op::binpersid);
  pickle.integer(0).sizes(tensor.shape()).sizes(contiguous_strides(tensor.shape()));
  pickle.op(Op::newfalse);
  pickle.global("collections", "OrderedDict").op(Op::empty_tuple).op(Op::reduce);
  pickle.op(Op::tuple).op(Op::reduce);
}

}  // namespace

void save(const std::string& path, const StateDict& tensors, const std::string& wrapper,
          const std::map<std::string, std::string>& records) {
  std::vector<const Tensor*> storages;
  std::map<std::pair<const std::byte*, DType>, size_t> by_bytes;
  Pickler pickle;
  pickle.op(Op::proto).op(static_cast<Op>(2));
  if (!wrapper.empty()) pickle.op(Op::empty_dict).text(wrapper);
  pickle.op(Op::empty_dict).op(Op::mark);
  for (const auto& [name, tensor] : tensors) {
    const auto [found, is_new] =
        by_bytes.emplace(std::pair(tensor.bytes().data(), tensor.dtype()), storages.size());
    const bool shared = !is_new && storages[found->second]->bytes().size() == tensor.bytes().size();
    const size_t storage = shared ? found->second : storages.size();
    if (!shared) storages.push_back(&tensor);
    pickle.text(name);
    write_tensor(pickle, tensor, storage);
  }
  pickle.op(Op::setitems);
  if (!wrapper.empty()) pickle.op(Op::setitem);
  pickle.op(Op::stop);

  const auto bytes_of = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  ZipWriter zip(path);
  zip.add("archive/data.pkl", {bytes_of(pickle.bytes())});
  zip.add("archive/byteorder", {bytes_of("little")});
  for (size_t i = 0; i < storages.size(); ++i)
    zip.add(fmt::format("archive/data/{}", i), {storages[i]->bytes()});
  zip.add("archive/version", {bytes_of("3\n")});
  for (const auto& [name, text] : records) zip.add("archive/" + name, {bytes_of(text)});
  zip.commit();
}

}  // namespace evax::weights::torch
