#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <new>

#include "apps/evax/completion.h"
#include "apps/evax/verbs.h"
#include "apps/evax/version.h"
#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"

namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

// One line, the verb's own help named: what a person needs to go on.
int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  std::string verb;
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    verb += " " + at->get_name();
  }
  std::string reason = error.what();
  for (char& c : reason)
    if (c == '\n') c = ' ';
  evax::note(fmt::format("error: {} (see evax{} --help)", reason, verb));
  return wrong_usage;
}

int run(int argc, char** argv) {
  CLI::App app(
      "evax: chest X-ray foundation models (EVA-X) - read, run, embed, convert.\n"
      "For research only: not a medical device, not for diagnosis.");
  app.name("evax");
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("TEXT", "FILE");  // CLI11's word for a string
  app.get_formatter()->label("REQUIRED", "");
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  app.get_formatter()->label("Subcommands", "Verbs");
  app.set_version_flag("--version", [] { return evax::app::version(); });
  app.footer(
      "Paths may be files, folders or patterns. One broken file in a batch is reported and the "
      "rest is done.\nExit codes: 0 done; 1 failed; 2 wrong usage; 3 some inputs failed and "
      "the rest was written.\nExample: evax predict demo/pneumonia.safetensors demo/xrays");

  std::function<int()> action;
  evax::app::add_verbs(app, action, {argv + 1, argv + argc});
  CLI::App* completion = app.add_subcommand("completion", "Print a bash completion script");
  completion->footer("Example: source <(evax completion)");
  completion->callback([&] {
    action = [&app] {
      std::fputs(evax::app::bash_completion(app).c_str(), stdout);
      return 0;
    };
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  evax::remove_unfinished_files_on_signals();
  try {
    return run(argc, argv);
  } catch (const evax::UsageError& error) {
    evax::note(fmt::format("error: {}", error.what()));
    return wrong_usage;
  } catch (const std::bad_alloc&) {
    evax::note("error: not enough memory");
    return failed;
  } catch (const std::exception& error) {
    evax::note(fmt::format("error: {}", error.what()));
    return failed;
  }
}
