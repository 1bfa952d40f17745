#pragma once

#include "evax/tasks/runner.h"

namespace evax::app {

/// LibTorch on the CPU: every architecture, the convolutional networks above all.
std::unique_ptr<tasks::Runner> run_on_libtorch(const weights::ModelFile& file,
                                               const engine::Options& options);

}  // namespace evax::app
