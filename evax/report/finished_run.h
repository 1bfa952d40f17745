#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evax/metrics/findings/evaluation.h"

namespace evax::report {

/// A figure of a run as tables show it.
struct RunFigure {
  std::string name;  // "mean AUC"
  metrics::Figure value;
  std::optional<double> deviation;  // of repeats with several seeds; `value` is their mean
  double most = 1;                  // that it can be: 1, or infinite for a distance
};

/// The headline of a finished run or evaluation, read from its folder.
struct FinishedRun {
  std::string folder;
  std::string model, architecture, model_sha256;  // empty where not known; model: the folder's name
  std::optional<int64_t> parameters, macs;        // macs: multiply-accumulates of one image
  std::optional<double> pretraining_epochs;       // of the weights it began with; 0: random ones
  std::string recipe;             // of a training: equal for runs that differ only in their seed
  std::string data, data_sha256;  // data: the folder's name where it is not known
  std::string protocol;           // "paper": something was selected on the test set
  int64_t images = 0;             // 0 where not known

  std::vector<RunFigure> figures;  // of findings the one that heads them, else several
  int64_t repeats = 1;
};

/// Reads the folder of a run (summary.json where it was repeated, else metrics.json) or of an
/// evaluation (metrics.json); protocol.json of a training holds its initial state. Empty when it
/// has neither (not finished) or is of a pre-training, which has no findings to score. Throws Error
/// naming the file for one that is damaged.
std::optional<FinishedRun> read_finished_run(const std::string& folder);

}  // namespace evax::report
