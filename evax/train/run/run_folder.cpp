#include "evax/train/run/run_folder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json.h"
#include "evax/core/log.h"
#include "evax/train/recipe/protocol.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t recipe_limit = 1 << 20;
constexpr size_t protocol_limit = 16 << 20;
constexpr const char* protocol_file = "protocol.json";

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

// What has changed of the data and the weights that the run in the folder began with.
std::vector<std::string> data_changes(const std::string& folder, const Json& protocol) {
  const std::string path = folder + "/" + protocol_file;
  if (!fs::exists(path)) {
    note(folder + ": no protocol.json: changes of its data are not detected");
    return {};
  }
  const Json before = read_json(path, protocol_limit);
  if (!before.is_object()) fail("{}: expected what a run depends on as JSON, found none", path);
  ProtocolChanges changes = protocol_changes(before, protocol);
  if (!changes.unrecorded.empty())
    note(fmt::format("{}: written by a version without {}: not compared", path,
                     fmt::join(changes.unrecorded, ", ")));
  return std::move(changes.found);
}

// Shows what the run depends on that is not as it was; true when it goes on with it.
bool forced_changes(const std::string& folder, const Recipe& recipe, const Json& protocol,
                    const Resume& resume, bool finished) {
  std::vector<std::string> changes = difference(recipe_of(folder + "/recipe.toml"), recipe);
  std::erase_if(changes, is_free);
  for (std::string& line : data_changes(folder, protocol)) changes.push_back(std::move(line));
  if (changes.empty()) return false;
  const std::string text = fmt::format("{}", fmt::join(changes, "; "));
  if (!resume.force)
    fail(
        "{}: expected recipe and data of this {}run, found changes: {} (--force continues with "
        "them)",
        folder, finished ? "finished " : "", text);
  warn("recipe or data of this run change: " + text);
  return true;
}

// What a killed process left of files it had not finished (AtomicFile's temporary names).
void remove_unfinished(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".tmp") fs::remove(entry.path());
}

}  // namespace

bool prepare_run_folder(const std::string& folder, const Recipe& recipe, const Json& protocol,
                        const Resume& resume) {
  const std::string recipe_path = folder + "/recipe.toml";
  if (fs::is_directory(folder)) remove_unfinished(folder);
  const bool holds_files = fs::is_directory(folder) && !fs::is_empty(folder);
  if (holds_files && !resume.wanted)
    fail("{}: expected a new or empty run folder, found files in it (--resume auto continues it)",
         folder);
  if (holds_files && !fs::exists(recipe_path))
    fail("{}: expected the folder of a run, found one without recipe.toml", folder);
  const std::string metrics = folder + "/" + metrics_file;
  const bool finished = holds_files && fs::exists(metrics);
  const bool changed = holds_files && forced_changes(folder, recipe, protocol, resume, finished);
  if (finished && !changed) return true;
  if (finished) fs::remove(metrics);
  make_folder(folder);
  write_file(recipe_path, to_toml(recipe));
  write_file(folder + "/" + protocol_file, protocol.dump(2) + "\n");
  return false;
}

}  // namespace evax::train
