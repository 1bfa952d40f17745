#include "evax/weights/torch/unpickler.h"

#include <bit>
#include <cstring>

#include "evax/core/error.h"

namespace evax::weights::torch {
namespace {

constexpr size_t max_marks = 1000;
constexpr size_t max_stack = 4 << 20;
constexpr size_t max_opcodes = 32 << 20;
constexpr uint64_t max_memo = 4 << 20;
constexpr int newest_protocol = 5;
constexpr size_t max_integer = 4096;  // bytes; torch's magic number has 10

bool is_hashable(const Value& value) {
  const auto* sequence = value.get<Sequence>();
  const bool fixed = sequence == nullptr || (sequence->kind != Sequence::Kind::list &&
                                             sequence->kind != Sequence::Kind::set);
  return fixed && value.get<Dict>() == nullptr;
}

}  // namespace

const Value& Unpickler::load() {
  for (size_t count = 0; count < max_opcodes; ++count) {
    const auto op = static_cast<Op>(number<uint8_t>());
    if (op == Op::stop) return *pop();
    if (!step_constant(op) && !step_text(op) && !step_container(op) && !step_object(op))
      fail("{}: refuses the pickle opcode 0x{:02x} at byte {}", arena_.path(),
           static_cast<unsigned>(op), position_ - 1);
  }
  fail("{}: the pickle has more than {} opcodes", arena_.path(), max_opcodes);
}

bool Unpickler::step_constant(Op op) {
  switch (op) {
    case Op::proto: {
      const auto version = number<uint8_t>();
      if (version < 2 || version > newest_protocol)
        fail("{}: expected pickle protocol 2 to 5, found {}", arena_.path(), version);
      break;
    }
    case Op::frame: begin_frame(); break;
    case Op::none: push(arena_.make(None{})); break;
    case Op::newtrue: push(arena_.make(true)); break;
    case Op::newfalse: push(arena_.make(false)); break;
    case Op::binint: push(arena_.make(int64_t{number<int32_t>()})); break;
    case Op::binint1: push(arena_.make(int64_t{number<uint8_t>()})); break;
    case Op::binint2: push(arena_.make(int64_t{number<uint16_t>()})); break;
    case Op::long1: push(integer(take(number<uint8_t>()))); break;
    case Op::long4: {
      const auto size = number<int32_t>();
      if (size < 0) fail("{}: the pickle holds an integer of {} bytes", arena_.path(), size);
      push(integer(take(static_cast<uint64_t>(size))));
      break;
    }
    case Op::binfloat: push(arena_.make(big_endian_double())); break;
    default: return false;
  }
  return true;
}

bool Unpickler::step_text(Op op) {
  switch (op) {
    case Op::short_binunicode:
    case Op::short_binstring: push(arena_.make(Text{take(number<uint8_t>())})); break;
    case Op::binunicode:
    case Op::binstring: push(arena_.make(Text{take(number<uint32_t>())})); break;
    case Op::binunicode8: push(arena_.make(Text{take(number<uint64_t>())})); break;
    case Op::short_binbytes: push(arena_.make(Blob{take(number<uint8_t>())})); break;
    case Op::binbytes: push(arena_.make(Blob{take(number<uint32_t>())})); break;
    case Op::binbytes8:
    case Op::bytearray8: push(arena_.make(Blob{take(number<uint64_t>())})); break;
    default: return false;
  }
  return true;
}

bool Unpickler::step_container(Op op) {
  switch (op) {
    case Op::mark:
      if (marks_.size() == max_marks)
        fail("{}: the pickle nests containers more than {} deep", arena_.path(), max_marks);
      marks_.push_back(stack_.size());
      break;
    case Op::empty_tuple: tuple(0); break;
    case Op::tuple1: tuple(1); break;
    case Op::tuple2: tuple(2); break;
    case Op::tuple3: tuple(3); break;
    case Op::tuple: collect(Sequence::Kind::tuple, pop_mark()); break;
    case Op::empty_list: push(arena_.make(Sequence{Sequence::Kind::list, {}})); break;
    case Op::empty_set: push(arena_.make(Sequence{Sequence::Kind::set, {}})); break;
    case Op::empty_dict: push(arena_.make(Dict{})); break;
    case Op::append: extend(Sequence::Kind::list, {pop()}); break;
    case Op::appends: extend(Sequence::Kind::list, pop_mark()); break;
    case Op::additems: extend(Sequence::Kind::set, pop_mark()); break;
    case Op::frozenset: collect(Sequence::Kind::frozenset, pop_mark()); break;
    case Op::setitem: {
      const Value* value = pop();
      set_items({pop(), value});
      break;
    }
    case Op::setitems: set_items(pop_mark()); break;
    default: return false;
  }
  return true;
}

bool Unpickler::step_object(Op op) {
  switch (op) {
    case Op::pop:
      if (!marks_.empty() && marks_.back() == stack_.size())
        marks_.pop_back();
      else
        pop();
      break;
    case Op::pop_mark: pop_mark(); break;
    case Op::dup: push(&top()); break;
    case Op::binput: put(number<uint8_t>()); break;
    case Op::long_binput: put(number<uint32_t>()); break;
    case Op::memoize: put(memo_.size()); break;
    case Op::binget: get(number<uint8_t>()); break;
    case Op::long_binget: get(number<uint32_t>()); break;
    case Op::global: {
      const std::string_view module = take_line();
      push(constructors_.import(module, take_line()));
      break;
    }
    case Op::stack_global: import_from_stack(); break;
    case Op::reduce: {
      const Value* args = pop();
      push(constructors_.call(*pop(), *args));
      break;
    }
    case Op::newobj: {
      const Value* args = pop();
      push(constructors_.create(*pop(), *args));
      break;
    }
    case Op::build: {
      const Value* state = pop();
      constructors_.set_state(top(), *state);
      break;
    }
    case Op::binpersid: push(persistent_load_(*pop())); break;
    default: return false;
  }
  return true;
}

std::string_view Unpickler::take(uint64_t count) {
  if (count > bytes_.size() - position_)
    fail("{}: the pickle ends at byte {}, {} bytes too early", arena_.path(), bytes_.size(),
         count - (bytes_.size() - position_));
  if (position_ < frame_end_ && count > frame_end_ - position_)
    fail("{}: the pickle reads past its frame at byte {}", arena_.path(), position_);
  const auto* start = reinterpret_cast<const char*>(bytes_.data()) + position_;
  position_ += count;
  return {start, count};
}

std::string_view Unpickler::take_line() {
  const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + position_,
                              bytes_.size() - position_);
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) fail("{}: the pickle ends inside a name", arena_.path());
  return take(end + 1).substr(0, end);
}

template <typename T>
T Unpickler::number() {
  T value;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}

void Unpickler::begin_frame() {
  const auto size = number<uint64_t>();
  if (position_ < frame_end_)
    fail("{}: the pickle starts a frame inside a frame at byte {}", arena_.path(), position_);
  if (size > bytes_.size() - position_)
    fail("{}: the pickle has a frame of {} bytes, {} are left", arena_.path(), size,
         bytes_.size() - position_);
  frame_end_ = position_ + size;
}

double Unpickler::big_endian_double() {
  return std::bit_cast<double>(__builtin_bswap64(number<uint64_t>()));
}

void Unpickler::push(Value* value) {
  if (stack_.size() == max_stack)
    fail("{}: the pickle stacks more than {} values", arena_.path(), max_stack);
  stack_.push_back(value);
}

Value& Unpickler::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()))
    fail("{}: the pickle takes from an empty stack at byte {}", arena_.path(), position_ - 1);
  return *stack_.back();
}

Value* Unpickler::pop() {
  Value* value = &top();
  stack_.pop_back();
  return value;
}

Items Unpickler::pop_mark() {
  if (marks_.empty())
    fail("{}: the pickle ends a container it never began at byte {}", arena_.path(), position_ - 1);
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  Items items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

Value* Unpickler::integer(std::string_view little_endian) {
  if (little_endian.size() > max_integer)
    fail("{}: the pickle holds an integer of {} bytes", arena_.path(), little_endian.size());
  if (little_endian.size() > sizeof(int64_t)) return arena_.make(BigInt{little_endian});
  int64_t value = 0;
  if (!little_endian.empty() && static_cast<signed char>(little_endian.back()) < 0) value = -1;
  std::memcpy(&value, little_endian.data(), little_endian.size());
  return arena_.make(value);
}

void Unpickler::put(uint64_t index) {
  if (index >= max_memo)
    fail("{}: the pickle remembers more than {} values", arena_.path(), max_memo);
  if (index >= memo_.size()) memo_.resize(index + 1, nullptr);
  memo_[index] = &top();
}

void Unpickler::get(uint64_t index) {
  if (index >= memo_.size() || memo_[index] == nullptr)
    fail("{}: the pickle recalls the value {} it never remembered", arena_.path(), index);
  push(memo_[index]);
}

void Unpickler::collect(Sequence::Kind kind, Items items) {
  arena_.charge(items.size() * sizeof(Items::value_type));
  Value* made = arena_.make(Sequence{kind, std::move(items)});
  for (const Value* item : made->get<Sequence>()->items) arena_.nest(*made, *item);
  push(made);
}

void Unpickler::tuple(size_t size) {
  Items items(size);
  while (size > 0) items[--size] = pop();
  collect(Sequence::Kind::tuple, std::move(items));
}

void Unpickler::extend(Sequence::Kind kind, const Items& items) {
  Value& container = top();
  auto* sequence = std::get_if<Sequence>(&container.data);
  if (sequence == nullptr || sequence->kind != kind)
    fail("{}: the pickle appends to {}", arena_.path(), describe(container));
  arena_.charge(2 * items.size() *
                sizeof(Items::value_type));  // a vector may hold twice what it needs
  for (const Value* item : items) {
    arena_.nest(container, *item);
    sequence->items.push_back(item);
  }
}

void Unpickler::set_items(const Items& items) {
  Value& container = top();
  auto* dict = std::get_if<Dict>(&container.data);
  if (dict == nullptr || items.size() % 2 != 0)
    fail("{}: the pickle sets items of {}", arena_.path(), describe(container));
  arena_.charge(2 * items.size() * sizeof(Items::value_type));
  for (size_t i = 0; i < items.size(); i += 2) {
    if (!is_hashable(*items[i]))
      fail("{}: the pickle uses {} as a key", arena_.path(), describe(*items[i]));
    arena_.nest(container, *items[i + 1]);
    dict->items.emplace_back(items[i], items[i + 1]);
  }
}

void Unpickler::import_from_stack() {
  const auto* name = pop()->get<Text>();
  const auto* module = pop()->get<Text>();
  if (name == nullptr || module == nullptr)
    fail("{}: the pickle imports something that is not a name", arena_.path());
  push(constructors_.import(module->utf8, name->utf8));
}

}  // namespace evax::weights::torch
