#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "evax/image/image.h"

namespace evax::train {

/// metrics.jsonl and tensorboard/ of a run folder. On resume both are cut back to what they were at
/// the checkpoint, so that nothing is told twice.
class RunLog {
 public:
  /// Bytes of the two files.
  struct Sizes {
    uint64_t lines = 0, events = 0;
  };

  /// Continues after the first bytes of both; none of them: starts again.
  RunLog(const std::string& folder, const Sizes& keep);
  ~RunLog();

  /// One line of metrics.jsonl {"step":..., NAME:..., ...}; numbers also become TensorBoard scalars
  /// of that name (null and text do not).
  void write(int64_t step, const nlohmann::ordered_json& values);
  /// A TensorBoard picture of that name.
  void picture(int64_t step, const std::string& name, const image::Image& image);
  Sizes flush();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evax::train
