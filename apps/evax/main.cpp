#include <cstdio>

#include "apps/evax/command_line.h"
#include "apps/evax/completion.h"
#include "apps/evax/verbs.h"
#include "apps/evax/version.h"

int main(int argc, char** argv) {
  CLI::App app(
      "evax: chest X-ray foundation models (EVA-X) - predict, segment, explain, evaluate, train.\n"
      "For research only: not a medical device, not for diagnosis.");
  app.name("evax");
  app.set_version_flag("--version", [] { return evax::app::version("evax"); });
  app.footer(
      "Paths may be files, folders or patterns. One broken file in a batch is reported and the "
      "rest is done.\nExit codes: 0 done; 1 failed; 2 wrong usage; 3 some inputs failed and "
      "the rest was written.\nExample: evax predict demo/pneumonia.safetensors demo/xrays");

  const auto add_verbs = [&](CLI::App& to, evax::app::Action& action) {
    evax::app::add_verbs(to, action, {argv + 1, argv + argc});
    CLI::App* completion = to.add_subcommand("completion", "Print a bash completion script");
    completion->footer("Example: source <(evax completion)");
    completion->callback([&] {
      action = [&app] {
        std::fputs(evax::app::bash_completion(app).c_str(), stdout);
        return 0;
      };
    });
  };
  return evax::app::run_command_line(app, argc, argv, add_verbs);
}
