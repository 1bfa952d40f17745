#include "evax/tasks/segment.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/core/thread_pool.h"
#include "evax/data/warnings.h"
#include "evax/image/read.h"
#include "evax/metrics/segmentation/pixel_counts.h"
#include "evax/tasks/file_names.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/mask_network.h"
#include "evax/tasks/output.h"
#include "evax/tasks/segmented_image.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

std::vector<MarkedClass> marked_classes(const Tensor& probabilities,
                                        const std::vector<std::string>& classes,
                                        const std::vector<double>& thresholds) {
  const auto height = static_cast<int>(probabilities.size(1));
  const auto width = static_cast<int>(probabilities.size(2));
  const size_t pixels = size_t(height) * static_cast<size_t>(width);
  std::vector<MarkedClass> marked;
  for (size_t c = 0; c < classes.size(); ++c)
    marked.push_back(
        {classes[c],
         thresholds[c],
         {width, height, 1,
          metrics::mark(probabilities.floats().subspan(c * pixels, pixels), thresholds[c])}});
  return marked;
}

}  // namespace

int segment(const SegmentOptions& options) {
  const weights::ModelFile file = load_model(options.model);
  const weights::Metadata& model = file.metadata;
  if (model.task != weights::Task::segmentation)
    fail("{}: segment needs a segmentation model, found a {} one", options.model,
         name_of(model.task));
  std::vector<double> thresholds = mask_thresholds(model);
  if (options.threshold) thresholds.assign(thresholds.size(), *options.threshold);
  const auto paths = collect_images(options.images);
  const ResultFolder folder(options.folder, paths);

  const auto network = mask_network(file, options.make_runner, options.precision, options.threads);
  const data::Transform transform(model.preprocess);
  const image::SegmentationAlgorithm algorithm{
      fs::path(options.model).filename().string().substr(0, 64),
      sha256(MappedFile::open(options.model)->bytes()).substr(0, 12), "evax " EVAX_VERSION};
  Stems stems(options.folder);
  Progress progress("images", paths.size());
  Outcome outcome;
  data::WarningTally tally;
  tally.expect(model.preprocess);
  for (const std::string& path : paths) {
    outcome.count(attempt(path, [&] {
      const auto bytes = read_file(path, image::max_file_bytes, Streams::allowed);
      SegmentedImage segmented{
          path, algorithm.name, image::decode(bytes, path, options.reading), {}};
      tally.add(path, segmented.radiograph);
      segmented.classes =
          marked_classes(evaluation::segment(segmented.radiograph.image, transform, network),
                         model.classes, thresholds);
      const std::string stem = stems.of(path);
      write_masks(segmented, stem);
      write_overlay(segmented, stem);
      write_json(segmented, stem);
      write_dicom_segmentation(segmented, bytes, algorithm, stem);
    }));
    progress.advance(1);
  }
  return outcome.exit_code();
}

}  // namespace evax::tasks
