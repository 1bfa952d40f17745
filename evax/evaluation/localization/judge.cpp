#include "evax/evaluation/localization/judge.h"

#include "evax/core/error.h"
#include "evax/core/thread_pool.h"
#include "evax/data/fingerprint.h"
#include "evax/image/heat/heat_map.h"
#include "evax/metrics/localization/boxes.h"

namespace evax::evaluation {
namespace {

constexpr double default_threshold = 0.4;  // get_cams.py --thrd

std::vector<float> map_of(const LocatedBox& box) {
  return image::heat_map(box.raw, box.grid, box.place.seen, box.place.height, box.place.width);
}

struct Measured {
  metrics::LocalizedBox figures;
  std::optional<Box> predicted;
};

Measured measure(const LocatedBox& located, int label, double threshold) {
  const auto& [width, height, seen, box, unit_x, unit_y] = located.place;
  const std::vector<float> map = map_of(located);
  image::Image marked{width, height, 1, metrics::mark(map, threshold)};
  const auto counts =
      metrics::count_pixels(marked.pixels, metrics::box_labels(box, height, width), 1);
  Measured measured;
  measured.figures.class_index = static_cast<size_t>(label);
  measured.figures.iou = metrics::jaccard(counts).value_or(0);
  if (const auto largest = image::largest_component(marked)) {
    measured.predicted = largest->box;
    measured.figures.box_iou = metrics::box_iou(largest->box, box);
  }
  const auto peak = image::peak_of(map, width);
  measured.figures.hit = peak && contains(box, peak->x, peak->y);
  return measured;
}

// The threshold, how it was found and what it was chosen from.
void settle_threshold(LocalizationJudgement& judgement, const LocatedList& val,
                      const LocalizationRules& rules) {
  Rules& to = judgement.rules;
  const size_t threads = rules.bootstrap.threads;
  if (rules.threshold) {
    to.thresholds = {*rules.threshold};
    to.threshold_rule = "given";
    return;
  }
  const bool on_test = rules.paper;
  if (!on_test && val.boxes.empty()) {
    to.thresholds = {default_threshold};
    to.threshold_rule = fmt::format("{}", default_threshold);
    return;
  }
  const auto& boxes = on_test ? judgement.located.boxes : val.boxes;
  const metrics::ThresholdTable table = threshold_table(boxes, threads);
  judgement.search = on_test ? table.rows(metrics::paper_thresholds) : table.rows();
  const auto ties = on_test ? metrics::Ties::lowest : metrics::Ties::miou;
  to.thresholds = {best_row(judgement.search, ties)->threshold};
  to.threshold_rule = "map";
  to.thresholds_chosen_on =
      fmt::format("{} ({} boxes)", on_test ? "the boxes scored" : "validation", boxes.size());
}

}  // namespace

metrics::ThresholdTable threshold_table(std::span<const LocatedBox> boxes, size_t threads) {
  std::vector<metrics::ThresholdSearch> searches(boxes.size());
  ThreadPool(threads).parallel_for(boxes.size(), [&](size_t i, size_t) {
    const Place& place = boxes[i].place;
    searches[i].add(map_of(boxes[i]), metrics::box_labels(place.box, place.height, place.width), 1);
  });
  metrics::ThresholdTable table;
  for (const metrics::ThresholdSearch& search : searches) table.add(search);
  return table;
}

LocalizationJudgement judge(const Subject& subject, const data::BoxList& list, LocatedList located,
                            const LocatedList& val, const LocalizationRules& rules) {
  check_readable(*subject.images, located.unreadable);
  if (located.boxes.empty())
    fail("{}: expected a box to score, found {} that were skipped", list.source,
         located.skipped.size());
  LocalizationJudgement judgement;
  judgement.subject = subject;
  judgement.list = &list;
  judgement.located = std::move(located);
  judgement.rules.options.draws = rules.bootstrap.draws;
  judgement.rules.options.seed = rules.bootstrap.seed;
  settle_threshold(judgement, val, rules);

  const std::vector<LocatedBox>& boxes = judgement.located.boxes;
  metrics::Localizations& all = judgement.localizations;
  all.classes = list.classes;
  all.boxes.resize(boxes.size());
  judgement.predicted.resize(boxes.size());
  for (const LocatedBox& box : boxes) {
    all.images.push_back(data::path_below(subject.folder, list.findings[box.finding].path));
    all.patients.push_back(list.findings[box.finding].patient);
  }
  ThreadPool(rules.bootstrap.threads).parallel_for(boxes.size(), [&](size_t i, size_t) {
    const int label = list.findings[boxes[i].finding].label;
    Measured measured = measure(boxes[i], label, judgement.rules.thresholds[0]);
    all.boxes[i] = measured.figures;
    judgement.predicted[i] = measured.predicted;
  });
  judgement.evaluation = metrics::evaluate(all, rules.bootstrap);
  return judgement;
}

}  // namespace evax::evaluation
