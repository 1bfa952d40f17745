#include "evax/tasks/explain/locate_boxes.h"

#include <algorithm>
#include <map>
#include <set>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/inference/image_stream.h"
#include "evax/weights/convert/presets.h"

namespace evax::tasks {
namespace {

using evaluation::LocatedBox;
using evaluation::Place;

/// The Grad-CAM of the boxes of one list, an image after the other.
class BoxLocator {
 public:
  BoxLocator(const data::BoxList& list, const weights::Metadata& model,
             const inference::GradCam& grad_cam, bool paper)
      : list_(list),
        preprocess_(paper ? weights::grad_cam_preprocess(model.model.image_size)
                          : model.preprocess),
        grad_cam_(grad_cam),
        paper_(paper) {
    for (size_t i = 0; i < list.findings.size(); ++i)
      findings_of_[list.findings[i].path].push_back(i);
  }

  const weights::Preprocess& preprocess() const { return preprocess_; }

  void add(const inference::Item& item) {
    rescaled_ +=
        list_.box_size > 0 && (item.width != list_.box_size || item.height != list_.box_size);
    std::vector<LocatedBox> boxes;
    for (const size_t finding : findings_of_.at(item.path)) {
      try {
        boxes.push_back({finding, place(list_.findings[finding].box, item), 0, {}});
      } catch (const Error& reason) {
        located_.skipped.emplace_back(finding, reason.sentence());
        warn(fmt::format("skipped: {} line {}: {}", list_.source, list_.findings[finding].line,
                         reason.what()));
      }
    }
    if (boxes.empty()) return;
    explain(item, boxes);
    for (LocatedBox& box : boxes) located_.boxes.push_back(std::move(box));
  }

  evaluation::LocatedList finish() {
    if (rescaled_ > 0)
      note(fmt::format("{}: {} of {} images are not {} x {} pixels: their boxes are scaled",
                       list_.source, rescaled_, findings_of_.size(), list_.box_size,
                       list_.box_size));
    const auto in_order = [](const LocatedBox& a, const LocatedBox& b) {
      return a.finding < b.finding;
    };
    std::sort(located_.boxes.begin(), located_.boxes.end(), in_order);
    return std::move(located_);
  }

 private:
  Place place(const data::Rectangle& box, const inference::Item& item) const {
    return paper_ ? evaluation::place_on_input(box, list_.box_size, item.width, item.height,
                                               preprocess_.crop)
                  : evaluation::place_on_xray(box, list_.box_size, item.width, item.height,
                                              preprocess_);
  }

  // All classes of an image share a forward pass.
  void explain(const inference::Item& item, std::vector<LocatedBox>& boxes) const {
    std::set<int> set;
    for (const LocatedBox& box : boxes) set.insert(list_.findings[box.finding].label);
    const std::vector<int> classes(set.begin(), set.end());
    const Tensor grids =
        grad_cam_(item.input.reshaped({1, 3, preprocess_.crop, preprocess_.crop}), classes).raw;
    const auto cells = static_cast<size_t>(grids.size(2) * grids.size(3));
    for (LocatedBox& box : boxes) {
      const int label = list_.findings[box.finding].label;
      const auto index = static_cast<size_t>(std::distance(set.begin(), set.find(label)));
      const auto grid = grids.floats().subspan(index * cells, cells);
      box.grid = static_cast<int>(grids.size(2));
      box.raw.assign(grid.begin(), grid.end());
    }
  }

  const data::BoxList& list_;
  weights::Preprocess preprocess_;
  const inference::GradCam& grad_cam_;
  bool paper_;
  std::map<std::string, std::vector<size_t>> findings_of_;  // by image
  size_t rescaled_ = 0;
  evaluation::LocatedList located_;
};

}  // namespace

evaluation::LocatedList locate_boxes(const data::BoxList& list, const weights::Metadata& model,
                                     const inference::GradCam& grad_cam,
                                     const image::ReadOptions& reading, bool paper,
                                     size_t threads) {
  BoxLocator locator(list, model, grad_cam, paper);
  const data::Dataset images = data::images_of(list);
  std::vector<std::string> paths;
  for (const data::Sample& sample : images.samples) paths.push_back(sample.path);
  inference::ImageStream stream(paths, locator.preprocess(), reading,
                                std::min(threads, std::max<size_t>(paths.size(), 1)));
  Progress progress(list.source, paths.size());
  std::vector<std::pair<std::string, std::string>> unreadable;
  for (auto items = stream.next(1); !items.empty(); items = stream.next(1)) {
    const inference::Item& item = items.front();
    progress.advance();
    if (item.error.empty()) {
      locator.add(item);
      continue;
    }
    unreadable.emplace_back(item.path, item.error);
    evaluation::check_readable(images, unreadable);
    warn("left out: " + item.error);
  }
  evaluation::LocatedList located = locator.finish();
  located.unreadable = std::move(unreadable);
  return located;
}

}  // namespace evax::tasks
