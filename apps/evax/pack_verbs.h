#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace evax::app {

/// `evax data pack` and `evax data bench`.
void add_pack_verbs(CLI::App& data, std::function<int()>& action);

}  // namespace evax::app
