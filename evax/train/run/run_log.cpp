#include "evax/train/run/run_log.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/image/write.h"
#include "evax/train/run/event_file.h"

namespace evax::train {
namespace {

using Json = nlohmann::ordered_json;

double seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string made(const std::string& folder) {
  make_folder(folder + "/tensorboard");
  return folder;
}

}  // namespace

struct RunLog::State {
  State(const std::string& folder, const Sizes& keep)
      : path(made(folder) + "/metrics.jsonl"),
        lines(append_after(path, keep.lines)),
        events(folder + "/tensorboard/events.out.tfevents.evax", keep.events) {}

  std::string path;
  File lines;
  EventFile events;
};

RunLog::RunLog(const std::string& folder, const Sizes& keep)
    : state_(std::make_unique<State>(folder, keep)) {}
RunLog::~RunLog() = default;

void RunLog::write(int64_t step, const Json& values) {
  Json line{{"step", step}};
  std::vector<std::pair<std::string, float>> scalars;
  for (const auto& [name, value] : values.items()) {
    line[name] = value;
    if (value.is_number() && std::isfinite(value.get<double>()))
      scalars.emplace_back(name, value.get<float>());
  }
  const std::string text = json_text(line) + "\n";
  if (std::fwrite(text.data(), 1, text.size(), state_->lines.get()) != text.size())
    fail("{}: cannot be written: {}", state_->path, std::strerror(errno));
  if (!scalars.empty()) state_->events.write(step, seconds_since_1970(), scalars);
}

void RunLog::picture(int64_t step, const std::string& name, const image::Image& image) {
  state_->events.write(step, seconds_since_1970(), name,
                       {image.width, image.height, image.channels, image::encode_png(image)});
}

RunLog::Sizes RunLog::flush() {
  return {flushed_size(state_->path, state_->lines.get()), state_->events.flush()};
}

}  // namespace evax::train
