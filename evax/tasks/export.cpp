#include "evax/tasks/export.h"

#include "evax/core/log.h"

namespace evax::tasks {

void export_model(const ExportOptions& options) {
  weights::export_model(weights::load_model(options.model), options.output, options.layout);
  note("wrote " + options.output);
}

}  // namespace evax::tasks
