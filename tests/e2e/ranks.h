#pragma once

#include "tests/e2e/binary.h"

namespace evax::e2e {

/// All ranks of a training, on this machine; the last one may be killed after a time.
std::vector<Process> launch_ranks(const std::vector<std::string>& arguments, int ranks, int port,
                                  double limit_of_last = 300);
int a_free_port();

/// Expects two model files to hold the same weights, but for what another order of additions does.
void expect_equal_models(const std::string& a_path, const std::string& b_path,
                         double mean_tolerance = 5e-7);

}  // namespace evax::e2e
