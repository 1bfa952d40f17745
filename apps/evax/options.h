#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evax/core/tensor.h"
#include "evax/engine/precision.h"
#include "evax/image/read.h"

namespace evax::app {

/// What a parsed command line asks for; returns the exit code. A verb's options live as long as its
/// callback, hence the shared pointers to them.
using Action = std::function<int()>;

/// A verb (or a verb's own verb) whose help ends with "Example: evax VERB `example`".
CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& description,
                   const std::string& example);

template <typename T>
using Choices = std::vector<std::pair<std::string, T>>;

/// An option whose value is one of the names in `choices`; help shows them and the default. Names
/// of earlier versions, `old`, are accepted too.
template <typename T>
void add_choice(CLI::App* verb, const std::string& flag, T& target, const Choices<T>& choices,
                const std::string& standard, const std::string& description,
                const Choices<T>& old = {}) {
  std::string names;
  for (const auto& [name, value] : choices) names += (names.empty() ? "" : "|") + name;
  const auto choose = [&target, choices, old, flag, names](const std::string& chosen) {
    for (const auto* list : {&choices, &old})
      for (const auto& [name, value] : *list)
        if (name == chosen) return void(target = value);
    throw CLI::ValidationError(flag, "expected " + names + ", found " + chosen);
  };
  verb->add_option_function<std::string>(flag, choose, description + " [" + standard + "]")
      ->type_name(names);
}

/// --precision fp32|bf16|auto.
void add_precision(CLI::App* verb, engine::Precision& precision,
                   const std::string& standard = "fp32");

/// --dtype fp32|fp16|bf16: of the weights in a file that is written.
void add_dtype(CLI::App* verb, std::optional<DType>& dtype, const std::string& standard);

/// --force and --bits: how the images of a command line are read; pipes will do.
void add_reading(CLI::App* verb, image::ReadOptions& reading);
/// --force for a verb that reads lists: data.force = true among their settings.
void add_force(CLI::App* verb, std::vector<std::string>& settings);

/// --draws N: of the bootstrap, 0 for no intervals.
void add_draws(CLI::App* verb, size_t& draws);

/// --threads N, 0 for all.
void add_threads(CLI::App* verb, size_t& threads);

}  // namespace evax::app
