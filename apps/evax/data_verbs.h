#pragma once

#include "apps/evax/options.h"

namespace evax::app {

/// Adds the verb `data` with its own verbs.
void add_data(CLI::App& app, Action& action);

}  // namespace evax::app
