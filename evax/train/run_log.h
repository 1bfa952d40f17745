#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "evax/image/image.h"

namespace evax::train {

/// metrics.jsonl and tensorboard/ of a run folder. On resume both are cut back to the checkpoint's
/// step, so that no step is told twice.
class RunLog {
 public:
  /// Opens or continues; lines whose "step" is beyond `resume_step` are dropped.
  RunLog(const std::string& folder, int64_t resume_step);
  ~RunLog();

  /// One line of metrics.jsonl {"step":..., NAME:..., ...}; numbers also become TensorBoard scalars
  /// of that name (null and text do not).
  void write(int64_t step, const nlohmann::ordered_json& values);
  /// A TensorBoard picture of that name.
  void picture(int64_t step, const std::string& name, const image::Image& image);
  void flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax::train
