#include <algorithm>
#include <cmath>

#include "evax/core/interpolate.h"
#include "evax/core/npy.h"
#include "evax/image/write.h"
#include "evax/metrics/principal_components.h"
#include "evax/tasks/explain/explanation.h"

namespace evax::tasks {
namespace {

constexpr size_t colours = 3;

// [grid, grid, 3] from 0 to 1 at the X-ray's size, black where the network saw nothing.
image::Image draw(std::span<const float> cells, int grid, const Box& seen, int width, int height) {
  image::Image picture{width, height, 3, {}};
  picture.pixels.resize(colours * static_cast<size_t>(width) * static_cast<size_t>(height));
  const Box inside = intersection(seen, {0, 0, width, height});
  for (size_t c = 0; c < colours; ++c) {
    std::vector<float> plane(cells.size() / colours);
    for (size_t i = 0; i < plane.size(); ++i) plane[i] = cells[colours * i + c];
    const auto values = interpolate(plane.data(), grid, grid, seen.height, seen.width,
                                    Interpolation::bilinear, false);
    for (int y = inside.y; y < inside.y + inside.height; ++y)
      for (int x = inside.x; x < inside.x + inside.width; ++x) {
        const size_t at = static_cast<size_t>(y - seen.y) * static_cast<size_t>(seen.width) +
                          static_cast<size_t>(x - seen.x);
        picture.row(y)[colours * static_cast<size_t>(x) + c] =
            static_cast<uint8_t>(std::lround(255 * std::clamp(values[at], 0.0F, 1.0F)));
      }
  }
  return picture;
}

// The axes are those of all X-rays together, so nothing is written before the last was seen.
class PcaExplanation : public Explanation {
 public:
  explicit PcaExplanation(const engine::Session& session) : session_(session) {}

  void explain(Subject subject) override {
    const auto width = static_cast<size_t>(session_.config().embed_dim);
    std::vector<float> tokens(static_cast<size_t>(session_.config().tokens()) * width);
    session_.forward(subject.item.input.floats().data(), 1, {.tokens = tokens.data()});
    patches_.insert(patches_.end(), tokens.begin() + static_cast<ptrdiff_t>(width), tokens.end());
    subject.image.pixels = {};
    subject.item.input = {};
    subjects_.push_back(std::move(subject));
  }

  void finish() override {
    if (subjects_.empty()) return;
    const auto basis = metrics::principal_components(
        patches_, static_cast<size_t>(session_.config().embed_dim), colours);
    std::vector<float> cells = project(basis, patches_);
    metrics::scale_columns(cells, colours);
    const int grid = session_.config().grid();
    const size_t size = cells.size() / subjects_.size();
    for (size_t i = 0; i < subjects_.size(); ++i) {
      Subject& subject = subjects_[i];
      const auto own = std::span(cells).subspan(i * size, size);
      write_npy(subject.stem + "_pca.npy",
                Tensor::from_floats({grid, grid, int64_t{colours}}, own));
      image::write_png(subject.stem + "_pca.png",
                       draw(own, grid, subject.seen, subject.image.width, subject.image.height));
      subject.json["variance"] = basis.variance;
      write_json(subject);
    }
  }

 private:
  const engine::Session& session_;
  std::vector<Subject> subjects_;  // without their pixels
  std::vector<float> patches_;     // [subjects, grid^2, D]
};

}  // namespace

std::unique_ptr<Explanation> explain_with_pca(const engine::Session& session) {
  return std::make_unique<PcaExplanation>(session);
}

}  // namespace evax::tasks
