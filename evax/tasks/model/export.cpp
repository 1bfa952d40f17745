#include "evax/tasks/model/export.h"

#include "evax/core/log.h"
#include "evax/tasks/inputs.h"

namespace evax::tasks {

void export_model(const ExportOptions& options) {
  weights::ModelFile model = load_model(options.model);
  if (model.metadata.quantization) {
    note("its 8-bit weights are written as floating-point numbers");
    model.metadata.quantization.reset();
  }
  if (options.dtype)
    for (auto& [name, tensor] : model.tensors) tensor = tensor.to(*options.dtype);
  for (const std::string& line : weights::export_model(model, options.output, options.layout))
    note(line);
  note("wrote " + options.output);
}

}  // namespace evax::tasks
