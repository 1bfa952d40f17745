#include "apps/evax/completion.h"

#include <fmt/format.h>

namespace evax::app {
namespace {

std::string options_of(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  return words;
}

std::string verbs_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* verb : app.get_subcommands({})) words += verb->get_name() + " ";
  return words;
}

// Lines of a shell `case` over the first two words: what may follow a verb, or a verb's own verb.
std::string cases_of(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* verb : app.get_subcommands({})) {
    const std::string& name = verb->get_name();
    for (const CLI::App* own : verb->get_subcommands({}))
      cases +=
          fmt::format("    '{} {}') words=\"{}\" ;;\n", name, own->get_name(), options_of(*own));
    cases += fmt::format("    '{} '*) words=\"{}\" verbs=\"{}\" ;;\n", name, options_of(*verb),
                         verbs_of(*verb));
  }
  return cases;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  return fmt::format(
      "_evax() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} words= verbs=\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"{}{}\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}}\" in\n"
      "{}"
      "  esac\n"
      "  if [ \"$COMP_CWORD\" -eq 2 ] && [ -n \"$verbs\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$verbs$words\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case $current in\n"
      "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
      "    *) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _evax evax\n",
      verbs_of(app), options_of(app), cases_of(app));
}

}  // namespace evax::app
