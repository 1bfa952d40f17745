#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "evax/core/random.h"

namespace evax::data::testing {

/// The samplers' file of tests/fixtures/mim, recorded from the original EVA-02 code.
inline nlohmann::json sampling_fixture() {
  std::ifstream file(std::string(EVAX_SOURCE_DIR) + "/tests/fixtures/mim/sampling.json");
  return nlohmann::json::parse(file);
}

/// Answers with the recorded draws of another program, [kind, low, high, value], and expects to be
/// asked the same questions in the same order; a list [kind, value] has no bounds.
class Replay : public DrawSource {
 public:
  explicit Replay(const nlohmann::json& calls) : calls_(calls) {}

  double uniform(double low, double high) override { return next("u", low, high).get<double>(); }
  int64_t integer(int64_t low, int64_t high) override {
    return next("i", static_cast<double>(low), static_cast<double>(high)).get<int64_t>();
  }
  bool finished() const { return position_ == calls_.size(); }

 private:
  nlohmann::json next(const std::string& kind, double low, double high) {
    if (finished()) {
      ADD_FAILURE() << "one draw too many";
      return low;
    }
    const nlohmann::json& call = calls_[position_++];
    const std::string asked = call[0] == "randint" ? "i" : call[0].get<std::string>().substr(0, 1);
    EXPECT_EQ(kind, asked) << "draw " << position_;
    if (call.size() == 2) return call[1];
    EXPECT_NEAR(low, call[1].get<double>(), 1e-12) << "draw " << position_;
    EXPECT_NEAR(high, call[2].get<double>(), 1e-12) << "draw " << position_;
    return call[3];
  }

  nlohmann::json calls_;
  size_t position_ = 0;
};

}  // namespace evax::data::testing
