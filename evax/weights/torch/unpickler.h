#pragma once

#include <functional>
#include <span>
#include <vector>

#include "evax/weights/torch/arena.h"
#include "evax/weights/torch/constructors.h"
#include "evax/weights/torch/opcodes.h"

namespace evax::weights::torch {

/// Reads one pickle (protocols 2 to 5) as plain data. It is an interpreter of Python's pickle
/// machine in which imports and calls go to Constructors, so nothing is ever executed. Opcodes that
/// no pickler of these protocols writes, extensions and out-of-band buffers are refused by name.
class Unpickler {
 public:
  /// What a persistent id represents (torch: a storage).
  using PersistentLoad = std::function<Value*(const Value& id)>;

  Unpickler(std::span<const std::byte> bytes, Arena& arena, Constructors& constructors,
            PersistentLoad persistent_load)
      : bytes_(bytes),
        arena_(arena),
        constructors_(constructors),
        persistent_load_(std::move(persistent_load)) {}

  /// The object the pickle describes; throws Error naming the arena's path.
  const Value& load();

  /// Number of bytes read by load(): what follows is not the pickle's.
  size_t position() const { return position_; }

 private:
  // Each returns false when the opcode is not one of its own.
  bool step_constant(Op op);
  bool step_text(Op op);
  bool step_container(Op op);
  bool step_object(Op op);

  // Reading.
  std::string_view take(uint64_t count);
  std::string_view take_line();
  template <typename T>
  T number();
  void begin_frame();
  double big_endian_double();

  // The stack. Items below the last mark belong to an outer container.
  void push(Value* value);
  Value* pop();
  Value& top();
  Items pop_mark();

  // Opcodes.
  Value* integer(std::string_view little_endian);
  void put(uint64_t index);
  void get(uint64_t index);
  void tuple(size_t size);
  void collect(Sequence::Kind kind, Items items);
  void extend(Sequence::Kind kind, const Items& items);
  void set_items(const Items& items);
  void import_from_stack();

  std::span<const std::byte> bytes_;
  size_t position_ = 0;
  size_t frame_end_ = 0;
  Arena& arena_;
  Constructors& constructors_;
  PersistentLoad persistent_load_;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;
  std::vector<Value*> memo_;
};

}  // namespace evax::weights::torch
