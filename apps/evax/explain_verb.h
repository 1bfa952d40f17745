#pragma once

#include "apps/evax/options.h"

namespace evax::app {

void add_explain(CLI::App& app, Action& action);

}  // namespace evax::app
