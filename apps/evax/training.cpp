#include "apps/evax/training.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "evax/core/error.h"
#include "evax/weights/model_file.h"

namespace evax::app {

void add_train(CLI::App& app, Action& action) {
  CLI::App* verb = add_verb(app, "train", "Train a model as a recipe says (evax-train)",
                            "recipes/demo/finetune.toml");
  verb->set_help_flag();  // evax-train has the options and their help
  verb->prefix_command();
  verb->callback([verb, &action] {
    action = [arguments = verb->remaining()]() mutable -> int {
      arguments.insert(arguments.begin(), "train");
      become_evax_train(std::move(arguments));
    };
  });
}

void become_evax_train(std::vector<std::string> arguments) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "evax-train";
  if (!std::filesystem::exists(program))
    fail("this needs evax-train beside evax, which this build leaves out (EVAX_TRAINING=OFF)");
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  fail("{}: cannot be started: {}", program.string(), std::strerror(errno));
}

void hand_over(const std::string& model, const std::vector<std::string>& arguments) {
  std::optional<weights::Metadata> metadata;
  try {
    metadata = weights::read_metadata(weights::Safetensors::open(model), model);
  } catch (const Error&) {  // the verb says it better
  }
  if (metadata && !metadata->model.is_transformer()) become_evax_train(arguments);
}

}  // namespace evax::app
