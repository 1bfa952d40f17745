#pragma once

#include <optional>

#include "evax/core/file.h"
#include "evax/tasks/explain/explanation.h"
#include "evax/tasks/explain/known_boxes.h"
#include "evax/tasks/explain/page.h"

namespace evax::tasks {

/// What `evax explain --html` adds: the page, written when all X-rays are on it.
class HtmlExplanation {
 public:
  /// Loads the second model and the boxes that `options` name. Throws Error for more X-rays than a
  /// page holds, and UsageError for a class that no model has.
  HtmlExplanation(const ExplainedNetwork& network, const ExplainOptions& options, size_t images);

  void add(const Subject& subject);
  /// Writes the page; nothing without an X-ray.
  void finish();

 private:
  std::vector<PagedNetwork> networks() const;

  const ExplainedNetwork& network_;
  const ExplainOptions& options_;
  std::optional<ExplainedNetwork> other_;
  std::optional<KnownBoxes> boxes_;
  AtomicFile file_;
  PageMaker page_;
};

}  // namespace evax::tasks
