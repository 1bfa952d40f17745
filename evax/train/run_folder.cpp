#include "evax/train/run_folder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t recipe_limit = 1 << 20;

// Keys that change how fast or how safe a training is, never what it computes. batch_size and
// accumulate are compared as their product with the number of processes (Trainer).
constexpr std::array free_keys{
    "run.threads",          "run.log_seconds",        "run.timeout_seconds",
    "run.checkpoint_steps", "run.checkpoint_minutes", "data.workers",
    "optim.batch_size",     "optim.accumulate"};

bool is_free(const std::string& line) {
  return std::any_of(free_keys.begin(), free_keys.end(),
                     [&](const char* key) { return line.starts_with(std::string(key) + ":"); });
}

Recipe recipe_of(const std::string& path) {
  const auto bytes = read_file(path, recipe_limit);
  return parse_recipe(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), path);
}

void check_same_recipe(const std::string& path, const Recipe& recipe, bool force) {
  std::vector<std::string> changes = difference(recipe_of(path), recipe);
  std::erase_if(changes, is_free);
  if (changes.empty()) return;
  const std::string text = fmt::format("{}", fmt::join(changes, "; "));
  if (!force)
    fail("{}: expected the recipe of this run, found changes: {} (--force goes on with them)", path,
         text);
  warn("the recipe of this run changes: " + text);
}

// What a killed process left of files it had not finished (AtomicFile's temporary names).
void remove_unfinished(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".tmp") fs::remove(entry.path());
}

}  // namespace

void prepare_run_folder(const std::string& folder, const Recipe& recipe, const Resume& resume) {
  const std::string recipe_path = folder + "/recipe.toml";
  if (fs::is_directory(folder)) remove_unfinished(folder);
  const bool holds_files = fs::is_directory(folder) && !fs::is_empty(folder);
  if (holds_files && !resume.wanted)
    fail(
        "{}: expected a new or empty run folder, found files in it (--resume auto goes on with it)",
        folder);
  if (holds_files && !fs::exists(recipe_path))
    fail("{}: expected the folder of a run, found one without recipe.toml", folder);
  if (holds_files) check_same_recipe(recipe_path, recipe, resume.force);
  make_folder(folder);
  write_file(recipe_path, to_toml(recipe));
}

}  // namespace evax::train
