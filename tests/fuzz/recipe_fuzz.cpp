// Feeds arbitrary text to the recipe reader; what it accepts must read back as the same.

#include <cstdint>
#include <cstdlib>

#include "evax/core/error.h"
#include "evax/train/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const size_t end = text.rfind('\n');  // the last line may be an override
    std::vector<std::string> overrides;
    if (end != std::string::npos && text.find('=', end) != std::string::npos)
      overrides.push_back(text.substr(end + 1));
    const auto recipe = evax::train::parse_recipe(text.substr(0, end), "fuzz", overrides);
    const auto again = evax::train::parse_recipe(evax::train::to_toml(recipe), "again");
    if (!evax::train::difference(recipe, again).empty()) std::abort();
  } catch (const evax::Error&) {  // the answer to bad input
  }
  return 0;
}
