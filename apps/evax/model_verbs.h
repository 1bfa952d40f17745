#pragma once

#include "apps/evax/options.h"
#include "evax/inference/grad_cam_network.h"
#include "evax/inference/runner.h"

namespace evax::app {

/// What the verbs that run a model run it on.
struct Backend {
  inference::MakeRunner make_runner = inference::run_on_engine;
  inference::MakeGradCam make_grad_cam = inference::grad_cam_network;
  /// Called with a model's path before its verb starts.
  std::function<void(const std::string& model)> prepare = [](const std::string&) {};
};

/// predict, embed, segment, forward, evaluate, localize, explain: of evax, and of evax-train for
/// the networks only it can run.
void add_model_verbs(CLI::App& app, Action& action, const Backend& backend);

}  // namespace evax::app
