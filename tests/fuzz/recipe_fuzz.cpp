// Feeds arbitrary text to the recipe reader; what it accepts must read back as the same.

#include <cstdlib>

#include "evax/train/recipe/recipe.h"
#include "tests/fuzz/harness.h"

EVAX_FUZZ_TARGET(recipe) {
  const std::string text(evax::fuzz::text_of(input));
  const size_t end = text.rfind('\n');  // the last line may be an override
  std::vector<std::string> overrides;
  if (end != std::string::npos && text.find('=', end) != std::string::npos)
    overrides.push_back(text.substr(end + 1));
  evax::fuzz::read_or_refuse([&] {
    const auto recipe = evax::train::parse_recipe(text.substr(0, end), "fuzz", overrides);
    const auto again = evax::train::parse_recipe(evax::train::to_toml(recipe), "again");
    if (!evax::train::difference(recipe, again).empty()) std::abort();
  });
}
