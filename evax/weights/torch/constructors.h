#pragma once

#include "evax/weights/torch/arena.h"
#include "evax/weights/torch/storage.h"

namespace evax::weights::torch {

/// The few names a pickle may import and the few things they may do, all of them the making of
/// plain data. Everything else is refused by name: this is the whole of what a checkpoint can ask
/// of its reader.
class Constructors {
 public:
  Constructors(Arena& arena, StorageTable& storages) : arena_(arena), storages_(storages) {}

  /// The pickle's GLOBAL: Error unless module.name is on the list.
  Value* import(std::string_view module, std::string_view name);
  /// The pickle's REDUCE: callable(*args).
  Value* call(const Value& callable, const Value& args);
  /// The pickle's NEWOBJ: type.__new__(type, *args).
  Value* create(const Value& type, const Value& args);
  /// The pickle's BUILD: gives an object its state.
  void set_state(Value& object, const Value& state);

 private:
  using Maker = Value* (Constructors::*)(const Items& args);
  struct Known {
    std::string_view name;
    Maker maker;  // null: only data
  };
  static const Known* find_known(std::string_view name);

  Value* sequence(const Items& args, Sequence::Kind kind);
  Value* make_set(const Items& args);
  Value* make_frozenset(const Items& args);
  Value* make_size(const Items& args);
  Value* make_bytearray(const Items& args);
  Value* make_ordered_dict(const Items& args);
  Value* make_default_dict(const Items& args);
  Value* encode(const Items& args);
  Value* make_device(const Items& args);
  Value* rebuild_tensor(const Items& args);
  Value* rebuild_parameter(const Items& args);
  Value* make_dtype(const Items& args);
  Value* reconstruct_array(const Items& args);
  Value* make_scalar(const Items& args);

  void set_dtype_state(NumpyDType& dtype, const Items& state);
  void set_array_state(NumpyArray& array, const Items& state);

  [[noreturn]] void misused(std::string_view name) const;
  Shape shape_from(const Value& value, std::string_view name) const;

  Arena& arena_;
  StorageTable& storages_;
};

}  // namespace evax::weights::torch
