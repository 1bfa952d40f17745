#include "evax/tasks/model/import.h"

#include "evax/core/file.h"
#include "evax/core/log.h"

namespace evax::tasks {

void import(const ImportOptions& options) {
  protect_input(options.checkpoint);
  const auto imported = weights::import_checkpoint(options.checkpoint, options);
  weights::save_model(options.output, imported.model);
  for (const std::string& line : imported.notes) note(line);
  const auto& metadata = imported.model.metadata;
  note(fmt::format("wrote {}: {}, {} pixels, {} classes", options.output, metadata.model.variant,
                   metadata.model.image_size, metadata.classes.size()));
}

}  // namespace evax::tasks
