#include "evax/metrics/findings/scorer.h"

#include "evax/metrics/testing.h"

namespace evax::metrics {
namespace {

using namespace testing;

// A draw is what scoring its rows, written out as often as they were drawn, gives.
TEST(Scorer, ADrawEqualsTheWrittenOutResample) {
  for (const Json& table : fixture("tables.json")) {
    const Predictions predictions = predictions_of(table);
    const auto thresholds = table["thresholds"].get<std::vector<double>>();
    const Scorer scorer(predictions, thresholds);
    const Clusters clusters = cluster_by_patient({}, predictions.size());
    std::vector<uint32_t> multiplicity(predictions.size());
    for (uint32_t draw = 0; draw < 20; ++draw) {
      draw_rows(clusters, 5, draw, multiplicity);
      std::vector<uint32_t> rows;
      for (uint32_t row = 0; row < multiplicity.size(); ++row)
        rows.insert(rows.end(), multiplicity[row], row);
      Evaluation drawn = scorer.score(multiplicity);
      Evaluation plain = Scorer(select_rows(predictions, rows), thresholds).score();
      EXPECT_EQ(drawn.confusion_matrix, plain.confusion_matrix);
      const auto drawn_figures = figures_of(drawn);
      const auto plain_figures = figures_of(plain);
      for (size_t i = 0; i < drawn_figures.size(); ++i)
        EXPECT_EQ(drawn_figures[i]->value, plain_figures[i]->value) << table["name"] << i;
    }
  }
}

}  // namespace
}  // namespace evax::metrics
