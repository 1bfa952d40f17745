#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "evax/core/box.h"
#include "evax/engine/model.h"
#include "evax/image/image.h"
#include "evax/inference/image_stream.h"
#include "evax/tasks/explain/explain.h"
#include "evax/tasks/explain/network.h"

namespace evax::tasks {

/// An X-ray to be explained, as it is and as the network sees it.
struct Subject {
  inference::Item item;
  image::Image image;
  Box seen;                     // of its pixels; data::seen_part
  std::string stem;             // FOLDER/STEM of the files to write
  nlohmann::ordered_json json;  // what STEM.json says whatever the method
};

/// A way of explaining: writes the files of one X-ray after the other (docs/explaining.md).
class Explanation {
 public:
  virtual ~Explanation() = default;
  /// Throws Error naming the image when it cannot.
  virtual void explain(Subject subject) = 0;
  /// After the last.
  virtual void finish() {}
};

/// Each throws UsageError for options that do not fit the model.
std::unique_ptr<Explanation> explain_with_grad_cam(const ExplainedNetwork& network,
                                                   const ExplainOptions& options);
std::unique_ptr<Explanation> explain_with_attention(const engine::Session& session,
                                                    const ExplainOptions& options);
std::unique_ptr<Explanation> explain_with_rollout(const engine::Session& session,
                                                  const ExplainOptions& options);
std::unique_ptr<Explanation> explain_with_pca(const engine::Session& session);

/// The index of a class by its name; engine::top_class for "top" where no class is called so.
std::optional<int> class_index(const std::string& name, const weights::Metadata& metadata);
/// Throws UsageError: the network has no such class.
[[noreturn]] void refuse_class(const std::string& name, const ExplainedNetwork& network);

/// STEM.json.
void write_json(const Subject& subject);
/// The map at the X-ray's size over the X-ray.
image::Image overlay_of(const Subject& subject, std::span<const float> raw, int grid);

}  // namespace evax::tasks
