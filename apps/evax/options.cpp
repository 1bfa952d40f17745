#include "apps/evax/options.h"

#include <fmt/format.h>

namespace evax::app {

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& description,
                   const std::string& example) {
  CLI::App* verb = app.add_subcommand(name, description);
  std::string words = name;
  for (const CLI::App* above = &app; above != nullptr; above = above->get_parent())
    words = above->get_name() + " " + words;
  verb->footer("Example: " + words + " " + example);
  return verb;
}

void add_precision(CLI::App* verb, engine::Precision& precision, const std::string& standard) {
  add_choice<engine::Precision>(
      verb, "--precision", precision,
      {{"fp32", engine::Precision::fp32},
       {"bf16", engine::Precision::bf16},
       {"auto", engine::Precision::automatic}},
      standard, "Arithmetic; auto is the faster one on this CPU (evax --version names it)",
      {{"f32", engine::Precision::fp32}});
}

void add_reading(CLI::App* verb, image::ReadOptions& reading) {
  reading.streams = Streams::allowed;
  verb->add_flag("--force", reading.force, "Read DICOM files of any modality");
  verb->add_option("--bits", reading.bits,
                   "Depth of 16-bit PNGs and of VOI LUTs, 8 to 16 [what their values use]")
      ->type_name("N")
      ->check(CLI::Range(8, 16));
}

void add_force(CLI::App* verb, std::vector<std::string>& settings) {
  verb->add_flag_callback(
      "--force", [&settings] { settings.emplace_back("data.force=true"); },
      "Read DICOM files of any modality");
}

void add_draws(CLI::App* verb, size_t& draws) {
  static constexpr size_t most = 1'000'000;
  verb->add_option_function<size_t>(
          "--draws",
          [&draws](const size_t& count) {
            if (count > most)
              throw CLI::ValidationError("--draws",
                                         fmt::format("expected a number from 0 to {}", most));
            draws = count;
          },
          "Draws of the bootstrap, 0 for no intervals [2000]")
      ->type_name("N");
}

void add_dtype(CLI::App* verb, std::optional<DType>& dtype, const std::string& standard) {
  add_choice<std::optional<DType>>(
      verb, "--dtype", dtype, {{"fp32", DType::f32}, {"fp16", DType::f16}, {"bf16", DType::bf16}},
      standard, "Precision of the stored weights", {{"f32", DType::f32}, {"f16", DType::f16}});
}

void add_threads(CLI::App* verb, size_t& threads) {
  static constexpr size_t most = 1024;
  verb->add_option_function<size_t>(
          "--threads",
          [&threads](const size_t& count) {
            if (count > most)
              throw CLI::ValidationError("--threads", fmt::format("expected at most {}", most));
            threads = count;
          },
          "Threads, 0 for all the process may use [0]")
      ->type_name("N");
}

}  // namespace evax::app
