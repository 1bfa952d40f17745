#pragma once

#include "evax/tasks/run_model.h"

namespace evax::tasks {

enum class Format { table, jsonl, csv };

struct PredictOptions : RunOptions {
  Format format = Format::table;
  bool logits = false;  // add raw values
  std::string output;   // empty: stdout
};

/// `evax predict`: findings of every image, as a table for people, JSON lines or CSV for programs.
/// Returns the exit code.
int predict(const PredictOptions& options);

}  // namespace evax::tasks
