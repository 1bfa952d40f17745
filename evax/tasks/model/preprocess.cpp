#include "evax/tasks/model/preprocess.h"

#include "evax/core/file.h"
#include "evax/core/npy.h"
#include "evax/data/transform.h"
#include "evax/data/warnings.h"
#include "evax/image/read.h"
#include "evax/tasks/inputs.h"
#include "evax/weights/model_file.h"

namespace evax::tasks {

void preprocess(const PreprocessOptions& options) {
  const auto file = load_model(options.model);
  protect_input(options.image);
  const auto radiograph = image::read(options.image, options.reading);
  data::WarningTally tally;
  tally.expect(file.metadata.preprocess);
  tally.add(options.image, radiograph);
  write_npy(options.output, data::Transform(file.metadata.preprocess)(radiograph.image));
}

}  // namespace evax::tasks
