#include "evax/weights/convert/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "evax/core/error.h"
#include "evax/weights/check.h"
#include "evax/weights/cnn.h"
#include "evax/weights/convert/names.h"

namespace evax::weights {
namespace {

using Network = Baseline::Network;

/// Where a checkpoint keeps the network, behind whatever a training program puts before it.
struct Source {
  std::string_view prefix;
  std::string_view origin;  // empty: the network itself, whose classifier is one
};
constexpr std::string_view medklip_prefix = "res_features.";
constexpr std::array sources{
    Source{"encoder_q.", "the query encoder of MoCo"},
    Source{"encoder.encoder.", "the image encoder of BioViL"},
    Source{"img_encoder_q.model.", "the image encoder of MGCA"},
    Source{medklip_prefix, "the image encoder of MedKLIP"},
    Source{"model.encoder.", "the encoder of a segmentation model"},
};

/// MedKLIP numbers the parts of a ResNet without its layer4; 2 and 3 have no tensors.
std::string medklip_name(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> parts{
      {{"0.", "conv1."}, {"1.", "bn1."}, {"4.", "layer1."}, {"5.", "layer2."}, {"6.", "layer3."}}};
  for (const auto& [number, part] : parts)
    if (name.starts_with(number)) return std::string(part) + name.substr(number.size());
  return name;
}

/// denselayer1.norm.2.weight -> denselayer1.norm2.weight, as torchvision's loader renames.
std::string dense_name(std::string name) {
  if (name.find(".denselayer") == std::string::npos) return name;
  for (const std::string_view part : {".norm.1.", ".norm.2.", ".conv.1.", ".conv.2."})
    if (const size_t at = name.find(part); at != std::string::npos) name.erase(at + 5, 1);
  return name;
}

std::string_view head_of(Network network) {
  return network == Network::resnet50 ? "fc." : "classifier.";
}

/// The tensors of one source under torchvision's names; what is beside them in `others`.
TensorMap rename(const TensorMap& tensors, const Source& source, const std::string& prefix,
                 std::vector<std::string>& others, const std::string& path) {
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    if (!name.starts_with(prefix)) {
      others.push_back(name);
      continue;
    }
    if (name.ends_with(".num_batches_tracked")) continue;
    const std::string inner = name.substr(prefix.size());
    const std::string known =
        source.prefix == medklip_prefix ? medklip_name(inner) : dense_name(inner);
    if (!renamed.emplace(known, tensor).second)
      fail("{}: two tensors would both become {}", path, known);
  }
  return renamed;
}

/// Takes out a classifier that classifies nothing: that of a wrapped encoder, which is a projection
/// or was never trained, and MoCo's projection of several layers.
void leave_out_head(Baseline& baseline, std::vector<std::string>& others) {
  std::erase_if(baseline.tensors, [&](const auto& item) {
    const bool head = item.first.starts_with(head_of(baseline.network));
    if (head) others.push_back(item.first);
    return head;
  });
}

int classes_of(const Baseline& baseline, const std::string& path) {
  constexpr int64_t most = 1 << 20;
  const std::string name = std::string(head_of(baseline.network)) + "weight";
  const auto weight = baseline.tensors.find(name);
  if (weight == baseline.tensors.end()) return 0;
  const Shape& shape = weight->second.shape();
  if (shape.size() != 2 || shape[0] < 1 || shape[0] > most)
    fail("{}: expected {} to have a row for each class, found the shape {}", path, name,
         to_string(shape));
  return static_cast<int>(shape[0]);
}

void check(const Baseline& baseline, const std::string& path) {
  auto expected = baseline.network == Network::resnet50 ? resnet_parameters(baseline.num_classes)
                                                        : densenet_parameters(baseline.num_classes);
  if (!baseline.complete)
    std::erase_if(expected, [](const auto& item) { return item.first.starts_with("layer4."); });
  check_tensors(path, expected, baseline.tensors);
}

Baseline convert(const TensorMap& tensors, const Source& source, const std::string& prefix,
                 Network network, const std::string& path) {
  Baseline baseline;
  baseline.network = network;
  std::vector<std::string> others;
  baseline.tensors = rename(tensors, source, prefix, others, path);
  const bool wrapped = !source.origin.empty();
  const bool classifies = baseline.tensors.contains(std::string(head_of(network)) + "weight");
  if (wrapped || !classifies) leave_out_head(baseline, others);
  baseline.num_classes = classes_of(baseline, path);
  baseline.complete = source.prefix != medklip_prefix;
  check(baseline, path);

  const std::string_view name = network == Network::resnet50 ? "ResNet50" : "DenseNet121";
  baseline.notes.push_back(wrapped ? fmt::format("{}, {} ({}*)", name, source.origin, prefix)
                                   : fmt::format("{} named as torchvision's", name));
  if (!wrapped && !prefix.empty())
    baseline.notes.push_back(fmt::format("removed the prefix {} from the names", prefix));
  if (!baseline.complete)
    baseline.notes.emplace_back("MedKLIP has no layer4: it has to be trained from fresh weights");
  if (!others.empty()) baseline.notes.push_back("left out " + list_some(others));
  return baseline;
}

}  // namespace

std::optional<Baseline> find_baseline(const TensorMap& tensors, const std::string& path) {
  struct Stem {
    std::string_view name;
    Network network;
  };
  for (const Source& source : sources) {
    const bool medklip = source.prefix == medklip_prefix;
    for (const auto& [stem, network] :
         {Stem{medklip ? "4.0.conv1.weight" : "layer1.0.conv1.weight", Network::resnet50},
          Stem{"features.conv0.weight", Network::densenet121}}) {
      for (const std::string& prefix : prefixes_of(tensors, stem))
        if (prefix == source.prefix || prefix.ends_with("." + std::string(source.prefix)))
          return convert(tensors, source, prefix, network, path);
    }
  }
  for (const auto& [stem, network] : {Stem{"layer1.0.conv1.weight", Network::resnet50},
                                      Stem{"features.conv0.weight", Network::densenet121}})
    if (!prefixes_of(tensors, stem).empty())
      return convert(tensors, {}, network_prefix(tensors, stem, path), network, path);
  return std::nullopt;
}

}  // namespace evax::weights
