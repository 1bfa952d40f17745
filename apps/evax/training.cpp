#include "apps/evax/training.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "evax/core/error.h"

namespace evax::app {

void become_evax_train(std::vector<std::string> arguments) {
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "evax-train";
  if (!std::filesystem::exists(program))
    fail("training needs evax-train beside evax, which this build leaves out (EVAX_TRAINING=OFF)");
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  fail("{}: cannot be started: {}", program.string(), std::strerror(errno));
}

}  // namespace evax::app
