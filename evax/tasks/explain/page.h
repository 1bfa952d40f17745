#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evax/image/image.h"
#include "evax/report/explain/page.h"
#include "evax/tasks/explain/network.h"

namespace evax::tasks {

/// A network that a page shows, with Grad-CAM of these classes (indices or engine::top_class).
struct PagedNetwork {
  const ExplainedNetwork* network;
  std::vector<int> classes;
};

/// All classes of a network.
std::vector<int> all_classes(const weights::Metadata& metadata);

/// Explains one X-ray after the other for a page (report/explain/page.h); of each it keeps a
/// picture and the maps. The networks, one or two, outlive it.
class PageMaker {
 public:
  explicit PageMaker(std::vector<PagedNetwork> networks);

  /// Throws Error, the reason alone, when a network cannot be given such an image.
  void add(const std::string& name, const image::Image& xray,
           std::vector<report::TruthBox> truth = {});
  size_t size() const { return page_.images.size(); }

  /// `facts`: (name, value), how the page was made, besides what this class knows itself.
  /// threshold: of the maps, where the slider begins.
  std::string html(double threshold, const std::vector<std::pair<std::string, std::string>>& facts);

 private:
  report::Explanation explain(size_t model, const image::Image& xray);

  std::vector<PagedNetwork> networks_;
  report::ExplanationPage page_;
};

}  // namespace evax::tasks
