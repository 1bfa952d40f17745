#include "evax/tasks/preprocess.h"

#include "evax/core/log.h"
#include "evax/core/npy.h"
#include "evax/data/transform.h"
#include "evax/image/read.h"
#include "evax/weights/model_file.h"

namespace evax::tasks {

void preprocess(const PreprocessOptions& options) {
  const auto file = weights::load_model(options.model);
  const auto radiograph = image::read(options.image, options.reading);
  for (const std::string& warning : radiograph.info.warnings) warn(options.image + ": " + warning);
  write_npy(options.output, data::Transform(file.metadata.preprocess)(radiograph.image));
}

}  // namespace evax::tasks
