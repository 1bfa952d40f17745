#include "evax/weights/torch/constructors.h"

#include <algorithm>

#include "evax/core/error.h"
#include "evax/weights/torch/storage_types.h"

namespace evax::weights::torch {
namespace {

constexpr size_t max_dimensions = 64;

/// Modules that were renamed, under one name.
std::string canonical(std::string_view module, std::string_view name) {
  if (module == "__builtin__") module = "builtins";
  if (module == "numpy._core.multiarray") module = "numpy.core.multiarray";
  return fmt::format("{}.{}", module, name);
}

/// Python writes bytes in protocol 2 as the text of their latin-1 decoding.
std::optional<std::string> latin1_bytes(std::string_view utf8) {
  std::string bytes;
  bytes.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      bytes += utf8[i];
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < utf8.size() &&
               (static_cast<unsigned char>(utf8[i + 1]) & 0xC0U) == 0x80) {
      ++i;
      const unsigned low = static_cast<unsigned char>(utf8[i]) & 0x3FU;
      bytes += static_cast<char>(((lead & 0x03U) << 6U) | low);
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

const Items* items_of(const Value& value, Sequence::Kind kind) {
  const auto* sequence = value.get<Sequence>();
  return sequence != nullptr && sequence->kind == kind ? &sequence->items : nullptr;
}

const Items* list_or_tuple(const Value& value) {
  const Items* items = items_of(value, Sequence::Kind::list);
  return items != nullptr ? items : items_of(value, Sequence::Kind::tuple);
}

}  // namespace

const Constructors::Known* Constructors::find_known(std::string_view name) {
  static constexpr Known known[] = {
      {"_codecs.encode", &Constructors::encode},
      {"argparse.Namespace", nullptr},  // NEWOBJ only
      {"builtins.bool", nullptr},
      {"builtins.bytearray", &Constructors::make_bytearray},
      {"builtins.dict", nullptr},
      {"builtins.float", nullptr},
      {"builtins.frozenset", &Constructors::make_frozenset},
      {"builtins.int", nullptr},
      {"builtins.list", nullptr},
      {"builtins.set", &Constructors::make_set},
      {"builtins.str", nullptr},
      {"builtins.tuple", nullptr},
      {"collections.OrderedDict", &Constructors::make_ordered_dict},
      {"collections.defaultdict", &Constructors::make_default_dict},
      {"numpy.core.multiarray._reconstruct", &Constructors::reconstruct_array},
      {"numpy.core.multiarray.scalar", &Constructors::make_scalar},
      {"numpy.dtype", &Constructors::make_dtype},
      {"numpy.ndarray", nullptr},
      {"torch.Size", &Constructors::make_size},
      {"torch._utils._rebuild_parameter", &Constructors::rebuild_parameter},
      {"torch._utils._rebuild_tensor", &Constructors::rebuild_tensor},
      {"torch._utils._rebuild_tensor_v2", &Constructors::rebuild_tensor},
      {"torch.bfloat16", nullptr},
      {"torch.bool", nullptr},
      {"torch.device", &Constructors::make_device},
      {"torch.float16", nullptr},
      {"torch.float32", nullptr},
      {"torch.float64", nullptr},
      {"torch.int16", nullptr},
      {"torch.int32", nullptr},
      {"torch.int64", nullptr},
      {"torch.int8", nullptr},
      {"torch.uint8", nullptr},
  };
  const auto* found = std::lower_bound(
      std::begin(known), std::end(known), name,
      [](const Known& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != std::end(known) && found->name == name ? found : nullptr;
}

Value* Constructors::import(std::string_view module, std::string_view name) {
  const std::string full = canonical(module, name);
  if (storage_dtype(full)) return arena_.make(Global{arena_.keep(full)});
  const Known* known = find_known(full);
  if (known == nullptr)
    fail("{}: refuses to call {}.{}: a checkpoint may contain only tensors and plain data",
         arena_.path(), module, name);
  return arena_.make(Global{known->name});
}

Value* Constructors::call(const Value& callable, const Value& args) {
  const auto* global = callable.get<Global>();
  const Items* items = items_of(args, Sequence::Kind::tuple);
  if (global == nullptr || items == nullptr)
    fail("{}: refuses to call {} with {}", arena_.path(), describe(callable), describe(args));
  const Known* known = find_known(global->name);
  if (known == nullptr || known->maker == nullptr)
    fail("{}: refuses to call {}", arena_.path(), global->name);
  return (this->*known->maker)(*items);
}

Value* Constructors::create(const Value& type, const Value& args) {
  const auto* global = type.get<Global>();
  const Items* items = items_of(args, Sequence::Kind::tuple);
  if (global == nullptr || items == nullptr || !items->empty() ||
      global->name != "argparse.Namespace")
    fail("{}: refuses to create {} from {}", arena_.path(), describe(type), describe(args));
  return arena_.make(Namespace{});
}

void Constructors::set_state(Value& object, const Value& state) {
  const bool is_dict = state.get<Dict>() != nullptr;
  const Items* items = items_of(state, Sequence::Kind::tuple);
  if (auto* space = std::get_if<Namespace>(&object.data); space != nullptr && is_dict) {
    arena_.nest(object, state);
    space->attributes = &state;
  } else if (object.get<Dict>() != nullptr && is_dict) {
    // The _metadata of a state dict: module versions, of no use here.
  } else if (auto* dtype = std::get_if<NumpyDType>(&object.data); dtype != nullptr && items) {
    set_dtype_state(*dtype, *items);
  } else if (auto* array = std::get_if<std::shared_ptr<NumpyArray>>(&object.data);
             array != nullptr && items != nullptr) {
    set_array_state(**array, *items);
  } else {
    fail("{}: refuses to set the state of {} from {}", arena_.path(), describe(object),
         describe(state));
  }
}

void Constructors::misused(std::string_view name) const {
  fail("{}: the pickle calls {} with unknown arguments", arena_.path(), name);
}

Value* Constructors::sequence(const Items& args, Sequence::Kind kind) {
  const Items* items = args.size() == 1 ? list_or_tuple(*args[0]) : nullptr;
  if (!args.empty() && items == nullptr) misused("a container");
  if (items == nullptr) return arena_.make(Sequence{kind, {}});
  arena_.charge(items->size() * sizeof(Items::value_type));
  Value* made = arena_.make(Sequence{kind, *items});
  for (const Value* item : *items) arena_.nest(*made, *item);
  return made;
}

Value* Constructors::make_set(const Items& args) { return sequence(args, Sequence::Kind::set); }
Value* Constructors::make_frozenset(const Items& args) {
  return sequence(args, Sequence::Kind::frozenset);
}
Value* Constructors::make_size(const Items& args) { return sequence(args, Sequence::Kind::size); }

Value* Constructors::make_bytearray(const Items& args) {
  if (args.empty()) return arena_.make(Blob{});
  if (args.size() == 1 && args[0]->get<Blob>() != nullptr)
    return arena_.make(*args[0]->get<Blob>());
  return encode(args);
}

Value* Constructors::make_ordered_dict(const Items& args) {
  Dict dict;
  if (args.size() > 1) misused("collections.OrderedDict");
  const Items* pairs = args.empty() ? nullptr : list_or_tuple(*args[0]);
  if (!args.empty() && pairs == nullptr) misused("collections.OrderedDict");
  Value* made = arena_.make(std::move(dict));
  if (pairs == nullptr) return made;
  arena_.charge(2 * pairs->size() * sizeof(Items::value_type));
  for (const Value* pair : *pairs) {  // as Python 2 wrote them
    const Items* parts = list_or_tuple(*pair);
    if (parts == nullptr || parts->size() != 2) misused("collections.OrderedDict");
    arena_.nest(*made, *(*parts)[1]);
    std::get<Dict>(made->data).items.emplace_back((*parts)[0], (*parts)[1]);
  }
  return made;
}

Value* Constructors::make_default_dict(const Items& args) {
  if (args.size() > 1 ||
      (args.size() == 1 && args[0]->get<Global>() == nullptr && args[0]->get<None>() == nullptr))
    misused("collections.defaultdict");
  return arena_.make(Dict{});  // without the default: nothing is ever looked up by the pickle
}

Value* Constructors::encode(const Items& args) {
  const auto* text = args.empty() ? nullptr : args[0]->get<Text>();
  const auto* codec = args.size() == 2 ? args[1]->get<Text>() : nullptr;
  if (text == nullptr || codec == nullptr || (codec->utf8 != "latin1" && codec->utf8 != "latin-1"))
    misused("_codecs.encode");
  arena_.charge(text->utf8.size());
  auto bytes = latin1_bytes(text->utf8);
  if (!bytes) misused("_codecs.encode");
  return arena_.make(Blob{arena_.keep(std::move(*bytes))});
}

Value* Constructors::make_device(const Items& args) {
  const auto* type = args.empty() || args.size() > 2 ? nullptr : args[0]->get<Text>();
  if (type == nullptr) misused("torch.device");
  return arena_.make(*type);
}

Shape Constructors::shape_from(const Value& value, std::string_view name) const {
  const auto* sequence = value.get<Sequence>();
  if (sequence == nullptr || sequence->items.size() > max_dimensions) misused(name);
  Shape shape;
  for (const Value* item : sequence->items) {
    const auto* dimension = item->get<int64_t>();
    if (dimension == nullptr || *dimension < 0) misused(name);
    shape.push_back(*dimension);
  }
  return shape;
}

// (storage, offset, size, stride[, requires_grad, backward_hooks[, metadata]])
Value* Constructors::rebuild_tensor(const Items& args) {
  constexpr std::string_view name = "torch._utils._rebuild_tensor";
  if (args.size() < 4) misused(name);
  const auto* storage = args[0]->get<StorageRef>();
  const auto* offset = args[1]->get<int64_t>();
  if (storage == nullptr || offset == nullptr) misused(name);
  const auto view = std::make_shared<const TensorView>(
      TensorView{storage->index, *offset, shape_from(*args[2], name), shape_from(*args[3], name)});
  if (view->shape.size() != view->strides.size()) misused(name);
  storages_.check(*view);
  arena_.charge(sizeof(TensorView) + 2 * sizeof(int64_t) * view->shape.size());
  return arena_.make(view);
}

Value* Constructors::rebuild_parameter(const Items& args) {
  if (args.empty() || args[0]->tensor() == nullptr) misused("torch._utils._rebuild_parameter");
  return arena_.make(Value(*args[0]).data);
}

Value* Constructors::make_dtype(const Items& args) {
  const auto* code = args.empty() ? nullptr : args[0]->get<Text>();
  if (code == nullptr) misused("numpy.dtype");
  return arena_.make(NumpyDType{code->utf8});
}

// (3, byte order, subarray, names, fields, size, alignment, flags)
void Constructors::set_dtype_state(NumpyDType& dtype, const Items& state) {
  const auto* order = state.size() < 2 ? nullptr : state[1]->get<Text>();
  if (order == nullptr) misused("numpy.dtype");
  dtype.big_endian = order->utf8 == ">";
}

Value* Constructors::reconstruct_array(const Items& args) {
  const auto* type = args.empty() ? nullptr : args[0]->get<Global>();
  if (type == nullptr || type->name != "numpy.ndarray") misused("numpy.core.multiarray");
  arena_.charge(sizeof(NumpyArray));
  return arena_.make(std::make_shared<NumpyArray>());
}

// (version, shape, dtype, is_fortran, bytes)
void Constructors::set_array_state(NumpyArray& array, const Items& state) {
  constexpr std::string_view name = "numpy.ndarray";
  if (state.size() != 5) misused(name);
  const auto* dtype = state[2]->get<NumpyDType>();
  const auto* bytes = state[4]->get<Blob>();
  if (dtype == nullptr || bytes == nullptr) misused(name);
  array.shape = shape_from(*state[1], name);
  arena_.charge(sizeof(int64_t) * array.shape.size());
  array.dtype = *dtype;
  array.bytes = bytes->bytes;
}

Value* Constructors::make_scalar(const Items& args) {
  const auto* dtype = args.size() != 2 ? nullptr : args[0]->get<NumpyDType>();
  const auto* bytes = args.size() != 2 ? nullptr : args[1]->get<Blob>();
  if (dtype == nullptr || bytes == nullptr) misused("numpy.core.multiarray.scalar");
  arena_.charge(sizeof(NumpyArray));
  return arena_.make(std::make_shared<NumpyArray>(NumpyArray{*dtype, {}, bytes->bytes}));
}

}  // namespace evax::weights::torch
