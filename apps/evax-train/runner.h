#pragma once

#include "evax/inference/grad_cam_network.h"
#include "evax/inference/runner.h"

namespace evax::app {

/// LibTorch on the CPU: every architecture, the convolutional networks above all.
std::unique_ptr<inference::Runner> run_on_libtorch(const weights::ModelFile& file,
                                                   const engine::Options& options);

/// Convolutional networks on LibTorch on the CPU, others on the engine.
inference::GradCam grad_cam_on_libtorch(const weights::ModelFile& file,
                                        const engine::Options& options);

}  // namespace evax::app
