#include "evax/tasks/outcome.h"

#include "evax/core/log.h"

namespace evax::tasks {

void Outcome::count(const std::string& error) {
  if (!error.empty()) return report(error);
  ++done;
}

void Outcome::report(const std::string& reason) {
  ++failed;
  note("error: " + reason);
}

int Outcome::exit_code() const {
  if (failed == 0) return 0;
  return done == 0 ? 1 : 3;
}

}  // namespace evax::tasks
