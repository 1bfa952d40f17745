#pragma once

#include "apps/evax/model_verbs.h"

namespace evax::app {

void add_explain(CLI::App& app, Action& action, const Backend& backend);

}  // namespace evax::app
