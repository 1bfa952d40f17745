#include "apps/evax/command_line.h"

#include <algorithm>
#include <exception>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"

namespace evax::app {
namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

// Levenshtein's: letters to insert, leave out or change.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string nearest_verb(const CLI::App& app, std::string_view word) {
  const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
  const auto distance = [&](const CLI::App* verb) { return edit_distance(verb->get_name(), word); };
  return (*std::min_element(
              verbs.begin(), verbs.end(),
              [&](const CLI::App* a, const CLI::App* b) { return distance(a) < distance(b); }))
      ->get_name();
}

// "evax", "evax data": the program and the verbs it was parsed for.
std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
    words = at->get_name() + (words.empty() ? "" : " ") + words;
  return words;
}

// A word in a verb's place that is none. The parser would say that a verb is missing, or find one
// among the words that follow.
void refuse_unknown_verb(CLI::App& app, int argc, char** argv) {
  CLI::App* at = &app;
  for (int i = 1; i < argc && at->get_require_subcommand_min() > 0; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-')) {
      if (at->get_option_no_throw(word) != nullptr) return;  // --help, --version
      throw UsageError(
          fmt::format("expected a verb, found the option {} (see {} --help)", word, words_of(*at)));
    }
    const auto verbs = at->get_subcommands([&](CLI::App* verb) { return verb->check_name(word); });
    if (verbs.empty())
      throw UsageError(fmt::format("expected a verb, found '{}'; the nearest is {} (see {} --help)",
                                   word, nearest_verb(*at, word), words_of(*at)));
    at = verbs.front();
  }
  if (at->get_require_subcommand_min() > 0)
    throw UsageError(fmt::format("expected a verb, found none (see {} --help)", words_of(*at)));
}

// One line, the verb's own help named: what a person needs to go on.
void report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  std::string reason = error.what();
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  note(fmt::format("error: {} (see {} --help)", reason, words_of(*at)));
}

int parse_and_act(CLI::App& app, int argc, char** argv, const AddVerbs& add_verbs) {
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("TEXT", "FILE");  // CLI11's word for a string
  app.get_formatter()->label("REQUIRED", "");
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  app.get_formatter()->label("Subcommands", "Verbs");
  Action action;
  add_verbs(app, action);
  refuse_unknown_verb(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    report_usage(app, error);
    return wrong_usage;
  }
  return action();
}

}  // namespace

int run_command_line(CLI::App& app, int argc, char** argv, const AddVerbs& add_verbs) {
  handle_signals();
  try {
    return parse_and_act(app, argc, argv, add_verbs);
  } catch (const UsageError& error) {
    note(fmt::format("error: {}", error.what()));
    return wrong_usage;
  } catch (const std::bad_alloc&) {
    note("error: not enough memory");
  } catch (const std::exception& error) {
    note(fmt::format("error: {}", error.what()));
  }
  return failed;
}

}  // namespace evax::app
