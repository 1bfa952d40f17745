#include "evax/weights/torch/value.h"

namespace evax::weights::torch {
namespace {

struct Describer {
  std::string operator()(None) const { return "None"; }
  std::string operator()(bool) const { return "a bool"; }
  std::string operator()(int64_t) const { return "an int"; }
  std::string operator()(const BigInt&) const { return "an int"; }
  std::string operator()(double) const { return "a float"; }
  std::string operator()(const Text&) const { return "a str"; }
  std::string operator()(const Blob&) const { return "bytes"; }
  std::string operator()(const Global& global) const { return std::string(global.name); }
  std::string operator()(const Sequence& sequence) const {
    switch (sequence.kind) {
      case Sequence::Kind::list: return "a list";
      case Sequence::Kind::tuple: return "a tuple";
      case Sequence::Kind::set: return "a set";
      case Sequence::Kind::frozenset: return "a frozenset";
      case Sequence::Kind::size: return "a torch.Size";
    }
    return "a sequence";
  }
  std::string operator()(const Dict&) const { return "a dict"; }
  std::string operator()(const Namespace&) const { return "an argparse.Namespace"; }
  std::string operator()(const StorageRef&) const { return "a storage"; }
  std::string operator()(const std::shared_ptr<const TensorView>&) const { return "a tensor"; }
  std::string operator()(const NumpyDType&) const { return "a numpy.dtype"; }
  std::string operator()(const std::shared_ptr<NumpyArray>&) const { return "a numpy.ndarray"; }
};

}  // namespace

const Value* find(const Dict& dict, std::string_view key) {
  for (auto item = dict.items.rbegin(); item != dict.items.rend(); ++item)
    if (const auto* text = item->first->get<Text>(); text != nullptr && text->utf8 == key)
      return item->second;
  return nullptr;
}

std::string describe(const Value& value) { return std::visit(Describer{}, value.data); }

}  // namespace evax::weights::torch
