#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evax::metrics {

/// The rows of one class by falling score. Sorted once, then every curve, area and bootstrap draw
/// is one pass over its runs of equal scores.
struct Ranking {
  std::vector<uint32_t> rows;      // of the test set, by falling score
  std::vector<uint8_t> positive;   // of each of them: 1 or 0
  std::vector<uint32_t> run_ends;  // behind the last of each run of equal scores
};

/// Rows of equal score: how many of either kind, in this run and in all runs of higher scores.
struct Run {
  uint32_t end;  // behind its last row in the ranking
  int64_t positives, negatives;
  int64_t positives_above, negatives_above;
};

/// Ranks rows by score. Labels above 0.5 are positive; rows whose label is NaN are left out. No
/// rows where a score of the others is NaN: they have no order.
Ranking rank(std::span<const float> labels, std::span<const double> scores);

/// Every row once.
struct Once {
  int64_t operator()(uint32_t /*row*/) const { return 1; }
};

/// Calls body(run) for every run, highest score first, with each row counted count(row) times.
template <typename Count, typename Body>
void for_each_run(const Ranking& ranking, Count count, Body body) {
  Run run{};
  uint32_t i = 0;
  for (const uint32_t end : ranking.run_ends) {
    run.end = end;
    int64_t total = 0;
    run.positives = 0;
    for (; i < end; ++i) {
      const auto times = static_cast<int64_t>(count(ranking.rows[i]));
      total += times;
      run.positives += ranking.positive[i] != 0 ? times : 0;
    }
    run.negatives = total - run.positives;
    body(run);
    run.positives_above += run.positives;
    run.negatives_above += run.negatives;
  }
}

/// Rows of either kind.
struct Counts {
  int64_t positives = 0, negatives = 0;
  bool both() const { return positives > 0 && negatives > 0; }
};
Counts count(const Ranking& ranking);

}  // namespace evax::metrics
