#include "evax/tasks/findings/embed.h"

#include <filesystem>

#include "evax/core/csv.h"
#include "evax/core/error.h"
#include "evax/core/npy.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

std::string list_path(const std::string& npy) {
  return std::filesystem::path(npy).replace_extension(".csv").string();
}

}  // namespace

int embed(const EmbedOptions& options) {
  if (std::filesystem::path(options.output).extension() != ".npy")
    throw UsageError(fmt::format("{}: expected an output name that ends in .npy", options.output));
  const weights::ModelFile file = load_model(options.model);
  const weights::ModelConfig& config = file.metadata.model;
  if (config.decoder)
    fail("{}: embed needs a classifier or a pre-trained encoder, found a segmentation model",
         options.model);
  const Shape row =
      options.tokens ? Shape{config.tokens(), config.embed_dim} : Shape{config.embed_dim};

  const auto paths = collect_images(options.images);
  NpyWriter rows(options.output, row);
  Output list(list_path(options.output));
  list.write("row,path\n");
  const inference::Wanted wanted{.features = !options.tokens, .tokens = options.tokens};
  const Outcome outcome =
      run_model(file, paths, options, wanted,
                [&](const inference::Item& item, const inference::Result& result) {
                  list.write(fmt::format("{},{}\n", rows.rows(), csv_field(item.path)));
                  rows.append(options.tokens ? result.tokens : result.features);
                });
  if (outcome.done > 0) {
    rows.commit();
    list.commit();
  }
  return outcome.exit_code();
}

}  // namespace evax::tasks
