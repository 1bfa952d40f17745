#include "evax/tasks/masks/segment.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/sha256.h"
#include "evax/inference/segmentation.h"
#include "evax/tasks/file_names.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/masks/segmented_image.h"
#include "evax/tasks/output.h"

namespace evax::tasks {

namespace fs = std::filesystem;

int segment(const SegmentOptions& options) {
  const weights::ModelFile file = load_model(options.model);
  const weights::Metadata& model = file.metadata;
  if (model.task != weights::Task::segmentation)
    fail("{}: segment needs a segmentation model, found a {} one", options.model,
         name_of(model.task));
  std::vector<double> thresholds = inference::mask_thresholds(model);
  if (options.threshold) thresholds.assign(thresholds.size(), *options.threshold);
  const auto paths = collect_images(options.images);
  const ResultFolder folder(options.folder, paths);

  const auto network = inference::segmentation_network(file, options.make_runner, options.precision,
                                                       options.threads);
  const image::SegmentationAlgorithm algorithm{
      fs::path(options.model).filename().string().substr(0, 64),
      sha256(MappedFile::open(options.model)->bytes()).substr(0, 12), "evax " EVAX_VERSION};
  Stems stems(options.folder);
  const Outcome outcome = for_each_image(
      model.preprocess, paths, options, {.image = true, .bytes = true},
      [&](inference::Item& item, inference::ImageStream& stream) {
        SegmentedImage segmented{
            item.path, algorithm.name, {std::move(item.image), std::move(item.info)}, {}};
        segmented.classes = stream.with_memory([&] {
          return inference::marked_classes(
              inference::segment(item.input, item.width, item.height, network), model.classes,
              thresholds);
        });
        const std::string stem = stems.of(item.path);
        write_masks(segmented, stem);
        write_overlay(segmented, stem);
        write_json(segmented, stem);
        write_dicom_segmentation(segmented, item.bytes, algorithm, stem);
      });
  return outcome.exit_code();
}

}  // namespace evax::tasks
