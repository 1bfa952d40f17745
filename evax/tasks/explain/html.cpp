#include "evax/tasks/explain/html.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/tasks/inputs.h"

namespace evax::tasks {
namespace {

// Of about 0.3 MB each: what a browser opens without a wait.
constexpr size_t most_images = 200;

std::optional<ExplainedNetwork> other_network(const ExplainOptions& options) {
  if (options.with.empty()) return std::nullopt;
  return explained_network(options.with, load_model(options.with),
                           {options.precision, options.threads}, options.make_grad_cam);
}

std::vector<std::string> classes_of(const ExplainedNetwork& network,
                                    const std::optional<ExplainedNetwork>& other) {
  std::vector<std::string> classes = network.metadata.classes;
  if (other)
    classes.insert(classes.end(), other->metadata.classes.begin(), other->metadata.classes.end());
  return classes;
}

}  // namespace

HtmlExplanation::HtmlExplanation(const ExplainedNetwork& network, const ExplainOptions& options,
                                 size_t images)
    : network_(network),
      options_(options),
      other_(other_network(options)),
      file_(options.page),
      page_(networks()) {
  if (images > most_images)
    fail("--html: expected at most {} X-rays on a page, found {}", most_images, images);
  if (!options.boxes.empty()) boxes_.emplace(options.boxes, classes_of(network, other_));
}

std::vector<PagedNetwork> HtmlExplanation::networks() const {
  std::vector<PagedNetwork> networks{{&network_, all_classes(network_.metadata)}};
  if (other_) networks.push_back({&*other_, all_classes(other_->metadata)});
  if (options_.classes.empty()) return networks;
  // Each class is one of at least one model.
  for (PagedNetwork& paged : networks) paged.classes.clear();
  for (const std::string& name : options_.classes) {
    bool known = false;
    for (PagedNetwork& paged : networks)
      if (const auto index = class_index(name, paged.network->metadata)) {
        paged.classes.push_back(*index);
        known = true;
      }
    if (!known) refuse_class(name, network_);
  }
  return networks;
}

void HtmlExplanation::add(const Subject& subject) {
  const image::Image& xray = subject.image;
  const std::string& path = subject.item.path;
  std::vector<report::TruthBox> truth;
  if (boxes_) truth = boxes_->on(path, xray.width, xray.height, network_.metadata.preprocess);
  page_.add(std::filesystem::path(path).filename().string(), xray, std::move(truth));
}

void HtmlExplanation::finish() {
  if (page_.size() == 0) return;
  std::vector<std::pair<std::string, std::string>> facts;
  if (boxes_) facts.emplace_back("known boxes", boxes_->summary());
  file_.write(page_.html(options_.threshold, facts));
  file_.commit();
}

}  // namespace evax::tasks
