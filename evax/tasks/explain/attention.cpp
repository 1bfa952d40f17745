#include <algorithm>

#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/image/heat/heat_map.h"
#include "evax/image/heat/heat_overlay.h"
#include "evax/image/write.h"
#include "evax/tasks/explain/attention_rows.h"
#include "evax/tasks/explain/points.h"
#include "evax/tasks/explain/sheet.h"

namespace evax::tasks {
namespace {

class AttentionExplanation : public Explanation {
 public:
  AttentionExplanation(const engine::Session& session, const ExplainOptions& options)
      : session_(session),
        options_(options),
        layer_(options.layer.value_or(static_cast<size_t>(session.config().depth) - 1)),
        heads_(options.head, static_cast<size_t>(session.config().num_heads)) {
    if (layer_ >= static_cast<size_t>(session.config().depth))
      throw UsageError(fmt::format("--layer: expected a block from 0 to {}, found {}",
                                   session.config().depth - 1, layer_));
    if (options.points.empty() && !options.grid)
      throw UsageError("--method attention: expected --point X,Y or --grid");
  }

  void explain(Subject subject) override {
    const int grid = session_.config().grid();
    const auto points = options_.grid ? grid_points(subject.seen) : options_.points;
    const auto tokens = tokens_at(points, subject, grid);
    const auto rows = attention_rows(session_, subject.item.input, layer_, tokens, heads_);
    const size_t row = rows.size() / points.size();
    const std::vector<float> cells = without_cls(rows, points.size());
    write_npy(subject.stem + "_attention.npy",
              Tensor::from_floats({static_cast<int64_t>(points.size()), grid, grid}, cells));

    if (options_.grid)
      image::write_png(subject.stem + "_grid.png", draw_sheet(subject, points, cells, grid));
    else
      write_overlays(subject, points, cells);
    subject.json["layer"] = layer_;
    subject.json["head"] = options_.head;
    subject.json["points"] = points_json(points, tokens, grid);
    for (size_t i = 0; i < points.size(); ++i) subject.json["points"][i]["cls"] = rows[i * row];
    write_json(subject);
  }

 private:
  void write_overlays(const Subject& subject, const std::vector<image::Pixel>& points,
                      std::span<const float> cells) const {
    const size_t size = cells.size() / points.size();
    for (size_t i = 0; i < points.size(); ++i) {
      image::Image drawn =
          overlay_of(subject, cells.subspan(i * size, size), session_.config().grid());
      image::draw_ring(drawn, points[i], point_colour);
      image::write_png(fmt::format("{}_attention_{}_overlay.png", subject.stem, i + 1), drawn);
    }
  }

  const engine::Session& session_;
  const ExplainOptions& options_;
  size_t layer_;
  HeadChoice heads_;
};

class RolloutExplanation : public Explanation {
 public:
  RolloutExplanation(const engine::Session& session, const ExplainOptions& options)
      : session_(session), points_(options.points) {}

  void explain(Subject subject) override {
    const auto& config = session_.config();
    const auto width = static_cast<size_t>(config.tokens());
    const auto tokens = tokens_at(points_, subject, config.grid());
    std::vector<float> rollout(width * width);
    session_.rollout(subject.item.input.floats().data(), 1, rollout.data());
    const auto add = [&](std::span<float> cells, size_t token, float share) {
      for (size_t i = 1; i < width; ++i) cells[i - 1] += share * rollout[token * width + i];
    };
    const size_t maps = std::max<size_t>(tokens.size(), 1);
    std::vector<float> cells(maps * (width - 1));
    for (size_t i = 0; i < tokens.size(); ++i)
      add(std::span(cells).subspan(i * (width - 1), width - 1), tokens[i], 1);
    if (tokens.empty()) add_head(add, cells);
    write_npy(
        subject.stem + "_rollout.npy",
        Tensor::from_floats({static_cast<int64_t>(maps), config.grid(), config.grid()}, cells));
    for (size_t i = 0; i < maps; ++i) {
      image::Image drawn =
          overlay_of(subject, std::span(cells).subspan(i * (width - 1), width - 1), config.grid());
      if (i < points_.size()) image::draw_ring(drawn, points_[i], point_colour);
      image::write_png(points_.empty()
                           ? subject.stem + "_rollout_overlay.png"
                           : fmt::format("{}_rollout_{}_overlay.png", subject.stem, i + 1),
                       drawn);
    }
    subject.json["points"] = points_json(points_, tokens, config.grid());
    write_json(subject);
  }

 private:
  // What the head's input is made of: the mean of the patches, or the cls token.
  template <class Add>
  void add_head(const Add& add, std::span<float> cells) const {
    const auto tokens = static_cast<size_t>(session_.config().tokens());
    if (session_.config().pool != "avg") return add(cells, 0, 1);
    for (size_t token = 1; token < tokens; ++token)
      add(cells, token, 1.0F / static_cast<float>(tokens - 1));
  }

  const engine::Session& session_;
  std::vector<image::Pixel> points_;
};

}  // namespace

std::unique_ptr<Explanation> explain_with_attention(const engine::Session& session,
                                                    const ExplainOptions& options) {
  return std::make_unique<AttentionExplanation>(session, options);
}

std::unique_ptr<Explanation> explain_with_rollout(const engine::Session& session,
                                                  const ExplainOptions& options) {
  return std::make_unique<RolloutExplanation>(session, options);
}

}  // namespace evax::tasks
