#include "evax/data/augment/rand_augment.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

#include "evax/core/error.h"

namespace evax::data {
namespace {

template <typename Number>
Number number_in(std::string_view digits, Number low, Number high, const std::string& text) {
  Number value{};
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || rest != end || !(value >= low && value <= high))
    fail("auto_augment: expected a number from {} to {} in \"{}\", found \"{}\"", low, high, text,
         digits);
  return value;
}

}  // namespace

RandAugment parse_rand_augment(const std::string& text) {
  RandAugment policy;
  std::string_view rest = text;
  const auto next = [&rest] {
    const std::string_view section = rest.substr(0, rest.find('-'));
    rest.remove_prefix(std::min(rest.size(), section.size() + 1));
    return section;
  };
  if (next() != "rand")
    fail("auto_augment: expected a text such as \"rand-m6-mstd0.5-inc1\", found \"{}\"", text);
  while (!rest.empty()) {
    const std::string_view section = next();
    const std::string_view key =
        section.substr(0, std::min(section.size(), section.find_first_of("0123456789")));
    const std::string_view value = section.substr(key.size());
    if (key == "m") {
      policy.magnitude = number_in(value, 0, 10, text);
    } else if (key == "mstd") {
      policy.deviation = number_in(value, 0.0, 10.0, text);
    } else if (key == "n") {
      policy.layers = number_in(value, 1, 15, text);
    } else if (section == "inc1") {
      policy.increasing = true;
    } else {
      fail("auto_augment: expected m, mstd or n with a number, or inc1, in \"{}\", found \"{}\"",
           text, section);
    }
  }
  return policy;
}

std::vector<Step> draw_steps(const RandAugment& policy, Random& random) {
  std::vector<Step> steps;
  for (int layer = 0; layer < policy.layers; ++layer) {
    const auto operation = static_cast<Operation>(random.integer(0, operation_count - 1));
    if (!random.chance(0.5)) continue;
    const double level = random.normal(policy.magnitude, policy.deviation);
    steps.push_back({operation, std::clamp(level, 0.0, 10.0), random.chance(0.5)});
  }
  return steps;
}

double argument_of(const Step& step, bool increasing) {
  const double part = step.level / 10;
  const auto signed_ = [&](double value) { return step.negate ? -value : value; };
  switch (step.operation) {
    case Operation::auto_contrast:
    case Operation::equalize:
    case Operation::invert: return 0;
    case Operation::rotate: return signed_(part * 30);
    case Operation::posterize: {
      const int bits = static_cast<int>(part * 4);
      return increasing ? 4 - bits : bits;
    }
    case Operation::solarize: {
      const int threshold = static_cast<int>(part * 256);
      return increasing ? 256 - threshold : threshold;
    }
    case Operation::solarize_add: return static_cast<int>(part * 110);
    case Operation::color:
    case Operation::contrast:
    case Operation::brightness:
    case Operation::sharpness: return increasing ? 1 + signed_(part * 0.9) : part * 1.8 + 0.1;
    case Operation::shear_x:
    case Operation::shear_y: return signed_(part * 0.3);
    case Operation::translate_x:
    case Operation::translate_y: return signed_(part * 0.45);
  }
  throw std::logic_error("argument_of: no such operation");
}

}  // namespace evax::data
