#include "evax/tasks/run_model.h"

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/core/thread_pool.h"

namespace evax::tasks {

Outcome run_model(
    const weights::ModelFile& file, const std::vector<std::string>& paths,
    const RunOptions& options, const inference::Wanted& wanted,
    const std::function<void(const inference::Item&, const inference::Result&)>& consume) {
  Progress progress("images", paths.size());
  Outcome outcome;
  inference::run_images(file, paths, options.reading, {options.precision, options.threads},
                        options.make_runner, wanted,
                        [&](const inference::Item& item, const inference::Result& result) {
                          if (item.error.empty()) consume(item, result);
                          outcome.count(item.error);
                          progress.advance();
                        });
  return outcome;
}

Outcome for_each_image(
    const weights::Preprocess& preprocess, const std::vector<std::string>& paths,
    const RunOptions& options, inference::Keep keep,
    const std::function<void(inference::Item&, inference::ImageStream&)>& consume) {
  inference::ImageStream stream(paths, preprocess, options.reading,
                                options.threads == 0 ? available_threads() : options.threads, keep);
  Progress progress("images", paths.size());
  Outcome outcome;
  for (auto items = stream.next(1); !items.empty(); items = stream.next(1)) {
    inference::Item& item = items.front();
    const std::string path = item.path;  // `consume` may move from the item
    std::string error = item.error;
    if (error.empty()) error = attempt(path, [&] { consume(item, stream); });
    outcome.count(error);
    progress.advance();
  }
  return outcome;
}

}  // namespace evax::tasks
