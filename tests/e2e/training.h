#pragma once

#include "tests/e2e/binary.h"

namespace evax::e2e {

/// [model] of a recipe: EVA-X of a few thousand parameters.
inline const std::string tiny_network =
    "[model]\narch = 'eva_x'\nembed_dim = 64\ndepth = 2\nnum_heads = 1\nmlp_hidden = 96\n";

/// Trainings of one recipe in a folder of the test's own.
class Training : public testing::Test {
 protected:
  const Folder folder_;
  const std::string recipe_ = folder_.file("tiny.toml");

  std::string run_file(const std::string& run, const std::string& name) const {
    return folder_.file(run) + "/" + name;
  }
  Process train(const std::string& run, const std::vector<std::string>& more = {},
                const Launch& launch = {}) const {
    std::vector<std::string> arguments{"train", recipe_, "--run", folder_.file(run)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return evax(arguments, launch);
  }
};

}  // namespace evax::e2e
